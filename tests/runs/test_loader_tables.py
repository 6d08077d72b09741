"""Streams over what stands in for tables and topics, and over Delta tables that others write: only what is new."""

from __future__ import annotations

import json
import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.runs.project import OLD, Project

SETTINGS = (
    'catalog = "main"\nschema = "s"\n[local]\n"kafka:clicks" = "clicks"\n"main.crm.c" = "c.csv"\n"main.crm.d" = "d"\n'
)
TOPIC = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT CAST(value AS STRING) AS id, offset"
    " FROM STREAM read_kafka(bootstrapServers => 'k:9092', subscribe => 'clicks')"
)
TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM main.crm.c"
DELTA = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM main.crm.d{}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.put("ldp.toml", SETTINGS)
    return project


def delta(project: Project, *ids: int, **more: object) -> Path:
    rows = {"id": list(ids), **{name: [value] * len(ids) for name, value in more.items()}}
    write_deltalake(str(project.root / "d"), pa.table(rows), mode="append", schema_mode="merge")
    return project.root / "d"


def idle(project: Project) -> bool:
    return [flow.status for flow in project.fine().flows] == ["IDLE"]


# --- topics ----------------------------------------------------------------------------------------------------------


def test_a_topic_gives_each_event_once_with_offsets_that_go_on(project: Project):
    project.sql(TOPIC).put("clicks/b.jsonl", '{"value": "one"}\ntwo')
    assert [flow.read for flow in project.fine().flows] == [2]
    assert idle(project)
    project.put("clicks/b.jsonl", '{"value": "one"}\ntwo\n\n{"value": "three"}\n')
    project.put("clicks/a.jsonl", "four\r\n")
    project.fine()
    assert {row["id"]: row["offset"] for row in project.rows()} == {"one": 0, "two": 1, "four": 2, "three": 3}
    assert idle(project)
    project.fine(full_refresh=["t"])
    assert project.values("offset") == [0, 1, 2, 3]


def test_the_last_line_of_a_topic_is_read_when_it_is_whole(project: Project):
    path = project.sql(TOPIC).put("clicks/a.jsonl", '{"value": "one"}\n{"value": "tw')
    project.fine()
    assert project.values() == ["one"]
    with path.open("a") as file:
        file.write('o"}')
    project.fine()
    assert project.values() == ["one", "two"] and idle(project)


@pytest.mark.parametrize("text", ["two\n", "none\ntwo\n", ""])
def test_a_topic_whose_events_are_others_is_an_error(project: Project, text: str):
    project.sql(TOPIC).put("clicks/a.jsonl", "one\ntwo\n", age=OLD)
    project.fine()
    project.put("clicks/a.jsonl", text)
    said = project.failure()
    assert "what stands in for kafka:clicks was changed: the first 8 bytes of a.jsonl" in said
    assert project.values() == ["one", "two"]
    project.fine(full_refresh=["t"])
    assert project.values() == text.split()


def test_a_file_of_a_topic_that_is_gone_is_an_error(project: Project):
    project.sql(TOPIC).put("clicks/a.jsonl", "one\n")
    project.put("clicks/b.jsonl", "two\n")
    project.fine()
    (project.root / "clicks/a.jsonl").unlink()
    assert "a.jsonl is gone" in project.failure()


# --- files in the place of a table -----------------------------------------------------------------------------------


def test_rows_that_are_added_to_a_stand_in_are_new(project: Project):
    project.sql(TABLE).put("c.csv", "id,name\n1,x\n", age=OLD)
    project.fine()
    assert idle(project)
    project.put("c.csv", "id,name\n1,x\n2,\n3,Ä\n")
    assert [flow.read for flow in project.fine().flows] == [2]
    assert project.rows() == [{"id": 1, "name": "x"}, {"id": 2, "name": None}, {"id": 3, "name": "Ä"}]
    assert idle(project)


def test_rows_that_are_changed_in_a_stand_in_are_an_error(project: Project):
    project.sql(TABLE).put("c.csv", "id\n1\n2\n", age=OLD)
    project.fine()
    project.put("c.csv", "id\n7\n2\n")
    assert "what stands in for main.crm.c was changed" in project.failure()
    project.put("c.csv", "id\n1\n2\n")
    project.fine()
    assert project.values() == [1, 2]


def test_a_group_over_a_stand_in_counts_all_of_it(project: Project):
    project.sql("CREATE OR REFRESH STREAMING TABLE t AS SELECT sum(id) AS id FROM STREAM main.crm.c")
    project.put("c.csv", "id\n1\n", age=OLD)
    project.fine()
    project.put("c.csv", "id\n1\n5\n")
    project.fine()
    assert project.values() == [6] and idle(project)


# --- Delta tables of others ------------------------------------------------------------------------------------------


def test_only_what_came_into_a_delta_table(project: Project):
    delta(project, 1, 2)
    assert [flow.read for flow in project.sql(DELTA.format("")).fine().flows] == [2]
    assert idle(project)
    delta(project, 3)
    delta(project, 4, more="x")
    assert [flow.read for flow in project.fine().flows] == [2]
    assert [(row["id"], row["more"]) for row in project.rows()] == [(1, None), (2, None), (3, None), (4, "x")]


