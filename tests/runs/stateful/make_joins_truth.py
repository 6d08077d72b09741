"""What Apache Spark's Structured Streaming makes of joins of streams: run this with a Python that has pyspark and Java.

`python make_joins_truth.py [part of a case's name ...]` writes `joins_truth/`: `data.json` holds what arrives, and each
other file what one query answers, run by run. Each run is one `availableNow` over a folder of files, as a flow's
update is.
"""

from __future__ import annotations

import json
import logging
import random
import shutil
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

HERE = Path(__file__).parent / "joins_truth"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
STREAMS = {
    "a": "k string, ts timestamp, v int",
    "b": "k string, ts timestamp, w int",
    "c": "k string, at string, id bigint, created timestamp",
}
STATIC = {"s": ("k string, name string", [["x", "ex"], ["y", "why"], ["y", "ypsilon"], [None, "nothing"]])}

A, B = "STREAM a WATERMARK ts DELAY OF INTERVAL 10 MINUTES", "STREAM b WATERMARK ts DELAY OF INTERVAL 5 MINUTES"
RANGE = "b.ts BETWEEN a.ts - INTERVAL 5 MINUTES AND a.ts + INTERVAL 10 MINUTES"
KEY = "a.k = b.k"
BOTH = "SELECT a.k, a.ts, a.v, b.k AS bk, b.ts AS bts, b.w"
ON = f"ON {KEY} AND {RANGE}"


def both(kind: str, on: str = ON, where: str = "", what: str = BOTH, a: str = A, b: str = B) -> str:
    return f"{what} FROM {a} {kind} {b} {on} {where}".strip()


def ranged(condition: str) -> str:
    return f"ON {KEY} AND {condition}"


TIME = f"ON {KEY} AND a.ts = b.ts"
OF_A = "SELECT a.k, a.ts, a.v"
SUBQUERY = "(SELECT k AS key, ts AS at, w * 2 AS twice FROM STREAM b WATERMARK ts DELAY OF INTERVAL 5 MINUTES {}) AS r"
ON_SUBQUERY = "ON a.k = r.key AND r.at BETWEEN a.ts AND a.ts + INTERVAL 10 MINUTES"
OF_SUBQUERY = "SELECT a.k, a.ts, a.v, r.at, r.twice"
C = "STREAM c WATERMARK to_timestamp(at) AS cts DELAY OF INTERVAL 5 MINUTES"

