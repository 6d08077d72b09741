"""`ldp test --fuzz-cdc`: targets that hold, and what is told of one that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.testing import fuzz as fuzzing
from ldp_magic.testing.outcome import After
from ldp_magic.testing.running import Subject

LOCK = """version = 1
[source."main.raw.feed"]
kind = "table"
columns = [{ name = "id", type = "int" }, { name = "at", type = "TYPE" }, { name = "op", type = "string" }, { name = "city", type = "string" }]
"""
CDC = """CREATE OR REFRESH STREAMING TABLE customers;
CREATE FLOW f AS AUTO CDC INTO customers FROM STREAM(main.raw.feed) KEYS (id) APPLY AS DELETE WHEN op = 'DELETE'
SEQUENCE BY at COLUMNS * EXCEPT (op) STORED AS SCD TYPE {};
CREATE OR REFRESH MATERIALIZED VIEW v AS SELECT * FROM main.raw.feed;
"""


def subject(folder: Path, scd: int, type_: str = "bigint") -> Subject:
    (folder / "ldp.toml").write_text("")
    (folder / "ldp.lock").write_text(LOCK.replace("TYPE", type_))
    (folder / "pipeline.sql").write_text(CDC.format(scd))
    return Subject.at(folder)


@pytest.mark.parametrize(("scd", "type_"), [(1, "timestamp"), (2, "bigint")])
def test_whatever_comes_how_the_table_is_the_same(tmp_path: Path, scd: int, type_: str):
    outcomes = fuzzing.fuzz(subject(tmp_path, scd, type_), "customers", seed=3)
    assert (
        len(outcomes) == 10 and [(each.case.name, each.wrong, each.error) for each in outcomes if not each.passed] == []
    )
    assert all(each.after[-1].rows for each in outcomes)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([{"id": 1, "at": 1}, {"id": 1, "at": 2}], "there are 2 rows of key 1, and there can be one"),
        ([{"id": 1, "__START_AT": 1, "__END_AT": None}, {"id": 1, "__START_AT": 2, "__END_AT": None}], "several current"),
        ([{"id": 1, "__START_AT": 1, "__END_AT": 3}, {"id": 1, "__START_AT": 2, "__END_AT": None}], "overlap"),
    ],
)  # fmt: skip
def test_broken_tables_are_told(tmp_path: Path, rows: list[dict[str, int | None]], what: str):
    target = fuzzing._Target.of(*fuzzing.table_of(subject(tmp_path, 2), "customers"))
    case = target.case("c", [[]])
    outcome = fuzzing.Outcome(case, after=(After(1, case.batches[0].expected[0], tuple(rows[0]), tuple(rows)),))
    assert what in target.judged(outcome, None).wrong[0][1].what
    fine = replace(outcome, after=(replace(outcome.after[0], rows=(rows[0],)),))
    ((_, wrong),) = target.judged(
        fine, replace(outcome, after=(replace(outcome.after[0], rows=({**rows[0], "id": 2},)),))
    ).wrong
    assert wrong.difference is not None


def test_what_no_changes_can_be_made_up_for(tmp_path: Path):
    with pytest.raises(LdpError, match="no changes can be made up for v"):
        fuzzing.fuzz(subject(tmp_path, 1), "v")


def test_deletes_that_cannot_be_made_up_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fuzzing, "ROUNDS", 1)
    made = subject(tmp_path, 2, "date")
    path = tmp_path / "pipeline.sql"
    path.write_text(path.read_text().replace("op = 'DELETE'", "lower(op) LIKE 'd%'"))
    outcomes = fuzzing.fuzz(Subject.at(tmp_path), "customers")
    assert made and [each.passed for each in outcomes] == [True] * 5
    assert outcomes[0].case.name == "customers, seed 0, round 1, without deletes: in order, at once"


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    subject(tmp_path, 1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fuzzing, "ROUNDS", 1)
    assert main(["test", "--fuzz-cdc", "customers", "--seed", "7"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "✓ customers, seed 7, round 1: in disorder, in batches" and said[-1] == "5 of 5 tests passed"
    assert main(["test", "--fuzz-cdc", "customers", "--seed", "x"]) == 2
