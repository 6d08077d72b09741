"""An aggregate by day, hour or minute over a stream: a watermark, a time window, estimates for distinct counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.author.convert.buckets import Bucket, bucket_of
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.wrap import Source as Streamed
from ldp_magic.lint.wrap import cased
from ldp_magic.sql.facts import Call, Relation, Select
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.text import Edit, Span

_MANY = {"ROLLUP", "CUBE", "SETS"}
_NOT_TIMES = ("date", "string", "int", "bigint", "double", "boolean", "decimal")


@dataclass(frozen=True, slots=True)
class Windowed:
    """How a batch aggregate becomes one that can stream."""

    edits: tuple[Edit, ...]
    relation: Relation
    watermark: str
    unit: str  # day, hour, minute, or window
    estimates: bool


def windowed(owned: Owned, streamed: tuple[Streamed, ...], delay: str) -> Windowed | None:
    """The aggregate as a stream can compute it; None where its rows are not grouped by time, or not only so."""
    root = owned.facts.root
    if not isinstance(root, Select) or len(streamed) != 1 or streamed[0].owned is not owned or owned.facts.ctes:
        return None
    bucket, text = bucket_of(root, owned.facts.text), owned.facts.text
    relation = streamed[0].relation
    if bucket is None or not _belongs(bucket, relation, root) or not _possible(root, text):
        return None
    if not _may_be_time(owned, relation, bucket):
        return None
    counts = [c for c in root.aggregates if c.distinct]
    edits = [e for call in counts for e in _estimated(call, owned)]
    edits += _bucketed(bucket, root, owned) if bucket.size else []
    unit = bucket.size.removeprefix("1 ") or "window"
    mark = cased("WATERMARK", owned) + f" {bucket.column.name} " + cased("DELAY OF INTERVAL", owned) + f" {delay}"
    return Windowed(tuple(edits), relation, _quoted(mark, bucket, owned), unit, bool(counts))


def _quoted(mark: str, bucket: Bucket, owned: Owned) -> str:
    """The column keeps its back-ticks."""
    written = bucket.text[bucket.offset.start : bucket.offset.end]
    tokens = tokens_of(written)
    return mark.replace(f" {bucket.column.name} ", f" {tokens.get(len(tokens) - 1)} ", 1)


def _belongs(bucket: Bucket, relation: Relation, root: Select) -> bool:
    """Is the column one of the streamed relation?"""
    inputs = [i for i in root.inputs if not i.lateral]
    mine = next((i for i in inputs if i.relation is relation), None)
    if mine is None:
        return False
    qualifier = bucket.column.parts[-2].lower() if len(bucket.column.parts) > 1 else ""
    return qualifier == mine.alias.lower() if qualifier else len(inputs) == 1


def _possible(root: Select, text: str) -> bool:
    if root.distinct is not None or any(c.over for c in root.calls):
        return False
    if {"order by", "sort by", "limit", "offset", "qualify", "pivot"} & set(root.clauses):
        return False
    grouped = root.clauses.get("group by", Span(0, 0))
    if _MANY & set(tokens_of(text[grouped.start : grouped.end]).words):
        return False
    return all(c.name == "count" and len(c.arguments) == 1 for c in root.aggregates if c.distinct)


def _may_be_time(owned: Owned, relation: Relation, bucket: Bucket) -> bool:
    """A watermark needs a TIMESTAMP; what nobody knows the type of is taken for one."""
    read = owned.read(relation)
    type_ = owned.context.column_type(read.name, bucket.column.name) if read is not None else ""
    return not type_.startswith(_NOT_TIMES)


def _estimated(call: Call, owned: Owned) -> Iterator[Edit]:
    """COUNT(DISTINCT x) as an estimate."""
    where, tokens = owned.locate(call.span), tokens_of(owned.text(call.span))
    name = tokens.get(0)
    yield Edit(
        where.inside(0, tokens.ends[0]), "approx_count_distinct" if not name.isupper() else "APPROX_COUNT_DISTINCT"
    )
    yield Edit(where.inside(tokens.starts[2], tokens.starts[3]), "")


def _bucketed(bucket: Bucket, root: Select, owned: Owned) -> list[Edit]:
    """The key becomes a window, and everywhere else the column inside the bucket becomes the window's start."""
    column = bucket.text[bucket.offset.start : bucket.offset.end]
    window = f"{cased('WINDOW', owned).lower()}({column}, '{bucket.size}')"
    text = owned.facts.text
    all_ = text[bucket.key.start : bucket.key.end].strip().upper() == "ALL"
    edits = []
    if all_:
        items = [o for o in root.outputs if not _holds(root.aggregates, o.span)]
        keys = [
            window if _same(o.expression, bucket, text) else text[o.expression.start : o.expression.end] for o in items
        ]
        edits.append(Edit(owned.locate(bucket.key), ", ".join(keys)))
    else:
        edits.append(Edit(owned.locate(bucket.key), window))
    grouped = root.clauses["group by"]
    for at in _occurrences(bucket, root, text):
        if not grouped.start <= at.start < grouped.end:
            edits.append(Edit(owned.locate(at), "window.start"))
    return edits


def _holds(calls: tuple[Call, ...], span: Span) -> bool:
    return any(span.start <= c.span.start < span.end for c in calls)


def _same(span: Span, bucket: Bucket, text: str) -> bool:
    one, other = tokens_of(text[span.start : span.end]), tokens_of(bucket.text)
    return [one.get(i).lower() for i in range(len(one))] == [other.get(i).lower() for i in range(len(other))]


def _occurrences(bucket: Bucket, root: Select, text: str) -> Iterator[Span]:
    """Where the column stands inside an expression that is the bucket's."""
    wanted = tokens_of(bucket.text)
    said = [wanted.get(i).lower() for i in range(len(wanted))]
    first = wanted.starts.index(bucket.offset.start)
    last = wanted.ends.index(bucket.offset.end)
    tokens = tokens_of(text)
    low = [tokens.get(i).lower() for i in range(len(tokens))]
    for at in range(len(low) - len(said) + 1):
        if low[at] == said[0] and low[at : at + len(said)] == said and root.span.start <= tokens.starts[at]:
            yield Span(tokens.starts[at + first], tokens.ends[at + last])
