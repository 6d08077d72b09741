"""What the pipelines of Apache Spark 4.3 say of whole sources, recorded in pipeline_verdicts.json.

Run it by hand, with the Python of an environment that holds pyspark[connect,pipelines] 4.3 and what ldp_magic needs:
each text is registered in a graph of its own and run dry against one server on the loopback interface.
"""

import importlib.util
import itertools
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# What every table of the schema raw holds, and with it every text that names no columns of its own.
COLUMNS = (
    "id BIGINT, k STRING, v INT, at TIMESTAMP, name STRING, city STRING, seq BIGINT, op STRING, d DATE, day INT, "
    "qty INT, total INT, at_txt STRING, x INT, a STRING, b STRING, n INT, shop STRING, since BIGINT, value STRING, "
    "tags ARRAY<STRING>, doc MAP<STRING, INT>, part STRUCT<id: BIGINT, k: STRING>"
)
# Tables of the pipeline's own schema, for examples that read a name without saying where it is.
LOCAL = ("s", "staging", "old", "src")
ROWS, STREAM = "SELECT id, k FROM raw.s", "SELECT id, k FROM STREAM(raw.s)"
HEADS = {
    "STREAMING TABLE": STREAM,
    "MATERIALIZED VIEW": ROWS,
    "TEMPORARY VIEW": ROWS,
    "VIEW": ROWS,
}
ONE = "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;"

