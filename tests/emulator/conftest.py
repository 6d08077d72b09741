"""A workspace for each test, and the real SDK as its client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient

from ldp_magic.emulator import Workspace, workspace
from tests.emulator.client import connected


@pytest.fixture
def w() -> Iterator[Workspace]:
    """A workspace in which updates really run."""
    with workspace() as one:
        yield one


@pytest.fixture
def client(w: Workspace) -> WorkspaceClient:
    return connected(w)


@pytest.fixture
def scripted() -> Iterator[Workspace]:
    """A workspace in which no update really runs."""
    with workspace(scripted=True) as one:
        yield one


@pytest.fixture
def start() -> Iterator[Callable[..., Workspace]]:
    """Workspaces as a test wants them."""
    found: list[Workspace] = []

    def started(**said: Any) -> Workspace:
        found.append(Workspace(**said))
        return found[-1]

    yield started
    for one in found:
        one.close()
