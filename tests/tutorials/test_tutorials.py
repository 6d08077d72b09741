"""The tutorials are run from the top, and every output is what is saved below its cell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "tutorials").glob("*.ipynb"))
STRICT = [
    "-p",
    "no:cacheprovider",
    "-o",
    "addopts=",
    "--nbval",
    "--nbval-current-env",
]  # no output is ignored, none is bent


def run(tutorial: Path, *words: str, python: str = sys.executable, **env: str) -> str:
    """What nbval says of a tutorial; every difference is a failure."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "LDP_"))}
    command = [python, "-m", "pytest", "-q", *STRICT, *words, str(tutorial)]
    done = subprocess.run(command, cwd=ROOT, env=known | env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_what_is_saved_is_what_comes_out(tutorial: Path):
    assert " passed" in run(tutorial)


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_saved_tutorial_is_readable_where_nothing_runs(tutorial: Path):
    book = nbformat.read(tutorial, as_version=4)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [each for each in outputs if each.output_type == "error"]
    assert all("text/plain" in each.data for each in outputs if each.output_type in ("execute_result", "display_data"))
    assert not [cell.source for cell in cells if "NBVAL_IGNORE_OUTPUT" in cell.source]
    assert tutorial.stat().st_size < 400_000
    assert all(ord(mark) not in range(0xE000, 0xF900) for mark in tutorial.read_text(encoding="utf-8"))
