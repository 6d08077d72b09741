"""The facts about a query or an expression, from its text. Nothing here raises: see `Facts.failure`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from ldp_magic.sql.calm import calm
from ldp_magic.sql.facts import Facts, Failure
from ldp_magic.sql.failures import failure_at, lone_bracket
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.masks import masked, masked_twice
from ldp_magic.sql.outline import Outline, outline_of
from ldp_magic.sql.parameters import parameters_in
from ldp_magic.sql.places import Places
from ldp_magic.sql.reading import Reading
from ldp_magic.text import Span, offset

DEEPEST = 100  # brackets
MOST_PREFIXES = 100
LONGEST = 1_000_000  # characters of one query
_RECURSING = frozenset({"NOT", "-", "+", "~", "INTERVAL", "CASE", "PRIOR", "WITH", "EXISTS"})
_RELATION = "SELECT * FROM "
_EXPRESSION = "SELECT "
_QUERY_STARTS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "("})


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def is_relation(text: str) -> bool:
    """Is this a relation by itself, such as `STREAM(orders)`, rather than a query?"""
    tokens = tokens_of(text)
    return bool(len(tokens)) and tokens.words[0] not in _QUERY_STARTS


@lru_cache(maxsize=20_000)
def facts_of(text: str) -> Facts:
    """The facts about a query, or about a relation such as `STREAM(orders)`."""
    if len(text) > LONGEST:
        return _too_long(text)
    tokens = tokens_of(text)
    if len(tokens) and tokens.words[0] not in _QUERY_STARTS:
        return _facts(text, tokens_of(_RELATION + text), len(_RELATION))
    return _facts(text, tokens, 0)


@lru_cache(maxsize=20_000)
def expression_facts(text: str) -> Facts:
    """The facts about one expression, such as the condition of an expectation, as a SELECT of it."""
    if len(text) > LONGEST:
        return _too_long(text)
    found = _facts(text, tokens_of(_EXPRESSION + text), len(_EXPRESSION))
    if found.failure is None and (len(found.selects[-1].outputs) != 1 or len(found.selects[-1].clauses) != 1):
        failure = Failure(message="this is not one expression", span=Span(0, len(text)))
        return Facts(text=text, failure=failure, parameters=found.parameters)
    return found


def _too_long(text: str) -> Facts:
    message = f"the query is longer than {LONGEST:,} characters"
    return Facts(text=text, failure=Failure(message=message, span=Span(0, len(text)), kind="too-deep"))


def _facts(text: str, tokens: Tokens, lead: int) -> Facts:
    try:
        return _read(tokens, lead)
    except _Failed as error:
        failure = error.failure
    except RecursionError:
        failure = _too_deep("this query is nested too deeply", tokens)
    return Facts(text=text, failure=_moved(failure, lead), parameters=parameters_in(tokens, lead))


def _read(tokens: Tokens, lead: int) -> Facts:
    _check(tokens, lead)
    with calm():
        outline = outline_of(tokens)
        tree = _tree(outline)
        return Reading(Places(tokens, lead), outline, tree).facts()


def _moved(failure: Failure, lead: int) -> Failure:
    start, end = failure.span
    return replace(failure, span=Span(max(start - lead, 0), max(end - lead, 0)))


# -- what is refused before it is parsed -----------------------------------------------------------------


def _check(tokens: Tokens, lead: int) -> None:
    """Refuse what would make a recursive parser run out of stack or time, or what it would read silently wrong."""
    if not len(tokens) or tokens.ends[-1] <= lead:
        what = "expression" if lead == len(_EXPRESSION) else "query"
        raise _Failed(Failure(message=f"there is no {what} here", span=Span(0, len(tokens.text))))
    if tokens.open:
        where, what = tokens.open[0]
        raise _Failed(Failure(message=f"this {what} is never closed", span=where))
    if tokens.depth > DEEPEST:
        raise _Failed(_too_deep(f"brackets are nested deeper than {DEEPEST}", tokens))
    if len([w for w in tokens.words if w in _RECURSING]) > MOST_PREFIXES and _longest_run(tokens) > MOST_PREFIXES:
        raise _Failed(_too_deep(f"more than {MOST_PREFIXES} operators in a row", tokens))
    if tokens.words.count("<") > DEEPEST and _deepest_type(tokens) > DEEPEST:
        raise _Failed(_too_deep(f"types are nested deeper than {DEEPEST}", tokens))
    lone = lone_bracket(tokens)  # sqlglot tries two readings of each bracket that is never closed
    if lone is not None:
        raise _Failed(lone)
    _check_gaps(tokens)


def _too_deep(message: str, tokens: Tokens) -> Failure:
    return Failure(message=message, span=Span(0, len(tokens.text)), kind="too-deep")


def _longest_run(tokens: Tokens) -> int:
    """The longest chain of words that each make sqlglot recurse without a bracket."""
    longest = run = 0
    for index, word in enumerate(tokens.words):
        if word in _RECURSING or (word == "[" and index and tokens.words[index - 1] == "]"):
            run += 1
            longest = max(longest, run)
        elif tokens.types[index] != "(" and word not in ("WHEN", "THEN", "->"):
            run = 0
    return longest


def _deepest_type(tokens: Tokens) -> int:
    """How deep `ARRAY<`, `MAP<` and `STRUCT<` stand in each other: sqlglot's time grows with the cube of it."""
    deepest = depth = 0
    for before, word in pairwise(tokens.words):
        if word == "<" and before in ("ARRAY", "MAP", "STRUCT"):
            depth += 1
            deepest = max(deepest, depth)
        elif word == ">":
            depth = max(depth - 1, 0)
    return deepest


