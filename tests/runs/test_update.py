"""Whole updates of whole pipelines: what they do, in which order, and what becomes of it when something fails."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.cli import main
from ldp_magic.errors import LdpError
from ldp_magic.events import Event, FlowState, Updated, folded
from ldp_magic.verbs.run import run
from tests.runs.project import Project

READ = "STREAM read_files('{0}', format => 'json', schema => 'id BIGINT, v INT')"
IN = READ.format("in")
RAW = f"CREATE OR REFRESH STREAMING TABLE raw AS SELECT * FROM {IN};\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def land(project: Project, name: str, *rows: tuple[int | None, int | None], folder: str = "in") -> None:
    """A file with rows of id and v."""
    project.put(f"{folder}/{name}.json", "".join(json.dumps({"id": i, "v": v}) + "\n" for i, v in rows))


def flows(updated: Updated) -> dict[str, FlowState]:
    return {flow.name: flow for flow in updated.flows}


def words(updated: Updated) -> dict[str, str]:
    return {flow.name: flow.word for flow in updated.flows}


def ids(project: Project, name: str) -> list[Any]:
    return project.values("id", name)


def settings(project: Project, parameters: dict[str, str] | None = None, **said: str) -> None:
    lines = [f"{key} = {json.dumps(value)}" for key, value in said.items()]
    lines += ["[parameters]", *(f"{key} = {json.dumps(value)}" for key, value in (parameters or {}).items())]
    project.put("ldp.toml", "\n".join(lines) + "\n")


# --- order and failures ----------------------------------------------------------------------------------------------

RISKY = (
    "CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM after;\n"  # first in the text, last in the order
    "CREATE STREAMING TABLE after AS SELECT id, n + 1 AS n FROM STREAM(risky);\n"
    "CREATE STREAMING TABLE risky AS SELECT id, {0} AS n FROM STREAM(raw);\n"
    "CREATE STREAMING TABLE fine AS SELECT id FROM STREAM(raw);\n"
    "CREATE MATERIALIZED VIEW of_fine AS SELECT count(*) AS n FROM fine;\n" + RAW
)


def test_what_is_read_comes_first(project: Project):
    land(project, "1", (1, 1), (2, 2))
    updated = project.sql(RISKY.format("10 DIV v")).fine()
    ended = [e.origin["flow_name"] for e in project.events if e.said.get("status") == "COMPLETED"]
    assert all(ended.index(a) < ended.index(b) for a, b in [("raw", "risky"), ("risky", "after"), ("after", "total")])
    assert set(words(updated).values()) == {"done"}
    assert project.rows("total") == [{"n": 17}]


def test_a_flow_that_fails_takes_only_its_readers_along(project: Project):
    project.sql(RISKY.format("10 DIV v"))
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 0), (3, 5))
    updated = project.run()
    assert updated.state == "FAILED"
    assert words(updated) == {
        "raw": "done", "risky": "failed", "after": "skipped", "total": "skipped", "fine": "done", "of_fine": "done",
    }  # fmt: skip
    assert "risky" in flows(updated)["after"].why
    failure = flows(updated)["risky"].failure
    assert failure is not None and "zero" in failure.what.lower() and "pipeline.sql:3:" in failure.place
    assert (ids(project, "risky"), ids(project, "after"), project.rows("total")) == ([1], [1], [{"n": 11}])
    assert (ids(project, "fine"), project.rows("of_fine")) == ([1, 2, 3], [{"n": 3}])
    project.sql(RISKY.format("if(v = 0, 0, 10 DIV v)"))
    land(project, "3", (4, 10))
    project.fine()
    assert project.rows("after") == [{"id": 1, "n": 11}, {"id": 2, "n": 1}, {"id": 3, "n": 3}, {"id": 4, "n": 2}]
    assert project.rows("total") == [{"n": 17}]
    assert set(words(project.fine()).values()) == {"unchanged"}


def test_a_query_with_a_mistake_fails_by_itself(project: Project):
    land(project, "1", (1, 1))
    project.sql(RAW + "CREATE STREAMING TABLE a AS SELECT nope FROM STREAM(raw);\n")
    assert "nope" in project.failure()
    assert ids(project, "raw") == [1]


# --- what is asked for -----------------------------------------------------------------------------------------------

CHAIN = (
    RAW + "CREATE STREAMING TABLE a AS SELECT id, {0} AS v FROM STREAM(raw);\n"
    "CREATE STREAMING TABLE b AS SELECT * FROM STREAM(a);\nCREATE MATERIALIZED VIEW c AS SELECT id FROM b;\n"
)


def test_only_some_tables_are_refreshed(project: Project):
    project.sql(CHAIN.format("v"))
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 2))
    assert words(project.fine(refresh=["raw", "A"])) == {"raw": "done", "a": "done"}
    assert (ids(project, "a"), ids(project, "b"), ids(project, "c")) == ([1, 2], [1], [1])
    project.fine(refresh=["b"])
    assert (ids(project, "b"), ids(project, "c")) == ([1, 2], [1])
    project.fine()
    assert ids(project, "c") == [1, 2]


def test_one_table_begins_anew(project: Project):
    project.sql(CHAIN.format("v"))
    land(project, "1", (1, 1))
    project.fine()
    project.sql(CHAIN.format("v * 100"))
    land(project, "2", (2, 2))
    project.fine()
    assert project.values("v", "a") == [1, 200]
    project.fine(full_refresh=["a"])
    assert project.values("v", "a") == [100, 200] and ids(project, "raw") == [1, 2]


def test_what_streams_a_table_that_began_anew_reads_its_rows_again_or_says_why_not(project: Project):
    project.sql(CHAIN.format("v"))
    land(project, "1", (1, 1))
    project.fine()
    project.fine(full_refresh=["a"])
    updated = project.run()
    if updated.state == "FAILED":
        failure = flows(updated)["b"].failure
        assert failure is not None and "full refresh" in failure.fix
        project.fine(full_refresh=["b"])
    assert ids(project, "a") == [1]
    assert set(ids(project, "b")) == {1}


def test_all_tables_begin_anew(project: Project):
    project.sql(CHAIN.format("v"))
    land(project, "1", (1, 1))
    project.fine()
    (project.root / "in" / "1.json").unlink()
    land(project, "2", (2, 2))
    updated = project.fine(full_refresh=["all"])
    assert set(updated.full_refresh) == {"raw", "a", "b", "c"}
    assert all(ids(project, name) == [2] for name in ("raw", "a", "b", "c"))


def test_a_protected_table_is_spared_and_refused_by_name(project: Project):
    kept = f"CREATE STREAMING TABLE raw TBLPROPERTIES ('pipelines.reset.allowed' = 'false') AS SELECT * FROM {IN};\n"
    project.sql(kept + "CREATE STREAMING TABLE a AS SELECT id FROM STREAM(raw);\n")
    land(project, "1", (1, 1))
    project.fine()
    (project.root / "in" / "1.json").unlink()
    land(project, "2", (2, 2))
    project.fine(full_refresh=["all"])
    assert ids(project, "raw") == [1, 2] == ids(project, "a")
    with pytest.raises(LdpError, match="raw may not be refreshed in full"):
        project.run(full_refresh=["raw"])
    assert ids(project, "raw") == [1, 2]


@pytest.mark.parametrize("asked", [{"refresh": ["nope"]}, {"full_refresh": ["a", "nope"]}])
def test_a_name_that_is_none_is_an_error(project: Project, asked: dict[str, list[str]]):
    project.sql(CHAIN.format("v"))
    with pytest.raises(LdpError, match="nope"):
        project.run(**asked)
    assert not project.lake.tables()


# --- flows -----------------------------------------------------------------------------------------------------------


def test_a_once_flow_runs_once_and_again_after_a_full_refresh(project: Project):
    project.put("old.csv", "id\n100\n")
    project.sql(
        f"CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW live AS INSERT INTO t BY NAME SELECT id FROM {IN};\n"
        "CREATE FLOW old AS INSERT INTO ONCE t BY NAME SELECT id FROM read_files('old.csv', format => 'csv', header => true, schema => 'id BIGINT');\n"
    )
    land(project, "1", (1, 1))
    project.fine()
    assert ids(project, "t") == [1, 100]
    project.put("old.csv", "id\n100\n200\n")
    land(project, "2", (2, 1))
    assert words(project.fine()) == {"live": "done", "old": "unchanged"}
    assert ids(project, "t") == [1, 2, 100]
    project.fine(full_refresh=["t"])
    assert ids(project, "t") == [1, 2, 100, 200]


def test_a_flow_that_is_added_later_reads_its_source_from_the_start_alone(project: Project):
    first = f"CREATE STREAMING TABLE t;\nCREATE FLOW one AS INSERT INTO t BY NAME SELECT id FROM {IN};\n"
    land(project, "1", (1, 1))
    land(project, "1", (11, 1), folder="other")
    project.sql(first).fine()
    more = f"CREATE FLOW two AS INSERT INTO t BY NAME SELECT id, v FROM {READ.format('other')};\n"
    updated = project.sql(first + more).fine()
    assert words(updated) == {"one": "unchanged", "two": "done"}
    assert project.rows("t") == [{"id": 1, "v": None}, {"id": 11, "v": 1}]
    land(project, "2", (2, 2))
    land(project, "2", (12, 2), folder="other")
    project.fine()
    assert ids(project, "t") == [1, 2, 11, 12]


def test_one_of_two_flows_fails_and_the_other_is_kept(project: Project):
    project.sql(
        f"CREATE STREAMING TABLE t;\nCREATE FLOW one AS INSERT INTO t BY NAME SELECT id FROM {IN};\n"
        f"CREATE FLOW two AS INSERT INTO t BY NAME SELECT 1 DIV v AS id FROM {IN};\n"
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;\n"
    )
    land(project, "1", (1, 0))
    updated = project.run()
    assert words(updated) == {"one": "done", "two": "failed", "m": "skipped"}
    assert ids(project, "t") == [1]


CHANGED = RAW + "CREATE STREAMING TABLE s AS SELECT id FROM STREAM {0};\n"


def test_a_stream_over_a_table_whose_rows_changed_fails_clearly(project: Project):
    groups = f"CREATE STREAMING TABLE raw AS SELECT v AS id, count(*) AS n FROM {IN} GROUP BY v;\n"
    read = "CREATE STREAMING TABLE s AS SELECT id FROM STREAM raw{0};\n"
    project.sql(groups + read.format(""))
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 1))
    said = project.failure()
    assert "rows of raw were changed or removed" in said and "skipChangeCommits" in said
    assert ids(project, "s") == [1]
    project.sql(groups + read.format(" WITH (skipChangeCommits = true)")).fine()
    assert ids(project, "s") == [1]


def test_a_materialized_view_is_no_stream(project: Project):
    land(project, "1", (1, 1))
    project.sql(
        RAW + "CREATE MATERIALIZED VIEW m AS SELECT * FROM raw;\nCREATE STREAMING TABLE s AS SELECT * FROM STREAM(m);\n"
    )
    assert "materialized view" in project.failure()


# --- materialized views ----------------------------------------------------------------------------------------------


def test_a_view_is_computed_when_something_has_changed_and_only_then(project: Project):
    view = "CREATE MATERIALIZED VIEW m AS SELECT id + {0} AS id FROM raw WHERE v < ${{most}};\n"
    settings(project, parameters={"most": "5"})
    project.sql(RAW + view.format(0))
    land(project, "1", (1, 1), (2, 7))
    assert words(project.fine())["m"] == "done"
    assert words(project.fine())["m"] == "unchanged"
    land(project, "2", (3, 3))
    assert words(project.fine())["m"] == "done" and ids(project, "m") == [1, 3]
    project.sql(RAW + view.format(10))
    assert words(project.fine()) == {"raw": "unchanged", "m": "done"} and ids(project, "m") == [11, 13]
    settings(project, parameters={"most": "9"})
    assert words(project.fine())["m"] == "done" and ids(project, "m") == [11, 12, 13]
    assert words(project.fine())["m"] == "unchanged"
    assert words(project.fine(full_refresh=["m"]))["m"] == "done" and ids(project, "m") == [11, 12, 13]


def test_a_view_of_the_clock_is_computed_each_time(project: Project):
    land(project, "1", (1, 1))
    project.sql(RAW + "CREATE MATERIALIZED VIEW m AS SELECT id, current_timestamp() AS at FROM raw;\n")
    project.fine()
    before = project.rows("m")
    assert words(project.fine())["m"] == "done"
    assert project.rows("m") != before


def test_a_view_over_files_follows_them(project: Project):
    project.put("c.csv", "id\n1\n")
    project.sql(
        "CREATE MATERIALIZED VIEW m AS SELECT id FROM read_files('c.csv', format => 'csv', header => true, schema => 'id BIGINT');\n"
    )
    project.fine()
    assert words(project.fine())["m"] == "unchanged"
    project.put("c.csv", "id\n1\n22\n")
    project.fine()
    assert ids(project, "m") == [1, 22]
    project.put("c.csv", "id\n")
    project.fine()
    assert ids(project, "m") == []


def test_views_between_tables(project: Project):
    land(project, "1", (1, 1), (2, 2))
    project.sql(
        RAW + "CREATE TEMPORARY VIEW odd AS SELECT id * 10 AS id, v FROM STREAM(raw) WHERE v % 2 = 1;\n"
        "CREATE TEMPORARY VIEW counted AS SELECT count(*) AS n FROM raw;\n"
        "CREATE VIEW shown AS SELECT id, id + 1 AS next FROM s;\n"
        "CREATE STREAMING TABLE s AS SELECT id FROM STREAM(odd);\n"
        "CREATE MATERIALIZED VIEW m AS SELECT next, n FROM shown CROSS JOIN counted;\n"
    )
    updated = project.fine()
    assert set(words(updated)) == {"raw", "s", "m"}
    assert project.rows("m") == [{"next": 11, "n": 2}]
    land(project, "2", (3, 3))
    project.fine()
    assert (ids(project, "s"), project.rows("m")) == ([10, 30], [{"next": 11, "n": 3}, {"next": 31, "n": 3}])


# --- expectations ----------------------------------------------------------------------------------------------------


def checks(updated: Updated) -> dict[str, tuple[int, int]]:
    return {each.name: (each.passed, each.failed) for flow in updated.flows for each in flow.expectations}


def test_expectations_warn_and_drop_and_count_null_as_broken(project: Project):
    project.sql(
        "CREATE STREAMING TABLE t (CONSTRAINT small EXPECT (v < 10), CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW,\n"
        f"  CONSTRAINT plus EXPECT (v > 0) ON VIOLATION DROP ROW) AS SELECT id, v FROM {IN};\n"
    )
    land(project, "1", (1, 1), (2, 100), (None, 3), (4, -4), (5, None))
    updated = project.fine()
    assert checks(updated) == {"small": (3, 2), "has_id": (4, 1), "plus": (3, 2)}
    assert (flows(updated)["t"].written, flows(updated)["t"].dropped) == (2, 3)
    assert ids(project, "t") == [1, 2]
    land(project, "2", (6, 6))
    assert checks(project.fine()) == {"small": (1, 0), "has_id": (1, 0), "plus": (1, 0)}
    assert ids(project, "t") == [1, 2, 6]


def test_an_expectation_that_fails_the_update_leaves_nothing_of_it(project: Project):
    project.sql(
        f"CREATE STREAMING TABLE t (CONSTRAINT plus EXPECT (v > 0) ON VIOLATION FAIL UPDATE) AS SELECT id, v FROM {IN};\n"
        "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;\n"
    )
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 2), (3, None), (4, -1))
    updated = project.run()
    failure = flows(updated)["t"].failure
    assert words(updated) == {"t": "failed", "m": "skipped"} and failure is not None
    assert "plus failed for 2 of 3 rows" in failure.what and "NULL" in failure.why
    assert ids(project, "t") == [1] and project.rows("m") == [{"n": 1}]
    land(project, "2", (2, 2), (3, 3), (4, 1))
    project.fine()
    assert ids(project, "t") == [1, 2, 3, 4] and project.rows("m") == [{"n": 4}]


def test_expectations_of_views_and_of_materialized_views(project: Project):
    project.sql(
        RAW
        + "CREATE TEMPORARY VIEW ok (CONSTRAINT plus EXPECT (v > 0) ON VIOLATION DROP ROW, CONSTRAINT odd EXPECT (v % 2 = 1)) AS SELECT * FROM STREAM(raw);\n"
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM(ok);\n"
        "CREATE MATERIALIZED VIEW m (CONSTRAINT early EXPECT (id < 3) ON VIOLATION DROP ROW) AS SELECT id FROM raw;\n"
    )
    land(project, "1", (1, 1), (2, -2), (3, 4))
    assert checks(project.fine()) == {"plus": (2, 1), "odd": (1, 2), "early": (2, 1)}
    assert (ids(project, "t"), ids(project, "m")) == ([1, 3], [1, 2])


def test_a_view_with_an_expectation_that_fails_stops_its_readers(project: Project):
    project.sql(
        RAW
        + "CREATE TEMPORARY VIEW ok (CONSTRAINT plus EXPECT (v > 0) ON VIOLATION FAIL UPDATE) AS SELECT * FROM STREAM(raw);\n"
        "CREATE STREAMING TABLE t AS SELECT id FROM STREAM(ok);\n"
    )
    land(project, "1", (1, -1))
    assert "plus of the view ok failed for 1 of 1 rows" in project.failure()
    assert ids(project, "raw") == [1]


# --- Python ----------------------------------------------------------------------------------------------------------

DP = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.table
def raw():
    return spark.readStream.format("json").schema("id BIGINT, v INT").load("{folder}/in")


@dp.temporary_view
def plus():
    return spark.readStream.table("raw").where("v > 0")


@dp.table(name="t")
@dp.expect_all_or_drop({{"has_id": "id IS NOT NULL", "small": "v < 10"}})
@dp.expect("odd", "v % 2 = 1")
def some_name():
    return spark.readStream.table("plus").withColumn("twice", F.col("v") * 2)


dp.create_streaming_table("both")


@dp.append_flow(target="both")
def one():
    return spark.readStream.table("t").select("id")


@dp.append_flow(target="both", name="two")
def _():
    return spark.readStream.table("raw").select((F.col("id") + 100).alias("id"))


@dp.materialized_view
def m():
    return spark.read.table("t").agg(F.sum("twice").alias("n"))
"""


