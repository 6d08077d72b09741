"""Linting: beside sqlfluff and beside sqlglot's own parse, one changed cell among a thousand, growth."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from ldp_magic.cells import Cell
from ldp_magic.lint.run import Linter
from ldp_magic.pipeline.memory import Memory
from ldp_magic.project import Members, graph
from ldp_magic.text import Source
from tests.benchmarks import Figure

# Statements that sqlglot, sqlfluff and we all truly read; {n} makes each text another one.
STATEMENTS = (
    """CREATE OR REFRESH STREAMING TABLE bronze_{n} COMMENT 'raw orders {n}' CLUSTER BY (id)
AS SELECT *, current_timestamp() AS loaded_at FROM STREAM read_files('/Volumes/main/raw/orders_{n}', format => 'json');""",
    """CREATE OR REFRESH STREAMING TABLE silver_{n} AS
SELECT id, customer_id, CAST(amount AS DECIMAL(12, 2)) AS amount, upper(trim(country)) AS country -- tidy
FROM STREAM(bronze_{n})
WHERE id IS NOT NULL AND amount > {n};""",
    """CREATE OR REFRESH STREAMING TABLE enriched_{n} AS
SELECT o.id, o.amount, c.name, CASE WHEN o.amount > 1000 THEN 'large' WHEN o.amount > 100 THEN 'middle' ELSE 'small' END AS size
FROM STREAM(silver_{n}) AS o
LEFT JOIN main.crm.customers AS c ON o.customer_id = c.id;""",
    """CREATE OR REFRESH MATERIALIZED VIEW daily_{n} AS
WITH valid AS (SELECT * FROM enriched_{n} WHERE amount BETWEEN 0 AND 100000)
SELECT size, count(*) AS orders, sum(amount) AS revenue, max(amount) AS largest
FROM valid
GROUP BY size
HAVING count(*) > 1;""",
    """CREATE OR REFRESH MATERIALIZED VIEW best_{n} AS
SELECT id, name, amount, row_number() OVER (PARTITION BY name ORDER BY amount DESC) AS place
FROM enriched_{n}
WHERE amount > (SELECT avg(amount) FROM enriched_{n});""",
)


def texts(count: int, offset: int = 0) -> list[str]:
    """*count* statements, all different, in pipelines of five."""
    return [STATEMENTS[i % len(STATEMENTS)].format(n=offset + i // len(STATEMENTS)) for i in range(count)]


def members(statements: list[str]) -> Members:
    cells = tuple(Cell(Source(f"{i}.sql", None, text), "sql") for i, text in enumerate(statements))
    return Members(name="benchmark", cells=cells, origin="a benchmark")


def cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def ours(statements: list[str]) -> float:
    """CPU seconds to read, graph and lint statements never seen before."""
    return cpu(lambda: Linter().lint(graph(members(statements))))


def sqlfluff_seconds(statements: list[str]) -> float:
    """CPU seconds of sqlfluff's parse alone, without any of its rules."""
    from sqlfluff.core import FluffConfig
    from sqlfluff.core import Linter as Fluff

    logging.getLogger("sqlfluff").setLevel(logging.ERROR)
    fluff = Fluff(config=FluffConfig(overrides={"dialect": "databricks"}))
    assert not fluff.parse_string(statements[0]).violations  # also warms it up

    def work() -> None:
        for text in statements[1:]:
            assert not fluff.parse_string(text).violations, text

    return cpu(work) * len(statements) / (len(statements) - 1)


def sqlglot_seconds(statements: list[str]) -> float:
    from sqlglot import exp, parse_one

    def work() -> None:
        for text in statements:
            assert isinstance(parse_one(text.rstrip(";"), dialect="databricks"), exp.Create)

    return cpu(work)


def relint(size: int = 1000, times: int = 15) -> list[float]:
    """CPU milliseconds from an edited cell to the findings, among *size* cells of one notebook."""
    sql = "%%ldp\nCREATE OR REFRESH STREAMING TABLE t{i} AS SELECT a, b + {k} AS c FROM STREAM({source}) WHERE x > {i};"
    cells = tuple(
        Cell(
            Source("nb.ipynb", str(i), sql.format(i=i, k=0, source=f"t{i - 1}" if i % 10 else "main.raw.events")),
            "python",
        )
        for i in range(size)
    )
    linter, memory, now = Linter(), Memory(), Members(name="nb", cells=cells, origin="a benchmark")
    linter.lint(graph(now, memory=memory))
    taken = []
    for k in range(1, times + 1):
        place = 7 * k % size
        text = now.cells[place].source.text.replace(f"b + {0}", f"b + {k}")
        cell = Cell(Source("nb.ipynb", str(place), text), "python")
        now = replace(now, cells=(*now.cells[:place], cell, *now.cells[place + 1 :]))
        begun = time.process_time()
        linter.lint(graph(now, memory=memory))
        taken.append((time.process_time() - begun) * 1000)
    return sorted(taken)


def measure() -> list[Figure]:
    """CPU seconds a statement, or a round; the peer of a budget in time is that time."""
    ours(texts(50, 900_000))  # loads rules and sqlglot
    again = relint()[7] / 1000  # before sqlfluff is loaded: collecting its heap would be counted as ours
    few, many = texts(60, 100_000), texts(1000, 200_000)
    small, large = texts(1000, 300_000), texts(10_000, 400_000)
    return [
        Figure("lint a statement", ours(few) / 60, sqlfluff_seconds(few) / 60, 1 / 25, "sqlfluff 4.5, its parse alone"),
        Figure("lint 1,000 statements", ours(many), sqlglot_seconds(many), 2.5, "sqlglot's own parse"),
        Figure("lint again, one cell of 1,000 changed", again, 0.020, 1.0, "20 ms"),
        Figure("lint 10,000 datasets, each", ours(large) / 10_000, ours(small) / 1000, 1.5, "each of 1,000"),
    ]
