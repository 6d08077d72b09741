"""Snapshots one after the other: the table is the last one, or the history of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from random import Random
from typing import Any

import pytest

from ldp_magic.engine.child import EngineError
from ldp_magic.runs.changes import snapshot
from ldp_magic.sql.model import AutoCdc
from tests.runs.changes.turns import Lake, Table, flow, lake, numbers

SCHEMA = "k int, a int, b string"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with lake(tmp_path_factory.mktemp("lake")) as made:
        yield made


def of(clauses: str = "") -> AutoCdc:
    return flow(f"KEYS (k) {clauses}")


def taken(table: Table, how: AutoCdc, rows: list[tuple[Any, ...]], version: Any, schema: str = SCHEMA) -> Any:
    view = table.events(rows, schema)
    return table.take(lambda turn, old: snapshot(turn, how, view, version, old))


def history(snapshots: list[tuple[int, dict[int, tuple[Any, ...]]]], tracked: tuple[int, ...]) -> set[tuple[Any, ...]]:
    """What a person would write down who is shown one snapshot after the other."""
    open_: dict[int, tuple[tuple[Any, ...], int]] = {}
    done = set()
    for version, rows in snapshots:
        for key, (values, start) in list(open_.items()):
            new = rows.get(key)
            if new is None or any(new[n] != values[n] for n in tracked):
                done.add((key, *values, start, version))
                del open_[key]
        open_ = {key: (values, open_[key][1] if key in open_ else version) for key, values in rows.items()}
    return done | {(key, *values, start, None) for key, (values, start) in open_.items()}


@pytest.mark.parametrize(
    ("clauses", "tracked"),
    [("", (0, 1)), ("TRACK HISTORY ON (a)", (0,)), ("TRACK HISTORY ON * EXCEPT (a)", (1,))],
)
def test_histories(room: Lake, clauses: str, tracked: tuple[int, ...]):
    random, table, so_far = Random(clauses), room.table(), []
    for version in range(2, 26, 2):
        keys = random.sample(range(40), random.choice([0, 15, 30, 40]))
        rows = {key: (random.choice([None, 1, 2]), random.choice([None, "x"])) for key in keys}
        taken(table, of(f"STORED AS SCD TYPE 2 {clauses}"), [(key, *values) for key, values in rows.items()], version)
        so_far.append((version, rows))
        found = table.found()
        assert len(found) == len(set(found)) and set(found) == history(so_far, tracked)


def test_the_last_snapshot(room: Lake):
    table = room.table()
    work = taken(table, of(), [(1, 1, "a"), (2, None, "b")], 1)
    assert numbers(work) == {"upserted": 2, "deleted": 0} and not work.state and not work.adds
    work = taken(table, of(), [(1, 1, "a"), (2, None, "b")], 2)
    assert numbers(work) == {"upserted": 0, "deleted": 0} and not work.replaces, "an equal one touches nothing"
    work = taken(table, of(), [(1, 1, "a"), (2, None, "b"), (3, 3, "c")], 3)
    assert numbers(work) == {"upserted": 1, "deleted": 0} and not work.replaces, "new rows are added"
    work = taken(table, of(), [(1, 5, "a"), (3, 3, "c")], 4)
    assert numbers(work) == {"upserted": 1, "deleted": 1} and work.replaces
    assert sorted(table.found()) == [(1, 5, "a"), (3, 3, "c")]
    taken(table, of(), [], 5)
    assert table.found() == []


def test_what_is_said_of_histories(room: Lake):
    table, how = room.table(), of("STORED AS SCD TYPE 2")
    taken(table, how, [(1, 1, "a"), (2, 2, "b"), (3, 3, "c")], 1)
    work = taken(table, how, [(1, 1, "a"), (2, 9, "b"), (4, 4, "d")], 2)
    assert numbers(work) == {"upserted": 2, "deleted": 1}


VERSIONS = [
    (1, 2, "bigint"),
    ("2026-01", "2026-02", "string"),
    (0.5, 1.5, "double"),
    (date(2026, 1, 1), date(2026, 1, 2), "date"),
    (datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 13, tzinfo=timezone.utc), "timestamp"),
    (None, None, "timestamp"),
]


@pytest.mark.parametrize(("first", "second", "type_"), VERSIONS)
def test_versions(room: Lake, first: Any, second: Any, type_: str):
    table, how = room.table(), of("STORED AS SCD TYPE 2")
    taken(table, how, [(1, 1, "a")], first)
    taken(table, how, [(1, 2, "a")], second)
    ((start, end),) = [span for span in table.found("__START_AT, __END_AT") if span[1] is not None]
    assert start < end and table.found("typeof(__START_AT), typeof(__END_AT)")[0] == (type_, type_)
    if isinstance(first, (int, str, float)):
        assert (start, end) == (first, second)


@pytest.mark.parametrize("stored", ["", "STORED AS SCD TYPE 2"])
def test_what_is_refused(room: Lake, stored: str):
    table, how = room.table(), of(stored)
    taken(table, how, [(1, 1, "a")], 5)
    for rows, version, what in (
        ([(1, 1, "a")], 5, "the snapshot has the version 5, and the last one had 5"),
        ([(1, 1, "a")], 4, "the snapshot has the version 4, and the last one had 5"),
        ([(1, 1, "a")], "6", "the version of the snapshot is a string now, and was a bigint"),
        ([(1, 1, "a")], True, "a snapshot cannot have the version True"),
        ([(1, 1, "a")], [6], "a snapshot cannot have the version"),
        ([(None, 1, "a")], 6, "1 rows of the snapshot have no key"),
        ([(1, 1, "a"), (1, 1, "a"), (2, 1, "a")], 6, "1 keys of the snapshot stand in it more than once"),
    ):
        with pytest.raises(EngineError, match=what) as caught:
            taken(table, how, rows, version)
        assert caught.value.fix and table.found("k, a, b") == [(1, 1, "a")]
    with pytest.raises(EngineError, match="the column a is string now, and was int"):
        taken(table, how, [(1, "1", "a")], 6, "k int, a string, b string")
    with pytest.raises(EngineError, match="STORED AS says"):
        taken(table, of("" if stored else "STORED AS SCD TYPE 2"), [(1, 1, "a")], 6)
    with pytest.raises(EngineError, match="KEYS says a now"):
        taken(table, flow(f"KEYS (a) {stored}"), [(1, 1, "a")], 6)
    table.memory = {}
    with pytest.raises(EngineError, match="the table has rows that no snapshot left there"):
        taken(table, how, [(1, 1, "a")], 6)


def test_new_columns(room: Lake):
    for stored in ("", "STORED AS SCD TYPE 2"):
        table, how = room.table(), of(stored)
        taken(table, how, [(1, 1, "a"), (2, 2, "b")], 1)
        taken(table, how, [(1, 1, "a", 7), (2, 2, "b", None)], 2, f"{SCHEMA}, c int")
        current = "k, a, b, c" + (", __END_AT" if stored else "")
        rows = [row[:4] for row in table.found(current) if row[4:] in ((), (None,))]
        assert sorted(rows) == [(1, 1, "a", 7), (2, 2, "b", None)]