def test_a_pipeline_in_python(project: Project):
    settings(project)
    project.put("p.py", DP.format(folder=project.root.as_posix()))
    land(project, "1", (1, 1), (2, -2), (None, 3), (3, 30))
    updated = project.fine()
    assert checks(updated) == {"has_id": (2, 1), "small": (2, 1), "odd": (2, 1)}
    assert project.rows("t") == [{"id": 1, "v": 1, "twice": 2}]
    assert ids(project, "both") == [1, 101, 102, 103, None]
    land(project, "2", (4, 4))
    assert words(project.fine()) == dict.fromkeys(["raw", "t", "one", "two", "m"], "done")
    assert (ids(project, "both"), project.rows("m")) == ([1, 4, 101, 102, 103, 104, None], [{"n": 10}])
    assert set(words(project.fine()).values()) == {"unchanged"}


DLT = """
import dlt


@dlt.view
@dlt.expect_or_fail("has_v", "v IS NOT NULL")
def raw():
    return spark.readStream.format("json").schema("id BIGINT, v INT").load("{folder}/in")


@dlt.table(comment="streams")
def t():
    return dlt.read_stream("raw").selectExpr("id", "v")


@dlt.table
def counted():
    return dlt.read("t").groupBy("v").count()
"""


def test_a_pipeline_with_dlt(project: Project):
    settings(project)
    project.put("p.py", DLT.format(folder=project.root.as_posix()))
    land(project, "1", (1, 1), (2, 1))
    project.fine()
    land(project, "2", (3, 1), (4, 2))
    project.fine()
    assert ids(project, "t") == [1, 2, 3, 4]
    assert project.rows("counted") == [{"v": 1, "count": 3}, {"v": 2, "count": 1}]
    land(project, "3", (5, None))
    assert "has_v" in project.failure()
    assert ids(project, "t") == [1, 2, 3, 4]


