from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.conditions import Condition, conditions
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.conditions import constant
from ldp_magic.sql.lexer import tokens_of

_TABLE = "CREATE OR REFRESH STREAMING TABLE t ({}) AS SELECT * FROM STREAM(main.raw.s);"


@rule(
    code="LDP305",
    severity="warning",
    verified="by reasoning alone",
    bad=[
        bad(_TABLE.format("CONSTRAINT c EXPECT (1 = 1)"), marks=("1 = 1",)),
        bad(_TABLE.format("constraint c expect (x > 5 -- more\r\n and 3 > x)"), marks=("x > 5 -- more\r\n and 3 > x",)),
        bad(_TABLE.format("CONSTRAINT c EXPECT (a = a)")),
        bad(
            _TABLE.format("CONSTRAINT c EXPECT (qty >= 0), CONSTRAINT d EXPECT (  QTY>=0 )"),
            marks=("QTY>=0",),
        ),
    ],
    good=[
        good(_TABLE.format("CONSTRAINT c EXPECT (qty >= 0), CONSTRAINT d EXPECT (qty >= 1)")),
        good(_TABLE.format("CONSTRAINT c EXPECT (a = 'x'), CONSTRAINT d EXPECT (a = 'X')")),
        good(_TABLE.format("CONSTRAINT c EXPECT (id > 0), CONSTRAINT d EXPECT (id > 0) ON VIOLATION FAIL UPDATE")),
        good(
            _TABLE.format(
                "CONSTRAINT c EXPECT (x >= 5 AND x <= 5 AND y BETWEEN 1 AND 2), CONSTRAINT d EXPECT (${check})"
            )
        ),
    ],
)
def expectation_constant(dataset: Dataset) -> Iterator[Finding]:
    """An expectation that tells no row from another, or that stands twice.

    It costs time at every row and says nothing: it holds for all of them, for none, or says what another one says. One
    that is never true drops every row.
    """
    first: dict[tuple[str, ...], Condition] = {}
    for condition in conditions(dataset):
        said = constant(condition.facts)
        key = (condition.expectation.on_violation, *_words(condition.expectation.condition))
        if said:
            yield _constant(condition, said)
        elif key in first:
            yield _twice(first[key], condition)
        first.setdefault(key, condition)


def _words(text: str) -> tuple[str, ...]:
    """The condition without its layout; only strings care about case."""
    tokens = tokens_of(text)
    return tuple(tokens.words[i] or _word(tokens.get(i), tokens.types[i]) for i in range(len(tokens)))


def _word(text: str, type_: str) -> str:
    return text if type_ == "string" else text.strip("`").upper()


def _constant(condition: Condition, said: str) -> Finding:
    return Finding(
        condition.expectation.condition_location,
        f"expectation {condition.name} {said}",
        why="a condition that is the same for every row finds nothing, or drops everything",
        fixes=(Fix("compare a column with what it may be, or leave the expectation out"),),
    )


def _twice(first: Condition, again: Condition) -> Finding:
    return Finding(
        again.expectation.condition_location,
        f"expectation {again.name} says what {first.name} says",
        why="both count the same rows",
        fixes=(Fix("leave one of them out"),),
        related=(Related(first.expectation.condition_location, "the first"),),
    )
