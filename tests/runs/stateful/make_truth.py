"""Records what Apache Spark's Structured Streaming answers, batch by batch: run it with a Python that has pyspark and Java.

    python tests/runs/stateful/make_truth.py [name ...]

Each case is one file in truth/. Every batch is a run of its own, with availableNow and the checkpoint of the run before.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent / "truth"
SCHEMA = "k string, ts timestamp, v int, x string"
START = datetime(2026, 1, 1)
MARK = "WATERMARK ts DELAY OF INTERVAL 10 MINUTES"


def events(seed, batches=7, rows=7, jitter=16, step=11, empty=0.15):
    """Random events whose time moves on, with late ones, NULL keys, NULL times and batches without rows."""
    dice = random.Random(seed)
    made = []
    for number in range(batches):
        if dice.random() < empty:
            made.append([])
            continue
        batch = []
        for _ in range(dice.randint(1, rows)):
            minute = number * step + dice.randint(-jitter, jitter)
            when = START + timedelta(minutes=minute + 60, seconds=dice.choice([0, 0, 30]))
            batch.append(
                [
                    None if dice.random() < 0.15 else dice.choice("abc"),
                    None if dice.random() < 0.08 else when.isoformat(sep=" "),
                    dice.randint(1, 9),
                    (START + timedelta(minutes=minute)).isoformat(sep=" "),
                ]
            )
        made.append(batch)
    return made


def at(*minutes, k="a", v=1):
    """Events at these minutes (or at a text that is a time), of one key."""
    found = []
    for minute in minutes:
        when = (
            minute
            if minute is None or isinstance(minute, str)
            else (START + timedelta(minutes=minute)).isoformat(sep=" ")
        )
        found.append([k, when, v, "2026-01-01 00:00:00"])
    return found


SUMS = "count(*) AS n, sum(v) AS total"
TUMBLING = (
    f"SELECT window.start AS b, window.end AS e, k, {SUMS} FROM STREAM(s) {MARK} GROUP BY window(ts, '10 minutes'), k"
)
SLIDING = f"SELECT window(ts, '10 minutes', '5 minutes') AS w, k, {SUMS} FROM STREAM(s) {MARK} GROUP BY window(ts, '10 minutes', '5 minutes'), k"
UNEVEN = f"SELECT window AS w, {SUMS} FROM STREAM(s) {MARK} GROUP BY window(ts, '10 minutes', '4 minutes', '1 minute')"
SESSION = f"SELECT session_window AS w, k, {SUMS} FROM STREAM(s) {MARK} GROUP BY session_window(ts, '5 minutes'), k"
BY_TIME = f"SELECT ts, k, {SUMS} FROM STREAM(s) {MARK} GROUP BY ts, k"
WINDOW = "window(ts, '10 minutes')"
KEYS = [["a", "Anna", 3], ["b", "Berta", 6], ["d", "Dora", 1]]

CASES = {}


def case(name, query="", *, s, t=None, static=None, code=""):
    CASES[name] = {
        "query": query,
        "code": code,
        "sources": {"s": s, **({"t": t} if t is not None else {})},
        "static": static or [],
    }


for seed in (1, 2):
    case(f"tumbling_{seed}", TUMBLING, s=events(seed))
    case(f"session_{seed}", SESSION, s=events(seed + 50, jitter=10))
case("sliding_4", SLIDING, s=events(4))
case("uneven_4", UNEVEN, s=events(34))
case("by_time_4", BY_TIME, s=events(4, jitter=8))
case("distinct_4", f"SELECT DISTINCT k, ts FROM STREAM(s) {MARK}", s=events(4, jitter=6))
case(
    "union_4",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM (SELECT k, ts, v FROM STREAM(s) {MARK} UNION ALL SELECT k, ts, v FROM STREAM(t) WATERMARK ts DELAY OF INTERVAL 5 MINUTES) GROUP BY {WINDOW}, k",
    s=events(4),
    t=events(13, empty=0.3),
)
case(
    "union_5",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM (SELECT k, ts, v FROM STREAM(s) {MARK} UNION ALL SELECT k, ts, v FROM STREAM(t) WATERMARK ts DELAY OF INTERVAL 5 MINUTES) GROUP BY {WINDOW}, k",
    s=events(5),
    t=events(14, empty=0.3),
)
case("filter_key_7", TUMBLING.replace("GROUP BY", "WHERE k = 'a' GROUP BY"), s=events(7))
case(
    "filter_time_6",
    TUMBLING.replace("GROUP BY", "WHERE ts < TIMESTAMP'2026-01-01 01:30:00' AND v > 2 GROUP BY"),
    s=events(6),
)
case(
    "filter_value_by_time_6",
    TUMBLING.replace("GROUP BY", "WHERE v > minute(ts) / 10 AND NOT (k = 'b' OR v = 5) GROUP BY"),
    s=events(6),
)
case(
    "join_6",
    f"SELECT {WINDOW} AS w, d.name, {SUMS}, max(d.low) AS low FROM STREAM(s) {MARK} AS s JOIN d ON s.k = d.k GROUP BY {WINDOW}, d.name",
    s=events(6),
    static=[KEYS] * 3 + [KEYS[:1]] * 2 + [KEYS[1:]] * 2,
)
case(
    "left_join_6",
    f"SELECT window(s.ts, '10 minutes') AS w, s.k, d.name, count(*) AS n FROM STREAM(s) {MARK} AS s LEFT JOIN d ON s.k = d.k AND s.v > d.low WHERE s.v <> 4 GROUP BY window(s.ts, '10 minutes'), s.k, d.name",
    s=events(26),
    static=[KEYS] * 3 + [KEYS[:1]] * 2 + [KEYS[1:]] * 2,
)
case(
    "join_using",
    f"SELECT {WINDOW} AS w, k, name, {SUMS} FROM STREAM(s) {MARK} JOIN d USING (k) WHERE d.low < 5 GROUP BY {WINDOW}, k, name",
    s=events(8),
    static=[KEYS] * 7,
)
case(
    "join_same_names",
    f"SELECT {WINDOW} AS w, s.k, d.k || '!', {SUMS} FROM STREAM(s) {MARK} AS s JOIN d ON s.v > d.low GROUP BY ALL",
    s=events(8),
    static=[KEYS] * 7,
)
case(
    "semi",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} AS s LEFT SEMI JOIN d ON s.k = d.k GROUP BY ALL",
    s=events(18),
    static=[KEYS] * 7,
)
case(
    "in_static",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} WHERE k IN (SELECT k FROM d) GROUP BY ALL",
    s=events(19),
    static=[KEYS] * 7,
)
case(
    "semi_time_61",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} AS s LEFT SEMI JOIN d ON s.k = d.k AND minute(s.ts) > d.low * 5 GROUP BY ALL",
    s=events(61),
    static=[KEYS] * 7,
)
case(
    "anti_60",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} AS s LEFT ANTI JOIN d USING (k) GROUP BY ALL",
    s=events(60),
    static=[KEYS] * 7,
)
case(
    "not_in_60",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} AS s WHERE k NOT IN (SELECT k FROM d WHERE low < 5) AND EXISTS (SELECT 1 FROM d WHERE d.low < s.v) GROUP BY ALL",
    s=events(60),
    static=[KEYS] * 7,
)
case(
    "scalar_60",
    f"SELECT {WINDOW} AS w, k, {SUMS} FROM STREAM(s) {MARK} AS s WHERE v > (SELECT min(low) + 2 FROM d) GROUP BY ALL",
    s=events(60),
    static=[KEYS] * 7,
)
case("having", TUMBLING + " HAVING count(*) > 1 AND sum(v) > 3", s=events(9))
case("having_key", TUMBLING + " HAVING k = 'a' AND n > 0", s=events(10))
case("having_window", TUMBLING + " HAVING minute(window.start) <> 20", s=events(11))
case(
    "aggregates",
    f"SELECT {WINDOW} AS w, count(*) FILTER (WHERE v > 3) AS big, sort_array(collect_set(k)) AS ks, max_by(k, v + 0.01 * minute(ts)) AS top, median(v) AS m, avg(v) AS mean, round(stddev(v), 9) AS sd, count(DISTINCT 1) AS one, min(ts) AS first FROM STREAM(s) {MARK} GROUP BY {WINDOW}".replace(
        ", count(DISTINCT 1) AS one", ""
    ),
    s=events(12),
)
case("rollup", f"SELECT window AS w, k, {SUMS} FROM STREAM(s) {MARK} GROUP BY ROLLUP({WINDOW}, k)", s=events(13))
case(
    "rollup_key",
    f"SELECT window AS w, k, v, count(*) AS n FROM STREAM(s) {MARK} GROUP BY {WINDOW}, ROLLUP(k, v)",
    s=events(14, rows=4),
)
case("rollup_time", f"SELECT ts, k, count(*) AS n FROM STREAM(s) {MARK} GROUP BY CUBE(ts, k)", s=events(14, rows=4))
case("by_alias", f"SELECT {WINDOW} AS w, {SUMS} FROM STREAM(s) {MARK} GROUP BY w", s=events(15))
case("by_place", f"SELECT k AS who, {WINDOW}, {SUMS} FROM STREAM(s) {MARK} GROUP BY 2, 1", s=events(15))
case(
    "by_all",
    f"SELECT upper(k) AS who, {WINDOW}.end AS e, {WINDOW} AS w, {SUMS} FROM STREAM(s) {MARK} GROUP BY ALL",
    s=events(16),
)
case(
    "names",
    f"SELECT {WINDOW}.start, {WINDOW}.end AS e, count(*), sum(s.v), s.k FROM STREAM(s) {MARK} AS s GROUP BY {WINDOW}, s.k",
    s=events(16),
)
case(
    "names_of_expressions",
    f"SELECT date({WINDOW}.start), hour({WINDOW}.end) + 1, count(*) * 2, max(s.v), upper(s.k) FROM STREAM(s) {MARK} AS s GROUP BY {WINDOW}, s.k",
    s=events(16),
)
case(
    "session_names",
    f"SELECT session_window(ts, '5 minutes'), session_window.end, upper(k) AS u, count(*) FROM STREAM(s) {MARK} GROUP BY session_window(ts, '5 minutes'), upper(k)",
    s=events(56, jitter=8),
)
case(
    "session_join",
    f"SELECT session_window(s.ts, '4 minutes') AS w, d.k, d.name, s.v, count(*) AS n FROM STREAM(s) {MARK} AS s JOIN d ON s.k = d.k GROUP BY session_window(s.ts, '4 minutes'), d.k, d.name, s.v % 2, s.v",
    s=events(57, jitter=8),
    static=[KEYS] * 7,
)
case(
    "expression",
    f"SELECT window(at, '10 minutes') AS w, k, {SUMS} FROM STREAM(s) WATERMARK to_timestamp(x) AS at DELAY OF INTERVAL '10' MINUTES GROUP BY window(at, '10 minutes'), k",
    s=events(17),
)
case(
    "subquery",
    f"SELECT {WINDOW} AS w, u.who, sum(twice) AS total FROM (SELECT upper(k) AS who, ts, v * 2 AS twice FROM STREAM(s) {MARK} WHERE v <> 3) AS u WHERE u.who = 'A' AND twice > 4 GROUP BY {WINDOW}, u.who",
    s=events(20),
)
case(
    "cte",
    f"WITH e AS (SELECT *, k || '!' AS loud FROM STREAM(s) {MARK}), f AS (SELECT ts AS t2, loud, v FROM e) SELECT window(t2, '10 minutes') AS w, loud, {SUMS} FROM f WHERE loud <> 'b!' GROUP BY window(t2, '10 minutes'), loud",
    s=events(21),
)
case(
    "mark_on_subquery",
    f"SELECT {WINDOW} AS w, {SUMS} FROM (SELECT * FROM STREAM(s) WHERE ts < TIMESTAMP'2026-01-01 02:00:00' AND v > 1) {MARK} AS q WHERE q.v > 2 GROUP BY {WINDOW}",
    s=events(22),
)
case(
    "mark_on_expression_over_subquery",
    f"SELECT window(at, '10 minutes') AS w, {SUMS} FROM (SELECT x AS text, v FROM STREAM(s)) WATERMARK to_timestamp(text) AS at DELAY OF INTERVAL 10 MINUTES AS q GROUP BY window(at, '10 minutes')",
    s=events(23),
)
case(
    "union_outer_filter",
    f"SELECT {WINDOW} AS w, {SUMS} FROM (SELECT k, ts, v FROM STREAM(s) {MARK} UNION ALL SELECT x, ts, v + 1 AS y FROM STREAM(t) {MARK}) WHERE v > 3 GROUP BY {WINDOW}",
    s=events(24, empty=0),
    t=events(25, empty=0),
)
case(
    "twice",
    f"WITH e AS (SELECT * FROM STREAM(s) {MARK}) SELECT {WINDOW} AS w, {SUMS} FROM (SELECT ts, v FROM e WHERE k = 'a' UNION ALL SELECT ts, -v FROM e WHERE k = 'b') GROUP BY {WINDOW}",
    s=events(26, rows=12),
)
case(
    "above",
    f"SELECT w.start AS b, who, n * 2 AS n2 FROM (SELECT {WINDOW} AS w, k AS who, count(*) AS n FROM STREAM(s) {MARK} GROUP BY {WINDOW}, k) WHERE who <> 'c' AND n > 0",
    s=events(27),
)
case(
    "above_join",
    f"SELECT q.w, d.name, q.n FROM (SELECT {WINDOW} AS w, k, count(*) AS n FROM STREAM(s) {MARK} GROUP BY {WINDOW}, k) AS q LEFT JOIN d ON q.k = d.k",
    s=events(27),
    static=[KEYS] * 7,
)
case(
    "lateral",
    f"SELECT {WINDOW} AS w, part, count(*) AS n FROM STREAM(s) {MARK} AS s LATERAL VIEW explode(array(k, 'z')) p AS part WHERE v > 2 GROUP BY {WINDOW}, part",
    s=events(28),
)
case("from_first", f"FROM STREAM(s) {MARK} SELECT {WINDOW} AS w, {SUMS} WHERE v > 2 GROUP BY {WINDOW}", s=events(28))
case("no_delay", TUMBLING.replace("10 MINUTES", "0 SECONDS"), s=events(29))
case(
    "long_delay",
    TUMBLING.replace("INTERVAL 10 MINUTES", "INTERVAL 1 MONTH"),
    s=[at(0), at("2026-02-01 00:10:00"), at("2026-02-01 00:09:59"), at("2026-02-01 00:20:00", 9)],
)
case(
    "edges",
    TUMBLING,
    s=[
        at(0, 20),
        at(0, 9, "2026-01-01 00:09:59.999999", 10, 29),
        at("2026-01-01 00:29:59.999999"),
        at(30),
        at(19, 20),
        at(40),
        [],
        at(None),
        at(30, 29),
        at(50),
    ],
)
case(
    "edges_by_time",
    BY_TIME,
    s=[
        at(0, 20),
        at(10, 11),
        at(9, 10, 21),
        at(11, 22),
        at("2026-01-01 00:12:00.000001", "2026-01-01 00:12:00", 12),
        at(40),
    ],
)
case(
    "edges_session",
    SESSION,
    s=[
        at(0, 5, 10, 21),
        at(6, 7, 22),
        at(11, 12, "2026-01-01 00:15:00.000001", 27),
        at(16, 17, 32),
        at(21, 22, 50),
        at(80),
    ],
)
case("edges_of_sessions", SESSION, s=[at(0, 15), at(10, 20, 35), at(20, 21, 60), at(45, 50, 55, 70), at(90)])
case(
    "microseconds",
    TUMBLING.replace("10 MINUTES", "1 SECOND"),
    s=[at("2026-01-01 00:10:00.999999"), at(3), at("2026-01-01 00:10:01.000999"), at(4), at("2026-01-01 00:20:01")],
)
case(
    "microseconds_by_time",
    BY_TIME.replace("10 MINUTES", "0 SECONDS"),
    s=[
        at("2026-01-01 00:00:00.000500"),
        at("2026-01-01 00:00:00.000500", "2026-01-01 00:00:00.001999"),
        at("2026-01-01 00:00:00.001", "2026-01-01 00:00:00.001500"),
        at(1),
    ],
)
case("never_goes_back", BY_TIME, s=[at(30), at(21), at(15), at(60)])
case(
    "before_1970",
    TUMBLING,
    s=[
        at("1969-12-31 23:55:00", "1969-12-31 23:49:00", "1970-01-01 00:00:00"),
        at("1970-01-01 00:05:00"),
        at("1970-01-01 00:30:00"),
    ],
)
case("only_null_times", TUMBLING, s=[at(None, None), at(30), at(None), at(5, 60)])
case(
    "all_filtered",
    TUMBLING.replace("GROUP BY", "WHERE k = 'a' GROUP BY"),
    s=[at(0, 5), at(60, 70, k="b"), at(3), at(80), []],
)
case(
    "negative_start",
    f"SELECT window(ts, '10 minutes', '10 minutes', '-3 minutes') AS w, count(*) AS n FROM STREAM(s) {MARK} GROUP BY ALL",
    s=events(31),
)

PYTHON = "s.withWatermark('ts', '10 minutes')"
case("py_dedup_40", code=f"{PYTHON}.dropDuplicates(['k', 'ts'])", s=events(40, jitter=6))
case("py_dedup_41", code=f"{PYTHON}.dropDuplicates(['k', 'ts'])", s=events(41, jitter=6))
case("py_within_40", code=f"{PYTHON}.dropDuplicatesWithinWatermark(['k'])", s=events(40, jitter=12))
case("py_within_41", code=f"{PYTHON}.dropDuplicatesWithinWatermark(['k'])", s=events(41, jitter=12))
case(
    "py_window_40",
    code=f"{PYTHON}.groupBy(F.window('ts', '10 minutes', '5 minutes'), 'k').agg(F.count('*').alias('n'), F.sum('v').alias('total'))",
    s=events(40),
)
case("py_within_all", code=f"{PYTHON}.select('k', 'ts').dropDuplicatesWithinWatermark()", s=events(42, jitter=5))
case("py_distinct", code=f"{PYTHON}.select('k', 'ts').distinct()", s=events(43, jitter=5))
case(
    "py_dedup_select",
    code=f"{PYTHON}.where('v > 2').dropDuplicates(['k', 'ts']).select('k', 'ts', (F.col('v') * 0).alias('zero'))",
    s=events(44, jitter=5),
)
case("py_dedup_no_time", code="s.dropDuplicates(['k'])", s=events(45))
case(
    "py_filter",
    code=f"{PYTHON}.filter(F.col('k') == 'a').groupBy(F.window(F.col('ts'), '10 minutes').alias('w')).agg(F.max('v').alias('m')).filter('m > 1').select('w.start', 'm')",
    s=events(46),
)
case("py_session", code=f"{PYTHON}.groupBy(F.session_window('ts', '5 minutes'), 'k').count()", s=events(47, jitter=9))
case("py_by_time", code=f"{PYTHON}.groupBy('ts', 'k').count()", s=events(48, jitter=9))
case(
    "py_rename",
    code=f"{PYTHON}.withColumnRenamed('ts', 'at').filter(\"v > 2 AND at < '2026-01-01 01:50:00'\").groupBy(F.window('at', '10 minutes'), 'k').agg(F.sum('v').alias('t'))",
    s=events(70),
)
case(
    "py_select",
    code="s.select('k', F.col('ts').alias('t2'), (F.col('v') * 2).alias('w')).withWatermark('t2', '5 minutes').where(F.col('w') > 6).groupBy(F.window('t2', '10 minutes')).agg(F.count('*').alias('n'))",
    s=events(71),
)
case(
    "py_expr",
    code=f"{PYTHON}.selectExpr('k', 'ts', 'v + 1 AS v1').filter(F.col('v1') > 4).dropDuplicates(['k', 'ts']).select('k', 'ts')",
    s=events(72, jitter=6),
)
case(
    "py_union",
    code=f"{PYTHON}.select('k', 'ts', 'v').union(t.withWatermark('ts', '5 minutes').select('k', 'ts', 'v')).filter('v > 2').groupBy(F.window('ts', '10 minutes')).agg(F.sum('v').alias('t'))",
    s=events(73, empty=0),
    t=events(74, empty=0.2),
)
case(
    "py_join",
    code=f"{PYTHON}.join(d, 'k').groupBy(F.window('ts', '10 minutes').alias('w'), d.name).agg(F.count('*').alias('n'))",
    s=events(75),
    static=[KEYS] * 7,
)
case(
    "py_made_time",
    code="s.withColumn('at', F.to_timestamp('x')).withWatermark('at', '10 minutes').groupBy(F.window('at', '10 minutes'), F.col('k').alias('who')).count()",
    s=events(76),
)
case(
    "py_edges",
    code=f"{PYTHON}.dropDuplicates(['k', 'ts'])",
    s=[at(0, 20), at(10, 10, 11), at(11, 9, 22), at(12, 22, 13), at(None, 50), at(None, 22)],
)
case(
    "py_within_edges",
    code=f"{PYTHON}.dropDuplicatesWithinWatermark(['k'])",
    s=[
        at(0),
        at(10),
        at(20),
        at(20),
        at(21),
        at(31, k="b"),
        at(22),
        at(None),
        at(None, k="c"),
        at(None, k="c"),
        at(60, k="b"),
        at(61),
    ],
)


def plain(value):
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)


def main(names):
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F

    home = Path(tempfile.mkdtemp())
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.sql.streaming.metricsEnabled": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")

    def frame(rows, schema):
        made = [
            [datetime.fromisoformat(v) if i == 1 and v and schema == SCHEMA else v for i, v in enumerate(row)]
            for row in rows
        ]
        return spark.createDataFrame(made, schema)

    def record(name, given):
        where = home / name
        count = len(given["sources"]["s"])
        for source in given["sources"]:
            (where / source).mkdir(parents=True)
        outputs, late, columns = [], [], []
        for number in range(count):
            for source, batches in given["sources"].items():
                if batches[number]:
                    frame(batches[number], SCHEMA).coalesce(1).write.mode("append").parquet(str(where / source))
            frames = {}
            for source in given["sources"]:
                frames[source] = spark.readStream.schema(SCHEMA).parquet(str(where / source))
                frames[source].createOrReplaceTempView(source)
            if given["static"]:
                frame(given["static"][number], "k string, name string, low int").createOrReplaceTempView("d")
            asked = (
                spark.sql(given["query"])
                if given["query"]
                else eval(given["code"], {"F": F, "d": given["static"] and spark.table("d"), **frames})
            )
            columns, got = asked.columns, []
            writer = asked.writeStream.foreachBatch(lambda df, n, got=got: got.extend(df.collect()))
            query = writer.option("checkpointLocation", str(where / "checkpoint")).trigger(availableNow=True).start()
            query.awaitTermination()
            progress = [
                json.loads(p.json) if hasattr(p, "json") and not callable(p.json) else p for p in query.recentProgress
            ]
            late.append(sum(o["numRowsDroppedByWatermark"] for p in progress for o in p["stateOperators"]))
            outputs.append(sorted((plain(list(row)) for row in got), key=json.dumps))
            query.stop()
        shutil.rmtree(where)
        return {**given, "columns": columns, "outputs": outputs, "late": late}

    HERE.mkdir(exist_ok=True)
    for name, given in CASES.items():
        file = HERE / f"{name}.json"
        if (names and name not in names) or (
            not names and file.exists() and json.loads(file.read_text()).items() >= given.items()
        ):
            continue
        try:
            found = record(name, given)
        except Exception as error:
            print(name, "FAILED", str(error)[:600].replace("\n", " "), flush=True)
            continue
        lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
        file.write_text("{\n" + lines + "\n}\n")
        print(name, sum(map(len, found["outputs"])), flush=True)
    spark.stop()
    shutil.rmtree(home)


if __name__ == "__main__":
    main(sys.argv[1:])
