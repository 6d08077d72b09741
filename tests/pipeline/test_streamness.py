"""What happens to the rows of each relation, rule by rule, with the reason in words."""

from __future__ import annotations

import pytest

from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.python import read as read_python
from ldp_magic.sql import read
from ldp_magic.text import Source


def sql(text: str) -> Pipeline:
    return build("p", [read(Source("p.sql", None, text).whole())])


def python(text: str) -> Pipeline:
    return build("p", [read_python(Source("p.py", None, "from pyspark import pipelines as dp\n" + text).whole())])


def last(text: str) -> Dataset:
    return list(sql(text).datasets.values())[-1]


MARKED = "STREAM(raw.e) WATERMARK ts DELAY OF INTERVAL 1 HOUR"
VIEW = f"CREATE TEMPORARY VIEW w AS SELECT * FROM {MARKED};"
E = "STREAM(raw.e)"
M = "CREATE MATERIALIZED VIEW m AS SELECT 1 a;"
V = "CREATE TEMPORARY VIEW v AS"
T = "CREATE STREAMING TABLE t"
MORE = "a REPLACE flow deletes and rewrites rows in each update"
BY_KEY = "AUTO CDC updates its rows by key"
ADDS = "its flow only adds rows"
NO_MARK = "an aggregate without a watermark is computed anew by each update"
LEFT_OUT = "an aggregate whose keys leave the watermark out is computed anew by each update"


def table(query: str) -> str:
    return f"CREATE STREAMING TABLE t AS {query}"


