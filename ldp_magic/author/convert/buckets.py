"""Time buckets: the part of a GROUP BY that puts rows together by day, hour or minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.facts import ColumnRef, Output, Select
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.text import Span

_UNITS = {"DAY": "1 day", "DD": "1 day", "HOUR": "1 hour", "MINUTE": "1 minute"}
_CALLS = {"DATE", "TO_DATE"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket expression: `key` stands in GROUP BY, `column` inside the expression, `size` is a window's.

    `offset` is where the column stands in the expression's own text. A key that is a window already has no size.
    """

    key: Span
    text: str
    column: ColumnRef
    offset: Span
    size: str


def bucket_of(select: Select, text: str) -> Bucket | None:
    """The time bucket that a SELECT groups by, if it does."""
    for key in select.group_keys:
        for span in _meant(select, key, text):
            found = _read(text[span.start : span.end])
            if found is None:
                continue
            offset, size = found
            at = Span(span.start + offset.start, span.start + offset.end)
            column = next((c for c in select.columns if c.span == at), None)
            if column is not None:
                return Bucket(Span(*key), text[span.start : span.end], column, offset, size)
    return None


def bucket_columns(select: Select, text: str) -> list[ColumnRef]:
    """The columns that a SELECT puts into time buckets."""
    bucket = bucket_of(select, text) if select.group_keys else None
    return [bucket.column] if bucket is not None else []


def _meant(select: Select, key: Span, text: str) -> Iterator[Span]:
    """The expressions that a key may stand for: itself, an item by its place or name, every item for ALL."""
    said = text[key.start : key.end].strip()
    if said.isdigit():
        yield from (o.expression for o in select.outputs[int(said[:4]) - 1 : int(said[:4])])
    elif said.upper() == "ALL":
        yield from (o.expression for o in select.outputs if not _aggregates(select, o))
    else:
        yield key
        name = unquoted(said).lower()
        yield from (o.expression for o in select.outputs if o.aliased and o.name.lower() == name)


def _aggregates(select: Select, output: Output) -> bool:
    return any(output.span.start <= c.span.start < output.span.end for c in select.aggregates)


def _read(text: str) -> tuple[Span, str] | None:
    """Where the column stands in `date(ts)`, `ts::DATE`, `CAST(ts AS DATE)`, `date_trunc('hour', ts)`, and the size."""
    t = tokens_of(text)
    words, last = t.words, len(t) - 1
    if len(t) < 3 or t.open:
        return None
    closed = words[1] == "(" and t.pairs.get(1) == last
    if closed and words[0] in _CALLS:
        return _column(t, 2, last, "1 day")
    if closed and words[0] in ("CAST", "TRY_CAST") and words[last - 2 : last] == ["AS", "DATE"]:
        return _column(t, 2, last - 2, "1 day")
    if words[last - 1 :] == ["DATE"] or words[last:] == ["DATE"]:
        return _column(t, 0, last - 1, "1 day") if words[last - 1] == "::" else None
    if closed and words[0] == "DATE_TRUNC" and t.types[2] == "string" and words[3] == ",":
        size = _UNITS.get(unquoted(t.get(2)).upper(), "")
        return _column(t, 4, last, size) if size else None
    if closed and words[0] == "WINDOW" and "," in words:
        return _column(t, 2, words.index(","), "")
    return None


def _column(t: Tokens, first: int, last: int, size: str) -> tuple[Span, str] | None:
    """The tokens, if they are `a` or `a.b.c` and nothing else."""
    parts = range(first, last)
    names = [t.types[i] in ("word", "name") for i in parts[::2]]
    dots = [t.words[i] == "." for i in parts[1::2]]
    if not names or len(names) != len(dots) + 1 or not all(names + dots):
        return None
    return Span(t.starts[first], t.ends[last - 1]), size