STATEMENTS = [
    "SELECT 1", "VALUES (1)", "TABLE raw.s", "FROM raw.s", "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
    "INSERT INTO raw.s SELECT * FROM raw.t", "MERGE INTO raw.s USING raw.t ON s.id = t.id WHEN MATCHED THEN DELETE",
    "DELETE FROM raw.s", "UPDATE raw.s SET id = 1", "TRUNCATE TABLE raw.s", "CREATE TABLE n (id INT)",
    "CREATE TABLE n AS SELECT 1 AS a", "ALTER TABLE raw.s ADD COLUMNS (zz INT)", "DROP TABLE raw.s", "DROP VIEW v",
    "CREATE FUNCTION f AS 'a.b'", "CREATE TEMPORARY FUNCTION f() RETURNS INT RETURN 1", "DECLARE x INT",
    "CACHE TABLE raw.s", "UNCACHE TABLE raw.s", "REFRESH TABLE raw.s", "CREATE SCHEMA z", "CREATE DATABASE z",
    "DESCRIBE TABLE raw.s", "DESCRIBE raw.s", "SHOW TABLES", "EXPLAIN SELECT 1", "RESET", "RESET a.b", "OPTIMIZE raw.s",
    "VACUUM raw.s", "ANALYZE TABLE raw.s COMPUTE STATISTICS", "GRANT SELECT ON raw.s TO me", "COMMENT ON TABLE raw.s IS 'x'",
    "SET a.b = 1", "SET a.b=1", "SET spark.sql.ansi.enabled = true", "set `a.b` = `1 2`", "SET a.b", "SET", "SET a.b =",
    "SET -v", "SET a.b = 'x y'", "SET TIME ZONE 'UTC'", "SET TIME ZONE LOCAL", "SET VAR x = 1", "SET VARIABLE x = 1",
    "SET CATALOG spark_catalog", "SET CATALOG 'spark_catalog'", "SET CATALOG `spark_catalog`", "set catalog SPARK_CATALOG",
    "USE raw", "USE SCHEMA raw", "USE DATABASE raw", "USE NAMESPACE raw", "USE spark_catalog.raw", "use `raw`",
    "USE SCHEMA spark_catalog.raw", "USE CATALOG spark_catalog", "USE catalog", "USE SCHEMA nowhere", "USE",
    "CREATE SINK k", "APPLY CHANGES INTO t FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq", "BEGIN SELECT 1; END",
    "AUTO CDC INTO t FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq", "CREATE OR REPLACE TABLE n (id INT)",
    "CREATE GLOBAL TEMPORARY VIEW g AS SELECT 1 AS a", "CREATE TEMPORARY TABLE g AS SELECT 1 AS a", "MSCK REPAIR TABLE raw.s",
    "REFRESH MATERIALIZED VIEW m", "DROP MATERIALIZED VIEW m", "LOAD DATA INPATH 'a' INTO TABLE raw.s", "HELLO WORLD", ";",
    "ADD JAR 'x.jar'", "LIST JARS", "EXECUTE IMMEDIATE 'SELECT 1'", "CALL a.b()", "-- nothing", "/* a */ /* /* b */ */",
]  # fmt: skip
CLAUSES = [
    "", "COMMENT 'a'", "COMMENT \"a\"", "COMMENT a", "COMMENT = 'a'", "TBLPROPERTIES ('a' = 'b')", "TBLPROPERTIES (a.b = 'c')",
    "TBLPROPERTIES ('a' 'b')", "TBLPROPERTIES ('a')", "TBLPROPERTIES ()", "TBLPROPERTIES (a = 1, b = true, c = 1.5)",
    "CLUSTER BY (id)", "CLUSTER BY (id, k)", "CLUSTER BY id", "CLUSTER BY AUTO", "CLUSTER BY NONE", "CLUSTER BY ()",
    "PARTITIONED BY (k)", "PARTITIONED BY (id, k)", "PARTITIONED BY k", "PARTITIONED BY (bucket(2, id))",
    "PARTITIONED BY (k STRING)", "PARTITIONED BY (years(k))", "PARTITIONED BY (upper(k))", "PARTITIONED BY (`k`)",
    "PARTITIONED BY (identity(k))", "PARTITIONED BY (k) CLUSTER BY (id)", "CLUSTER BY (id) PARTITIONED BY (k)", "USING parquet",
    "USING PARQUET COMMENT 'x'", "COMMENT 'x' USING parquet", "USING delta", "LOCATION '/x'", "OPTIONS (a = 'b')",
    "COMMENT 'a' COMMENT 'b'", "COMMENT 'a' COMMENT 'a'", "TBLPROPERTIES (a = 'b') TBLPROPERTIES (c = 'd')",
    "CLUSTER BY (id) CLUSTER BY (id)", "PARTITIONED BY (k) PARTITIONED BY (k)", "USING parquet USING parquet",
    "TBLPROPERTIES (a = 'b') COMMENT 'x' CLUSTER BY (k)", "CLUSTER BY (k) TBLPROPERTIES (a = 'b') COMMENT 'x'",
    "SCHEDULE EVERY 1 HOUR", "WITH ROW FILTER f ON (k)", "REFRESH POLICY AUTO", "DEFAULT COLLATION UTF8_BINARY",
    "DEFAULT COLLATION UTF8_LCASE", "CLUSTERED BY (id) INTO 4 BUCKETS", "CLUSTERED BY (id) SORTED BY (k) INTO 4 BUCKETS",
    "SKEWED BY (id) ON (1)", "STORED AS PARQUET", "ROW FORMAT DELIMITED", "TBLPROPERTIES (a = 'b', a = 'c')",
    "TRIGGER ON UPDATE", "EVOLVE SCHEMA", "WITH SCHEMA BINDING", "UNHEARD OF", "CLUSTER BY (nowhere)", "PARTITIONED BY (nowhere)",
    "TBLPROPERTIES ('pipelines.reset.allowed' = 'false')", "TBLPROPERTIES ('pipelines.trigger.interval' = '1 hour')",
]  # fmt: skip
LISTS = [
    "(id BIGINT, k STRING)", "(id bigint, k string,)", "(ID BIGINT, K STRING)", "(k STRING, id BIGINT)", "()", "(id, k)",
    "(id BIGINT)", "(id INT, k STRING)", "(id BIGINT NOT NULL, k STRING)", "(id BIGINT COMMENT 'x', k STRING)", "(id LONG, k STRING)",
    "(id COMMENT 'x', k COMMENT 'y')", "(id BIGINT, k STRING, more DATE)", "(id BIGINT, k STRING, more INT DEFAULT 1)", "(id: BIGINT, k: STRING)",
    "(id BIGINT, k STRING, g INT GENERATED ALWAYS AS (1))", "(id BIGINT GENERATED ALWAYS AS IDENTITY, k STRING)",
    "(id BIGINT, k STRING, PRIMARY KEY (id))", "(id BIGINT PRIMARY KEY, k STRING)", "(id BIGINT, k STRING, CONSTRAINT p PRIMARY KEY (id))",
    "(id BIGINT, k STRING, CONSTRAINT c CHECK (id > 0))", "(id BIGINT, k STRING, CHECK (id > 0))", "(id BIGINT, k STRING, UNIQUE (id))",
    "(id BIGINT, k STRING, CONSTRAINT c FOREIGN KEY (id) REFERENCES raw.t (id))", "(id BIGINT REFERENCES raw.t, k STRING)",
    "(id BIGINT, k STRING, CONSTRAINT c EXPECT (id > 0))", "(CONSTRAINT c EXPECT (id > 0) ON VIOLATION DROP ROW)",
    "(id BIGINT, k STRING MASK f)", "(id BIGINT, k VARCHAR(9))", "(id BIGINT, k CHAR(9))", "(id DECIMAL(10, 0), k STRING)",
    "(id BIGINT COMMENT 'a' COMMENT 'b', k STRING)", "(id BIGINT NOT NULL NOT NULL, k STRING)", "(id BIGINT, id BIGINT, k STRING)",
    "(id BIGINT, Id BIGINT, k STRING)", "(id DOUBLE, k STRING)", "(id STRING, k STRING)", "(id BIGINT, k STRING COLLATE UTF8_LCASE)",
    "(`id` BIGINT, `k` STRING)", "(id BIGINT, k STRING, more ARRAY<STRUCT<a: INT, b: MAP<STRING, DATE>>>)", "(id BIGINTT, k STRING)",
    "(id BIGINT, k STRING, LIKE raw.s)", "(id int8, k text)", "(id BIGINT, k STRING COMMENT 'it''s')",
]  # fmt: skip
QUERIES = [  # of a streaming table
    "SELECT * FROM STREAM raw.s", "SELECT * FROM STREAM(raw.s)", "SELECT * FROM STREAM (raw.s) AS q", "SELECT * FROM STREAM raw.s q",
    "SELECT * FROM stream(`raw`.`s`)", "SELECT * FROM STREAM(spark_catalog.raw.s)", "SELECT * FROM STREAM RAW.S", "FROM STREAM raw.s",
    "(SELECT * FROM STREAM(raw.s))", "TABLE raw.s", "FROM STREAM(raw.s) SELECT id", "FROM STREAM(raw.s) |> SELECT id |> WHERE id > 1",
    "WITH x AS (SELECT * FROM STREAM(raw.s)) SELECT * FROM x", "SELECT * FROM STREAM(SELECT * FROM raw.s)", "SELECT * FROM STREAM (SELECT * FROM raw.s) q",
    "SELECT * FROM STREAM((raw.s))", "SELECT * FROM (STREAM(raw.s))", "SELECT * FROM (STREAM raw.s) q", "SELECT * FROM (SELECT * FROM STREAM(raw.s)) q",
    "SELECT * FROM STREAM(raw.s) WITH (maxFilesPerTrigger = 1)", "SELECT * FROM STREAM raw.s WITH (maxFilesPerTrigger = 1)",
    "SELECT * FROM STREAM raw.s WITH ('maxFilesPerTrigger' = '1') AS q", "SELECT * FROM STREAM raw.s AS q WITH (maxFilesPerTrigger = 1)",
    "SELECT * FROM STREAM raw.s WITH ()", "SELECT * FROM STREAM raw.s WITH (a = 1, b = 'c')", "SELECT * FROM STREAM(raw.s WITH (a = 1))",
    "SELECT * FROM STREAM raw.s IDENTIFIED BY one", "SELECT * FROM STREAM raw.s IDENTIFIED BY one WITH (a = 1)", "SELECT * FROM STREAM raw.s CHANGES",
    "SELECT * FROM STREAM raw.s CHANGES FROM VERSION 1", "SELECT * FROM STREAM(raw.s) TABLESAMPLE (10 PERCENT)", "SELECT * FROM STREAM range(3)",
    "SELECT * FROM STREAM(range(3))", "SELECT * FROM STREAM explode(array(1))", "SELECT * FROM STREAM(nowhere)", "SELECT nope FROM STREAM(raw.s)",
    "SELECT * FROM STREAM parquet.`/x`", "SELECT * FROM STREAM read_files('/x')", "SELECT * FROM cloud_files('/x', 'json')", "SELECT * FROM read_kafka(a => 1)",
    "SELECT * FROM STREAM(LIVE.s)", "SELECT * FROM LIVE.s", "SELECT * FROM raw.s", "SELECT 1 AS one", "VALUES (1)", "SELECT * FROM STREAM(raw.s) JOIN raw.t USING (id)",
    "SELECT * FROM raw.t JOIN STREAM(raw.s) USING (id)", "SELECT id FROM raw.s WHERE id IN (SELECT id FROM STREAM(raw.t))", "SELEC * FROM STREAM(raw.s)",
    "SELECT * FORM STREAM(raw.s)", "SELECT id k v FROM STREAM(raw.s)", "SELECT (id FROM STREAM(raw.s)", "SELECT id, FROM STREAM(raw.s)", "SELECT * EXCEPT (id) FROM STREAM(raw.s)",
    "SELECT * FROM STREAM(IDENTIFIER('raw.s'))", "SELECT * FROM STREAM IDENTIFIER('raw.s')", "SELECT * FROM STREAM(raw.s) q (a, b)", "SELECT stream.id FROM STREAM(raw.s) stream",
    "SELECT id::STRING, doc['a'], part.id, part:id FROM STREAM(raw.s)", "SELECT part.id AS i, tags[0] AS t FROM STREAM(raw.s)", "SELECT `id` FROM STREAM(raw.s) WHERE k = \"x\"",
    "SELECT id AS `a b` FROM STREAM(raw.s)", "SELECT id, id FROM STREAM(raw.s)", "SELECT id AS id, k AS ID FROM STREAM(raw.s)", "SELECT upper(k) FROM STREAM(raw.s)",
    "SELECT '${nobody}' AS x, id FROM STREAM(raw.s)", "SELECT ${nobody} x FROM STREAM(raw.s)", "SELECT id FROM STREAM(raw.s) WHERE id = ${nobody}", "SELECT :p AS x FROM STREAM(raw.s)",
    "SELECT id FROM STREAM(${nobody}.s)", "SELECT id FROM STREAM(raw.s) WHERE k = '${k}'", "SELECT id FROM STREAM(raw.s) -- ${nobody}", "SELECT '🙂' AS x, * FROM STREAM(raw.s)",
]  # fmt: skip
MARKS = [
    "STREAM(raw.s) WATERMARK {} DELAY OF {}", "STREAM raw.s WATERMARK {} DELAY OF {} AS q", "STREAM(raw.s) q WATERMARK {} DELAY OF {}",
    "(SELECT * FROM STREAM(raw.s)) WATERMARK {} DELAY OF {}", "(SELECT * FROM STREAM(raw.s)) q WATERMARK {} DELAY OF {}",
    "STREAM raw.s WITH (a = 1) WATERMARK {} DELAY OF {}", "STREAM raw.s WATERMARK {} DELAY OF {} WITH (a = 1)", "raw.t WATERMARK {} DELAY OF {}, STREAM(raw.s)",
]  # fmt: skip
TIMES = [
    ("at", "INTERVAL 5 MINUTES"), ("at", "INTERVAL '5' MINUTE"), ("at", "INTERVAL '5 minutes'"), ("at", "interval 1 hour 5 minutes"), ("at", "'5 minutes'"),
    ("at", "5 MINUTES"), ("at", "600"), ("at", "INTERVAL '1:30' HOUR TO MINUTE"), ("at", "INTERVAL 1 MONTH"), ("at", "INTERVAL -5 MINUTES"), ("at", "INTERVAL 0 DAYS"),
    ("`at`", "INTERVAL 5 MINUTES"), ("AT", "INTERVAL 5 MINUTES"), ("to_timestamp(at_txt)", "INTERVAL 5 MINUTES"), ("to_timestamp(at_txt) AS t", "INTERVAL 5 MINUTES"),
    ("to_timestamp(at_txt) t", "INTERVAL 5 MINUTES"), ("at::TIMESTAMP", "INTERVAL 5 MINUTES"), ("at::TIMESTAMP AS t", "INTERVAL 5 MINUTES"), ("at AS t", "INTERVAL 5 MINUTES"), ("d", "INTERVAL 1 DAY"),
    ("k", "INTERVAL 1 DAY"), ("id", "INTERVAL 1 DAY"), ("d::TIMESTAMP AS t", "INTERVAL 1 DAY"), ("nope", "INTERVAL 1 DAY"), ("s.at", "INTERVAL 1 DAY"), ("(at)", "INTERVAL 1 DAY"),
    ("timestamp_seconds(id) AS t", "INTERVAL 1 WEEK"), ("cast(at_txt AS DATE) AS t", "INTERVAL 1 DAY"), ("explode(tags) AS (p, q)", "INTERVAL 1 DAY"), ("at", "INTERVAL 1 YEAR"),
    ("at_txt::TIMESTAMP", "INTERVAL 1 DAY"), ("cast(at AS TIMESTAMP)", "INTERVAL 1 DAY"), ("cast(at_txt AS TIMESTAMP)", "INTERVAL 1 DAY"), ("to_timestamp(at)", "INTERVAL 1 DAY"), ("at + INTERVAL 1 HOUR", "INTERVAL 1 DAY"), ("d::TIMESTAMP", "INTERVAL 1 DAY"),
]  # fmt: skip
FLOWS = [
    "CREATE FLOW f AS INSERT INTO t BY NAME {}", "CREATE FLOW f COMMENT 'x' AS INSERT INTO t BY NAME {}", "CREATE FLOW f AS INSERT INTO TABLE t BY NAME {}", "create flow `f` as insert into `t` by name {}",
    "CREATE FLOW f AS INSERT INTO t {}", "CREATE FLOW f AS INSERT INTO TABLE t {}", "CREATE FLOW f AS INSERT INTO t (id, k) {}", "CREATE FLOW f AS INSERT INTO t BY NAME (id, k) {}", "CREATE FLOW f AS INSERT OVERWRITE t BY NAME {}",
    "CREATE FLOW f AS INSERT OVERWRITE TABLE t {}", "CREATE FLOW f AS INSERT INTO t REPLACE WHERE id > 0 {}", "CREATE FLOW f AS INSERT INTO t BY NAME REPLACE WHERE id > 0 {}", "CREATE FLOW f AS INSERT INTO t PARTITION (k = 1) BY NAME {}",
    "CREATE FLOW f AS INSERT INTO t PARTITION (k) {}", "CREATE FLOW f AS INSERT INTO t IF NOT EXISTS {}", "CREATE FLOW f AS INSERT ONCE INTO t BY NAME {}", "CREATE FLOW f AS INSERT INTO ONCE t BY NAME {}", "CREATE FLOW a.f AS INSERT INTO t BY NAME {}",
    "CREATE FLOW `a.f` AS INSERT INTO t BY NAME {}", "CREATE FLOW f INSERT INTO t BY NAME {}", "CREATE FLOW f AS INSERT INTO pipe.t BY NAME {}", "CREATE FLOW f AS INSERT INTO spark_catalog.pipe.t BY NAME {}", "CREATE FLOW f AS INSERT INTO T BY NAME {}",
    "CREATE FLOW f AS INSERT INTO raw.t BY NAME {}", "CREATE FLOW f AS INSERT INTO tt BY NAME {}", "CREATE FLOW IF NOT EXISTS f AS INSERT INTO t BY NAME {}", "CREATE OR REPLACE FLOW f AS INSERT INTO t BY NAME {}", "CREATE OR REFRESH FLOW f AS INSERT INTO t BY NAME {}",
    "CREATE FLOW t AS INSERT INTO t BY NAME {}", "CREATE FLOW F AS INSERT INTO t BY NAME {}", "CREATE FLOW f AS {}", "CREATE FLOW f AS INSERT t BY NAME {}", "CREATE FLOW f COMMENT 'x' COMMENT 'y' AS INSERT INTO t BY NAME {}", "CREATE FLOW AS INSERT INTO t BY NAME {}",
    "CREATE FLOW f AS INSERT INTO t BY NAME REPLACE USING (id) SEQUENCE BY id {}", "CREATE FLOW f AS INSERT WITH SCHEMA EVOLUTION INTO t BY NAME {}", "CREATE FLOW f AS INSERT INTO t AS q BY NAME {}", "CREATE FLOW f TBLPROPERTIES (a = 'b') AS INSERT INTO t BY NAME {}",
]  # fmt: skip
TARGETS = [
    "CREATE STREAMING TABLE t;", "CREATE STREAMING TABLE t AS SELECT id, k FROM STREAM(raw.t);", "CREATE MATERIALIZED VIEW t AS SELECT id, k FROM raw.t;", "CREATE TEMPORARY VIEW t AS SELECT id, k FROM raw.t;",
    "CREATE VIEW t AS SELECT id, k FROM raw.t;", "", "CREATE STREAMING TABLE IF NOT EXISTS t;", "CREATE STREAMING TABLE T;", "CREATE STREAMING TABLE pipe.t;", "CREATE STREAMING TABLE t (id BIGINT, k STRING);", "CREATE STREAMING TABLE t COMMENT 'x' CLUSTER BY (id);",
]  # fmt: skip
CDC = "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq"
CHANGES = [
    CDC, "FROM STREAM raw.s KEYS (id) SEQUENCE BY seq", "FROM raw.s KEYS (id) SEQUENCE BY seq", "FROM (SELECT * FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq", "FROM (SELECT * FROM STREAM(raw.s) WHERE id > 0) q KEYS (id) SEQUENCE BY seq",
    "FROM (SELECT * FROM raw.s) KEYS (id) SEQUENCE BY seq", "FROM STREAM(raw.s) q KEYS (id) SEQUENCE BY seq", "FROM STREAM(raw.s) SEQUENCE BY seq KEYS (id)", "FROM STREAM(raw.s) KEYS id SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS () SEQUENCE BY seq",
    "FROM STREAM(raw.s) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id)", "FROM STREAM(raw.s) KEYS (id, k) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (ID) SEQUENCE BY SEQ", "FROM STREAM(raw.s) KEYS (`id`) SEQUENCE BY `seq`", "FROM STREAM(raw.s) KEYS (nope) SEQUENCE BY seq",
    "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY nope", "FROM STREAM(raw.s) KEYS (s.id) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (part.id) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (upper(k)) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id, id) SEQUENCE BY seq",
    "FROM STREAM(raw.s) KEYS (doc) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY (seq, at)", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY struct(seq, at)", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq, at", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq + 1",
    "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY doc", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY s.seq", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY part.id", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY current_timestamp()", "FROM STREAM(raw.s) KEYS (id) SEQUENCE BY seq SEQUENCE BY at",
    "FROM STREAM(raw.s) KEYS (id) KEYS (k) SEQUENCE BY seq", "FROM STREAM(raw.s) WHERE id > 0 KEYS (id) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id) WHERE id > 0 SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq",
    "FROM STREAM(raw.s) KEYS (id) APPLY AS DELETE WHEN nope = 'D' SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id) APPLY AS TRUNCATE WHEN op = 'T' SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id) IGNORE NULL UPDATES SEQUENCE BY seq", "KEYS (id) SEQUENCE BY seq",
    "FROM STREAM(raw.s) WITH (a = 1) KEYS (id) SEQUENCE BY seq", "FROM STREAM(raw.s) WATERMARK at DELAY OF INTERVAL 1 HOUR KEYS (id) SEQUENCE BY seq", "FROM SNAPSHOT (SELECT * FROM raw.s) KEYS (id)", "FROM STREAM(nowhere) KEYS (id) SEQUENCE BY seq",
    "FROM STREAM(SELECT * FROM raw.s) KEYS (id) SEQUENCE BY seq", "FROM (SELECT *, 1 AS __START_AT FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq", "FROM (SELECT *, 1 AS __end_at FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq", "FROM (SELECT *, 1 AS __spark_autocdc_z FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq",
    "FROM (SELECT *, 1 AS __start FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq", "FROM STREAM(raw.s) KEYS (id,) SEQUENCE BY seq",
    *(f"FROM (SELECT *, 1 AS {name} FROM STREAM(raw.s)) KEYS (id) SEQUENCE BY seq {more}" for name in ("__START_AT", "__end_at", "__spark_autocdc_z") for more in ("STORED AS SCD TYPE 1", "STORED AS SCD TYPE 2", f"STORED AS SCD TYPE 2 COLUMNS * EXCEPT ({name})", f"COLUMNS * EXCEPT ({name})", f"COLUMNS (id, {name})")),
    *(f"{CDC} {more}" for more in (
        "APPLY AS DELETE WHEN op = 'D'", "APPLY AS DELETE WHEN op = 'D' APPLY AS DELETE WHEN op = 'E'", "COLUMNS (id, k)", "COLUMNS id, k", "COLUMNS (k)", "COLUMNS * EXCEPT (op)", "COLUMNS * EXCEPT op", "COLUMNS * EXCEPT (id)", "COLUMNS * EXCEPT (seq)", "COLUMNS *",
        "COLUMNS (id, nope)", "COLUMNS * EXCEPT (nope)", "COLUMNS (ID, K)", "COLUMNS (id, k) COLUMNS * EXCEPT (op)", "COLUMNS ()", "COLUMNS * EXCEPT ()", "COLUMNS (s.id)", "COLUMNS * EXCEPT (ID)", "COLUMNS (id, id)", "COLUMNS (id, upper(k))", "COLUMNS id",
        "STORED AS SCD TYPE 1", "STORED AS SCD TYPE 2", "stored as scd type 2", "STORED AS SCD TYPE 3", "STORED AS SCD TYPE 0", "STORED AS SCD 2", "STORED AS SCD TYPE '2'", "STORED AS SCD TYPE TWO", "STORED AS BITEMPORAL", "STORED AS SCD TYPE 1 STORED AS SCD TYPE 2",
        "STORED AS SCD TYPE 2 TRACK HISTORY ON (k)", "STORED AS SCD TYPE 2 TRACK HISTORY ON k", "STORED AS SCD TYPE 2 TRACK HISTORY ON k, city", "STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (k)", "STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT k", "STORED AS SCD TYPE 2 TRACK HISTORY ON *",
        "STORED AS SCD TYPE 2 TRACK HISTORY ON (nope)", "STORED AS SCD TYPE 2 TRACK HISTORY ON (id)", "STORED AS SCD TYPE 2 TRACK HISTORY ON (K)", "STORED AS SCD TYPE 2 TRACK HISTORY ON ()", "STORED AS SCD TYPE 2 TRACK HISTORY (k)", "STORED AS SCD TYPE 2 COLUMNS (id, k) TRACK HISTORY ON (city)",
        "STORED AS SCD TYPE 2 TRACK HISTORY ON (k) TRACK HISTORY ON (city)", "TRACK HISTORY ON (k)", "TRACK HISTORY ON (k) STORED AS SCD TYPE 2", "STORED AS SCD TYPE 1 TRACK HISTORY ON (k)", "STORED AS SCD TYPE 1 TRACK HISTORY ON * EXCEPT (k)", "IGNORE NULL UPDATES", "IGNORE NULL UPDATES ON (k)",
        "COLUMNS TO UPDATE tags", "SYSTEM SEQUENCE BY at", "STORED AS SCD TYPE 2 APPLY AS DELETE WHEN op = 'D' COLUMNS * EXCEPT (op)", "COLUMNS * EXCEPT (op) APPLY AS DELETE WHEN op = 'D'", "COMMENT 'x'", "APPLY AS DELETE WHEN op", "APPLY AS DELETE op = 'D'", "WHERE id > 0",
        "STORED AS SCD TYPE 2 COLUMNS * EXCEPT (op, seq)", "COLUMNS (part.id, id)", "COLUMNS * EXCEPT (part.k)",
    )),
]  # fmt: skip
WRITTEN = [
    # names
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW M AS SELECT 2 AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW `m` AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW pipe.m AS SELECT 2 AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW raw.m AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW spark_catalog.pipe.m AS SELECT 2 AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE TEMPORARY VIEW m AS SELECT 2 AS a;", "CREATE TEMPORARY VIEW m AS SELECT 2 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE VIEW m AS SELECT 2 AS a;",
    "CREATE MATERIALIZED VIEW n AS SELECT 1 AS a; CREATE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE TEMPORARY VIEW v AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW n AS SELECT 1 AS a; CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 2 AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; USE SCHEMA raw; CREATE MATERIALIZED VIEW m AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW nowhere.m AS SELECT 1 AS a;",
    "CREATE MATERIALIZED VIEW a.b.c.m AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW `a.b` AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW `a b` AS SELECT 1 AS a; CREATE MATERIALIZED VIEW n AS SELECT * FROM `a b`;", "CREATE MATERIALIZED VIEW 1m AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m-n AS SELECT 1 AS a;",
    "CREATE MATERIALIZED VIEW 'm' AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW table AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW select AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW été AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW `été` AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW IDENTIFIER('m') AS SELECT 1 AS a;",
    "CREATE TEMPORARY VIEW pipe.v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM v;", "CREATE TEMPORARY VIEW `pipe.v` AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM `pipe.v`;", "CREATE TEMP VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM v;", "CREATE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM V;",
    "CREATE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM pipe.v;", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a;", "CREATE VIEW IF NOT EXISTS v AS SELECT 1 AS a;", "CREATE TEMPORARY VIEW IF NOT EXISTS v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM v;", "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT * FROM v;",
    *(f"CREATE MATERIALIZED VIEW Orders AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM {n};" for n in ("orders", "Orders", "`Orders`", "ORDERS", "pipe.Orders", "PIPE.Orders", "pipe.orders", "spark_catalog.pipe.Orders", "Spark_Catalog.pipe.Orders", "raw.Orders", "(SELECT * FROM orders)", "Orders o JOIN orders p ON o.id = p.id")),
    "CREATE MATERIALIZED VIEW pipe.orders AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM orders;", "CREATE MATERIALIZED VIEW Pipe.orders AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM orders;", "CREATE MATERIALIZED VIEW raw.orders2 AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM orders2;",
    "CREATE MATERIALIZED VIEW raw.orders2 AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM raw.orders2;", "USE SCHEMA raw; CREATE MATERIALIZED VIEW orders2 AS SELECT 1 AS id; CREATE MATERIALIZED VIEW n AS SELECT * FROM raw.orders2;", "USE raw; CREATE MATERIALIZED VIEW n AS SELECT id FROM s;", "SET CATALOG spark_catalog; CREATE MATERIALIZED VIEW n AS SELECT id FROM raw.s;",
    "CREATE STREAMING TABLE Orders AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE u AS SELECT * FROM STREAM(orders);", "CREATE STREAMING TABLE orders AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE u AS SELECT * FROM STREAM orders;",
    # cycles
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM m;", "CREATE MATERIALIZED VIEW a AS SELECT * FROM b; CREATE MATERIALIZED VIEW b AS SELECT * FROM a;", "CREATE MATERIALIZED VIEW s AS SELECT id FROM raw.s;", "CREATE MATERIALIZED VIEW m AS WITH m AS (SELECT 1 AS a) SELECT * FROM m;", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(t);",
    "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(t);", "CREATE STREAMING TABLE a AS SELECT * FROM STREAM(b); CREATE STREAMING TABLE b AS SELECT * FROM STREAM(a);", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s); CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(u); CREATE STREAMING TABLE u AS SELECT * FROM STREAM(t);",
    "CREATE TEMPORARY VIEW v AS SELECT * FROM v; CREATE MATERIALIZED VIEW m AS SELECT * FROM v;", "CREATE MATERIALIZED VIEW s AS SELECT id FROM s;", "CREATE TEMPORARY VIEW s AS SELECT id FROM s; CREATE MATERIALIZED VIEW m AS SELECT * FROM s;", "CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a;", "CREATE MATERIALIZED VIEW m AS SELECT * FROM raw.s WHERE id IN (SELECT id FROM m);",
    # what is empty
    "", "-- only this", "CREATE TEMPORARY VIEW v AS SELECT 1 AS a;", "CREATE VIEW v AS SELECT 1 AS a;", "CREATE STREAMING TABLE t;", "SET a.b = 1;", "CREATE STREAMING TABLE t; CREATE TEMPORARY VIEW v AS SELECT * FROM t;", "CREATE STREAMING TABLE t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t;", "CREATE STREAMING TABLE t (id INT); CREATE MATERIALIZED VIEW m AS SELECT * FROM t;",
    "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.s);", "CREATE TEMPORARY VIEW v AS SELECT 1 AS a; CREATE VIEW w AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m;", "CREATE VIEW v;", "CREATE TEMPORARY VIEW v;", "CREATE MATERIALIZED VIEW m (id INT);",
    # flows
    "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a); CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.b);", "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a); CREATE FLOW F AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.b);",
    "CREATE STREAMING TABLE t; CREATE STREAMING TABLE u; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a); CREATE FLOW f AS INSERT INTO u BY NAME SELECT * FROM STREAM(raw.b);", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s); CREATE FLOW t AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a);", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s); CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a);",
    "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE u; CREATE FLOW t AS INSERT INTO u BY NAME SELECT * FROM STREAM(raw.a);", "CREATE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE u; CREATE FLOW T AS INSERT INTO u BY NAME SELECT * FROM STREAM(raw.a);", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE STREAMING TABLE u; CREATE FLOW m AS INSERT INTO u BY NAME SELECT * FROM STREAM(raw.a);",
    "CREATE TEMPORARY VIEW m AS SELECT 1 AS a; CREATE STREAMING TABLE u; CREATE FLOW m AS INSERT INTO u BY NAME SELECT * FROM STREAM(raw.a);", "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a); CREATE FLOW g AS INSERT INTO nowhere BY NAME SELECT * FROM STREAM(raw.b);", "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(raw.a); CREATE FLOW g AS INSERT INTO t BY NAME SELECT k FROM STREAM(raw.b);",
    "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT id FROM STREAM(raw.a); CREATE FLOW g AS INSERT INTO t BY NAME SELECT k AS id FROM STREAM(raw.b);", "CREATE STREAMING TABLE t (id BIGINT); CREATE FLOW f AS INSERT INTO t BY NAME SELECT id, k FROM STREAM(raw.a);", "CREATE STREAMING TABLE t (id BIGINT); CREATE FLOW f AS INSERT INTO t BY NAME SELECT k AS id FROM STREAM(raw.a);",
    "CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.a); CREATE STREAMING TABLE t;", "CREATE STREAMING TABLE t FLOW INSERT BY NAME SELECT * FROM STREAM(raw.a);", "CREATE TABLE t FLOW INSERT BY NAME SELECT * FROM STREAM(raw.a);",
    # views and how they are read
    *(f"CREATE {kind} v AS SELECT * FROM {source}; CREATE {reader} FROM {read};" for kind in ("TEMPORARY VIEW", "VIEW", "STREAMING TABLE", "MATERIALIZED VIEW") for source in ("raw.s", "STREAM(raw.s)") for reader in ("STREAMING TABLE r AS SELECT id", "MATERIALIZED VIEW r AS SELECT id", "VIEW r AS SELECT id", "TEMPORARY VIEW w AS SELECT 1 AS one; CREATE TEMPORARY VIEW r AS SELECT id") for read in ("v", "STREAM(v)")),
    # CDC and its targets
    *(f"{target} CREATE FLOW f AS AUTO CDC INTO t {CDC};" for target in TARGETS), f"CREATE STREAMING TABLE t; CREATE FLOW a AS AUTO CDC INTO t {CDC}; CREATE FLOW b AS AUTO CDC INTO t {CDC};", f"CREATE STREAMING TABLE t; CREATE FLOW a AS AUTO CDC INTO t {CDC}; CREATE FLOW b AS INSERT INTO t BY NAME {STREAM};",
    f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC}; CREATE FLOW b AS INSERT INTO t BY NAME {STREAM};", f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC}; CREATE FLOW t AS INSERT INTO t BY NAME {STREAM};", f"CREATE MATERIALIZED VIEW t FLOW AUTO CDC {CDC};", f"CREATE TEMPORARY VIEW t FLOW AUTO CDC {CDC};", f"CREATE TABLE t FLOW AUTO CDC {CDC};", f"CREATE STREAMING TABLE t FLOW AUTO CDC INTO t {CDC};",
    f"CREATE STREAMING TABLE t (id BIGINT) FLOW AUTO CDC {CDC};", f"CREATE STREAMING TABLE t (id BIGINT) FLOW AUTO CDC {CDC} COLUMNS (id);", f"CREATE STREAMING TABLE t (id BIGINT, k STRING) FLOW AUTO CDC {CDC} COLUMNS (id, k) STORED AS SCD TYPE 2;", f"CREATE STREAMING TABLE t (id BIGINT, k STRING, __START_AT BIGINT, __END_AT BIGINT) FLOW AUTO CDC {CDC} COLUMNS (id, k) STORED AS SCD TYPE 2;",
    f"CREATE STREAMING TABLE t (id BIGINT, __START_AT DATE, __END_AT BIGINT) FLOW AUTO CDC {CDC} COLUMNS (id) STORED AS SCD TYPE 2;", f"CREATE STREAMING TABLE t (id BIGINT, __START_AT BIGINT) FLOW AUTO CDC {CDC} COLUMNS (id) STORED AS SCD TYPE 2;", f"CREATE STREAMING TABLE t COMMENT 'x' CLUSTER BY (id) FLOW AUTO CDC {CDC};", f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC} COMMENT 'x';",
    f"CREATE FLOW f COMMENT 'x' AS AUTO CDC INTO t {CDC}; CREATE STREAMING TABLE t;", f"CREATE STREAMING TABLE t; CREATE FLOW f AS APPLY CHANGES INTO t {CDC};", f"CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC ONCE INTO t {CDC};", f"CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC t {CDC};", f"CREATE STREAMING TABLE t; CREATE FLOW a.f AS AUTO CDC INTO t {CDC};", f"CREATE STREAMING TABLE t; CREATE FLOW t AS AUTO CDC INTO t {CDC};",
    f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC}; CREATE MATERIALIZED VIEW m AS SELECT * FROM t;", f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC}; CREATE STREAMING TABLE u AS SELECT * FROM STREAM(t);", f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC} STORED AS SCD TYPE 2; CREATE MATERIALIZED VIEW m AS SELECT id, __START_AT, __END_AT FROM t;", f"CREATE STREAMING TABLE t FLOW AUTO CDC {CDC}; CREATE MATERIALIZED VIEW m AS SELECT __START_AT FROM t;",
    "CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE t FLOW AUTO CDC FROM STREAM(v) KEYS (id) SEQUENCE BY seq;", "CREATE TEMPORARY VIEW v AS SELECT * FROM STREAM(raw.s); CREATE STREAMING TABLE t FLOW AUTO CDC FROM v KEYS (id) SEQUENCE BY seq;", "CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t BY NAME SELECT * FROM STREAM(raw.s)\nCREATE MATERIALIZED VIEW m AS SELECT 1 AS a;",
    # old and foreign spellings
    "CREATE OR REPLACE STREAMING TABLE t AS SELECT * FROM STREAM(raw.s);", "CREATE OR REPLACE MATERIALIZED VIEW m AS SELECT 1 AS a;", "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(raw.s);", "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS a;", "CREATE PRIVATE MATERIALIZED VIEW m AS SELECT 1 AS a;", "CREATE LIVE TABLE m AS SELECT 1 AS a;", "CREATE STREAMING LIVE TABLE t AS SELECT * FROM STREAM(raw.s);",
    "CREATE INCREMENTAL LIVE TABLE t AS SELECT * FROM STREAM(raw.s);", "CREATE LIVE VIEW v AS SELECT 1 AS a;", "CREATE TEMPORARY LIVE VIEW v AS SELECT 1 AS a;", "CREATE TEMPORARY STREAMING TABLE t AS SELECT * FROM STREAM(raw.s);", "CREATE STREAMING VIEW t AS SELECT * FROM STREAM(raw.s);", "CREATE STREAM TABLE t AS SELECT * FROM STREAM(raw.s);", "CREATE MATERIALISED VIEW m AS SELECT 1 AS a;",
    "CREATE MATERIALIZED TABLE m AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m SELECT 1 AS a;", "CREATE STREAMING TABLE t SELECT * FROM STREAM(raw.s);", "CREATE VIEW v SELECT 1 AS a;", "CREATE TEMPORARY VIEW v SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m AS;", "CREATE MATERIALIZED VIEW AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m AS (SELECT 1 AS a);", "CREATE MATERIALIZED VIEW m AS ((SELECT 1 AS a));", "CREATE MATERIALIZED VIEW m AS VALUES (1), (2);",
    "CREATE MATERIALIZED VIEW m AS TABLE raw.s;", "CREATE MATERIALIZED VIEW m AS FROM raw.s;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a UNION ALL SELECT 2;", "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM raw.s;", "CREATE MATERIALIZED VIEW m AS SELECT 1, 2;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a, 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a, 2 AS A;", "CREATE MATERIALIZED VIEW m AS SELECT NULL AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT * FROM read_files('/x');", "CREATE MATERIALIZED VIEW m AS SELECT * FROM parquet.`/nowhere`;", "CREATE MATERIALIZED VIEW m AS SELECT * FROM range(3);", "CREATE MATERIALIZED VIEW m AS SELECT * FROM raw.s PIVOT (sum(v) FOR k IN ('a', 'b'));", "CREATE MATERIALIZED VIEW m AS SELECT doc AS a FROM raw.s;", "CREATE MATERIALIZED VIEW m CLUSTER BY (doc) AS SELECT doc FROM raw.s;", "CREATE MATERIALIZED VIEW m CLUSTER BY (tags) AS SELECT tags FROM raw.s;",
    "CREATE MATERIALIZED VIEW m PARTITIONED BY (doc) AS SELECT doc FROM raw.s;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a CREATE MATERIALIZED VIEW n AS SELECT 2 AS a;", "CREATE MATERIALIZED VIEW m AS SELECT ';' AS a; -- ;\n/* ; */ CREATE MATERIALIZED VIEW n AS SELECT 2 AS a", ";;CREATE MATERIALIZED VIEW m AS SELECT 1 AS a;;", "create\r\nmaterialized\r\nview m\r\nas select 1 as a;\r\n", "\ufeffCREATE MATERIALIZED VIEW m AS SELECT 1 AS a;",
    "CREATE MATERIALIZED VIEW m AS SELECT 'it''s' AS a, \"x\" AS b, r'\\d' AS c, $$z$$ AS d;", "CREATE MATERIALIZED VIEW m AS SELECT 'open AS a;", "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a /* open", "CREATE MATERIALIZED VIEW m COMMENT 'a' 'b' AS SELECT 1 AS a;", "CREATE MATERIALIZED VIEW m COMMENT '' AS SELECT 1 AS a;",
]  # fmt: skip
# Texts whose dry run says little: these are started too, over empty tables.
STARTED = (
    "VIEW M AS", "VIEW `M`", "TABLE IF NOT EXISTS `M`", "VIEW ORDERS AS", "def M():", "CREATE STREAMING TABLE T;", "FLOW F AS", "FLOW T AS", "create_streaming_table('T')", "target='T'", "INTO T BY", "AS id, k AS ID", "2 AS A;",
    "CLUSTER BY (doc)", "CLUSTER BY (id) AS", "CLUSTER BY (tags)", "PARTITIONED BY (doc)", "cluster_by=['id'], partition_cols=['id']", "partition_cols=['id'], cluster_by=['id']", "partition_cols=['d'], cluster_by=['id']", "create_sink('t', 'noop', {});", "create_sink", "INTO tt", "nowhere BY NAME", "target='nowhere'",
    "STREAM(v);", "(None)", "PARTITIONED BY (k STRING)", "INSERT WITH SCHEMA", "SCHEMA BINDING", "SET TIME ZONE", "(nowhere) AS", "EXCEPT (nope)", "USING delta", "@dp.table\n@dp.materialized_view", "1 AS one FROM", "at::TIMESTAMP", "INTERVAL -5", "CREATE TEMPORARY VIEW m AS", "SCHEMA nowhere", "nowhere.m",
)  # fmt: skip
HEAD = "from pyspark import pipelines as dp\n"
MV, TABLE = "@dp.materialized_view\ndef m():\n    {}\n", "@dp.table\ndef t():\n    {}\n"
BODIES = [
    "return spark.read.table('raw.s')", "return spark.readStream.table('raw.s')", "return spark.table('raw.s')", "return spark.sql('SELECT * FROM raw.s')", "return spark.sql('SELECT * FROM STREAM(raw.s)')", "return spark.sql('SELECT * FROM STREAM raw.s')", "return spark.range(3)", "return None", "pass", "return", "return 1", "return 'raw.s'", "return [1]",
    "spark.read.table('raw.s')", "df = spark.read.table('raw.s')", "raise ValueError('x')", "yield spark.range(1)", "return spark.read.table('raw.s'),", "return spark.read.table('raw.s').count()", "return spark.read.table('raw.s').collect()", "return spark.range(spark.read.table('raw.s').count())", "spark.range(3).collect(); return spark.range(3)", "spark.range(3).show(); return spark.range(3)",
    "spark.range(3).toPandas(); return spark.range(3)", "spark.range(3).first(); return spark.range(3)", "spark.range(3).take(1); return spark.range(3)", "spark.range(3).head(); return spark.range(3)", "spark.range(3).isEmpty(); return spark.range(3)", "df = spark.range(3); df.columns; return df", "df = spark.range(3); df.schema; return df", "df = spark.range(3); df.dtypes; return df", "df = spark.range(3); df.printSchema(); return df",
    "df = spark.read.table('raw.s'); df.columns; return df", "df = spark.read.table('raw.s'); return df.select(*[c for c in df.columns])", "df = spark.read.table('raw.s'); return df.select(df.id)", "df = spark.read.table('raw.s'); return df.select(df['id'])", "df = spark.read.table('raw.s'); df.explain(); return df", "df = spark.read.table('raw.s'); df.isStreaming; return df", "df = spark.range(3); df.isStreaming; return df", "df = spark.range(3); df.isLocal(); return df",
    "return spark.range(3).cache()", "return spark.range(3).persist()", "return spark.range(3).checkpoint()", "return spark.range(3).localCheckpoint()", "return spark.range(3).groupBy('id').count()", "return spark.range(3).groupBy().count()", "return spark.read.table('raw.s').groupBy('id').pivot('k').sum('v')", "return spark.read.table('raw.s').groupBy('id').pivot('k', ['a']).sum('v')", "return spark.read.table('raw.s').describe()", "return spark.read.table('raw.s').summary()",
    "spark.range(3).write.saveAsTable('x'); return spark.range(3)", "spark.range(3).write.format('noop').mode('append').save(); return spark.range(3)", "spark.range(3).writeTo('x').create(); return spark.range(3)", "spark.range(3).foreach(print); return spark.range(3)", "spark.range(3).createOrReplaceTempView('x'); return spark.sql('SELECT * FROM x')", "spark.range(3).createTempView('x'); return spark.range(3)", "spark.range(3).createGlobalTempView('x'); return spark.range(3)", "spark.conf.set('a.b', '1'); return spark.range(3)", "spark.conf.unset('a.b'); return spark.range(3)",
    "spark.conf.get('spark.sql.ansi.enabled'); return spark.range(3)", "spark.catalog.setCurrentDatabase('raw'); return spark.range(3)", "spark.catalog.listTables(); return spark.range(3)", "spark.catalog.tableExists('raw.s'); return spark.range(3)", "spark.catalog.currentDatabase(); return spark.range(3)", "spark.catalog.dropTempView('x'); return spark.range(3)", "spark.catalog.refreshTable('raw.s'); return spark.range(3)", "spark.catalog.cacheTable('raw.s'); return spark.range(3)", "spark.udf.register('f', lambda x: x); return spark.range(3)",
    "spark.sql('CREATE TABLE x (a INT)'); return spark.range(3)", "spark.sql('INSERT INTO raw.s SELECT * FROM raw.t'); return spark.range(3)", "spark.sql('SET a.b = 1'); return spark.range(3)", "spark.sql('USE raw'); return spark.range(3)", "spark.sql('DROP TABLE IF EXISTS x'); return spark.range(3)", "return spark.sql('SHOW TABLES')", "return spark.sql('DESCRIBE raw.s')", "return spark.sql('VALUES (1)')", "return spark.sql('TABLE raw.s')", "return spark.sql('FROM raw.s')", "return spark.sql('WITH a AS (SELECT 1 AS x) SELECT * FROM a')",
    "return spark.sql('EXPLAIN SELECT 1')", "return spark.sql('(SELECT 1 AS x)')", "return spark.sql('-- x\\nSELECT 1 AS x')", "return spark.sql('SELECT ' + '1 AS x')", "return spark.sql('SELECT :p AS x', args={'p': 1})", "return spark.sql('SELECT {p} AS x', p=1)", "return spark.sql('DECLARE x INT')", "spark.sql('REFRESH TABLE raw.s'); return spark.range(3)", "spark.sql('CACHE TABLE raw.s'); return spark.range(3)", "spark.sql('CREATE TEMPORARY VIEW x AS SELECT 1 AS a'); return spark.range(3)",
    "return spark.createDataFrame([(1, 'a')], 'id INT, k STRING')", "return spark.createDataFrame([(1,)], ['id'])", "import os; return spark.range(3)", "return (lambda: spark.range(3))()", "return spark.range(3) if True else None", "return spark.range(3).alias('x').join(spark.range(2), 'id')", "return spark.readStream.format('rate').load()", "return spark.readStream.format('cloudFiles').load('/x')", "return spark.readStream.option('maxFilesPerTrigger', 1).table('raw.s')", "return spark.read.table('nowhere')",
    "return spark.read.table('raw.s').select('nope')", "return dp.read('raw.s')", "return dp.read_stream('raw.s')", "return spark.read.table('LIVE.s')", "return spark.read.table('raw.s').where('id > 0').limit(3).orderBy('id')", "return spark.read.table('raw.s').transform(lambda d: d.where('id > 0'))", "return spark.read.table('raw.s').toDF('a')", "spark.readStream.table('raw.s').writeStream.toTable('y'); return spark.range(3)", "spark.readStream.table('raw.s').writeStream.format('noop').start(); return spark.range(3)",
    "spark.stop; return spark.range(3)", "spark.range(3).rdd; return spark.range(3)", "spark.sparkContext; return spark.range(3)", "spark.addArtifact; return spark.range(3)", "return spark.read.table('raw.s').sample(0.5).dropDuplicates(['id']).na.fill(0)", "return spark.read.table('raw.s').stat.freqItems(['id'])", "return spark.read.table('raw.s').approxQuantile('id', [0.5], 0)", "return spark.read.table('raw.s').unpivot(['id'], ['v'], 'a', 'b')", "return spark.read.table('raw.s').drop('id').withColumnRenamed('k', 'z')",
    "return spark.read.table('raw.s').tail(1)", "for r in spark.range(3).toLocalIterator(): pass\n    return spark.range(3)", "return spark.range(3).inputFiles()", "return spark.read.parquet('/nowhere')", "return spark.read.format('json').load('/nowhere')", "return spark.readStream.schema('a INT').json('/nowhere')", "return spark.read.schema('a INT').json('/nowhere')", "return spark.read.table(name='raw.s')", "return spark.read.table(tableName='raw.s')",
]  # fmt: skip
ARGUMENTS = [
    "", "()", "(name='x')", "(name='a.b')", "(name='raw.x')", "(name='spark_catalog.raw.x')", "('x')", "('x', comment='y')", "(name=3)", "(name=None)", "(name='')", "(comment='x')", "(comment=3)", "(spark_conf={'a.b': '1'})", "(spark_conf={'a.b': 1})", "(spark_conf='x')", "(table_properties={'a': 'b'})", "(table_properties={'a': 1})", "(table_properties=['a'])",
    "(partition_cols=['id'])", "(partition_cols='id')", "(partition_cols=['nope'])", "(cluster_by=['id'])", "(cluster_by='id')", "(cluster_by=['id'], partition_cols=['id'])", "(cluster_by=[], partition_cols=['id'])", "(cluster_by=None, partition_cols=['id'])", "(partition_cols=[])", "(schema='id BIGINT')", "(schema='id INT')", "(schema='nonsense')", "(schema='id BIGINT, more STRING')", "(schema='more STRING')", "(schema=3)", "(format='parquet')",
    "(format='delta')", "(path='/x')", "(private=True)", "(temporary=True)", "(cluster_by_auto=True)", "(row_filter='x')", "(refresh_policy='auto')", "(expect_all={'a': 'id > 0'})", "(nme='x')", "(query_function=None)", "(name='x', name='y')", "(**{'name': 'x'})", "(name='x',)", "(schema='id BIGINT NOT NULL')", "(schema='id BIGINT CONSTRAINT c EXPECT (id > 0)')", "(comment=None, schema=None, format=None)", "(True)", "(None)", "(name='été')", "(name='a b')", "(name='`a b`')", "(name=f'x')", "(name='x' + 'y')", "(schema='ID BIGINT')",
    "(partition_cols=('id',))", "(cluster_by=('id',))", "(cluster_by=['id', 3])", "(table_properties={'pipelines.reset.allowed': 'false'})", "(table_properties={3: 'a'})", "(format=3)",
]  # fmt: skip
DECORATED = {
    "materialized_view": "def m():\n    return spark.range(3)\n",
    "table": "def m():\n    return spark.readStream.table('raw.s').select('id')\n",
    "temporary_view": "def m():\n    return spark.range(3)\n\n\n@dp.materialized_view\ndef n():\n    return spark.range(2)\n",
}
APPENDED = [
    "@dp.append_flow(target='t')", "@dp.append_flow", "@dp.append_flow()", "@dp.append_flow('t')", "@dp.append_flow(target='t', name='f2')", "@dp.append_flow(target='t', once=True)", "@dp.append_flow(target='t', comment='x')", "@dp.append_flow(target='t', spark_conf={'a.b': '1'})", "@dp.append_flow(target=3)", "@dp.append_flow(target='T')", "@dp.append_flow(target='pipe.t')", "@dp.append_flow(target='nowhere')", "@dp.append_flow(target='t', name='a.b')", "@dp.append_flow(target='t', name='t')", "@dp.append_flow(name='f')",
    "@dp.append_flow(target='t')\n@dp.append_flow(target='u')", "@dp.append_flow(target='t')\n@dp.expect('a', 'id > 0')", "@dp.update_flow(target='t')", "@dp.append_flow(target=None)", "@dp.append_flow(target='t', name=3)", "@dp.append_flow(target='t', name=None)", "@dp.append_flow(**{'target': 't'})",
]  # fmt: skip
CREATED = [
    "dp.create_streaming_table('t')", "dp.create_streaming_table(name='t')", "dp.create_streaming_table()", "dp.create_streaming_table('t', 'x')", "dp.create_streaming_table('t', comment='x')", "dp.create_streaming_table('t', schema='id BIGINT')", "dp.create_streaming_table('t', schema='id STRING')", "dp.create_streaming_table('t', expect_all={'a': 'b'})", "dp.create_streaming_table('t', partition_cols=['id'], cluster_by=['id'])", "dp.create_streaming_table('t', spark_conf={'a': 'b'})", "dp.create_streaming_table('t', path='/x')",
    "dp.create_streaming_table('t', table_properties={'a': 'b'}, format='parquet')", "dp.create_streaming_table(3)", "dp.create_streaming_table('t', cluster_by_auto=True)", "dp.create_streaming_table('t', cluster_by='id')", "dp.create_table('t')", "dp.create_target_table('t')", "dp.create_sink('t', 'noop', {})", "dp.create_sink('t', 'noop')", "dp.create_sink('t')", "dp.create_sink(name='t', format='noop', options={'a': 'b'})", "dp.create_sink('t', format='memory')", "dp.create_sink('t', 'kafka', {'topic': 'x'})", "dp.create_sink('t', 'noop', {'a': 1})", "dp.create_sink('t', 'noop', 'x')",
    "dp.create_sink('a.t', 'noop', {})", "dp.create_sink(3, 'noop', {})", "dp.create_streaming_table('t'); dp.create_streaming_table('t')", "dp.create_sink('t', 'noop', {}); dp.create_sink('t', 'noop', {})", "dp.create_streaming_table('T')", "dp.create_streaming_table('pipe.t')", "dp.create_sink('t', 'delta', {'path': '/x'})", "",
]  # fmt: skip
MERGED = [
    "target='t', source='raw.s', keys=['id'], sequence_by='seq'" + more for more in (
        "", ", name='f'", ", name='a.b'", ", stored_as_scd_type=1", ", stored_as_scd_type=2", ", stored_as_scd_type='1'", ", stored_as_scd_type='2'", ", stored_as_scd_type=3", ", stored_as_scd_type='SCD TYPE 1'", ", stored_as_scd_type='bitemporal'", ", stored_as_scd_type=None", ", column_list=['id', 'k']", ", column_list=['k']", ", column_list=[]", ", column_list='id'", ", except_column_list=['op']", ", except_column_list=['id']", ", except_column_list=['nope']",
        ", column_list=['id', 'nope']", ", column_list=['id'], except_column_list=['op']", ", apply_as_deletes=\"op = 'D'\"", ", apply_as_deletes=expr(\"op = 'D'\")", ", apply_as_deletes=True", ", apply_as_truncates=\"op = 'T'\"", ", ignore_null_updates=True", ", ignore_null_updates=False", ", once=True", ", once=False", ", where='id > 0'", ", stored_as_scd_type=2, track_history_column_list=['k']", ", track_history_column_list=['k']", ", stored_as_scd_type=1, track_history_column_list=['k']",
        ", stored_as_scd_type='2', track_history_except_column_list=['k']", ", stored_as_scd_type=2, track_history_column_list=['k'], track_history_except_column_list=['op']", ", stored_as_scd_type=2, track_history_column_list=[]", ", track_history_except_column_list=['k']", ", spark_conf={'a.b': '1'}", ", nope=1", ", column_list=[col('id'), col('k')]", ", column_list=[col('part.id')]", ", stored_as_scd_type=2, track_history_column_list=['nope']", ", columns_to_update='tags'",
        ", system_sequence_by='at'", ", column_list=['ID', 'K']", ", column_list=['id', 3]", ", stored_as_scd_type=2.0", ", column_list=('id', 'k')", ", apply_as_deletes=None, column_list=None, except_column_list=None",
    )
] + [
    "'t', 'raw.s', ['id'], 'seq'", "'t', 'raw.s', ['id'], col('seq')", "'t', 'raw.s', [col('id')], struct('seq', 'at')", "target='t', source='raw.s', keys='id', sequence_by='seq'", "target='t', source='raw.s', keys=[], sequence_by='seq'", "target='t', source='raw.s', keys=('id',), sequence_by='seq'", "target='t', source='raw.s', keys=[3], sequence_by='seq'", "target='t', source='raw.s', keys=['nope'], sequence_by='seq'",
    "target='t', source='raw.s', keys=['id'], sequence_by='nope'", "target='t', source='raw.s', keys=['id'], sequence_by=3", "target='t', source='raw.s', keys=['id'], sequence_by=['seq']", "target='t', source='raw.s', keys=['id']", "target='t', source='raw.s', sequence_by='seq'", "target='t', keys=['id'], sequence_by='seq'", "source='raw.s', keys=['id'], sequence_by='seq'", "target='nowhere', source='raw.s', keys=['id'], sequence_by='seq'", "target='t', source='nowhere', keys=['id'], sequence_by='seq'",
    "target='t', source=spark.readStream.table('raw.s'), keys=['id'], sequence_by='seq'", "target='t', source='raw.s', keys=[expr('id')], sequence_by='seq'", "target='t', source='raw.s', keys=[upper('k')], sequence_by='seq'", "target='t', source='raw.s', keys=['part.id'], sequence_by='seq'", "target='t', source='raw.s', keys=['id', 'id'], sequence_by='seq'", "target='t', source='raw.s', keys=['ID'], sequence_by='SEQ'", "target='t', source='raw.s', keys=['id'], sequence_by='seq + 1'", "target='t', source='raw.s', keys=['id'], sequence_by=expr('seq + 1')",
    "target='t', source='raw.s', keys=['id', col('k')], sequence_by='seq'", "target='t', source='raw.s', keys=None, sequence_by='seq'", "**{'target': 't', 'source': 'raw.s', 'keys': ['id'], 'sequence_by': 'seq'}", "target='t', source='STREAM(raw.s)', keys=['id'], sequence_by='seq'",
]  # fmt: skip
MODULES = [
    "", "x = 1\n", "import dlt\n", "from dlt import table\n", "import dlt as d\n\n\n@d.table\ndef t():\n    return spark.range(3)\n", "spark.conf.set('a.b', '1')\n" + HEAD + MV.format("return spark.range(3)"), "n = spark.range(3).count()\n" + HEAD + MV.format("return spark.range(3)"), "rows = spark.range(3).collect()\n" + HEAD + MV.format("return spark.range(3)"),
    "spark.sql('CREATE TABLE zz (a INT)')\n" + HEAD + MV.format("return spark.range(3)"), "spark.sql('SELECT 1').collect()\n" + HEAD + MV.format("return spark.range(3)"), "spark.sql('SET a.b = 1')\n" + HEAD + MV.format("return spark.range(3)"), "spark.udf.register('f', lambda x: x)\n" + HEAD + MV.format("return spark.range(3)"), "spark.range(3).createOrReplaceTempView('x')\n" + HEAD + MV.format("return spark.range(3)"),
    "spark.sql('USE raw')\n" + HEAD + MV.format("return spark.range(3)"), "spark.catalog.setCurrentDatabase('raw')\n" + HEAD + MV.format("return spark.range(3)"), "from pyspark.pipelines import materialized_view\n\n\n@materialized_view\ndef m():\n    return spark.range(3)\n", "import pyspark.pipelines as dp\n\n\n@dp.materialized_view\ndef m():\n    return spark.range(3)\n", "from pyspark.pipelines import *\n\n\n@materialized_view\ndef m():\n    return spark.range(3)\n",
    "import pyspark\n\n\n@pyspark.pipelines.materialized_view\ndef m():\n    return spark.range(3)\n", "from pyspark.pipelines import view\n", "from pyspark.pipelines import expect\n", "from pyspark import pipelines\n\n\n@pipelines.table()\ndef t():\n    return spark.readStream.table('raw.s')\n", HEAD + "@dp.view\ndef v():\n    return spark.range(3)\n", HEAD + "@dp.expect('a', 'id > 0')\n" + MV.format("return spark.range(3)"), HEAD + "@dp.materialized_view\n@dp.expect('a', 'id > 0')\ndef m():\n    return spark.range(3)\n",
    HEAD + "@dp.materialized_view\ndef m(x):\n    return spark.range(3)\n", HEAD + "@dp.materialized_view\ndef m(x=3):\n    return spark.range(x)\n", HEAD + "@dp.materialized_view\ndef m(*a, **k):\n    return spark.range(3)\n", HEAD + "@dp.materialized_view\ndef m(*, x):\n    return spark.range(3)\n", HEAD + "@dp.materialized_view\nasync def m():\n    return spark.range(3)\n", HEAD + "@dp.materialized_view\nclass M:\n    pass\n", HEAD + "dp.materialized_view(lambda: spark.range(3))\n",
    HEAD + "dp.materialized_view(name='m')(lambda: spark.range(3))\n", HEAD + "def m():\n    return spark.range(3)\n\n\ndp.materialized_view(m)\n", HEAD + "@dp.materialized_view()\n@dp.materialized_view(name='n')\ndef m():\n    return spark.range(3)\n", HEAD + "@dp.table\n@dp.materialized_view\ndef m():\n    return spark.range(3)\n", HEAD + "for i in range(3):\n    @dp.materialized_view(name=f'm{i}')\n    def m():\n        return spark.range(i)\n", HEAD + "for i in range(3):\n    @dp.materialized_view\n    def m():\n        return spark.range(i)\n",
    HEAD + MV.format("return spark.range(3)") + "\n\n" + MV.format("return spark.range(4)"), HEAD + MV.format("return spark.range(3)") + "\n\n" + MV.format("return spark.range(4)").replace("def m", "def M"), HEAD + "@dp.temporary_view\ndef v():\n    return spark.range(3)\n", HEAD + "@dp.temporary_view(name='a.v')\ndef v():\n    return spark.range(3)\n\n\n" + MV.format("return spark.range(3)"), HEAD + "@dp.temporary_view\ndef v():\n    return spark.readStream.table('raw.s')\n\n\n" + TABLE.format("return spark.readStream.table('v')"),
    HEAD + "@dp.temporary_view\ndef v():\n    return spark.readStream.table('raw.s')\n\n\n" + TABLE.format("return spark.read.table('v')"), HEAD + "@dp.temporary_view\ndef v():\n    return spark.read.table('raw.s')\n\n\n" + TABLE.format("return spark.readStream.table('v')"), HEAD + MV.format("return spark.read.table('m')"), HEAD + "@dp.materialized_view\ndef A():\n    return spark.range(3)\n\n\n" + MV.format("return spark.read.table('a')"), HEAD + "@dp.materialized_view\ndef a():\n    return spark.range(3)\n\n\n" + MV.format("return spark.read.table('a')"),
    HEAD + "@dp.materialized_view\ndef m(:\n    return 1\n", HEAD + "@dp.materialized_view\n", HEAD + "@dp.create_streaming_table('t')\ndef t():\n    return spark.readStream.table('raw.s')\n", HEAD + "@dp.foreach_batch_sink(name='s')\ndef s(df, n):\n    pass\n", "import os\n" + HEAD + MV.format("return spark.range(3)"), "if __name__ == '__main__':\n    spark.conf.set('a', 'b')\n" + HEAD + MV.format("return spark.range(3)"), "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n" + HEAD + MV.format("return spark.range(3)"),
    "from pyspark.sql import SparkSession\nspark = SparkSession.getActiveSession()\n" + HEAD + MV.format("return spark.range(3)"), HEAD + "def helper():\n    return spark.range(spark.range(3).count())\n\n\n" + MV.format("return helper()"), HEAD + "N = 3\n\n\n" + MV.format("global N\n    N = 4\n    return spark.range(N)"), "from __future__ import annotations\n" + HEAD + "from pyspark.sql import DataFrame\n\n\n@dp.materialized_view\ndef m() -> DataFrame:\n    return spark.range(3)\n", "dbutils.widgets.get('x')\n" + HEAD + MV.format("return spark.range(3)"),
    "spark.readStream.table('raw.s').writeStream.format('noop').start()\n" + HEAD + MV.format("return spark.range(3)"), "spark.range(3).write.format('noop').mode('append').save()\n" + HEAD + MV.format("return spark.range(3)"), "print(spark.range(3).schema)\n" + HEAD + MV.format("return spark.range(3)"), "spark.range(3).show()\n" + HEAD + MV.format("return spark.range(3)"), "names = spark.table('raw.s').columns\n" + HEAD + MV.format("return spark.range(len(names))"),
]  # fmt: skip


