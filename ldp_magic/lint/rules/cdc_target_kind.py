from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import words_of
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset

_CDC = "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;"
_KINDS = {"materialized view", "temporary view", "view", "table"}


@rule(
    code="LDP409",
    foresees=(
        "INVALID_FLOW_QUERY_TYPE.AUTOCDC_RELATION_FOR_TEMPORARY_VIEW",
        "MANAGED_TABLE_DOES_NOT_SUPPORT_CDC",
        "_LEGACY_ERROR_TEMP_0035",
    ),
    verified="Spark 4.3; Databricks documentation",
    bad=[
        bad("CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT id, seq FROM main.raw.s;\n" + _CDC, marks=("t",)),
        bad("CREATE OR REFRESH STREAMING TABLE t AS SELECT id, seq FROM STREAM(main.raw.s);\r\n" + _CDC, marks=("t",)),
        bad("create temporary view t as select id, seq from main.raw.s; -- a view\n" + _CDC),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t;\n" + _CDC),
        good("CREATE OR REFRESH STREAMING TABLE t FLOW AUTO CDC FROM STREAM(main.raw.c) KEYS (id) SEQUENCE BY seq;"),
    ],
)
def cdc_target_kind(dataset: Dataset) -> Iterator[Finding]:
    """AUTO CDC into something that is no streaming table of its own.

    AUTO CDC updates and deletes rows by key, which only a streaming table that no query fills allows. A view holds no rows,
    a materialized view is computed by its query, and a table with a query of its own has a second writer. Create an empty
    streaming table for the changes.
    """
    wrong = _wrong(dataset)
    if not wrong:
        return
    for flow in dataset.flows:
        if flow.definition.cdc is None:
            continue
        where = words_of(flow.definition) if flow.definition.implicit else flow.definition.target.location
        yield Finding(
            where,
            f"AUTO CDC cannot write into {dataset.name}: {wrong}",
            why="changes are applied by key to the rows of a streaming table that nothing else fills",
            mark="needs an empty streaming table",
            fixes=(Fix(f"create a streaming table without a query for the changes of {dataset.name}"),),
            related=(Related(dataset.definition.name.location, f"{dataset.name} is made here"),),
        )


def _wrong(dataset: Dataset) -> str:
    definition = dataset.definition
    if dataset.kind in _KINDS and (definition.query is not None or dataset.kind != "materialized view"):
        return f"it is a {dataset.kind}"
    own = definition.flow is not None and definition.flow.cdc is None and definition.flow.body is not None
    return "its own query fills it" if own and dataset.kind == "streaming table" else ""
