"""Tests in SQL: queries under comments that say what they are.

-- test NAME          begins a test; left out, the file is one test
-- now MOMENT         what current_timestamp() answers
-- pipeline NAME      which one, where there are several
-- input NAME         the query below answers the rows that arrive from there
-- expect NAME [subset] [ordered]      the query below answers the rows that are expected
-- dropped DATASET [EXPECTATION] NUMBER
-- fails TEXT
-- batch              begins the next batch
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ldp_magic.project.tests import is_test
from ldp_magic.settings import path_shown
from ldp_magic.testing.case import Batch, Case, CaseError, Dropped, Expected, Given
from ldp_magic.testing.moment import moment

__all__ = ["cases", "is_test"]

_MARK = re.compile(r"--[ \t]*(test|now|pipeline|input|expect|dropped|fails|batch)\b[ \t:]*(.*)", re.IGNORECASE)
_NOTHING = re.compile(r"(\s|;|--[^\n]*)*")


def cases(text: str, path: Path) -> tuple[Case, ...]:
    """The tests of a file."""
    found = tuple(_Form(path).cases(text))
    names = [each.name for each in found]
    for n, each in enumerate(found):
        if each.name in names[:n]:
            raise _wrong(path, each.line, f"two tests are called {each.name}", "give one of them another name")
    return found


@dataclass(slots=True)
class _Section:
    """One mark, and the text below it."""

    word: str
    said: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def query(self) -> str:
        text = "\n".join(self.lines).strip().removesuffix(";").rstrip()
        return "" if _NOTHING.fullmatch(text) else text


class _Form:
    def __init__(self, path: Path) -> None:
        self.path = path

    def cases(self, text: str) -> Iterator[Case]:
        some: list[_Section] = []
        for section in self.sections(text):
            if section.word == "test" and any(each.word not in ("now", "pipeline") for each in some):
                yield self.case(some)
                some = []
            some.append(section)
        if some:
            yield self.case(some)

    def sections(self, text: str) -> Iterator[_Section]:
        section: _Section | None = None
        for number, line in enumerate(text.split("\n"), 1):
            mark = _MARK.match(line)
            if mark:
                if section:
                    yield self.closed(section)
                section = _Section(mark[1].lower(), mark[2].strip(), number)
            elif section:
                section.lines.append(line)
            elif not _NOTHING.fullmatch(line):
                raise self.wrong(
                    number, "a query without a mark above it", "write -- input NAME or -- expect NAME above"
                )
        if section:
            yield self.closed(section)

    def closed(self, section: _Section) -> _Section:
        takes = section.word in ("input", "expect")
        if section.query and not takes:
            raise self.wrong(section.line, f"a query stands below -- {section.word}", "only input and expect have one")
        if not section.said and section.word not in ("batch",):
            raise self.wrong(section.line, f"-- {section.word} says nothing", f"write -- {section.word} and what it is")
        return section

    def case(self, sections: list[_Section]) -> Case:
        case = Case(name=self.path.stem, path=self.path, batches=(), line=sections[0].line)
        batches = [Batch(line=sections[0].line)]
        for each in sections:
            if each.word == "test":
                case = replace(case, name=each.said, line=each.line)
            elif each.word == "now":
                case = replace(case, now=self.now(each))
            elif each.word == "pipeline":
                case = replace(case, pipeline=each.said)
            elif each.word == "batch":
                batches.append(Batch(line=each.line))
            else:
                batches[-1] = self.more(batches[-1], each)
        if not any(each.said or each.fails is not None for each in batches):
            raise self.wrong(case.line, "the test expects nothing", "add -- expect NAME with a query below")
        return replace(case, batches=tuple(each for each in batches if each.given or each.said or each.fails))

    def more(self, batch: Batch, said: _Section) -> Batch:
        if said.word == "input":
            given = Given(name=said.said, line=said.line, query=said.query)
            return replace(batch, given=(*batch.given, given))
        if said.word == "expect":
            return replace(batch, expected=(*batch.expected, self.expected(said)))
        if said.word == "dropped":
            return replace(batch, dropped=(*batch.dropped, self.dropped(said)))
        return replace(batch, fails=said.said)

    def expected(self, said: _Section) -> Expected:
        name, *ways = said.said.split()
        for way in ways:
            if way.lower() not in ("exact", "subset", "ordered"):
                raise self.wrong(said.line, f"expect has no way {way[:40]}", "write exact, subset or ordered")
        low = [way.lower() for way in ways]
        return Expected(
            dataset=name, line=said.line, query=said.query, subset="subset" in low, ordered="ordered" in low
        )

    def dropped(self, said: _Section) -> Dropped:
        parts = said.said.split()
        if not 2 <= len(parts) <= 3 or not (parts[-1].isascii() and parts[-1].isdecimal()):
            raise self.wrong(said.line, f"dropped cannot be {said.said[:60]}", "write -- dropped DATASET EXPECTATION 2")
        expectation = parts[1] if len(parts) == 3 else ""
        return Dropped(dataset=parts[0], expectation=expectation, many=int(parts[-1]), line=said.line)

    def now(self, said: _Section) -> str:
        try:
            return moment(said.said)
        except ValueError:
            raise self.wrong(said.line, f"now cannot be {said.said[:40]}", "say -- now 2026-01-31T12:00:00Z") from None

    def wrong(self, line: int, what: str, fix: str) -> CaseError:
        return _wrong(self.path, line, what, fix)


def _wrong(path: Path, line: int, what: str, fix: str) -> CaseError:
    return CaseError(f"{path_shown(path)}:{line}: {what}", why="the test cannot be followed", fix=fix)
