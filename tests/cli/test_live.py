"""A running update on a terminal is one block in place, elsewhere a line for each change."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ldp_magic.cli.live import PAUSE, cut
from tests.cli.screen import Screen
from tests.readme import ROOT

CHILD = str(Path(__file__).with_name("live_update.py"))
WORDS = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals to watch")


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "TERM", "COLUMNS", "LINES")}
    return kept | WORDS | {"TERM": "xterm"} | more


class Watched:
    """A child whose stderr is a terminal of a known size, and stdout, too, if there is a folder to work in."""

    def __init__(self, columns: int, rows: int, *words: str, folder: Path | None = None, **more: str) -> None:
        import pty

        self.screen = Screen(columns, rows)
        self.ours, theirs = pty.openpty()
        self._resize(columns, rows)
        command = [sys.executable, *(["-m", "ldp_magic"] if folder else [CHILD]), *words]
        out = theirs if folder else subprocess.PIPE
        self.child = subprocess.Popen(command, env=_environment(**more), stderr=theirs, stdout=out, cwd=folder)
        os.close(theirs)
        self._rest = b""

    def _resize(self, columns: int, rows: int) -> None:
        import fcntl
        import termios

        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        self.read(0)
        self._resize(columns, rows)
        self.screen.resize(columns, rows)

    def read(self, wait: float) -> bool:
        """Take what comes within that time; False at the end."""
        until = time.monotonic() + wait
        while select.select([self.ours], [], [], max(until - time.monotonic(), 0))[0]:
            try:
                said = os.read(self.ours, 65_536)
            except OSError:
                return False
            if not said:
                return False
            said = self._rest + said
            whole = said.rfind(b"\n") + 1 if b"\n" in said else 0
            whole = max(whole, said.rfind(b"J") + 1)  # a drawing ends with one
            self.screen.write(said[:whole].decode().replace("\r\n", "\n\r"))
            self._rest = said[whole:]
        return True

    def until(self, text: str) -> None:
        for _ in range(600):
            self.read(0.1)
            if text in "\n".join(self.screen.seen):
                return
        raise AssertionError(f"{text} never came: {self.screen.seen}")

    def end(self) -> int:
        while self.read(1):
            pass
        self.screen.write(self._rest.decode())
        return self.child.wait(60)


@contextmanager
def watched(columns: int, rows: int, *words: str, folder: Path | None = None, **more: str) -> Iterator[Watched]:
    one = Watched(columns, rows, *words, folder=folder, **more)
    try:
        yield one
    finally:
        one.child.kill()
        one.child.wait()
        if one.child.stdout:
            one.child.stdout.close()
        os.close(one.ours)


@unix
def test_one_block_is_redrawn_in_place_and_stays():
    with watched(100, 30, "3", "0.3", "stay") as one:
        assert one.end() == 0
        lines = one.screen.seen
        assert [re.sub(r"\b[\d.]+ s\b|< 0.01 s| {9,}", "T", line) for line in lines[:2]] == [
            "✓ done  update 7  dev · embedded · all flowsTtook T",
            "✓ initialize T › ✓ run flows 3 of 3 done",
        ]
        assert [line.split()[:3] for line in lines[4:]] == [
            ["✓", "done", f"a_flow_with_a_long_name_00{n}"] for n in range(3)
        ]
        assert one.screen.said.count("\x1b[J") > 3, "it was drawn while it ran"


@unix
def test_it_is_drawn_at_most_eight_times_a_second():
    began = time.monotonic()
    with watched(100, 30, "300", "0.003", "stay") as one:
        assert one.end() == 0
        drawings = one.screen.said.count("\x1b[J")
    assert drawings <= (time.monotonic() - began) / PAUSE + 2


@unix
def test_what_follows_may_take_its_place():
    with watched(100, 30, "2", "0.2", "gone") as one:
        assert one.end() == 0
        assert one.screen.seen == [] and "run flows" in one.screen.said


@unix
@pytest.mark.parametrize("columns", [100, 61, 30])
def test_more_flows_than_rows_and_fewer_columns_than_letters(columns: int):
    with watched(columns, 12, "40", "0.02", "stay") as one:
        assert one.end() == 0
        lines = one.screen.seen
        assert len(lines) <= 12 and all(len(line) < columns for line in lines)
        assert lines[-1].startswith("  … 34 more: 34 done") and sum("✓ done" in line for line in lines) == 7


@unix
def test_a_window_that_becomes_narrower_and_wider_keeps_one_block():
    with watched(110, 30, "4", "0.2", "hang") as one:
        one.until("● running    a_flow_with_a_long_name_003")
        one.resize(60, 30)
        one.until("3 of 4 done › ○ finish")
        one.read(0.8)
        one.resize(90, 20)
        one.read(0.8)
        said = "\n".join(one.screen.seen)
        assert said.count("update 7") == said.count("● running    a_flow") == said.count("  state ") == 1, said


@unix
def test_an_interrupt_leaves_the_last_state():
    with watched(100, 30, "2", "0.05", "hang") as one:
        one.until("● running    a_flow_with_a_long_name_001")
        one.child.send_signal(signal.SIGINT)
        assert one.end() != 0
        lines = one.screen.seen
        assert lines[0].startswith("● running  update 7") and lines[4].startswith("✓ done       a_flow")
        assert lines[5].startswith("● running    a_flow") and "KeyboardInterrupt" in lines[-1]


@unix
def test_ldp_run_shows_its_end_once(tmp_path: Path):
    (tmp_path / "ldp.toml").write_text("")
    (tmp_path / "a.sql").write_text(
        "CREATE MATERIALIZED VIEW a AS SELECT 1 AS x;\n"
        "CREATE MATERIALIZED VIEW b (CONSTRAINT c EXPECT (x > 1) ON VIOLATION FAIL UPDATE) AS SELECT x FROM a;\n"
    )
    with watched(100, 30, "run", folder=tmp_path) as one:
        assert one.end() == 1
        said = "\n".join(one.screen.seen)
        assert one.screen.said.count("\x1b[J") > 1, "it was drawn while it ran"
        assert said.startswith("✗ failed  update 1  dev · embedded") and said.count("update 1") == 1, said
        assert said.count("run flows") == 1 and "\n✗ b stopped: expectation c failed for 1 of 1 rows\n" in said


@unix
def test_colour_is_on_the_signs_only():
    with watched(100, 30, "1", "0.05", "stay", NO_COLOR="", FORCE_COLOR="1") as one:
        assert one.end() == 0
        assert "\x1b[32m✓\x1b[0m done       a_flow" in one.screen.said


@unix
@pytest.mark.parametrize("more", [{"CI": "true"}, {"TERM": "dumb"}])
def test_a_log_gets_a_line_for_each_change(more: dict[str, str]):
    with watched(100, 30, "2", "0.01", "stay", **more) as one:
        assert one.end() == 0
        lines = [line.partition("  ")[2] for line in one.screen.seen]
        assert [re.sub(r"\b[\d.]+ s\b|< 0.01 s", "T", line) for line in lines] == [
            "● update 7 started, dev, embedded, 2 flows",
            "✓ a_flow_with_a_long_name_000 done: 0 rows",
            "✓ a_flow_with_a_long_name_001 done: 1 row",
            "✓ update 7 done after T: 2 done",
        ]
        assert not one.screen.orders


def test_a_pipe_gets_lines_and_ascii_where_it_must():
    words = [sys.executable, CHILD, "1", "0", "stay"]
    said = subprocess.run(words, env=_environment(LDP_ASCII="1"), capture_output=True, timeout=60, check=True).stderr
    assert said.isascii() and b"  + a_flow_with_a_long_name_000 done: 0 rows" in said and b"\x1b" not in said


@unix
def test_an_update_goes_on_when_nobody_reads():
    ours, theirs = os.pipe()
    os.close(ours)
    words = [sys.executable, CHILD, "3", "0.01", "stay"]
    child = subprocess.run(words, env=_environment(), stderr=theirs, stdout=subprocess.PIPE, timeout=60)
    os.close(theirs)
    assert child.returncode == 0


@pytest.mark.parametrize(
    ("line", "room", "kept"),
    [
        pytest.param("plain", 3, "pla", id="plain"),
        pytest.param("plain", 5, "plain", id="fits"),
        pytest.param("\x1b[32m✓\x1b[0m done and more", 4, "\x1b[32m✓\x1b[0m do\x1b[0m", id="colour counts nothing"),
        pytest.param("表表表", 5, "表表", id="wide letters are whole"),
    ],
)
def test_cut(line: str, room: int, kept: str):
    assert cut(line, room) == kept
