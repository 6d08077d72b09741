from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.sql.model import Body, DatasetDef, FlowDef, Statement
from ldp_magic.text import Edit, Location, Source

_LIVE = re.compile(r"[\"'rRbBfF]*`?(LIVE`?\s*\.\s*)`?", re.IGNORECASE)
_B = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT id FROM STREAM(main.raw.orders);\n"


@rule(
    code="LDP501",
    severity="warning",
    spark="error",
    foresees=("TABLE_OR_VIEW_NOT_FOUND",),
    verified="Databricks documentation; Spark 4.3",
    bad=[
        bad(
            _B + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM LIVE.bronze;",
            fixed=_B + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM bronze;",
            safe=True,
            marks=("LIVE.",),
        ),
        bad(
            "create or refresh streaming table t;\r\n"
            + _B
            + "apply changes into live.t from stream(live.`bronze`) -- all\r\nkeys (id) sequence by id;",
            fixed="create or refresh streaming table t;\r\n"
            + _B
            + "apply changes into t from stream(`bronze`) -- all\r\nkeys (id) sequence by id;",
            count=2,
        ),
        bad(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM LIVE.orders;",
            fixed="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM orders;",
            safe=False,
        ),
        bad(
            'import dlt\n@dlt.table\ndef b():\n    return spark.range(3)\n@dlt.table\ndef m():\n    return spark.read.table("LIVE.b")\n',
            python=True,
            fixed='import dlt\n@dlt.table\ndef b():\n    return spark.range(3)\n@dlt.table\ndef m():\n    return spark.read.table("b")\n',
            safe=True,
        ),
    ],
    good=[
        good(_B + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM bronze;"),
        good("CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT live.id FROM main.raw.orders AS live;"),
    ],
)
def live_prefix(statement: Statement, context: Context) -> Iterator[Finding]:
    """A dataset called by the LIVE prefix.

    `LIVE` was the schema in which older pipelines kept their datasets. Today a name is looked for in the pipeline first; the
    prefix is ignored or refused, depending on the pipeline's publishing mode, and to open-source Spark it is a schema that
    does not exist. Write the name alone.
    """
    if not isinstance(statement, (DatasetDef, FlowDef)) or not _mentions(statement.location.source):
        return
    for parts, where in _names(statement):
        ours = parts[-1].lower() in context.short_names
        doubtful = not ours and parts[0] != "LIVE"  # there may be a schema that is called live
        if not (doubtful and context.spark):
            yield _finding(parts, where, ours, "info" if doubtful else None)


@lru_cache(maxsize=4096)
def _mentions(source: Source) -> bool:
    return "live" in source.text.lower()


def _names(statement: DatasetDef | FlowDef) -> Iterator[tuple[tuple[str, ...], Location]]:
    bodies: list[Body | None] = [statement.query if isinstance(statement, DatasetDef) else statement.body]
    names = [statement.name]
    if isinstance(statement, DatasetDef):
        bodies.append(statement.flow.body if statement.flow is not None else None)
    else:
        names.append(statement.target)
    yield from ((name.parts, name.location) for name in dict.fromkeys(names) if _live(name.parts))
    for body in {id(b): b for b in bodies if b is not None}.values():
        yield from ((r.name, body.locate(r.span)) for r in body.reads if _live(r.name))


def _live(parts: tuple[str, ...]) -> bool:
    return len(parts) > 1 and parts[0].upper() == "LIVE"


def _finding(parts: tuple[str, ...], where: Location, ours: bool, severity: Severity | None) -> Finding:
    match = _LIVE.match(where.text)
    prefix = where.inside(*match.span(1)) if match is not None else where
    edits = (Edit(prefix, ""),) if match is not None else ()
    name = ".".join(parts[1:])
    reason = "the pipeline makes it, so it means the same" if ours else "only you know what the name means without it"
    return Finding(
        prefix,
        f"{parts[0]}.{name} is the old spelling of {name}",
        why="a name is looked for in the pipeline first; open-source Spark takes LIVE for a schema",
        mark="leave it out",
        fixes=(Fix(f"write {name}", edits, safe=ours, reason=reason),),
        severity=severity,
    )