def texts() -> list[tuple[str, bool, dict[str, str]]]:
    """Every text that Spark is asked about: (text, is it Python, the columns of tables that are not as usual)."""
    found = [(text, False, {}) for text in _sql()]
    found += [(text, True, {}) for text in _python()]
    found += list(_examples())
    return list({(t, p, tuple(c.items())): (t, p, c) for t, p, c in found}.values())


def _sql() -> Iterator[str]:
    yield from (f"{s};\n{ONE}" for s in STATEMENTS)
    for (kind, query), clause in itertools.product(HEADS.items(), [*CLAUSES, *LISTS]):
        more = f"\n{ONE}" if kind == "TEMPORARY VIEW" else ""
        yield f"CREATE {kind} t {clause} AS {query};{more}".replace("  ", " ")
    yield from (f"CREATE STREAMING TABLE t AS {query};" for query in QUERIES)
    for mark in MARKS[:2]:
        yield from (f"CREATE STREAMING TABLE t AS SELECT * FROM {mark.format(*time)};" for time in TIMES)
    for mark in MARKS:
        yield from (f"CREATE STREAMING TABLE t AS SELECT 1 AS one FROM {mark.format(*time)};" for time in TIMES[:2])
    yield from (f"CREATE STREAMING TABLE t;\n{flow.format(STREAM)};" for flow in FLOWS)
    for target, query in itertools.product(TARGETS, (STREAM, ROWS)):
        yield f"{target}\n{FLOWS[0].format(query)};"
    for change in CHANGES:
        yield f"CREATE STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t {change};"
        yield f"CREATE STREAMING TABLE t FLOW AUTO CDC {change};"
    yield from WRITTEN


