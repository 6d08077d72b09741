"""`ldp test --update`: expected rows become those that are there, and the rest of the file stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.verbs import verb
from tests.testing.orders import project

BEFORE = """# about totals
tests:
- name: totals
  input: {orders: [{id: 1, amount: 2}, {id: 2, amount: 5}]}
  expect:
    # the sum of all
    totals:   # one row
    # wrong on purpose
    - {n: 2, amount: 9}  # two orders
- name: the rates
  input: {/Volumes/rates: [{x: 1}, {x: 2}, {x: 3}, {x: null}]}
  expect:
    rates:
    # stays
    - {x: 2}
    # goes
    - x: 7
    - {x: 1}  # stays, too
- name: none yet
  input: {/Volumes/lines: [{id: 1, at: 2026-01-01}]}
  expect:
    lines: []
- name: and more
  input: {/Volumes/lines: []}
  expect:
    lines:
      mode: exact
      rows:
      - {id: 4, at: 2026-01-01}
"""
AFTER = """# about totals
tests:
- name: totals
  input: {orders: [{id: 1, amount: 2}, {id: 2, amount: 5}]}
  expect:
    # the sum of all
    totals:   # one row
    # wrong on purpose
    - {n: 2, amount: 7}
- name: the rates
  input: {/Volumes/rates: [{x: 1}, {x: 2}, {x: 3}, {x: null}]}
  expect:
    rates:
    # stays
    - {x: 2}
    # goes
    - {x: 1}  # stays, too
    - {x: 3}
    - {x: null}
- name: none yet
  input: {/Volumes/lines: [{id: 1, at: 2026-01-01}]}
  expect:
    lines:
    - {id: 1, at: 2026-01-01}
- name: and more
  input: {/Volumes/lines: []}
  expect:
    lines:
      mode: exact
      rows: []
"""
SQL = """-- input /Volumes/lines
SELECT 1 AS id, DATE '2026-01-01' AS at UNION ALL SELECT NULL, DATE '2026-01-02'
-- expect lines
-- one line so far
SELECT 1 AS id

-- batch
-- expect lines
"""


def test_yaml_keeps_its_comments(tmp_path: Path):
    path = project(tmp_path, BEFORE)
    tested = verb("test").test([tmp_path], update=True)  # type: ignore[attr-defined]
    assert path.read_text().replace(", _rescued_data: null", "") == AFTER
    assert tested.passed and [(each.many, each.left) for each in tested.rewritten] == [(4, ())]
    assert tested.text().startswith("4 expectations written anew in ")
    assert verb("test").test([tmp_path], update=True).rewritten == ()  # type: ignore[attr-defined]


def test_sql(tmp_path: Path):
    path = project(tmp_path, SQL, "a.sql")
    assert verb("test").test([tmp_path], update=True).passed  # type: ignore[attr-defined]
    text = path.read_text()
    assert "-- one line so far\nSELECT * FROM VALUES\n  (1),\n  (NULL)\nAS t(`id`);\n\n-- batch\n" in text
    assert "DATE '2026-01-02'" in text.partition("-- batch")[2]


@pytest.mark.parametrize("expect", ["expect: {totals: [{n: 5}]}", "expect:\n  totals: {rows: [{n: 5}]}"])
def test_what_cannot_be_kept_is_left_and_said(tmp_path: Path, expect: str):
    path = project(tmp_path, text := f"input: {{orders: [{{id: 1, amount: 2}}]}}\n{expect}\n")
    tested = verb("test").test([tmp_path], update=True)  # type: ignore[attr-defined]
    assert path.read_text() == text and not tested.passed
    assert "stay: write one row a line there" in " ".join(tested.text().split())
