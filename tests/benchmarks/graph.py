"""The graph: growth from 100 to 10,000 datasets, columns, a wide lineage, a repository of 200 pipelines."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ldp_magic.pipeline import build
from ldp_magic.pipeline.lineage import lineage_of
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.pipeline.schemas import Schemas, with_columns
from ldp_magic.project import load
from ldp_magic.sql import read
from ldp_magic.sql.model import DatasetDef, Query, Script
from ldp_magic.text import Source
from tests.benchmarks import Figure

T = TypeVar("T")
COLUMNS = 30


def measure() -> list[Figure]:
    """Every figure of the graph, each beside the same work at a smaller size."""
    few, many = touched(100), touched(1000)
    return [
        *growth(),
        Figure("lineage among 1,000 wide datasets", many, few, 15, "among 100"),
        Figure("load 200 pipelines, each", loading(200), loading(20), 1.5, "each of 20"),
    ]


def growth() -> Iterator[Figure]:
    small, large = steps(100, repeat=5), steps(10_000)
    for what, one, many in zip(("read", "build", "type the columns of"), small, large, strict=True):
        yield Figure(f"{what} 10,000 datasets, each", many, one, 1.5, "each of 100")


def steps(count: int, repeat: int = 1) -> tuple[float, ...]:
    """CPU seconds a dataset for reading, building and typing; the quickest of some times."""
    found = [step(datasets(count, f"{count}_{turn}")) for turn in range(repeat)]
    return tuple(min(times) / count for times in zip(*found, strict=True))


def step(text: str) -> tuple[float, float, float]:
    reading, script = timed(lambda: understood(text))
    building, pipeline = timed(lambda: graph(script))
    typing, _ = timed(lambda: with_columns(pipeline))
    return reading, building, typing


def understood(text: str) -> Script:
    """Statements, and the facts about each query."""
    script = read(Source("p.sql", None, text).whole())
    for statement in script.statements:
        if isinstance(statement, DatasetDef) and isinstance(statement.query, Query):
            assert statement.query.facts.root is not None
    return script


def graph(script: Script) -> Pipeline:
    return build("p", [script], catalog="main", schema="gold")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds, the garbage collector at rest: what that takes depends on all else that is in memory."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    made = work()
    taken = time.process_time() - start
    gc.enable()
    return taken, made


def datasets(count: int, mark: str) -> str:
    """Bronze, silver and gold by threes; every text differs, so that nothing is remembered."""
    return ";\n".join(text for n in range(count // 3 + 1) for text in three(n, f"{mark}_{n}"))


def three(n: int, mark: str) -> Iterator[str]:
    schema = "schema => 'id BIGINT, customer BIGINT, amount DECIMAL(12,2), at TIMESTAMP'"
    yield f"CREATE STREAMING TABLE bronze_{mark} AS SELECT * FROM STREAM read_files('/raw/{n}', {schema})"
    yield (
        f"CREATE STREAMING TABLE silver_{mark} (CONSTRAINT paid EXPECT (amount > 0) ON VIOLATION DROP ROW) AS "
        f"SELECT id, customer, amount * 2 AS amount, date(at) AS day FROM STREAM(bronze_{mark}) WHERE id > {n}"
    )
    yield (
        f"CREATE MATERIALIZED VIEW gold_{mark} AS SELECT s.day, c.name, sum(s.amount) AS amount, count(*) AS orders "
        f"FROM silver_{mark} s LEFT JOIN crm_{n} c ON s.customer = c.id GROUP BY s.day, c.name"
    )


def touched(count: int) -> float:
    """CPU seconds to find what a change of one source column touches."""
    pipeline = graph(read(Source("p.sql", None, ";\n".join(wide(n, count) for n in range(count))).whole()))
    schemas = Schemas(pipeline)
    for dataset in pipeline.datasets.values():
        schemas.columns(dataset)
    taken, lineage = timed(lambda: lineage_of(pipeline, "main.raw.events", "c4", schemas))
    assert lineage.reach == count
    return taken


def wide(n: int, count: int) -> str:
    source = f"t{n - 1 - n % 7}" if n > 7 else "main.raw.events"
    columns = ", ".join(f"c{i} + {n} AS c{i}" if i % 3 else f"c{i}" for i in range(COLUMNS))
    return f"CREATE STREAMING TABLE t{n} AS SELECT {columns} /* {count} */ FROM STREAM({source})"


def loading(count: int) -> float:
    """CPU seconds a pipeline, from files to graphs that know each other."""
    with tempfile.TemporaryDirectory() as folder:
        for n in range(count):
            home = Path(folder, f"team_{n}")
            (home / "transformations").mkdir(parents=True)
            spec = "name: team\nstorage: file:///tmp/x\nlibraries:\n  - glob:\n      include: transformations/**\n"
            (home / "spark-pipeline.yml").write_text(spec.replace("team", f"team_{n}"))
            (home / "transformations" / "all.sql").write_text(datasets(8, f"{count}_{n}"))
        taken, pipelines = timed(lambda: load([folder]))
        assert len(pipelines) == count and all(len(p.datasets) == 9 for p in pipelines)
    return taken / count
