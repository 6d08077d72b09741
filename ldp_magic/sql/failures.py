"""Why a query cannot be read: what its author left out or misspelt, as seen from where the parser gave up."""

from __future__ import annotations

from ldp_magic.sql.cursor import shortened
from ldp_magic.sql.facts import Failure
from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens
from ldp_magic.text import Span

_CLAUSES = names("SELECT FROM WHERE HAVING QUALIFY JOIN ON USING BY LIMIT UNION VALUES WINDOW")
KEYWORDS = _CLAUSES | names(
    """GROUP ORDER PARTITION CLUSTER SORT DISTRIBUTE INNER LEFT RIGHT FULL OUTER CROSS SEMI ANTI LATERAL DISTINCT
    BETWEEN WHEN THEN ELSE INTERVAL WATERMARK STREAM WITH AND OR NOT IN IS AS CASE END LIKE EXCEPT INTERSECT OFFSET"""
)
_SPELLED = sorted({word for word in KEYWORDS if len(word) > 3} | {"GROUP BY", "ORDER BY"})
_NEED_BY = names("GROUP ORDER PARTITION CLUSTER SORT DISTRIBUTE")
_NO_KEYWORD_BEFORE = frozenset(("/", ".", "=", ","))
_WAITING = (KEYWORDS | names(", = <> < > + - * / ||")) - names("END")


def failure_at(tokens: Tokens, index: int, described: str) -> Failure:
    """The failure of a query whose token at *index* a parser could not take; *described* is what it said."""
    return lone_bracket(tokens) or Failure(
        message=_message(shortened(tokens.get(index)), described), span=_span(tokens, index), why=_why(tokens, index)
    )


def _message(word: str, described: str) -> str:
    said = {"Invalid expression / Unexpected token": f"{word} is not expected here"}.get(described)
    return said or f"this query cannot be read near {word}"


def _span(tokens: Tokens, index: int) -> Span:
    return Span(tokens.starts[index], tokens.ends[index])


def lone_bracket(tokens: Tokens) -> Failure | None:
    """A bracket without its partner: what a parser stumbles over stands behind it."""
    alone = next((i for i, kind in enumerate(tokens.types) if kind == "(" and i not in tokens.pairs), None)
    if alone is None:
        return None
    opens = tokens.words[alone] in "([{"
    message = f"this {tokens.words[alone]} {'is never closed' if opens else 'closes nothing'}"
    return Failure(message=message, span=_span(tokens, alone))


def _why(tokens: Tokens, index: int) -> str:
    """A guess that helps, or nothing."""
    words = tokens.words
    before = words[index - 1] if index else ""
    if misspelt := _misspelt(tokens, index):
        return "did you mean {1} instead of {0}?".format(*misspelt)
    if before in _NEED_BY and words[index] != "BY":
        return f"BY is missing after {before}"
    if words[index] == "/" and _clause(tokens, index) in ("FROM", "JOIN"):
        return "files are read with read_files('folder/')"
    if words[0] == "WITH" and before == "AS" and words[index] == "SELECT":
        return "the query of a WITH stands in parentheses"
    if before == "," and words[index] in _CLAUSES:
        return f"the comma before {words[index]} is one too many"
    if index == len(words) - 1 and words[index] in _WAITING:
        return "something has to follow it"
    return _comma(tokens, index)


def _misspelt(tokens: Tokens, index: int) -> tuple[str, str] | None:
    """The word that is no keyword and nearly one, with that keyword: the one before, the one here, or one beside."""
    from difflib import get_close_matches

    for at in (index - 1, index, index + 1, index - 2):
        word = tokens.words[at] if 0 <= at < len(tokens) else ""
        if len(word) < (5 if at == index - 2 else 4) or len(word) > 12 or not word.isalpha() or word in KEYWORDS:
            continue
        near = get_close_matches(word, _SPELLED, 1, 0.75)
        follows = tokens.words[at + 1] if at + 1 < len(tokens) else ""
        if near and (follows in _NO_KEYWORD_BEFORE or (near[0] in _NEED_BY and follows != "BY")):
            continue
        if near and not (word.startswith(near[0]) or word.endswith(near[0])):
            return shortened(tokens.get(at)), near[0]
    return None


def _comma(tokens: Tokens, index: int) -> str:
    """Two items of a list with nothing between them."""
    if tokens.words[index] in KEYWORDS or not index:
        return ""
    item = index - 1 if tokens.words[index] in ("(", ".") else index
    ends_item = item > 0 and (tokens.types[item - 1] != "mark" or tokens.words[item - 1] == "*")
    if tokens.types[item] not in ("word", "name", "string", "number") or tokens.words[item] in KEYWORDS:
        return ""
    if not ends_item or tokens.words[item - 1] in KEYWORDS | {"("} or _clause(tokens, item) not in ("SELECT", "BY"):
        return ""
    return f"a comma may be missing before {shortened(tokens.get(item))}"


def _clause(tokens: Tokens, index: int) -> str:
    """The keyword of the clause that the token at *index* stands in."""
    index -= 1
    while index >= 0:
        if tokens.words[index] in _CLAUSES:
            return tokens.words[index]
        if tokens.words[index] in (")", "]", "}"):
            index = tokens.pairs.get(index, index)
        elif tokens.types[index] == "(":
            return ""
        index -= 1
    return ""
