"""`ldp test`: what it shows, writes and returns."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ldp_magic import verbs
from ldp_magic.cli import main
from tests.testing.orders import project

GOOD = "input: {orders: [{id: 1, amount: 2}]}\nexpect: {totals: [{n: 1}]}\n"
BAD = """tests:
- name: one of them is <wrong>
  input: {orders: [{id: 1, amount: 2}, {id: 2, amount: 2}]}
  expect: {totals: [{amount: 4, n: 1}]}
- name: the other is fine
  input: {orders: [{id: 1, amount: 2}]}
  expect: {totals: [{n: 1}]}
"""
BROKEN = "input: {ordrs: []}\nexpect: {totals: []}\n"


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_is_well(at: Path, capsys: pytest.CaptureFixture[str]):
    project(at, GOOD)
    assert main(["test"]) == 0
    assert capsys.readouterr().out == "✓ a\n1 of 1 tests passed\n"


def test_a_test_that_fails(at: Path, capsys: pytest.CaptureFixture[str]):
    project(at, BAD)
    assert main(["test", "--junit", "out.xml"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "✗ one of them is <wrong>  tests/a.yml:2",
        "  totals, line 4: 1 changed (1 row, 1 expected)",
        "    ~ {amount: 4}",
        "        n: - 1  + 2",
        "",
        "✓ the other is fine",
        "1 of 2 tests passed, 1 failed",
    ]
    (suite,) = ElementTree.parse(at / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    failed, passed = suite
    assert failed.get("name") == "one of them is <wrong>" and len(passed) == 0
    assert "n: - 1  + 2" in (failed[0].text or "") and "1 changed" in failed[0].get("message", "")


def test_a_test_that_cannot_run_is_an_error(at: Path, capsys: pytest.CaptureFixture[str]):
    project(at, BROKEN)
    assert main(["test", "--format", "json"]) == 2
    (said,) = json.loads(capsys.readouterr().out)
    assert not said["passed"] and "reads no ordrs; orders is" in said["error"]["what"]
    (at / "tests" / "a.yml").write_text("expect: [")
    assert main(["test"]) == 2
    assert "a.yml:1 is not YAML" in capsys.readouterr().err


def test_words_choose(at: Path, capsys: pytest.CaptureFixture[str]):
    project(at, BAD)
    assert main(["test", "-k", "OTHER fine"]) == 0
    assert capsys.readouterr().out == "✓ the other is fine\n1 of 1 tests passed\n"
    assert main(["test", "-k", "nothing"]) == 0
    assert "no tests" in capsys.readouterr().out


def test_values_of_json(at: Path):
    project(at, BAD)
    tested = verbs.verb("test").test([at])  # type: ignore[attr-defined]
    (wrong,) = tested.json()[0]["wrong"]
    assert wrong["changed"] == [{"key": {"amount": "4"}, "cells": {"n": {"expected": "1", "found": "2"}}}]
    assert (tested.exit_code, tested.passed) == (1, False) and tested.outcomes[1].passed
