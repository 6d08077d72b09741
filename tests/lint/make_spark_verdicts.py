"""What Apache Spark says of queries over streams, recorded in spark_verdicts.json.

Run it by hand, with the Python of an environment that holds pyspark 4.3: each query is started once, in append mode,
over streams of a few files, and stopped when they are read.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# Streams s, a, b (id, k, v, at) and u (id, seen); tables d, e (id, k, v, at).
A = "STREAM(a) WATERMARK at DELAY OF INTERVAL 1 HOUR AS a"
B = "STREAM(b) WATERMARK at DELAY OF INTERVAL 1 HOUR AS b"
S = "STREAM(s) WATERMARK at DELAY OF INTERVAL 1 HOUR"
RANGE = "b.at BETWEEN a.at AND a.at + INTERVAL 2 HOURS"
KINDS = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"]
CONDITIONS = {
    "plain": "a.id = b.id",
    "range": f"a.id = b.id AND {RANGE}",
    "turned": "a.id = b.id AND a.at BETWEEN b.at AND b.at + INTERVAL 2 HOURS",
    "low": "a.id = b.id AND a.at >= b.at - INTERVAL 1 HOUR",
    "high": "a.id = b.id AND a.at <= b.at + INTERVAL 1 HOUR",
    "key": "a.id = b.id AND a.at = b.at",
    "no equality": "a.v < b.v",
}


def queries() -> list[str]:
    """Every text that Spark is asked about."""
    found = [f"SELECT {what} FROM STREAM(s) {rest}".strip() for what, rest in PLAIN]
    found += [q.format(S=S, A=A, B=B) for q in WRITTEN]
    marks = {
        "both": (A, B),
        "none": ("STREAM(a) a", "STREAM(b) b"),
        "left": (A, "STREAM(b) b"),
        "right": ("STREAM(a) a", B),
    }
    for kind in KINDS:
        for left, right in marks.values():
            found += [f"SELECT a.id FROM {left} {kind} {right} ON {on}" for on in CONDITIONS.values()]
        for left, right in (("STREAM(a) a", "d b"), ("d a", "STREAM(b) b")):
            found.append(f"SELECT a.id FROM {left} {kind} {right} ON a.id = b.id")
    return list(dict.fromkeys(found))


PLAIN = [
    ("*", ""),
    ("k, count(*) AS n", "GROUP BY k"),
    ("count(*) AS n", ""),
    ("k", "GROUP BY k"),
    ("k, sum(v) AS v", "GROUP BY ALL"),
    ("DISTINCT k", ""),
    ("DISTINCT *", ""),
    ("*", "ORDER BY at"),
    ("*", "SORT BY at"),
    ("*", "DISTRIBUTE BY k"),
    ("*", "LIMIT 3"),
    ("*", "OFFSET 2"),
    ("*", "LIMIT 3 OFFSET 2"),
    ("*, row_number() OVER (PARTITION BY k ORDER BY at) AS n", ""),
    ("*, sum(v) OVER (PARTITION BY k) AS n", ""),
    ("*", "QUALIFY row_number() OVER (PARTITION BY k ORDER BY at) = 1"),
    ("monotonically_increasing_id() AS n, *", ""),
    ("uuid() AS n, rand() AS r, current_timestamp() AS c, *", ""),
    ("spark_partition_id() AS n, *", ""),
    ("explode(array(1, 2)) AS x, *", ""),
    ("*", "LATERAL VIEW explode(array(1, 2)) x AS y"),
    ("*", "TABLESAMPLE (10 PERCENT)"),
    ("*", "WHERE id IN (SELECT id FROM d)"),
    ("*", "WHERE EXISTS (SELECT 1 FROM d WHERE d.id = s.id)"),
    ("*", "WHERE id IN (SELECT id FROM STREAM(a))"),
    ("*, (SELECT max(v) FROM d) AS m", ""),
    ("*, (SELECT max(v) FROM STREAM(a)) AS m", ""),
    ("*", "PIVOT (sum(v) FOR k IN ('1', '2'))"),
]
HOURLY = "SELECT window(at, '1 hour') AS w, count(*) AS n FROM {S} GROUP BY window(at, '1 hour')"
WRITTEN = [
    HOURLY,
    "SELECT window(at, '1 hour') AS w, count(*) AS n FROM {S} GROUP BY w",
    "SELECT window(at, '1 hour') AS w, count(*) AS n FROM {S} GROUP BY 1",
    "SELECT window(at, '1 hour') AS w, k, count(*) AS n FROM {S} GROUP BY ALL",
    "SELECT w.start AS day, count(*) AS n FROM (SELECT window(at, '1 hour') AS w, * FROM {S}) GROUP BY w",
    "SELECT w.start AS day, count(*) AS n FROM (SELECT window(at, '1 hour') AS w, * FROM {S}) GROUP BY w.start",
    "SELECT w.end AS day, count(*) AS n FROM (SELECT window(at, '1 hour') AS w, * FROM {S}) GROUP BY w.end",
    "SELECT at, count(*) AS n FROM {S} GROUP BY at",
    "SELECT at AS t, count(*) AS n FROM {S} GROUP BY t",
    "SELECT t, count(*) AS n FROM (SELECT at AS t FROM {S}) GROUP BY t",
    "SELECT date(at) AS d, count(*) AS n FROM {S} GROUP BY date(at)",
    "SELECT date(at) AS d, count(*) AS n FROM {S} GROUP BY d",
    "SELECT date_trunc('hour', at) AS d, count(*) AS n FROM {S} GROUP BY 1",
    "SELECT CAST(at AS DATE) AS d, count(*) AS n FROM {S} GROUP BY ALL",
    "SELECT k, count(*) AS n FROM {S} GROUP BY k",
    "SELECT count(*) AS n FROM {S}",
    "SELECT DISTINCT k FROM {S}",
    "SELECT DISTINCT k, at FROM {S}",
    "SELECT DISTINCT * FROM {S}",
    "SELECT DISTINCT k, at AS t FROM {S}",
    "SELECT DISTINCT k, date(at) AS d FROM {S}",
    "SELECT window(at, '1 hour') AS w, count(DISTINCT k) AS n FROM {S} GROUP BY window(at, '1 hour')",
    "SELECT window(at, '1 hour') AS w, approx_count_distinct(k) AS n FROM {S} GROUP BY window(at, '1 hour')",
    "SELECT window(at, '1 hour') AS w, count(*) AS n FROM {S} GROUP BY window(at, '1 hour') HAVING count(*) > 1",
    "SELECT window(at, '1 hour') AS w, count(*) AS n FROM {S} GROUP BY window(at, '1 hour') ORDER BY n",
    "SELECT window(at, '1 hour') AS w, k, count(*) AS n FROM {S} GROUP BY ROLLUP (window(at, '1 hour'), k)",
    f"SELECT window(w, '2 hours') AS v, sum(n) AS n FROM ({HOURLY}) GROUP BY window(w, '2 hours')",
    f"SELECT w, max(n) AS n FROM ({HOURLY}, k) GROUP BY w",
    "SELECT session_window(at, '5 minutes') AS w, k, count(*) AS n FROM {S} GROUP BY w, k",
    "SELECT session_window(at, '5 minutes') AS w, count(*) AS n FROM {S} GROUP BY session_window(at, '5 minutes')",
    "SELECT session_window(at, '5 minutes') AS w, count(*) AS n FROM {S} GROUP BY w",
    "SELECT * FROM (SELECT at, k, v FROM {S}) PIVOT (sum(v) FOR k IN ('1', '2'))",
    "SELECT * FROM (SELECT at, k, v FROM d) PIVOT (sum(v) FOR k IN ('1', '2'))",
    "SELECT id FROM STREAM(a) UNION ALL SELECT id FROM STREAM(b)",
    "SELECT id FROM STREAM(a) UNION SELECT id FROM STREAM(b)",
    "SELECT id, at FROM {A} UNION SELECT id, at FROM {B}",
    "SELECT id, at FROM {A} UNION SELECT id, at FROM STREAM(b)",
    "SELECT id FROM STREAM(a) UNION ALL SELECT id FROM d",
    "SELECT id FROM d UNION ALL SELECT id FROM STREAM(a)",
    "SELECT id FROM d UNION SELECT id FROM STREAM(a)",
    "SELECT id FROM STREAM(a) INTERSECT SELECT id FROM d",
    "SELECT id FROM d INTERSECT SELECT id FROM STREAM(a)",
    "SELECT id, at FROM {A} INTERSECT SELECT id, at FROM d",
    "SELECT id FROM STREAM(a) EXCEPT SELECT id FROM d",
    "SELECT id, at FROM {A} EXCEPT SELECT id, at FROM d",
    "SELECT id FROM {A} EXCEPT SELECT id FROM d",
    "SELECT id FROM d EXCEPT SELECT id FROM STREAM(a)",
    "SELECT id FROM STREAM(a) EXCEPT ALL SELECT id FROM d",
    "SELECT id FROM (SELECT * FROM STREAM(s) ORDER BY at)",
    "SELECT id FROM (SELECT * FROM STREAM(s) LIMIT 2) WHERE id > 0",
    "WITH x AS (SELECT *, rank() OVER (ORDER BY at) AS n FROM STREAM(s)) SELECT id FROM x WHERE n = 1",
    "WITH x AS (SELECT * FROM STREAM(s)) SELECT * FROM d WHERE id IN (SELECT id FROM x)",
    "SELECT a.id FROM STREAM(a) a CROSS JOIN STREAM(b) b",
    "SELECT a.id FROM STREAM(a) a, STREAM(b) b WHERE a.id = b.id",
    "SELECT a.id FROM STREAM(a) a CROSS JOIN d",
    "SELECT a.id FROM STREAM(a) a, d",
    "SELECT a.id FROM d CROSS JOIN STREAM(a) a",
    "SELECT id FROM {A} JOIN {B} USING (id, at)",
    "SELECT id FROM {A} LEFT JOIN {B} USING (id, at)",
    "SELECT id FROM {A} LEFT JOIN {B} USING (id)",
    "SELECT id FROM STREAM(a) NATURAL JOIN d",
    "SELECT a.id FROM STREAM(a) a JOIN d ON a.id = d.id JOIN e ON e.id = d.id",
    "SELECT a.id FROM STREAM(a) a JOIN d ON a.id = d.id LEFT JOIN e ON e.id = d.id",
    "SELECT a.id FROM STREAM(a) a JOIN d ON a.id = d.id RIGHT JOIN e ON e.id = d.id",
    "SELECT a.id FROM d LEFT JOIN e ON d.id = e.id JOIN STREAM(a) a ON e.id = a.id",
    "SELECT a.id FROM d LEFT JOIN e ON d.id = e.id LEFT JOIN STREAM(a) a ON e.id = a.id",
    "SELECT a.id FROM {A} LEFT JOIN {B} ON a.id = b.id AND a.at > b.at - INTERVAL 1 HOUR AND a.v = b.v",
    "SELECT a.id FROM {A} LEFT JOIN {B} ON a.id = b.id AND b.at - a.at < INTERVAL 1 HOUR",
    "SELECT a.id FROM {A} LEFT JOIN {B} ON a.id = b.id AND (a.at = b.at OR a.v = b.v)",
    "SELECT a.id FROM {A} LEFT JOIN {B} ON a.id = b.id AND date(a.at) = date(b.at)",
    "SELECT a.id FROM {A} LEFT JOIN {B} ON a.id = b.id AND a.at > timestampadd(HOUR, -1, b.at)",
    "SELECT x.id FROM (SELECT id, at FROM {A}) x LEFT JOIN (SELECT id, at FROM {B}) y ON x.id = y.id AND y.at <= x.at",
    "SELECT x.id FROM (SELECT id, at FROM {A}) x LEFT JOIN (SELECT id, at FROM {B}) y ON x.id = y.id AND x.at >= y.at",
    "SELECT a.id FROM {A} LEFT JOIN d ON a.id = d.id AND d.at <= a.at",
    "SELECT * FROM STREAM(s) WATERMARK k DELAY OF INTERVAL 1 HOUR",
    "SELECT * FROM STREAM(s) WATERMARK date(at) AS day DELAY OF INTERVAL 1 HOUR",
    "SELECT * FROM STREAM(s) WATERMARK to_timestamp(k) AS t DELAY OF INTERVAL 1 HOUR",
    "SELECT * FROM STREAM(s) WATERMARK id DELAY OF INTERVAL 1 HOUR",
    "SELECT * FROM STREAM(s) WATERMARK current_timestamp() AS t DELAY OF INTERVAL 1 HOUR",
    "SELECT * FROM STREAM(s) WATERMARK at DELAY OF INTERVAL -5 MINUTES",
    "SELECT * FROM STREAM(s) WATERMARK at DELAY OF INTERVAL 0 SECONDS",
    "SELECT * FROM STREAM(s) WATERMARK at DELAY OF INTERVAL 3 MONTHS",
    "SELECT * FROM (SELECT * FROM {S}) WATERMARK at DELAY OF INTERVAL 2 HOURS",
    "SELECT * FROM (SELECT DISTINCT id, at FROM {S}) WATERMARK at DELAY OF INTERVAL 2 HOURS",
    "SELECT * FROM (SELECT a.at FROM {A} JOIN {B} ON a.id = b.id AND a.at = b.at) WATERMARK at DELAY OF INTERVAL 1 DAY",
    "WITH x AS (SELECT id, at AS t FROM {S}) SELECT * FROM (SELECT t FROM x) WATERMARK t DELAY OF INTERVAL 2 HOURS",
    "SELECT * FROM (SELECT id, k FROM {S}) x",
    "SELECT id, k, count(*) AS n FROM STREAM(s) GROUP BY GROUPING SETS ((id), (k))",
    "SELECT max(at) AS at FROM (SELECT at FROM {S} WHERE id > 0)",
    f"SELECT DISTINCT n FROM ({HOURLY})",
    f"SELECT w, n FROM ({HOURLY}) ORDER BY w",
    "SELECT d.id FROM d WHERE d.id NOT IN (SELECT id FROM e)",
]


def main() -> None:
    from pyspark.sql import SparkSession

    folder = Path(tempfile.mkdtemp())
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.files.maxPartitionBytes": "1g",
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    rows = spark.range(6).selectExpr(
        "id",
        "CAST(id % 2 AS STRING) AS k",
        "CAST(id AS INT) AS v",
        "timestamp'2026-01-01' + id * INTERVAL 1 HOUR AS at",
    )
    rows.coalesce(1).write.parquet(str(folder / "rows"))
    for name in ("d", "e"):
        spark.read.parquet(str(folder / "rows")).createOrReplaceTempView(name)
    for name in ("s", "a", "b"):
        stream = spark.readStream.schema(rows.schema).parquet(str(folder / "rows"))
        stream.createOrReplaceTempView(name)
    verdicts = {}
    for number, text in enumerate(queries()):
        verdicts[text] = _verdict(spark, text, folder / f"out{number}")
        print(number, verdicts[text] or "runs", "|", text, file=sys.stderr, flush=True)
    spark.stop()
    lines = ",\n".join(f"  [{json.dumps(t)}, {json.dumps(v)}]" for t, v in verdicts.items())
    (HERE / "spark_verdicts.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _verdict(spark, text: str, out: Path) -> str:
    """Nothing if it runs, `batch` if it is no stream, else what Spark calls the error."""
    try:
        frame = spark.sql(text)
        if not frame.isStreaming:
            return "batch"
        # a sink that only counts, so that no column type is refused
        writer = frame.writeStream.format("noop").outputMode("append").trigger(availableNow=True)
        query = writer.option("checkpointLocation", str(out)).start()
        try:
            query.awaitTermination(60)
        finally:
            query.stop()
    except Exception as error:
        return _name(error)
    return ""


def _name(error: Exception) -> str:
    condition = getattr(error, "getCondition", lambda: None)()
    said = re.sub(r"\s+", " ", str(error)).strip()
    if condition in (None, "", "STREAM_FAILED"):
        found = re.search(
            r"(Redefining watermark[^.]*|[Nn]o equality predicate[^.]*|[A-Z_]{12,}[A-Z_.]*)",
            said.replace("STREAM_FAILED", ""),
        )
        return "run: " + (found.group() if found else said[:90])
    return str(condition)


if __name__ == "__main__":
    main()
