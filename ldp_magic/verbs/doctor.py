"""Say what is missing or in the way in this Python, and what cures it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.engine.packages import Check


def doctor() -> Doctor:
    """What was looked at, one check after the other; the last one starts the embedded engine and asks it something."""
    from ldp_magic.engine.health import checks

    return Doctor(checks())


@dataclass(frozen=True, slots=True)
class Doctor:
    """The checks, to be shown."""

    checks: tuple[Check, ...]
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        """What is only not installed is no finding: nobody needs everything."""
        return 1 if any(each.state == "error" for each in self.checks) else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each check, and below those that are not well the way out."""
        from ldp_magic.show.checks import text
        from ldp_magic.show.pen import Pen
        from ldp_magic.verbs.graph import json_text

        return json_text(self.json()) if self.as_json else text(self.checks, Pen.of(width, color, glyphs))

    def json(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return [
            {"name": each.name, "state": each.state, "found": each.found, "why": each.why, "fix": each.fix}
            for each in self.checks
        ]


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp doctor`."""
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def command(args: Namespace) -> Doctor:
    """`ldp doctor [--json]`."""
    return Doctor(doctor().checks, args.json)
