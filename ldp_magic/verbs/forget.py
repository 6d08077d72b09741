"""Leave datasets of this notebook out, as if their cells had never run.

JupyterLab says itself which cells were deleted; other front ends do not, and there this does it.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs


def forget(names: str | Sequence[str]) -> Forgotten:
    """Leave these datasets out, or `all`."""
    from ldp_magic.project.live import must_be_here

    notebook = must_be_here("forget", "it is about the cells that a notebook holds")
    wanted = (names,) if isinstance(names, str) else tuple(names)
    known = notebook.names
    gone = notebook.forget(known if wanted == ("all",) else wanted)
    lacking = [name for name in wanted if name.lower() not in gone and name != "all"]
    if lacking and not gone:
        raise LdpError(
            f"no cell of this notebook makes {lacking[0][:80]}",
            why=f"its cells make {', '.join(known[:12])}" if known else "its cells make nothing",
            fix="%ldp graph shows them",
        )
    return Forgotten(gone)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left out."""

    names: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """The names."""
        from ldp_magic.show.pen import Pen

        pen = Pen.of(width, color, glyphs)
        return pen.hanging(f"{pen.state('ok').text} left out  ", pen.theirs(", ".join(self.names) or "nothing"))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("text", self.text())


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp forget`."""
    parser.add_argument("names", nargs="+", help="datasets, or all")


def command(args: Namespace) -> Forgotten:
    """`%ldp forget NAMES`."""
    return forget(args.names)
