from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.conditions import Condition, conditions
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Call
from ldp_magic.sql.functions import CLOCK, NONDETERMINISTIC

_TABLE = "CREATE OR REFRESH STREAMING TABLE t (CONSTRAINT c EXPECT ({})) AS SELECT * FROM STREAM(main.raw.s);"
_DATES = {"current_date", "curdate"}


@rule(
    code="LDP310",
    severity="warning",
    verified="Databricks documentation; the vendor's own samples use current_date()",
    bad=[
        bad(_TABLE.format("rand() < 0.5"), marks=("rand()",)),
        bad(_TABLE.format("at <= now() -- not from the future\r\n"), marks=("now()",)),
        bad(_TABLE.format("day <= current_date()"), marks=("current_date()",)),
        bad(
            "import dlt\n@dlt.table\n@dlt.expect('c', 'id <> uuid()')\ndef t():\n    return spark.readStream.table('main.raw.s')\n",
            python=True,
            marks=("uuid()",),
        ),
    ],
    good=[
        good(_TABLE.format("pmod(hash(id), 2) = 0")),
        good(_TABLE.format("at <= to_timestamp('2026-01-01') AND unix_timestamp(at) > 0")),
    ],
)
def expectation_nondeterministic(dataset: Dataset) -> Iterator[Finding]:
    """An expectation that may judge the same row differently the next time.

    A retry, or a full refresh, keeps other rows than the first run did, and nobody can say why. Compare with a column that
    the query computes, such as the time of ingestion. A comparison with the day's date is only an advice.
    """
    for condition in conditions(dataset):
        for call in condition.select.calls:
            clock = call.name in CLOCK and not call.arguments
            if clock or call.name in NONDETERMINISTIC:
                yield _finding(condition, call)


def _finding(condition: Condition, call: Call) -> Finding:
    return Finding(
        condition.locate(call.span),
        f"expectation {condition.name} asks {call.name}(), which answers differently each time",
        why="the same row has to be judged the same in a retry and in a full refresh",
        fixes=(Fix("compute the value in the query and compare the column"),),
        severity="info" if call.name in _DATES else None,
    )
