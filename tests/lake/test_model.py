"""Random histories of a table against a model that is a few lists."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ldp_magic.lake import Conflict, Keep, Lake, LakeError, Table, Written
from tests.lake.rows import columns, read, write

Row = dict[str, Any]
NAMES = ("id", "name", "at", "more")
TYPES = {"id": "bigint", "name": "string", "at": "timestamp_ntz", "more": "struct<a:int,`b c`:array<string>>"}


@dataclass
class Model:
    """What a table should be."""

    names: list[str] = field(default_factory=lambda: ["id"])
    rows: list[Row] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    offsets: dict[str, Any] = field(default_factory=dict)
    state: dict[str, int] = field(default_factory=dict)
    versions: dict[int, list[Row] | None] = field(default_factory=dict)  # rows that came in; None: rows were changed
    served: int = 0  # positions before this version may be out of reach: files of them have been swept away


class Play:
    """One history: every step is done to the lake and to the model."""

    def __init__(self, lake: Lake) -> None:
        self.lake, self.model, self.next = lake, Model(), 0
        self.table = lake.look("t").create(columns(id="bigint"))
        self.stale = self.table
        self.positions = [self.table.position]

    def fresh(self, count: int) -> list[Row]:
        self.next += count
        return [dict.fromkeys(self.model.names) | {"id": self.next - n} for n in range(count)]

    def append(self, flow: str, count: int, dropped: int, keep_state: bool) -> None:
        rows, left = self.fresh(count), self.fresh(dropped)
        batch, table = self.table.flow(flow), self.table
        state = None
        if not keep_state:
            state = {"s": write(table, [{"id": self.next}]).paths}
            self.model.state[flow] = self.next
        after = batch.next(offsets={"n": self.next}, state=state)
        both = Written(table.columns, write(table, rows).kept, write(table, left).kept)
        self.table = table.append(after, both, {"rows": count})
        self.model.rows += rows
        self.model.dropped += [row["id"] for row in left]
        self.model.offsets[flow] = {"n": self.next}
        self.model.versions[self.table.version] = rows

    def swap(self, flow: str, count: int, names: list[str]) -> None:
        had = bool(self.model.rows)
        self.model.names = names
        rows, like = self.fresh(count), columns(**{name: TYPES[name] for name in names})
        after = self.table.flow(flow).next(offsets={"n": -self.next})
        self.table = self.table.swap(after, write(self.table, rows, like))
        self.model.offsets[flow] = {"n": -self.next}
        self.model.rows, self.model.dropped = list(rows), []
        self.model.versions[self.table.version] = None if had else rows

    def widen(self, name: str) -> None:
        self.table = self.table.fit(columns(**{name: TYPES[name]}))
        if name not in self.model.names:
            self.model.names.append(name)
            self.model.rows = [{**row, name: None} for row in self.model.rows]

    def reset(self) -> None:
        had = bool(self.model.rows)
        self.table = self.table.reset()
        self.model = replace(self.model, rows=[], dropped=[], offsets={}, state={})
        if had:
            self.model.versions[self.table.version] = None

    def compact(self) -> None:
        DeltaTable(str(self.table.folder)).optimize.compact()

    def clean(self) -> None:
        self.lake.clean(Keep(days=0))
        self.model.served = self.table.version

    def late(self, flow: str) -> None:
        """Somebody who looked long ago commits: it fits only if the flow is where it was."""
        now, then = self.table.flow(flow), self.stale.flow(flow)
        row = self.fresh(1)
        try:
            rows = write(self.stale, [{name.name: None for name in self.stale.columns} | {"id": row[0]["id"]}])
            self.stale.append(then.next(offsets={"n": 0}), rows)
        except Conflict:
            return
        assert now == then
        self.table = self.lake.look("t")
        self.model.rows += row
        self.model.offsets[flow] = {"n": 0}
        self.model.versions[self.table.version] = row

    def check(self) -> None:
        self.table = table = self.lake.look("t")
        model = self.model
        assert [each.name for each in table.columns] == model.names
        assert counted(read(table)) == counted(model.rows)
        assert {name: each.offsets for name, each in table.flows.items() if each.offsets} == model.offsets
        for flow, number in model.state.items():
            assert pq.read_table(table.state(flow)["s"][0])["id"].to_pylist() == [number]
        left = [f.path for each in table.quarantine() for f in each.files]
        assert sorted(number for path in left for number in pq.read_table(path)["id"].to_pylist()) == sorted(
            model.dropped
        )
        for position in self.positions:
            self.check_news(table, position)
        self.positions.append(table.position)

    def check_news(self, table: Table, position: Any) -> None:
        since = position["version"]
        came = {version: rows for version, rows in self.model.versions.items() if version > since}
        try:
            news = table.news(position)
        except LakeError as error:
            assert since < self.model.served, error
            return
        assert news.changed == tuple(version for version, rows in sorted(came.items()) if rows is None)
        found = [number for file in news.files for number in pq.read_table(file.path)["id"].to_pylist()]
        assert sorted(found) == sorted(row["id"] for rows in came.values() for row in rows or ())


def counted(rows: list[Row]) -> Counter[str]:
    return Counter(repr(sorted(row.items())) for row in rows)


FLOWS = st.sampled_from(["a", "b"])
SCHEMAS = st.lists(st.sampled_from(NAMES[1:]), unique=True).map(lambda names: ["id", *names])
STEPS = st.one_of(
    st.builds(lambda *args: ("append", *args), FLOWS, st.integers(0, 3), st.integers(0, 1), st.booleans()),
    st.builds(lambda *args: ("append", *args), FLOWS, st.integers(0, 3), st.integers(0, 1), st.booleans()),
    st.builds(lambda *args: ("swap", *args), FLOWS, st.integers(0, 3), SCHEMAS),
    st.builds(lambda name: ("widen", name), st.sampled_from(NAMES)),
    st.builds(lambda flow: ("late", flow), FLOWS),
    st.sampled_from([("reset",), ("compact",), ("clean",), ("remember",)]),
)


HISTORIES = st.lists(STEPS, min_size=2, max_size=14)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORIES)
def test_histories(steps: list[tuple[Any, ...]]):
    played(steps)


@pytest.mark.soak
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORIES)
def test_many_histories(steps: list[tuple[Any, ...]]):
    played(steps)


def played(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Lake.open(Path(folder)))
        for name, *said in steps:
            if name == "remember":
                play.stale = play.table
                continue
            step: Callable[..., None] = getattr(play, name)
            step(*said)
            play.check()
