"""`ldp graph`, typed and called: which pipelines, which format, what is said where, and the exit codes."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.errors import LdpError, SourceError

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"
SQL = {
    "events.sql": "CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('/in', format => 'json');",
    "daily.sql": "CREATE MATERIALIZED VIEW daily AS SELECT * FROM events;",
    "other.sql": "CREATE MATERIALIZED VIEW other AS SELECT 1 AS one;",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in SQL.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    shutil.copytree(EXAMPLE, tmp_path / "it", ignore=shutil.ignore_patterns(".ldp"))  # somebody may have run it there
    monkeypatch.chdir(tmp_path / "it")
    assert main(["graph"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("user_analytics  6 datasets · 5 layers · 2 external sources\n")
    assert "╎  also reads ╌ user_profiles" in said.out and "✗" not in said.out and said.err == ""


def test_the_examples_readme_shows_the_picture():
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("```mermaid\n")[2].partition("```")[0]
    assert shown == ldp_magic.graph(EXAMPLE).mermaid(), "put what `ldp graph --format mermaid` says into it"


@pytest.mark.parametrize("format", ["text", "mermaid", "svg", "html", "json"])
def test_each_format_is_itself(format: str, project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--format", format]) == 0
    out = capsys.readouterr().out
    if format == "json":
        assert [each["name"] for each in json.loads(out)["datasets"]] == ["events", "other", "daily"]
    elif format == "svg":
        ElementTree.fromstring(out)
    else:
        start = {"text": project.name, "mermaid": "flowchart LR\n", "html": "<!doctype html>"}[format]
        assert out.startswith(start) and out.endswith("\n")


@pytest.mark.parametrize("format", ["mermaid", "svg", "html", "json"])
def test_where_only_ascii_arrives_each_format_has_its_own_way(
    format: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (project / "more.sql").write_text("CREATE MATERIALIZED VIEW `été` AS SELECT 1", encoding="utf-8")
    monkeypatch.setenv("LDP_ASCII", "1")
    assert main(["graph", "--format", format]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    if format == "json":
        assert "été" in [each["name"] for each in json.loads(out)["datasets"]]
    elif format == "svg":
        assert any(text == "été" for text in ElementTree.fromstring(out).itertext())
    else:
        assert {"mermaid": "#233;t#233;", "html": "&#233;t&#233;"}[format] in out


@pytest.mark.parametrize("name", ["graph.svg", "graph.html", "graph.json", "graph.mmd", "graph.txt"])
def test_out_takes_the_format_from_the_ending(name: str, project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--out", name, "--color", "always"]) == 0
    starts = {"svg": "<svg ", "html": "<!doctype", "json": "{", "mmd": "flowchart", "txt": project.name}
    text = (project / name).read_text(encoding="utf-8")
    assert text.startswith(starts[name.rpartition(".")[2]]) and "\x1b" not in text and text.endswith("\n")
    assert f"wrote {name}" in capsys.readouterr().out


def test_out_that_cannot_be_written(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--out", "no/such/folder.svg"]) == 2
    said = capsys.readouterr().err
    assert "cannot be written: its folder is not there" in said and "make the folder first" in said


def test_out_in_a_form_that_nobody_draws(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--out", "picture.pdf"]) == 2
    assert "ldp graph writes no .pdf files" in capsys.readouterr().err and not (project / "picture.pdf").exists()
    assert main(["graph", "--out", "picture.pdf", "--format", "svg"]) == 0


def test_findings_are_shown_and_are_no_failure(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "wrong.sql").write_text("CREATE STREAMING TABLE wrong AS SELECT * FROM STREAM(evnts);")
    assert main(["graph"]) == 0
    assert "did you mean events?" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_said_once_and_the_rest_is_read(
    project: Path, capsys: pytest.CaptureFixture[str]
):
    (project / "bad.ipynb").write_text("{")
    (project / "binary.sql").write_bytes(b"\0\xff" * 40)
    assert main(["graph"]) == 0
    said = capsys.readouterr()
    assert said.err.count("bad.ipynb") == 1 and said.err.count("binary.sql") == 1
    assert "3 datasets" in said.out
    assert {str(e)[:3] for e in ldp_magic.graph().errors} == {"bad", "bin"}


def test_nothing_could_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "bad.ipynb").write_text("{")
    (tmp_path / "worse.ipynb").write_text("[]")
    assert main(["graph", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "bad.ipynb" in said.err and "worse.ipynb" in said.err
    with pytest.raises(SourceError):
        ldp_magic.graph(tmp_path)


def test_a_folder_without_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", str(tmp_path)]) == 2
    assert "no pipeline code was found" in capsys.readouterr().err


def test_a_damaged_lock_is_said_and_the_graph_is_drawn(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "ldp.lock").write_text("version = ")
    assert main(["graph"]) == 0
    said = capsys.readouterr()
    assert "ldp.lock is damaged" in said.err and "3 datasets" in said.out


@pytest.mark.parametrize("name", ["daily", "DAILY", "`daily`"])
def test_one_dataset(name: str, project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--dataset", name]) == 0
    out = capsys.readouterr().out
    assert "2 datasets" in out and "around daily" in out and "other" not in out


def test_a_dataset_that_nobody_made(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--dataset", "dialy"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "no dataset is called dialy; daily is" in said.err


@pytest.fixture
def two(project: Path) -> Path:
    (project / "ldp.toml").write_text(
        "schema = 's'\n[pipelines.one]\nsources = ['events.sql']\n"
        "[pipelines.two]\nsources = ['daily.sql', 'other.sql']\n"
    )
    return project


def test_several_pipelines(two: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["graph", "--format", "json"]) == 0
    said = {each["pipeline"]: each for each in json.loads(capsys.readouterr().out)["pipelines"]}
    assert said.keys() == {"one", "two"}
    assert "pipeline one makes it" in said["two"]["external"][0]["reason"]
    graph = ldp_magic.graph()
    assert graph.text().count("external source") == 2
    assert len(ElementTree.fromstring(graph.svg()).findall("{http://www.w3.org/2000/svg}svg")) == 2
    assert graph.mermaid().count("subgraph") == 2
    assert graph.html().count("<img") == 2


def test_one_of_several_pipelines(two: Path, capsys: pytest.CaptureFixture[str]):
    assert [each.name for each in ldp_magic.graph(pipeline="two").pipelines] == ["two"]
    assert main(["graph", "--pipeline", "tow"]) == 2
    assert "no pipeline is called tow; two is" in capsys.readouterr().err


def test_columns_cross_pipelines(two: Path):
    (two / "events.sql").write_text("CREATE STREAMING TABLE events AS SELECT 1 AS id, 'x' AS word FROM STREAM raw")
    daily = ldp_magic.graph(pipeline="two").pipelines[0].datasets["daily"]
    assert [(c.name, c.type) for c in daily.columns or ()] == [("id", "int"), ("word", "string")]


def test_the_environment(two: Path):
    (two / "ldp.toml").write_text((two / "ldp.toml").read_text() + "[env.dev]\nschema = 'd'\n")
    assert {p.schema for p in ldp_magic.graph(env="dev").pipelines} == {"d"}
    with pytest.raises(LdpError, match="no environment is called dve"):
        ldp_magic.graph(env="dve")


def test_a_notebook_shows_it_by_itself(project: Path):
    bundle = ldp_magic.graph()._repr_mimebundle_()
    assert (
        bundle.keys() == {"application/vnd.ldp+json", "text/plain", "text/html"}
        and "3 datasets" in bundle["text/plain"]
    )


def test_paths_may_be_one_or_several(project: Path):
    assert ldp_magic.graph("events.sql").pipelines[0].datasets.keys() >= {"events"}
    assert ldp_magic.graph([Path("events.sql"), "daily.sql"]).pipelines[0].datasets.keys() >= {"events", "daily"}


def test_after_an_update_it_says_what_each_table_holds(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "in").mkdir()
    (project / "in" / "a.json").write_text('{"id": 1}\n{"id": -1}\n{"id": 7}\n')
    (project / "events.sql").write_text(
        "CREATE STREAMING TABLE events (CONSTRAINT positive EXPECT (id > 0) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT small EXPECT (id < 5)) AS SELECT * FROM STREAM read_files('in', format => 'json');"
    )
    assert "after update" not in ldp_magic.graph(".").text()
    assert ldp_magic.run(".").exit_code == 0
    assert main(["graph"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert " · after update 1 ◊ in" in said and "≈ events 2 rows ▼ 1 dropped" in said
    assert "■ daily 2 rows" in said and "■ other 1 row" in said and "appended" not in said
    assert "v 1 dropped" in ldp_magic.graph(".").text(glyphs="ascii")
    assert main(["graph", "--format", "json"]) == 0 and "2 rows" not in capsys.readouterr().out
