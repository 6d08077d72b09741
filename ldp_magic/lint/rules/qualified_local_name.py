from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.sql.model import Name
from ldp_magic.text import Edit

_READER = "\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT x FROM v;"
_TABLE = "CREATE OR REFRESH STREAMING TABLE t;\n"


@rule(
    code="LDP213",
    foresees=("INVALID_TEMP_OBJ_QUALIFIER", "MULTIPART_FLOW_NAME_NOT_SUPPORTED"),
    verified="Spark 4.3, dry, in SQL and Python",
    bad=[
        bad(
            "CREATE TEMPORARY VIEW main.v AS SELECT 1 AS x;" + _READER,
            fixed="CREATE TEMPORARY VIEW v AS SELECT 1 AS x;" + _READER,
            safe=True,
            marks=("main.v",),
        ),
        bad(
            _TABLE + "create flow `a` . b -- two parts\r\nas insert into t by name select * from stream(main.raw.s)",
            fixed=_TABLE + "create flow b -- two parts\r\nas insert into t by name select * from stream(main.raw.s)",
        ),
        bad(
            "from pyspark import pipelines as dp\n\n\n@dp.temporary_view(name='a.v')\ndef v():\n    return spark.range(3)\n\n\n"
            "@dp.materialized_view\ndef m():\n    return spark.read.table('v')\n",
            python=True,
            fixed="from pyspark import pipelines as dp\n\n\n@dp.temporary_view(name='v')\ndef v():\n    return spark.range(3)\n\n\n"
            "@dp.materialized_view\ndef m():\n    return spark.read.table('v')\n",
            marks=("a.v",),
        ),
    ],
    good=[
        good("CREATE TEMPORARY VIEW v AS SELECT 1 AS x;" + _READER),
        good(_TABLE + "CREATE FLOW b AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.s);"),
    ],
)
def qualified_local_name(pipeline: Pipeline) -> Iterator[Finding]:
    """A qualified name on a temporary view or a flow.

    Both live in the pipeline and in no catalog or schema, so their names have one part; Spark refuses the statement.
    Drop what stands before the last dot.
    """
    taken = [d.qualified[-1].lower() for d in pipeline.datasets.values()]
    for dataset in pipeline.datasets.values():
        name = dataset.definition.name
        if dataset.kind == "temporary view" and _qualified(name):
            used = _read_by_whole_name(pipeline, name)
            yield _finding(name, "a temporary view", alone=taken.count(name.last.lower()) == 1 and not used)
    flows = [f.definition.name.last.lower() for f in pipeline.flows]
    for flow in pipeline.flows:
        name = flow.definition.name
        unnamed = flow.definition.implicit or name.location == flow.definition.target.location
        if not unnamed and _qualified(name):
            yield _finding(name, "a flow", alone=flows.count(name.last.lower()) == 1)


def _qualified(name: Name) -> bool:
    return len(name.parts) > 1 and name.parts[0].upper() != "LIVE"


def _read_by_whole_name(pipeline: Pipeline, name: Name) -> bool:
    whole = str(name).lower()
    return any(external.lower() == whole for external in pipeline.externals)


def _finding(name: Name, what: str, *, alone: bool) -> Finding:
    where = name.location
    last = where.text.rindex(".") + 1 if "." in where.text else 0
    blanks = len(where.text[last:]) - len(where.text[last:].lstrip())
    edits = (
        (Edit(where.inside(0, last + blanks), ""),)
        if alone and last and "." not in name.last and where.text.strip("`").endswith(name.last)
        else ()
    )
    return Finding(
        where,
        f"{what} has a name of one part, not {name}",
        why="it lives in the pipeline, in no catalog and no schema",
        fixes=(Fix(f"call it {name.last}", edits, True, "it could not run as it was"),),
    )
