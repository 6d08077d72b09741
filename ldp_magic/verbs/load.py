"""Bring pipeline files into this notebook, as if their text stood in cells of it.

A cell that defines the same dataset takes its place as soon as it runs.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Any

from ldp_magic.errors import LdpError, SourceError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, listed
from ldp_magic.verbs.save import FOLDER


def load(paths: Paths = FOLDER, *, force: bool = False, env: str | None = None) -> Loaded:
    """Take the files at *paths* in; by *force* also over what cells of the notebook say."""
    from ldp_magic.author.files import Kept
    from ldp_magic.project import find as find_project
    from ldp_magic.project.live import must_be_here
    from ldp_magic.settings import find

    notebook = must_be_here("load", "it brings files into the session of a notebook")
    project = find_project([os.path.abspath(path) for path in listed(paths)], env=env)
    cells = tuple(dict.fromkeys(cell for members in project.pipelines for cell in members.cells))
    if not cells:
        raise project.errors[0] if project.errors else _nothing(listed(paths))
    kept = Kept.at(find(".").root)
    owners = {cell: kept.owner(cell.source.name) for cell in cells}
    names = notebook.take(cells, force=force, owners=owners)
    return Loaded(names, len({cell.source.name for cell in cells}), project.errors)


def _nothing(paths: list[str | os.PathLike[str]]) -> LdpError:
    return LdpError(
        f"no pipeline code lies in {', '.join(map(str, paths))}",
        why="files count that create a dataset or a flow",
        fix="name a file or a folder with such files",
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came in."""

    names: tuple[str, ...]
    files: int
    errors: tuple[SourceError, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The datasets by their names."""
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        count = f"{len(self.names)} dataset{'' if len(self.names) == 1 else 's'}"
        files = f"{self.files} file{'' if self.files == 1 else 's'}"
        return pen.hanging(f"{pen.state('ok').text} {count} from {files}  ", pen.theirs(", ".join(self.names)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("text", self.text())


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp load`."""
    parser.add_argument("paths", nargs="*", default=[FOLDER], help=f"files or folders (default: {FOLDER})")
    parser.add_argument("--force", action="store_true", help="also where a cell says something else of that dataset")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")


def command(args: Namespace) -> Loaded:
    """`%ldp load [PATHS] [--force]`."""
    return load(args.paths or [FOLDER], force=args.force, env=args.env)
