from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.incremental import Why, files_of, reasons
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit

_M = "CREATE OR REFRESH MATERIALIZED VIEW m REFRESH POLICY {} AS SELECT {} FROM main.raw.s;"
_CERTAIN: set[Why] = {"varies", "clock", "window"}


@rule(
    code="LDP609",
    spark="never",
    foresees=("MATERIALIZED_VIEW_NOT_INCREMENTALIZABLE",),
    verified="Databricks documentation",
    bad=[
        bad(
            _M.format("INCREMENTAL", "rand() AS r"),
            fixed=_M.format("AUTO", "rand() AS r"),
            safe=False,
            marks=("INCREMENTAL",),
        ),
        bad(
            _M.format("incremental strict", "id, rank() over (order by v) as r -- best\r\n"),
            fixed=_M.format("auto", "id, rank() over (order by v) as r -- best\r\n"),
            marks=("incremental strict",),
        ),
    ],
    good=[
        good(_M.format("INCREMENTAL", "id, v + 1 AS next")),
        good(_M.format("FULL", "id, v")),
    ],
)
def strict_policy_conflict(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A view that must be refreshed incrementally and cannot.

    `REFRESH POLICY INCREMENTAL` makes creating the view fail where its query cannot be brought up to date by new rows alone;
    with STRICT no refresh falls back to a full one. Change what stands in the way, or let Databricks choose with AUTO.
    """
    clause = dataset.definition.clause("refresh policy") or dataset.definition.clause("refresh_policy")
    policy = str(clause.value).upper().replace("_", " ") if clause is not None else ""
    if clause is None or dataset.kind != "materialized view" or not policy.startswith("INCREMENTAL"):
        return
    certain, likely = _in_the_way(dataset, context)
    first = next(iter((*certain, *likely)), None)
    if first is None:
        return
    yield Finding(
        clause.value_location or clause.location,
        f"{dataset.name} cannot be refreshed incrementally: {first.message}",
        why=f"{policy} fails where a refresh would have to be a full one",
        fixes=(_fix(clause),),
        related=(*certain, *likely),
        severity=None if certain else "warning",
    )


def _in_the_way(dataset: Dataset, context: Context) -> tuple[list[Related], list[Related]]:
    """What stands in the way for certain, and what probably does."""
    certain = [Related(read.location, f"it reads the files {read.name}") for read in files_of(dataset)]
    likely: list[Related] = []
    for owned in context.owned_by(dataset):
        for reason in reasons(owned.facts):
            found = Related(owned.locate(reason.span), f"it has {reason.what}")
            (certain if reason.why in _CERTAIN else likely).append(found)
    return certain, likely


def _fix(clause: Clause) -> Fix:
    where = clause.value_location or clause.location
    quoted = where.text[:1] in "'\""
    text = where.text[0] + "auto" + where.text[0] if quoted else cased("AUTO", where)
    known = quoted or clause.name == "refresh policy"
    return Fix(
        "let Databricks choose: AUTO", (Edit(where, text),) if known else (), reason="refreshes may be full ones"
    )
