"""What files with tests say, and what is said of those that cannot be followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.errors import LdpError
from ldp_magic.testing.case import Batch, Case, Dropped
from ldp_magic.testing.files import found, read

YAML = """# a file
tests:
- name: one
  now: 2026-01-01T00:00:00+01:00
  batches:
  - input: {a.b: [{x: 1}], /v: {csv: "1,2"}, /w: {files: [w.json]}, k: {columns: "x INT", rows: []}}
    expect:
      t: {mode: subset, ordered: true, rows: [{x: 1}]}
    dropped: {t: {r: 2}, u: 3}
  - fails: no way
- name: two
  expect: {t: []}
"""
SQL = """-- test one
-- now 2026-01-01 00:00:00+01:00
-- input a.b
SELECT 1 AS x;  -- all of them
-- expect t subset ordered
SELECT 1 AS x
-- dropped t r 2
-- batch
-- fails no way
-- test two
-- expect t
"""


def both(tmp_path: Path, name: str, text: str) -> tuple[Case, ...]:
    path = tmp_path / name
    path.write_text(text)
    return read(path)


@pytest.mark.parametrize(("name", "text"), [("a.yml", YAML), ("a.sql", SQL)], ids=["yaml", "sql"])
def test_both_forms_say_the_same(tmp_path: Path, name: str, text: str):
    one, two = both(tmp_path, name, text)
    assert (one.name, two.name, one.now) == ("one", "two", "2025-12-31T23:00:00+00:00")
    first, second = one.batches
    assert first.given[0].name == "a.b" and (first.given[0].rows or first.given[0].query)
    assert first.expected[0].subset and first.expected[0].ordered
    assert first.dropped[0] == Dropped(dataset="t", expectation="r", many=2, line=first.dropped[0].line)
    assert second.fails == "no way" and one.wanted == ("t", "u")[: len(one.wanted)]
    (only,) = two.batches
    assert isinstance(only, Batch) and only.expected[0].rows == () and not only.expected[0].subset


def test_inputs_of_all_kinds(tmp_path: Path):
    one, _ = both(tmp_path, "a.yml", YAML)
    rows, csv, files, typed = one.batches[0].given
    assert (dict(rows.rows[0]), csv.csv, files.files, typed.columns) == ({"x": "1"}, "1,2", ("w.json",), "x INT")


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("a.yml", "expect:\n  t: []\nexpected: 1\n", 3, "a test has no expected"),
        ("a.yml", "batches:\n- inputs: {}\n", 2, "a batch has no inputs"),
        ("a.yml", "batches:\n- input: {}\n", 1, "the test expects nothing"),
        ("a.yml", "batches: []\nexpect: {t: []}\n", 2, "expect stands beside batches"),
        ("a.yml", "expect:\n  t:\n  - {a: 1}\n  - {b: 1}\n", 4, "not every row of t says its"),
        ("a.yml", "expect:\n  t: {mode: most, rows: []}\n", 2, "the mode of t cannot be most"),
        ("a.yml", "expect:\n  t: 5\n", 2, "t is no list"),
        ("a.yml", "dropped:\n  t: many\n", 2, "dropped of t is no number"),
        ("a.yml", "now: noon\nexpect: {t: []}\n", 1, "now cannot be noon"),
        ("a.yml", "expect: {t: []}\ninput:\n  a: {csv: x, files: [y]}\n", 3, "a is given as csv and as files"),
        ("a.yml", "tests:\n- {name: a, fails: x}\n- {name: a, fails: x}\n", 3, "two tests are called a"),
        ("a.yml", "expect: {t: [}\n", 1, "is not YAML"),
        ("a.sql", "SELECT 1;\n-- expect t\nSELECT 1", 1, "a query without a mark above it"),
        ("a.sql", "-- expect t\nSELECT 1\n-- batch\nSELECT 2", 3, "a query stands below -- batch"),
        ("a.sql", "-- expect t loosely\nSELECT 1", 1, "expect has no way loosely"),
        ("a.sql", "-- dropped t\n", 1, "dropped cannot be t"),
        ("a.sql", "-- input t\nSELECT 1", 1, "the test expects nothing"),
        ("a.sql", "-- expect\nSELECT 1", 1, "-- expect says nothing"),
        ("a.sql", "-- now noon\n-- expect t\n", 1, "now cannot be noon"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, name: str, text: str, line: int, what: str):
    with pytest.raises(LdpError) as raised:
        both(tmp_path, name, text)
    assert f"{name}:{line}" in raised.value.what and what in raised.value.what
    assert raised.value.why and raised.value.fix


def test_only_tests_in_folders_of_tests_are_found(tmp_path: Path):
    for name, text in {
        "tests/a.yml": "expect: {}",
        "tests/b.sql": "-- expect t\n",
        "tests/deep/c.yaml": "tests: []",
        "tests/data.yml": "rows: []",
        "tests/helper.sql": "SELECT 1 -- expect nothing",
        "pipeline.sql": "-- expect t\n",
        ".ldp/tests/d.yml": "expect: {}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [path.relative_to(tmp_path).as_posix() for path in found([tmp_path])] == [
        "tests/a.yml",
        "tests/b.sql",
        "tests/deep/c.yaml",
    ]
