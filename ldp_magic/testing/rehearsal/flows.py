"""What one flow did in one step, as the things that it does one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.events import FlowState
from ldp_magic.pipeline.model import Dataset, Flow
from ldp_magic.pipeline.schemas import sole_query
from ldp_magic.runs.stateful.kinds import kind_of
from ldp_magic.sql.facts import Facts, Watermark
from ldp_magic.sql.model import Code
from ldp_magic.testing.rehearsal.model import Line, Passed
from ldp_magic.text import Span

_WINDOW = re.compile(r"window\([^,()]*,\s*'([^',()]*)'\s*\)", re.IGNORECASE)
_NEVER = "1970-01-01T00:00:00Z"


def passed(dataset: Dataset, flow: FlowState, before: Line | None) -> Passed:
    """The flow in detail and as a whole; *before* is what was told of it after the last step."""
    made = next((each for each in dataset.flows if each.name == flow.name), None)
    whole = _whole(flow, before or Line(what=flow.name))
    return Passed(flow=flow, lines=tuple(_lines(dataset, made, flow, whole)), whole=whole)


def _whole(flow: FlowState, before: Line) -> Line:
    return Line(
        what=flow.name,
        came=flow.read or 0,
        out=flow.written or 0,
        dropped=flow.dropped,
        late=flow.late,
        updated=_updated(flow),
        state=before.state if flow.state_rows is None else flow.state_rows,
        before=before.after,
        after=_known(flow.watermark) or before.after,
    )


def _known(watermark: str) -> str:
    return "" if watermark == _NEVER else watermark


def _updated(flow: FlowState) -> int | None:
    if flow.upserted is None and flow.deleted is None:
        return None
    return (flow.upserted or 0) + (flow.deleted or 0)


def _lines(dataset: Dataset, made: Flow | None, flow: FlowState, whole: Line) -> Iterator[Line]:
    facts, came, checked = _facts(dataset, made), whole.came or 0, (whole.out or 0) + (whole.dropped or 0)
    for text in _read(dataset, made):
        yield Line(what="read", subject=text, came=came, out=came)
    marks = _marks(facts)
    if marks or whole.after:
        left = came - (flow.late or 0)
        subject = ", ".join(dict.fromkeys(f"{mark.column}, {_delay(mark)}" for mark in marks))
        yield Line(
            what="watermark", subject=subject, came=came, out=left, late=flow.late or 0,
            before=whole.before, after=whole.after,
        )  # fmt: skip
        came = left
    what, subject = _operator(facts, made)
    if made is not None and made.definition.cdc is not None:
        yield Line(what=what, subject=subject, came=came, out=checked, updated=whole.updated, state=whole.state)
    elif what or came != checked:
        yield Line(what=what or "query", subject=subject, came=came, out=checked, state=whole.state)
    if dataset.expectations:
        yield Line(what="expectations", came=checked, out=whole.out, dropped=whole.dropped or 0)
    yield Line(what="write", came=whole.out, out=whole.out)


def _facts(dataset: Dataset, made: Flow | None) -> Facts | None:
    body = made.definition.body if made else dataset.body
    query = sole_query(body) if body is not None else None
    return query.facts if query is not None else None


def _read(dataset: Dataset, made: Flow | None) -> list[str]:
    """What is streamed, as one text: the rows of several sources are not counted apart."""
    reads = made.reads if made is not None else dataset.reads
    names = dict.fromkeys(read.name for read in reads if read.streaming)
    return [", ".join(f"STREAM({name.rstrip('/').rpartition('/')[2]})" for name in names)] if names else ["sources"]


def _marks(facts: Facts | None) -> list[Watermark]:
    if facts is None:
        return []
    found = [relation.watermark for relation in facts.relations if relation.watermark]
    return found + [item.watermark for select in facts.selects for item in select.inputs if item.watermark]


def _delay(mark: Watermark) -> str:
    """`1 hour`"""
    words = [word for word in mark.delay.replace("'", "").split() if word.upper() != "INTERVAL"]
    return " ".join(words).lower()


def _operator(facts: Facts | None, made: Flow | None) -> tuple[str, str]:
    """What the query does that needs more than one row, and by which columns."""
    if made is not None and made.definition.cdc is not None:
        return "apply changes", "by " + ", ".join(made.definition.cdc.keys)
    kind = kind_of(facts) if facts is not None else ""
    where = "where, " if facts is not None and any("where" in each.clauses for each in facts.selects) else ""
    if facts is None or kind not in ("aggregate", "deduplicate", "join", "complete"):
        return "", ""
    if kind == "join":
        return f"{where}join", "of streams"
    if kind == "deduplicate":
        return f"{where}distinct rows", ""
    keys = next((each.group_keys for each in facts.selects if each.group_keys), ())
    said = ", ".join(_plain(facts, key) for key in keys)
    return (f"{where}group by", said) if said else (f"{where}aggregate", "")


def _plain(facts: Facts, key: Span) -> str:
    """A group key as written; of a window only how long it is."""
    text = " ".join(facts.text[key.start : key.end].split())
    window = _WINDOW.fullmatch(text)
    return f"{window[1].lower()} window" if window else text


def remembers(dataset: Dataset) -> str:
    """What the flows of a dataset keep rows for: aggregate, deduplicate, join, or nothing; of Python only that."""
    for made in dataset.flows:
        facts = _facts(dataset, made)
        if facts is None and isinstance(made.definition.body, Code):
            return "code"
        kind = kind_of(facts) if facts is not None else ""
        if kind in ("aggregate", "deduplicate", "join"):
            return kind
    return ""
