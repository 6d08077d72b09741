from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import clause_of, open_ended, words_of
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Flow

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_PYTHON = 'from pyspark import pipelines as dp\ndp.create_streaming_table("t")\n'


@rule(
    code="LDP402",
    foresees=("MISSING_CLAUSES_FOR_OPERATION", "AUTOCDC_MISSING_SEQUENCE_BY"),
    verified="Spark 4.3",
    bad=[
        bad(_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id);", marks=("AUTO CDC",)),
        bad(
            "create or refresh streaming table t; apply changes into t from stream(main.raw.changes) /* all */ keys (id)",
            marks=("apply changes",),
        ),
        bad(
            _PYTHON + 'dp.create_auto_cdc_flow(target="t", source="main.raw.changes", keys=["id"])\n',
            python=True,
        ),
    ],
    good=[
        good(_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;"),
        good(
            _PYTHON
            + 'dp.create_auto_cdc_flow(target="t", source="main.raw.changes", keys=["id"], sequence_by="seq")\n',
            python=True,
        ),
    ],
)
def cdc_missing_sequence(flow: Flow) -> Iterator[Finding]:
    """AUTO CDC without an order of the changes.

    Changes arrive late and out of order; `SEQUENCE BY` says which of two changes to one row is the newer. Without it the
    flow is refused. Sequence by the number or the time that the source system gave each change.
    """
    definition = flow.definition
    cdc = definition.cdc
    if cdc is None or cdc.from_snapshot or cdc.sequence_by or clause_of(cdc, "sequence by") is not None:
        return
    if open_ended(definition):
        return
    how = "sequence_by=" if definition.language == "python" else "SEQUENCE BY"
    yield Finding(
        words_of(definition),
        f"the changes for {flow.target} have no order",
        why="changes arrive out of order; without a sequence nobody knows which one is the newest",
        mark=f"{how} is missing",
        fixes=(Fix(f"name what orders the changes with {how}"),),
    )
