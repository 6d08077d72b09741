"""Materialized views that are kept up to date from new rows alone: counts, sums and extremes over rows that are only
ever added. The result is that of computing it all again, except that sums of floating-point numbers round in another
order, as they do whenever rows are read in another order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ldp_magic.engine.queries import filled, replaced
from ldp_magic.pipeline.model import Dataset
from ldp_magic.runs.tables import name_of
from ldp_magic.runs.turn import FlowTurn
from ldp_magic.runs.work import Work
from ldp_magic.sql.facts import Facts, Output, Select
from ldp_magic.sql.functions import NONDETERMINISTIC
from ldp_magic.sql.model import Query
from ldp_magic.sql.writing import quoted

_MERGED = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}
_MANY_SETS = re.compile(r"\b(rollup|cube|grouping)\b", re.IGNORECASE)
_ALLOWED = {"select", "from", "where", "group by"}


@dataclass(frozen=True, slots=True)
class Sums:
    """A query that can be kept up to date: its one source, and how each of its columns is merged."""

    source: Dataset
    facts: Facts
    columns: tuple[tuple[str, str], ...]  # (name, the aggregate that merges two of its values, or empty for a key)

    def merged(self, relation: str) -> str:
        """The rows of *relation*, the old ones and those over the new rows, made one for each key."""
        items = [
            f"{merge}({quoted(name)}) AS {quoted(name)}" if merge else quoted(name) for name, merge in self.columns
        ]
        keys = ", ".join(quoted(name) for name, merge in self.columns if not merge)
        return f"SELECT {', '.join(items)} FROM {relation}" + (f" GROUP BY {keys}" if keys else "")


def work(turn: FlowTurn, query: str) -> Work | None:
    """The view with what is new in its source merged into it; None where it has to be computed from all rows. *query*
    is a mark of what is asked, without the state of the sources."""
    sums = sums_of(turn)
    if sums is None:
        return None
    source, name = turn.tables.there(sums.source), name_of(sums.source)
    turn.views.read.offsets[name] = source.position
    before, since = turn.before.offsets, turn.before.offsets.get("sources", {}).get(name)
    old = turn.old()
    if old is None or since is None or before.get("memory", {}).get("query") != query:
        return None
    news = source.news(since)
    if news.changed:
        return None
    turn.views.read.rows = sum(file.rows or 0 for file in news.files)
    views = turn.views
    added = views.shown(f"new {sums.source.name}", source.columns, news.files)
    new = views.view("new sums", views.spoken(replaced(sums.facts, [added])))
    have, told = {each.name: each.type for each in turn.table.columns}, dict(views.columns((new,)) or ())
    if [name for name, _ in sums.columns] != list(told) or have != told:
        return None  # the columns are to become others
    items = ", ".join(quoted(name) for name, _ in sums.columns)
    both = f"(SELECT {items} FROM {old} UNION ALL SELECT {items} FROM {quoted(new)})"
    typed = ", ".join(f"CAST({quoted(name)} AS {have[name]}) AS {quoted(name)}" for name, _ in sums.columns)
    rows = views.spoken(f"SELECT {typed} FROM ({sums.merged(both)})")
    return Work(rows=rows, replaces=True, memory={"query": query})


def sums_of(turn: FlowTurn) -> Sums | None:
    """How the query of a view can be kept up to date, if it can."""
    dataset, pipeline = turn.dataset, turn.pipeline
    if not isinstance(dataset.body, Query) or any(each.type or each.clauses for each in dataset.definition.columns):
        return None
    if any(each.on_violation == "drop" for each in dataset.expectations) or len(dataset.reads) != 1:
        return None
    source = pipeline.datasets.get(dataset.reads[0].name) if dataset.reads[0].kind == "dataset" else None
    if source is None or source.kind != "streaming table":
        return None
    facts = filled(dataset.body.text, pipeline.parameters).facts
    columns = _columns(facts)
    return Sums(source, facts, columns) if columns else None


def _columns(facts: Facts) -> tuple[tuple[str, str], ...]:
    """How each column of the query is merged; none if one of them cannot be."""
    root = facts.root
    if not isinstance(root, Select) or len(facts.selects) != 1 or len(facts.relations) != 1 or facts.ctes:
        return ()
    if root.joins or root.subqueries or root.distinct or facts.pipes or facts.streaming:
        return ()
    if not root.clauses.keys() <= _ALLOWED or len(root.inputs) != 1 or root.inputs[0].relation is None:
        return ()
    if facts.relations[0].options or facts.relations[0].watermark or facts.relations[0].function:
        return ()
    calls = {call.name for call in root.calls}
    if calls & NONDETERMINISTIC or any(call.over is not None for call in root.calls):
        return ()
    group = _text(facts, root.clauses["group by"].start, root.clauses["group by"].end) if root.group_keys else ""
    if "group by" in root.clauses and _MANY_SETS.search(group):
        return ()
    merges = [_merge(facts, root, output) for output in root.outputs]
    names = [output.name for output in root.outputs]
    if None in merges or not all(names) or len({name.lower() for name in names}) < len(names):
        return ()
    columns = tuple((name, merge or "") for name, merge in zip(names, merges, strict=True))
    keys = [output for output, (_, merge) in zip(root.outputs, columns, strict=True) if not merge]
    if all(merge == "" for _, merge in columns) or not _same_keys(facts, root, keys):
        return ()
    return columns


def _merge(facts: Facts, select: Select, output: Output) -> str | None:
    """The aggregate that merges the values of a column; empty for one without aggregates, None if there is none."""
    if output.star:
        return None
    inside = [
        call
        for call in select.aggregates
        if output.expression.start <= call.span.start and call.span.end <= output.expression.end
    ]
    if not inside:
        return ""
    (first, *others) = inside
    if others or first.distinct or first.span != output.expression:
        return None
    return _MERGED.get(first.name)


def _same_keys(facts: Facts, select: Select, keys: Sequence[Output]) -> bool:
    """Are the columns without aggregates just what the rows are grouped by?"""
    written = [_text(facts, span.start, span.end) for span in select.group_keys]
    if written == ["all"]:
        return True
    said = set[int]()
    for text in written:
        found = next((n for n, key in enumerate(keys) if text in _names(facts, select, key)), None)
        if found is None:
            return False
        said.add(found)
    return len(said) == len(keys)


def _names(facts: Facts, select: Select, output: Output) -> set[str]:
    """What GROUP BY may call a column: its expression, its name, or its place."""
    place = str(select.outputs.index(output) + 1)
    return {_text(facts, output.expression.start, output.expression.end), output.name.lower(), place}


def _text(facts: Facts, start: int, end: int) -> str:
    return " ".join(facts.text[start:end].lower().split())
