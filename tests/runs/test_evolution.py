"""Tables whose queries change: columns that come, go and change; what is declared of them; and moments in zones."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.runs.project import Project

SOURCE = "STREAM read_files('landing', format => 'json', schema => 'id INT, name STRING, at TIMESTAMP, n BIGINT')"
T = "CREATE OR REFRESH STREAMING TABLE t{} AS SELECT {} FROM " + SOURCE + ";\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class Rows:
    """Puts one more row into the landing folder each time."""

    def __init__(self, project: Project) -> None:
        self.project, self.number = project, 0

    def more(self, name: str | None = "x") -> int:
        self.number += 1
        said = "null" if name is None else f'"{name}"'
        self.project.put(
            f"landing/{self.number}.json", f'{{"id": {self.number}, "name": {said}, "n": {self.number * 10}}}\n'
        )
        return self.number


@pytest.fixture
def rows(project: Project) -> Rows:
    return Rows(project)


# --- the query of a streaming table changes ---------------------------------------------------------------------------


def test_a_new_column_is_null_in_old_rows(project: Project, rows: Rows):
    project.sql(T.format("", "id"))
    rows.more()
    project.fine()
    project.sql(T.format("", "name, id, n"))
    rows.more()
    project.fine()
    assert list(project.columns()) == ["id", "name", "n"]
    assert project.rows() == [{"id": 1, "name": None, "n": None}, {"id": 2, "name": "x", "n": 20}]


def test_a_column_that_is_gone_is_null_in_new_rows(project: Project, rows: Rows):
    project.sql(T.format("", "id, name"))
    rows.more()
    project.fine()
    project.sql(T.format("", "id"))
    rows.more()
    project.fine()
    assert project.rows() == [{"id": 1, "name": "x"}, {"id": 2, "name": None}]


@pytest.mark.parametrize("type_", ["STRING", "BIGINT", "DOUBLE", "ARRAY<INT>"])
def test_another_type_is_an_error_that_names_the_full_refresh(project: Project, rows: Rows, type_: str):
    project.sql(T.format("", "id"))
    rows.more()
    project.fine()
    changed = "array(id)" if type_ == "ARRAY<INT>" else f"CAST(id AS {type_})"
    project.sql(T.format("", f"{changed} AS id, name"))
    rows.more()
    said = project.failure()
    assert f"column id of t is int and would become {type_.lower()}" in said and "--full-refresh t" in said
    assert project.values() == [1] and project.columns() == {"id": "int"}
    project.fine(full_refresh=["t"])
    assert list(project.columns()) == ["id", "name"] and project.columns()["id"] == type_.lower()
    assert len(project.rows()) == 2


def test_a_full_refresh_takes_the_columns_of_today_and_no_others(project: Project, rows: Rows):
    project.sql(T.format("", "id, name, n"))
    rows.more()
    project.fine()
    project.sql(T.format("", "n, id"))
    project.fine(full_refresh=["t"])
    assert list(project.columns()) == ["n", "id"]
    assert project.rows() == [{"n": 10, "id": 1}]


def test_a_full_refresh_of_two_flows_takes_the_columns_of_both(project: Project, rows: Rows):
    flows = "CREATE OR REFRESH STREAMING TABLE t;\n" + "".join(
        f"CREATE FLOW f{n} AS INSERT INTO t BY NAME SELECT {column} FROM {SOURCE};\n"
        for n, column in enumerate(["id, name", "id, n"])
    )
    project.sql(flows)
    rows.more()
    project.fine()
    assert sorted(project.columns()) == ["id", "n", "name"]
    project.sql(flows.replace("id, name", "id"))
    project.fine(full_refresh=["all"])
    assert sorted(project.columns()) == ["id", "n"]
    assert project.rows() == [{"id": 1, "n": 10}, {"id": 1, "n": None}]


def test_a_name_in_another_case_is_the_same_column(project: Project, rows: Rows):
    project.sql(T.format("", "id, name"))
    rows.more()
    project.fine()
    project.sql(T.format("", "NAME, Id"))
    rows.more()
    project.fine()
    assert list(project.columns()) == ["id", "name"]
    assert project.rows() == [{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]


def test_a_struct_gains_a_field(project: Project, rows: Rows):
    project.sql(T.format("", "id, named_struct('a', id) AS s"))
    rows.more()
    project.fine()
    project.sql(T.format("", "id, named_struct('b', name, 'a', id) AS s"))
    rows.more()
    project.fine()
    assert [row["s"] for row in project.rows()] == [{"a": 1, "b": None}, {"a": 2, "b": "x"}]
    project.sql(T.format("", "id, named_struct('b', name) AS s"))
    rows.more()
    project.fine()
    assert project.rows()[2]["s"] == {"a": None, "b": "x"}


def test_readers_see_the_columns_of_today(project: Project, rows: Rows):
    reader = "CREATE MATERIALIZED VIEW v AS SELECT * FROM t;\nCREATE STREAMING TABLE u AS SELECT * FROM STREAM t;\n"
    project.sql(T.format("", "id, named_struct('a', id) AS s") + reader)
    rows.more()
    project.fine()
    project.sql(T.format("", "id, named_struct('a', id, 'b', name) AS s, n") + reader)
    rows.more()
    project.fine()
    expected = [{"id": 1, "s": {"a": 1, "b": None}, "n": None}, {"id": 2, "s": {"a": 2, "b": "x"}, "n": 20}]
    assert project.rows("v") == project.rows("u") == expected


def test_a_column_of_nothing_but_null(project: Project, rows: Rows):
    project.sql(T.format("", "id, NULL AS nothing, array(NULL) AS list, named_struct('a', NULL) AS s"))
    rows.more()
    project.fine()
    assert project.columns()["nothing"] == "string"
    assert project.rows() == [{"id": 1, "nothing": None, "list": [None], "s": {"a": None}}]
    rows.more()
    project.fine()
    project.sql(T.format("", "id, name AS nothing"))
    rows.more("y")
    project.fine()
    assert project.values("nothing") == ["y", None, None]


@pytest.mark.parametrize(
    "query", ["id, id AS ID", "id, name AS Id", "INTERVAL 1 DAY AS i", "named_struct('a', 1, 'A', 2) AS s"]
)
def test_columns_that_no_table_can_have(project: Project, rows: Rows, query: str):
    project.sql(T.format("", query))
    rows.more()
    project.failure()
    project.sql(T.format("", "id"))
    project.fine()
    assert project.values() == [1]


# --- the query of a materialized view changes -------------------------------------------------------------------------


def test_a_materialized_view_takes_the_columns_of_each_update(project: Project):
    for query, columns in [
        ("1 AS id, 'x' AS a", {"id": "int", "a": "string"}),
        ("'x' AS a, CAST(1 AS BIGINT) AS id", {"a": "string", "id": "bigint"}),
        ("timestamp_ntz'2026-01-01 00:00:00' AS a", {"a": "timestamp_ntz"}),
        ("NULL AS a, named_struct('x', 1) AS s", {"a": "string", "s": "struct<x:int>"}),
    ]:
        project.sql(f"CREATE OR REFRESH MATERIALIZED VIEW t AS SELECT {query};")
        project.fine()
        assert project.columns() == columns and list(project.columns()) == list(columns)
        assert len(project.rows()) == 1


def test_who_streams_a_table_does_not_mind_its_new_columns(project: Project, rows: Rows):
    reader = "CREATE STREAMING TABLE u AS SELECT id FROM STREAM t;\n"
    project.sql(T.format("", "id") + reader)
    rows.more()
    project.fine()
    project.sql(T.format("", "id, name") + reader)
    rows.more()
    project.fine()
    assert project.values("id", "u") == [1, 2]


# --- what is declared -------------------------------------------------------------------------------------------------


def test_declared_types_are_cast_to(project: Project, rows: Rows):
    project.sql(T.format("(id BIGINT COMMENT 'key', name STRING)", "name, id"))
    rows.more()
    project.fine()
    assert project.columns() == {"id": "bigint", "name": "string"}
    project.sql(T.format("(id BIGINT, name STRING, n INT)", "name, id, n"))
    rows.more()
    project.fine()
    assert project.rows()[1] == {"id": 2, "name": "x", "n": 20}


@pytest.mark.parametrize("kind", ["STREAMING TABLE", "MATERIALIZED VIEW"])
def test_null_in_a_column_that_is_never_null(project: Project, rows: Rows, kind: str):
    said = T.format("(id INT NOT NULL, name STRING NOT NULL, n BIGINT)", "id, name, n")
    project.sql(
        said if kind == "STREAMING TABLE" else said.replace("STREAMING TABLE", kind).replace("STREAM read", "read")
    )
    rows.more()
    project.fine()
    rows.more(None)
    message = project.failure()
    assert "column name of t is NOT NULL, and is NULL in 1 row" in message
    assert project.values() == [1]
    project.put("landing/2.json", '{"id": 2, "name": "y"}\n')
    project.fine()
    assert project.values() == [1, 2]


def test_rows_that_are_dropped_may_break_what_is_declared(project: Project, rows: Rows):
    project.sql(
        T.format(
            "(id INT, name STRING NOT NULL, CONSTRAINT named EXPECT (name IS NOT NULL) ON VIOLATION DROP ROW)",
            "id, name",
        )
    )
    rows.more()
    rows.more(None)
    project.fine()
    assert project.values() == [1]


def test_null_in_python_schemas(project: Project):
    project.put("landing/1.json", '{"id": null}\n')
    project.put(
        "code.py",
        "from pyspark import pipelines as dp\n\n@dp.table(schema='id INT NOT NULL')\ndef t():\n"
        "    return spark.readStream.schema('id INT').json('landing')\n",
    )
    assert "column id of t is NOT NULL" in project.failure()


def test_generated_columns_and_defaults(project: Project, rows: Rows):
    project.sql(
        T.format(
            "(id INT, twice INT GENERATED ALWAYS AS (id * 2), name STRING, kind STRING DEFAULT 'plain')", "id, name"
        )
    )
    rows.more()
    project.fine()
    assert project.rows() == [{"id": 1, "twice": 2, "name": "x", "kind": "plain"}]


@pytest.mark.parametrize(
    ("type_", "text", "fits"),
    [
        ("VARCHAR(3)", "abc", True),
        ("VARCHAR(3)", "äöü", True),
        ("VARCHAR(3)", "abcd", False),
        ("CHAR(2)", "abc", False),
    ],
)
def test_texts_of_a_greatest_length(project: Project, rows: Rows, type_: str, text: str, fits: bool):
    project.sql(T.format(f"(id INT, name {type_})", "id, name"))
    rows.more(text)
    if fits:
        project.fine()
        assert project.values("name") == [text]
    else:
        said = project.failure()
        assert f"column name of t is {type_}" in said and text in said
    assert project.columns()["name"] == "string"


# --- moments ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_moments_are_the_same_instants_in_every_zone(project: Project, zone: str):
    project.put("ldp.toml", f'time-zone = "{zone}"\n')
    project.put("landing/1.json", '{"id": 1, "at": "2026-07-01T12:00:00Z", "wall": "2026-07-01T12:00:00"}\n')
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, at, wall, hour(at) AS h, CAST(wall AS TIMESTAMP) AS cast_"
        " FROM STREAM read_files('landing', format => 'json', schema => 'id INT, at TIMESTAMP, wall TIMESTAMP_NTZ');\n"
        "CREATE MATERIALIZED VIEW v AS SELECT *, hour(at) AS h2, hour(wall) AS w FROM t;\n"
        "CREATE STREAMING TABLE u AS SELECT *, hour(at) AS h2, hour(wall) AS w FROM STREAM t;\n"
        "CREATE STREAMING TABLE g AS SELECT date_trunc('DAY', at) AS day, count(*) AS n FROM STREAM t GROUP BY 1;\n"
    )
    project.fine()
    hour = {"America/New_York": 8, "Asia/Kolkata": 17}[zone]
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    (row,) = project.rows()
    assert project.columns()["at"] == "timestamp" and project.columns()["wall"] == "timestamp_ntz"
    assert row["at"] == noon and row["wall"] == datetime(2026, 7, 1, 12) and row["h"] == hour
    apart = {"America/New_York": 4, "Asia/Kolkata": -5.5}[zone]
    assert (row["cast_"] - noon).total_seconds() == apart * 3600
    for name in ("v", "u"):
        (read,) = project.rows(name)
        assert {key: read[key] for key in row} == row and (read["h2"], read["w"]) == (hour, 12)
    (group,) = project.rows("g")
    midnight = {"America/New_York": 4, "Asia/Kolkata": 18.5}[zone]
    assert (group["day"].hour + group["day"].minute / 60, group["n"]) == (midnight, 1)
