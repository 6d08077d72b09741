"""The lake: what a look and a commit cost on top of deltalake's own, and that a long history costs nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from deltalake import CommitProperties, DeltaTable, Transaction

from ldp_magic.lake import Lake, Table
from ldp_magic.pipeline.model import ColumnType
from tests.benchmarks import Figure, cpu_seconds

TIMES = 100
COLUMNS = tuple(ColumnType(name=f"column_{n}", type="string") for n in range(20))


def measure() -> list[Figure]:
    """A look and a commit after few commits and after a thousand, and both against deltalake with no lake around it."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake.open(Path(folder))
        table = lake.look("orders").create(COLUMNS)
        commit(lake, 10)
        early = least(lambda: commit(lake, TIMES))
        bare_look = least(lambda: [DeltaTable(str(table.folder)).version() for _ in range(TIMES)])
        look = least(lambda: [lake.look("orders").version for _ in range(TIMES)])
        while (found := lake.look("orders")).version < 1_000:
            commit(lake, 1_000 - found.version)
        late = least(lambda: commit(lake, TIMES))
        bare = least(lambda: bare_commits(found, TIMES))
    return [
        Figure("100 looks at a table", look, bare_look, 3.0, "deltalake opens it"),
        Figure("100 looks and commits", late, bare, 3.0, "deltalake opens and commits"),
        Figure("100 looks and commits after 1,000", late, early, 2.0, "after few"),
    ]


def least(work: Callable[[], object]) -> float:
    return cpu_seconds(work, times=2)


def commit(lake: Lake, times: int) -> None:
    """So many batches of a flow, each from a look of its own."""
    for _ in range(times):
        table = lake.look("orders")
        before = table.flow("f")
        table.append(before.next(offsets={"raw": before.number + 1}))


def bare_commits(table: Table, times: int) -> None:
    """The same by hand, without offsets; each is followed by a look, as that of the lake is."""
    for number in range(times):
        delta = DeltaTable(str(table.folder))
        properties = CommitProperties(app_transactions=[Transaction("g", number)])
        delta.create_write_transaction([], "append", delta.schema(), commit_properties=properties)
        DeltaTable(str(table.folder))
