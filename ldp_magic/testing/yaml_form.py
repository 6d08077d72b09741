"""Tests in YAML.

name: what is shown; now: 2026-10-05T00:00:00Z; pipeline: which one, where there are several
batches: a list; each with input, expect, dropped, fails. One batch may stand at the top instead.
tests: a list of such mappings, where one file holds several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ldp_magic.settings import path_shown
from ldp_magic.spec.documents import Value, Word, line_of, read_yaml
from ldp_magic.testing.case import Batch, Case, CaseError, Dropped, Expected, Given, Row
from ldp_magic.testing.moment import moment

_BATCH = ("input", "expect", "dropped", "fails")
_CASE = ("name", "now", "pipeline", "batches", *_BATCH)
_GIVEN, _EXPECTED = ("rows", "csv", "files", "columns"), ("rows", "mode", "ordered")


def is_test(text: str) -> bool:
    """Does a YAML text look like tests? Others may lie beside them."""
    return any(line.startswith(("batches:", "tests:", "expect:", "fails:", "dropped:")) for line in text.splitlines())


def cases(text: str, path: Path) -> tuple[Case, ...]:
    """The tests of a file."""
    shown = path_shown(path)
    document = read_yaml(text, shown)
    return tuple(_Form(path, shown).cases(document))


class _Form:
    def __init__(self, path: Path, shown: str) -> None:
        self.path, self.shown = path, shown

    def cases(self, document: dict[str, Value]) -> Iterator[Case]:
        if "tests" not in document:
            yield self.case(document, self.path.stem)
            return
        self.keys(document, ("tests", "now", "pipeline"), "a file with tests")
        shared = {key: value for key, value in document.items() if key != "tests"}
        names = set[str]()
        for n, each in enumerate(self.list(document["tests"], "tests", line_of(document, "tests")), 1):
            case = self.case({**shared, **self.mapping(each, f"test {n}", line_of(document, "tests"))}, f"test {n}")
            if case.name in names:
                raise self.wrong(case.line, f"two tests are called {case.name}", "give one of them another name")
            names.add(case.name)
            yield case

    def case(self, said: dict[str, Value], name: str) -> Case:
        self.keys(said, _CASE, "a test")
        line = line_of(said.get("name")) or line_of(said)
        if "batches" in said and any(key in said for key in _BATCH):
            key = next(key for key in _BATCH if key in said)
            raise self.wrong(line_of(said, key), f"{key} stands beside batches", "put it into one of the batches")
        raw = self.list(said["batches"], "batches", line_of(said, "batches")) if "batches" in said else [said]
        batches = tuple(self.batch(self.mapping(each, "a batch", line), "batches" in said) for each in raw)
        if not any(each.expected or each.dropped or each.fails is not None for each in batches):
            raise self.wrong(line, "the test expects nothing", "add expect, dropped or fails to a batch")
        return Case(
            name=self.word(said, "name") or name,
            path=self.path,
            batches=batches,
            line=line,
            now=self.now(said),
            pipeline=self.word(said, "pipeline"),
        )

    def now(self, said: dict[str, Value]) -> str:
        now = self.word(said, "now")
        try:
            return moment(now) if now else ""
        except ValueError:
            raise self.wrong(
                line_of(said, "now"), f"now cannot be {now[:40]}", "say now: 2026-01-31T12:00:00Z"
            ) from None

    def batch(self, said: dict[str, Value], strict: bool) -> Batch:
        if strict:
            self.keys(said, _BATCH, "a batch")
        return Batch(
            line=line_of(said),
            given=tuple(self.given(key, each) for key, each in self.inside(said, "input")),
            expected=tuple(self.expected(key, each) for key, each in self.inside(said, "expect")),
            dropped=tuple(one for key, each in self.inside(said, "dropped") for one in self.dropped(key, each)),
            fails=self.word(said, "fails") if "fails" in said else None,
        )

    def inside(self, said: dict[str, Value], key: str) -> list[tuple[str, Value]]:
        return list(self.mapping(said[key], key, line_of(said, key)).items()) if said.get(key) is not None else []

    def given(self, name: str, said: Value) -> Given:
        line = _line(name)
        if said is None or isinstance(said, list):
            return Given(name=str(name), line=line, rows=self.rows(said or [], name))
        if isinstance(said, Word):
            return Given(name=str(name), line=line, csv=str(said))
        self.keys(said, _GIVEN, f"the input {name}")
        ways = [key for key in ("rows", "csv", "files") if key in said]
        if len(ways) > 1:
            raise self.wrong(line, f"{name} is given as {ways[0]} and as {ways[1]}", "say one of them")
        files = said.get("files") or []
        files = files if isinstance(files, list) else [files]
        return Given(
            name=str(name),
            line=line,
            rows=self.rows(said.get("rows") or [], name),
            csv=self.word(said, "csv") if "csv" in said else None,
            files=tuple(str(each) for each in files),
            columns=self.word(said, "columns"),
        )

    def expected(self, name: str, said: Value) -> Expected:
        line, mode, ordered = _line(name), "exact", False
        if isinstance(said, dict):
            self.keys(said, _EXPECTED, f"what is expected of {name}")
            mode, ordered = self.word(said, "mode") or mode, self.word(said, "ordered") == "true"
            said = said.get("rows")
        if mode not in ("exact", "subset"):
            raise self.wrong(line, f"the mode of {name} cannot be {mode[:40]}", "say exact or subset")
        rows = self.rows(said or [], name)
        for row in rows[1:]:
            if set(row) != set(rows[0]):
                odd = next(iter(set(row) ^ set(rows[0])))
                raise self.wrong(
                    line_of(dict(row)), f"not every row of {name} says its {odd}", "name the same columns in each row"
                )
        return Expected(dataset=str(name), line=line, rows=rows, subset=mode == "subset", ordered=ordered)

    def dropped(self, name: str, said: Value) -> Iterator[Dropped]:
        parts = said.items() if isinstance(said, dict) else [("", said)]
        for expectation, many in parts:
            if not isinstance(many, Word) or not (many.isascii() and many.isdecimal()):
                raise self.wrong(
                    _line(name), f"dropped of {name} is no number", f"say {name}: 2, or a number for each expectation"
                )
            yield Dropped(dataset=str(name), expectation=str(expectation), many=int(many), line=_line(name))

    def rows(self, said: Value, name: str) -> tuple[Row, ...]:
        found = self.list(said, name, _line(name))
        return tuple(self.mapping(each, f"a row of {name}", _line(name)) for each in found)

    # --- forms ---------------------------------------------------------------------------------------------------

    def keys(self, said: dict[str, Value], known: Sequence[str], what: str) -> None:
        for key in said:
            if key not in known:
                near = get_close_matches(key, known, 1)
                fix = f"write {near[0]}" if near else f"its keys are {', '.join(known)}"
                raise self.wrong(_line(key), f"{what} has no {key[:40]}", fix)

    def mapping(self, said: Value, what: str, line: int) -> dict[str, Value]:
        if isinstance(said, dict):
            return said
        raise self.wrong(line_of(said) or line, f"{what} is no mapping", "write key: value lines, or {key: value}")

    def list(self, said: Value, what: str, line: int) -> list[Value]:
        if isinstance(said, list):
            return said
        raise self.wrong(line_of(said) or line, f"{what} is no list", "begin each of its parts with -")

    def word(self, said: dict[str, Value], key: str) -> str:
        value = said.get(key)
        if value is None or isinstance(value, Word):
            return str(value or "")
        raise self.wrong(line_of(said, key), f"{key} is no text", "write it behind the colon")

    def wrong(self, line: int, what: str, fix: str) -> CaseError:
        return CaseError(f"{self.shown}:{line}: {what}", why="the test cannot be followed", fix=fix)


def _line(key: Any) -> int:
    return int(getattr(key, "line", 0))