# name: (what arrives, query)
CASES: dict[str, tuple[str, str]] = {
    "inner": ("fine 1", both("JOIN")),
    "inner 2": ("fine 2", both("JOIN")),
    "inner 3": ("coarse 1", both("INNER JOIN")),
    "inner, edges": ("edges", both("JOIN")),
    "inner, microseconds": ("micro", both("JOIN")),
    "inner, forever": ("fine 1", both("JOIN", f"ON {KEY}", a="STREAM a", b="STREAM b")),
    "inner, forever, one watermark": ("fine 2", both("JOIN", f"ON {KEY}", b="STREAM b")),
    "inner, marks without range": ("fine 1", both("JOIN", f"ON {KEY}")),
    "inner, marks that nobody reads": ("fine 1", both("JOIN", f"ON {KEY}", what="SELECT a.k, a.v, b.w")),
    "inner, one mark that is read": ("fine 2", both("JOIN", f"ON {KEY}", what="SELECT a.ts, a.k, a.v, b.w")),
    "inner, mark read in a filter": (
        "fine 2",
        both("JOIN", f"ON {KEY}", "WHERE a.ts > '2026-01-01T00:20:00Z'", "SELECT a.k, a.v, b.w"),
    ),
    "inner, one bound": ("fine 1", both("JOIN", ranged("b.ts >= a.ts"))),
    "inner, other bound": ("fine 1", both("JOIN", ranged("a.ts + INTERVAL 10 MINUTES >= b.ts"))),
    "inner, strict": (
        "coarse 1",
        both("JOIN", ranged("b.ts > a.ts - INTERVAL 5 MINUTES AND b.ts < a.ts + INTERVAL 10 MINUTES")),
    ),
    "inner, far": (
        "fine 2",
        both("JOIN", ranged("b.ts BETWEEN a.ts - INTERVAL '20' MINUTE AND a.ts - INTERVAL '5' MINUTE")),
    ),
    "inner, where": ("fine 2", both("JOIN", f"ON {KEY}", f"WHERE {RANGE}")),
    "inner, comma": ("fine 2", f"{BOTH} FROM {A}, {B} WHERE {KEY} AND {RANGE}"),
    "inner, using": (
        "fine 1",
        both("JOIN", "USING (k)", f"WHERE {RANGE}", "SELECT k, a.ts, b.ts AS bts, v, w"),
    ),
    "inner, star": (
        "fine 2",
        "SELECT * FROM STREAM a WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS l JOIN STREAM b WATERMARK ts"
        " DELAY OF INTERVAL 5 MINUTES AS r ON l.k = r.k AND r.ts BETWEEN l.ts AND l.ts + INTERVAL 10 MINUTES",
    ),
    "inner, on time": ("coarse 1", both("JOIN", TIME)),
    "inner, only on time": ("coarse 2", both("JOIN", "ON a.ts = b.ts")),
    "inner, using time": ("coarse 2", both("JOIN", "USING (k, ts)", what="SELECT k, ts, v, w")),
    "inner, on time, one mark": ("coarse 1", both("JOIN", TIME, b="STREAM b")),
    "inner, more": ("fine 1", both("JOIN", f"{ON} AND a.v > b.w")),
    "inner, of one side": ("fine 1", both("JOIN", f"{ON} AND a.v > 2 AND b.w < 7")),
    "inner, filter": ("fine 2", both("JOIN", where="WHERE a.v > 3")),
    "inner, filter on the key": ("fine 2", both("JOIN", where="WHERE a.k = 'x'")),
    "inner, filter on time": ("fine 1", both("JOIN", where="WHERE a.ts > '2026-01-01T00:20:00Z' AND b.w > 2")),
    "inner, filter on time and more": ("fine 1", both("JOIN", where="WHERE a.ts > '2026-01-01T00:20:00Z' OR a.v > 6")),
    "inner, filter on early time": ("fine 1", both("JOIN", where="WHERE a.ts < '2026-01-01T00:20:00Z' AND b.w < 8")),
    "inner, filter on both": ("fine 2", both("JOIN", where="WHERE a.v + b.w > 6")),
    "inner, filter that takes NULL": ("fine 2", both("JOIN", where="WHERE coalesce(a.v, 0) + coalesce(b.w, 0) > 2")),
    "inner, in": ("fine 1", both("JOIN", where="WHERE a.v IN (1, 2, 3, 4) OR b.w IS NULL")),
    "inner, lower": ("fine 1", both("JOIN", f"ON lower(a.k) = b.k AND {RANGE}")),
    "inner, coalesce": ("fine 1", both("JOIN", f"ON coalesce(a.k, '') = coalesce(b.k, '') AND {RANGE}")),
    "inner, null is null": ("fine 1", both("JOIN", f"ON a.k <=> b.k AND {RANGE}")),
    "inner, static behind": (
        "fine 1",
        both("JOIN", f"{ON} JOIN s ON s.k = a.k", what=f"{BOTH}, s.name"),
    ),
    "inner, static left behind": (
        "fine 2",
        both("JOIN", f"{ON} LEFT JOIN s ON s.k = a.k", what=f"{BOTH}, s.name"),
    ),
    "inner, static in a side": (
        "fine 1",
        f"SELECT r.name, r.k, r.ts, b.ts AS bts, b.w FROM (SELECT a.*, s.name FROM {A} JOIN s ON a.k = s.k) r"
        f" JOIN {B} ON r.k = b.k AND b.ts BETWEEN r.ts AND r.ts + INTERVAL 10 MINUTES",
    ),
    "inner, subquery": ("fine 1", both("JOIN", ON_SUBQUERY, what=OF_SUBQUERY, b=SUBQUERY.format(""))),
    "inner, subquery with filter": (
        "fine 2",
        both("JOIN", ON_SUBQUERY, what=OF_SUBQUERY, b=SUBQUERY.format("WHERE w > 3")),
    ),
    "inner, subquery with filter on time": (
        "fine 2",
        both("JOIN", ON_SUBQUERY, what=OF_SUBQUERY, b=SUBQUERY.format("WHERE ts > '2026-01-01T00:15:00Z' AND w > 1")),
    ),
    "inner, mark over a subquery": (
        "fine 2",
        f"{OF_SUBQUERY} FROM {A} JOIN (SELECT k AS key, ts AS at, w * 2 AS twice FROM STREAM b WHERE w > 1 AND"
        " ts > '2026-01-01T00:15:00Z') WATERMARK at DELAY OF INTERVAL 5 MINUTES AS r " + ON_SUBQUERY,
    ),
    "inner, filter on a subquery": (
        "fine 1",
        both("JOIN", ON_SUBQUERY, "WHERE r.twice > 6", OF_SUBQUERY, b=SUBQUERY.format("")),
    ),
    "inner, cte": (
        "fine 1",
        f"WITH l AS (SELECT k, ts, v FROM {A}), r AS (SELECT * FROM {B} WHERE w IS NOT NULL) SELECT l.k, l.ts, r.ts AS bts, l.v + r.w"
        " AS sum FROM l JOIN r ON l.k = r.k AND l.ts >= r.ts - INTERVAL 1 HOUR AND l.ts <= r.ts + INTERVAL 30 SECONDS",
    ),
    "inner, inside": (
        "fine 2",
        f"SELECT upper(k) AS k, minutes FROM (SELECT a.k, a.v, (unix_timestamp(b.ts) - unix_timestamp(a.ts)) / 60 AS"
        f" minutes FROM {A} JOIN {B} {ON}) WHERE v > 2",
    ),
    "inner, computed mark": (
        "strings",
        f"SELECT a.k, a.ts, cts, r.id FROM {A} JOIN {C} AS r ON a.k = r.k AND cts BETWEEN a.ts AND a.ts + INTERVAL 10 MINUTES",
    ),
    "inner, computed mark in a star": (
        "strings",
        f"SELECT * FROM {A} JOIN {C} AS r ON a.k = r.k AND cts BETWEEN a.ts AND a.ts + INTERVAL 10 MINUTES",
    ),
    "inner, other types": (
        "strings",
        f"SELECT a.k, a.ts, r.id, cts FROM {A} JOIN {C} AS r ON a.v = r.id AND cts BETWEEN a.ts AND a.ts + INTERVAL 10 MINUTES"
        " WHERE r.id > 3",
    ),
    "inner, other column in the time": (
        "strings",
        f"SELECT a.k, a.ts, r.created, cts FROM {A} JOIN {C} AS r ON a.k = r.k AND cts >= a.ts AND r.created >= a.ts",
    ),
    "inner, static with a condition": (
        "fine 2",
        both("JOIN", f"{ON} JOIN s ON s.k = a.k AND s.name < 'n' AND length(s.name) > a.v", what=f"{BOTH}, s.name"),
    ),
    "inner, calendar of the left": (
        "fine 1",
        both("JOIN", ranged("date(b.ts) = date(a.ts) AND b.ts >= a.ts AND a.v <= 7")),
    ),
    "inner, null keys": ("null keys", both("JOIN")),
    "left, null keys": ("null keys", both("LEFT JOIN")),
    "full, null keys": ("null keys", both("FULL JOIN")),
    "left, less of the left": ("fine 1", both("LEFT JOIN", f"{ON} AND a.v < 5")),
    "left, filter both, none null": ("fine 1", both("LEFT JOIN", where="WHERE a.v < b.w")),
    "left, filter between": ("fine 2", both("LEFT JOIN", where="WHERE b.w BETWEEN 2 AND 7 AND a.v IS NOT NULL")),
    "right, filter left": ("fine 2", both("RIGHT JOIN", where="WHERE a.v > 1")),
    "full, filter right": ("no nulls", both("FULL JOIN", where="WHERE b.w > 1")),
    "full, filter both": ("no nulls", both("FULL JOIN", where="WHERE b.w > 1 AND a.v > 1")),
    "full, filter after": ("no nulls", both("FULL JOIN", where="WHERE coalesce(b.w, a.v) > 1")),
    "left, in a subquery": (
        "fine 2",
        f"SELECT k, v, coalesce(w, -1) AS w FROM (SELECT a.k, a.v, a.ts, b.w FROM {A} LEFT JOIN {B} {ON}) WHERE v > 1 AND ts < '2026-01-01T01:00:00Z'",
    ),
    "inner, with itself": (
        "fine 1",
        f"SELECT l.k, l.ts, l.v, r.ts AS rts, r.v AS rv FROM {A} l JOIN {A} r ON l.k = r.k AND l.v <> r.v AND"
        " r.ts BETWEEN l.ts AND l.ts + INTERVAL 10 MINUTES",
    ),
    "left": ("fine 1", both("LEFT JOIN")),
    "left 2": ("fine 2", both("LEFT OUTER JOIN")),
    "left 3": ("coarse 2", both("LEFT JOIN")),
    "left, edges": ("edges", both("LEFT JOIN")),
    "left, microseconds": ("micro", both("LEFT JOIN")),
    "left, strict": (
        "coarse 1",
        both("LEFT JOIN", ranged("b.ts > a.ts - INTERVAL 5 MINUTES AND b.ts < a.ts + INTERVAL 10 MINUTES")),
    ),
    "left, strict, edges": (
        "edges",
        both("LEFT JOIN", ranged("b.ts > a.ts - INTERVAL 5 MINUTES AND b.ts < a.ts + INTERVAL 10 MINUTES")),
    ),
    "left, one bound": ("fine 1", both("LEFT JOIN", ranged("b.ts <= a.ts + INTERVAL 10 MINUTES"))),
    "left, two bounds": (
        "fine 2",
        both("LEFT JOIN", ranged("b.ts <= a.ts + INTERVAL 10 MINUTES AND b.ts < a.ts + INTERVAL 15 MINUTES")),
    ),
    "left, far": (
        "fine 2",
        both("LEFT JOIN", ranged("b.ts BETWEEN a.ts - INTERVAL 20 MINUTES AND a.ts - INTERVAL 5 MINUTES")),
    ),
    "left, only the right mark": ("fine 1", both("LEFT JOIN", a="STREAM a")),
    "left, only the left mark": ("fine 1", both("LEFT JOIN", b="STREAM b")),
    "left, on time": ("coarse 1", both("LEFT JOIN", TIME)),
    "left, on time, left mark": ("coarse 2", both("LEFT JOIN", TIME, b="STREAM b")),
    "left, on time, right mark": ("coarse 2", both("LEFT JOIN", TIME, a="STREAM a")),
    "left, using time": ("coarse 2", both("LEFT JOIN", "USING (k, ts)", what="SELECT k, ts, v, w")),
    "left, using": (
        "fine 2",
        f"SELECT k, v, w FROM {A} LEFT JOIN (SELECT k, ts AS at, w FROM {B}) USING (k, at)".replace(
            "SELECT k, ts AS at", "SELECT k, ts AS at"
        ).replace(A, f"(SELECT k, ts AS at, v FROM {A})"),
    ),
    "left, more": ("fine 1", both("LEFT JOIN", f"{ON} AND a.v > b.w")),
    "left, of the left": ("fine 1", both("LEFT JOIN", f"{ON} AND a.v > 2")),
    "left, of the left's time": ("fine 2", both("LEFT JOIN", f"{ON} AND a.ts > '2026-01-01T00:20:00Z'")),
    "left, of the right": ("fine 1", both("LEFT JOIN", f"{ON} AND b.w > 4")),
    "left, filter left": ("fine 2", both("LEFT JOIN", where="WHERE a.v > 3")),
    "left, filter on the key": ("fine 2", both("LEFT JOIN", where="WHERE a.k = 'x'")),
    "left, filter right": ("fine 1", both("LEFT JOIN", where="WHERE b.w > 4")),
    "left, filter right or nothing": ("fine 1", both("LEFT JOIN", where="WHERE b.w > 4 OR b.w IS NULL")),
    "left, those without": ("fine 2", both("LEFT JOIN", where="WHERE b.k IS NULL")),
    "left, filter both": ("fine 2", both("LEFT JOIN", where="WHERE coalesce(b.w, 9) >= a.v")),
    "left, subquery": ("fine 1", both("LEFT JOIN", ON_SUBQUERY, what=OF_SUBQUERY, b=SUBQUERY.format("WHERE w > 2"))),
    "left, static behind": ("fine 1", both("LEFT JOIN", f"{ON} JOIN s ON s.k = a.k", what=f"{BOTH}, s.name")),
    "left, the mark is not shown": ("fine 2", both("LEFT JOIN", what="SELECT a.k, b.w")),
    "right": ("fine 1", both("RIGHT JOIN")),
    "right 2": ("fine 2", both("RIGHT OUTER JOIN")),
    "right, edges": ("edges", both("RIGHT JOIN")),
    "right, strict, edges": (
        "edges",
        both("RIGHT JOIN", ranged("b.ts > a.ts - INTERVAL 5 MINUTES AND b.ts < a.ts + INTERVAL 10 MINUTES")),
    ),
    "right, far": (
        "fine 2",
        both("RIGHT JOIN", ranged("b.ts BETWEEN a.ts - INTERVAL 20 MINUTES AND a.ts - INTERVAL 5 MINUTES")),
    ),
    "right, far ahead": (
        "fine 1",
        both("RIGHT JOIN", ranged("b.ts BETWEEN a.ts + INTERVAL 5 MINUTES AND a.ts + INTERVAL 20 MINUTES")),
    ),
    "right, on time": ("coarse 2", both("RIGHT JOIN", TIME)),
    "right, on time, left mark": ("coarse 2", both("RIGHT JOIN", TIME, b="STREAM b")),
    "right, using time": ("coarse 1", both("RIGHT JOIN", "USING (k, ts)", what="SELECT *")),
    "right, of the right": ("fine 2", both("RIGHT JOIN", f"{ON} AND b.w > 4")),
    "right, of the left": ("fine 2", both("RIGHT JOIN", f"{ON} AND a.v > 4")),
    "right, more": ("fine 1", both("RIGHT JOIN", f"{ON} AND a.v > b.w")),
    "right, filter": ("fine 1", both("RIGHT JOIN", where="WHERE b.w > 2")),
    "semi": ("fine 1", both("LEFT SEMI JOIN", what=OF_A)),
    "semi 2": ("fine 2", both("LEFT SEMI JOIN", what=OF_A)),
    "semi, edges": ("edges", both("LEFT SEMI JOIN", what=OF_A)),
    "semi, on time": ("coarse 1", both("LEFT SEMI JOIN", TIME, what=OF_A)),
    "semi, more": ("fine 1", both("LEFT SEMI JOIN", f"{ON} AND a.v > b.w", what=OF_A)),
    "semi, of both sides": ("fine 2", both("LEFT SEMI JOIN", f"{ON} AND a.v > 2 AND b.w > 2", what=OF_A)),
    "semi, filter": ("fine 2", both("LEFT SEMI JOIN", where="WHERE a.v > 3", what=OF_A)),
    "full": ("no nulls", both("FULL JOIN")),
    "full, edges": ("edges", both("FULL OUTER JOIN")),
    "full, on time": ("no nulls", both("FULL JOIN", TIME)),
    "full, using time": ("no nulls", both("FULL JOIN", "USING (k, ts)", what="SELECT *")),
    "full, of both sides": ("no nulls", both("FULL JOIN", f"{ON} AND a.v > 2 AND b.w > 2")),
    "full, filter": ("no nulls", both("FULL JOIN", where="WHERE a.v > 2")),
    "full, nulls": ("fine 1", both("FULL JOIN")),
    "not: anti": ("edges", both("LEFT ANTI JOIN", what=OF_A)),
    "not: cross": ("edges", f"{BOTH} FROM {A} CROSS JOIN {B}"),
    "not: no equality": ("edges", both("JOIN", f"ON {RANGE}")),
    "not: left without marks": ("edges", both("LEFT JOIN", f"ON {KEY}", a="STREAM a", b="STREAM b")),
    "not: left without range": ("edges", both("LEFT JOIN", f"ON {KEY}")),
    "not: left with the other bound": ("edges", both("LEFT JOIN", ranged("b.ts >= a.ts"))),
    "not: right with the other bound": ("edges", both("RIGHT JOIN", ranged("b.ts <= a.ts + INTERVAL 1 HOUR"))),
    "not: semi without range": ("edges", both("LEFT SEMI JOIN", f"ON {KEY}", what=OF_A)),
    "not: left, a difference of times": ("edges", both("LEFT JOIN", ranged("b.ts - a.ts <= INTERVAL 10 MINUTES"))),
    "not: left, a month": ("edges", both("LEFT JOIN", ranged("b.ts <= a.ts + INTERVAL 1 MONTH"))),
    "not: left, dateadd": ("edges", both("LEFT JOIN", ranged("b.ts <= dateadd(MINUTE, 10, a.ts)"))),
    "left, day": ("edges", both("LEFT JOIN", ranged("b.ts <= a.ts + INTERVAL 1 DAY - INTERVAL 1430 MINUTES"))),
}


