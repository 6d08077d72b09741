"""A Databricks workspace on this machine: the real SDK and the real CLI talk to it, and updates really run.

with workspace() as w:
    client = WorkspaceClient(host=w.url, token=w.token)
    ...
    w.clock.advance(days=1)  # what is due on the way runs
    w.rows("main.web.visits")
    w.faults.add("POST /api/2.0/pipelines", status=504, after=True)
    w.requests  # each as it came
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace, workspace

__all__ = ["Workspace", "workspace"]


def __getattr__(name: str) -> object:
    """The server is loaded with its first use: pytest imports this package in every project."""
    if name in __all__:
        module = import_module(f"{__name__}.workspace")
        globals().update({each: getattr(module, each) for each in __all__})  # over the file of the same name
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