@pytest.mark.parametrize(
    ("text", "streamness", "reason"),
    [
        pytest.param(table("SELECT * FROM STREAM(raw.e)"), "append", ADDS, id="rows passed on"),
        pytest.param(table("SELECT * FROM STREAM raw.e"), "append", ADDS, id="STREAM without brackets"),
        pytest.param(table("SELECT upper(a) FROM STREAM(raw.e) WHERE b > 1"), "append", ADDS, id="filter"),
        pytest.param(table("SELECT * FROM STREAM(raw.e) LIMIT 5"), "append", ADDS, id="limit is for ever"),
        pytest.param(
            table("SELECT e.*, d.x FROM STREAM(raw.e) e JOIN raw.d d USING (id)"), "append", ADDS, id="static join"
        ),
        pytest.param(
            table("SELECT * FROM STREAM(raw.e) UNION ALL SELECT * FROM STREAM(raw.f)"), "append", ADDS, id="union all"
        ),
        pytest.param(table("SELECT * FROM STREAM read_files('/x')"), "append", ADDS, id="files"),
        pytest.param(table("SELECT * FROM cloud_files('/x', 'json')"), "append", ADDS, id="cloud_files without STREAM"),
        pytest.param("CREATE STREAMING TABLE t", "append", "no flow writes it yet; flows only add rows", id="empty"),
        # aggregates
        pytest.param(table("SELECT k, count(*) FROM STREAM(raw.e) GROUP BY k"), "changing", NO_MARK, id="no watermark"),
        pytest.param(table("SELECT count(*) FROM STREAM(raw.e)"), "changing", NO_MARK, id="global aggregate"),
        pytest.param(table(f"SELECT count(*) FROM {MARKED}"), "changing", LEFT_OUT, id="global with watermark"),
        pytest.param(
            table(f"SELECT k, count(*) FROM {MARKED} GROUP BY k"), "changing", LEFT_OUT, id="mark not in keys"
        ),
        pytest.param(
            table(f"SELECT date(ts), count(*) FROM {MARKED} GROUP BY date(ts)"), "changing", LEFT_OUT, id="date(ts)"
        ),
        pytest.param(
            table(f"SELECT date(ts) AS ts, count(*) FROM {MARKED} GROUP BY 1"), "changing", LEFT_OUT, id="its place"
        ),
        pytest.param(
            table(f"SELECT date(ts) AS d, count(*) FROM {MARKED} GROUP BY d"), "changing", LEFT_OUT, id="its alias"
        ),
        pytest.param(
            table(f"SELECT k, window(other, '1 day'), count(*) FROM {MARKED} GROUP BY k, window(other, '1 day')"),
            "changing",
            LEFT_OUT,
            id="window over another column",
        ),
        pytest.param(
            table(f"SELECT k, max(ts) FROM {MARKED} GROUP BY ALL"), "changing", LEFT_OUT, id="ALL without the mark"
        ),
        pytest.param(table(f"SELECT ts, count(*) FROM {MARKED} GROUP BY ts"), "append", ADDS, id="mark itself"),
        pytest.param(table(f"SELECT x.ts, count(*) FROM {MARKED} AS x GROUP BY x.ts"), "append", ADDS, id="qualified"),
        pytest.param(table(f"SELECT TS, count(*) FROM {MARKED} GROUP BY Ts"), "append", ADDS, id="in any case"),
        pytest.param(table(f"SELECT k, ts, count(*) FROM {MARKED} GROUP BY 1, 2"), "append", ADDS, id="place"),
        pytest.param(table(f"SELECT ts AS x, count(*) FROM {MARKED} GROUP BY x"), "append", ADDS, id="alias"),
        pytest.param(table(f"SELECT k, ts, count(*) FROM {MARKED} GROUP BY ALL"), "append", ADDS, id="ALL"),
        pytest.param(
            table(f"SELECT window(ts, '1 day') w, count(*) FROM {MARKED} GROUP BY w"), "append", ADDS, id="window alias"
        ),
        pytest.param(
            table(f"SELECT window(ts, '1 day').start AS d, count(*) FROM {MARKED} GROUP BY window(ts, '1 day')"),
            "append",
            ADDS,
            id="window key",
        ),
        pytest.param(
            table(f"SELECT k, window(ts, '1 day'), count(*) FROM {MARKED} GROUP BY ROLLUP (k, window(ts, '1 day'))"),
            "append",
            ADDS,
            id="window in ROLLUP",
        ),
        pytest.param(
            table(
                f"SELECT k, session_window(ts, '5 minutes'), count(*) FROM {MARKED} "
                "GROUP BY k, session_window(ts, '5 minutes')"
            ),
            "append",
            ADDS,
            id="session window",
        ),
        # through views, CTEs and subqueries
        pytest.param(
            VIEW + table("SELECT ts, count(*) FROM STREAM(w) GROUP BY ts"), "append", ADDS, id="mark of a view"
        ),
        pytest.param(
            VIEW + table("SELECT k, count(*) FROM STREAM(w) GROUP BY k"), "changing", LEFT_OUT, id="view, other key"
        ),
        pytest.param(
            f"CREATE TEMPORARY VIEW w AS SELECT ts AS t2, k FROM {MARKED};"
            + table("SELECT t2, count(*) FROM STREAM(w) GROUP BY t2"),
            "append",
            ADDS,
            id="renamed in a view",
        ),
        pytest.param(
            f"CREATE TEMPORARY VIEW w AS SELECT k FROM {MARKED};"
            + table("SELECT k, count(*) FROM STREAM(w) GROUP BY k"),
            "changing",
            NO_MARK,
            id="lost in a view",
        ),
        pytest.param(
            table(f"WITH x AS (SELECT * FROM {MARKED}) SELECT ts, count(*) FROM x GROUP BY ts"),
            "append",
            ADDS,
            id="CTE",
        ),
        pytest.param(
            table(f"SELECT ts, count(*) FROM (SELECT * FROM {E}) WATERMARK ts DELAY OF INTERVAL 1 HOUR x GROUP BY ts"),
            "append",
            ADDS,
            id="watermark of a subquery",
        ),
        pytest.param(
            f"CREATE TEMPORARY VIEW w AS SELECT window(ts, '1 hour') AS h, count(*) AS n FROM {MARKED} GROUP BY h;"
            + table("SELECT window(window_time(h), '1 day') AS d, sum(n) FROM STREAM(w) GROUP BY d"),
            "append",
            ADDS,
            id="aggregate of a windowed aggregate",
        ),
        pytest.param(
            "CREATE TEMPORARY VIEW n AS SELECT k, count(*) c FROM STREAM(raw.e) GROUP BY k;"
            + table("SELECT * FROM STREAM(n)"),
            "changing",
            NO_MARK,
            id="over a view that recomputes",
        ),
        pytest.param(
            table("SELECT * FROM STREAM(raw.e) e JOIN (SELECT id, max(v) m FROM raw.d GROUP BY id) d USING (id)"),
            "append",
            ADDS,
            id="static aggregate beside a stream",
        ),
        pytest.param(
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;"
            + table("SELECT * FROM STREAM(raw.e) WHERE id IN (SELECT max(id) FROM m)"),
            "append",
            ADDS,
            id="aggregate in a subquery",
        ),
        # duplicates
        pytest.param(
            table("SELECT DISTINCT k FROM STREAM(raw.e)"),
            "changing",
            "DISTINCT without a watermark is computed anew by each update",
            id="distinct",
        ),
        pytest.param(
            table(f"SELECT DISTINCT k FROM {MARKED}"),
            "changing",
            "DISTINCT whose keys leave the watermark out is computed anew by each update",
            id="distinct, mark left out",
        ),
        pytest.param(table(f"SELECT DISTINCT k, ts FROM {MARKED}"), "append", ADDS, id="distinct with mark"),
        pytest.param(table(f"SELECT DISTINCT * FROM {MARKED}"), "append", ADDS, id="distinct star"),
        pytest.param(
            table("SELECT * FROM STREAM(raw.e) UNION SELECT * FROM STREAM(raw.f)"),
            "changing",
            "union without a watermark is computed anew by each update",
            id="union distinct",
        ),
        # flows
        pytest.param(
            f"{T}; CREATE FLOW a AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.e);"
            "CREATE FLOW b AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.f)",
            "append",
            "its 2 flows only add rows",
            id="flows",
        ),
        pytest.param(
            f"{T}; CREATE FLOW a AS INSERT ONCE INTO t BY NAME SELECT k, count(*) n FROM raw.e GROUP BY k",
            "append",
            ADDS,
            id="once",
        ),
        pytest.param(
            f"{T}; CREATE FLOW a AS INSERT INTO t BY NAME SELECT k, count(*) n FROM STREAM(raw.e) GROUP BY k",
            "changing",
            NO_MARK,
            id="aggregate in a flow",
        ),
        pytest.param(f"{T} FLOW REPLACE WHERE d > 1 BY NAME SELECT * FROM raw.e", "changing", MORE, id="replace where"),
        pytest.param(
            f"{T} FLOW REPLACE USING (k) SEQUENCE BY s BY NAME SELECT * FROM STREAM(raw.e)",
            "changing",
            MORE,
            id="replace using",
        ),
        pytest.param(
            f"{T}; CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(raw.e) KEYS (k) SEQUENCE BY s",
            "changing",
            BY_KEY,
            id="cdc",
        ),
        pytest.param(
            f"{T} FLOW AUTO CDC FROM STREAM(raw.e) KEYS (k) APPLY AS DELETE WHEN op = 'd' SEQUENCE BY s",
            "changing",
            "AUTO CDC updates and deletes its rows by key",
            id="cdc with deletes",
        ),
        pytest.param(
            f"{T}; APPLY CHANGES INTO LIVE.t FROM STREAM(raw.e) KEYS (k) SEQUENCE BY s",
            "changing",
            BY_KEY,
            id="apply changes",
        ),
        pytest.param(
            "CREATE TABLE t FLOW INSERT BY NAME SELECT * FROM raw.e",
            "changing",
            "a batch flow writes its rows anew in each update",
            id="managed table, batch",
        ),
        pytest.param(
            "CREATE TABLE t FLOW INSERT BY NAME SELECT * FROM STREAM(raw.e)", "append", ADDS, id="managed table, stream"
        ),
        pytest.param(
            "CREATE TABLE t FLOW INSERT ONCE BY NAME SELECT * FROM raw.e", "append", ADDS, id="managed table, once"
        ),
        # views
        pytest.param(
            "CREATE MATERIALIZED VIEW m AS SELECT * FROM raw.e",
            "changing",
            "a materialized view is computed anew by each update",
            id="materialized view",
        ),
        pytest.param(
            "CREATE VIEW v AS SELECT * FROM raw.e",
            "snapshot",
            "a view without STREAM is computed anew for each reader",
            id="view",
        ),
        pytest.param(
            f"{V} SELECT * FROM raw.e",
            "snapshot",
            "a view without STREAM is computed anew for each reader",
            id="batch temporary view",
        ),
        pytest.param(
            f"{V} SELECT * FROM STREAM(raw.e)", "append", "it passes on the new rows of raw.e", id="stream view"
        ),
        pytest.param(
            f"{V} SELECT k, count(*) FROM STREAM(raw.e) GROUP BY k",
            "changing",
            "an aggregate without a watermark gives all its rows anew in each update",
            id="view that recomputes",
        ),
        pytest.param(
            f"{M} {V} SELECT * FROM STREAM(m)",
            "changing",
            "it streams m, whose rows change",
            id="stream over a materialized view",
        ),
        pytest.param(
            f"{M} {V} SELECT * FROM STREAM(m) WITH (skipChangeCommits = true)",
            "append",
            "it passes on the new rows of m",
            id="skipChangeCommits",
        ),
        pytest.param(
            f"{M} {V} SELECT * FROM STREAM(m) WITH (skipChangeCommits)",
            "append",
            "it passes on the new rows of m",
            id="skipChangeCommits without value",
        ),
        pytest.param(
            f"{M} {V} SELECT * FROM STREAM(m) WITH (skipChangeCommits = false)",
            "changing",
            "it streams m, whose rows change",
            id="skipChangeCommits off",
        ),
        pytest.param(
            f"{M} {V} SELECT * FROM STREAM read_stream('m', skipChangeCommits => true)",
            "append",
            "it passes on the new rows of m",
            id="read_stream",
        ),
    ],
)
def test_streamness_and_its_reason(text: str, streamness: str, reason: str) -> None:
    found = last(text)
    assert (found.streamness, found.reason) == (streamness, reason)


