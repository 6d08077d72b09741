"""What sqlglot is given instead of a query: the same text with what it cannot read replaced by something as long.

So its positions are ours. A replacement keeps what the tree is asked for: the columns and relations, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from ldp_magic.sql.functions import NOT_CALLS, names
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import STARTS, Block, Outline

Mask: TypeAlias = tuple[int, int, str]  # from this character to that one, what to put there

_MOST_BARE_JOINS = 5
_INK = re.compile(r"[^\r\n]")
TYPE_NAMES = names(
    """STRUCT ARRAY MAP DATE TIMESTAMP DECIMAL STRING INT JSON CHAR BINARY VARIANT OBJECT ENUM VECTOR UNION BIGINT
    SMALLINT TINYINT DOUBLE FLOAT REAL BOOLEAN VARCHAR TEXT TIME DATETIME NUMERIC DEC INTEGER LONG SHORT BYTE UUID XML
    INET NULLABLE TUPLE NESTED GEOGRAPHY GEOMETRY POINT RING POLYGON SUPER BIT BLOB MONEY NAME SERIAL"""
)
# Functions with a grammar of their own: under another name they could not be read.
_SPECIAL = names(
    """DATEADD DATE_ADD DATEDIFF DATE_DIFF TIMESTAMPADD TIMESTAMPDIFF
    CAST TRY_CAST EXTRACT TRIM SUBSTRING SUBSTR POSITION OVERLAY COUNT STRUCT ARRAY MAP TRANSFORM VALUES TABLE
    IDENTIFIER WINDOW FIRST LAST ANY_VALUE LISTAGG STRING_AGG EXISTS DECIMAL VARCHAR CHAR INTERVAL"""
)


def masked(out: Outline) -> str:
    """The text for sqlglot."""
    return _applied(out.tokens.text, sorted(_masks(out)))


def masked_twice(out: Outline) -> str:
    """The text for a second try: no function is known by its name, so none can lack an argument."""
    return _applied(out.tokens.text, sorted([*_masks(out), *_unknown_functions(out.tokens)]))


def _applied(text: str, masks: list[Mask]) -> str:
    if "\ufeff" in text:
        text = text.replace("\ufeff", " ")
    pieces, done = [], 0
    for start, end, replacement in masks:
        if start >= done:
            pieces += [text[done:start], replacement]
            done = end
    return "".join([*pieces, text[done:]])


def _masks(out: Outline) -> Iterator[Mask]:
    tokens = out.tokens
    for start, end in tokens.comments:  # sqlglot does not know GROUP /* */ BY
        yield start, end, _blanks(tokens.text[start:end])
    for stream in out.streams.values():
        yield _blank(tokens, stream.word, stream.word + 1)
        if stream.close >= 0:
            yield _blank(tokens, stream.word + 1, stream.word + 2)
            yield _blank(tokens, stream.close, stream.close + 1)
    for first, _ in out.over_queries:
        yield _blank(tokens, first, first + 1)
    for mark in out.watermarks.values():
        yield _blank(tokens, mark.word, mark.last)
    for begin, (_, end) in out.extras.items():
        yield _blank(tokens, begin, end)
    for index, word in enumerate(tokens.words):
        if word in _BY_WORD:
            yield from _BY_WORD[word](out, index)
        elif "${" in word and tokens.types[index] == "word":
            yield _over(tokens, index, _identifier(tokens.get(index)))
    yield from _deep_type_calls(tokens)
    for block in out.blocks:
        yield from _joins_without_condition(tokens, block)


def _blank(tokens: Tokens, first: int, last: int) -> Mask:
    start, end = tokens.starts[first], tokens.ends[min(last, len(tokens)) - 1]
    return start, end, _blanks(tokens.text[start:end])


def _blanks(text: str) -> str:
    return _INK.sub(" ", text)


def _over(tokens: Tokens, index: int, replacement: str) -> Mask:
    return tokens.starts[index], tokens.ends[index], replacement.ljust(tokens.ends[index] - tokens.starts[index])


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in text)


def _follows(tokens: Tokens, index: int, *words: str) -> bool:
    return tokens.words[index + 1 : index + 1 + len(words)] == list(words)


def _joins_without_condition(tokens: Tokens, block: Block) -> Iterator[Mask]:
    """`a JOIN b JOIN c ...` without ON: sqlglot's time doubles with each, commas mean the same and spare it."""
    run = 0
    for number, join in enumerate(block.joins):
        end = block.joins[number + 1].first if number + 1 < len(block.joins) else len(tokens)
        words = set(tokens.words[join.first : end])
        run = run + 1 if "JOIN" in words and not {"ON", "USING", "CROSS", "NATURAL"} & words else 0
        if run > _MOST_BARE_JOINS:
            start, stop = tokens.starts[join.first], tokens.ends[join.last - 1]
            yield start, stop, "," + _blanks(tokens.text[start + 1 : stop])


