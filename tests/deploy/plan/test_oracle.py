"""The old text is run, then the new one, and what happened to the rows is what the plan said of the edit."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ldp_magic.deploy.effects import effects
from tests.deploy.plan.pipelines import SETTINGS, read, write
from tests.runs.project import Project

Rows: TypeAlias = "Counter[str]"
COLUMNS = "id INT, k STRING, v INT, ts TIMESTAMP"
RAW = (
    "CREATE OR REFRESH STREAMING TABLE raw AS SELECT * FROM"
    f" STREAM read_files('landing', format => 'json', schema => '{COLUMNS}');\n"
)
MORE = RAW.replace("TABLE raw", "TABLE more")
BEHIND = "CREATE OR REFRESH STREAMING TABLE u AS SELECT * FROM STREAM t;\n"
PLAIN = "CREATE OR REFRESH STREAMING TABLE t{rule} AS SELECT {columns} FROM STREAM raw{where};\n"
VIEW = "CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT {columns} FROM raw{where};\n"
GROUPS = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT {keys}, window.start AS began, {counts}"
    " FROM STREAM raw WATERMARK ts DELAY OF INTERVAL {delay} GROUP BY {keys}, window(ts, '10 minutes'){having};\n"
)
WHOLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT k, {counts} AS n FROM STREAM raw GROUP BY k;\n"
FLOW = (
    "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW {name} AS INSERT INTO t BY NAME SELECT id, v FROM STREAM raw;\n"
)
CDC = (
    "CREATE OR REFRESH STREAMING TABLE t;\n"
    "CREATE FLOW t_changes AS AUTO CDC INTO t FROM STREAM raw KEYS ({keys}) SEQUENCE BY {by};\n"
)
DROPS = " (CONSTRAINT ok EXPECT ({}) ON VIOLATION DROP ROW)"
WARNS = " (CONSTRAINT ok EXPECT ({}))"


def plain(columns: str = "id, v", where: str = "", rule: str = "", shape: str = PLAIN) -> str:
    return shape.format(columns=columns, where=where, rule=rule)


def groups(keys: str = "k", counts: str = "count(*) AS n", delay: str = "1 MINUTE", having: str = "") -> str:
    return GROUPS.format(keys=keys, counts=counts, delay=delay, having=having)


SIDES: dict[str, Sequence[str]] = {
    "stateless": [
        plain(),
        plain() + "-- nothing else\n",
        plain("id, v, k"),
        plain(where=" WHERE v > 4"),
        plain("id, v + 100 AS v"),
        plain(rule=WARNS.format("v > 3")),
        plain(rule=DROPS.format("v > 3")),
        plain(rule=DROPS.format("v % 2 = 0")),
    ],
    "groups": [groups(), groups("k, v"), groups(delay="3 MINUTES"), groups(counts="count(*) AS n, max(v) AS most")],
    "complete": [WHOLE.format(counts="count(*)"), WHOLE.format(counts="sum(v)")],
    "view": [plain(shape=VIEW), plain(where=" WHERE v > 4", shape=VIEW), plain("id, v, k", shape=VIEW)],
    "flows": [FLOW.format(name="one"), FLOW.format(name="two")],
    "sources": [plain(), plain().replace("STREAM raw", "STREAM more")],
    "changes": [CDC.format(keys="k", by="ts"), CDC.format(keys="k, v", by="ts")],
}
EDITS = [
    *[("stateless", 0, n) for n in range(1, 8)],
    ("stateless", 6, 7),
    ("stateless", 2, 0),
    *[("groups", 0, n) for n in range(1, 4)],
    ("complete", 0, 1),
    *[("view", 0, n) for n in range(1, 3)],
    ("flows", 0, 1),
    ("sources", 0, 1),
    ("changes", 0, 1),
]
ACROSS = [(plain(), plain(shape=VIEW)), (plain(shape=VIEW), plain()), (plain(), groups()), (groups(), plain())]


def batch(number: int) -> str:
    """Ten rows of a quarter of an hour."""
    some = random.Random(number)
    rows = (
        f'{{"id": {10 * number + n}, "k": "{some.choice("abc")}", "v": {some.randrange(10)},'
        f' "ts": "2026-01-01T{10 + number // 4:02}:{15 * (number % 4) + n:02}:00Z"}}'
        for n in range(10)
    )
    return "\n".join(rows) + "\n"


class Lab:
    """Projects that were run; one text over the same batches is run once."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self.folder = folder
        self.left = cache(self._left)

    def project(self, sql: str) -> Project:
        made = Project(self.folder("p"))
        write(made.root, "ldp.toml", SETTINGS)
        write(made.root, "src/all.sql", RAW + MORE + sql)
        return made

    def _left(self, sql: str, *batches: tuple[int, ...]) -> dict[str, Rows]:
        """The rows of each table after an update for each of the batches."""
        made = self.project(sql)
        for some in batches:
            arrive(made, *some)
            made.fine()
        return {name: rows(made, name) for name in tables(sql)}


