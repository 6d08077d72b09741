from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.lint.conditions import Condition, conditions
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import ColumnRef
from ldp_magic.text import Edit

_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT c EXPECT ({})) AS SELECT amount, address, note AS `the note` FROM main.raw.t;"
_HIDDEN = {"_rescued_data", "_metadata", "__start_at", "__end_at"}


@rule(
    code="LDP304",
    foresees=("UNRESOLVED_COLUMN",),
    verified="Databricks documentation: conditions are checked on the rows of the dataset",
    needs="the dataset's columns",
    bad=[
        bad(
            _VIEW.format("amout > 0"),
            fixed=_VIEW.format("amount > 0"),
            safe=False,
            marks=("amout",),
        ),
        bad(
            _VIEW.format("-- all of it\r\n  `The Not` is not null and AMOUNT > 0"),
            fixed=_VIEW.format("-- all of it\r\n  `the note` is not null and AMOUNT > 0"),
            marks=("`The Not`",),
        ),
        bad(_VIEW.format("address.zip <> '' AND city IS NOT NULL"), marks=("city",)),
    ],
    good=[
        good(_VIEW.format("m.amount > 0 AND address.zip <> '' AND `the note` IS NOT NULL AND _rescued_data IS NULL")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT (amout > 0)) AS SELECT * FROM STREAM(main.raw.s);"
        ),
        good(
            "CREATE OR REFRESH STREAMING TABLE t (id INT, CONSTRAINT c EXPECT (op <> 'x'));\n"
            "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.s) KEYS (id) SEQUENCE BY v COLUMNS * EXCEPT (op);"
        ),
    ],
)
def expectation_unknown_column(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """An expectation over a column that the dataset does not have.

    A condition is checked on the rows that the query gives, not on those that it reads: what it needs has to be selected.
    Nothing is said where not all columns are known.
    """
    if not dataset.expectations or any(f.definition.cdc is not None for f in dataset.flows):
        return
    columns = context.columns(dataset.name)
    if not columns or any("${" in c.name or not c.name for c in columns):
        return
    known = {c.name.lower(): c.name for c in columns}
    for condition in conditions(dataset):
        for ref in condition.select.columns:
            if not condition.select.subqueries and not _known(ref, known, dataset):
                yield _finding(dataset, condition, ref, known)


def _known(ref: ColumnRef, known: dict[str, str], dataset: Dataset) -> bool:
    first, own = ref.parts[0].lower(), _own(dataset)
    if first in known or first in _HIDDEN or "${" in first:
        return True
    return any(part.lower() in known for part in ref.parts[1:]) and first in own


def _own(dataset: Dataset) -> set[str]:
    """What may stand before a column of the dataset."""
    return {part.lower() for part in dataset.qualified}


def _finding(dataset: Dataset, condition: Condition, ref: ColumnRef, known: dict[str, str]) -> Finding:
    name = ref.parts[0] if len(ref.parts) > 1 and ref.parts[0].lower() not in _own(dataset) else ref.name
    near = next(iter(get_close_matches(name.lower(), known, 1, 0.7)), "")
    where = condition.locate(ref.span)
    fix = Fix(f"select it in the query of {dataset.name}")
    if near:
        written = known[near] if known[near].isidentifier() and "`" not in where.text else f"`{known[near]}`"
        edits = (Edit(where, written),) if condition.exact and len(ref.parts) == 1 else ()
        fix = Fix(f"write {written}", edits, reason="only you know which column was meant")
    return Finding(
        where,
        f"{dataset.name} has no column {name}" + (f"; {known[near]} is one" if near else ""),
        why=f"expectation {condition.name} is checked on the rows that the query gives",
        fixes=(fix,),
    )
