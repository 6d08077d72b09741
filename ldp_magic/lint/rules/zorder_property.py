from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.properties import Property, clause_of, properties_of
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import has_comment
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import DatasetDef
from ldp_magic.text import Edit, Location

_KEY = "pipelines.autooptimize.zordercols"
_T = "CREATE OR REFRESH STREAMING TABLE t {} AS SELECT id, day FROM STREAM(main.raw.s);"


@rule(
    code="LDP509",
    severity="info",
    verified="a vendor's note; a summary of the vendor's page",
    bad=[
        bad(
            _T.format("TBLPROPERTIES ('pipelines.autoOptimize.zOrderCols' = 'id, day')"),
            fixed=_T.format("CLUSTER BY (id, day)"),
            safe=False,
            marks=("'pipelines.autoOptimize.zOrderCols' = 'id, day'",),
        ),
        bad(
            _T.format(
                "tblproperties (\r\n  'quality' = 'silver', -- clean\r\n  'pipelines.autoOptimize.zOrderCols' = 'id')"
            ),
            marks=("'pipelines.autoOptimize.zOrderCols' = 'id'",),
        ),
        bad(
            _T.format("TBLPROPERTIES ('pipelines.autoOptimize.zOrderCols' = 'id', 'quality' = 'silver')"),
            fixed=_T.format("CLUSTER BY (id) TBLPROPERTIES ('quality' = 'silver')"),
        ),
    ],
    good=[
        good(_T.format("CLUSTER BY (id)")),
        good(_T.format("TBLPROPERTIES ('quality' = 'silver')")),
    ],
)
def zorder_property(dataset: Dataset) -> Iterator[Finding]:
    """Z-ordering by a table property.

    Liquid clustering has taken the place of Z-order: it keeps itself up as rows arrive, and its columns can be changed
    without rewriting the table. Name the columns in `CLUSTER BY`.
    """
    held = properties_of(dataset.definition)
    for one in held:
        if one.key.lower() == _KEY:
            yield Finding(
                one.whole,
                "Z-order columns are superseded by CLUSTER BY",
                why="clustering keeps itself up as rows arrive; Z-order needs a rewrite",
                fixes=(_fix(dataset.definition, held, one),),
            )


def _fix(definition: DatasetDef, held: tuple[Property, ...], one: Property) -> Fix:
    columns = [c.strip() for c in one.value.split(",")]
    clause = clause_of(definition)
    title = f"write CLUSTER BY ({', '.join(columns)})"
    taken = definition.clause("cluster by") or definition.clause("partitioned by")
    if clause is None or definition.language == "python" or taken or has_comment(clause.location):
        return Fix(title)
    if not all(c.isidentifier() for c in columns) or not 1 <= len(columns) <= 4:
        return Fix(title)
    words = cased("CLUSTER BY", definition.head) + f" ({', '.join(columns)})"
    if len(held) == 1:
        return Fix(title, (Edit(clause.location, words),), reason="the table is laid out anew")
    edits = (Edit(clause.location.inside(0, 0), words + " "), Edit(_with_comma(held, one), ""))
    return Fix(title, edits, reason="the table is laid out anew")


def _with_comma(held: tuple[Property, ...], one: Property) -> Location:
    at = held.index(one)
    source = one.whole.source
    if at + 1 < len(held):
        return Location(source, one.whole.start, held[at + 1].whole.start)
    return Location(source, held[at - 1].whole.end, one.whole.end)