def tables(sql: str) -> list[str]:
    return sorted(set(re.findall(r"(?:TABLE|VIEW) ([tu])\b", sql)))


def arrive(project: Project, *numbers: int) -> None:
    for number in numbers:
        project.put(f"landing/{number}.json", batch(number), age=3600 - number)


def rows(project: Project, name: str = "t") -> Rows:
    return Counter(repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in project.rows(name))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(lambda name: tmp_path_factory.mktemp(name))


def whole(side: str, number: int) -> str:
    sql = SIDES[side][number]
    return sql + BEHIND if side in ("stateless", "groups") else sql


@pytest.mark.xdist_group("oracle of the plan")
@pytest.mark.parametrize(("side", "old", "new"), EDITS, ids=lambda value: str(value))
def test_what_happens_is_what_the_plan_said(lab: Lab, side: str, old: int, new: int):
    compare(lab, whole(side, old), whole(side, new))


@pytest.mark.xdist_group("oracle of the plan")
@pytest.mark.parametrize(("old", "new"), ACROSS, ids=["to a view", "from a view", "to groups", "from groups"])
def test_a_table_of_another_kind(lab: Lab, old: str, new: str):
    compare(lab, old, new)


@pytest.mark.soak
def test_every_edit_of_a_side(lab: Lab):
    for side, texts in SIDES.items():
        for old in range(len(texts)):
            for new in range(len(texts)):
                compare(lab, whole(side, old), whole(side, new))


def compare(lab: Lab, old: str, new: str) -> None:
    """Run one after the other, and hold what is left beside what the plan says of it."""
    made = lab.project(old)
    was = read(made.root)
    arrive(made, 1, 2)
    made.fine()
    names = tables(old)
    before = {name: rows(made, name) for name in names}
    write(made.root, "src/all.sql", RAW + MORE + new)
    said = {each.name: each.effect for each in effects(was.tables, read(made.root).tables)}
    assert said["raw"] == "none"
    arrive(made, 3, 4)
    updated = made.run()
    for name in names:
        after = rows(made, name) if updated.state == "COMPLETED" else None
        if name == "u" and said["u"] == "none" and said["t"] != "none":
            assert after == rows(made, "t")  # nothing of its own changes: it passes on what arrives
        else:
            CHECKS[said[name]](lab, name, before[name], after, old, new)
    again = [name for name, effect in said.items() if effect == "full refresh"]
    if again:
        made.fine(full_refresh=again)
        anew = lab.left(new, (1, 2, 3, 4))
        assert {name: rows(made, name) for name in again} == {name: anew[name] for name in again}


def unmoved(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    assert after == lab.left(old, (1, 2), (3, 4))[name]


def recomputed(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    assert after == lab.left(new, (1, 2, 3, 4))[name]


def forward(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    assert after is not None and before <= after
    if "WATERMARK" not in new:
        assert after - before == lab.left(new, (3, 4))[name]


def twice(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    assert after == before + lab.left(new, (1, 2, 3, 4))[name]


def wrong(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    """Without a full refresh it fails, or what is there is not what the new text makes."""
    assert after is None or after != lab.left(new, (1, 2, 3, 4))[name]


def lost(lab: Lab, name: str, before: Rows, after: Rows | None, old: str, new: str) -> None:
    assert after is None or after == lab.left(new, (1, 2, 3, 4))[name]


CHECKS: dict[str, Any] = {
    "none": unmoved,
    "recomputed": recomputed,
    "forward only": forward,
    "state lost": twice,
    "full refresh": wrong,
    "table dropped": lost,
}
