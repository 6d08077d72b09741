"""Files as streams: each once, in lots, with columns that grow; files that are still being written wait."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.runs.project import LANDING, OLD, Project

JSON = LANDING.format(", format => 'json'")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def status(project: Project, name: str = "t") -> str:
    return next(flow.status for flow in project.fine().flows if flow.name == name)


# --- each file once --------------------------------------------------------------------------------------------------


def test_each_file_is_read_once(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n{"id": 2}\n')
    assert [(flow.read, flow.written) for flow in project.fine().flows] == [(2, 2)]
    assert status(project) == "IDLE"
    project.put("landing/deep/b.json", '{"id": 3}\n')
    assert [(flow.read, flow.written) for flow in project.fine().flows] == [(1, 1)]
    assert status(project) == "IDLE"
    assert project.values() == [1, 2, 3]


def test_a_file_that_changes_is_not_read_again_unless_that_is_asked_for(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n', age=OLD)
    project.fine()
    project.put("landing/a.json", '{"id": 2}\n{"id": 3}\n')
    assert status(project) == "IDLE"
    project.sql(LANDING.format(", format => 'json', allowOverwrites => true"))
    project.fine()
    assert project.values() == [1, 2, 3]
    assert status(project) == "IDLE"


def test_a_full_refresh_begins_with_all_files_again(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    project.fine(full_refresh=["t"])
    assert project.values() == [1, 2]
    assert status(project) == "IDLE"


@pytest.mark.parametrize(
    ("path", "options", "ids"),
    [
        ("landing/*.json", "", [1]),
        ("landing/*/*.json", "", [2]),
        ("landing/{a,b}*", "", [1]),
        ("landing/day=[0-9]", "", [2]),
        ("landing", ", pathGlobFilter => 'b*'", [2]),
        ("landing", ", recursiveFileLookup => false", [1, 2]),
    ],
)
def test_globs(project: Project, path: str, options: str, ids: list[int]):
    project.sql(JSON.replace("'landing'", f"'{path}'").replace("'json'", f"'json'{options}"))
    project.put("landing/a.json", '{"id": 1}\n')
    project.put("landing/day=1/b.json", '{"id": 2}\n')
    project.fine()
    assert project.values() == ids
    assert status(project) == "IDLE"


def test_the_project_may_be_moved(project: Project, tmp_path: Path):
    first = Project(tmp_path / "one").sql(JSON)
    first.put("landing/a.json", '{"id": 1}\n')
    first.fine()
    shutil.move(str(first.root), str(tmp_path / "two"))
    second = Project(tmp_path / "two")
    assert status(second) == "IDLE"
    second.put("landing/b.json", '{"id": 2}\n')
    second.fine()
    assert second.values() == [1, 2]


def test_the_same_path_with_other_options_is_another_source(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS"
        " SELECT id FROM STREAM read_files('landing', format => 'json', pathGlobFilter => 'a*')"
        " UNION ALL SELECT id + 100 FROM STREAM read_files('landing', format => 'json', pathGlobFilter => '*1*')"
    )
    project.put("landing/a1.json", '{"id": 1}\n')
    project.fine()
    assert project.values() == [1, 101]
    project.put("landing/a2.json", '{"id": 2}\n')
    project.put("landing/b1.json", '{"id": 3}\n')
    project.fine()
    assert project.values() == [1, 2, 101, 103]
    assert status(project) == "IDLE"


def test_the_same_source_twice_in_one_flow_gives_its_rows_twice(project: Project):
    read = "SELECT id FROM STREAM read_files('landing', format => 'json')"
    project.sql(f"CREATE OR REFRESH STREAMING TABLE t AS {read} UNION ALL {read}")
    project.put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.values() == [1, 1, 2, 2]


def test_two_flows_read_the_same_files_each_for_itself(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.sql(JSON + JSON.replace(" t ", " u "))
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.values() == project.values(name="u") == [1, 2]


# --- in lots ---------------------------------------------------------------------------------------------------------


def test_lots_come_in_the_order_of_age_and_in_one_update(project: Project):
    project.sql(LANDING.format(", format => 'json', maxFilesPerTrigger => 2"))
    for n in range(5):
        project.put(f"landing/{n}.json", f'{{"id": {n}}}\n', age=OLD + n)
    updated = project.fine()
    assert [(flow.read, flow.written) for flow in updated.flows] == [(5, 5)]
    batches = [metrics["written"] for _, flow, metrics in project.table().metrics() if flow == "t"]
    assert batches == [1, 2, 2]
    table, rows = project.table(), []
    for file in sorted(table.news(None).files, key=lambda each: os.path.getmtime(each.path)):
        rows.append(set(pq.read_table(file.path)["id"].to_pylist()))
    assert {4, 3} in rows and {2, 1} in rows and {0} in rows
    assert status(project) == "IDLE"


@pytest.mark.parametrize(("said", "lots"), [("10", 3), ("25", 2), ("1k", 1), ("10b", 3)])
def test_lots_of_bytes_hold_one_file_at_least(project: Project, said: str, lots: int):
    project.sql(LANDING.format(f", format => 'json', maxBytesPerTrigger => '{said}'"))
    for n in range(3):
        project.put(f"landing/{n}.json", f'{{"id": {n}, "x": 1234567}}\n')
    project.fine()
    assert len([flow for _, flow, _ in project.table().metrics() if flow]) == lots
    assert project.values() == [0, 1, 2]


@pytest.mark.parametrize("said", ["0", "-1", "many", "1.5"])
def test_a_lot_that_is_no_number(project: Project, said: str):
    project.sql(LANDING.format(f", format => 'json', maxFilesPerTrigger => '{said}'")).put("landing/a.json", "{}\n")
    assert f"maxFilesPerTrigger cannot be {said}" in project.failure()


def test_files_that_are_there_at_first_can_be_left_out(project: Project):
    said = LANDING.format(", format => 'json', includeExistingFiles => false")
    project.sql(said).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    assert project.rows() == [] and project.columns() == {"id": "bigint", "_rescued_data": "string"}
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.values() == [2]
    project.fine(full_refresh=["t"])
    assert project.values() == []
    assert status(project) == "IDLE"


def test_files_that_were_left_out_do_not_come_back_into_a_group(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT sum(id) AS id"
        " FROM STREAM read_files('landing', format => 'json', includeExistingFiles => false)"
    ).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.values() == [2]


def test_a_group_over_files_of_which_some_are_gone_says_so(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT sum(id) AS id FROM STREAM read_files('landing', format => 'json')"
    ).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    (project.root / "landing/a.json").unlink()
    project.put("landing/b.json", '{"id": 2}\n')
    assert "1 of the files that were read before are gone, and so are their rows: landing/a.json" in project.notes(
        project.fine()
    )


# --- Python and old spellings ------------------------------------------------------------------------------------------


def test_cloud_files_in_python(project: Project):
    project.sql("CREATE TEMPORARY VIEW nothing AS SELECT 1 AS x;")
    project.put(
        "code.py",
        """
