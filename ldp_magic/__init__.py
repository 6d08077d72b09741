"""Declarative pipelines where you write them: `ldp VERB` in a terminal, `ldp_magic.VERB()` in Python."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldp_magic.verbs.check import check
    from ldp_magic.verbs.convert import convert
    from ldp_magic.verbs.cron import cron
    from ldp_magic.verbs.deploy import deploy
    from ldp_magic.verbs.destroy import destroy
    from ldp_magic.verbs.doctor import doctor
    from ldp_magic.verbs.emulator import emulator
    from ldp_magic.verbs.events import events
    from ldp_magic.verbs.expectations import expectations
    from ldp_magic.verbs.explain import explain
    from ldp_magic.verbs.export import export
    from ldp_magic.verbs.follow import follow
    from ldp_magic.verbs.forget import forget
    from ldp_magic.verbs.graph import graph
    from ldp_magic.verbs.history import history
    from ldp_magic.verbs.import_ import import_
    from ldp_magic.verbs.init import init
    from ldp_magic.verbs.lineage import lineage
    from ldp_magic.verbs.lint import lint
    from ldp_magic.verbs.load import load
    from ldp_magic.verbs.lock import lock
    from ldp_magic.verbs.plan import plan
    from ldp_magic.verbs.preview import preview
    from ldp_magic.verbs.quarantine import quarantine
    from ldp_magic.verbs.rehearse import rehearse
    from ldp_magic.verbs.repair import repair
    from ldp_magic.verbs.report import report
    from ldp_magic.verbs.rules import rules
    from ldp_magic.verbs.run import run
    from ldp_magic.verbs.sample import sample
    from ldp_magic.verbs.save import save
    from ldp_magic.verbs.schedule import schedule
    from ldp_magic.verbs.settings import settings
    from ldp_magic.verbs.sql import sql
    from ldp_magic.verbs.start import start
    from ldp_magic.verbs.status import status
    from ldp_magic.verbs.stop import stop
    from ldp_magic.verbs.test import test

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "check",
    "convert",
    "cron",
    "deploy",
    "destroy",
    "doctor",
    "emulator",
    "events",
    "expectations",
    "explain",
    "export",
    "follow",
    "forget",
    "graph",
    "history",
    "import_",
    "init",
    "lineage",
    "lint",
    "load",
    "lock",
    "plan",
    "preview",
    "quarantine",
    "rehearse",
    "repair",
    "report",
    "rules",
    "run",
    "sample",
    "save",
    "schedule",
    "settings",
    "sql",
    "start",
    "status",
    "stop",
    "test",
]

_VERBS = Path(__file__).parent / "verbs"


def load_ipython_extension(shell: object) -> None:
    """`%load_ext ldp_magic`: the magics `%%ldp` and `%ldp`."""
    import_module(f"{__name__}.notebook").load(shell)


def unload_ipython_extension(shell: object) -> None:
    """`%unload_ext ldp_magic`: everything as it was before."""
    import_module(f"{__name__}.notebook").unload(shell)


def __getattr__(name: str) -> object:
    """A verb's function, imported with its first use: loading this package loads nothing heavy."""
    if not _is_verb(name):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.verbs.{name}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *filter(_is_verb, (file.stem for file in _VERBS.glob("*.py")))})


def _is_verb(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_") and (_VERBS / f"{name}.py").is_file()


class _Package(ModuleType):
    """This package. Where a room and a verb share a name, the package's attribute is the verb, whatever was imported.

    Without this, `import ldp_magic.settings` anywhere would put the room over `ldp_magic.settings()`.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and _is_verb(name)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