def test_python_and_sql_read_each_other(project: Project):
    project.put(
        "p.py",
        "from pyspark import pipelines as dp\n\n\n@dp.table\ndef b():\n    return spark.readStream.table('raw').where('v > 1')\n",
    )
    project.sql(RAW + "CREATE MATERIALIZED VIEW m AS SELECT max(id) AS id FROM b;\n")
    land(project, "1", (1, 1), (2, 2))
    project.fine()
    assert ids(project, "m") == [2]


def test_a_sink_keeps_what_flows_into_it(project: Project):
    project.sql(RAW)
    project.put(
        "p.py",
        "from pyspark import pipelines as dp\n\ndp.create_sink('out', 'delta', {'path': '/Volumes/main/x/out'})\n\n\n"
        "@dp.append_flow(target='out')\ndef f():\n    return spark.readStream.table('raw').select('id')\n",
    )
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 2))
    project.fine()
    assert ids(project, "out") == [1, 2]


# --- parameters, targets, projects -----------------------------------------------------------------------------------


def test_parameters_are_filled_in(project: Project):
    settings(project, parameters={"most": "2", "folder": "in", "name": "raw"})
    project.sql(
        "CREATE STREAMING TABLE raw AS SELECT * FROM STREAM read_files('${folder}', format => 'json', schema => 'id BIGINT, v INT');\n"
        "CREATE MATERIALIZED VIEW m AS SELECT id, '${name}' AS n FROM ${name} WHERE id <= ${most};\n"
        "CREATE MATERIALIZED VIEW k AS SELECT id FROM raw WHERE id > :most;\n"
    )
    land(project, "1", (1, 1), (2, 2), (3, 3))
    project.fine()
    assert project.rows("m") == [{"id": 1, "n": "raw"}, {"id": 2, "n": "raw"}]
    assert ids(project, "k") == [3]


