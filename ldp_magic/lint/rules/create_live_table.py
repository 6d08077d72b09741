from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import phrase_in, rewritten
from ldp_magic.pipeline.model import Dataset


@rule(
    code="LDP502",
    severity="warning",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3; a vendor's note",
    bad=[
        bad(
            "CREATE OR REFRESH LIVE TABLE totals AS SELECT count(*) AS n FROM main.raw.orders;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM main.raw.orders;",
            safe=True,
            marks=("LIVE TABLE",),
        ),
        bad(
            "-- all of them\r\ncreate live table orders\r\ncomment 'raw' as select id from stream(main.raw.orders);",
            fixed="-- all of them\r\ncreate streaming table orders\r\ncomment 'raw' as select id from stream(main.raw.orders);",
            safe=True,
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM main.raw.orders;"),
        good("CREATE OR REFRESH STREAMING TABLE orders AS SELECT id FROM STREAM(main.raw.orders);"),
    ],
)
def create_live_table(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """CREATE LIVE TABLE, the old spelling of a materialized view.

    A live table with a batch query is what is called a materialized view today, one that streams is a streaming table. Both
    spellings make the same thing on Databricks; open-source Spark knows only the new ones.
    """
    words = dataset.definition.words
    if not {"LIVE", "TABLE"} <= set(words) or {"STREAMING", "INCREMENTAL", "TEMPORARY", "TEMP"} & set(words):
        return
    head = dataset.definition.head
    new = _kind(dataset, context)
    yield Finding(
        phrase_in(head, "LIVE", "TABLE") or head,
        "LIVE TABLE is the old spelling",
        why="it still runs on Databricks; open-source Spark refuses it",
        mark=f"say {new}" if new else "",
        fixes=(_fix(dataset, new),),
    )


def _kind(dataset: Dataset, context: Context) -> str:
    if context.shape(dataset).streaming:
        return "STREAMING TABLE"
    if dataset.body is not None:
        return "MATERIALIZED VIEW"
    return "STREAMING TABLE" if dataset.flows else ""


def _fix(dataset: Dataset, new: str) -> Fix:
    if not new:
        return Fix("write STREAMING TABLE or MATERIALIZED VIEW")
    head = dataset.definition.head
    words = " ".join(w for w in dataset.definition.words if w not in ("IF", "NOT", "EXISTS")).replace("LIVE TABLE", new)
    safe = dataset.body is not None
    reason = "means the same" if safe else "its flows say that it is one"
    return Fix(f"write {new}", rewritten(head, words.split()), safe=safe, reason=reason)
