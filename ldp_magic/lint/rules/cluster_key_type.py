from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import names_in
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Location

_T = "CREATE OR REFRESH STREAMING TABLE t ({}) CLUSTER BY ({}) AS SELECT * FROM STREAM(main.raw.s);"
_UNSORTED = {"boolean", "binary", "variant"}
_MOST = 4


@rule(
    code="LDP605",
    foresees=("DELTA_CLUSTERING_COLUMNS_DATATYPE_NOT_SUPPORTED",),
    verified="a vendor's note",
    needs="schema",
    bad=[
        bad(_T.format("ok BOOLEAN, id BIGINT", "ok"), marks=("ok",)),
        bad(
            "create or refresh materialized view m cluster by (id, -- the key\r\n `tags`)\r\nas select id, split(tags, ',') as tags from main.raw.s;",
            marks=("`tags`",),
        ),
        bad(_T.format("a INT, b INT, c INT, d INT, e INT", "a, b, c, d, e"), marks=("e",)),
    ],
    good=[
        good(_T.format("ok BOOLEAN, id BIGINT", "id")),
        good("CREATE OR REFRESH STREAMING TABLE t CLUSTER BY AUTO AS SELECT id FROM STREAM(main.raw.s);"),
        good("CREATE OR REFRESH STREAMING TABLE t CLUSTER BY (what) AS SELECT what FROM STREAM(main.raw.s);"),
    ],
)
def cluster_key_type(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A table clustered by a column that has no order.

    Clustering puts rows with near values into one file, and skips files by the least and greatest value of a column.
    Booleans, binary values, arrays, maps and structs have no such values; the first write fails. More than four columns
    are not taken either.
    """
    clause = dataset.definition.clause("cluster by") or dataset.definition.clause("cluster_by")
    if clause is None:
        return
    keys = _keys(clause, dataset.language == "python")
    for key, where in keys:
        type_ = context.column_type(dataset.name, key)
        if type_ in _UNSORTED or type_.startswith(("array<", "map<", "struct<")):
            yield _finding(where, f"{dataset.name} cannot be clustered by {key}, which is {_short(type_)}")
    if len(keys) > _MOST:
        fix = Fix("keep the columns that are filtered by most")
        message = f"{dataset.name} is clustered by {len(keys)} columns"
        yield Finding(keys[_MOST][1], message, why="four are taken", fixes=(fix,), severity="warning")


def _keys(clause: Clause, python: bool) -> list[tuple[str, Location]]:
    where = clause.value_location or clause.location
    if python:
        held = clause.value if isinstance(clause.value, tuple) else (clause.value,)
        return [(key, where) for key in held if isinstance(key, str)]
    return [] if clause.value in (("AUTO",), ("NONE",)) else list(names_in(where))


def _short(type_: str) -> str:
    return type_.partition("<")[0].upper()


def _finding(where: Location, message: str) -> Finding:
    why = "clustering needs a least and a greatest value for each file"
    return Finding(where, message, why=why, fixes=(Fix("cluster by a number, a date or a string"),))
