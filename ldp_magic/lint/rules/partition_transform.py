from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.model import DatasetDef, Statement
from ldp_magic.text import Span


@rule(
    code="LDP022",
    severity="never",
    spark="error",
    foresees=("PIPELINE_SQL_GRAPH_ELEMENT_REGISTRATION_ERROR",),
    verified="Spark 4.3, dry: functions, fields, columns with and without a type",
    bad=[
        bad(
            "CREATE MATERIALIZED VIEW m PARTITIONED BY (bucket(8, id)) AS SELECT id FROM raw.t;",
            target="spark-4.3",
            marks=("bucket(8, id)",),
        ),
        bad(
            "create materialized view m partitioned by (day, days(at), -- by day\r\n a.`b`) as select * from raw.t;",
            target="spark-4.1",
            marks=("days(at)", "a.`b`"),
            count=2,
        ),
    ],
    good=[
        good(
            "CREATE MATERIALIZED VIEW m PARTITIONED BY (k DECIMAL(9, 2)) AS SELECT id, k FROM raw.t;",
            target="spark-4.3",
        ),
        good(
            "CREATE MATERIALIZED VIEW m PARTITIONED BY (id, `a.b`) AS SELECT id, `a.b` FROM raw.t;", target="spark-4.3"
        ),
        good("CREATE MATERIALIZED VIEW m CLUSTER BY (id) AS SELECT id FROM raw.t;", target="spark-4.3"),
    ],
)
def partition_transform(statement: Statement) -> Iterator[Finding]:
    """PARTITIONED BY something other than a column.

    Pipelines of open-source Spark partition by whole columns: no functions, no fields of a struct. Select the value as a
    column of its own, or cluster by the column.
    """
    if not isinstance(statement, DatasetDef) or statement.language != "sql":
        return
    for clause in statement.clauses:
        if clause.name == "partitioned by" and clause.value_location is not None:
            for span in _transforms(tokens_of(clause.value_location.text)):
                where = clause.value_location.inside(span.start, span.end)
                yield Finding(
                    where,
                    f"{statement.name} is partitioned by {' '.join(where.text.split())}, which is no column",
                    why="a pipeline of Spark partitions by whole columns only",
                    fixes=(Fix("select it as a column of its own, or use CLUSTER BY"),),
                )


def _transforms(tokens: Tokens) -> Iterator[Span]:
    """The items of `(a, f(b), c.d, e INT)` that are a function or a field; Spark takes a column with its type."""
    start = index = 1 if len(tokens) and tokens.words[0] == "(" else 0
    last = len(tokens) - start
    while index <= last:
        if index == last or tokens.words[index] == ",":
            if index - start > 1 and tokens.words[start + 1] in ("(", "."):
                yield Span(tokens.starts[start], tokens.ends[index - 1])
            start = index + 1
        elif tokens.words[index] == "(":
            index = max(tokens.pairs.get(index, index), index)
        index += 1
