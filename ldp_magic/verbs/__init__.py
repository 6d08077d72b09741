"""The verbs, one file each: a docstring whose first line is the help, `arguments`, `command`, and the function itself.

Adding a verb is adding a file. Nothing here imports a verb before it is used.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Literal, Protocol, TypeAlias, cast

Glyphs: TypeAlias = Literal["unicode", "ascii"]


# what a verb is for, in the order of the work; one that stands nowhere is listed at the end
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("write", ("init", "import", "convert", "lint", "explain", "rules", "lock", "settings")),
    ("look", ("graph", "lineage", "preview", "sql", "sample")),
    ("run on this machine", ("run", "expectations", "quarantine", "events", "history", "clean")),
    ("be sure", ("test", "rehearse", "report")),
    ("deploy", ("check", "plan", "deploy", "schedule", "cron", "export", "destroy")),
    ("follow what was deployed", ("start", "follow", "stop", "status", "repair")),
    ("in a notebook", ("save", "load", "forget")),
    ("this installation", ("doctor", "engine", "emulator")),
)


class Shown(Protocol):
    """What a verb returns: a value that can be shown, and the exit code it stands for (0 fine, 1 findings)."""

    @property
    def exit_code(self) -> int: ...

    def text(self, width: int, color: bool, glyphs: Glyphs) -> str:
        """The value for a terminal. With `ascii` every character of ours is ASCII; the surface escapes the rest."""
        ...


def silent(text: str) -> None:
    """Where nobody looks: progress is told to nobody."""


class Verb(Protocol):
    """What a verb's file holds, besides the public function that carries the verb's name."""

    __doc__: str | None

    def arguments(self, parser: ArgumentParser) -> None: ...

    def command(self, args: Namespace) -> Shown: ...


def names() -> list[str]:
    """The verbs as they are typed, in order of the alphabet."""
    return sorted(module.name.rstrip("_").replace("_", "-") for module in iter_modules(__path__) if not module.ispkg)


def grouped() -> list[tuple[str, list[str]]]:
    """The verbs by what they are for."""
    known = names()
    found = [(title, [each for each in some if each in known]) for title, some in GROUPS]
    others = [each for each in known if not any(each in some for _, some in GROUPS)]
    return [(title, some) for title, some in [*found, ("others", others)] if some]


def verb(name: str) -> Verb:
    """The verb of that name, imported."""
    return cast(Verb, import_module(_module(name)))


def summary(name: str) -> str:
    """The first line of the verb's docstring, read without importing what the verb needs."""
    import ast

    spec = find_spec(_module(name))
    source = getattr(spec and spec.loader, "get_source", lambda _: None)(_module(name))
    doc = ast.get_docstring(ast.parse(source)) if source else verb(name).__doc__
    return (doc or "").strip().partition("\n")[0].rstrip(".")


def _module(name: str) -> str:
    stem = name.replace("-", "_")
    found = {module.name for module in iter_modules(__path__)}
    return f"{__name__}.{stem if stem in found else stem + '_'}"