GROUPED = f"CREATE STREAMING TABLE g AS SELECT v, count(*) AS n FROM {IN} GROUP BY v;\n"


def test_a_group_without_a_watermark_is_computed_from_all_rows_with_a_warning(project: Project):
    project.sql(GROUPED)
    land(project, "1", (1, 1), (2, 1))
    assert any("without a watermark" in each for each in flows(project.fine())["g"].warnings)
    land(project, "2", (3, 1), (4, 2))
    project.fine()
    assert project.rows("g") == [{"v": 1, "n": 3}, {"v": 2, "n": 1}]


def test_spark_refuses_a_group_without_a_watermark(project: Project):
    settings(project, target="spark-4.3")
    project.sql(
        RAW.replace("OR REFRESH ", "")
        + "CREATE STREAMING TABLE g AS SELECT v, count(*) AS n FROM STREAM(raw) GROUP BY v;\n"
    )
    land(project, "1", (1, 1))
    assert "groups a stream without a watermark" in project.failure()


def test_two_pipelines_of_one_project(project: Project):
    project.put(
        "ldp.toml",
        '[pipelines.one]\nsources = ["one"]\nschema = "a"\n[pipelines.two]\nsources = ["two"]\nschema = "b"\n',
    )
    project.put("one/p.sql", RAW + "CREATE MATERIALIZED VIEW m AS SELECT id FROM raw;\n")
    project.put("two/p.sql", RAW + "CREATE MATERIALIZED VIEW m AS SELECT -id AS id FROM raw;\n")
    for folder in ("in", "one/in", "two/in"):
        land(project, "1", (1, 1), folder=folder)
    with pytest.raises(LdpError, match="there are 2 pipelines here"):
        run([str(project.root)])
    for name in ("one", "two"):
        assert run([str(project.root)], pipeline=name).updated.state == "COMPLETED"
    assert len(project.lake.tables()) == 4
    found = sorted(row["id"] for name in project.lake.tables() if name.endswith("m") for row in _rows(project, name))
    assert found == [-1, 1]


