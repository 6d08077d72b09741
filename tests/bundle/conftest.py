"""A workspace of its own for a test, and nothing of the machine's own logins."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldp_magic.deploy import follow, workspace
from ldp_magic.emulator import workspace as emulated
from ldp_magic.emulator.workspace import Workspace

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example, without what runs have left in it."""
    folder = tmp_path / "user_analytics"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".ldp", "data", "dist"))
    return folder


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace in which updates end at once, to which the variables of the process lead."""
    monkeypatch.setattr(workspace, "PAUSE", 0.01)
    monkeypatch.setattr(follow, "PAUSES", ((float("inf"), 0.05),))
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / ".databrickscfg"))
    with emulated(scripted=True) as one:
        for name, value in one.environment.items():
            monkeypatch.setenv(name, value)
        yield one
