"""A lake in a folder that is gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.lake import Lake, Table
from tests.lake.rows import NUMBERS


@pytest.fixture(autouse=True)
def _links_go_elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "project")


@pytest.fixture
def table(lake: Lake) -> Table:
    """A table with one column of numbers and no rows."""
    return lake.look("orders").create(NUMBERS)
