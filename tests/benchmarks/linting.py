"""Linting: beside sqlfluff and beside sqlglot's own parse, one changed cell among a thousand, growth."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ldp_magic.cells import Cell
from ldp_magic.lint.run import Linter
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
    from sqlfluff.core import FluffConfig, Linter as Fluff

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
    """Milliseconds from an edited cell to the findings, among *size* cells of one notebook."""
    sql = "%%ldp\nCREATE OR REFRESH STREAMING TABLE t{i} AS SELECT a, b + {k} AS c FROM STREAM({source}) WHERE x > {i};"
    cells = tuple(
        Cell(
            Source("nb.ipynb", str(i), sql.format(i=i, k=0, source=f"t{i - 1}" if i % 10 else "main.raw.events")),
            "python",
        )
        for i in range(size)
    )
    linter, now = Linter(), Members(name="nb", cells=cells, origin="a benchmark")
    linter.lint(graph(now))
    taken = []
    for k in range(1, times + 1):
        place = 7 * k % size
        text = now.cells[place].source.text.replace(f"b + {0}", f"b + {k}")
        cell = Cell(Source("nb.ipynb", str(place), text), "python")
        now = replace(now, cells=(*now.cells[:place], cell, *now.cells[place + 1 :]))
        begun = time.perf_counter()
        linter.lint(graph(now))
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


def measure() -> Iterator[Figure]:
    ours(texts(50, 900_000))  # loads rules and sqlglot
    few = texts(60, 100_000)
    mine, theirs = ours(few), sqlfluff_seconds(few)
    yield Figure(
        "lint, statements per CPU second, beside sqlfluff's parse",
        60 / mine,
        60 / theirs,
        theirs / mine,
        "at least 25",
        theirs / mine >= 25,
    )
    many = texts(1000, 200_000)
    mine, theirs = ours(many), sqlglot_seconds(many)
    yield Figure(
        "lint beside sqlglot's own parse, statements per CPU second",
        1000 / mine,
        1000 / theirs,
        mine / theirs,
        "at most 2.5",
        mine / theirs <= 2.5,
    )
    middle = relint()[7]
    small = relint(100)[7]
    yield Figure(
        "one changed cell among 1,000, ms (beside among 100)", middle, small, middle / small, "under 20 ms", middle < 20
    )
    small_one, large = ours(texts(1000, 300_000)), ours(texts(10_000, 400_000))
    growth = large / small_one / 10
    yield Figure(
        "10,000 datasets beside 1,000, CPU ms each", large / 10, small_one, growth, "at most 1.5", growth <= 1.5
    )
