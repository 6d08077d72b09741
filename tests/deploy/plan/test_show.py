"""A plan as text, as a page and as JSON: the same facts in each, no secrets, no line that is too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from wcwidth import wcswidth

from ldp_magic.cli import main
from ldp_magic.deploy.plan import Have, Held, Plan, plan
from ldp_magic.show.pen import Pen
from ldp_magic.show.plan import html, text
from ldp_magic.show.plan import json as as_json
from ldp_magic.verbs.plan import plan as planned
from tests.deploy.plan.pipelines import NOW, SETTINGS, deployed, wanted, write

HERE = Path(__file__).parent
GROUPS = (
    "CREATE OR REFRESH STREAMING TABLE daily AS SELECT {0}, count(*) AS n"
    " FROM STREAM main.raw.events WATERMARK ts DELAY OF INTERVAL 1 HOUR GROUP BY {0}, window(ts, '1 day');\n"
    "CREATE OR REFRESH STREAMING TABLE behind AS SELECT * FROM STREAM daily;\n"
    "CREATE OR REFRESH MATERIALIZED VIEW totals AS SELECT sum(n) AS n FROM behind;\n"
)
SAID = (
    SETTINGS + 'schedule = "0 30 2 * * ?"\nschedule-time-zone = "Europe/Berlin"\nparameters = {{ api_token = "{}" }}\n'
)
HIDDEN = "dapi0123456789abcdef"
PLACE = {"who": "me@example.com", "host": "https://adb-1.example.net", "profile": "dev", "folder": "/Workspace/x"}


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    was = wanted(root, GROUPS.format("k"), SAID.format("first-secret"))
    now = wanted(root, GROUPS.format("k, country"), SAID.format(HIDDEN).replace("2 * *", "3 * *"))
    have = deployed(was, **PLACE)
    held = have.resources["pipeline", "web"]
    remote = {**held.remote, "channel": "PREVIEW"}  # type: ignore[dict-item]
    return plan(
        now, replace(have, resources={**have.resources, ("pipeline", "web"): replace(held, remote=remote)}), now=NOW
    )


def test_the_text(edited: Plan, golden: Callable[[Path, str], None]):
    golden(HERE / "golden" / "plan.txt", text(edited, Pen.of(100, False, "unicode"), diffs=True) + "\n")


def test_every_form_says_the_same(edited: Plan):
    page = unescape(re.sub(r"<[^>]+>", " ", html(edited)))
    shown = text(edited, Pen.of(140, False, "unicode"))
    said = json.dumps(as_json(edited))
    for fact in (*PLACE.values(), "the group key gains country", "0 30 3 * * ?", "Europe/Berlin", "channel", "PREVIEW"):
        for form in (page, shown, said):
            assert fact in " ".join(form.split()), fact
    assert as_json(edited)["counts"] == {"add": 0, "change": 3, "remove": 0, "unchanged": 11}
    assert [each["effect"] for each in as_json(edited)["effects"]] == ["full refresh", "full refresh", "none"]
    assert as_json(edited)["apply"] == "ldp deploy --full-refresh daily,behind"


def test_no_secret_is_told(edited: Plan):
    forms = [text(edited, Pen.of(140, False, "unicode"), diffs=True), html(edited), json.dumps(as_json(edited))]
    assert all(HIDDEN not in form and "first-secret" not in form and "***" in form for form in forms)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_too_long(edited: Plan, width: int):
    for glyphs in ("unicode", "ascii"):
        shown = text(edited, Pen.of(width, False, glyphs), diffs=True)  # type: ignore[arg-type]
        assert max(map(wcswidth, shown.splitlines())) <= width
        assert glyphs == "unicode" or shown.isascii()


def test_foreign_text_does_no_harm(tmp_path: Path):
    evil = "<script>f()</script>\x1b[31m"
    write(tmp_path, "ldp.toml", SETTINGS)
    made = wanted(tmp_path, f"CREATE OR REFRESH MATERIALIZED VIEW `{evil}` AS SELECT 1 AS a;", SETTINGS)
    found = plan(made, Have(why=evil, who=evil), now=NOW)
    assert "<script" not in html(found) and "\x1b" not in text(found, Pen.of(100, False, "unicode"))


def test_the_html_survives_a_sanitiser(edited: Plan):
    page = html(edited)
    assert not re.search(r"<(style|script|svg|link)|\bid=|class=|var\(|url\(", page)
    for cell in re.findall(r"<t[dh] [^>]*>|<t[dh]>", page):
        assert "text-align" in cell


def test_what_is_dropped_is_loud(tmp_path: Path):
    was = wanted(tmp_path / "a", GROUPS.format("k"))
    now = wanted(tmp_path / "b", GROUPS.format("k").replace("STREAMING TABLE behind", "MATERIALIZED VIEW behind"))
    found = plan(now, deployed(was), now=NOW)
    shown = text(found, Pen.of(100, False, "unicode"))
    assert "✗ 1 dataset is dropped, with their rows" in shown and "✗ table dropped  behind" in shown


def test_many_of_everything_stay_few_lines(tmp_path: Path):
    sql = "".join(f"CREATE OR REFRESH MATERIALIZED VIEW m{n} AS SELECT 1 AS a;\n" for n in range(300))
    for n in range(300):
        write(tmp_path, f"src/f{n}.sql", f"CREATE OR REFRESH MATERIALIZED VIEW n{n} AS SELECT 1 AS a;\n")
    found = plan(wanted(tmp_path, sql), Have(), now=NOW)
    shown = text(found, Pen.of(100, False, "unicode"))
    assert len(shown.splitlines()) < 160 and "251 more files" in shown and "550 more datasets" in shown
    assert len(html(found)) < 150_000


# --- the verbs -------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    write(tmp_path, "ldp.toml", SAID.format("x"))
    write(tmp_path, "src/all.sql", GROUPS.format("k"))
    return tmp_path


def test_without_a_workspace_it_tells_what_a_first_deploy_makes(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "no workspace was asked: neither the settings nor a profile nor DATABRICKS_HOST name one" in out
    assert "this is what a first deploy would make" in out and "+ add src/all.sql" in out


def test_json_and_files(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan", "--json", "--offline", "--schedule", "0 0 5 * * ?"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["runs"][0]["words"] == "daily at 05:00, Europe/Berlin" and len(said["runs"][0]["next"]) == 5
    for name, begin in (("p.json", "{"), ("p.html", "<!doctype html>"), ("p.txt", "plan for ")):
        assert main(["plan", "--offline", "--out", name]) == 0
        assert (project / name).read_text().startswith(begin)
    capsys.readouterr()
    assert main(["check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_flags_count_most(project: Path):
    found = planned(catalog="mine", schedule="0 0 4 * * ?", name="other", offline=True).plan
    assert (found.wanted.catalog, found.runs[0].words) == ("mine", "daily at 04:00, Europe/Berlin")
    assert [step.name for step in found.steps if step.kind == "pipeline"] == ["other"]


def test_a_plan_of_what_is_known(project: Path):
    first = planned(offline=True).plan.wanted
    again = planned(have=deployed(first))
    assert again.plan.empty and "nothing to deploy" in again.text()
    bundle = again._repr_mimebundle_()
    assert bundle["application/vnd.ldp+json"]["kind"] == "plan" and "text/html" in bundle
    held = {("pipeline", "old"): Held(id="1", sent={"name": "old"}, remote={"name": "old"})}
    gone = planned(have=Have(asked=True, resources=held))  # type: ignore[arg-type]
    assert "remove" in gone.text()
