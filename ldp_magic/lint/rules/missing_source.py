from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline, Read
from ldp_magic.text import Edit

_ORDERS = "CREATE OR REFRESH STREAMING TABLE orders AS SELECT * FROM STREAM(main.raw.orders);\n"


@rule(
    code="LDP201",
    severity="warning",
    foresees=("TABLE_OR_VIEW_NOT_FOUND",),
    verified="Spark 4.3",
    needs="catalog",
    bad=[
        bad(
            _ORDERS + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM ordrs;",
            fixed=_ORDERS + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM orders;",
            safe=False,
            marks=("ordrs",),
        ),
        bad(
            _ORDERS + "create or refresh materialized view m as\r\nselect id from LIVE.`ordres` -- all\r\n",
            fixed=_ORDERS + "create or refresh materialized view m as\r\nselect id from LIVE.`orders` -- all\r\n",
        ),
        bad(
            "import dlt\n@dlt.table\ndef orders():\n    return spark.readStream.table('main.raw.orders')\n"
            "@dlt.table\ndef m():\n    return dlt.read('ordrs')\n",
            fixed="import dlt\n@dlt.table\ndef orders():\n    return spark.readStream.table('main.raw.orders')\n"
            "@dlt.table\ndef m():\n    return dlt.read('orders')\n",
            python=True,
        ),
    ],
    good=[
        good(_ORDERS + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM orders;"),
        good(_ORDERS + "CREATE OR REFRESH MATERIALIZED VIEW m AS WITH ordrs AS (SELECT 1 AS id) SELECT id FROM ordrs;"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM ${catalog}.raw.ordrs;"),
    ],
)
def missing_source(pipeline: Pipeline) -> Iterator[Finding]:
    """A name that nothing in this pipeline makes.

    It is neither a dataset of the pipeline, nor a CTE, nor a table that is known to exist; the update stops with a table
    or view that is not found. Without a lock file only names that look like a slip of one of the pipeline's own, and
    LIVE names, are reported; `ldp lock` makes the check exact.
    """
    said: set[tuple[str, int, int]] = set()
    for reader, read in pipeline.missing:
        place = (read.location.source.name, read.location.start, read.location.end)
        if place not in said and read.suggestion.lower() != read.name.lower() and "${" not in read.name:
            said.add(place)
            yield _finding(reader, read, known=bool(pipeline.locked))


def _finding(reader: str, read: Read, *, known: bool) -> Finding:
    fixes: tuple[Fix, ...] = ()
    if read.suggestion:
        fixes = (Fix(f"read {read.suggestion}", _edits(read), False, "another table is read"),)
    near = f"; {read.suggestion} is" if read.suggestion else ""
    return Finding(
        read.location,
        f"{reader} reads {read.name}, and no dataset is called so{near}",
        why="a source is a dataset of the pipeline, or a table that exists before the update",
        fixes=fixes,
        severity="error" if known else None,
    )


def _edits(read: Read) -> tuple[Edit, ...]:
    """The last part of the name, as it stands in the text, back-ticks and quotes left alone."""
    text, last = read.location.text, read.relation.name[-1] if read.relation.name else ""
    bare = text.rstrip("'\"`")
    if not last or not bare.endswith(last):
        return ()
    return (Edit(read.location.inside(len(bare) - len(last), len(bare)), read.suggestion.rpartition(".")[2]),)