def _python() -> Iterator[str]:
    yield from MODULES
    yield from (HEAD + form.format(body) for form in (MV, TABLE) for body in BODIES)
    for decorator, arguments in itertools.product(DECORATED, ARGUMENTS):
        yield f"{HEAD}@dp.{decorator}{arguments}\n{DECORATED[decorator]}"
    flow = "{}\ndef f():\n    return spark.readStream.table('raw.s').select('id')\n"
    yield from (f"{HEAD}dp.create_streaming_table('t')\n{flow.format(a)}" for a in APPENDED)
    yield from (f"{HEAD}{created}\n{flow.format(APPENDED[0])}" for created in CREATED)
    yield HEAD + f"dp.create_sink('t', 'noop', {{}})\ndp.create_auto_cdc_flow({MERGED[0]})\n"
    functions = "from pyspark.sql.functions import col, expr, struct, upper\n"
    for call in MERGED:
        yield f"{HEAD}{functions}dp.create_streaming_table('t')\ndp.create_auto_cdc_flow({call})\n"


def _examples() -> Iterator[tuple[str, bool, dict[str, str]]]:
    from ldp_magic.lint.rule import all_rules

    for rule in all_rules():
        if rule.level("spark-4.3") == "error" and rule.code[3] in "02348":
            for example in (*rule.good, *rule.bad):
                if not example.file and "${" not in example.text:
                    columns = {name.removeprefix("main."): c for name, c in example.locked.items()}
                    yield translated(example.text), example.python, columns


