"""Reading pipeline SQL: what it costs on top of sqlglot's own parse, and that it stays linear."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import parse_one

from ldp_magic.sql import read
from ldp_magic.sql.calm import calm
from ldp_magic.sql.model import DatasetDef
from ldp_magic.sql.query import expression_facts, facts_of
from ldp_magic.text import Source
from tests.benchmarks import Figure, cpu_seconds

QUERIES = [
    "SELECT a.x AS y, count(b) n, date(t) z, CASE WHEN s > {n} THEN 'x' ELSE concat(a, b, 'y') END k, "
    "row_number() OVER (PARTITION BY k ORDER BY j) rn "
    "FROM events{n} AS a LEFT JOIN users r ON a.id = r.id AND a.t > r.t "
    "WHERE x > 3 AND y IN ('a', 'b') GROUP BY ts, a.k",
    "WITH latest AS (SELECT *, row_number() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM orders{n}) "
    "SELECT id, upper(trim(name)) AS name, cast(amount AS DECIMAL(12, 2)) AS amount, to_date(ts) AS day "
    "FROM latest WHERE rn = 1",
    "SELECT o.id, c.name, sum(o.amount) AS total, count(DISTINCT o.item) AS items FROM sales{n} o "
    "JOIN customers c ON o.customer = c.id LEFT JOIN regions g ON c.region = g.id "
    "GROUP BY o.id, c.name HAVING sum(o.amount) > 10",
    "SELECT *, current_timestamp() AS read_at, {n} AS batch FROM raw",
]
STATEMENT = (
    "CREATE OR REFRESH STREAMING TABLE t{n} (\n  id BIGINT NOT NULL COMMENT 'key',\n  name STRING,\n"
    "  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW\n) "
    "CLUSTER BY (id) COMMENT 'table {n}'\nAS {query};\n"
)


def queries(count: int) -> list[str]:
    """That many different queries."""
    return [QUERIES[n % len(QUERIES)].replace("{n}", str(n)) for n in range(count)]


def script(count: int) -> str:
    """A script of that many statements."""
    return "".join(STATEMENT.replace("{n}", str(n)).replace("{query}", query) for n, query in enumerate(queries(count)))


def forget() -> None:
    """Nothing has been read yet."""
    facts_of.cache_clear()
    expression_facts.cache_clear()


def read_all(text: str) -> None:
    """Statements, and the facts of their queries."""
    with calm():
        for statement in read(Source("all.sql", None, text).whole()).statements:
            assert isinstance(statement, DatasetDef) and statement.query is not None
            assert statement.query.facts.failure is None  # type: ignore[union-attr]


def _parse_all(texts: Iterable[str]) -> None:
    with calm():
        for text in texts:
            parse_one(text, dialect="databricks")


def _facts_of_all(texts: Iterable[str]) -> None:
    with calm():
        for text in texts:
            facts_of(text)


def measure() -> list[Figure]:
    """Facts and whole statements against sqlglot's parse of the same queries; many statements against few."""
    texts, text = queries(600), script(600)
    parse = cpu_seconds(lambda: _parse_all(texts))
    facts = cpu_seconds(lambda: _facts_of_all(texts), before=forget)
    whole = cpu_seconds(lambda: read_all(text), before=forget)
    small, middle, large = (_seconds(count) for count in (100, 1_000, 10_000))
    alone = "sqlglot's parse of the queries"
    return [
        Figure("facts of 600 queries", facts, parse, 1.7, alone),
        Figure("600 statements and their facts", whole, parse, 2.0, alone),
        Figure("1,000 statements", middle, 10 * small, 1.5, "10 times 100"),
        Figure("10,000 statements", large, 100 * small, 1.5, "100 times 100"),
    ]


def _seconds(count: int) -> float:
    text = script(count)
    return cpu_seconds(lambda: read_all(text), times=2, before=forget)