# -- one word at a time --------------------------------------------------------------------------------


def _table(out: Outline, index: int) -> Iterator[Mask]:
    """`TABLE t` is `FROM t`; `f(TABLE(query) PARTITION BY a)` is `f((query))`."""
    tokens = out.tokens
    if index == out.blocks[out.block_of[index]].first and tokens.types[index + 1 : index + 2] in (["word"], ["name"]):
        yield _over(tokens, index, "FROM")
    elif _follows(tokens, index, "(") and (close := tokens.pairs.get(index + 1, -1)) > index:
        if tokens.words[index + 2] in STARTS:
            yield _blank(tokens, index, index + 1)
        last = close + 1
        while last < len(tokens) and tokens.words[last] not in (")", ","):
            last = max(tokens.pairs.get(last, last), last) + 1
        if last > close + 1 and tokens.words[close + 1] in ("PARTITION", "DISTRIBUTE", "WITH", "ORDER", "SORT"):
            yield _blank(tokens, close + 1, last)


def _window(out: Outline, index: int) -> Iterator[Mask]:
    """sqlglot takes `GROUP BY window(...)` for a WINDOW clause."""
    if _follows(out.tokens, index, "("):
        yield _over(out.tokens, index, "windov")


def _version(out: Outline, index: int) -> Iterator[Mask]:
    """`t@v3`, `t@20260101000000000`"""
    tokens = out.tokens
    if (index + 1 < len(tokens) and tokens.words[index + 1].removeprefix("V").isdigit()) or _number_follows(
        tokens, index
    ):
        yield _blank(tokens, index, index + 2)


def _number_follows(tokens: Tokens, index: int) -> bool:
    return tokens.types[index + 1 : index + 2] == ["number"]


def _not_comparison(out: Outline, index: int) -> Iterator[Mask]:
    """`!<` is `>=`, `!>` is `<=`"""
    tokens = out.tokens
    following = tokens.words[index + 1] if index + 1 < len(tokens) else ""
    if following in ("<", ">") and tokens.starts[index + 1] == tokens.ends[index]:
        yield tokens.starts[index], tokens.ends[index + 1], ">=" if following == "<" else "<="


def _shift(out: Outline, index: int) -> Iterator[Mask]:
    """`a >>> b` is `a >> b`, unless it closes three types."""
    tokens = out.tokens
    three = _follows(tokens, index, ">", ">") and tokens.ends[index + 2] - tokens.starts[index] == 3
    if three and tokens.words[index - 1 : index] != [">"] and not _closes_types(tokens, index):
        yield tokens.starts[index], tokens.ends[index + 2], ">> "


def _closes_types(tokens: Tokens, index: int) -> bool:
    """Are there three `ARRAY<`, `MAP<` or `STRUCT<` open at *index*?"""
    opened = 0
    for at in range(index - 1, max(index - 400, -1), -1):
        word = tokens.words[at]
        if word in ("<", ">"):
            opened += 1 if word == "<" else -1
            if word == "<" and (not at or tokens.words[at - 1] not in ("ARRAY", "MAP", "STRUCT")):
                return False
        if opened >= 3 or word in (";", "SELECT", "FROM"):
            break
    return opened >= 3


def _max_recursion(out: Outline, index: int) -> Iterator[Mask]:
    """`MAX RECURSION LEVEL 100`"""
    if _follows(out.tokens, index, "RECURSION", "LEVEL"):
        yield _blank(out.tokens, index, index + 4)


def _as_name(out: Outline, index: int) -> Iterator[Mask]:
    """`SELECT any, exists FROM t`: names, as long as no bracket follows."""
    tokens = out.tokens
    if index + 1 == len(tokens) or tokens.words[index + 1] in (",", "FROM", ")", "."):
        yield _over(tokens, index, tokens.get(index)[:-1] + "_")