def translated(text: str) -> str:
    """An example in the spelling of open-source Spark, over tables of the schema raw."""
    text = re.sub(r"\bmain\.(?=raw\b)", "", text)
    text = re.sub(r"(?i)\b(create)\s+or\s+refresh\b", r"\1", text)
    return re.sub(r"(?i)\b(create)\s+private\b", r"\1", text)


def main() -> None:
    """Ask for all, or for those that hold the word given, and write what was said."""
    os.environ["SPARK_TESTING"] = "1"  # a free port
    folder = Path(tempfile.mkdtemp())
    spark = _session(folder)
    # the verdict of text that is not asked again stays
    path, wanted = HERE / "pipeline_verdicts.json", sys.argv[1] if len(sys.argv) > 1 else ""
    said = {json.dumps(v[:3]): v for v in json.loads(path.read_text("utf-8"))} if wanted else {}
    made: set[str] = set()
    rows = []
    for number, (text, python, columns) in enumerate(texts()):
        key = json.dumps([text, python, columns])
        if wanted and wanted not in text and key in said:
            rows.append(said[key])
            continue
        _tables(spark, text, columns, made)
        verdict = _verdict(spark, text, python, folder / f"case{number}", "pipe")
        if not verdict and ("CDC" not in text.upper() or "sink" in text) and any(part in text for part in STARTED):
            verdict = _started(spark, text, python, folder / f"run{number}", f"pipe{number}")
        rows.append([text, python, columns, verdict])
        print(number, verdict or "runs", "|", text[:150].replace("\n", "⏎"), file=sys.stderr, flush=True)
    path.write_text("[\n" + ",\n".join("  " + json.dumps(r) for r in rows) + "\n]\n", encoding="utf-8")
    spark.stop()


