from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit

_KEY = "pipelines.reset.allowed"
_KEPT = f"CREATE OR REFRESH STREAMING TABLE b TBLPROPERTIES ('{_KEY}' = 'false') AS SELECT * FROM STREAM(a);"
_A = "CREATE OR REFRESH STREAMING TABLE a {}AS SELECT * FROM STREAM(main.raw.a);\n"


@rule(
    code="LDP216",
    severity="warning",
    foresees=("INVALID_RESETTABLE_DEPENDENCY",),
    verified="the error class of Spark 4.3",
    bad=[
        bad(_A.format("") + _KEPT, marks=("a",)),
        bad(
            _A.format("TBLPROPERTIES (\r\n  'quality' = 'bronze' -- raw\r\n) ") + _KEPT.lower(),
            fixed=_A.format(f"TBLPROPERTIES ('{_KEY}' = 'false', \r\n  'quality' = 'bronze' -- raw\r\n) ")
            + _KEPT.lower(),
            safe=False,
        ),
        bad(
            "import dlt\n@dlt.table\ndef a():\n    return spark.readStream.table('main.raw.a')\n"
            f"@dlt.table(table_properties={{'{_KEY}': 'false'}})\ndef b():\n    return dlt.read_stream('a')\n",
            python=True,
        ),
    ],
    good=[
        good(_A.format(f"TBLPROPERTIES ('{_KEY}' = 'false') ") + _KEPT),
        good(_A.format("") + "CREATE OR REFRESH STREAMING TABLE b AS SELECT * FROM STREAM(a);"),
        good(_KEPT.replace("STREAM(a)", "STREAM(main.raw.a)")),
    ],
)
def resettable_upstream(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A table that must not be reset, streaming from one that may be.

    A full refresh of the source writes all its rows anew, and the table that keeps its own rows would take them in a
    second time. Set `pipelines.reset.allowed` to false on the source too, or allow the reset on both.
    """
    if _allowed(dataset):
        return
    for read in dataset.reads:
        source = context.pipeline.datasets.get(read.name) if read.kind == "dataset" else None
        if source is not None and read.streaming and source.kind in ("streaming table", "table") and _allowed(source):
            yield Finding(
                read.location,
                f"{dataset.name} may not be reset, but {source.name}, which it streams, may be",
                why="after a full refresh of the source its rows would come a second time",
                fixes=(
                    Fix(f"set {_KEY} = false on {source.name} too", _edits(source), False, "it keeps its rows then"),
                ),
                related=(Related(source.definition.name.location, f"{source.name} is made here"),),
            )


def _properties(dataset: Dataset) -> Clause | None:
    definition = dataset.definition
    return definition.clause("tblproperties") or definition.clause("table_properties")


def _allowed(dataset: Dataset) -> bool:
    clause = _properties(dataset)
    pairs = clause.value if clause is not None and isinstance(clause.value, tuple) else ()
    return not any(
        isinstance(pair, tuple) and str(pair[0]).lower() == _KEY and str(pair[1]).lower() == "false" for pair in pairs
    )


def _edits(source: Dataset) -> tuple[Edit, ...]:
    clause = source.definition.clause("tblproperties")
    where = clause.value_location if clause is not None else None
    pairs = clause.value if clause is not None and isinstance(clause.value, tuple) else ()
    named = any(isinstance(pair, tuple) and str(pair[0]).lower() == _KEY for pair in pairs)
    if where is None or named or source.language != "sql" or not where.text.startswith("(") or not pairs:
        return ()
    return (Edit(where.inside(1, 1), f"'{_KEY}' = 'false', "),)