def _for(out: Outline, index: int) -> Iterator[Mask]:
    """`FOR SYSTEM_VERSION AS OF 3` is `VERSION AS OF 3`."""
    tokens = out.tokens
    if _follows(tokens, index, "SYSTEM_VERSION"):
        yield _blank(tokens, index, index + 1)
        yield _over(tokens, index + 1, "VERSION")


def _values(out: Outline, index: int) -> Iterator[Mask]:
    """A table may be called `values`."""
    tokens = out.tokens
    after = index + 1
    literal = after < len(tokens) and (
        tokens.words[after] == "(" or tokens.types[after] in ("string", "number") or tokens.words[after] in _LITERALS
    )
    if index in out.operands and not literal:
        yield _over(tokens, index, "value_")


_LITERALS = names("NULL TRUE FALSE DATE TIMESTAMP INTERVAL - ARRAY MAP STRUCT NAMED_STRUCT CAST X")


def _pipe(out: Outline, index: int) -> Iterator[Mask]:
    """Operators behind `|>` that sqlglot lacks."""
    tokens, words = out.tokens, out.tokens.words
    operator = words[index + 1] if index + 1 < len(tokens) else ""
    if operator == "SET" and words[index + 3 : index + 4] == ["="]:
        start, end = tokens.starts[index + 1], tokens.ends[index + 3]
        yield start, end, "EXTEND".ljust(end - start)
    elif operator == "DROP":
        yield _blank(tokens, index, _end_of_pipe(tokens, index + 1))
    elif operator in ("SORT", "DISTRIBUTE", "CLUSTER") and _follows(tokens, index + 1, "BY"):
        start, end = tokens.ends[index], tokens.ends[index + 2]
        if end - start >= len("ORDER BY"):
            yield start, end, "ORDER BY".rjust(end - start)
    elif operator in ("UNION", "INTERSECT", "EXCEPT", "MINUS"):
        yield from _piped_set(tokens, index + 1)


def _end_of_pipe(tokens: Tokens, index: int) -> int:
    while index < len(tokens) and tokens.words[index] not in ("|>", ")"):
        index = max(tokens.pairs.get(index, index), index) + 1
    return index


def _piped_set(tokens: Tokens, index: int) -> Iterator[Mask]:
    """`|> UNION ALL SELECT ...` is `|> UNION ALL (SELECT ...)`, as long as there are blanks to put brackets in."""
    first = index + 1
    while first < len(tokens) and tokens.words[first] in ("ALL", "DISTINCT", "BY", "NAME"):
        first += 1
    last = _end_of_pipe(tokens, first)
    if first < last and tokens.words[first] in STARTS and tokens.ends[first - 1] < tokens.starts[first]:
        yield tokens.starts[first] - 1, tokens.starts[first], "("
        if last == len(tokens):
            yield len(tokens.text), len(tokens.text), ")"
        elif tokens.ends[last - 1] < tokens.starts[last]:
            yield tokens.ends[last - 1], tokens.ends[last - 1] + 1, ")"


_BY_WORD: dict[str, Callable[[Outline, int], Iterator[Mask]]] = {
    "TABLE": _table,
    "WINDOW": _window,
    "@": _version,
    "!": _not_comparison,
    ">": _shift,
    "MAX": _max_recursion,
    "FOR": _for,
    "VALUES": _values,
    "ANY": _as_name,
    "SOME": _as_name,
    "EXISTS": _as_name,
    "|>": _pipe,
}


# -- functions -----------------------------------------------------------------------------------------


def _deep_type_calls(tokens: Tokens) -> Iterator[Mask]:
    """Calls such as struct(date(string(...))) beyond five levels: sqlglot's time doubles with each, names spare it."""
    ends: list[int] = []
    for index, word in enumerate(tokens.words):
        while ends and index > ends[-1]:
            ends.pop()
        if word in TYPE_NAMES and (close := tokens.pairs.get(index + 1, -1)) > index:
            ends.append(close)
            if len(ends) > 5:
                yield _over(tokens, index, tokens.get(index)[:-1] + "_")


def _unknown_functions(tokens: Tokens) -> Iterator[Mask]:
    for index, word in enumerate(tokens.words[:-1]):
        called = tokens.words[index + 1] == "(" and tokens.types[index] == "word"
        if called and len(word) > 3 and word not in _SPECIAL and word not in NOT_CALLS and word not in STARTS:
            yield _over(tokens, index, tokens.get(index)[:-1] + "_")