def _session(folder: Path) -> Any:
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.pipelines.maxFlowRetryAttempts": "0",
        "spark.log.level": "OFF",
    }
    builder = SparkSession.builder.remote("local[1]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    for schema in ("raw", "pipe"):
        spark.sql(f"CREATE SCHEMA {schema}").collect()
    for name in LOCAL:
        spark.sql(f"CREATE TABLE pipe.{name} ({COLUMNS}) USING parquet").collect()
    return spark


def _tables(spark: Any, text: str, columns: dict[str, str], made: set[str]) -> None:
    """Each table of the schema raw that the text names; `made` are those that have the usual columns."""
    # what a text defines itself, or means not to find, is no table
    for name in {n.lower() for n in re.findall(r"(?i)\braw`?\.`?([a-z]\w*)", text)} - {
        "orders",
        "orders2",
        "m",
        "unknown",
    }:
        own = columns.get(f"raw.{name}")
        if own is None and name in made:
            continue
        spark.sql(f"DROP TABLE IF EXISTS raw.{name}").collect()
        spark.sql(f"CREATE TABLE raw.{name} ({own or COLUMNS}) USING parquet").collect()
        made.discard(name) if own else made.add(name)


def _started(spark: Any, text: str, python: bool, folder: Path, schema: str) -> str:
    """What a run says, in a schema of its own."""
    spark.sql(f"CREATE SCHEMA {schema}").collect()
    said = _verdict(spark, text.replace("pipe.", f"{schema}."), python, folder, schema, dry=False)
    spark.sql(f"DROP SCHEMA {schema} CASCADE").collect()
    return said and f"run: {said}".replace(schema, "pipe")


def _verdict(spark: Any, text: str, python: bool, folder: Path, schema: str, *, dry: bool = True) -> str:
    """Nothing if it runs, else what Spark calls the error."""
    from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry
    from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph, start_run

    graph = create_dataflow_graph(spark, default_catalog="spark_catalog", default_database=schema, sql_conf={})
    messages = []
    try:
        registry = SparkConnectGraphElementRegistry(spark, graph)
        if python:
            _load(spark, registry, graph, text, folder)
        else:
            registry.register_sql(text, Path("case.sql"))
        for result in start_run(spark, graph, [], False, [], dry, folder.as_uri()):
            if "pipeline_event_result" in result:
                messages.append(result["pipeline_event_result"].event.message)
    except (Exception, SystemExit) as error:
        return _name(error, messages)
    finally:
        for query in spark.streams.active:
            query.stop()
    failed = [m for m in messages if "FAILED" in m]
    return _name(Exception(failed[0]), failed) if failed else ""


def _load(spark: Any, registry: Any, graph: str, text: str, folder: Path) -> None:
    from pyspark.pipelines.add_pipeline_analysis_context import add_pipeline_analysis_context
    from pyspark.pipelines.block_session_mutations import block_session_mutations
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    folder.mkdir()
    (folder / "case.py").write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("case", str(folder / "case.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["spark"] = spark
    with (
        graph_element_registration_context(registry),
        add_pipeline_analysis_context(spark=spark, dataflow_graph_id=graph, flow_name=None),
        block_session_mutations(),
    ):
        spec.loader.exec_module(module)


def _name(error: BaseException, messages: list[str]) -> str:
    """The condition, or else the kind of error and the beginning of what it says."""
    condition = None
    with suppress(Exception):
        condition = error.getCondition()  # type: ignore[attr-defined]
    if condition and not condition.startswith("_LEGACY"):
        return str(condition)
    said = " ".join([*(m for m in messages if "ailed" in m), str(error)])
    found = re.search(r"\[([A-Z][A-Z_0-9]{6,}[A-Z_.0-9]*)\]", said)
    if found and not found.group(1).startswith("_LEGACY"):
        return found.group(1)
    if "Circular" in said:
        return "Circular dependencies"
    plain = re.sub(r"\s+", " ", re.sub(r"\(?/\S*", "", str(error))).strip()
    return f"{condition or type(error).__name__}: {plain[:60].strip()}"


if __name__ == "__main__":
    main()
