"""`differs`: which functions the embedded engine answers otherwise than Spark, asked as it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.sail import ForSail, differs
from tests.sql.sail.answers import Answer, ask, sail
from tests.sql.sail.make_truth import Asked, load
from tests.sql.sail.parity import outcome


@pytest.mark.parametrize("name", ["weekday", "percentile_approx", "substring", "Initcap", "product", "when", "hmac"])
def test_these_differ(name: str) -> None:
    assert differs(name)


@pytest.mark.parametrize(
    "name", ["count", "lag", "row_number", "current_date", "array_join", "year", "no_such_function"]
)
def test_these_do_not(name: str) -> None:
    assert not differs(name)


def _nameless(answer: Answer) -> Answer:
    return replace(answer, columns=tuple(("", type_) for _, type_ in answer.columns))


# Only of a TIME, and of an interval: the first Spark has switched off, the second the engine refuses itself.
_RARE = ("date_format(TIME", "(INTERVAL '0' MONTH)", "(INTERVAL '0' SECOND)")


def _alone(asked: Asked) -> bool:
    """Is this an example of a function that does not differ, in whose text no other one does?"""
    words = tokens_of(asked.text).words
    return bool(asked.function) and not any(map(differs, [asked.function, *filter(None, words)]))


def test_examples_of_the_others_are_answered_alike() -> None:
    pytest.importorskip("pysail")
    with sail() as spark:
        unlike = [
            asked.text
            for asked in filter(_alone, load())
            if not asked.text.startswith("SELECT CASE") and not any(rare in asked.text for rare in _RARE)
            if outcome(
                replace(asked, answer=_nameless(asked.answer)),
                _nameless(ask(spark, asked.text, asked.zone)),
                ForSail(asked.text),
            )
            not in ("right", "not comparable")
        ]
    assert unlike == []
