"""What went wrong, why, and how to mend it: the one error that a user of this package meets."""

from __future__ import annotations


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
        return ("✗ " + str(self)).splitlines()


class UsageError(LdpError):
    """A command line that cannot be understood."""


class SourceError(LdpError):
    """A file that cannot be read."""


class SettingsError(LdpError):
    """A setting that says something we cannot follow."""
