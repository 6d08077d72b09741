"""The README says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder():
    with readme.playground() as path:
        yield path


@pytest.mark.parametrize("block", readme.blocks(TEXT), ids=lambda block: block[0].command)
def test_commands_print_what_is_shown(block: list[readme.Example]):
    with readme.playground() as folder:
        for example in block:
            assert readme.lasting(readme.run(example, folder)) == readme.lasting(example.output)


def test_only_what_differs_each_time_is_left_out_of_a_comparison():
    said = "✓ done  raw  3 rows  0.24 s\n846 rows\n"
    assert readme.lasting(said) == readme.lasting(said.replace("0.24 s", "< 0.01 s").replace("  3", "   3"))
    assert readme.lasting(said) != readme.lasting(said.replace("846", "847"))
    assert readme.lasting(said) != readme.lasting(said.replace("done", "failed"))


def test_its_python_runs(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    (folder / "transformations").mkdir(exist_ok=True)
    (folder / "transformations" / "a.sql").write_text("CREATE MATERIALIZED VIEW a AS SELECT 1 AS x")
    for block in blocks:
        exec(block, {})


def test_its_tables_are_fresh():
    for name, write in readme.TABLES.items():
        assert f"<!-- {name} -->\n{write()}<!-- end -->" in TEXT, "make readme"


def test_there_are_first_commands():
    assert readme.examples(TEXT)


def test_a_block_is_cut_into_commands():
    block = "```console\n$ ldp a 'b c'\none\n\ntwo\n\n$ ldp d\n```\n\n```sh\n$ rm -rf\n```\n"
    a, d = readme.examples(block)
    assert (a.words, a.output, d.words, d.output) == (["ldp", "a", "b c"], "one\n\ntwo", ["ldp", "d"], "")


def test_a_stale_text_is_mended_and_nothing_else_is_touched():
    stale = TEXT.replace("ldp 0", "ldp 9").replace("| `target` |", "| `tarjet` |")
    assert stale != TEXT and readme.lasting(readme.fresh(stale)) == readme.lasting(TEXT)
    assert readme.fresh("```console\n$ ldp --version\n```\n\nand\n") == "```console\n$ ldp --version\n" + (
        "ldp 0.1.0\n```\n\nand\n"
    )


def test_every_extra_is_told():
    pyproject = (readme.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = pyproject.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    extras = [line.partition(" =")[0] for line in table.splitlines() if " = [" in line]
    assert [extra for extra in extras if extra != "test" and f"| `{extra}` |" not in TEXT] == []
