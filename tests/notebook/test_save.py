"""The cells of a notebook as files, and files in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.errors import UsageError
from tests.notebook.conftest import Shell
from tests.notebook.kernels import Kernel
from tests.notebook.test_kernel import names, view
from tests.notebook.test_magics import BRONZE, SILVER

pytestmark = pytest.mark.xdist_group("notebook kernel")


def made(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_one_file_for_each_dataset(shell: Shell, folder: Path):
    shell.run("%%ldp --no-preview\nUSE SCHEMA sales;")
    shell.run(f"%%ldp --no-preview\n-- what lands\n{BRONZE}\n\n/* and what is kept */\n{SILVER}\nSELECT 1;\n-- the end")
    shell.run("%%ldp --no-preview\nCREATE FLOW more AS INSERT INTO bronze BY NAME SELECT * FROM STREAM(other)")
    shell.run("%%ldp --python --no-preview\nfrom pyspark import pipelines as dp\nN = 3")
    shell.run("%%ldp --python --no-preview\n@dp.materialized_view\ndef three():\n    return spark.range(N)")
    shell.run("%ldp save")
    assert shell.error is None, shell.out
    found = made(folder / "transformations")
    assert sorted(found) == ["bronze.sql", "silver.sql", "three.py"]
    use = "USE SCHEMA sales;\n"
    assert (
        found["bronze.sql"].startswith(f"{use}-- what lands\n{BRONZE}\n") and "CREATE FLOW more" in found["bronze.sql"]
    )
    assert found["silver.sql"] == f"{use}/* and what is kept */\n{SILVER}\n-- the end\n"
    assert found["three.py"].startswith("from pyspark import pipelines as dp\nN = 3\n\n\n@dp.materialized_view")
    assert "%%ldp" not in "".join(found.values())


def test_what_is_saved_is_the_same_pipeline(shell: Shell, folder: Path):
    for text in (BRONZE, SILVER):
        shell.run(f"%%ldp --no-preview\n{text}")
    live = shell.run("%ldp graph").json()
    shell.run("%ldp save pipeline")
    shell.run("%ldp forget all")
    saved = ldp_magic.graph(folder / "pipeline").json()
    assert [each["name"] for each in saved["datasets"]] == [each["name"] for each in live["datasets"]]
    assert [each["reads"] for each in saved["datasets"]] == [each["reads"] for each in live["datasets"]]


def test_only_our_own_files_are_written_over(shell: Shell, folder: Path):
    shell.run(f"%%ldp --no-preview\n{BRONZE}")
    shell.run("%ldp save out")
    assert "written" in shell.out
    shell.run("%ldp save out")
    assert "as it was" in shell.out
    shell.run("%%ldp --no-preview\n" + BRONZE.replace("SELECT *", "SELECT id"))
    shell.run("%ldp save out")
    assert "changed" in shell.out and "SELECT id" in made(folder / "out")["bronze.sql"]
    (folder / "out" / "bronze.sql").write_text("-- mine\n")
    shell.run(f"%%ldp --no-preview\n{SILVER}")
    shell.run("%ldp save out")
    assert "holds something else" in shell.out and made(folder / "out") == {"bronze.sql": "-- mine\n"}
    shell.run("%ldp save out --force")
    assert sorted(made(folder / "out")) == ["bronze.sql", "silver.sql"]


def test_nothing_to_save(shell: Shell, folder: Path):
    shell.run("%ldp save")
    assert "no dataset to save" in shell.out and not (folder / "transformations").exists()


def test_files_are_brought_in(shell: Shell, folder: Path):
    (folder / "made").mkdir()
    (folder / "made" / "bronze.sql").write_text(BRONZE)
    (folder / "made" / "four.py").write_text(
        "from pyspark import pipelines as dp\n\n\n@dp.materialized_view\ndef four():\n    return spark.range(4)\n"
    )
    shell.run("%ldp load made")
    assert "2 datasets from 2 files" in shell.out
    result = shell.run(f"%%ldp\n{SILVER}")
    assert len(result.rows) == 8
    assert len(shell.run("%ldp preview four").rows) == 4
    shell.run("%ldp load made")
    assert shell.error is None, "the same text is no trouble"
    shell.run("%%ldp --no-preview\n" + BRONZE.replace("SELECT *", "SELECT id"))
    shell.run("%ldp lint")
    assert "defined twice" not in shell.out, "a cell takes the file's place"
    shell.run("%ldp load made")
    assert "is not what the notebook has under that name" in shell.out
    shell.run("%ldp load made --force")
    assert shell.error is None
    shell.run("%ldp load nowhere")
    assert "nowhere is not there" in shell.out


def test_a_cell_stays_the_same_cell(kernel: Kernel, folder: Path):
    kernel.run(view("one"), "a")
    kernel.run(view("two"), "b")
    kernel.run("%ldp save out", "c")
    kernel.fresh(folder)
    assert names(kernel) == []
    kernel.run("%ldp load out", "c")
    assert names(kernel) == ["one", "two"]
    kernel.run(view("renamed"), "a")
    assert names(kernel) == ["renamed", "two"], "the cell that one was saved from"
    assert names(kernel, deleted=["b"]) == ["renamed"]
    kernel.run("%ldp load out/two.sql", "c")
    assert kernel.run(view("two", 2), "new").json["findings"] == [], "front ends give new ids when they open a file"
    held = json.loads((folder / ".ldp" / "saved.json").read_text())
    assert held["out/one.sql"]["cell"] == "a"


@pytest.mark.parametrize("call", ["save", "load", "forget"])
def test_in_a_terminal_they_say_where_they_work(folder: Path, call: str):
    with pytest.raises(UsageError, match=f"ldp {call} works in a notebook"):
        getattr(ldp_magic, call)("x")
