"""Rows cut into steps: by event time, the same moments for all sources, or else by their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from ldp_magic.testing.rehearsal.model import Made
from ldp_magic.testing.rehearsal.rows import Row


@dataclass(slots=True)
class Steps:
    """What arrives in each step, by source."""

    rows: list[list[list[Row]]]  # source, step, rows
    late: list[int] = field(default_factory=list)  # by step, rows that were made late
    twice: list[int] = field(default_factory=list)
    by_order: list[bool] = field(default_factory=list)  # by source: was it cut by the order of its rows?


def lateness(steps: Sequence[Sequence[Row]]) -> float:
    """By how many seconds at most a row of a step is older than the newest row of the steps before."""
    newest, most = None, 0.0
    for step in steps:
        times = [row.time for row in step if row.time is not None]
        if times and newest is not None:
            most = max(most, newest - min(times))
        newest = max([*times, *([newest] if newest is not None else [])], default=newest)
    return most


def cut(sources: Sequence[Sequence[Row]], made: Made) -> Steps:
    """The rows of each source in steps, some of them late, twice or in another order."""
    timed = [_timed(rows) for rows in sources]
    moments = sorted(time for times in timed if times for time in times)
    ends = [moments[n * len(moments) // made.batches] for n in range(1, made.batches)] if moments else []
    by_order = [times is None for times in timed]
    home = [_home(len(rows), times, ends, made) for rows, times in zip(sources, timed, strict=True)]
    return _disturbed(sources, home, by_order, made)


def _home(many: int, times: list[float] | None, ends: Sequence[float], made: Made) -> list[int]:
    """The step of each row. Where many rows have the same time, it does not part them well, and their rank does."""
    if times is not None and len(set(ends)) == len(ends):
        return [bisect_right(ends, time) for time in times]
    order = sorted(range(many), key=lambda n: times[n] if times else n)
    ranks = {n: rank for rank, n in enumerate(order)}
    return [ranks[n] * made.batches // many for n in range(many)]


def _timed(rows: Sequence[Row]) -> list[float] | None:
    """The event time of each row; one without has that of the row before. None if no row has one."""
    first = next((row.time for row in rows if row.time is not None), None)
    if first is None:
        return None
    found, last = [], first
    for row in rows:
        last = row.time if row.time is not None else last
        found.append(last)
    return found


def _disturbed(
    sources: Sequence[Sequence[Row]], home: Sequence[Sequence[int]], by_order: list[bool], made: Made
) -> Steps:
    random, last = Random(made.seed), made.batches - 1
    steps = Steps(
        [[[] for _ in range(made.batches)] for _ in sources], [0] * made.batches, [0] * made.batches, by_order
    )
    every = [(n, m) for n, rows in enumerate(sources) for m in range(len(rows))]
    able = [(n, m) for n, m in every if home[n][m] < last]
    late = set(random.sample(able, min(len(able), round(made.late * len(every)))))
    twice = set(random.sample(every, round(made.duplicate * len(every))))
    for n, m in every:
        step = home[n][m]
        if (n, m) in late:
            step = random.randint(step + 1, last)
            steps.late[step] += 1
        steps.rows[n][step].append(sources[n][m])
        if (n, m) in twice:
            again = random.randint(step, last)
            steps.twice[again] += 1
            steps.rows[n][again].append(sources[n][m])
    if made.shuffle:
        for rows in (step for source in steps.rows for step in source):
            random.shuffle(rows)
    return steps
