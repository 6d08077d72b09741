"""The conditions of expectations, read: each with its facts and the way back to where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.facts import Facts, Select
from ldp_magic.sql.model import Expectation
from ldp_magic.sql.query import expression_facts
from ldp_magic.text import Location, Span


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition that can be read. `select` is the SELECT of it alone."""

    expectation: Expectation
    facts: Facts
    select: Select

    @property
    def name(self) -> str:
        return self.expectation.name

    def locate(self, span: Span) -> Location:
        """Where a part of the condition stands; all of it where Python put the text together."""
        whole = self.expectation.condition_location
        return whole.inside(span.start, span.end) if self.exact else whole

    @property
    def exact(self) -> bool:
        """Does the condition stand in the source as it is, but for the marks of a notebook?"""
        there, read = self.expectation.condition_location.text, self.expectation.condition
        return there == read or (
            len(there) == len(read) and all(a == b or b == " " for a, b in zip(there, read, strict=True))
        )

    def text(self, span: Span) -> str:
        return self.expectation.condition[span.start : span.end]


def conditions(dataset: Dataset) -> Iterator[Condition]:
    """The conditions of a dataset's expectations, without those that are no expression (LDP001 names them)."""
    for expectation in dataset.expectations:
        facts = expression_facts(expectation.condition)
        if isinstance(facts.root, Select):
            yield Condition(expectation, facts, facts.root)
