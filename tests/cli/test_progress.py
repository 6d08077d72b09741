"""Progress is a line on a terminal that goes away, and silence elsewhere."""

import io

from ldp_magic.cli.progress import Progress
from ldp_magic.cli.terminal import Terminal


def _terminal(interactive: bool) -> Terminal:
    return Terminal(io.StringIO(), interactive, 80, False, "unicode")


def test_a_long_command_tells_and_leaves_nothing() -> None:
    terminal = _terminal(True)
    progress = Progress(terminal, began=-10.0)
    progress("reading 12,000 files")
    progress("linting too soon after")
    progress.clear()
    said = terminal.stream.getvalue()
    assert said.startswith("\rreading 12,000 files …") and "too soon" not in said
    assert said.endswith("\r" + " " * len("reading 12,000 files …") + "\r")


def test_a_short_command_and_a_pipe_hear_nothing() -> None:
    for terminal, began in ((_terminal(True), None), (_terminal(False), -10.0)):
        progress = Progress(terminal) if began is None else Progress(terminal, began=began)
        progress("reading 3 files")
        progress.clear()
        assert terminal.stream.getvalue() == ""


def test_names_cannot_move_the_cursor_and_long_ones_are_cut() -> None:
    terminal = _terminal(True)
    Progress(terminal, began=-10.0)("linting \x1b[2J" + "n" * 300)
    said = terminal.stream.getvalue()
    assert "\x1b" not in said and len(said) <= 81