def arrivals() -> dict[str, list[dict[str, list[list[Any]]]]]:
    """What arrives in each run: rows of a and b, or of a and c."""
    found = {
        "fine 1": _random(1, minutes=1),
        "fine 2": _random(2, minutes=1),
        "coarse 1": _random(3, minutes=5),
        "coarse 2": _random(4, minutes=5),
        "no nulls": _random(5, minutes=5, keys="xyz"),
        "strings": [{"a": each["a"], "c": _strings(n, each["b"])} for n, each in enumerate(_random(6, minutes=1))],
        "edges": _edges(),
        "micro": _micro(),
        "null keys": _null_keys(),
    }
    return {name: [{n: rows for n, rows in each.items() if rows} for each in runs] for name, runs in found.items()}


def _at(minutes: float, microseconds: int = 0) -> str:
    return (START + timedelta(minutes=minutes, microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _random(seed: int, minutes: int, keys: str = "xyz?") -> list[dict[str, list[list[Any]]]]:
    """Seven runs whose times advance, with late rows, NULLs, and runs in which one side or both have nothing."""
    some = random.Random(seed)

    def row(n: int) -> list[Any]:
        key = some.choice(keys)
        time = _at(n * 10 + some.randrange(-25, 11) // minutes * minutes)
        null = keys.endswith("?") and some.random() < 0.08
        return [None if key == "?" else key, None if null else time, some.choice([None, *range(9)])]

    missing = {2: "b", 3: "a", 5: some.choice(["ab", "a", "b", ""])}
    return [
        {side: [] if side in missing.get(n, "") else [row(n + 1) for _ in range(some.randrange(3, 8))] for side in "ab"}
        for n in range(7)
    ]


def _strings(n: int, rows: list[list[Any]]) -> list[list[Any]]:
    return [
        [k, ts and ts[:19].replace("T", " "), w, None if i % 3 == 0 else _at(n * 10 + i)]
        for i, (k, ts, w) in enumerate(rows)
    ]


def _edges() -> list[dict[str, list[list[Any]]]]:
    """Events that sit on the bounds: with delays of 10 and 5 minutes the watermark becomes 0:50, 1:10, 1:40."""
    keep = [["x", _at(t), t] for t in (30, 35, 39, 40, 41, 44, 45, 46, 50, 55, 59, 60)]
    next_ = [["x", _at(t), t] for t in (49, 50, 51, 54, 55, 56, 60, 65, 80)]
    late = [["y", _at(t), t] for t in (69, 70, 71)]
    return [
        {"a": keep, "b": [["z", _at(t), t] for t in (30, 44, 45, 46, 54, 55, 56)]},
        {"a": next_, "b": [["x", _at(t), t] for t in (50, 51, 60, 75)]},
        {"a": late, "b": [*late, ["x", _at(70), 1], ["x", _at(85), 2]]},
        {"b": [["x", _at(90), 3], ["q", _at(71), 3]]},
        {"a": [["q", _at(76), 1], ["y", _at(110), 1], ["y", _at(110), 1]], "b": [["q", _at(200), 1]]},
        {
            "a": [["y", _at(300), 1], ["q", _at(100), 1]],
            "b": [["y", _at(115), 1], ["q", _at(105), 1], ["w", _at(300), 0]],
        },
    ]


def _micro() -> list[dict[str, list[list[Any]]]]:
    """Watermarks count milliseconds, events microseconds."""
    near = [-1_001, -1_000, -999, -1, 0, 1, 499, 500, 999, 1_000, 1_001]
    return [
        {
            "a": [["x", _at(60, 700), 1], *(["z", _at(40, n), n] for n in near)],
            "b": [["x", _at(60, 900), 1], *(["w", _at(55, n), n] for n in near)],
        },
        {"a": [["x", _at(50, n), n] for n in near], "b": [["x", _at(50, n), n] for n in near]},
        {"a": [["x", _at(90, 0), 3]], "b": [["x", _at(90, 0), 3]]},
    ]


def _null_keys() -> list[dict[str, list[list[Any]]]]:
    return [
        {"a": [[None, _at(10), 1], ["x", _at(11), 2]], "b": [[None, _at(12), 1], ["x", _at(12), 2], [None, _at(1), 9]]},
        {"a": [[None, _at(9), 3], ["y", _at(60), 3]], "b": [[None, _at(14), 4], ["y", _at(60), 4]]},
        {"a": [["y", _at(90), 5], [None, _at(70), 1]], "b": [["y", _at(120), 5], [None, _at(75), 2]]},
    ]


class Recorder:
    """One Spark, and a folder for each stream."""

    def __init__(self, root: Path) -> None:
        self.root = root
        settings = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "1",
            "spark.driver.memory": "1500m",
            "spark.sql.warehouse.dir": str(root / "warehouse"),
        }
        builder = SparkSession.builder.master("local[2]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.spark = builder.getOrCreate()
        self.spark.sparkContext.setLogLevel("OFF")
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
        for name, (schema, rows) in STATIC.items():
            self.spark.createDataFrame(rows, schema).createOrReplaceTempView(name)

    def runs(self, name: str, query: str, arrive: list[dict[str, list[list[Any]]]]) -> dict[str, Any]:
        place = self.root / "".join(c if c.isalnum() else "_" for c in name)
        for table, schema in STREAMS.items():
            (place / table).mkdir(parents=True)
            self.spark.readStream.schema(schema).json(str(place / table)).createOrReplaceTempView(table)
        try:
            return {"runs": [self.run(place, query, n, each) for n, each in enumerate(arrive)]}
        except Exception as error:
            return {"refused": str(error).split("\n")[0].split(". ")[0]}
        finally:
            shutil.rmtree(place)

    def run(self, place: Path, query: str, n: int, arrive: dict[str, list[list[Any]]]) -> dict[str, Any]:
        for table, rows in arrive.items():
            names = [each.split()[0] for each in STREAMS[table].split(", ")]
            lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
            (place / table / f"{n}.json").write_text("\n".join(lines))
        got: list[list[Any]] = []

        def take(frame: Any, _: int) -> None:
            got.extend([_plain(value) for value in row] for row in frame.collect())

        frame = self.spark.sql(query)
        writer = frame.writeStream.foreachBatch(take).option("checkpointLocation", str(place / "checkpoint"))
        running = writer.trigger(availableNow=True).start()
        running.awaitTermination()
        progress = [each for each in running.recentProgress if each["stateOperators"]]
        late = sum(each["stateOperators"][0]["numRowsDroppedByWatermark"] for each in progress)
        answer: dict[str, Any] = {"rows": sorted(got, key=json.dumps), "late": late}
        if progress:
            answer["state"] = progress[-1]["stateOperators"][0]["numRowsTotal"]
            answer["mark"] = progress[-1].get("eventTime", {}).get("watermark")
        return answer


def _plain(value: Any) -> Any:
    """A timestamp comes as local time: run this where that is UTC."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value


def _written(value: dict[str, Any]) -> str:
    """A line for each run."""
    parts = [f'"{k}": {json.dumps(v)}' for k, v in value.items() if k not in ("runs",)]
    if "runs" in value:
        parts.append('"runs": [\n' + ",\n".join(json.dumps(each) for each in value["runs"]) + "\n]")
    return "{" + ",\n".join(parts) + "}\n"


def main(wanted: list[str]) -> None:
    HERE.mkdir(exist_ok=True)
    data = arrivals()
    text = ",\n".join(f"{json.dumps(k)}: [\n" + ",\n".join(map(json.dumps, v)) + "\n]" for k, v in data.items())
    (HERE / "data.json").write_text("{" + text + "}\n")
    with tempfile.TemporaryDirectory() as scratch:
        recorder = Recorder(Path(scratch))
        for name, (arrive, query) in CASES.items():
            if not wanted or any(part in name for part in wanted):
                found = {"query": query, "arrives": arrive, **recorder.runs(name, query, data[arrive])}
                (HERE / f"{name.replace(': ', '-').replace(', ', '-').replace(' ', '_')}.json").write_text(
                    _written(found)
                )
                print(name, "|", found.get("refused") or [len(each["rows"]) for each in found["runs"]], flush=True)
        recorder.spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
