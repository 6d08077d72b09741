"""pytest with the plugin: the same files, the same answers."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from tests.testing.orders import project

TESTS = """tests:
- name: right
  input: {orders: [{id: 1, amount: 2}]}
  expect: {totals: [{n: 1}]}
- name: wrong
  input: {orders: [{id: 1, amount: 2}, {id: 2, amount: 2}]}
  expect: {totals: [{amount: 4, n: 1}]}
- name: broken
  expect: {totals: []}
"""
HOUSE = Path(__file__).parents[2]


def pytest_in(folder: Path, *flags: str) -> tuple[int, str]:
    code = f"import sys; sys.path.insert(0, {str(HOUSE)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    known = any(each.value == "ldp_magic.testing.plugin" for each in entry_points(group="pytest11"))
    ours = [] if known else ["-p", "ldp_magic.testing.plugin"]  # an older installation does not name it yet
    words = [sys.executable, "-c", code, *ours, "-q", "--no-header", *flags]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def test_items_and_their_failures(tmp_path: Path):
    project(tmp_path, TESTS)
    code, said = pytest_in(tmp_path, "tests/a.yml")
    assert code == 1 and "2 failed, 1 passed" in said, said
    assert "totals, line 7: 1 changed (1 row, 1 expected)" in said and "n: - 1  + 2" in said
    assert "the test broken gives no rows for main.raw.orders" in said and "Traceback" not in said
    code, said = pytest_in(tmp_path, "-k", "right")
    assert code == 0 and "1 passed, 2 deselected" in said


def test_a_file_that_cannot_be_read_and_files_that_are_none_of_ours(tmp_path: Path):
    path = project(tmp_path, "expect: {totals: [}\n")
    code, said = pytest_in(tmp_path)
    assert code == 2 and "a.yml:1 is not YAML" in said
    path.write_text("rows: []\n")
    assert pytest_in(tmp_path)[0] == 5
    path.write_text(TESTS)
    assert pytest_in(tmp_path, "--no-ldp")[0] == 5


def test_loading_the_plugin_loads_nothing_heavy():
    code = "import sys; import ldp_magic.testing.plugin; print([m for m in ('pyspark', 'pyarrow', 'sqlglot', 'yaml', 'deltalake', 'ldp_magic.errors') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
