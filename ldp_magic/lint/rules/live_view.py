from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import phrase_in, rewritten
from ldp_magic.pipeline.model import Dataset

_STREAM = "\r\ncreate streaming table t as select id from stream(v);"
_READER = "\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM v;"


@rule(
    code="LDP504",
    severity="warning",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Databricks documentation",
    bad=[
        bad(
            "CREATE TEMPORARY LIVE VIEW v AS SELECT id FROM main.raw.s;" + _READER,
            fixed="CREATE TEMPORARY VIEW v AS SELECT id FROM main.raw.s;" + _READER,
            safe=True,
            marks=("LIVE VIEW",),
        ),
        bad(
            "create or refresh streaming live view v (\r\n  constraint ok expect (id > 0) -- ids\r\n) as select id from stream(main.raw.s);"
            + _STREAM,
            fixed="create temporary view v (\r\n  constraint ok expect (id > 0) -- ids\r\n) as select id from stream(main.raw.s);"
            + _STREAM,
        ),
        bad("CREATE LIVE VIEW v AS SELECT 1 AS id;", fixed="CREATE TEMPORARY VIEW v AS SELECT 1 AS id;"),
    ],
    good=[
        good("CREATE TEMPORARY VIEW v AS SELECT id FROM main.raw.s;" + _READER),
        good("create temporary view v (constraint ok expect (id > 0)) as select id from main.raw.s;" + _READER.lower()),
    ],
)
def live_view(dataset: Dataset) -> Iterator[Finding]:
    """CREATE LIVE VIEW, the old spelling of a temporary view.

    A live view belongs to its pipeline and is stored nowhere, which is what a temporary view is. Its expectations may stay
    where they are.
    """
    head = dataset.definition.head
    if not {"LIVE", "VIEW"} <= set(dataset.definition.words):
        return
    words = ["CREATE", "TEMPORARY", "VIEW"]
    yield Finding(
        phrase_in(head, "LIVE", "VIEW") or head,
        "LIVE VIEW is the old spelling",
        why="it still runs on Databricks; open-source Spark refuses it",
        mark="say TEMPORARY VIEW",
        fixes=(Fix("write TEMPORARY VIEW", rewritten(head, words), safe=True, reason="means the same"),),
    )
