"""The way of a column through a pipeline: steps, what decides rows, readers, and what could not be looked into."""

from __future__ import annotations

import pytest

from ldp_magic.pipeline import build
from ldp_magic.pipeline.lineage import lineage_of
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.pipeline.schemas import with_columns
from ldp_magic.python import read as read_python
from ldp_magic.sql import read
from ldp_magic.text import Source

EVENTS = """
CREATE STREAMING TABLE events AS
SELECT id, CAST(at AS TIMESTAMP) AS at, score, kind
FROM STREAM read_files('/e', schema => 'id INT, at STRING, score DOUBLE, kind STRING');
"""


def pipeline(sql: str = "", python: str = "", locked: dict[str, str] | None = None) -> Pipeline:
    scripts = [read(Source("p.sql", None, sql).whole())]
    if python:
        scripts.append(read_python(Source("p.py", None, "from pyspark import pipelines as dp\n" + python).whole()))
    held = {name: tuple(ColumnType(name=c) for c in columns.split()) for name, columns in (locked or {}).items()}
    return build("p", scripts, locked=held)


def way(found: Pipeline, dataset: str, column: str) -> list[tuple[str, str, str]]:
    return [(s.dataset, s.column, s.how) for s in lineage_of(found, dataset, column).steps]


def test_a_way_begins_at_the_source_and_ends_at_the_column() -> None:
    found = pipeline(EVENTS + "CREATE MATERIALIZED VIEW m AS SELECT kind, max(at) AS latest FROM events GROUP BY kind")
    assert way(found, "m", "latest") == [
        ("/e", "at", "source"),
        ("events", "at", "cast"),
        ("m", "latest", "aggregated"),
    ]
    lineage = lineage_of(found, "m", "latest")
    assert (lineage.type, lineage.steps[-1].per, lineage.steps[-1].made_by) == ("timestamp", ("kind",), "max(at)")
    assert lineage.steps[-1].location is not None and lineage.steps[-1].location.text == "max(at)"
    assert [(r.by, r.uses) for r in lineage.rows] == [("group", (("events", "kind"),))]


def test_names_of_columns_do_not_care_about_case() -> None:
    found = pipeline(EVENTS + "CREATE MATERIALIZED VIEW m AS SELECT SCORE AS `Score` FROM Events")
    assert way(found, "m", "sCoRe") == [
        ("/e", "score", "source"),
        ("events", "score", "copied"),
        ("m", "Score", "copied"),
    ]


@pytest.mark.parametrize(("dataset", "column"), [("m", "nobody"), ("nobody", "id"), ("/e", "nobody")])
def test_nothing_is_said_about_columns_that_are_not_there(dataset: str, column: str) -> None:
    found = pipeline(EVENTS + "CREATE MATERIALIZED VIEW m AS SELECT id FROM events")
    lineage = lineage_of(found, dataset, column)
    assert [s for s in lineage.steps if s.how != "source"] == [] and lineage.readers == ()


def test_what_decides_rows_is_told_from_the_whole_way_up() -> None:
    sql = (
        EVENTS
        + """
CREATE TEMPORARY VIEW good AS SELECT * FROM STREAM(events) WHERE kind = 'x';
CREATE MATERIALIZED VIEW names (CONSTRAINT known EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT id, name FROM raw.names;
CREATE STREAMING TABLE t AS SELECT g.score, n.name FROM STREAM(good) g LEFT JOIN names n USING (id);
"""
    )
    lineage = lineage_of(pipeline(sql, locked={"raw.names": "id name"}), "t", "score")
    assert sorted((r.dataset, r.by, r.what) for r in lineage.rows) == [
        ("good", "filter", "kind = 'x'"),
        ("names", "expectation", "known: drop row"),
        ("t", "join", "left join on id"),
    ]


def test_readers_are_direct_and_reach_counts_all() -> None:
    sql = (
        EVENTS
        + """
CREATE STREAMING TABLE a AS SELECT *, score * 2 AS twice FROM STREAM(events);
CREATE MATERIALIZED VIEW b AS SELECT sum(twice) AS total FROM a;
CREATE MATERIALIZED VIEW c AS SELECT id FROM a;
"""
    )
    lineage = lineage_of(pipeline(sql), "events", "score")
    assert [(s.dataset, s.column) for s in lineage.readers] == [("a", "score"), ("a", "twice")]
    assert [(s.dataset, s.column) for s in lineage.touched] == [("a", "score"), ("a", "twice"), ("b", "total")]
    assert lineage.reach == 3


def test_stars_over_unknown_columns_pass_the_column_asked_for() -> None:
    sql = "CREATE MATERIALIZED VIEW a AS SELECT * FROM raw.x; CREATE MATERIALIZED VIEW b AS SELECT * EXCEPT (h) FROM a"
    found = pipeline(sql)
    assert way(found, "b", "v") == [("raw.x", "v", "source"), ("a", "v", "copied"), ("b", "v", "copied")]
    assert way(found, "b", "h") == []
    assert [(s.dataset, s.column) for s in lineage_of(found, "raw.x", "v").touched] == [("a", "v"), ("b", "v")]
    assert [(s.dataset, s.column) for s in lineage_of(found, "raw.x", "h").touched] == [("a", "h")]


