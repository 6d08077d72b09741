from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.wrap import cased
from ldp_magic.pipeline.model import Dataset, External, Read
from ldp_magic.text import Edit

_CHANGED = (
    "CREATE OR REFRESH STREAMING TABLE customers;\n"
    "CREATE FLOW c AS AUTO CDC INTO customers FROM STREAM(main.raw.c) KEYS (id) SEQUENCE BY at STORED AS SCD TYPE 1;\n"
)
_AUDIT = "CREATE OR REFRESH STREAMING TABLE audit AS SELECT * FROM STREAM(customers){};"


@rule(
    code="LDP126",
    severity="warning",
    foresees=("DELTA_SOURCE_TABLE_IGNORE_CHANGES", "the read fails at the first update or delete"),
    verified="Databricks documentation",
    needs="catalog, last update",
    bad=[
        bad(
            _CHANGED + _AUDIT.format(""),
            fixed=_CHANGED + _AUDIT.format(" WITH (skipChangeCommits = true)"),
            safe=False,
            marks=("customers",),
        ),
        bad(
            _CHANGED
            + "create or refresh streaming table audit as\r\nselect * from stream customers watermark at delay of interval 1 hour c -- all\r\n",
            fixed=_CHANGED
            + "create or refresh streaming table audit as\r\nselect * from stream customers with (skipChangeCommits = true) watermark at delay of interval 1 hour c -- all\r\n",
        ),
    ],
    good=[
        good(_CHANGED + _AUDIT.format(" WITH (skipChangeCommits = true)") + " -- only who is new counts"),
        good(_CHANGED + "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM customers;"),
    ],
)
def stream_over_changing_source(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A stream over a table whose rows change.

    A stream takes in rows that are added. When a commit updates or deletes rows, as AUTO CDC and REPLACE flows do, the
    read fails at that commit. With `skipChangeCommits` it goes on without the changes; `readChangeFeed` brings them as
    rows; a materialized view reads the table as it is.
    """
    for read in dataset.reads:
        source = _source(read, context)
        if source is None or not read.streaming or source.streamness != "changing" or _prepared(read):
            continue
        related: tuple[Related, ...] = ()
        if isinstance(source, Dataset):
            related = (Related(source.definition.name.location, f"{source.name} is made here"),)
        yield Finding(
            read.location,
            f"{dataset.name} streams {source.name}, but {source.reason}",
            why="a stream takes in rows that are added; it fails at the first commit that changes some",
            mark="its rows change",
            fixes=(_fix(dataset, read, context),),
            related=related,
        )


def _source(read: Read, context: Context) -> Dataset | External | None:
    if read.kind == "external":
        return context.pipeline.externals.get(read.name)
    source = context.pipeline.datasets.get(read.name)
    return source if source is not None and source.kind in ("streaming table", "table") else None


def _prepared(read: Read) -> bool:
    options = ("skipChangeCommits", "readChangeFeed", "readChangeData", "ignoreChanges", "ignoreDeletes", "changes")
    return (
        any(read.relation.option(o) not in (None, "false") for o in options)
        or read.relation.function == "table_changes"
    )


def _fix(dataset: Dataset, read: Read, context: Context) -> Fix:
    relation = read.relation
    title, reason = "read it with skipChangeCommits", "changes are then left out, not passed on"
    for owned in context.owned_by(dataset):
        if any(r is relation for r in owned.facts.relations) and owned.query.exact and not relation.function:
            mark = relation.watermark
            end = owned.locate(relation.whole).end if mark is None else _before(owned.locate(mark.span).start, read)
            option = f" {cased('WITH', owned)} (skipChangeCommits = true)"
            edits = () if relation.options else (Edit(read.location.source.at(end), option),)
            return Fix(title, edits, False, reason)
    return Fix(f'{title}: .option("skipChangeCommits", "true")')


def _before(start: int, read: Read) -> int:
    return len(read.location.source.text[:start].rstrip())
