"""`ldp lineage`, typed and called: which column is meant, and what is said when none is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ldp_magic
from ldp_magic.cli import main
from ldp_magic.errors import LdpError

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"


def names(column: str, **how: bool) -> list[str]:
    return [f"{step.dataset}.{step.column}" for step in ldp_magic.lineage(column, EXAMPLE, **how).way.steps]


WAY = [
    "/Volumes/main/user_analytics/landing/events.event_time",
    "events.event_time",
    "daily_metrics.first_event",
    "daily_metrics.last_event",
    "metrics_with_duration.session_minutes",
    "enriched_metrics.session_minutes",
]


def test_sources_first_itself_last():
    assert names("enriched_metrics.session_minutes") == WAY


@pytest.mark.parametrize(
    "column",
    [
        "ENRICHED_METRICS.Session_Minutes",
        "`enriched_metrics`.`session_minutes`",
        "user_analytics.enriched_metrics.session_minutes",
        "main.user_analytics.enriched_metrics.session_minutes",
        "`main`.user_analytics.`enriched_metrics`.session_minutes",
    ],
)
def test_a_column_has_many_spellings(column: str):
    assert names(column) == WAY


@pytest.mark.parametrize(
    "column",
    [
        "landing/events.points",
        "/Volumes/main/user_analytics/landing/events.points",
        "…/landing/events.POINTS".strip("…"),
    ],
)
def test_a_column_of_an_external_source(column: str):
    assert names(column) == ["/Volumes/main/user_analytics/landing/events.points"]
    assert names(column, down=True)[0] == "events.points"


def test_down():
    assert names("daily_metrics.first_event", down=True) == [
        "metrics_with_duration.session_minutes",
        "metrics_with_duration.engagement_score",
        "enriched_metrics.session_minutes",
        "enriched_metrics.engagement_score",
        "final_metrics.session_minutes",
        "final_metrics.engagement_score",
        "final_metrics.engagement",
    ]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("enriched_metric.segment", "no dataset is called enriched_metric; enriched_metrics is"),
        ("enriched_metrics.sgement", "enriched_metrics has no column sgement; segment is one"),
        ("landing/events.point", "has no column point; points is one"),
        ("segment", "segment names no column of a table"),
        ("", "names no column of a table"),
        (".", "names no column of a table"),
        ("a.``", "no dataset is called a|names no column"),
        ("x" * 5000 + ".y", "no dataset is called x{80}\n"),
    ],
)
def test_no_such_column(column: str, said: str):
    with pytest.raises(LdpError, match=said) as error:
        ldp_magic.lineage(column, EXAMPLE)
    assert error.value.fix and error.value.why


def test_a_name_that_several_pipelines_have(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.sql").write_text("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a")
    settings = "[pipelines.one]\nsources = ['one.sql']\n[pipelines.two]\nsources = ['two.sql']\n"
    (tmp_path / "ldp.toml").write_text(settings)
    with pytest.raises(LdpError, match="m is in 2 pipelines"):
        ldp_magic.lineage("m.a", tmp_path)
    assert ldp_magic.lineage("m.a", tmp_path, pipeline="two").way.pipeline.name == "two"


def test_a_name_with_dots_and_ticks(tmp_path: Path):
    (tmp_path / "a.sql").write_text("CREATE MATERIALIZED VIEW `a.b``c` AS SELECT 1 AS `x.y`")
    way = ldp_magic.lineage("`a.b``c`.`x.y`", tmp_path).way
    assert way.lineage.column == "x.y"


@pytest.mark.parametrize("format", ["text", "html", "json"])
def test_typed(format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(EXAMPLE)
    assert main(["lineage", "enriched_metrics.session_minutes", "--format", format]) == 0
    out = capsys.readouterr().out
    if format == "json":
        said = json.loads(out)
        assert [f"{step['dataset']}.{step['column']}" for step in said["steps"]] == WAY
        assert said["steps"][1]["source"] == "transformations/events.sql"
    else:
        assert "through 4 datasets" in out and "from 1 source column" in out


def test_where_only_ascii_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.sql").write_text("CREATE MATERIALIZED VIEW m AS SELECT 1 AS `é`", encoding="utf-8")
    for ascii_only, said in (("1", "&#233;"), ("0", "é")):
        monkeypatch.setenv("LDP_ASCII", ascii_only)
        assert main(["lineage", "m.é", str(tmp_path), "--format", "html"]) == 0
        assert said in capsys.readouterr().out


def test_typed_wrongly(capsys: pytest.CaptureFixture[str]):
    assert main(["lineage", "nope.x", str(EXAMPLE)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("✗ no dataset is called nope")


def test_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "way.html"
    assert main(["lineage", "events.points", str(EXAMPLE), "--format", "html", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_ending_of_out_says_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "way.html"
    assert main(["lineage", "events.points", str(EXAMPLE), "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["lineage", "events.points", str(EXAMPLE), "--out", str(tmp_path / "way.svg")]) == 2
    assert "ldp lineage writes no .svg files" in capsys.readouterr().err


def test_a_table_without_a_column_gets_one_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lineage", "User_Profiles", str(EXAMPLE)]) == 2
    assert "such as ldp lineage user_profiles.user_id\n" in capsys.readouterr().err
