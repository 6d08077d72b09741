"""A linter that remembers says the same as one that has just been made, whatever is edited."""

import random

import pytest

from ldp_magic.cells import Cell
from ldp_magic.lint.run import Linter
from ldp_magic.lint.sources import pythons
from ldp_magic.pipeline.memory import Memory
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.project import Members, graph
from ldp_magic.text import Source

TEMPLATES = (
    "CREATE OR REFRESH STREAMING TABLE {me} AS SELECT a, b FROM STREAM({other}) WHERE a > {n};",
    "CREATE OR REFRESH STREAMING TABLE {me} AS SELECT a, count(DISTINCT b) AS b FROM {other} GROUP BY a;",
    "CREATE OR REFRESH MATERIALIZED VIEW {me} (CONSTRAINT ok EXPECT (b > {n}) ON VIOLATION DROP ROW) AS SELECT a, b FROM {other};",
    "CREATE TEMPORARY VIEW {me} AS SELECT a, b FROM STREAM({other}) WATERMARK a DELAY OF INTERVAL {n} HOURS;",
    "CREATE OR REPLACE STREAMING TABLE {me}; CREATE FLOW f{n} AS AUTO CDC INTO {me} FROM STREAM({other}) KEYS (a) SEQUENCE BY b;",
    "CREATE OR REFRESH MATERIALIZED VIEW {me} AS SELECT o.a, p.b FROM STREAM({other}) o JOIN t1 p USING (a);",
    "from pyspark import pipelines as dp\n@dp.table\ndef {me}():\n    return spark.readStream.table('{other}').where('a > {n}')\n",
    "SELEC broken {n};",
    "",
)


def _cell(random_: random.Random, place: int, size: int) -> Cell:
    sql = random_.choice(TEMPLATES)
    other = random_.choice([f"t{random_.randrange(size)}", "main.raw.events", f"T{place}", "t_missing"])
    text = sql.format(me=f"t{place}", other=other, n=random_.randrange(1, 5))
    return Cell(
        Source(f"{place}.{'py' if text.startswith('from') else 'sql'}", None, text),
        "python" if text.startswith("from") else "sql",
    )


def _findings(linter: Linter, cells: list[Cell], memory: Memory | None = None):
    members = Members(name="p", cells=tuple(cells), origin="a test")
    return linter.lint(graph(members, memory=memory), pythons=pythons(members))


def _graph(cells: list[Cell], memory: Memory | None = None) -> Pipeline:
    return graph(Members(name="p", cells=tuple(cells), origin="a test"), memory=memory)


@pytest.mark.parametrize("seed", range(12))
def test_remembering_changes_nothing(seed: int) -> None:
    random_ = random.Random(seed)
    size = 12
    cells = [_cell(random_, i, size) for i in range(size)]
    linter, memory = Linter(), Memory()
    for _ in range(25):
        place = random_.randrange(size)
        cells[place] = _cell(random_, place, size)
        assert _graph(cells, memory) == _graph(cells)
        assert _findings(linter, cells, memory) == _findings(Linter(), cells)


def test_going_back_gives_the_same_findings() -> None:
    random_ = random.Random(5)
    cells = [_cell(random_, i, 8) for i in range(8)]
    linter = Linter()
    first = _findings(linter, cells)
    changed = [
        *cells[:3],
        Cell(Source("3.sql", None, "CREATE TEMPORARY VIEW t3 AS SELECT 1 AS a, 2 AS b;"), "sql"),
        *cells[4:],
    ]
    assert _findings(linter, changed) == _findings(Linter(), changed)
    assert _findings(linter, cells) == first
