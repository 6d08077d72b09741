"""Where one statement ends and the next begins, as people really write them."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.lexer import Tokens

_HEADS = {
    "STREAMING",
    "MATERIALIZED",
    "LIVE",
    "INCREMENTAL",
    "TEMPORARY",
    "TEMP",
    "PRIVATE",
    "FLOW",
    "OR",
    "VIEW",
    "TABLE",
}
# After these words CREATE and APPLY go on with the statement that they stand in.
_GOES_ON = {"AS", "EXPLAIN", "SHOW", "."}


def statements_in(tokens: Tokens) -> Iterator[tuple[int, int, bool]]:
    """(first token, token after the last, is a semicolon missing before it?) of every statement."""
    first, missing = 0, False
    words = tokens.words
    for index, word in enumerate(words):
        if word == ";":
            if index > first:
                yield first, index, missing
            first, missing = index + 1, False
        elif index > first and word in ("CREATE", "APPLY") and _begins_statement(words, index):
            yield first, index, missing
            first, missing = index, True
    if first < len(words):
        yield first, len(words), missing


def _begins_statement(words: list[str], index: int) -> bool:
    if words[index - 1] in _GOES_ON:
        return False
    after = words[index + 1 : index + 3]
    if words[index] == "APPLY":
        return after == ["CHANGES", "INTO"]
    return bool(after) and after[0] in _HEADS
