"""What went wrong, why, and how to mend it: the one error that a user of this package meets."""

from __future__ import annotations

import re

# what is no text in a name that an error repeats: orders to a terminal, marks that turn the reading direction
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class LdpError(Exception):
    """Anything the user can act on: *what* happened, *why* it matters, the *fix* to type."""

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        lines = [self.what, self.why and f"  why  {self.why}", self.fix and f"  fix  {self.fix}"]
        return "\n".join(line for line in lines if line)

    def _render_traceback_(self) -> list[str]:
        """IPython asks for this, so a magic needs no try/except to show three lines."""
        return [_NO_TEXT.sub("", line) for line in ("✗ " + str(self)).split("\n")]


class UsageError(LdpError):
    """A command line that cannot be understood."""


class SourceError(LdpError):
    """A file that cannot be read."""


class SettingsError(LdpError):
    """A setting that says something we cannot follow."""
