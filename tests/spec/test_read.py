"""Specs: pipelines in YAML, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp_magic.errors import SourceError
from ldp_magic.project import Project, find, graphs
from ldp_magic.settings import find as settings_of
from ldp_magic.spec import is_spec, read
from tests.deploy.plan.pipelines import read as wanted
from tests.deploy.plan.pipelines import write

SPEC = """\
# what the team runs
tags: {team: web}
pipelines:
  web:
    catalog: main
    schema: s
    sources: [src/**]
    parameters:
      lateness: 30 minutes
      least: 4
      exact: true
    datasets:
      orders: |
        -- every order once
        CREATE OR REFRESH STREAMING TABLE orders AS
        SELECT id FROM STREAM raw WHERE v > ${least}
      daily: CREATE OR REFRESH MATERIALIZED VIEW daily AS SELECT count(*) AS n FROM orders
      more:
        file: sql/more.sql
environments:
  prod:
    schema: gold
    schedule: "0 0 2 * * ?"
    tags: {cost: "42"}
"""
MORE = "CREATE OR REFRESH MATERIALIZED VIEW more AS SELECT id FROM orders;\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "ldp.yml", SPEC)
    write(tmp_path, "sql/more.sql", MORE)
    write(tmp_path, "src/raw.sql", "CREATE OR REFRESH STREAMING TABLE raw AS SELECT * FROM STREAM a.b.c;\n")
    return tmp_path


def found(folder: Path, env: str | None = None) -> Project:
    return find([folder], settings_of(folder, environ={}), env)


def test_a_spec_makes_the_same_pipeline_as_files(folder: Path):
    project = found(folder)
    assert not project.errors
    (pipeline,) = graphs(project)
    assert {name: each.layer for name, each in pipeline.datasets.items()} == {
        "raw": 0, "orders": 1, "daily": 2, "more": 2,
    }  # fmt: skip
    assert pipeline.parameters == {"lateness": "30 minutes", "least": "4", "exact": "true"}
    assert not pipeline.problems and pipeline.name == "web"


def test_statements_stand_on_their_lines(folder: Path):
    (pipeline,) = graphs(found(folder))
    lines = SPEC.splitlines()
    for name in ("orders", "daily"):
        place = pipeline.datasets[name].definition.name.location
        assert place.source.name.endswith("ldp.yml") and place.text == name
        assert lines[place.first.line - 1][place.first.column - 1 :].startswith(name)


@pytest.mark.parametrize("text", ["\ufeff" + SPEC, SPEC.replace("\n", "\r\n"), SPEC.replace("every", "jede äöü 😀")])
def test_lines_hold_under_marks_and_other_line_ends(folder: Path, text: str):
    (folder / "ldp.yml").write_bytes(text.encode())
    (pipeline,) = graphs(found(folder))
    place = pipeline.datasets["orders"].definition.name.location
    assert place.first.line == 15 and place.text == "orders"


def test_an_environment_of_a_spec_counts_more(folder: Path):
    made = wanted(folder, "prod")
    pipeline, job = made.resources
    assert (made.environment, made.schema) == ("prod", "gold")
    assert pipeline.settings["tags"] == {"team": "web", "cost": "42"} and "schedule" in job.settings
    assert [file.path for file in made.files] == [
        "sql/more.sql", "src/raw.sql", "transformations/daily.sql", "transformations/orders.sql",
    ]  # fmt: skip
    orders = made.files[3].content.decode()
    assert orders.startswith("-- every order once\nCREATE OR REFRESH STREAMING TABLE orders AS\n")
    assert not made.problems


def test_a_flag_counts_more_than_a_spec_and_a_spec_more_than_the_settings(folder: Path):
    write(folder, "ldp.toml", 'catalog = "other"\nchannel = "CURRENT"\n')
    write(folder, "ldp.yml", SPEC.replace("    schema: s\n", "    schema: s\n    channel: PREVIEW\n"))
    made = wanted(folder)
    assert (made.catalog, made.resources[0].settings["channel"]) == ("main", "PREVIEW")
    told = [(each.severity, each.what) for each in made.problems]
    assert ("warning", "channel is PREVIEW in ldp.yml:4 and CURRENT in ldp.toml") in [
        (severity, what.replace(f"{folder}/", "")) for severity, what in told
    ]
    flagged = settings_of(folder, overrides={"catalog": "mine"}, environ={})
    assert find([folder], flagged).pipelines[0].catalog == "mine"


WRONG = [
    ("catalg: x\n", "ldp.yml:2: no setting is called pipelines.web.catalg; catalog is"),
    ("serverless: maybe\n", 'ldp.yml:2: pipelines.web.serverless cannot be "maybe"'),
    ("trigger: {evry: 1 day}\n", "ldp.yml:2: pipelines.web.trigger cannot be a table"),
    ("datasets: [a]\n", "ldp.yml:2: datasets of web is no table"),
    ("datasets: {a: [b]}\n", "ldp.yml:2: a is no dataset"),
    ('datasets: {a: "CREATE\\n x"}\n', "ldp.yml:2: the statement of a is in quotes"),
    ("sources: [[a]]\n", "ldp.yml:2: a source of web is no path"),
]


@pytest.mark.parametrize(("line", "what"), WRONG)
def test_a_mistake_is_told_with_its_line(line: str, what: str):
    spec = read(
        "ldp.yml",
        f"pipelines: {{web: {{\n{line.strip()}\n}}}}\n" if "[" in line else f"pipelines:\n  web: {{{line.strip()}}}\n",
    )
    assert [error.what for error in spec.errors] == [what]
    assert spec.errors[0].why and spec.errors[0].fix


def test_all_mistakes_are_told_and_the_rest_is_used():
    spec = read("ldp.yml", "a: 1\npipelines:\n  web:\n    b: 2\n    catalog: main\nenvironments:\n  dev:\n    c: 3\n")
    assert len(spec.errors) == 3 and spec.pipelines[0].said == {"catalog": "main"} and "dev" in spec.environments


def test_which_files_are_specs():
    assert [is_spec(name) for name in ("ldp.yml", "web.ldp.yaml", "databricks.yml", "xldp.yml")] == [
        True, True, False, False,
    ]  # fmt: skip


@given(st.data())
def test_a_damaged_spec_is_a_spec_or_one_clear_error(data: st.DataObject):
    at, cut = data.draw(st.integers(0, len(SPEC))), data.draw(st.integers(0, 12))
    put = data.draw(st.sampled_from([*"\"[]{}:|>-&*!#\n\t'", "  ", "? ", ""]) | st.text(max_size=3))
    try:
        spec = read("ldp.yml", SPEC[:at] + put + SPEC[at + cut :])
    except SourceError as error:
        assert error.what and error.fix
        return
    assert all(error.what.startswith("ldp.yml:") and error.fix for error in spec.errors)
    for each in spec.pipelines:
        assert not each.sql or len(each.sql) == len(SPEC[:at] + put + SPEC[at + cut :])
