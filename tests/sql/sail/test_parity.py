"""The embedded engine beside Apache Spark: nothing differs in silence, and most is right. See `parity.py`."""

from __future__ import annotations

import pytest

from tests.sql.sail.answers import Answer
from tests.sql.sail.idioms_typed import TABLE
from tests.sql.sail.make_truth import Asked, load
from tests.sql.sail.parity import Result, is_mainstream, outcome, report, rewritten, share, untyped


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return rewritten()


def test_nothing_differs_in_silence(results: list[Result]) -> None:
    silent = [r for r in results if r.outcome == "silently different"]
    assert silent == [], "\n\n".join(f"{r.asked.text}\n -> {r.text}" for r in silent)


def test_nothing_differs_in_silence_where_no_types_are_known() -> None:
    found = untyped(TABLE)
    silent = [r for r in found if r.outcome == "silently different"]
    assert silent == [], "\n\n".join(f"{r.asked.text[len(TABLE) :]}\n -> {r.text}" for r in silent)
    assert len(found) > 100


def test_examples_of_mainstream_functions_are_right(results: list[Result]) -> None:
    assert share(filter(is_mainstream, results), "right") >= 0.95, report({"rewritten": results})


def test_idioms_are_right(results: list[Result]) -> None:
    assert share((r for r in results if not r.asked.function), "right") >= 0.97, report({"rewritten": results})


def test_labels_are_rare(results: list[Result]) -> None:
    assert share(results, "labelled") <= 0.015


def test_enough_was_asked() -> None:
    asked = load()
    assert len([a for a in asked if a.function]) >= 1200
    assert len([a for a in asked if not a.function]) >= 500


def test_outcomes() -> None:
    from ldp_magic.sql.sail import ForSail, Label

    wanted = Answer((("a", "int"),), ([1],))
    asked, plain, labelled = Asked("SELECT 1 AS a", "", "UTC", wanted), ForSail(""), ForSail("", (Label("x", "y"),))
    assert outcome(asked, Answer((("a", "int"),), ([1],)), plain) == "right"
    assert outcome(asked, Answer((("a", "bigint"),), ([1],)), plain) == "silently different"
    assert outcome(asked, Answer((("a", "int"),), ([2],)), labelled) == "labelled"
    assert outcome(asked, Answer(error="no"), plain) == "refused"
    raising = Asked("SELECT 1/0", "", "UTC", Answer(error="DIVIDE_BY_ZERO"))
    assert outcome(raising, Answer(error="no"), plain) == "right"
    assert outcome(raising, Answer((("a", "int"),), ([None],)), plain) == "silently different"
