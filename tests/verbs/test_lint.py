"""`ldp lint` as its users meet it: output forms, exit codes, fixes in files and notebooks, the cache, suppressions."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.lint.finding import Finding
from ldp_magic.project.notebooks import with_cells

GOOD = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS one;\n"
BRONZE = (
    "CREATE OR REFRESH STREAMING TABLE bronze AS\n"
    "SELECT * FROM STREAM read_files('/in', format => 'json', schemaHints => 'id INT');\n"
)
WRONG = "-- 😀 first\r\nCREATE OR REPLACE STREAMING TABLE s AS\r\n\tSELECT id /* kept */ FROM bronze;  -- end\r\n"
MENDED = (
    "-- 😀 first\r\nCREATE OR REFRESH STREAMING TABLE s AS\r\n\tSELECT id /* kept */ FROM STREAM(bronze);  -- end\r\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bronze.sql").write_text(BRONZE, newline="")
    (tmp_path / "silver.sql").write_text(WRONG, newline="")
    return tmp_path


def codes(found) -> list[str]:
    return [f.code for f in found if f.severity != "info"]


def test_python_call_and_iteration(folder: Path) -> None:
    found = ldp_magic.lint(".")
    assert codes(found) == ["LDP003", "LDP101"]
    assert found.exit_code == 1 and all(isinstance(f, Finding) for f in found)
    text = ldp_magic.lint(text=GOOD)
    assert codes(text) == [] and text.exit_code == 0


def test_json_is_the_contract(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--format", "json", "--select", "LDP101"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    text = (folder / "silver.sql").read_bytes().decode()
    at = text.index("bronze")
    assert {k: found[k] for k in ("code", "name", "severity", "path", "cell", "span", "start", "end", "related")} == {
        "code": "LDP101",
        "name": "missing-stream",
        "severity": "error",
        "path": "silver.sql",
        "cell": None,
        "span": {"start": at, "end": at + 6},
        "start": {"line": 3, "column": 28},
        "end": {"line": 3, "column": 34},
        "related": [],
    }
    assert found["message"] and found["why"]
    (fix,) = found["fixes"]
    assert fix["safe"] is True and fix["title"]
    assert fix["edits"] == [
        {"path": "silver.sql", "cell": None, "start": at, "end": at, "text": "STREAM("},
        {"path": "silver.sql", "cell": None, "start": at + 6, "end": at + 6, "text": ")"},
    ]


def test_fix_mends_and_keeps_every_other_byte(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--fix"]) == 0
    assert (folder / "silver.sql").read_bytes().decode() == MENDED
    assert (folder / "bronze.sql").read_bytes().decode() == BRONZE
    assert "2 fixed" in capsys.readouterr().out
    assert main(["lint", "--fix"]) == 0
    assert (folder / "silver.sql").read_bytes().decode() == MENDED


def test_diff_shows_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--diff"]) == 1
    out = capsys.readouterr().out
    assert "+CREATE OR REFRESH STREAMING TABLE s AS" in out and "--- silver.sql" in out
    assert (folder / "silver.sql").read_bytes().decode() == WRONG


def test_unsafe_fixes_only_on_request(folder: Path) -> None:
    sql = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM raw.orders;\n"
    (folder / "t.sql").write_text(sql)
    main(["lint", "t.sql", "--fix"])
    assert (folder / "t.sql").read_text() == sql
    main(["lint", "t.sql", "--fix", "--unsafe-fixes"])
    assert (folder / "t.sql").read_text() == sql.replace("raw.orders", "STREAM(raw.orders)")


def test_fix_reaches_into_notebooks(folder: Path) -> None:
    cell = ["%%ldp\n", "CREATE OR REPLACE STREAMING TABLE n AS\n", "SELECT '\\u00e9 é 😀' AS x FROM bronze"]
    other = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["é\n", "b"]}
    notebook = {
        "cells": [other, {"cell_type": "code", "id": "b1", "metadata": {"k": 1.50}, "outputs": [], "source": cell}],
        "metadata": {"kernelspec": {"language": "python", "name": "python3", "display_name": "x"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    text = json.dumps(notebook, indent=2, ensure_ascii=False).replace("1.5", "1.50") + "\n\n"
    (folder / "n.ipynb").write_text(text)
    main(["lint", "n.ipynb", "--fix", "--unsafe-fixes"])
    after = (folder / "n.ipynb").read_text()
    assert after == text.replace("OR REPLACE", "OR REFRESH").replace("FROM bronze", "FROM STREAM(bronze)")


@pytest.mark.parametrize("form", ["list", "string"])
def test_cells_are_replaced_byte_for_byte(form: str) -> None:
    lines = ["a = 1\n", "b\n"]
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = lines if form == "list" else "".join(lines)
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    assert with_cells("n.ipynb", text, {"x": "a = 1\nb\n"}) == text
    changed = json.loads(with_cells("n.ipynb", text, {"x": "a = 1\nç 😀\nz"}))["cells"][0]["source"]
    assert "".join(changed) == "a = 1\nç 😀\nz" and isinstance(changed, list if form == "list" else str)


def test_concise_full_github_and_sarif_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = {}
    for form in ("concise", "full", "github", "sarif"):
        assert main(["lint", "--format", form, "--ignore", "LDP0"]) == 1
        seen[form] = capsys.readouterr().out
    assert seen["concise"] == (
        "silver.sql:3:28: error LDP101 s is a streaming table, but it reads bronze as a whole table [safe fix]\n"
    )
    assert "✗ error LDP101 missing-stream" in seen["full"] and "^^^^^^ not read as a stream" in seen["full"]
    assert seen["github"].startswith("::error title=LDP101 missing-stream,file=silver.sql,line=3,col=28,")
    (result,) = json.loads(seen["sarif"])["runs"][0]["results"]
    assert result["ruleId"] == "LDP101" and result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3


def test_full_stays_within_the_width_and_loses_colour(folder: Path) -> None:
    from wcwidth import wcswidth

    (folder / "wide.sql").write_text(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT "
        + "'漢字' || " * 60
        + "count(DISTINCT a) FROM bronze GROUP BY 1;\n"
    )
    found = ldp_magic.lint(".", cache=False)
    for width in (80, 100, 140):
        text = found.text(width, False, "unicode")
        assert all(wcswidth(line) <= width for line in text.splitlines()), width
    plain, painted = found.text(100, False, "ascii"), found.text(100, True, "ascii")
    assert plain.isascii() and "\x1b" not in plain and "\x1b[31m" in painted


def test_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "bronze.sql"]) == 0
    assert main(["lint", "--exit-zero"]) == 0
    assert main(["lint", "no-such-file.sql"]) == 2
    assert main(["lint", "--select", "LDP1001"]) == 2
    assert "no rule is called LDP1001" in capsys.readouterr().err
    assert main(["lint", "--formt", "json"]) == 2


def test_an_unreadable_file_is_said_and_the_rest_is_linted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "latin.sql").write_bytes(b"SELECT '\xe9'")
    assert main(["lint", "--format", "concise"]) == 2
    captured = capsys.readouterr()
    assert "latin.sql" in captured.err and "LDP101" in captured.out


def test_stdin(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert main(["lint", "-", "--format", "concise", "--stdin-filename", "x.sql", "--select", "LDP003"]) == 1
    assert capsys.readouterr().out.startswith("x.sql:2:11: error LDP003")


def test_noqa_suppresses_and_add_noqa_adds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--add-noqa"]) == 0
    text = (folder / "silver.sql").read_bytes().decode()
    assert "TABLE s AS  -- noqa: LDP003\r\n" in text and "-- end  -- noqa: LDP101\r\n" in text
    assert main(["lint"]) == 0
    capsys.readouterr()
    (folder / "silver.sql").write_text("-- noqa: LDP101, LDP003\n" + WRONG, newline="")
    assert main(["lint"]) == 0
    (folder / "silver.sql").write_text(MENDED.replace("-- end", "-- noqa"), newline="")
    assert main(["lint", "--format", "concise"]) == 1
    assert "LDP091" in capsys.readouterr().out


def test_cache_gives_the_same_and_notices_every_change(folder: Path) -> None:
    first = ldp_magic.lint(".")
    kept = list((folder / ".ldp/cache/lint").glob("*.json"))
    assert len(kept) == 1
    again = ldp_magic.lint(".")
    assert again.findings == first.findings
    (folder / "bronze.sql").write_text(BRONZE.replace("bronze", "brnz"))
    assert ldp_magic.lint(".").findings != first.findings
    kept[0].write_text("{damaged")
    (folder / "bronze.sql").write_text(BRONZE)
    assert ldp_magic.lint(".").findings == first.findings
    assert ldp_magic.lint(".", ignore=["LDP101"]).findings != first.findings


def test_settings_count(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.ldp]\nignore = ["LDP101"]\n[tool.ldp.per-file-ignores]\n"silver.sql" = ["LDP0"]\n'
    )
    assert codes(ldp_magic.lint(".")) == []
    assert codes(ldp_magic.lint(".", select=["LDP101"])) == ["LDP101"]


def test_watch_looks_again(folder: Path) -> None:
    command = [sys.executable, "-u", "-m", "ldp_magic", "lint", "--watch", "--format", "concise"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(ldp_magic.__file__).parents[1])},
    ) as process:
        try:
            assert process.stdout is not None
            assert "LDP003" in process.stdout.readline() and "LDP101" in process.stdout.readline()
            (folder / "silver.sql").write_text(MENDED.replace("OR REFRESH", "OR REPLACE"), newline="")
            assert "LDP003" in process.stdout.readline()
        finally:
            process.kill()


def test_a_label_that_does_not_fit_beside_its_carets_stands_below(folder: Path) -> None:
    long = ", ".join(f"column_{n}" for n in range(4))
    text = f"CREATE OR REFRESH STREAMING TABLE t AS SELECT {long} FROM bronze;\n"
    lines = ldp_magic.lint(text=text, select=["LDP101"]).text(width=120).splitlines()
    carets = next(n for n, line in enumerate(lines) if "^" in line)
    assert lines[carets].endswith("^^^^^^") and lines[carets + 1].endswith(" not read as a stream")
    assert max(map(len, lines)) <= 120
    beside = ldp_magic.lint(text=text, select=["LDP101"]).text(width=140).splitlines()
    assert any(line.endswith("^^^^^^ not read as a stream") for line in beside)


def test_the_advice_to_stream_files_is_what_the_fix_writes(folder: Path) -> None:
    text = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM read_files('/in', format => 'csv');\n"
    (found,) = ldp_magic.lint(text=text, select=["LDP101"])
    assert found.fixes[0].title.startswith("read STREAM read_files(…); ")


def test_nothing_is_found_only_where_something_was_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "nope"]) == 2
    assert capsys.readouterr().out == ""
    (folder / "empty").mkdir()
    assert main(["lint", "empty"]) == 0
    assert capsys.readouterr().out == "? nothing was checked: no file here defines a dataset\n"


def test_diff_without_a_safe_fix_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "silver.sql").write_text("CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM raw.orders;\n")
    assert main(["lint", "--diff", "silver.sql"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("nothing to fix safely: ") and "1 needs your decision" in out


def test_the_standard_input_is_not_written_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--fix", "--unsafe-fixes", "--add-noqa"):
        assert main(["lint", "-", flag]) == 2
        assert "the standard input is no file to write to" in capsys.readouterr().err


def test_add_noqa_leaves_what_no_comment_reaches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "silver.sql").write_text(WRONG, newline="")
    (folder / "open.sql").write_text("CREATE OR REFRESH MATERIALIZED VIEW v AS\nSELECT 'never AS n;\n")
    assert main(["lint", "--add-noqa"]) == 1
    out = capsys.readouterr().out
    assert "this string is never closed" in out and "2 suppressed · ✗ 1 error" in out
    assert "noqa" not in (folder / "open.sql").read_text()