from pyspark import pipelines as dp

@dp.table
def t():
    return (spark.readStream.format("cloudFiles").option("cloudFiles.format", "json")
            .option("cloudFiles.maxFilesPerTrigger", 1).option("cloudFiles.inferColumnTypes", True)
            .load("landing").select("id", "_metadata.file_name"))
""",
    )
    project.put("landing/a.json", '{"id": 1}\n')
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.rows() == [{"id": 1, "file_name": "a.json"}, {"id": 2, "file_name": "b.json"}]
    assert status(project) == "IDLE"
    project.put("landing/c.json", '{"id": 3}\n')
    project.fine()
    assert project.values() == [1, 2, 3]


def test_cloud_files_as_a_function_leaves_texts(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS"
        " SELECT * FROM cloud_files('landing', 'json', map('cloudFiles.maxFilesPerTrigger', '1'))"
    )
    project.put("landing/a.json", '{"id": 1}\n')
    project.put("landing/b.json", '{"id": 2}\n')
    project.fine()
    assert project.columns() == {"id": "string", "_rescued_data": "string"}
    assert project.values() == ["1", "2"] and status(project) == "IDLE"


def test_a_stream_of_spark_without_a_schema_is_told(project: Project):
    project.sql("CREATE TEMPORARY VIEW nothing AS SELECT 1 AS x;")
    project.put("landing/a.json", '{"id": 1}\n')
    code = 'from pyspark import pipelines as dp\n\n@dp.table\ndef t():\n    return spark.readStream{}.json("landing")\n'
    project.put("code.py", code.format(""))
    assert "Spark reads a stream of files only with a schema" in project.notes(project.fine())
    project.put("code.py", code.format('.schema("id INT")'))
    assert project.notes(project.fine(full_refresh=["t"])) == ""
    assert project.columns() == {"id": "int"}


# --- columns that are remembered ---------------------------------------------------------------------------------------


def test_new_columns_are_added_and_the_notes_say_what_databricks_does(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1, "who": {"a": 1}}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 2, "more": "x", "who": {"a": 2, "b": true}}\n')
    said = project.notes(project.fine())
    assert "new columns: who struct<a:bigint,b:boolean>, more string; on Databricks the flow stops" in said
    assert project.rows() == [
        {"id": 1, "who": {"a": 1, "b": None}, "_rescued_data": None, "more": None},
        {"id": 2, "who": {"a": 2, "b": True}, "_rescued_data": None, "more": "x"},
    ]
    project.put("landing/c.json", '{"id": 3}\n')
    assert project.notes(project.fine()) == ""
    assert len(project.rows()) == 3


def test_types_stay_and_what_does_not_fit_is_rescued(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": "x", "ID": 5}\n')
    project.fine()
    assert project.columns() == {"id": "bigint", "_rescued_data": "string"}
    (rescued,) = [row["_rescued_data"] for row in project.rows() if row["id"] is None]
    assert json.loads(rescued) == {"id": "x", "ID": 5, "_file_path": f"file:{project.root}/landing/b.json"}


@pytest.mark.parametrize(
    ("mode", "columns", "rescued"),
    [
        ("addNewColumns", ["id", "_rescued_data", "more"], False),
        ("rescue", ["id", "_rescued_data"], True),
        ("none", ["id"], False),
    ],
)
def test_modes_of_evolution(project: Project, mode: str, columns: list[str], rescued: bool):
    project.sql(LANDING.format(f", format => 'json', schemaEvolutionMode => '{mode}'"))
    project.put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 2, "more": 5}\n')
    project.fine()
    assert list(project.columns()) == columns
    assert any(row.get("_rescued_data") for row in project.rows()) == rescued
    assert project.values() == [1, 2]


def test_new_columns_can_stop_a_flow(project: Project):
    project.sql(LANDING.format(", format => 'json', schemaEvolutionMode => 'failOnNewColumns'"))
    project.put("landing/a.json", '{"id": 1}\n')
    project.fine()
    bad = project.put("landing/b.json", '{"id": 2, "more": 5}\n')
    said = project.failure()
    assert "landing has new columns: more bigint" in said and "failOnNewColumns" in said and "schemaHints" in said
    assert project.values() == [1]
    bad.rename(project.root / "b.json")
    project.put("landing/c.json", '{"id": 3}\n')
    project.fine()
    assert project.values() == [1, 3]
    (project.root / "b.json").rename(bad)
    project.sql(
        LANDING.format(", format => 'json', schemaEvolutionMode => 'failOnNewColumns', schemaHints => 'more INT'")
    )
    project.fine()
    assert project.values() == [1, 2, 3] and project.columns()["more"] == "int"


def test_a_schema_does_not_grow(project: Project):
    project.sql(LANDING.format(", format => 'json', schema => 'id INT'"))
    project.put("landing/a.json", '{"id": 1, "more": 5}\n')
    assert "the data has columns that the schema has not: more" in project.notes(project.fine())
    assert project.columns() == {"id": "int"}
    project.sql(LANDING.format(", format => 'json', schema => 'id INT', schemaEvolutionMode => 'addNewColumns'"))
    project.put("landing/b.json", '{"id": 2}\n')
    assert "has a schema, and is to add new columns" in project.failure()
    project.sql(LANDING.format(", format => 'json', schemaEvolutionMode => 'grow'"))
    assert "there is no schema evolution mode grow" in project.failure()


def test_hints_count_from_the_first_turn_and_later(project: Project):
    project.sql(LANDING.format(", format => 'json', schemaHints => 'id INT, at TIMESTAMP'"))
    project.put("landing/a.json", '{"id": 1}\n')
    project.fine()
    assert project.columns() == {"id": "int", "at": "timestamp", "_rescued_data": "string"}
    project.sql(LANDING.format(", format => 'json', schemaHints => 'id INT, at TIMESTAMP, also DATE'"))
    project.put("landing/b.json", '{"id": 2, "also": "2026-01-02"}\n')
    project.fine()
    assert project.columns()["also"] == "date" and str(project.rows()[1]["also"]) == "2026-01-02"


@pytest.mark.parametrize(("header", "ids"), [("id,more\n2,x\n", [1, 2]), ("more,id\nx,2\n", [1, 2])])
def test_csv_grows_and_its_columns_are_found_by_name(project: Project, header: str, ids: list[int]):
    project.sql(LANDING.format(", format => 'csv', header => true")).put("landing/a.csv", "id\n1\n")
    project.fine()
    project.put("landing/b.csv", header)
    project.fine()
    assert project.values() == ids
    assert {row["id"]: row["more"] for row in project.rows()} == {1: None, 2: "x"}


def test_parquet_grows(project: Project):
    project.sql(LANDING.format(", format => 'parquet'"))
    (project.root / "landing").mkdir()
    pq.write_table(pa.table({"id": [1]}), project.root / "landing/a.parquet")
    assert [flow.read for flow in project.fine().flows] == [1]
    pq.write_table(pa.table({"id": [2], "more": ["x"]}), project.root / "landing/b.parquet")
    project.fine()
    assert [(row["id"], row["more"]) for row in project.rows()] == [(1, None), (2, "x")]
    assert status(project) == "IDLE"


def test_folders_are_columns_and_new_ones_come_in(project: Project):
    project.sql(JSON).put("landing/day=2026-01-01/a.json", '{"id": 1}\n')
    project.fine()
    assert project.columns()["day"] == "date"
    project.put("landing/day=2026-01-02/b.json", '{"id": 2}\n')
    project.fine()
    assert [str(row["day"]) for row in project.rows()] == ["2026-01-01", "2026-01-02"]
    project.put("landing/day=2026-01-03/shop=7/c.json", '{"id": 3}\n')
    project.fine()
    assert [row["shop"] for row in project.rows()] == [None, None, 7]


def test_the_metadata_of_files(project: Project):
    project.sql(
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT id, _metadata.file_name AS name, _metadata.file_size AS size"
        " FROM STREAM read_files('landing', format => 'json')"
    ).put("landing/a.json", '{"id": 1}\n')
    project.fine()
    project.put("landing/b.json", '{"id": 22}\n')
    project.fine()
    assert status(project) == "IDLE"
    assert project.rows() == [{"id": 1, "name": "a.json", "size": 10}, {"id": 22, "name": "b.json", "size": 11}]


# --- files that are still being written --------------------------------------------------------------------------------


def test_a_file_that_is_being_written_waits_for_the_next_update(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n')
    half = project.put("landing/b.json", '{"id": 2}\n{"id": 3, "na')
    assert "landing/b.json is still being written; it is left for the next update" in project.notes(project.fine())
    assert project.values() == [1]
    with half.open("a") as file:
        file.write('me": "x"}\n')
    project.fine()
    assert project.values() == [1, 2, 3]
    assert project.rows()[2]["name"] == "x"


def test_a_file_that_has_been_broken_for_long_is_taken(project: Project):
    project.sql(JSON).put("landing/a.json", '{"id": 1}\n')
    project.put("landing/b.json", '{"id": 2}\n{"id": 3, "na', age=OLD)
    said = project.notes(project.fine())
    assert "landing/b.json:2" in said and "cannot be read" in said
    assert project.values() == [1, 2, None]
    assert status(project) == "IDLE"


def test_the_only_file_is_being_written(project: Project):
    half = project.put("landing/a.json", '{"id": 1}\n{"id": ')
    assert "the only file of landing is still being written" in project.sql(JSON).failure()
    with half.open("a") as file:
        file.write("2}\n")
    project.fine()
    assert project.values() == [1, 2]


@pytest.mark.parametrize("kind", ["parquet", "json.gz"])
def test_a_packed_file_that_is_being_copied_waits_and_an_old_one_is_an_error(project: Project, kind: str):
    import gzip

    (project.root / "landing").mkdir()
    pq.write_table(pa.table({"id": [2]}), project.root / "whole.parquet")
    whole = (
        (project.root / "whole.parquet").read_bytes()
        if kind == "parquet"
        else gzip.compress(b'{"id": 2}\n' + b" " * 999)
    )
    project.sql(LANDING.format(f", format => '{kind.partition('.')[0]}'"))
    first = project.root / f"landing/a.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": [1]}), first)
    else:
        first.write_bytes(gzip.compress(b'{"id": 1}\n'))
    os.utime(first, (1, 1))
    project.fine()
    project.put(f"landing/b.{kind}", whole[:-12])
    assert "1 files cannot be read yet" in project.notes(project.fine())
    project.put(f"landing/b.{kind}", whole[:-12], age=OLD)
    assert f"landing/b.{kind}" in project.failure()
    assert project.values() == [1]
    project.put(f"landing/b.{kind}", whole)
    project.fine()
    assert project.values() == [1, 2]


def test_an_empty_folder_is_idle_where_the_columns_are_known(project: Project):
    (project.root / "landing").mkdir()
    assert "no file under landing matches" in project.sql(JSON).failure()
    project.sql(LANDING.format(", format => 'json', schema => 'id INT'"))
    assert "no file is there yet" in project.notes(project.fine())
    assert project.rows() == [] and status(project) == "IDLE"
    project.put("landing/a.json", '{"id": 1}\n')
    project.fine()
    (project.root / "landing/a.json").unlink()
    assert status(project) == "IDLE" and project.values() == [1]


# --- many ------------------------------------------------------------------------------------------------------------


def test_a_long_list_of_files(project: Project):
    project.sql(JSON)
    (project.root / "landing").mkdir()
    for n in range(2000):
        (project.root / f"landing/{n}.json").write_text(f'{{"id": {n}}}\n')
    assert [flow.written for flow in project.fine().flows] == [2000]
    for n in range(12):
        project.put(f"landing/x{n}.json", f'{{"id": {2000 + n}}}\n')
        assert [flow.written for flow in project.fine().flows] == [1]
    assert project.values() == list(range(2012)) and status(project) == "IDLE"
    parts = next(paths for name, paths in project.table().state("t").items() if name.startswith("files "))
    assert len(parts) <= 11


def test_lots_that_were_read_stay_when_a_later_one_is_broken(project: Project):
    project.sql(LANDING.format(", format => 'parquet', maxFilesPerTrigger => 1"))
    (project.root / "landing").mkdir()
    for n in (1, 2, 3):
        path = project.root / f"landing/{n}.parquet"
        pq.write_table(pa.table({"id": [n]}), path)
        os.utime(path, (n * 1000, n * 1000))
    whole = (project.root / "landing/2.parquet").read_bytes()
    broken = project.put("landing/2.parquet", whole[:50])
    os.utime(broken, (2000, 2000))
    assert "landing/2.parquet is not a whole parquet file" in project.failure()
    assert project.values() == [1]
    project.put("landing/2.parquet", whole, age=OLD)
    project.fine()
    assert project.values() == [1, 2, 3] and status(project) == "IDLE"


def test_a_file_comes_through_a_view_once(project: Project):
    project.sql(
        "CREATE TEMPORARY VIEW w AS SELECT id FROM STREAM read_files('landing', format => 'json') WHERE id > 1;\n"
        "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM STREAM w;\n"
    )
    project.put("landing/a.json", '{"id": 1}\n{"id": 2}\n')
    project.fine()
    assert status(project) == "IDLE"
    project.put("landing/b.json", '{"id": 3}\n')
    project.fine()
    assert project.values() == [2, 3] and status(project) == "IDLE"


def test_what_does_not_fit_in_parquet_is_rescued(project: Project):
    project.sql(LANDING.format(", format => 'parquet', schemaEvolutionMode => 'rescue'"))
    (project.root / "landing").mkdir()
    pq.write_table(pa.table({"id": pa.array([1], pa.int32())}), project.root / "landing/a.parquet")
    project.fine()
    big = pa.table({"id": pa.array([2, 2**40, None], pa.int64()), "more": ["x", None, None]})
    pq.write_table(big, project.root / "landing/b.parquet")
    assert "values of id do not fit" in project.notes(project.fine())
    assert project.columns() == {"id": "int", "_rescued_data": "string"}
    rescued = {row["id"]: [] for row in project.rows()}
    for row in project.rows():
        rescued[row["id"]] += [json.loads(row["_rescued_data"] or "{}")]
    where = {"_file_path": f"file:{project.root}/landing/b.parquet"}
    assert rescued[1] == [{}] and rescued[2] == [{"more": "x", **where}]
    assert sorted(rescued[None], key=len) == [{}, {"id": 2**40, **where}]
