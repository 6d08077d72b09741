"""git takes the diffs, whatever the lines hold."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ldp_magic.show.diff import diff
from ldp_magic.text import Source

TEXTS = {
    "plain": "SELECT 1\nFROM a;\n",
    "no end of line": "SELECT 1\nFROM a",
    "windows": "SELECT 1\r\nFROM a;\r\n",
    "a form feed": "SELECT '\f'\nFROM a;\n",
    "a line separator": "SELECT '\u2028', '\x85'\nFROM a;\n",
    "a lone CR": "SELECT 1\rFROM a;\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_git_applies_it(tmp_path: Path, text: str) -> None:
    mended = text.replace("FROM a", "FROM STREAM(a)")
    held = tmp_path / "t.sql"
    held.write_bytes(text.encode())
    said = diff(Source("t.sql", None, text), mended).encode()
    subprocess.run(["git", "apply", "-p0", "-"], input=said, cwd=tmp_path, check=True, capture_output=True)
    assert held.read_bytes() == mended.encode()


def test_a_cell_is_named_and_nothing_changed_says_nothing() -> None:
    assert diff(Source("nb.ipynb", "3", "SELECT 1"), "SELECT 2").startswith("--- nb.ipynb[3]\n+++ nb.ipynb[3]\n")
    assert diff(Source("t.sql", None, "SELECT 1"), "SELECT 1") == ""
