"""The watermark of a flow: one number, microseconds since 1970, that only rises, and only between runs.

A source says how far its rows of this run have come, and the slowest decides. A source without rows holds all back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ldp_magic.runs.work import Turn
from ldp_magic.sql.facts import ColumnRef, Select
from ldp_magic.sql.functions import NONDETERMINISTIC
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.query import expression_facts

EVENT = "__ldp_event"  # what a query over the rows of a source calls their event time
_MEMORY = "watermark"
_MILLISECOND = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Source:
    """A watermarked source of a flow in this run: a query for the event times that count, and the delay."""

    events: str  # SELECT ts AS __ldp_event FROM ..., in words that the engine knows
    delay: int  # microseconds


def watermark(turn: Turn) -> int:
    """Where the flow stood before this run."""
    found = turn.memory.get(_MEMORY, 0)
    assert isinstance(found, int)
    return found


def memory(watermark: int) -> dict[str, int]:
    """What `Work.memory` is to hold, so that the next run finds the watermark."""
    return {_MEMORY: watermark}


def advanced(turn: Turn, sources: Sequence[Source]) -> int:
    """Where the flow stands after this run. It is counted in whole milliseconds, as in Spark."""
    if not sources:
        return watermark(turn)
    text = " UNION ALL ".join(
        f"SELECT {n} AS n, max(unix_micros({EVENT})) AS latest FROM ({each.events})" for n, each in enumerate(sources)
    )
    latest = {row[0]: row[1] for row in turn.session.spark.sql(text).collect()}
    marks = (_mark(latest.get(n), each.delay) for n, each in enumerate(sources))
    return max(watermark(turn), min(marks))


def _mark(latest: int | None, delay: int) -> int:
    return 0 if latest is None else latest - latest % _MILLISECOND - delay


def late(micros: str, watermark: int) -> str:
    """The condition that a row is too late; *micros* is its event time, or the end of its window, in microseconds.

    A row without a time is never late.
    """
    return f"coalesce({micros} <= {watermark}, false)"


def any_rows(turn: Turn, views: Iterable[str]) -> bool:
    """Is there something new? *views* show the new rows of the streams; without any a run does nothing at all."""
    spark = turn.session.spark  # one by one: the engine breaks at UNION ALL of limits where a view is known to be empty
    return any(spark.sql(f"SELECT 1 AS found FROM {view} LIMIT 1").collect() for view in views)


def shown(watermark: int) -> str:
    """The watermark for people: `2026-01-01T00:00:00Z`."""
    return (_EPOCH + timedelta(microseconds=watermark)).isoformat().replace("+00:00", "Z")


# -- filters below the watermark -----------------------------------------------------------------------------------


def pushed(condition: str, event: str, alias: str = "") -> list[str]:
    """The parts of a filter that Spark applies before it looks for the latest event time: those that are the same for
    equal rows and do not mention the column *event* of the source that is called *alias*."""
    return [part for part in conjuncts(condition) if _is_pushed(part, event.lower(), alias.lower())]


def _is_pushed(part: str, event: str, alias: str) -> bool:
    found = expression_facts(part)
    if found.failure is not None or not isinstance(found.root, Select):
        return False
    calls = {call.name for select in found.selects for call in select.calls}
    named = {_name(column, alias) for column in found.root.columns}
    named |= {  # in a subquery, which has columns of its own
        _name(column, alias)
        for select in found.selects
        for column in select.columns
        if not alias or (len(column.parts) > 1 and column.parts[0].lower() == alias)
    }
    return not calls & NONDETERMINISTIC and event not in named


def _name(column: ColumnRef, alias: str) -> str:
    """The column of its source that is meant, in lower case."""
    parts = [part.lower() for part in column.parts]
    return parts[1] if len(parts) > 1 and alias in ("", parts[0]) else parts[0]


def conjuncts(condition: str) -> list[str]:
    """What AND puts together, brackets looked through; `NOT (a OR b)` is `NOT a AND NOT b`."""
    tokens = tokens_of(condition)
    return list(_parts(tokens, 0, len(tokens), negated=False))


def _parts(tokens: Tokens, first: int, last: int, *, negated: bool) -> Iterator[str]:
    words = tokens.words
    while last - first > 2 and words[first] == "(" and tokens.pairs.get(first) == last - 1:
        first, last = first + 1, last - 1
    if words[first : first + 2] == ["NOT", "("] and tokens.pairs.get(first + 1) == last - 1:
        yield from _parts(tokens, first + 1, last, negated=not negated)
        return
    cuts, other = _cuts(tokens, first, last, "OR" if negated else "AND")
    if not cuts or other:
        text = tokens.text[tokens.starts[first] : tokens.ends[last - 1]] if first < last else ""
        if text:
            yield f"NOT ({text})" if negated else text
        return
    for start, end in zip([first, *(cut + 1 for cut in cuts)], [*cuts, last], strict=True):
        yield from _parts(tokens, start, end, negated=negated)


def _cuts(tokens: Tokens, first: int, last: int, word: str) -> tuple[list[int], bool]:
    """Where *word* stands between parts, and whether something stands there that binds less tightly."""
    cuts, between, loose, at = list[int](), 0, False, first
    while at < last:
        now = tokens.words[at]
        if now == "CASE":
            at = _end_of_case(tokens, at, last)
        elif now == "BETWEEN":
            between += 1
        elif now == "AND" and between:
            between -= 1
        elif now == word:
            cuts.append(at)
        elif now == "OR":
            loose = True
        at = max(tokens.pairs.get(at, at), at) + 1
    return cuts, loose


def _end_of_case(tokens: Tokens, at: int, last: int) -> int:
    depth = 0
    for here in range(at, last):
        depth += (tokens.words[here] == "CASE") - (tokens.words[here] == "END")
        if not depth:
            return here
    return last