def test_several_flows_give_one_column_several_origins() -> None:
    sql = """CREATE STREAMING TABLE t;
CREATE FLOW a AS INSERT INTO t BY NAME SELECT x AS v FROM STREAM(raw.a);
CREATE FLOW b AS INSERT INTO t BY NAME SELECT y + 1 AS v FROM STREAM(raw.b);"""
    found = pipeline(sql, locked={"raw.a": "x", "raw.b": "y"})
    assert set(way(found, "t", "v")[:-1]) == {("raw.a", "x", "source"), ("raw.b", "y", "source")}


CDC = """
CREATE STREAMING TABLE t;
CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(raw.c) KEYS (id) APPLY AS DELETE WHEN op = 'd' SEQUENCE BY struct(at, n)
COLUMNS * EXCEPT (op) STORED AS SCD TYPE 2;
CREATE MATERIALIZED VIEW r AS SELECT __START_AT AS begun, v FROM t;
"""


def test_cdc_keeps_columns_and_makes_the_interval_from_the_sequence() -> None:
    found = pipeline(CDC, locked={"raw.c": "id v op at n"})
    columns = with_columns(found).datasets["t"].columns
    assert columns is not None and [c.name for c in columns] == ["id", "v", "at", "n", "__START_AT", "__END_AT"]
    assert way(found, "t", "v") == [("raw.c", "v", "source"), ("t", "v", "copied")]
    assert way(found, "r", "begun")[:2] == [("raw.c", "at", "source"), ("raw.c", "n", "source")]
    assert {(s.dataset, s.column) for s in lineage_of(found, "raw.c", "at").touched} == {
        ("t", "at"),
        ("t", "__START_AT"),
        ("t", "__END_AT"),
        ("r", "begun"),
    }
    rules = [(r.by, r.what, r.uses) for r in lineage_of(found, "t", "v").rows]
    assert ("auto cdc delete", "op = 'd'", (("raw.c", "op"),)) in rules
    assert ("auto cdc keys", "id", (("raw.c", "id"),)) in rules


def test_python_is_unknown_and_passes_columns_on_by_name() -> None:
    python = '@dp.table\ndef p():\n    return spark.readStream.table("events").withColumn("x", f(1)).filter("id > 1")\n'
    sql = EVENTS + "CREATE MATERIALIZED VIEW after AS SELECT score + 1 AS s FROM p"
    lineage = lineage_of(pipeline(sql, python), "after", "s")
    assert lineage.unknown == ("p: its code is Python",)
    assert [(s.dataset, s.column, s.how) for s in lineage.steps] == [
        ("/e", "score", "source"),
        ("events", "score", "copied"),
        ("p", "score", "unknown"),
        ("after", "s", "computed"),
    ]
    assert ("after", "s") in {
        (s.dataset, s.column) for s in lineage_of(pipeline(sql, python), "events", "score").touched
    }


def test_sql_in_python_is_known() -> None:
    python = '@dp.materialized_view\ndef p():\n    return spark.sql("SELECT id, score * 2 AS d FROM events")\n'
    lineage = lineage_of(pipeline(EVENTS, python), "p", "d")
    assert lineage.unknown == () and [s.how for s in lineage.steps] == ["source", "copied", "computed"]
    assert lineage.type == "double"


def test_a_query_that_cannot_be_read_is_said_to_be_so() -> None:
    found = pipeline(
        "CREATE MATERIALIZED VIEW m AS SELECT ((( FROM raw.x; CREATE MATERIALIZED VIEW r AS SELECT a FROM m"
    )
    assert lineage_of(found, "r", "a").unknown == ("m: its query cannot be read",)


def test_cycles_end() -> None:
    found = pipeline("CREATE MATERIALIZED VIEW a AS SELECT x FROM b; CREATE MATERIALIZED VIEW b AS SELECT x FROM a")
    lineage = lineage_of(found, "a", "x")
    assert {s.dataset for s in lineage.steps} == {"a", "b"} and lineage.reach == 1


def test_declared_columns_count_before_the_query() -> None:
    sql = "CREATE STREAMING TABLE t (a INT, b DECIMAL(10, 2) NOT NULL COMMENT 'x') AS SELECT a, b FROM STREAM(raw.x)"
    columns = with_columns(pipeline(sql)).datasets["t"].columns
    assert columns == (
        ColumnType(name="a", type="int", nullable=True),
        ColumnType(name="b", type="decimal(10,2)", nullable=False, comment="x"),
    )


def test_two_thousand_steps_are_one_way() -> None:
    sql = ";\n".join(f"CREATE MATERIALIZED VIEW t{i} AS SELECT x + {i} AS x FROM t{i - 1}" for i in range(1, 2_001))
    found = pipeline(sql, locked={"t0": "x"})
    lineage = lineage_of(found, "t2000", "x")
    assert len(lineage.steps) == 2_001 and lineage.steps[0].how == "source"


@pytest.mark.parametrize(
    ("select", "group", "per"),
    [
        ("date(at) AS day, kind", "1", ("day",)),
        ("date(at) AS day, kind", "2, 1", ("kind", "day")),
        ("date(at), kind", "1", ("date(at)",)),
        ("*, kind", "2", ("2",)),
        ("kind", "9", ("9",)),
    ],
)
def test_a_group_key_by_number_is_told_by_its_name(select: str, group: str, per: tuple[str, ...]) -> None:
    found = pipeline(
        EVENTS + f"CREATE MATERIALIZED VIEW m AS SELECT {select}, max(at) AS latest FROM events GROUP BY {group}"
    )
    assert lineage_of(found, "m", "latest").steps[-1].per == per
