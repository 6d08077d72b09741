"""An example as its reader has it: copied, with files that land part by part, and an update after each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import ldp_magic
from ldp_magic.testing.files import found, read
from ldp_magic.testing.running import Subject, run_all
from tests.runs.project import Project

EXAMPLES = Path(ldp_magic.__file__).parents[1] / "examples"
PARTS = 3
MADE = ("data", ".ldp", "__pycache__", "report.html")
Row = dict[str, Any]


@dataclass
class Example:
    """A copy of one of them, and the lines that have landed so far, by part."""

    name: str
    root: Path
    landed: list[dict[str, list[str]]] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, folder: Path) -> Example:
        shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns(*MADE))
        return cls(name, folder / name)

    def land(self, part: int, *more: str) -> None:
        """A part of the files arrives; its lines are kept, by folder."""
        before = set(self.root.glob("data/*/*"))
        words = ["--part", f"{part}/{PARTS}", "--out", str(self.root / "data"), *more]
        subprocess.run([sys.executable, str(self.root / "generate.py"), *words], check=True, cwd=self.root)
        new = sorted(set(self.root.glob("data/*/*")) - before)
        self.landed.append({path.parent.name: path.read_text(encoding="utf-8").splitlines() for path in new})

    def update(self, *pipelines: str) -> None:
        """One update of each pipeline, which has to go well."""
        for pipeline in pipelines or (None,):
            ran = ldp_magic.run(self.root, pipeline=pipeline)
            assert ran.exit_code == 0, ran.text()

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, as anybody reads its files."""
        return Project(self.root).rows(table)

    def failed_tests(self) -> tuple[int, list[str]]:
        """How many tests stand beside it, and which of them fail."""
        cases = [case for path in found([self.root]) for case in read(path)]
        outcomes = run_all(Subject.at(self.root), cases)
        return len(cases), [f"{each.case.name}: {each.wrong}" for each in outcomes if not each.passed]

    def problems(self, *environments: str) -> list[str]:
        """What lint and check find wrong; advice is none."""
        found = [str(each) for each in ldp_magic.lint(self.root).findings if each.severity != "info"]
        return found + [each.what for env in environments for each in ldp_magic.check(self.root, env=env).problems]


def arrived(name: str, folder: Path, *pipelines: str) -> Example:
    """The example after three parts, each with its update."""
    example = Example.of(name, folder)
    for part in range(1, PARTS + 1):
        example.land(part)
        example.update(*pipelines)
    return example


# --- what streams do, in plain Python -----------------------------------------------------------------------------


def once(batches: Iterable[list[Row]], key: str, time: str, delay: timedelta) -> list[list[Row]]:
    """Each row once: what is older than the watermark is late, and keys are forgotten when it has passed them."""
    mark, known = datetime.min.replace(tzinfo=timezone.utc), dict[Any, datetime]()
    out = []
    for batch in batches:
        fresh: dict[Any, Row] = {}
        for row in batch:
            if row[time] > mark and row[key] not in known:
                fresh.setdefault(row[key], row)
        known |= {name: row[time] + delay for name, row in fresh.items()}
        mark = max([mark, *(row[time] - delay for row in batch)])
        known = {name: until for name, until in known.items() if until > mark}
        out.append(list(fresh.values()))
    return out


def closed(
    batches: Iterable[list[Row]], time: str, delay: timedelta, size: timedelta
) -> tuple[list[tuple[datetime, Row]], int]:
    """The rows of windows that are over, each with the start of its window; and how many rows are in open ones."""
    mark, kept, out = datetime.min.replace(tzinfo=timezone.utc), list[tuple[datetime, Row]](), []
    for batch in batches:
        rows = [(start_of(row[time], size), row) for row in batch]
        kept += [(start, row) for start, row in rows if start + size > mark]
        mark = max([mark, *(row[time] - delay for row in batch)])
        out += [pair for pair in kept if pair[0] + size <= mark]
        kept = [pair for pair in kept if pair[0] + size > mark]
    return out, len(kept)


def start_of(moment: datetime, size: timedelta) -> datetime:
    """The window that a moment lies in."""
    zero = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return zero + (moment - zero) // size * size


def moment(text: object) -> datetime | None:
    """ISO time in UTC; none where it is none."""
    try:
        found = datetime.fromisoformat(str(text).removesuffix("Z"))
    except ValueError:
        return None
    return found.replace(tzinfo=timezone.utc)


def parsed(line: str) -> Row | None:
    """A line of JSON, if it is an object."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def check(rows: Iterable[Mapping[str, Any]], expected: Iterable[Mapping[str, Any]]) -> None:
    """These have to be the expected rows, in any order, in the columns that are expected."""
    wanted = [dict(row) for row in expected]
    assert wanted, "nothing is expected"
    shown = Counter(_plain({name: row[name] for name in wanted[0]}) for row in rows)
    asked = Counter(map(_plain, wanted))
    missing, odd = list((asked - shown).elements()), list((shown - asked).elements())
    assert not missing and not odd, f"{len(missing)} are missing: {missing[:3]}; {len(odd)} are odd: {odd[:3]}"


def _plain(row: Row) -> str:
    moments = {name: value.astimezone(timezone.utc) for name, value in row.items() if isinstance(value, datetime)}
    return repr({**row, **moments})
