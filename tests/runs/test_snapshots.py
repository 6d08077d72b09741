"""AUTO CDC from snapshots in whole updates: from a table, and from a function that gives one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.project import Project

READ = "read_files('in', format => 'json', schema => 'id INT, name STRING, version INT')"
OF_A_FUNCTION = """
from pyspark import pipelines as dp

dp.create_streaming_table("people")

def next_snapshot(last):
    rows = spark.read.format("json").schema("id INT, name STRING, version INT").load("in")
    version = (last or 0) + 1
    found = rows.where(f"version = {version}").drop("version")
    return None if found.isEmpty() else (found, version)

dp.create_auto_cdc_from_snapshot_flow(
    target="people", source=next_snapshot, keys=["id"], stored_as_scd_type=2)
"""
OF_A_VIEW = f"""
CREATE MATERIALIZED VIEW newest AS
SELECT id, name FROM {READ} WHERE version = (SELECT max(version) FROM {READ});
CREATE STREAMING TABLE people;
CREATE FLOW f AS AUTO CDC INTO people FROM SNAPSHOT (SELECT * FROM newest) KEYS (id) STORED AS SCD TYPE 1;
"""


def _land(project: Project, version: int, **names: str) -> None:
    rows = "".join(f'{{"id": {key[1:]}, "name": "{name}", "version": {version}}}\n' for key, name in names.items())
    project.put(f"in/{version}.json", rows, age=60)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    _land(project, 1, i1="ann", i2="bob")
    return project


def _history(project: Project) -> list[tuple[object, ...]]:
    return sorted((row["id"], row["name"], row["__START_AT"], row["__END_AT"]) for row in project.rows("people"))


def test_all_snapshots_that_a_function_has_are_taken_in_one_update(project: Project) -> None:
    project.put("ldp.toml", "")
    project.put("people.py", OF_A_FUNCTION)
    _land(project, 2, i1="ann", i2="Bob", i3="cyd")
    project.fine()
    assert _history(project) == [(1, "ann", 1, None), (2, "Bob", 2, None), (2, "bob", 1, 2), (3, "cyd", 2, None)]
    _land(project, 3, i1="ann", i3="cyd")
    project.fine()
    assert _history(project) == [(1, "ann", 1, None), (2, "Bob", 2, 3), (2, "bob", 1, 2), (3, "cyd", 2, None)]
    assert {flow.word for flow in project.fine().flows} == {"unchanged"}
    project.fine(full_refresh=["people"])
    assert _history(project) == [(1, "ann", 1, None), (2, "Bob", 2, 3), (2, "bob", 1, 2), (3, "cyd", 2, None)]


def test_a_query_is_compared_with_what_it_gave_before(project: Project) -> None:
    project.sql(OF_A_VIEW)
    project.fine()
    assert project.rows("people") == [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}]
    _land(project, 2, i2="Bob", i3="cyd")
    numbers = {flow.name: flow for flow in project.fine().flows}
    assert project.rows("people") == [{"id": 2, "name": "Bob"}, {"id": 3, "name": "cyd"}]
    assert (numbers["f"].upserted, numbers["f"].deleted) == (2, 1)
    assert {flow.word for flow in project.fine().flows} == {"unchanged"}