@pytest.mark.parametrize(
    ("body", "kind", "streamness"),
    [
        ('@dp.table\ndef t(): return spark.readStream.table("raw.e")', "streaming table", "append"),
        (
            '@dp.table\ndef t(): return spark.readStream.table("raw.e").groupBy("k").count()',
            "streaming table",
            "changing",
        ),
        ('@dp.table\ndef t(): return spark.readStream.table("raw.e").agg({"v": "sum"})', "streaming table", "changing"),
        (
            '@dp.table\ndef t(): return spark.readStream.table("raw.e").dropDuplicates(["k"])',
            "streaming table",
            "append",
        ),
        (
            '@dp.table\ndef t():\n    e = spark.readStream.table("raw.e").withWatermark("ts", "1 hour")\n'
            '    return e.groupBy("ts").count()',
            "streaming table",
            "append",
        ),
        ('@dp.materialized_view\ndef t(): return spark.read.table("raw.e")', "materialized view", "changing"),
        ('@dp.temporary_view\ndef t(): return spark.read.table("raw.e")', "temporary view", "snapshot"),
        ('@dp.temporary_view\ndef t(): return spark.readStream.table("raw.e")', "temporary view", "append"),
        ('dp.create_sink("t", "kafka", {})', "sink", "append"),
    ],
)
def test_streamness_of_python(body: str, kind: str, streamness: str) -> None:
    found = python(body).datasets["t"]
    assert (found.kind, found.streamness) == (kind, streamness)


