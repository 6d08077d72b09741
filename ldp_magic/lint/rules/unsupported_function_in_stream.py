from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.text import Edit

_INSTEAD = {"monotonically_increasing_id": "uuid"}


@rule(
    code="LDP125",
    foresees=("_LEGACY_ERROR_TEMP_3102",),
    verified="Spark 4.3, when the flow starts",
    bad=[
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT monotonically_increasing_id() AS sk, * FROM STREAM(main.raw.s);",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT uuid() AS sk, * FROM STREAM(main.raw.s);",
            safe=False,
            marks=("monotonically_increasing_id()",),
        ),
        bad(
            "create or refresh streaming table t as\r\nselect id, MONOTONICALLY_INCREASING_ID( ) as sk -- key\r\nfrom (select * from stream main.raw.s)",
            fixed="create or refresh streaming table t as\r\nselect id, UUID() as sk -- key\r\nfrom (select * from stream main.raw.s)",
        ),
    ],
    good=[
        good(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT sha2(concat_ws('|', id, at), 256) AS sk, * FROM STREAM(main.raw.s);"
        ),
        good("CREATE OR REFRESH STREAMING TABLE t AS SELECT uuid() AS sk, * FROM STREAM(main.raw.s);"),
    ],
)
def unsupported_function_in_stream(streaming: Streaming) -> Iterator[Finding]:
    """A function over a stream that only works on whole tables.

    `monotonically_increasing_id()` numbers the rows of one job; a stream is many jobs, which would all begin at the same
    number, so Spark stops the flow when it starts. `uuid()` gives every row a name of its own; a hash of the key gives
    the same one each time.
    """
    for seen in streaming.streamed():
        for call in seen.select.calls:
            if call.name in _INSTEAD:
                where = streaming.locate(call.span)
                other = _INSTEAD[call.name] + "()"
                edit = Edit(where, other.upper() if where.text[:1].isupper() else other)
                edits = (edit,) if streaming.query.exact else ()
                yield Finding(
                    where,
                    f"{call.name}() cannot run on a stream",
                    why="it numbers the rows of one job, and a stream is many jobs",
                    fixes=(Fix(f"use {other}, or a hash of the key", edits, False, "a text, and no order"),),
                )