def _check_gaps(tokens: Tokens) -> None:
    """sqlglot forgives `f(a,)` and `SELECT a, FROM t`; Spark does not."""
    words = tokens.words

    def where(index: int) -> Span:
        return Span(tokens.starts[index], tokens.ends[index])

    for index, word in enumerate(words):
        if word == "," and (index + 1 == len(words) or words[index + 1] in (",", ")", "]")):
            raise _Failed(Failure(message="something is missing after this comma", span=where(index)))
        if word == "," and words[index + 1] == "FROM" and words[index + 2 : index + 3] not in (["FROM"], ["AS"], [","]):
            why = "Spark takes the FROM behind it for a column; take the comma away, or write the column"
            raise _Failed(Failure(message="this comma is one too many", span=where(index), why=why))
        if word == "BY" and (index + 1 == len(words) or words[index + 1] == ")"):
            raise _Failed(Failure(message="nothing follows this BY", span=where(index)))
        if word == ";" and any(w != ";" for w in words[index:]):
            raise _Failed(Failure(message="a query ends here, and another statement follows", span=where(index)))


# -- sqlglot ---------------------------------------------------------------------------------------------


@contextmanager
def _room_for(depth: int) -> Iterator[None]:
    """sqlglot takes about 20 frames a bracket; Python's usual 1,000 end at 40 brackets, fewer inside IPython."""
    before = sys.getrecursionlimit()
    if depth > 15:
        sys.setrecursionlimit(max(before, 40 * DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _tree(outline: Outline) -> Any:
    tokens = outline.tokens
    with _room_for(tokens.depth):
        try:
            tree = _parsed(tokens, masked(outline))
        except _Failed as first:
            try:
                tree = _parsed(tokens, masked_twice(outline))
            except _Failed:
                raise first from None
    if not isinstance(tree, (exp.Query, exp.Values, exp.Table, exp.Alias, exp.Column)):
        raise _Failed(Failure(message="this is not a query", span=Span(0, len(tokens.text))))
    if isinstance(tree, exp.Alias) and isinstance(tree.this, exp.Subquery):
        return tree.this  # `(SELECT ...) AS c`, as a source of AUTO CDC is written
    return tree


def _parsed(tokens: Tokens, text: str) -> Any:
    try:
        return parse_one(text, dialect="databricks")
    except RecursionError:
        raise
    except SqlglotError as error:
        raise _Failed(_parse_failure(tokens, error)) from None
    except Exception as error:  # what a parser that we do not own raises on hostile text
        whole = Span(0, len(tokens.text))
        raise _Failed(Failure(message=f"this query cannot be read ({type(error).__name__})", span=whole)) from None


def _parse_failure(tokens: Tokens, error: SqlglotError) -> Failure:
    details: dict[str, Any] = (getattr(error, "errors", None) or [{}])[0]
    line, column = details.get("line"), details.get("col")
    end = offset(tokens.text, line, column + 1) if line and column else len(tokens.text)
    index = next((i for i in range(len(tokens) - 1, -1, -1) if tokens.starts[i] < end), 0)
    return failure_at(tokens, index, (details.get("description") or "").rstrip("."))
