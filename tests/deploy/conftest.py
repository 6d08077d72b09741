"""A project and a workspace of its own for each test; nothing of the machine's own logins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ldp_magic.deploy import follow, workspace
from ldp_magic.emulator import workspace as emulated
from tests.deploy.lab import SETTINGS, SQL, Lab


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("DATABRICKS_", "ARM_", "GOOGLE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(home / ".databrickscfg"))


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a service waits less for one on this machine."""
    monkeypatch.setattr(workspace, "PAUSE", 0.01)
    monkeypatch.setattr(follow, "PAUSES", ((float("inf"), 0.05),))


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Lab]:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "ldp.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(root)
    with emulated(scripted=True) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        found = Lab(root, emulator, capsys)
        for name, text in SQL.items():
            found.write(name, text)
        yield found
