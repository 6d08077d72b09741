from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.words import cursor_over, rewritten
from ldp_magic.pipeline.model import Dataset
from ldp_magic.text import Location

_OLD = ("LIVE", "INCREMENTAL")


@rule(
    code="LDP503",
    severity="warning",
    spark="error",
    foresees=("PARSE_SYNTAX_ERROR",),
    verified="Spark 4.3; a vendor's note",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING LIVE TABLE t AS SELECT id FROM STREAM(main.raw.orders);",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM(main.raw.orders);",
            safe=True,
            marks=("STREAMING LIVE TABLE",),
        ),
        bad(
            "create incremental live table t -- new rows\r\nas select id from stream(main.raw.orders);",
            fixed="create streaming table t -- new rows\r\nas select id from stream(main.raw.orders);",
            marks=("incremental live table",),
        ),
        bad(
            "CREATE STREAMING /* old */ LIVE TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(main.raw.orders);",
            fixed="CREATE STREAMING /* old */ TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(main.raw.orders);",
        ),
    ],
    good=[
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM(main.raw.orders);"),
        good("create streaming table live as select id from stream(main.raw.orders);"),
    ],
)
def streaming_live_table(dataset: Dataset) -> Iterator[Finding]:
    """STREAMING LIVE TABLE and INCREMENTAL LIVE TABLE, the old spellings of a streaming table.

    They make a streaming table on Databricks to this day; open-source Spark refuses them, and so do many tools that read
    SQL. The new words mean the same.
    """
    definition = dataset.definition
    if dataset.kind != "streaming table" or dataset.language == "python":
        return
    words = [w for w in definition.words if w not in ("IF", "NOT", "EXISTS")]
    if not set(_OLD) & set(words) or {"TEMPORARY", "TEMP"} & set(words):
        return
    new = [w for w in words if w not in (*_OLD, "STREAMING")]
    new.insert(len(new) - 1, "STREAMING")
    where = _spelling(definition.head)
    yield Finding(
        where,
        f"{' '.join(w.upper() for w in where.text.split())} is the old spelling",
        why="it still runs on Databricks; open-source Spark refuses it",
        mark="say STREAMING TABLE",
        fixes=(Fix("write STREAMING TABLE", rewritten(definition.head, new), safe=True, reason="means the same"),),
    )


def _spelling(head: Location) -> Location:
    """From the first word that says what kind of table it is to the end of the head."""
    cursor = cursor_over(head)
    first = next(i for i, w in enumerate(cursor.tokens.words) if w in (*_OLD, "STREAMING"))
    return cursor.between(first, len(cursor.tokens))
