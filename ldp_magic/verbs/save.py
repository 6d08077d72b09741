"""Write the cells of this notebook as files, one for each dataset.

A file is called after its dataset. One that holds something else than ldp save wrote there is left alone.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs

FOLDER = "transformations"
What: TypeAlias = Literal["written", "changed", "as it was"]


def save(folder: str | os.PathLike[str] = FOLDER, *, force: bool = False) -> Saved:
    """Write the datasets of the notebook into *folder*; by *force* also over files that somebody else wrote."""
    from ldp_magic.author.files import Kept, files_of
    from ldp_magic.project.live import must_be_here
    from ldp_magic.settings import find

    notebook = must_be_here("save", "it writes the cells that a notebook holds")
    files = files_of(notebook.cells)
    if not files:
        raise LdpError("this notebook has no dataset to save", fix="run a %%ldp cell that creates one")
    kept = Kept.at(find(".").root)
    targets = {Path(os.path.abspath(folder), file.name): file for file in files}
    if not force and (foreign := [path for path, file in targets.items() if not kept.may_write(path, file.text)]):
        raise _foreign(foreign)
    Path(folder).mkdir(parents=True, exist_ok=True)
    owners = {file.label: notebook.owner_of(file.label) for file in files}
    done = [(path, kept.write(path, file.text, owners[file.label])) for path, file in targets.items()]
    kept.remember()
    return Saved(tuple((_shown(path), what) for path, what in done))


def _foreign(paths: list[Path]) -> LdpError:
    more = f" and {len(paths) - 1} more hold" if len(paths) > 1 else " holds"
    return LdpError(
        f"{_shown(paths[0])}{more} something else than this notebook would write there",
        why="ldp save only writes over what it wrote itself, and nothing was written",
        fix="say --force to write over it, or name another folder",
    )


def _shown(path: Path) -> str:
    from ldp_magic.settings import path_shown

    return path_shown(path)


@dataclass(frozen=True, slots=True)
class Saved:
    """The files, and what became of each."""

    files: tuple[tuple[str, What], ...]

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each file."""
        from ldp_magic.show.pen import Pen, Run
        from ldp_magic.show.table import Column, table

        pen = Pen.of(width, color, glyphs)
        many = len(self.files)
        rows = [[pen.state("ok"), Run(pen.theirs(name)), Run(what)] for name, what in self.files]
        head = pen.line([Run(f"{many} file{'' if many == 1 else 's'}", "bold")])
        return "\n".join([head, *table((Column("", cuts="never"), Column("file"), Column("")), rows, pen)])

    def json(self) -> list[dict[str, str]]:
        """The same as plain values."""
        return [{"file": name, "state": what} for name, what in self.files]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("text", self.text())


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp save`."""
    parser.add_argument("folder", nargs="?", default=FOLDER, help=f"where the files go (default: {FOLDER})")
    parser.add_argument("--force", action="store_true", help="also write over files that ldp save did not write")


def command(args: Namespace) -> Saved:
    """`%ldp save [FOLDER] [--force]`."""
    return save(args.folder, force=args.force)
