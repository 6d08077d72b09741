from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.wrap import Wrap, driving, every, wrapping
from ldp_magic.sql.model import AutoCdc

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_WITH_VIEW = (
    _T
    + "CREATE TEMPORARY VIEW v AS SELECT * FROM {} WHERE id IS NOT NULL;\n"
    + "CREATE FLOW f AS AUTO CDC INTO t FROM {} KEYS (id) SEQUENCE BY seq;"
)


@rule(
    code="LDP403",
    foresees=("_LEGACY_ERROR_TEMP_0035",),
    verified="Spark 4.3",
    bad=[
        bad(
            _T + "CREATE FLOW f AS AUTO CDC INTO t FROM main.raw.changes KEYS (id) SEQUENCE BY seq;",
            fixed=_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;",
            safe=True,
            marks=("main.raw.changes",),
        ),
        bad(
            "create or refresh streaming table t\r\nflow auto cdc\r\n  from main.raw.changes -- the feed\r\n  keys (id) sequence by seq;",
            fixed="create or refresh streaming table t\r\nflow auto cdc\r\n  from stream(main.raw.changes) -- the feed\r\n  keys (id) sequence by seq;",
        ),
        bad(
            _WITH_VIEW.format("main.raw.changes", "v"),
            fixed=_WITH_VIEW.format("STREAM(main.raw.changes)", "STREAM(v)"),
            safe=False,
        ),
    ],
    good=[
        good(_T + "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq;"),
        good(_T + "CREATE FLOW f AS AUTO CDC ONCE INTO t FROM main.raw.changes KEYS (id) SEQUENCE BY seq;"),
        good(_WITH_VIEW.format("STREAM(main.raw.changes)", "STREAM(v)")),
    ],
)
def cdc_source_not_stream(owned: Owned, context: Context) -> Iterator[Finding]:
    """AUTO CDC from a source that is not read as a stream.

    Each change is applied once, so the source has to be a stream of changes; read as a whole table it is refused. Wrap it
    in STREAM, or write `AUTO CDC ONCE` for a backfill that is read whole.
    """
    cdc = _changes(owned)
    if cdc is None or owned.once or cdc.from_snapshot or not owned.facts.relations:
        return
    if owned.kind != "streaming table":
        return  # LDP409 speaks of it
    if owned.facts.streaming or owned.facts.streams_over_queries or context.streaming(owned) is not None:
        return
    yield _finding(owned, driving(owned))


def _changes(owned: Owned) -> AutoCdc | None:
    cdc = owned.flow.definition.cdc if owned.flow is not None else None
    return cdc if cdc is not None and owned.query is cdc.source and owned.facts.root is not None else None


def _finding(owned: Owned, wrap: Wrap) -> Finding:
    relation = wrap.sources[0].relation if wrap.sources else owned.facts.relations[0]
    others = tuple(
        Related(s.owned.locate(s.relation.span), s.because) for s in every(wrap.sources) if s.relation is not relation
    )
    return Finding(
        owned.locate(relation.span),
        f"the changes for {owned.name} come from {relation.label}, which is read as a whole table",
        why="each change is applied once, so only a stream can bring changes",
        mark="not read as a stream",
        fixes=(_fix(owned, wrap),),
        related=others,
    )


def _fix(owned: Owned, wrap: Wrap) -> Fix:
    if not wrap.sources:
        return Fix(f"feed {owned.name} from a table that only gains rows")
    names = " and ".join(dict.fromkeys(s.relation.label for s in wrap.sources))
    direct = not any(s.through for s in wrap.sources) and len(owned.facts.relations) == 1
    safe = wrap.safe or direct
    reason = "it could not run as it was" if safe else "a view that others may read changes with it"
    return Fix(f"read STREAM({names})", wrapping(wrap.sources), safe=safe, reason=reason)
