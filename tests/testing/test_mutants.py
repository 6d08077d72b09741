"""The tests of the example catch changes of its SQL that change its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.testing.case import Case
from ldp_magic.testing.files import found, read
from ldp_magic.testing.outcome import Outcome
from ldp_magic.testing.running import Subject, run_all
from tests.testing.mutants import Mutant, mutants

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"
SOME = 5  # one mutant of so many, where not all are tried


def about(mutant: Mutant, cases: list[Case]) -> list[Case]:
    """The tests of the dataset that is changed."""
    return [each for each in cases if mutant.file.removesuffix(".sql") in each.wanted]


def for_the_right_reason(outcomes: tuple[Outcome, ...]) -> bool:
    """Was it rows or counts that told?"""
    wrong = [wrong for each in outcomes for _, wrong in each.wrong]
    return any(each.difference or "rows" in each.what for each in wrong)


def caught(subject: Subject, some: list[Mutant]) -> tuple[list[Mutant], list[Mutant]]:
    """The mutants that tests tell by their rows, and those that nobody notices; one that cannot run is neither."""
    cases = [case for path in found([EXAMPLE]) for case in read(path)]
    told, alive = [], []
    for mutant in some:
        outcomes = run_all(mutant.of(subject), about(mutant, cases))
        if for_the_right_reason(outcomes):
            told.append(mutant)
        elif all(each.passed for each in outcomes):
            alive.append(mutant)
    return told, alive


def test_the_tests_of_the_example_pass():
    cases = [case for path in found([EXAMPLE]) for case in read(path)]
    assert len(cases) == 7 and [each.case.name for each in run_all(Subject.at(EXAMPLE), cases) if not each.passed] == []


def test_some_mutants_are_caught():
    subject = Subject.at(EXAMPLE)
    told, alive = caught(subject, list(mutants(subject))[::SOME])
    assert len(told) > 15 and len(alive) <= len(told) / 10, [str(each) for each in alive]


@pytest.mark.soak
def test_mutants_are_caught():
    subject = Subject.at(EXAMPLE)
    told, alive = caught(subject, list(mutants(subject)))
    assert len(told) > 90 and len(alive) <= len(told) / 20, [str(each) for each in alive]
