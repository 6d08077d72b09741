from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.conditions import conditions
from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Clause, Column
from ldp_magic.text import Edit

_KEYS = {"primary key", "foreign key", "references", "unique"}
_REFUSED = {*_KEYS, "check"}
_VIEW = "CREATE OR REFRESH MATERIALIZED VIEW m ({}) AS SELECT id, day FROM main.raw.t;"


@rule(
    code="LDP311",
    severity="info",
    spark="error",
    foresees=("_LEGACY_ERROR_TEMP_0035",),
    verified="Spark 4.3; Databricks documentation; NOT NULL second-hand",
    bad=[
        bad(
            _VIEW.format("id BIGINT PRIMARY KEY, day DATE"),
            fixed=_VIEW.format("id BIGINT NOT NULL PRIMARY KEY, day DATE"),
            safe=True,
            marks=("PRIMARY KEY",),
        ),
        bad(
            _VIEW.format(
                "\r\n  id bigint, -- the key\r\n  day date not null,\r\n  constraint pk primary key (id, day)\r\n"
            ).lower(),
            fixed=_VIEW.format(
                "\r\n  id bigint not null, -- the key\r\n  day date not null,\r\n  constraint pk primary key (id, day)\r\n"
            ).lower(),
            marks=("constraint pk primary key (id, day)",),
        ),
        bad(
            _VIEW.format("id BIGINT NOT NULL PRIMARY KEY, day DATE, CONSTRAINT c EXPECT (day > '2020-01-01')"),
            marks=("PRIMARY KEY",),
        ),
        bad(
            "CREATE STREAMING TABLE t (id BIGINT, CHECK (id > 0), FOREIGN KEY (id) REFERENCES o (id));",
            target="spark-4.3",
            marks=("CHECK (id > 0)", "FOREIGN KEY (id) REFERENCES o (id)"),
            count=2,
        ),
    ],
    good=[
        good(_VIEW.format("id BIGINT NOT NULL PRIMARY KEY, day DATE")),
        good(_VIEW.format("id BIGINT NOT NULL PRIMARY KEY, day DATE, CONSTRAINT c EXPECT (id IS NOT NULL)")),
        good(
            "CREATE STREAMING TABLE t (id BIGINT NOT NULL);\n"
            "CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(raw.s);",
            target="spark-4.3",
        ),
    ],
)
def informational_constraint(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A key that nobody checks.

    PRIMARY KEY and FOREIGN KEY tell readers and the optimizer what the author knows; no row is checked against them. Where
    other columns have expectations the key wants one too. The key columns of a materialized view are declared NOT NULL,
    and open-source Spark takes no such constraint at all.
    """
    for clause, columns in _constraints(dataset):
        if context.spark:
            if clause.name in _REFUSED:
                yield _refused(dataset, clause, context)
        elif clause.name == "primary key":
            nullable = [c for c in columns if not c.not_null]
            if nullable and dataset.kind == "materialized view":
                yield _nullable(dataset, clause, nullable)
            elif not _checked(dataset, columns):
                yield _unchecked(dataset, clause)


def _constraints(dataset: Dataset) -> Iterator[tuple[Clause, list[Column]]]:
    """The constraints with the columns of the list that they name."""
    for column in dataset.definition.columns:
        for clause in column.clauses:
            if clause.name in _REFUSED:
                yield clause, [column]
    for clause in dataset.definition.constraints:
        if clause.name in _REFUSED:
            tokens = tokens_of(str(clause.value))
            named = {
                tokens.get(i).strip("`").lower() for i in range(len(tokens)) if tokens.types[i] in ("word", "name")
            }
            yield clause, [c for c in dataset.definition.columns if c.name.lower() in named]


def _checked(dataset: Dataset, columns: list[Column]) -> bool:
    """Does an expectation look at the key, or is there none that looks at anything?"""
    names = {c.name.lower() for c in columns}
    held = [c.select.columns for c in conditions(dataset)]
    return not held or not names or any(ref.name.lower() in names for refs in held for ref in refs)


def _refused(dataset: Dataset, clause: Clause, context: Context) -> Finding:
    return Finding(
        clause.location,
        f"{context.target} takes no {clause.name.upper()} on {dataset.name}",
        why="a pipeline of Spark refuses constraints on its tables",
        fixes=(Fix("leave it out"),),
    )


def _nullable(dataset: Dataset, clause: Clause, columns: list[Column]) -> Finding:
    word = cased("NOT NULL", dataset.definition.head)
    edits = tuple(Edit(c.type_location.source.at(c.type_location.end), f" {word}") for c in columns if c.type_location)
    names = ", ".join(c.name for c in columns)
    exact = dataset.language == "sql" and len(edits) == len(columns)
    return Finding(
        clause.location,
        f"the primary key of {dataset.name} holds {names}, which may be NULL",
        why="the key columns of a materialized view are declared NOT NULL",
        fixes=(Fix(f"declare {names} NOT NULL", edits if exact else (), safe=True, reason="a key column has no NULL"),),
        severity="warning",
    )


def _unchecked(dataset: Dataset, clause: Clause) -> Finding:
    return Finding(
        clause.location,
        f"the primary key of {dataset.name} is not checked, unlike its other columns",
        why="keys are information for readers; only an expectation looks at rows",
        fixes=(Fix("add an expectation that the key IS NOT NULL"),),
    )
