"""`ldp test --new`: a typed test that runs at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.testing.files import read
from ldp_magic.testing.running import Subject
from ldp_magic.testing.skeleton import written
from tests.testing.orders import project

LOCK = """version = 1
[source."main.raw.orders"]
kind = "table"
columns = [{ name = "id", type = "int" }, { name = "amount", type = "decimal(9,2)" }]
"""


def test_a_first_test_passes_and_says_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    project(tmp_path, "rows: []")
    (tmp_path / "ldp.lock").write_text(LOCK)
    monkeypatch.chdir(tmp_path)
    assert main(["test", "--new", "orders"]) == 0
    assert capsys.readouterr().out.startswith("tests/orders.yml is written; it expects what is there now: read it")
    text = (tmp_path / "tests" / "orders.yml").read_text()
    assert "  main.raw.orders:\n  - {id: 1, amount: 1.5}\n  - {id: 2, amount: 2.5}\n" in text
    assert "expect:\n  orders:\n  - {id: 1, amount: 1.50, seen: 2026-01-03T00:00:00Z, day: 2026-01-03}\n" in text
    assert main(["test", "--new", "orders"]) == 2
    assert "tests/orders.yml is there already" in capsys.readouterr().err
    assert main(["test", "--new", "order"]) == 2
    assert "no table is called order; orders is" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["totals", "lines", "rates", "clicks"])
def test_every_kind_of_source_gets_rows(tmp_path: Path, name: str):
    project(tmp_path, "rows: []")
    (case,) = read(written(Subject.at(tmp_path), name))
    assert case.wanted == (name,) and all(len(each.rows) == 2 for each in case.batches[0].given)


def test_a_source_that_nobody_knows_is_to_be_completed(tmp_path: Path):
    project(tmp_path, "rows: []")
    text = written(Subject.at(tmp_path), "orders").read_text()
    assert '    columns: "id INT"  # say its columns here\n    rows:\n    - {id: 1}\n' in text
    with pytest.raises(LdpError):
        written(Subject.at(tmp_path), "orders")
