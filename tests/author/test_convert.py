"""Every rule of the conversion as a table: what was written, what it becomes, what else may be asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldp_magic.author.convert import Conversion, Wishes, conversion
from ldp_magic.cells import Cell
from ldp_magic.lint.run import Linter
from ldp_magic.project import Members, graph
from ldp_magic.text import Source

EVENTS = "CREATE TABLE events AS SELECT id, ts, kind FROM raw.events;\n"
EVENTS_NEW = (
    "-- streaming table: events only gains rows, those new in raw.events\n"
    "CREATE OR REFRESH STREAMING TABLE events AS SELECT id, ts, kind FROM STREAM(raw.events);\n"
)
PEOPLE = "CREATE TABLE people AS SELECT id, name FROM raw.people;\n"
PEOPLE_NEW = (
    "-- materialized view: only looked up, by {}\n"
    "CREATE OR REFRESH MATERIALIZED VIEW people AS SELECT id, name FROM raw.people;\n"
)
NEXT = "CREATE TABLE next AS SELECT * FROM {};\n"
NEXT_NEW = (
    "-- materialized view: the final result, computed anew by each update\n"
    "CREATE OR REFRESH MATERIALIZED VIEW next AS SELECT * FROM {};\n"
)


def converted(*texts: str, **wishes: object) -> Conversion:
    sources = [Source(f"{number}.sql", None, text) for number, text in enumerate(texts)]
    return conversion(sources, Wishes(**wishes))  # type: ignore[arg-type]


def new(text: str, **wishes: object) -> str:
    (said,) = converted(text, **wishes).texts.values()
    return said


def kinds(text: str, **wishes: object) -> dict[str, str]:
    return {d.name: d.kind for d in converted(text, **wishes).datasets}


def findings(text: str, worst: str = "warning") -> list[str]:
    """What the linter says of a text, advice left out."""
    cell = Cell(Source("a.sql", None, text), "sql")
    said = Linter().lint(graph(Members(name="a", cells=(cell,), origin="a test")))
    return [f"{f.code} {f.message}" for f in said if f.severity in ("error", worst)]


TABLE = [
    # -- sources ------------------------------------------------------------------------------------------------
    pytest.param(
        "-- first\nCREATE OR REPLACE TABLE a USING delta COMMENT 'x' AS SELECT * FROM delta.`/in`; -- end\n",
        "-- first\n-- streaming table: a only gains rows, those new in delta.`/in`\n"
        "CREATE OR REFRESH STREAMING TABLE a USING delta COMMENT 'x' AS SELECT * FROM STREAM delta.`/in`; -- end\n",
        id="a delta path",
    ),
    pytest.param(
        "create table a as select b from csv.`/it's`",
        "-- streaming table: a only gains rows, from files that are added\n"
        "create or refresh streaming table a as select b from stream read_files('/it\\'s', format => 'csv')",
        id="a path of files, in lower case, with a quote",
    ),
    pytest.param(
        "CREATE TABLE a AS SELECT x FROM read_files('/in', format => 'json') AS f;",
        "-- streaming table: a only gains rows, from files that are added\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT x FROM STREAM read_files('/in', format => 'json') AS f;",
        id="read_files",
    ),
    pytest.param(
        "CREATE TABLE a AS VALUES (1), (2);",
        "-- materialized view: it reads nothing that gains rows\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a AS VALUES (1), (2);",
        id="constants",
    ),
    pytest.param(
        "CREATE TABLE a AS SELECT x FROM raw.t VERSION AS OF 3;",
        "-- materialized view: a version or a sample of a table is read whole\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT x FROM raw.t VERSION AS OF 3;",
        id="a version of a table",
    ),
    pytest.param(
        "CREATE EXTERNAL TABLE IF NOT EXISTS a\nUSING parquet\nLOCATION '/out'\nAS SELECT x FROM raw.t;",
        "-- streaming table: a only gains rows, those new in raw.t\n"
        "CREATE OR REFRESH STREAMING TABLE a\nAS SELECT x FROM STREAM(raw.t);",
        id="clauses that a pipeline's table does not have",
    ),
    pytest.param(
        "CREATE TABLE a SELECT x FROM raw.t",
        "-- streaming table: a only gains rows, those new in raw.t\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT x FROM STREAM(raw.t)",
        id="AS is missing",
    ),
    # -- queries that add rows ----------------------------------------------------------------------------------
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT id FROM events WHERE length(kind) > 2;\n" + NEXT.format("a"),
        EVENTS_NEW + "-- streaming table: adds what the new rows of events give\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(events) WHERE length(kind) > 2;\n"
        + NEXT_NEW.format("a"),
        id="a filter",
    ),
    pytest.param(
        EVENTS
        + PEOPLE
        + "CREATE TABLE a AS SELECT e.id, name FROM events e JOIN people p ON e.id = p.id;\n"
        + NEXT.format("a"),
        EVENTS_NEW
        + PEOPLE_NEW.format("a")
        + "-- streaming table: adds what the new rows of events give; people is looked up\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT e.id, name FROM STREAM(events) e JOIN people p ON e.id = p.id;\n"
        + NEXT_NEW.format("a"),
        id="a join with what is looked up",
    ),
    pytest.param(
        EVENTS
        + PEOPLE
        + "CREATE TABLE a AS SELECT id FROM events WHERE id IN (SELECT id FROM people);\n"
        + NEXT.format("a"),
        EVENTS_NEW
        + PEOPLE_NEW.format("a")
        + "-- streaming table: adds what the new rows of events give; people is looked up\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(events) WHERE id IN (SELECT id FROM people);\n"
        + NEXT_NEW.format("a"),
        id="IN",
    ),
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT id FROM events UNION ALL SELECT x FROM raw.more;\n" + NEXT.format("a"),
        EVENTS_NEW + "-- streaming table: adds what the new rows of events and raw.more give\n"
        "CREATE OR REFRESH STREAMING TABLE a AS "
        "SELECT id FROM STREAM(events) UNION ALL SELECT x FROM STREAM(raw.more);\n" + NEXT_NEW.format("a"),
        id="UNION ALL",
    ),
    # -- by time ------------------------------------------------------------------------------------------------
    pytest.param(
        EVENTS
        + "CREATE TABLE a AS SELECT id, to_date(ts) AS day, COUNT(DISTINCT kind) AS kinds /* k */\n"
        + "FROM events GROUP BY id, to_date(ts);\n"
        + NEXT.format("a"),
        EVENTS_NEW + "-- streaming table: a day appears when it is closed, 1 hour late; distinct counts are estimates\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT id, to_date(window.start) AS day, "
        "APPROX_COUNT_DISTINCT(kind) AS kinds /* k */\n"
        "FROM STREAM(events) WATERMARK ts DELAY OF INTERVAL 1 HOUR GROUP BY id, window(ts, '1 day');\n"
        + NEXT_NEW.format("a"),
        id="by day",
    ),
    pytest.param(
        EVENTS
        + "create table a as select date_trunc('HOUR', e.ts) as h, count(*) as n from events e group by 1\n"
        + "having count(*) > 1;\n"
        + NEXT.format("a"),
        EVENTS_NEW + "-- streaming table: an hour appears when it is closed, 1 hour late\n"
        "create or refresh streaming table a as select date_trunc('HOUR', window.start) as h, count(*) as n "
        "from stream(events) watermark ts delay of interval 1 HOUR e group by window(e.ts, '1 hour')\n"
        "having count(*) > 1;\n" + NEXT_NEW.format("a"),
        id="by hour, by its place",
    ),
    pytest.param(
        EVENTS
        + "CREATE TABLE a AS SELECT ts::DATE AS day, kind, max(id) AS m FROM events GROUP BY ALL;\n"
        + NEXT.format("a"),
        EVENTS_NEW + "-- streaming table: a day appears when it is closed, 1 hour late\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT window.start::DATE AS day, kind, max(id) AS m "
        "FROM STREAM(events) WATERMARK ts DELAY OF INTERVAL 1 HOUR GROUP BY window(ts, '1 day'), kind;\n"
        + NEXT_NEW.format("a"),
        id="GROUP BY ALL",
    ),
    # -- all rows -----------------------------------------------------------------------------------------------
    *(
        pytest.param(
            EVENTS + f"CREATE TABLE a AS {query};\n" + NEXT.format("a"),
            EVENTS_NEW
            + f"-- materialized view: {why}\nCREATE OR REFRESH MATERIALIZED VIEW a AS {query};\n"
            + "-- materialized view: a is computed anew by each update\n"
            + "CREATE OR REFRESH MATERIALIZED VIEW next AS SELECT * FROM a;\n",
            id=why,
        )
        for query, why in [
            (
                "SELECT kind, count(DISTINCT id) AS n FROM events GROUP BY kind",
                "count(DISTINCT) needs all rows of its group",
            ),
            ("SELECT sum(id) AS s FROM events", "sum needs all rows of its group"),
            ("SELECT DISTINCT id FROM events", "DISTINCT needs all rows"),
            ("SELECT id, rank() OVER (PARTITION BY kind ORDER BY ts) AS r FROM events", "rank() OVER needs all rows"),
            ("SELECT id FROM events ORDER BY id", "ORDER BY needs all rows"),
            ("SELECT id FROM events LIMIT 5", "LIMIT needs all rows"),
            ("SELECT id FROM events EXCEPT SELECT id FROM raw.t", "EXCEPT needs all rows"),
            ("SELECT id FROM events UNION SELECT id FROM raw.t", "UNION needs all rows"),
            ("SELECT e.id FROM events e FULL JOIN raw.t ON e.id = t.id", "a FULL JOIN needs all rows of both sides"),
            (
                "SELECT e.id FROM events e JOIN events f ON e.id = f.id",
                "events goes on gaining rows, so a match may come later",
            ),
            (
                "SELECT to_date(ts) AS d, sum(DISTINCT id) AS s FROM events GROUP BY to_date(ts)",
                "sum(DISTINCT) needs all rows of its group",
            ),
            (
                "SELECT to_date(ts) AS d, count(*) AS n FROM events GROUP BY ROLLUP (to_date(ts))",
                "count needs all rows of its group",
            ),
        ]
    ),
    pytest.param(
        EVENTS + "SELECT kind, count(*) FROM events GROUP BY kind",
        EVENTS_NEW + "-- materialized view: count needs all rows of its group\n"
        "CREATE OR REFRESH MATERIALIZED VIEW result AS\n"
        "SELECT kind, count(*) AS count FROM events GROUP BY kind",
        id="a query by itself",
    ),
    # -- joins turned round -------------------------------------------------------------------------------------
    pytest.param(
        EVENTS
        + PEOPLE
        + "CREATE TABLE a AS SELECT e.id, p.name\nFROM people AS p -- who\nRight Outer Join events e ON e.id = p.id;\n"
        + NEXT.format("a"),
        EVENTS_NEW
        + PEOPLE_NEW.format("a")
        + "-- streaming table: adds what the new rows of events give; people is looked up\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT e.id, p.name\n"
        "FROM STREAM(events) e -- who\nLeft Outer Join people AS p ON e.id = p.id;\n" + NEXT_NEW.format("a"),
        id="RIGHT JOIN",
    ),
    pytest.param(
        EVENTS + PEOPLE + "CREATE TABLE a AS SELECT * FROM people RIGHT JOIN events USING (id);\n" + NEXT.format("a"),
        EVENTS_NEW
        + PEOPLE_NEW.format("a")
        + "-- streaming table: adds what the new rows of events give; people is looked up\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM people RIGHT JOIN STREAM(events) USING (id);\n"
        + NEXT_NEW.format("a"),
        id="RIGHT JOIN below a star keeps the order of the columns",
    ),
    # -- expectations -------------------------------------------------------------------------------------------
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT e.id AS who, kind FROM events e\n"
        "WHERE e.id IS NOT NULL AND kind IN ('a', 'b') AND lower(kind) <> 'x' AND e.id BETWEEN 1 AND 9;\n",
        EVENTS_NEW + "-- materialized view: the final result, computed anew by each update\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a (\n"
        "  CONSTRAINT who_present EXPECT (who IS NOT NULL) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT kind_among_the_listed EXPECT (kind IN ('a', 'b')) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT who_between_1_and_9 EXPECT (who BETWEEN 1 AND 9) ON VIOLATION DROP ROW\n"
        ") AS SELECT e.id AS who, kind FROM events e\nWHERE lower(kind) <> 'x';\n",
        id="filters over the result's columns",
    ),
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT id FROM events -- all\nWHERE id >= -1 -- why\n  AND id <> 1.5;\n",
        EVENTS_NEW + "-- materialized view: the final result, computed anew by each update\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a (\n"
        "  CONSTRAINT id_at_least_minus_1 EXPECT (id >= -1) ON VIOLATION DROP ROW,\n"
        "  CONSTRAINT id_is_not_1_5 EXPECT (id <> 1.5) ON VIOLATION DROP ROW\n"
        ") AS SELECT id FROM events -- all\n -- why\n;\n",
        id="comments in a filter stay",
    ),
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT id, 10 / id AS share FROM events WHERE id <> 0;\n",
        EVENTS_NEW + "-- materialized view: the final result, computed anew by each update\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT id, 10 / id AS share FROM events WHERE id <> 0;\n",
        id="a filter that guards a division stays",
    ),
    pytest.param(
        EVENTS + "CREATE TABLE a AS SELECT id FROM events WHERE kind = 'a' OR id > 3;\n",
        EVENTS_NEW + "-- materialized view: the final result, computed anew by each update\n"
        "CREATE OR REFRESH MATERIALIZED VIEW a AS SELECT id FROM events WHERE kind = 'a' OR id > 3;\n",
        id="OR stays",
    ),
    # -- views --------------------------------------------------------------------------------------------------
    pytest.param(
        "CREATE OR REPLACE VIEW v AS SELECT id FROM raw.t;\nCREATE TABLE a AS SELECT id FROM v;\n" + NEXT.format("a"),
        "-- temporary view: passes on the new rows of raw.t\nCREATE TEMPORARY VIEW v AS SELECT id FROM STREAM(raw.t);\n"
        "-- streaming table: adds what the new rows of v give\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(v);\n" + NEXT_NEW.format("a"),
        id="a view that is streamed",
    ),
    pytest.param(
        EVENTS
        + "CREATE OR REPLACE TEMP VIEW v AS SELECT kind, count(*) AS n FROM events GROUP BY kind;\n"
        + NEXT.format("v"),
        EVENTS_NEW + "-- temporary view: computed anew for each reader\n"
        "CREATE TEMPORARY VIEW v AS SELECT kind, count(*) AS n FROM events GROUP BY kind;\n"
        "-- materialized view: v is a view that is read whole\n"
        "CREATE OR REFRESH MATERIALIZED VIEW next AS SELECT * FROM v;\n",
        id="a view that is read whole",
    ),
    pytest.param(
        "CREATE TEMP VIEW v AS SELECT id FROM raw.t;\nCREATE TABLE m AS SELECT max(id) AS m FROM v;\n"
        "CREATE TABLE a AS SELECT id FROM v;\n" + NEXT.format("a"),
        "-- streaming table: passes on the new rows of raw.t, read both as a stream and whole\n"
        "CREATE OR REFRESH PRIVATE STREAMING TABLE v AS SELECT id FROM STREAM(raw.t);\n"
        "-- materialized view: max needs all rows of its group\n"
        "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT max(id) AS m FROM v;\n"
        "-- streaming table: adds what the new rows of v give\n"
        "CREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(v);\n" + NEXT_NEW.format("a"),
        id="a view that is read both ways",
    ),
    # -- inserts ------------------------------------------------------------------------------------------------
    pytest.param(
        "CREATE TABLE a (x BIGINT, y STRING);\n\n-- fill\n"
        "INSERT OVERWRITE a SELECT id, CAST(n AS STRING) FROM raw.t;\n",
        "-- streaming table: a only gains rows, those new in raw.t\n"
        "CREATE OR REFRESH STREAMING TABLE a\nAS\n-- fill\n"
        "SELECT CAST(id AS BIGINT) AS x, CAST(n AS STRING) AS y FROM STREAM(raw.t);\n",
        id="INSERT into declared columns",
    ),
    pytest.param(
        "CREATE TABLE a (x BIGINT NOT NULL, y STRING COMMENT 'why');\nINSERT INTO a (y) SELECT n FROM raw.t;\n",
        "-- streaming table: a only gains rows, those new in raw.t\n"
        "CREATE OR REFRESH STREAMING TABLE a (x BIGINT, y STRING COMMENT 'why', "
        "CONSTRAINT x_present EXPECT (x IS NOT NULL) ON VIOLATION FAIL UPDATE)\nAS\n"
        "SELECT CAST(NULL AS BIGINT) AS x, CAST(y AS STRING) AS y\n"
        "FROM (\nSELECT n FROM STREAM(raw.t)\n) AS inserted(y);\n",
        id="INSERT that leaves a column out",
    ),
    pytest.param(
        "INSERT INTO a (x, `b c`) SELECT id, n AS m FROM raw.t;\nINSERT INTO a (x, `b c`) SELECT id, n FROM raw.u;\n",
        "-- streaming table: a only gains rows, those new in raw.t and raw.u\n"
        "CREATE OR REFRESH STREAMING TABLE a\nAS\nSELECT id AS x, n AS `b c` FROM STREAM(raw.t)\nUNION ALL\n"
        "SELECT id AS x, n AS `b c` FROM STREAM(raw.u);\n",
        id="two INSERTs",
    ),
]


@pytest.mark.parametrize(("batch", "pipeline"), TABLE)
def test_what_becomes_of_it(batch: str, pipeline: str):
    assert new(batch) == pipeline


@pytest.mark.parametrize("batch", [p.values[0] for p in TABLE], ids=[p.id for p in TABLE])
def test_the_result_is_clean_and_stays_as_it_is(batch: str):
    once = new(batch)
    again = converted(once)
    (said,) = again.texts.values()
    assert said == once and not again.left
    assert not [f for f in findings(once) if not f.startswith(("LDP607", "LDP608", "LDP606"))]  # said in the notes


@pytest.mark.parametrize("batch", [p.values[0] for p in TABLE], ids=[p.id for p in TABLE])
def test_windows_line_ends_and_a_mark_at_the_front(batch: str):
    crlf = batch.replace("\n", "\r\n")
    assert new("\ufeff-- 😀\r\n" + crlf) == "\ufeff-- 😀\r\n" + new(batch).replace("\n", "\r\n")


def test_pipeline_sql_stays_as_it_is():
    text = (
        "-- a\nCREATE OR REFRESH STREAMING TABLE a AS SELECT * FROM STREAM(raw.t);\n"
        "CREATE FLOW f AS INSERT INTO a BY NAME SELECT * FROM STREAM(raw.u);\n"
    )
    found = converted(text)
    assert not found.changed and not found.left
    assert [(d.name, d.kind, d.changed) for d in found.datasets] == [
        ("a", "streaming table", False),
        ("f", "streaming table", False),
    ]


@pytest.mark.parametrize(
    ("statement", "what", "why", "fix"),
    [
        ("UPDATE t SET a = 1", "UPDATE", "come from queries alone", "the query that makes the rows"),
        ("DELETE FROM t WHERE a = 1", "DELETE", "come from queries alone", "filter the rows"),
        ("DROP TABLE IF EXISTS t", "DROP TABLE", "replaces the rest itself", "leave it out"),
        ("OPTIMIZE t", "OPTIMIZE", "looks after its tables itself", "task of its own"),
        ("CREATE FUNCTION f() RETURNS INT RETURN 1", "CREATE FUNCTION", "tables and views alone", "outside"),
        ("CREATE GLOBAL TEMP VIEW v AS SELECT 1 AS x", "CREATE GLOBAL TEMP", "no global views", "global_temp"),
        ("CREATE TABLE t (a INT)", "CREATE TABLE t", "no statement here fills it", "convert it together"),
        ("CREATE TABLE t STORED AS ORC AS SELECT 1 AS x", "CREATE TABLE t", "STORED", "take it out"),
        ("INSERT INTO t PARTITION (d = 1) SELECT 1", "INSERT INTO t", "as a whole, not a PARTITION", "all of its rows"),
        ("BEGIN\n  SELECT 1;\n  BEGIN SET x = 2; END;\nEND", "BEGIN", "step by step", "one query"),
        ("SELECT a FROM (((", "SELECT a FROM", "this ( is never closed", "mend it"),
        ("CREATE TABLE t AS SELECT 'open", "CREATE TABLE t", "never closed", "mend it"),
        ("CREATE TABLE b AS SELECT * FROM r😀aw.o", "CREATE TABLE b", "would become cannot be read", "mend it"),
        ("CREATE TABLE t AS SELECT * FROM t", "CREATE TABLE t", "reads what it writes", "read the source"),
        (
            "CREATE TABLE t (a INT DEFAULT 3); INSERT INTO t SELECT 1",
            "CREATE TABLE t",
            "fills columns by itself",
            "compute them",
        ),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_left(statement: str, what: str, why: str, fix: str):
    text = f"CREATE TABLE a AS SELECT x FROM raw.t;\n-- kept with it\n{statement};"
    found = converted(text)
    assert [d.name for d in found.datasets] == ["a"]
    one = found.left[-1] if what != "CREATE TABLE t" else found.left[0]
    (said,) = found.texts.values()
    assert (one.words, one.location.first.line) == (what, 3) and why in one.why and fix in one.fix
    assert (
        "-- kept with it" in "".join(left.text for left in found.left) and statement[:6] not in said.split("\n", 2)[2]
    )


MERGE = """MERGE INTO main.crm.people AS t USING updates u ON t.id = u.id AND u.region = t.region
WHEN MATCHED AND u.op = 'delete' THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;"""


def test_a_merge_is_answered_with_the_flow_that_does_it():
    (left,) = converted(MERGE).left
    assert left.fix == (
        "CREATE OR REFRESH STREAMING TABLE main.crm.people; "
        "CREATE FLOW people_changes AS AUTO CDC INTO main.crm.people "
        "FROM STREAM(updates) KEYS (id, region) APPLY AS DELETE WHEN op = 'delete' "
        "SEQUENCE BY <the column that orders the changes>"
    )


def test_the_order_of_left_statements_and_their_lines():
    text = (
        "CREATE TABLE t (a INT);\nINSERT INTO t SELECT 1;\nUPDATE t SET a = 2;\n\n"
        "CREATE TABLE s AS SELECT * FROM s;\nDROP TABLE x;\n"
    )
    found = converted(text)
    assert [(one.words, one.location.first.line) for one in found.left] == [
        ("UPDATE", 3),
        ("CREATE TABLE s", 5),
        ("DROP TABLE", 6),
    ]
    assert [one.location.text for one in found.left][1] == "CREATE TABLE s AS SELECT * FROM s"
    assert found.datasets[0].notes == ("UPDATE in line 3 changed its rows, and was left",)


PIPELINE = EVENTS + PEOPLE + "CREATE TABLE a AS SELECT e.id, name FROM events e JOIN people p ON e.id = p.id;\n"


@pytest.mark.parametrize(
    ("wishes", "wanted"),
    [
        ({}, {"events": "streaming table", "people": "materialized view", "a": "materialized view"}),
        (
            {"stream": frozenset({"a"})},
            {"events": "streaming table", "people": "materialized view", "a": "streaming table"},
        ),
        (
            {"stream": frozenset({"people"})},
            {"people": "streaming table", "a": "materialized view", "events": "streaming table"},
        ),
        (
            {"batch": frozenset({"events"})},
            {"events": "materialized view", "people": "materialized view", "a": "materialized view"},
        ),
        (
            {"batch": frozenset({"raw.events"})},
            {"events": "materialized view", "people": "materialized view", "a": "materialized view"},
        ),
    ],
    ids=str,
)
def test_what_is_wished_for(wishes: dict[str, object], wanted: dict[str, str]):
    assert kinds(PIPELINE, **wishes) == wanted


def test_a_wish_that_cannot_be_followed_is_said():
    found = converted("CREATE TABLE a AS SELECT DISTINCT x FROM raw.t;", stream=frozenset({"a"}))
    assert found.datasets[0].kind == "materialized view"
    assert found.datasets[0].notes == ("--stream a cannot be followed: DISTINCT needs all rows",)


def test_delay_and_expectations_can_be_chosen():
    text = EVENTS + "CREATE TABLE a AS SELECT to_date(ts) AS d, count(*) AS n FROM events GROUP BY to_date(ts);\n"
    text += "CREATE TABLE b AS SELECT d FROM a WHERE n > 3 AND d IS NOT NULL;"
    said = new(text, delay="2 DAYS", expectations=False)
    assert "WATERMARK ts DELAY OF INTERVAL 2 DAYS GROUP BY" in said and "2 days late" in said
    assert "CONSTRAINT" not in said and "WHERE n > 3 AND d IS NOT NULL" in said


def test_what_is_made_of_dimensions_is_a_dimension():
    text = (
        "CREATE TABLE raw_p AS SELECT id FROM json.`/p`; CREATE TABLE p AS SELECT id FROM raw_p; "
        "CREATE TABLE e AS SELECT id FROM json.`/e`; CREATE TABLE a AS SELECT e.id FROM e LEFT JOIN p ON e.id = p.id; "
        "CREATE TABLE b AS SELECT id FROM a"
    )
    streams = {name for name, kind in kinds(text).items() if kind == "streaming table"}
    assert streams == {"e", "a"}


def test_a_source_that_is_grouped_by_time_drives():
    text = (
        "CREATE TABLE u AS SELECT id FROM raw.u; CREATE TABLE e AS SELECT id, ts FROM raw.e; "
        "CREATE TABLE a AS SELECT date(e.ts) AS d, count(*) AS n FROM u JOIN e ON u.id = e.id GROUP BY date(e.ts);"
        "CREATE TABLE b AS SELECT * FROM a"
    )
    assert kinds(text)["e"] == "streaming table"


def test_files_see_each_other_and_their_settings_hold_for_them_alone():
    found = converted(
        "USE SCHEMA web;\nCREATE TABLE e AS SELECT id FROM raw.e;\n", "CREATE TABLE a AS SELECT id FROM web.e;\n"
    )
    assert [d.kind for d in found.datasets] == ["streaming table", "materialized view"]
    assert [d.settings for d in found.datasets] == [("USE SCHEMA web",), ()]


def test_a_date_cannot_be_watermarked():
    text = (
        "CREATE TABLE e AS SELECT id, CAST(t AS DATE) AS ts FROM raw.e;"
        "CREATE TABLE a AS SELECT date(ts) AS d, count(*) AS n FROM e GROUP BY date(ts);"
        "CREATE TABLE b AS SELECT * FROM a"
    )
    assert kinds(text)["a"] == "materialized view"


EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics"


def folder(name: str) -> list[Source]:
    return [Source(p.name, None, p.read_text(encoding="utf-8")) for p in sorted((EXAMPLE / name).glob("*.sql"))]


def graph_of(sources: list[Source]):
    return graph(Members(name="x", cells=tuple(Cell(s, "sql") for s in sources), origin="a test"))


def test_the_example_converts_to_itself():
    found = conversion(folder("batch"))
    ours = graph_of([Source(s.name, None, text) for s, text in found.texts.items()])
    theirs = graph_of(folder("transformations"))
    assert {n: d.kind for n, d in ours.datasets.items()} == {n: d.kind for n, d in theirs.datasets.items()}
    assert {(n, r.name, r.streaming) for n, d in ours.datasets.items() for r in d.reads} == {
        (n, r.name, r.streaming) for n, d in theirs.datasets.items() for r in d.reads
    }
    for name, dataset in theirs.datasets.items():
        mine = ours.datasets[name].definition
        assert mine.clause("cluster by").value == dataset.definition.clause("cluster by").value
        assert len(mine.expectations) == len(dataset.expectations)
    assert ours.datasets["daily_metrics"].body.facts.relations[0].watermark.delay == "INTERVAL 1 HOUR"
    assert {d.streamness for d in ours.datasets.values() if d.kind == "streaming table"} == {"append"}
    assert not found.left


def test_cells_of_an_exported_notebook_need_no_semicolons():
    cell = "\n\n-- COMMAND ----------\n\n"
    before = (
        f"-- Databricks notebook source\nDROP TABLE a{cell}CREATE TABLE a AS SELECT id FROM raw.t{cell}-- MAGIC %md hi"
    )
    found = converted(f"{before}{cell}SELECT id FROM a LIMIT 3\n")
    (said,) = found.texts.values()
    assert said == (
        f"-- Databricks notebook source\n{cell}-- streaming table: a only gains rows, those new in raw.t\n"
        f"CREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(raw.t){cell}-- MAGIC %md hi{cell}"
        "-- materialized view: LIMIT needs all rows\nCREATE OR REFRESH MATERIALIZED VIEW result AS\n"
        "SELECT id FROM a LIMIT 3\n"
    )


def test_a_comment_at_the_head_of_a_file_stays_when_its_first_statement_goes():
    text = "-- by us\n\n-- old\nDROP TABLE a;\nCREATE TABLE a AS SELECT 1 AS x;"
    found = converted(text)
    assert next(iter(found.texts.values())).startswith("-- by us\n\n-- materialized view: ")
    assert found.left[0].text == "-- old\nDROP TABLE a;\n"


def test_what_streams_already_is_read_as_it_is():
    said = new("CREATE TABLE a AS SELECT id FROM STREAM(raw.t);")
    assert said.endswith("\nCREATE OR REFRESH STREAMING TABLE a AS SELECT id FROM STREAM(raw.t);")
