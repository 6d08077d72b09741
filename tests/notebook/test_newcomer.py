"""What somebody does who has never seen the tool: each output says what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebook.conftest import Shell
from tests.notebook.kernels import Kernel
from tests.notebook.test_magics import BRONZE, GOLD

STREAM = "CREATE OR REFRESH STREAMING TABLE bronze{} AS SELECT {} FROM STREAM read_files('{}', format => 'json');"
LONG = "CREATE OR REFRESH MATERIALIZED VIEW gold AS SELECT id, amount, amount * 2 AS twice, amount * 3 AS thrice"


@pytest.mark.parametrize("code", ["%ldp help", "%ldp help run", "%%ldp help", "%%ldp help\nSELECT 1"])
def test_help_is_a_word_too(shell: Shell, code: str):
    shell.run(code)
    assert shell.error is None and f"usage: {code.split()[0]}" in shell.out


def test_a_verb_that_does_not_exist_lists_them_only_where_none_is_near(shell: Shell):
    shell.run("%ldp runn")
    assert "did you mean %ldp run?" in shell.out and "rehearse" not in shell.out
    shell.run("%ldp xyzzy")
    assert "rehearse" in shell.out


def test_the_list_of_verbs_tells_where_cells_are_explained_and_that_shows_one_that_runs(shell: Shell):
    shell.run("%ldp")
    assert "%%ldp --help" in shell.out
    shell.run("%%ldp --help")
    body = shell.out.partition("  %%ldp\n")[2].partition("What runs")[0]
    Path("data/orders").mkdir(parents=True)
    Path("data/orders/a.csv").write_text("product,price\npen,2\npen,-1\nink,9\n")
    shell.run("%%ldp\n" + body)
    assert "orders  ≈ streaming table" in shell.out and "sales  ■ materialized view" in shell.out
    assert "✗" not in shell.out and "▼ dropped  has_price" in shell.out


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%%ldp", "%%ldp --help shows a whole cell"),
        ("%%ldp what's up\nSELECT 1", "leave it out"),
        ("%%ldp python\nSELECT 1", "write %%ldp --python"),
        ("%%ldp\nfrom pyspark import pipelines as dp\n\n@dp.table\ndef t():\n    pass", "begin it with %%ldp --python"),
        ("%%ldp\n# mine\n@dp.table\ndef t():\n    pass", "begin it with %%ldp --python"),
        ("%ldp graph", "run a %%ldp cell that makes a dataset"),
        ("%ldp deploy", "%ldp check"),
        ("%ldp test", "or %ldp test --new"),
        ("%ldp run bronze", "%ldp run --refresh NAME"),
        (f"%%ldp\n{GOLD}", "run the cell that makes silver, if there is one; or %ldp sample silver"),
        ("%%ldp\n" + STREAM.format("", "*", "ordrs.json"), "did you mean orders.json?"),
        ("%%ldp\n" + STREAM.format("", "*", "nowhere/"), "check the path, or put the files there"),
        ("%%ldp\n" + STREAM.format("", "id amount day", "orders.json"), "a comma may be missing before day"),
        ("%%ldp\n" + STREAM.format("", "id customer day", "orders.json"), "a comma may be missing before day"),
        ("%%ldp\nSELECT * FROM later/x.csv", "files are read with read_files('folder/')"),
        ("%%ldp\n" + STREAM.format("", "id, count(*) AS n", "orders.json"), "name each column that is not aggregated"),
        ("%%ldp\n" + STREAM.format(" CONSTRAINT c EXPECT (id > 1)", "*", "orders.json"), "outside the parentheses"),
        ("%%ldp\n" + STREAM.format(" (CONSTRAINT c CHECK (id > 1))", "*", "orders.json"), "write EXPECT"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(shell: Shell, code: str, said: str):
    shell.run(code)
    assert said in shell.out, shell.out


def test_a_misspelt_column_is_told_with_the_one_that_is_there(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    shell.run("%%ldp\nCREATE OR REFRESH MATERIALIZED VIEW gold AS SELECT sum(amout) AS total FROM bronze;")
    assert "✗ gold: no column is called amout; amount is" in shell.out and "did you mean amount?" in shell.out
    shell.run("%%ldp\nSELECT zzz FROM bronze")
    assert "there are amount, id, _rescued_data" in shell.out


def test_a_preview_says_that_it_is_one_until_an_update_has_written_the_table(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    assert "a preview: nothing is written before %ldp run" in shell.out
    shell.run("%%ldp\nSELECT * FROM bronze")
    assert "a preview" not in shell.out
    shell.run("%ldp run")
    shell.run(f"%%ldp\n{BRONZE}")
    assert "a preview" not in shell.out


def test_a_cell_that_does_not_run_shows_no_text_that_runs_and_its_errors_first(shell: Shell):
    shell.run("%%ldp\n" + STREAM.format("", "id amount day", "orders.json").replace(" OR REFRESH", ""))
    assert shell.out.index("✗ error LDP001") < shell.out.index("i info LDP005") and "what runs" not in shell.out


def test_of_a_long_line_the_change_is_what_is_shown(shell: Shell):
    shell.run(f"%%ldp\n{BRONZE}")
    shell.run(f"%%ldp --no-preview\n{LONG} FROM bronz;")
    before, after = [
        line for line in shell.out.splitlines() if line.startswith("       ") and line.strip()[:2] in "- + "
    ]
    assert before.endswith("FROM bronz;") and after.endswith("FROM bronze;")


def test_a_second_cell_for_a_table_is_told_how_to_leave_the_first_one_out(kernel: Kernel):
    kernel.run(f"%%ldp --no-preview\n{BRONZE}", "one")
    said = kernel.run(f"%%ldp\n{BRONZE}", "two").text
    assert "bronze is defined twice" in said and "%ldp forget bronze, then run this one" in said
    kernel.run("%ldp forget bronze", "three")
    assert "12 rows" in kernel.run(f"%%ldp\n{BRONZE}", "two").text
