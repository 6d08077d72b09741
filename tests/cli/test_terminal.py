"""What a stream can show."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping

import pytest

from ldp_magic.cli.terminal import Terminal, wants_color
from ldp_magic.errors import LdpError


class Tty(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("none")


@pytest.mark.parametrize(
    ("environ", "interactive", "color"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "xterm-256color"}, True, True),
    ],
)
def test_color(environ: Mapping[str, str], interactive: bool, color: bool):
    assert wants_color(environ, interactive) is color


@pytest.mark.parametrize(("when", "color"), [("auto", False), ("always", True), ("never", False)])
def test_the_flag_decides(when: str, color: bool):
    assert Terminal.of(io.StringIO(), {}).with_color(when).color is color
    assert Terminal.of(io.StringIO(), {"NO_COLOR": "1"}).with_color("always").color


@pytest.mark.parametrize(("columns", "width"), [(20, 80), (80, 80), (113, 113), (400, 140)])
def test_width_of_a_terminal_is_clamped_and_a_pipe_is_100(monkeypatch: pytest.MonkeyPatch, columns: int, width: int):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert (Terminal.of(Tty(), {}).width, Terminal.of(io.StringIO(), {}).width) == (width, 100)


@pytest.mark.parametrize(
    ("encoding", "environ", "glyphs"),
    [
        ("utf-8", {}, "unicode"),
        ("utf-16", {}, "unicode"),
        ("ascii", {}, "ascii"),
        ("cp1252", {}, "ascii"),
        ("cp437", {}, "ascii"),
        ("latin-1", {}, "ascii"),
        ("utf-8", {"LDP_ASCII": "1"}, "ascii"),
        ("utf-8", {"LDP_ASCII": "0"}, "unicode"),
    ],
)
def test_glyphs(encoding: str, environ: Mapping[str, str], glyphs: str):
    assert Terminal.of(io.TextIOWrapper(io.BytesIO(), encoding), environ).glyphs == glyphs


def test_what_an_ascii_stream_cannot_show_is_escaped_as_json_would():
    stream = io.StringIO()
    Terminal.of(stream, {"LDP_ASCII": "1"}).write("é 😀 \ud800\n")
    assert stream.getvalue() == "\\u00e9 \\ud83d\\ude00 \\ud800\n"


def test_an_error_wraps_under_its_text_on_a_terminal_and_not_in_a_pipe(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    error = LdpError("what", why="word " * 30 + "path/" * 40, fix="now")
    tty, pipe = Tty(), io.StringIO()
    Terminal.of(tty, {"NO_COLOR": "1"}).write_error(error)
    Terminal.of(pipe, {}).write_error(error)
    what, why, *more, fix = tty.getvalue().splitlines()
    assert (what, why[:7], fix) == ("✗ what", "  why  ", "  fix  now") and len(why) <= 80
    assert more and all(line.startswith("       ") for line in more) and "path/" * 40 in tty.getvalue()
    assert len(pipe.getvalue().splitlines()) == 3


def test_only_the_mark_has_color():
    stream = Tty()
    Terminal.of(stream, {}).write_error(LdpError("no ✗ here", fix="x"))
    assert stream.getvalue() == "\x1b[31m✗\x1b[0m no ✗ here\n  fix  x\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
def test_a_real_terminal():
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        terminal = Terminal.of(stream, {"TERM": "xterm"})
        assert terminal.interactive and terminal.color
        terminal.write("✓")
        assert os.read(ours, 100).decode() == "✓\r\n"
    os.close(ours)
