from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import kept, source_names
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_F = "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM({}) KEYS (id) SEQUENCE BY seq;"


@rule(
    code="LDP410",
    foresees=("AUTOCDC_RESERVED_COLUMN_NAME_CONFLICT", "AUTOCDC_RESERVED_COLUMN_NAME_PREFIX_CONFLICT"),
    verified="Spark 4.3, dry: each name, both SCD types, with and without COLUMNS",
    needs="schema",
    bad=[
        bad(
            _T
            + "CREATE TEMPORARY VIEW c AS SELECT id, seq, since AS __START_AT FROM STREAM(main.raw.s);\n"
            + _F.format("c").replace(";", " STORED AS SCD TYPE 2;"),
            marks=("c",),
        ),
        bad(
            _T + _F.format("main.raw.s"),
            locked={"main.raw.s": "id INT, seq INT, __spark_autocdc_x INT"},
            marks=("main.raw.s",),
        ),
    ],
    good=[
        good(
            _T + "CREATE TEMPORARY VIEW c AS SELECT id, seq, since FROM STREAM(main.raw.s);\n" + _F.format("c"),
        ),
        good(_T + _F.format("main.raw.s")),
        good(_T + _F.format("main.raw.s"), locked={"main.raw.s": "id INT, seq INT, __START_AT INT"}),
    ],
)
def cdc_reserved_columns(flow: Flow, context: Context) -> Iterator[Finding]:
    """A source with columns that AUTO CDC makes itself.

    `__START_AT` and `__END_AT` say when a row of a history (SCD type 2) was valid, and names that begin with
    `__spark_autocdc_` are Spark's own; a source that has such columns is refused. `COLUMNS * EXCEPT` comes too late for
    Spark: rename them in a view, or leave them out there.
    """
    cdc = flow.definition.cdc
    if cdc is None or not flow.reads:
        return
    history = cdc.scd_type not in ("", "1")
    names = (n for n in source_names(flow, context) if context.spark or kept(n, cdc))
    taken = [name for name in names if _reserved(name, history)]
    if not taken:
        return
    yield Finding(
        flow.reads[0].location,
        f"{flow.reads[0].name} has {', '.join(taken)}, which AUTO CDC makes itself",
        why="these names belong to the target's history",
        mark="rename the column",
        fixes=(Fix("rename the column in a view, or leave it out there"),),
    )


def _reserved(name: str, history: bool) -> bool:
    low = name.lower()
    return (history and low in ("__start_at", "__end_at")) or low.startswith("__spark_autocdc_")
