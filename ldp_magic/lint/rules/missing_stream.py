from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.wrap import Wrap, driving, every, must_stream, wrapping

_BRONZE = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM STREAM read_files('/in', format => 'json', schemaHints => 'id INT');\n"
_PEOPLE = "CREATE OR REFRESH MATERIALIZED VIEW people AS SELECT * FROM main.crm.people;\n"


@rule(
    code="LDP101",
    foresees=("INVALID_FLOW_QUERY_TYPE.BATCH_RELATION_FOR_STREAMING_TABLE", "STREAMING_TABLE_QUERY_INVALID"),
    verified="Spark 4.3; Databricks field reports",
    bad=[
        bad(
            _BRONZE + "CREATE OR REFRESH STREAMING TABLE silver AS SELECT * FROM bronze WHERE id IS NOT NULL;",
            fixed=_BRONZE
            + "CREATE OR REFRESH STREAMING TABLE silver AS SELECT * FROM STREAM(bronze) WHERE id IS NOT NULL;",
            safe=True,
            marks=("bronze",),
        ),
        bad(
            _BRONZE
            + _PEOPLE
            + "CREATE OR REFRESH STREAMING TABLE s AS SELECT b.id, p.name FROM people p JOIN bronze b ON b.id = p.id;",
            fixed=_BRONZE
            + _PEOPLE
            + "CREATE OR REFRESH STREAMING TABLE s AS SELECT b.id, p.name FROM people p JOIN STREAM(bronze) b ON b.id = p.id;",
            safe=True,
            marks=("bronze",),
        ),
        bad(
            "create or refresh streaming table silver as select * from raw.orders",
            fixed="create or refresh streaming table silver as select * from stream(raw.orders)",
            safe=False,
        ),
        bad(
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM read_files('/in', format => 'csv', schemaHints => 'a INT');",
            fixed="CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM read_files('/in', format => 'csv', schemaHints => 'a INT');",
            safe=True,
        ),
        bad(_PEOPLE + "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM people;"),
    ],
    good=[
        good(
            _BRONZE + "CREATE OR REFRESH STREAMING TABLE silver AS SELECT * FROM STREAM(bronze) WHERE id IS NOT NULL;"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW old AS INSERT ONCE INTO t BY NAME SELECT * FROM archive.t;\n"
            "CREATE FLOW new AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.events);"
        ),
    ],
)
def missing_stream(owned: Owned, context: Context) -> Iterator[Finding]:
    """A streaming table that reads nothing as a stream.

    A streaming table processes each row of its source once. Without STREAM there are no new rows to find, and the update
    stops. The source that brings the new rows is wrapped, never a table that is only looked up: the FROM table, or in a
    join the leftmost source that is known to only gain rows. Wrapping is safe where that source is append-only for
    certain and no other could have been meant.
    """
    if not must_stream(owned) or owned.facts.root is None:
        return
    if context.streams(owned) or owned.facts.streaming or owned.facts.streams_over_queries:
        return
    if any((s := context.view_shape(owned, r)) is not None and s.streaming for r in owned.facts.relations):
        return  # LDP104 speaks of it
    yield _finding(owned, driving(owned), context)


def _finding(owned: Owned, wrap: Wrap, context: Context) -> Finding:
    why = "a streaming table processes each row once; without STREAM there are no new rows to find"
    if not wrap.sources:
        relations = owned.facts.relations
        where = owned.locate(relations[0].span) if relations else owned.query.location
        read = relations[0].label if relations else "nothing"
        advice = Fix(f"make {owned.name} a materialized view")
        message = f"{owned.name} is a streaming table, but it reads {read}, which cannot be streamed"
        return Finding(where, message, why=why, fixes=(advice,))
    first = wrap.sources[0]
    label = first.relation.label
    related = tuple(Related(s.owned.locate(s.relation.span), s.because) for s in every(wrap.sources) if s is not first)
    return Finding(
        owned.locate(first.relation.span),
        f"{owned.name} is a streaming table, but it reads {label} as a whole table",
        why=why,
        mark="not read as a stream",
        fixes=(Fix(_title(wrap), wrapping(wrap.sources), safe=wrap.safe, reason=_reason(wrap)),),
        related=related,
    )


def _title(wrap: Wrap) -> str:
    names = " and ".join(dict.fromkeys(s.relation.label for s in wrap.sources if not s.relation.function))
    functions = dict.fromkeys(f"STREAM {s.relation.function}(…)" for s in wrap.sources if s.relation.function)
    streams = " and ".join([*((f"STREAM({names})",) if names else ()), *functions])
    return f"read {streams}; {wrap.sources[0].because}"


def _reason(wrap: Wrap) -> str:
    if wrap.safe:
        return "the file could not run as it was"
    if wrap.others:
        return f"{wrap.others[0].relation.label} could be the stream instead"
    return "only you know that its rows never change"