def _rows(project: Project, name: str) -> Iterable[dict[str, Any]]:
    import pyarrow.parquet as pq

    for file in project.lake.look(name).files:
        yield from pq.read_table(file.path, partitioning=None).to_pylist()


def test_unicode_and_other_ends_of_lines(project: Project):
    project.sql(
        "-- 😀 größer; als\r\nCREATE STREAMING TABLE `größe` AS\r\n"
        f"SELECT id AS `schlüssel`, 'a;b😀' AS `wört` /* ; */ FROM {IN} WHERE 'ß' <> ';'\r\n;\r\n"
        "CREATE MATERIALIZED VIEW m AS SELECT max(`schlüssel`) AS `höchster` FROM `größe`;\r\n"
    )
    land(project, "ü 1", (1, 1))
    project.fine()
    land(project, "ü 2", (2, 1))
    project.fine()
    assert project.rows("größe") == [{"schlüssel": 1, "wört": "a;b😀"}, {"schlüssel": 2, "wört": "a;b😀"}]
    assert project.rows("m") == [{"höchster": 2}]


# --- events ----------------------------------------------------------------------------------------------------------


def test_the_events_of_each_update_are_stored(project: Project):
    project.sql(RAW)
    land(project, "1", (1, 1))
    first, said = project.fine(), list(project.events)
    second = project.fine()
    stored = project.lake.events
    assert stored.updates() == [second.id, first.id]
    assert [each.number for each in (first, second)] == [1, 2]
    assert stored.of(first.id) == [event.to_dict() for event in said]
    assert folded(Event.from_dict(each) for each in stored.of(first.id)) == first
    states = [
        each["details"]["update_progress"]["state"]
        for each in stored.of(first.id)
        if each["event_type"] == "update_progress"
    ]
    assert states == ["INITIALIZING", "SETTING_UP_TABLES", "RUNNING", "STOPPING", "COMPLETED"]


