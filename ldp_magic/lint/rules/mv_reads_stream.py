from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.wrap import unwrapping
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Code

_WHY = "a materialized view is a result over the whole of its sources; only streaming tables and flows read new rows"


@rule(
    code="LDP103",
    foresees=(
        "INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_MATERIALIZED_VIEW",
        "INVALID_FLOW_QUERY_TYPE.STREAMING_RELATION_FOR_PERSISTED_VIEW",
    ),
    verified="Spark 4.3",
    bad=[
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT k, count(*) AS n FROM STREAM(main.raw.e) GROUP BY k;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT k, count(*) AS n FROM main.raw.e GROUP BY k;",
            safe=True,
            marks=("STREAM",),
        ),
        bad(
            "create or refresh materialized view m as\r\nwith e as (select * from stream main.raw.e) -- all of it\r\n"
            "select * from e where id in (select id from stream(main.raw.f) with (maxFilesPerTrigger = 1) x)",
            fixed="create or refresh materialized view m as\r\nwith e as (select * from main.raw.e) -- all of it\r\n"
            "select * from e where id in (select id from main.raw.f x)",
            count=2,
        ),
        bad(
            "CREATE VIEW v AS SELECT * FROM STREAM main.raw.e;",
            target="spark-4.3",
            fixed="CREATE VIEW v AS SELECT * FROM main.raw.e;",
        ),
    ],
    good=[
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT k, count(*) AS n FROM main.raw.e GROUP BY k;"),
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.e);"),
    ],
)
def mv_reads_stream(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A materialized view, or a persisted view, that reads a stream.

    Its rows are the result over everything that its sources hold, so the word STREAM has no meaning in it and the
    update stops before it begins. Without the word the query says what a materialized view means. If only new rows
    shall be looked at, make it a streaming table.
    """
    if dataset.kind not in ("materialized view", "view"):
        return
    for owned in context.owned_by(dataset):
        for relation in owned.facts.relations if not isinstance(dataset.body, Code) else ():
            if relation.streaming:
                edits = tuple(unwrapping(owned, relation))
                fix = Fix(f"read {relation.label} whole", edits, True, "it could not run as it was")
                span = relation.stream_span or relation.span
                message = f"{dataset.name} is a {dataset.kind}, but it reads {relation.label} as a stream"
                yield Finding(owned.locate(span), message, why=_WHY, fixes=(fix,))
    for read in dataset.reads if isinstance(dataset.body, Code) else ():
        if read.streaming:
            fix = Fix(f"read {read.name} with spark.read, or make it a streaming table with @dp.table")
            message = f"{dataset.name} is a {dataset.kind}, but it reads {read.name} as a stream"
            yield Finding(read.location, message, why=_WHY, fixes=(fix,))
