"""The function calls of a query, from its tokens: which function, in which clause, over which columns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ldp_magic.sql.facts import Call, ColumnRef
from ldp_magic.sql.functions import AGGREGATES, CALLS_DESPITE_WORD, NOT_CALLS
from ldp_magic.sql.outline import Outline
from ldp_magic.sql.places import Places
from ldp_magic.text import Span

_CASTS = frozenset({"CAST", "TRY_CAST"})  # their brackets hold one thing, whatever commas its type has


class Columns:
    """Columns in text order, to be asked which of them stand in a span."""

    __slots__ = ("_columns", "_starts")

    def __init__(self, columns: Sequence[ColumnRef]) -> None:
        self._columns = columns
        self._starts = [column.span.start for column in columns]

    def inside(self, span: Span) -> tuple[ColumnRef, ...]:
        """Those that begin inside *span*."""
        first, last = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        return tuple(self._columns[first:last])


def calls_in(places: Places, outline: Outline, columns: Columns) -> dict[int, list[Call]]:
    """The calls of each block of the outline, in text order."""
    found: dict[int, list[Call]] = {}
    words, types, pairs = places.words, places.tokens.types, places.tokens.pairs
    for index, word in enumerate(words):
        if word != "(" or not index or index not in pairs or types[index - 1] not in ("word", "name"):
            continue
        if _is_call(places, outline, index - 1):
            found.setdefault(outline.block_of[index - 1], []).append(_call(places, outline, index - 1, columns))
    return found


def _is_call(places: Places, outline: Outline, index: int) -> bool:
    words = places.words
    word, before = words[index], words[index - 1] if index else ""
    if index in outline.operands or before == "::" or outline.clause_of[index] == "with":
        return False
    if word == "REPLACE":
        return before != "*"  # SELECT * REPLACE (...)
    if word == "EXISTS":
        return "->" in words[index : places.closing(index + 1)] and words[index + 2] not in ("SELECT", "WITH", "FROM")
    if word in CALLS_DESPITE_WORD:
        return word not in ("ANY", "SOME", "FILTER") or before in ("SELECT", ",", "(", "AND", "WHERE")
    if before in (".", "AS"):
        return before == "." and word not in NOT_CALLS and not _qualified_operand(outline, words, index)
    return word not in NOT_CALLS


def _qualified_operand(outline: Outline, words: list[str], index: int) -> bool:
    """`FROM a.b.f(...)`"""
    while index > 1 and words[index - 1] == ".":
        index -= 2
    return index in outline.operands


def _call(places: Places, outline: Outline, index: int, columns: Columns) -> Call:
    words = places.words
    close = places.tokens.pairs[index + 1]
    whole = places.span(index, close + 1)
    name = places.name(index).lower()
    over, partitioned = _over(places, close + 1)
    parts = [(index + 2, close)] if words[index] in _CASTS else places.between_commas(index + 2, close)
    return Call(
        name=name,
        span=whole,
        arguments=tuple(places.span(first, last) for first, last in parts),
        clause=outline.clause_of[index],
        aggregate=name in AGGREGATES,
        distinct=words[index + 2] == "DISTINCT",
        over=over,
        partitioned=partitioned,
        columns=columns.inside(whole),
    )


def _over(places: Places, index: int) -> tuple[Span | None, bool]:
    """The OVER clause behind a call, past FILTER, WITHIN GROUP and IGNORE NULLS; does it have a PARTITION BY?"""
    words, size = places.words, len(places.words)
    while index + 1 < size:
        if words[index] in ("FILTER", "GROUP") and places.closing(index + 1) > 0:
            index = places.closing(index + 1) + 1
        elif words[index] in ("IGNORE", "RESPECT", "WITHIN", "NULLS"):
            index += 1
        else:
            break
    if index + 1 >= size or words[index] != "OVER":
        return None, False
    close = places.closing(index + 1)
    last = close if close > 0 else index + 1
    inside = words[index + 1 : last]
    return places.span(index, last + 1), "PARTITION" in inside or "DISTRIBUTE" in inside
