"""pytest collects the same files as `ldp test`: each test in them is an item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ldp_magic.testing.case import Case
    from ldp_magic.testing.outcome import Outcome

FOLDER = "tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--no-ldp` leaves the tests of pipelines to `ldp test`."""
    group = parser.getgroup("ldp", "tests of declarative pipelines")
    group.addoption("--no-ldp", action="store_true", help="do not collect tests of pipelines")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The tests of a file, if it holds some. Nothing is loaded for a file that cannot."""
    if file_path.suffix.lower() not in (".yml", ".yaml", ".sql") or FOLDER not in file_path.parts:
        return None
    from ldp_magic.testing.files import is_test

    if parent.config.getoption("--no-ldp") or not is_test(file_path):
        return None
    found: pytest.Collector = PipelineFile.from_parent(parent, path=file_path)
    return found


class Failed(Exception):
    """A test of a pipeline that has not passed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.case.name)
        self.outcome = outcome


class PipelineFile(pytest.File):
    """A file with tests of a pipeline."""

    def collect(self) -> Iterator[pytest.Item]:
        from ldp_magic.errors import LdpError
        from ldp_magic.testing.files import read

        try:
            cases = read(self.path)
        except LdpError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield PipelineTest.from_parent(self, name=case.name, case=case)


class PipelineTest(pytest.Item):
    """One test of a pipeline."""

    def __init__(self, *, case: Case, **more: Any) -> None:
        super().__init__(**more)
        self.case = case

    def runtest(self) -> None:
        from ldp_magic.testing.running import Subject, run

        known: dict[Path, Subject] = self.config.stash.setdefault(_SUBJECTS, {})
        folder = self.path.parent
        if folder not in known:
            known[folder] = Subject.at(self.path)
        outcome = run(known[folder], self.case)
        if not outcome.passed:
            raise Failed(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from ldp_magic.errors import LdpError
        from ldp_magic.testing.telling import lines

        if isinstance(excinfo.value, Failed):
            return "\n".join(lines(excinfo.value.outcome))
        return str(excinfo.value) if isinstance(excinfo.value, LdpError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, max(self.case.line - 1, 0), self.case.name


_SUBJECTS: pytest.StashKey[dict[Path, Any]] = pytest.StashKey()