def test_a_delta_table_with_checkpoints_and_without_its_old_log(project: Project):
    where = delta(project, 1)
    project.sql(DELTA.format("")).fine()
    delta(project, 2)
    delta(project, 3)
    DeltaTable(str(where)).create_checkpoint()
    (where / "_delta_log" / f"{0:020d}.json").unlink()
    project.fine()
    assert project.values() == [1, 2, 3]
    delta(project, 4)
    delta(project, 5)
    (where / "_delta_log" / f"{3:020d}.json").unlink()
    assert "main.crm.d" in project.failure()
    assert project.values() == [1, 2, 3]


def test_partitions_stand_in_the_log(project: Project):
    rows = pa.table({"id": [1, 2, 3], "day": ["a b/c", None, "é%"], "n": [7, 8, 9]})
    write_deltalake(str(project.root / "d"), rows, partition_by=["day", "n"])
    project.sql(DELTA.format("")).fine()
    assert [(r["id"], r["day"], r["n"]) for r in project.rows()] == [(1, "a b/c", 7), (2, None, 8), (3, "é%", 9)]


def test_moments_of_a_delta_table_in_another_zone(project: Project):
    project.put("ldp.toml", 'time-zone = "America/New_York"\n' + SETTINGS)
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    moments = pa.array([noon], pa.timestamp("us", "UTC"))
    rows = pa.table({"id": [1], "day": moments, "at": moments, "wall": moments.cast(pa.timestamp("us"))})
    write_deltalake(str(project.root / "d"), rows, partition_by=["day"])
    project.sql("CREATE OR REFRESH STREAMING TABLE t AS SELECT *, hour(at) AS h, hour(day) AS d FROM STREAM main.crm.d")
    project.fine()
    wall = datetime(2026, 7, 1, 12)
    assert project.rows() == [{"id": 1, "day": noon, "at": noon, "wall": wall, "h": 8, "d": 8}]


def test_rows_that_are_deleted_stop_the_stream_or_are_skipped(project: Project):
    where = delta(project, 1, 2)
    project.sql(DELTA.format("")).fine()
    DeltaTable(str(where)).delete("id = 1")
    said = project.failure()
    assert "rows of main.crm.d were changed or removed" in said and "skipChangeCommits" in said
    delta(project, 3)
    project.sql(DELTA.format(" WITH (skipChangeCommits = true)")).fine()
    assert project.values() == [1, 2, 3] and idle(project)


def test_a_compacted_delta_table_has_nothing_new(project: Project):
    where = delta(project, 1)
    delta(project, 2)
    project.sql(DELTA.format("")).fine()
    DeltaTable(str(where)).optimize.compact()
    project.fine()
    assert project.values() == [1, 2]


def test_a_delta_table_that_was_made_again(project: Project):
    where = delta(project, 1)
    project.sql(DELTA.format("")).fine()
    shutil.rmtree(where)
    time.sleep(0.01)
    delta(project, 5)
    assert "it was dropped and made again" in project.failure()
    project.fine(full_refresh=["t"])
    assert project.values() == [5]


def changed_log(where: Path, *, protocol: object = None, configuration: object = None, add: object = None) -> None:
    path = where / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in path.read_text().splitlines()]
    for action in actions:
        if "protocol" in action and protocol:
            action["protocol"] = protocol
        if "metaData" in action and configuration:
            action["metaData"]["configuration"] = configuration
        if "add" in action and add:
            action["add"] |= add
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))


def features(*names: str) -> dict[str, object]:
    return {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": names, "writerFeatures": names}


def test_rows_that_only_a_vector_deletes_are_not_read_as_if_they_were_there(project: Project):
    vector = {
        "storageType": "u",
        "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^",
        "offset": 4,
        "sizeInBytes": 40,
        "cardinality": 1,
    }
    where = delta(project, 1, 2)
    changed_log(where, protocol=features("deletionVectors"))
    project.sql(DELTA.format("")).fine()
    assert project.values() == [1, 2]
    changed_log(where, add={"deletionVector": vector})
    assert "main.crm.d uses deletionVectors" in project.failure(full_refresh=["t"])


@pytest.mark.parametrize(
    ("protocol", "configuration", "said"),
    [
        (features("columnMapping"), {"delta.columnMapping.mode": "name"}, "columnMapping"),
        (features("somethingNew"), None, "somethingNew"),
    ],
)
def test_what_is_not_known_of_delta_is_refused_by_name(project: Project, protocol, configuration, said: str):
    changed_log(delta(project, 1), protocol=protocol, configuration=configuration)
    assert said in project.sql(DELTA.format("")).failure()


def test_a_delta_table_whose_files_are_not_all_there(project: Project):
    where = delta(project, 1)
    next(where.glob("*.parquet")).unlink()
    assert "is gone, and main.crm.d needs it" in project.sql(DELTA.format("")).failure()


def test_a_shallow_clone_is_refused(project: Project):
    where = delta(project, 1)
    changed_log(where, add={"path": "file:/elsewhere/part-0.parquet"})
    assert "shallow clone" in project.sql(DELTA.format("")).failure()


def test_an_old_history_is_not_asked_for(project: Project):
    delta(project, 1)
    project.sql(DELTA.format(" WITH (startingVersion = 0)"))
    assert "a stream with startingversion is not read here" in project.failure()


def test_delta_in_python(project: Project):
    delta(project, 1)
    project.put(
        "code.py",
        'from pyspark import pipelines as dp\n\n@dp.table\ndef t():\n    return spark.readStream.format("delta").load("d")\n',
    )
    project.fine()
    delta(project, 2)
    project.fine()
    assert project.values() == [1, 2] and idle(project)
