"""Write a new project that lints clean and runs at once.

It holds a pipeline in SQL files and a notebook, settings for dev and prod, sample data, a README and a check for
GitHub. No file that is there already is touched.
"""

from __future__ import annotations

import os
import re
import shlex
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.verbs import Glyphs


def init(name: str | os.PathLike[str] = ".") -> Started:
    """Write a project into the folder *name*, which is made if it is not there."""
    from ldp_magic.author.project import OWN, files
    from ldp_magic.project import write_text

    folder = Path(os.path.abspath(name))
    called = _called(folder.name)
    every = files(called, re.sub(r"\W|^(?=\d)", "_", called, flags=re.ASCII).lower())
    there = [path for path in every if os.path.lexists(folder / path)]
    _refuse(folder, [path for path in there if path not in OWN])
    made = [path for path in every if path not in there]
    for path in made:
        _make(folder / path)
        write_text(folder / path, every[path])
    return Started(folder, called, tuple(made), tuple(there))


@dataclass(frozen=True, slots=True)
class Started:
    """A new project: its folder, its name, the files that were written, and those that stayed as they were."""

    folder: Path
    name: str
    files: tuple[str, ...]
    kept: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The files, and what to do next."""
        from ldp_magic.show.pen import Pen, Run

        pen = Pen.of(width, color, glyphs)
        head = pen.line([pen.state("ok"), Run(f" {pen.theirs(self.name)}", "bold"), Run(f"  {self._figures()}")])
        return "\n".join([head, "", *(f"  {path}" for path in self.files), *self._kept(), "", *self._next(pen)])

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"name": self.name, "folder": str(self.folder), "files": list(self.files), "kept": list(self.kept)}

    def _figures(self) -> str:
        return f"{len(self.files)} files written"

    def _kept(self) -> list[str]:
        return ["", f"left as they were: {', '.join(self.kept)}"] if self.kept else []

    def _next(self, pen: Any) -> list[str]:
        from ldp_magic.settings import path_shown

        where = path_shown(self.folder)
        steps = ["ldp lint", "ldp test", "ldp run", "ldp preview daily_revenue", "ldp report"]
        if where != ".":
            steps.insert(0, f"cd {pen.theirs(shlex.quote(where))}")
        return ["next:", *(f"  {step}" for step in steps)]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("init", self.text())


def _called(name: str) -> str:
    if re.fullmatch(r"\w[\w .-]{0,99}", name):
        return name
    raise UsageError(
        f"a project cannot be called {name[:60]!r}" if name else "the folder at the top of a disk has no name",
        why="its pipeline gets that name: letters, digits, and - _ . between them",
        fix="ldp init my_pipeline",
    )


def _refuse(folder: Path, there: list[str]) -> None:
    from ldp_magic.settings import path_shown

    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise LdpError(
            f"{path_shown(folder)} holds a part of a project already: {', '.join(there[:3])}{more}",
            why="no file is ever written over, and nothing was written",
            fix="name another folder: ldp init NAME",
        )


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LdpError(
            f"the folder of {path} cannot be made: {(error.strerror or str(error)).lower()}",
            why="the project is written there",
            fix="name a folder that can be written: ldp init NAME",
        ) from None


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp init`."""
    parser.add_argument("name", nargs="?", default=".", help="the folder, and the pipeline's name (default: this one)")


def command(args: Namespace) -> Started:
    """`ldp init [NAME]`."""
    return init(args.name)