@pytest.mark.parametrize(
    ("text", "name", "kind", "streamness", "reason"),
    [
        (
            table("SELECT * FROM STREAM(raw.e)"),
            "raw.e",
            "table",
            "append",
            "t reads it as a stream: it must only gain rows",
        ),
        (
            table("SELECT * FROM STREAM read_files('/x')"),
            "/x",
            "files",
            "append",
            "t reads it as a stream: new files are added",
        ),
        (
            table("SELECT * FROM STREAM read_kafka(bootstrapServers => 'h', subscribe => 'top')"),
            "read_kafka:top",
            "stream",
            "append",
            "t reads it as a stream: events arrive",
        ),
        (
            "CREATE MATERIALIZED VIEW m AS SELECT * FROM raw.e",
            "raw.e",
            "table",
            "snapshot",
            "read whole, as it is at the start of each update",
        ),
        (
            "CREATE MATERIALIZED VIEW m AS SELECT * FROM json.`/y`",
            "/y",
            "files",
            "snapshot",
            "read whole, as it is at the start of each update",
        ),
        (
            f"CREATE STREAMING TABLE a AS SELECT * FROM {E}; CREATE STREAMING TABLE b AS SELECT * FROM {E}",
            "raw.e",
            "table",
            "append",
            "a, b read it as a stream: it must only gain rows",
        ),
    ],
)
def test_externals(text: str, name: str, kind: str, streamness: str, reason: str) -> None:
    found = sql(text).externals[name]
    assert (found.kind, found.streamness, found.reason) == (kind, streamness, reason)
