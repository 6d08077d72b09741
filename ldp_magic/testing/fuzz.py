"""Changes made up for an AUTO CDC target: late, twice, deletes, ties; however they come, the table holds the same.

After each batch a table of type 1 has one row for each key; one of type 2 has at most one current row for each key, and
the times of its rows do not overlap. Changes that do not tie leave the same rows in any order and in any batches.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

from ldp_magic.engine.cdc import END, START
from ldp_magic.errors import LdpError
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.model import AutoCdc
from ldp_magic.testing.case import Batch, Case, Expected, Given, Row
from ldp_magic.testing.comparing import compared
from ldp_magic.testing.outcome import Outcome, Wrong
from ldp_magic.testing.running import Subject, run_all
from ldp_magic.testing.skeleton import Input, inputs_of, table_of
from ldp_magic.testing.values import key_of, shown

KEYS, CHANGES, ROUNDS = 4, 24, 2
_EQUALS = re.compile(r"\s*`?(\w+)`?\s*=\s*'([^']*)'\s*")
_BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def fuzz(subject: Subject, name: str, seed: int = 0) -> tuple[Outcome, ...]:
    """Run made-up changes through an AUTO CDC target; an outcome for each way in which they arrive."""
    pipeline, dataset = table_of(subject, name)
    target = _Target.of(pipeline, dataset)
    found: list[Outcome] = []
    for n in range(ROUNDS):
        chance = random.Random(f"{seed} {n}")
        ways = list(_ways(target.changes(chance), chance))
        ways.append(("with ties", _cut(target.tied(chance), chance, 3)))
        head = f"{dataset.name}, seed {seed}, round {n + 1}{target.lacks}"
        cases = [target.case(f"{head}: {way}", batches) for way, batches in ways]
        outcomes = run_all(subject, cases)
        found += [target.judged(each, outcomes[0] if m < len(ways) - 1 else None) for m, each in enumerate(outcomes)]
    return tuple(found)


def _ways(changes: list[Row], chance: random.Random) -> Iterator[tuple[str, list[list[Row]]]]:
    """How the same changes can arrive; the first is the one to compare with."""
    yield "in order, at once", [changes]
    yield "in disorder, in batches", _cut(chance.sample(changes, len(changes)), chance, 4)
    yield "backwards, in batches", _cut(changes[::-1], chance, 3)
    again = chance.sample(changes, len(changes) // 2)
    yield "half of them twice", _cut(chance.sample([*changes, *again], len(changes) + len(again)), chance, 3)


def _cut(rows: list[Row], chance: random.Random, many: int) -> list[list[Row]]:
    borders = [0, *sorted(chance.sample(range(1, len(rows)), many - 1)), len(rows)]
    return [rows[first:last] for first, last in pairwise(borders)]


@dataclass(frozen=True, slots=True)
class _Target:
    """An AUTO CDC target and what its changes look like."""

    pipeline: Pipeline
    dataset: Dataset
    cdc: AutoCdc
    source: Input
    delete: tuple[str, str] | None  # the column that tells a delete, and its value then

    @staticmethod
    def of(pipeline: Pipeline, dataset: Dataset) -> _Target:
        flows = [flow.definition.cdc for flow in dataset.flows if flow.definition.cdc is not None]
        inputs = list(inputs_of(pipeline, dataset))
        if len(flows) != 1 or flows[0].from_snapshot:
            raise _no(
                dataset, "it has no flow, or more than one, of AUTO CDC from changes", "name a target that has one"
            )
        cdc = flows[0]
        if len(inputs) != 1 or not inputs[0].columns:
            what = "the columns of its source are not known" if len(inputs) == 1 else "its changes have several sources"
            raise _no(dataset, what, "ldp lock writes down the columns of sources that lie here")
        names = {each.name.lower() for each in inputs[0].columns}
        for each in (*cdc.keys, cdc.sequence_by):
            if each.strip("`").lower() not in names:
                raise _no(
                    dataset,
                    f"{each} is no column of {inputs[0].name}",
                    "name a target whose keys and order are columns",
                )
        said = _EQUALS.fullmatch(cdc.delete_when)
        delete = (said[1].lower(), said[2]) if said and said[1].lower() in names else None
        return _Target(pipeline, dataset, cdc, inputs[0], delete)

    @property
    def lacks(self) -> str:
        """What is not tried, as nobody can tell from the text how it looks."""
        return ", without deletes" if self.cdc.delete_when and not self.delete else ""

    # --- changes -------------------------------------------------------------------------------------------------

    def changes(self, chance: random.Random) -> list[Row]:
        """Changes of a few keys in the order in which they happened."""
        return [self._change(chance, chance.randrange(KEYS), n) for n in range(CHANGES)]

    def tied(self, chance: random.Random) -> list[Row]:
        """The same with changes of one key at one moment."""
        some = [self._change(chance, chance.randrange(KEYS), n // 2) for n in range(CHANGES)]
        return chance.sample(some, len(some))

    def _change(self, chance: random.Random, key: int, moment: int) -> Row:
        row: dict[str, Any] = {}
        keys = {each.strip("`").lower() for each in self.cdc.keys}
        for column in self.source.columns:
            low = column.name.lower()
            if low == self.cdc.sequence_by.strip("`").lower():
                row[column.name] = _nth(column.type.lower(), moment)
            elif self.delete and low == self.delete[0]:
                row[column.name] = self.delete[1] if chance.random() < 0.25 else "UPSERT"
            else:
                row[column.name] = _nth(column.type.lower(), key if low in keys else chance.randrange(3))
        return row

    def case(self, name: str, batches: Sequence[Sequence[Row]]) -> Case:
        place = self.dataset.location
        steps = [
            Batch(
                given=(Given(name=self.source.name, rows=tuple(rows)),),
                expected=(Expected(dataset=self.dataset.name, subset=True),),
            )
            for rows in batches
        ]
        path = Path(place.source.name)
        return Case(name=name, path=path, line=place.first.line, batches=tuple(steps), pipeline=self.pipeline.name)

    # --- invariants ----------------------------------------------------------------------------------------------

    def judged(self, outcome: Outcome, first: Outcome | None) -> Outcome:
        """The outcome with what is wrong with the rows it has left."""
        if not outcome.passed:
            return outcome
        wrong = [(each.batch, Wrong(what)) for each in outcome.after for what in self._broken(each.rows)]
        if not wrong and first is not None and first.passed and outcome is not first:
            one, other = first.after[-1], outcome.after[-1]
            said = compared(self.dataset.name, 0, one.rows, other.rows, subset=False, ordered=False)
            wrong += [(other.batch, Wrong("", 0, said))] if said else []
        return replace(outcome, wrong=tuple(wrong))

    def _broken(self, rows: Sequence[Row]) -> Iterator[str]:
        by_key: dict[Any, list[Mapping[str, Any]]] = {}
        keys = [each.strip("`").lower() for each in self.cdc.keys]
        for row in rows:
            low = {name.lower(): value for name, value in row.items()}
            by_key.setdefault(tuple(key_of(low.get(key)) for key in keys), []).append(row)
        for key, some in by_key.items():
            said = ", ".join(map(shown, key))
            if START not in some[0]:
                if len(some) > 1:
                    yield f"there are {len(some)} rows of key {said}, and there can be one"
                continue
            if sum(1 for row in some if row[END] is None) > 1:
                yield f"key {said} has several current rows"
            ordered = sorted(some, key=lambda row: row[START])
            for one, other in pairwise(ordered):
                if one[END] is None or one[END] > other[START]:
                    yield f"rows of key {said} overlap: from {shown(one[START])}, from {shown(other[START])}"


def _nth(type_: str, n: int) -> Any:
    """The n-th value of a type, in the order of its values."""
    if type_.startswith("timestamp"):
        return (_BEGIN + timedelta(minutes=n)).isoformat() if "ntz" not in type_ else f"2026-01-01T00:{n:02}:00"
    if type_ == "date":
        return (_BEGIN + timedelta(days=n)).date().isoformat()
    if type_ == "boolean":
        return n % 2 == 1
    if type_ in ("string", "binary") or type_.startswith(("varchar", "char")):
        return f"v{n:04}"
    if type_.startswith(("array", "map", "struct", "variant")):
        return None
    return n


def _no(dataset: Dataset, why: str, fix: str) -> LdpError:
    return LdpError(f"no changes can be made up for {dataset.name}", why=why, fix=fix)
