from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import Expectation

_TABLE = "CREATE OR REFRESH STREAMING TABLE t ({}) AS SELECT * FROM STREAM(main.raw.s);"


@rule(
    code="LDP309",
    severity="info",
    spark="never",
    verified="second-hand summary of the Databricks page",
    bad=[
        bad(_TABLE.format("CONSTRAINT c EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE"), marks=("FAIL UPDATE",)),
        bad(
            _TABLE.format("constraint c expect (id > 0) on violation fail update, constraint d expect (id > 9)"),
            marks=("fail update",),
        ),
        bad(
            "import dlt\n@dlt.table\n@dlt.expect_all_or_fail({'c': 'id > 0', 'd': 'n > 0'})\n"
            "def t():\n    return spark.readStream.table('main.raw.s')\n",
            python=True,
            marks=("expect_all_or_fail",),
        ),
    ],
    good=[
        good(_TABLE.format("CONSTRAINT c EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW")),
        good(
            _TABLE.format(
                "CONSTRAINT c EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE, -- and in numbers\r\n"
                " CONSTRAINT c_count EXPECT ( id is not null )"
            )
        ),
    ],
)
def fail_update_without_metrics(dataset: Dataset) -> Iterator[Finding]:
    """A FAIL UPDATE that leaves no numbers.

    It stops at the first bad row and counts none, so the event log does not say how many there are. A second expectation
    with the same condition and no action counts them, once the update is allowed to run.
    """
    counted = {_words(e.condition) for e in dataset.expectations if e.on_violation != "fail"}
    alone = [e for e in dataset.expectations if e.on_violation == "fail" and _words(e.condition) not in counted]
    places = {e.action_location or e.location: e for e in reversed(alone)}
    for where, expectation in reversed(places.items()):
        yield _finding(expectation, sum((e.action_location or e.location) == where for e in alone))


def _words(text: str) -> tuple[str, ...]:
    tokens = tokens_of(text)
    return tuple(tokens.words[i] or tokens.get(i) for i in range(len(tokens)))


def _finding(expectation: Expectation, count: int) -> Finding:
    more = f" and {count - 1} more" if count > 1 else ""
    return Finding(
        expectation.action_location or expectation.location,
        f"{expectation.name}{more} stops at the first bad row and counts none",
        why="an update that fails writes no numbers of its expectations",
        fixes=(Fix("drop such rows instead, or add the same condition without an action to count them"),),
    )
