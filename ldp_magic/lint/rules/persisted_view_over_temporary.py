from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.text import Edit

_VIEW = "CREATE TEMPORARY VIEW t AS SELECT * FROM main.raw.a;\n"
_LAST = "\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM p;"


@rule(
    code="LDP209",
    foresees=("INVALID_TEMP_OBJ_REFERENCE",),
    verified="Spark 4.3",
    bad=[
        bad(
            _VIEW + "CREATE VIEW p AS SELECT * FROM t;" + _LAST,
            fixed=_VIEW + "CREATE TEMPORARY VIEW p AS SELECT * FROM t;" + _LAST,
            safe=False,
            marks=("t",),
        ),
        bad(
            _VIEW + "create view p as -- for others\r\nwith x as (select * from t) select * from x;" + _LAST,
            fixed=_VIEW
            + "create temporary view p as -- for others\r\nwith x as (select * from t) select * from x;"
            + _LAST,
        ),
    ],
    good=[
        good("CREATE VIEW p AS SELECT * FROM main.raw.a;" + _LAST),
        good(_VIEW + "CREATE TEMPORARY VIEW p AS SELECT * FROM t;" + _LAST),
    ],
)
def persisted_view_over_temporary(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A persisted view that reads a temporary one.

    A persisted view is looked up long after the update, when the pipeline's temporary views are gone. Make it temporary
    too, or let it read a table.
    """
    if dataset.kind != "view":
        return
    for read in dataset.reads:
        source = context.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if source is not None and source.kind == "temporary view":
            reason = f"{dataset.name} is then seen in this pipeline only"
            yield Finding(
                read.location,
                f"the view {dataset.name} outlives the temporary view {source.name} that it reads",
                why="a temporary view is gone when the update ends",
                fixes=(Fix(f"make {dataset.name} temporary", _edits(dataset), False, reason),),
                related=(Related(source.definition.name.location, f"{source.name} is made here"),),
            )


def _edits(dataset: Dataset) -> tuple[Edit, ...]:
    head = dataset.definition.head
    word = re.search(r"\bVIEW\b", head.text, re.IGNORECASE)
    if word is None or dataset.language != "sql":
        return ()
    return (Edit(head.inside(word.start(), word.start()), "temporary " if word.group().islower() else "TEMPORARY "),)