# --- on the command line ---------------------------------------------------------------------------------------------


def test_on_the_command_line(project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project.root)
    project.sql(RAW + "CREATE MATERIALIZED VIEW m AS SELECT 10 DIV v AS n FROM raw;\n")
    land(project, "1", (1, 1))
    assert main(["run"]) == 0
    assert "raw" in capsys.readouterr().out
    land(project, "2", (2, 0))
    assert main(["run", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["state"] in ("FAILED", "failed")
    assert main(["run", "--refresh", "nope"]) == 2
    assert "nope" in capsys.readouterr().err
    assert main(["run", "--full-refresh", "raw", "--refresh", "raw"]) == 0
    assert ids(project, "raw") == [1, 2]


# --- at the edges ----------------------------------------------------------------------------------------------------


def test_a_circle_fails_and_the_others_finish(project: Project):
    project.sql(
        RAW + "CREATE MATERIALIZED VIEW a AS SELECT * FROM b;\nCREATE MATERIALIZED VIEW b AS SELECT * FROM a;\n"
        "CREATE MATERIALIZED VIEW c AS SELECT * FROM b;\n"
    )
    land(project, "1", (1, 1))
    updated = project.run()
    found = words(updated)
    assert updated.state == "FAILED" and found["raw"] == "done" and found["c"] == "skipped"
    assert sorted([found["a"], found["b"]]) in (["failed", "failed"], ["failed", "skipped"])


def test_a_table_that_reads_itself_fails(project: Project):
    project.sql("CREATE MATERIALIZED VIEW a AS SELECT * FROM a;\n")
    assert "a" in project.failure()


def test_a_source_that_is_nowhere_fails(project: Project):
    project.sql("CREATE MATERIALIZED VIEW a AS SELECT * FROM nowhere.at.all_of_it;\n" + RAW)
    land(project, "1", (1, 1))
    assert "nowhere.at.all_of_it" in project.failure()
    assert ids(project, "raw") == [1]


def test_a_table_that_no_flow_writes_stops_what_reads_it(project: Project):
    project.sql(RAW + "CREATE STREAMING TABLE t;\nCREATE MATERIALIZED VIEW m AS SELECT * FROM t;\n")
    land(project, "1", (1, 1))
    updated = project.run()
    assert updated.state == "FAILED" and words(updated)["m"] in ("failed", "skipped")


def test_views_alone_are_nothing_to_update(project: Project):
    project.sql("CREATE TEMPORARY VIEW v AS SELECT 1 AS one;\n")
    with pytest.raises(LdpError, match="has no table to update"):
        project.run()


def test_no_rows_are_still_a_table(project: Project):
    (project.root / "in").mkdir()
    project.sql(RAW + "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM raw;\n")
    project.fine()
    assert (ids(project, "raw"), project.rows("m"), project.columns("raw")) == (
        [],
        [{"n": 0}],
        {"id": "bigint", "v": "int"},
    )
    land(project, "1", (1, 1))
    project.fine()
    assert (ids(project, "raw"), project.rows("m")) == ([1], [{"n": 1}])


def test_a_view_becomes_a_table_in_a_full_refresh_and_a_table_a_view_at_once(project: Project):
    view = RAW + "CREATE MATERIALIZED VIEW m AS SELECT id FROM raw;\n"
    land(project, "1", (1, 1))
    project.sql(view).fine()
    land(project, "2", (2, 2))
    updated = project.sql(RAW + "CREATE STREAMING TABLE m AS SELECT id FROM STREAM(raw);\n").run()
    failure = flows(updated)["m"].failure
    assert failure is not None and "m was a materialized view" in failure.what and "--full-refresh m" in failure.fix
    assert ids(project, "m") == [1]
    project.fine(full_refresh=["m"])
    assert ids(project, "m") == [1, 2]
    project.sql(view).fine()
    assert ids(project, "m") == [1, 2]


def test_what_is_no_longer_there_is_no_longer_updated(project: Project):
    project.sql(CHAIN.format("v"))
    land(project, "1", (1, 1))
    project.fine()
    land(project, "2", (2, 2))
    assert set(words(project.sql(RAW).fine())) == {"raw"}
    assert ids(project, "a") == [1]
    project.sql(CHAIN.format("v")).fine()
    assert ids(project, "c") == [1, 2]


def test_a_stream_and_a_table_are_joined_as_the_table_is_now(project: Project):
    project.put("names.csv", "id,name\n1,one\n")
    project.sql(
        RAW
        + "CREATE MATERIALIZED VIEW names AS SELECT * FROM read_files('names.csv', format => 'csv', header => true, schema => 'id BIGINT, name STRING');\n"
        "CREATE STREAMING TABLE j AS SELECT r.id, n.name FROM STREAM(raw) r LEFT JOIN names n ON r.id = n.id;\n"
    )
    land(project, "1", (1, 1), (2, 2))
    project.fine()
    project.put("names.csv", "id,name\n1,uno\n2,due\n3,tre\n")
    assert words(project.fine()) == {"raw": "unchanged", "names": "done", "j": "unchanged"}
    land(project, "2", (2, 2), (3, 3))
    project.fine()
    assert [(row["id"], row["name"]) for row in project.rows("j")] == [(1, "one"), (2, "due"), (2, None), (3, "tre")]


def test_a_query_in_python_that_has_to_remember_rows_is_refused(project: Project) -> None:
    land(project, "a", (1, 1))
    project.put("ldp.toml", "")
    project.put("pipeline.sql", RAW)
    project.put(
        "more.py",
        "from pyspark import pipelines as dp\n"
        "@dp.table\ndef sums():\n    return spark.sql('SELECT DISTINCT id, v FROM STREAM(raw)')\n",
    )
    updated = project.run()
    assert words(updated) == {"raw": "done", "sums": "failed"}
    failure = flows(updated)["sums"].failure
    assert failure and "remember rows" in failure.what and "streaming table of its own" in failure.fix


def test_a_sum_of_decimals_beside_distinct_values_can_be_compared(tmp_path: Path) -> None:
    project = Project(tmp_path).sql(
        """
        CREATE MATERIALIZED VIEW spent (CONSTRAINT positive EXPECT (total > 0) ON VIOLATION DROP ROW) AS
        SELECT who, sum(amount) AS total, count(DISTINCT thing) AS things
        FROM VALUES ('a', CAST(1.5 AS DECIMAL(21, 2)), 1), ('a', 2.25, 1), ('b', -1, 2) AS t(who, amount, thing)
        GROUP BY who HAVING sum(amount) < 100;
        """
    )
    project.fine()
    assert [(row["who"], str(row["total"]), row["things"]) for row in project.rows("spent")] == [("a", "3.75", 1)]


def test_a_table_of_changes_is_there_before_the_first_change(project: Project) -> None:
    project.sql(
        f"CREATE STREAMING TABLE raw AS SELECT * FROM {IN};\nCREATE STREAMING TABLE latest;\n"
        "CREATE FLOW f AS AUTO CDC INTO latest FROM STREAM(raw) KEYS (id) SEQUENCE BY v;\n"
        "CREATE MATERIALIZED VIEW many AS SELECT count(*) AS n FROM latest;\n"
    )
    (project.root / "in").mkdir()
    project.fine()
    assert [row["n"] for row in project.rows("many")] == [0]
    land(project, "a", (1, 5), (1, 7), (2, 1))
    project.fine()
    assert [row["n"] for row in project.rows("many")] == [2] and project.values("v", "latest") == [1, 7]
