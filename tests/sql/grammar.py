"""The whole grammar as one table: every production, what it must say, and every odd way to write it.

A production is written in the canonical way: keywords and types in upper case, names in lower case, strings in single
quotes. So a program can rewrite it: `styled` changes case, blanks, comments, quotes and names, and the meaning stays.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

# -- datasets: head, list, clauses, body ----------------------------------------------------------------

HEADS: list[tuple[str, dict[str, Any]]] = [
    ("CREATE STREAMING TABLE", {"kind": "streaming table"}),
    ("CREATE OR REFRESH STREAMING TABLE", {"kind": "streaming table"}),
    ("CREATE OR REPLACE STREAMING TABLE", {"kind": "streaming table"}),
    ("CREATE STREAMING TABLE IF NOT EXISTS", {"kind": "streaming table"}),
    ("CREATE OR REFRESH PRIVATE STREAMING TABLE", {"kind": "streaming table", "private": True}),
    ("CREATE PRIVATE STREAMING TABLE", {"kind": "streaming table", "private": True}),
    ("CREATE TEMPORARY STREAMING TABLE", {"kind": "streaming table", "private": True}),
    ("CREATE STREAMING LIVE TABLE", {"kind": "streaming table"}),
    ("CREATE OR REFRESH STREAMING LIVE TABLE", {"kind": "streaming table"}),
    ("CREATE TEMPORARY STREAMING LIVE TABLE", {"kind": "streaming table", "private": True}),
    ("CREATE INCREMENTAL LIVE TABLE", {"kind": "streaming table"}),
    ("CREATE OR REFRESH INCREMENTAL LIVE TABLE", {"kind": "streaming table"}),
    ("CREATE MATERIALIZED VIEW", {"kind": "materialized view"}),
    ("CREATE OR REFRESH MATERIALIZED VIEW", {"kind": "materialized view"}),
    ("CREATE OR REPLACE MATERIALIZED VIEW", {"kind": "materialized view"}),
    ("CREATE MATERIALIZED VIEW IF NOT EXISTS", {"kind": "materialized view"}),
    ("CREATE OR REFRESH PRIVATE MATERIALIZED VIEW", {"kind": "materialized view", "private": True}),
    ("CREATE LIVE TABLE", {"kind": "materialized view"}),
    ("CREATE OR REFRESH LIVE TABLE", {"kind": "materialized view"}),
    ("CREATE TEMPORARY LIVE TABLE", {"kind": "materialized view", "private": True}),
    ("CREATE TEMPORARY VIEW", {"kind": "temporary view"}),
    ("CREATE TEMP VIEW", {"kind": "temporary view"}),
    ("CREATE OR REPLACE TEMPORARY VIEW", {"kind": "temporary view"}),
    ("CREATE OR REPLACE TEMP VIEW", {"kind": "temporary view"}),
    ("CREATE LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE OR REFRESH LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE TEMPORARY LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE STREAMING LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE TEMPORARY STREAMING LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE INCREMENTAL LIVE VIEW", {"kind": "temporary view"}),
    ("CREATE VIEW", {"kind": "view"}),
    ("CREATE OR REPLACE VIEW", {"kind": "view"}),
    ("CREATE VIEW IF NOT EXISTS", {"kind": "view"}),
]

NAMES: list[tuple[str, tuple[str, ...]]] = [
    ("t", ("t",)),
    ("sch.t", ("sch", "t")),
    ("cat.sch.t", ("cat", "sch", "t")),
    ("IDENTIFIER(:p)", ("IDENTIFIER(:p)",)),
    ("IDENTIFIER(:p || '.t')", ("IDENTIFIER(:p||'.t')",)),
    ("`odd name`.t", ("odd name", "t")),
    ("`a``b`.`c.d`", ("a`b", "c.d")),
    ("`${env}_t`", ("${env}_t",)),
    ("${env}.${sch}.t", ("${env}", "${sch}", "t")),
    ("t_${env}", ("t_${env}",)),
    ("${a}_${b}_t", ("${a}_${b}_t",)),
]


def column(
    name: str, type_: str = "", /, *, not_null: bool = False, comment: str | None = None, **clauses: Any
) -> dict[str, Any]:
    """What a declared column says."""
    named = {key.rstrip("_").replace("_", " "): value for key, value in clauses.items()}
    if not_null:
        named["not null"] = None
    if comment is not None:
        named["comment"] = comment
    return {"columns": [(name, type_, not_null, comment, named)]}


def expected(name: str, condition: str, action: str = "warn") -> dict[str, Any]:
    """What an expectation says."""
    return {"expectations": [(name, condition, action)]}


def constraint(name: str, value: str) -> dict[str, Any]:
    """What a table constraint says."""
    return {"constraints": [(name, value)]}


ELEMENTS: list[tuple[str, dict[str, Any]]] = [
    ("a", column("a")),
    ("a INT", column("a", "INT")),
    ("a: INT", column("a", "INT")),
    ("a DECIMAL(12, 3)", column("a", "DECIMAL(12,3)")),
    ("a STRUCT<b: INT, c: ARRAY<STRING>>", column("a", "STRUCT<b:INT,c:ARRAY<STRING>>")),
    (
        "a STRUCT<b INT NOT NULL COMMENT 'x, y', c MAP<STRING, STRUCT<d: INT>>>",
        column("a", "STRUCT<b INT NOT NULL COMMENT 'x, y', c MAP<STRING, STRUCT<d: INT>>>"),
    ),
    ("a STRUCT<>", column("a", "STRUCT<>")),
    ("a ARRAY<DECIMAL(3, 1)> NOT NULL", column("a", "ARRAY<DECIMAL(3,1)>", not_null=True)),
    ("a INTERVAL DAY TO SECOND", column("a", "INTERVAL DAY TO SECOND")),
    ("a TIMESTAMP_NTZ", column("a", "TIMESTAMP_NTZ")),
    ("a VARIANT", column("a", "VARIANT")),
    ("a VARCHAR(10) COLLATE UNICODE_CI", column("a", "VARCHAR(10)", collate="UNICODE_CI")),
    ("a STRING COLLATE UTF8_LCASE NOT NULL", column("a", "STRING", not_null=True, collate="UTF8_LCASE")),
    ("a INT NULL", column("a", "INT", null=None)),
    ("a INT NOT NULL", column("a", "INT", not_null=True)),
    ("a INT COMMENT 'the a; it (counts), it''s'", column("a", "INT", comment="the a; it (counts), it's")),
    ("a COMMENT 'no type'", column("a", comment="no type")),
    ("a COMMENT 'one ' 'two'", column("a", comment="one two")),
    ("a INT NOT NULL COMMENT 'x'", column("a", "INT", not_null=True, comment="x")),
    ("a INT COMMENT 'x' NOT NULL", column("a", "INT", not_null=True, comment="x")),
    ("a STRING MASK fn", column("a", "STRING", mask="fn")),
    ("a STRING MASK cat.sch.fn", column("a", "STRING", mask="cat.sch.fn")),
    ("a STRING MASK fn USING COLUMNS (b, c)", column("a", "STRING", mask="fn USING COLUMNS (b, c)")),
    ("a STRING MASK fn USING COLUMNS (b) COMMENT 'x'", column("a", "STRING", comment="x", mask="fn USING COLUMNS (b)")),
    ("a INT PRIMARY KEY", column("a", "INT", primary_key=None)),
    ("a INT NOT NULL PRIMARY KEY RELY", column("a", "INT", not_null=True, primary_key="RELY")),
    ("a INT CONSTRAINT k PRIMARY KEY", column("a", "INT", primary_key=None)),
    ("a INT REFERENCES u", column("a", "INT", references="u")),
    ("a INT REFERENCES u (b) NOT ENFORCED", column("a", "INT", references="u (b) NOT ENFORCED")),
    ("a INT FOREIGN KEY REFERENCES u (b)", column("a", "INT", foreign_key="REFERENCES u (b)")),
    ("a INT CONSTRAINT k FOREIGN KEY REFERENCES u", column("a", "INT", foreign_key="REFERENCES u")),
    ("a DATE GENERATED ALWAYS AS (CAST(b AS DATE))", column("a", "DATE", generated="ALWAYS AS (CAST(b AS DATE))")),
    ("a BIGINT GENERATED ALWAYS AS IDENTITY", column("a", "BIGINT", generated="ALWAYS AS IDENTITY")),
    (
        "a BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 2)",
        column("a", "BIGINT", generated="ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 2)"),
    ),
    ("a BIGINT GENERATED BY DEFAULT AS IDENTITY", column("a", "BIGINT", generated="BY DEFAULT AS IDENTITY")),
    (
        "a BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 1) COMMENT 'x'",
        column("a", "BIGINT", comment="x", generated="BY DEFAULT AS IDENTITY (START WITH 1)"),
    ),
    ("a INT DEFAULT 3", column("a", "INT", default="3")),
    ("a INT DEFAULT NULL", column("a", "INT", default="NULL")),
    ("a INT DEFAULT -1 NOT NULL", column("a", "INT", not_null=True, default="-1")),
    ("a STRING DEFAULT 'x' COMMENT 'y'", column("a", "STRING", comment="y", default="'x'")),
    (
        "a TIMESTAMP DEFAULT CURRENT_TIMESTAMP() NOT NULL",
        column("a", "TIMESTAMP", not_null=True, default="CURRENT_TIMESTAMP()"),
    ),
    ("CONSTRAINT k EXPECT (a > 0)", expected("k", "a > 0")),
    ("CONSTRAINT k EXPECT (a > 0) ON VIOLATION DROP ROW", expected("k", "a > 0", "drop")),
    ("CONSTRAINT k EXPECT (a > 0) ON VIOLATION FAIL UPDATE", expected("k", "a > 0", "fail")),
    (
        "CONSTRAINT k EXPECT (a IS NOT NULL AND (b IN (1, 2) OR c = ')')) ON VIOLATION DROP ROW",
        expected("k", "a IS NOT NULL AND (b IN (1, 2) OR c = ')')", "drop"),
    ),
    ("CONSTRAINT `odd name` EXPECT (LENGTH(a) BETWEEN 1 AND 3)", expected("odd name", "LENGTH(a) BETWEEN 1 AND 3")),
    ("CONSTRAINT k_${env} EXPECT (a < ${most})", expected("k_${env}", "a < ${most}")),
    ("CONSTRAINT k EXPECT (a < :most)", expected("k", "a < :most")),
    ("CONSTRAINT k PRIMARY KEY (a)", constraint("primary key", "PRIMARY KEY (a)")),
    (
        "CONSTRAINT k PRIMARY KEY (a, b TIMESERIES) NOT ENFORCED RELY",
        constraint("primary key", "PRIMARY KEY (a, b TIMESERIES) NOT ENFORCED RELY"),
    ),
    ("PRIMARY KEY (a)", constraint("primary key", "PRIMARY KEY (a)")),
    (
        "CONSTRAINT k FOREIGN KEY (a) REFERENCES cat.sch.u (b)",
        constraint("foreign key", "FOREIGN KEY (a) REFERENCES cat.sch.u (b)"),
    ),
    (
        "CONSTRAINT k FOREIGN KEY (a, b) REFERENCES u "
        "NOT ENFORCED INITIALLY DEFERRED NORELY MATCH FULL ON UPDATE NO ACTION",
        constraint(
            "foreign key",
            "FOREIGN KEY (a, b) REFERENCES u NOT ENFORCED INITIALLY DEFERRED NORELY MATCH FULL ON UPDATE NO ACTION",
        ),
    ),
    ("FOREIGN KEY (a) REFERENCES u", constraint("foreign key", "FOREIGN KEY (a) REFERENCES u")),
    ("CONSTRAINT k CHECK (a > 0)", constraint("check", "CHECK (a > 0)")),
    ("CHECK (a > 0)", constraint("check", "CHECK (a > 0)")),
    ("CONSTRAINT k UNIQUE (a)", constraint("unique", "UNIQUE (a)")),
    ("${all.columns}", constraint("parameter", "${all.columns}")),
    ("${columns} ${checks}", constraint("parameter", "${columns} ${checks}")),
    ("${a} INT", column("${a}", "INT")),
    ("a ${type}", column("a", "${type}")),
]

QUERY = "SELECT * FROM u"
CLAUSES: list[tuple[str, str, Any]] = [
    ("USING DELTA", "using", "DELTA"),
    ("USING ICEBERG", "using", "ICEBERG"),
    ("PARTITIONED BY (a)", "partitioned by", ("a",)),
    ("PARTITIONED BY (a, b.c, DAYS(d))", "partitioned by", ("a", "b.c", "DAYS(d)")),
    ("PARTITIONED BY (${cols})", "partitioned by", ("${cols}",)),
    ("CLUSTER BY (a)", "cluster by", ("a",)),
    ("CLUSTER BY (a, b.c)", "cluster by", ("a", "b.c")),
    ("CLUSTER BY AUTO", "cluster by", ("AUTO",)),
    ("CLUSTER BY NONE", "cluster by", ("NONE",)),
    ("LOCATION '/data/t'", "location", "/data/t"),
    ("LOCATION 's3://b/${env}/t'", "location", "s3://b/${env}/t"),
    ("COMMENT 'x; y -- no comment /* nor this */'", "comment", "x; y -- no comment /* nor this */"),
    ("COMMENT 'it''s'", "comment", "it's"),
    (r"COMMENT 'it\'s'", "comment", "it's"),
    ("COMMENT 'a' 'b'", "comment", "ab"),
    ("COMMENT ''", "comment", ""),
    ("TBLPROPERTIES ('a' = 'b')", "tblproperties", (("a", "b"),)),
    (
        "TBLPROPERTIES ('a.b' = 'true', c.d = 3, 'e' = TRUE)",
        "tblproperties",
        (("a.b", "true"), ("c.d", "3"), ("e", "TRUE")),
    ),
    ("TBLPROPERTIES ('a' 'b')", "tblproperties", (("a", "b"),)),
    ("TBLPROPERTIES ('a')", "tblproperties", (("a", ""),)),
    ("TBLPROPERTIES ('${k}' = '${v}')", "tblproperties", (("${k}", "${v}"),)),
    ("OPTIONS (a = 'b', 'c.d' = 1)", "options", (("a", "b"), ("c.d", "1"))),
    ("WITH ROW FILTER fn ON (a)", "row filter", ("fn", "a")),
    ("WITH ROW FILTER cat.sch.fn ON (a, b)", "row filter", ("cat.sch.fn", "a", "b")),
    ("WITH ROW FILTER fn ON ()", "row filter", ("fn",)),
    ("DEFAULT COLLATION UTF8_BINARY", "default collation", "UTF8_BINARY"),
    ("SCHEDULE EVERY 1 HOUR", "schedule", "EVERY 1 HOUR"),
    ("SCHEDULE EVERY 3 DAYS", "schedule", "EVERY 3 DAYS"),
    ("SCHEDULE EVERY 8 WEEKS", "schedule", "EVERY 8 WEEKS"),
    ("SCHEDULE REFRESH EVERY 2 HOURS", "schedule", "REFRESH EVERY 2 HOURS"),
    ("SCHEDULE CRON '0 0 6 * * ?'", "schedule", "CRON '0 0 6 * * ?'"),
    ("SCHEDULE CRON '0 0 6 * * ?' AT TIME ZONE 'UTC'", "schedule", "CRON '0 0 6 * * ?' AT TIME ZONE 'UTC'"),
    (
        "SCHEDULE REFRESH CRON '0 0 6 * * ?' AT TIME ZONE LOCAL",
        "schedule",
        "REFRESH CRON '0 0 6 * * ?' AT TIME ZONE LOCAL",
    ),
    ("REFRESH EVERY 5 MINUTES", "schedule", "5 MINUTES"),
    ("TRIGGER ON UPDATE", "trigger on update", ""),
    ("TRIGGER ON UPDATE AT MOST EVERY INTERVAL 5 MINUTES", "trigger on update", "AT MOST EVERY INTERVAL 5 MINUTES"),
    ("TRIGGER ON UPDATE AT MOST EVERY INTERVAL '1' HOUR", "trigger on update", "AT MOST EVERY INTERVAL '1' HOUR"),
    ("REFRESH POLICY AUTO", "refresh policy", "AUTO"),
    ("REFRESH POLICY INCREMENTAL", "refresh policy", "INCREMENTAL"),
    ("REFRESH POLICY INCREMENTAL STRICT", "refresh policy", "INCREMENTAL STRICT"),
    ("REFRESH POLICY FULL", "refresh policy", "FULL"),
]

# -- AUTO CDC -------------------------------------------------------------------------------------------

CDC_SOURCES: list[str] = [
    "STREAM s",
    "STREAM(s)",
    "STREAM(cat.sch.s)",
    "STREAM LIVE.s",
    "STREAM(LIVE.s)",
    "s",
    "STREAM(${src})",
    "STREAM READ_FILES('/p', format => 'json')",
    "STREAM IDENTIFIER(:src)",
    "(SELECT *, NOW() AS at FROM STREAM(s))",
    "(SELECT * FROM STREAM s WHERE a > 1 AND op IN ('D', 'U'))",
    "STREAM s WITH (skipChangeCommits = TRUE)",
]

CDC_CLAUSES: list[tuple[str, dict[str, Any]]] = [
    ("IGNORE NULL UPDATES", {"ignore_null_updates": True}),
    ("IGNORE NULL UPDATES ON (a, b)", {"ignore_null_updates": True}),
    ("IGNORE NULL UPDATES ON a, b", {"ignore_null_updates": True}),
    ("IGNORE NULL UPDATES ON * EXCEPT (a)", {"ignore_null_updates": True}),
    ("APPLY AS DELETE WHEN op = 'D'", {"delete_when": "op = 'D'"}),
    ("APPLY AS DELETE WHEN op IN ('D', 'X') AND gone", {"delete_when": "op IN ('D', 'X') AND gone"}),
    ("APPLY AS TRUNCATE WHEN op = 'T'", {"truncate_when": "op = 'T'"}),
    ("SEQUENCE BY v", {"sequence_by": "v"}),
    ("SEQUENCE BY STRUCT(a, b)", {"sequence_by": "STRUCT(a, b)"}),
    ("SEQUENCE BY CAST(m.v AS TIMESTAMP)", {"sequence_by": "CAST(m.v AS TIMESTAMP)"}),
    ("SEQUENCE BY ${seq}", {"sequence_by": "${seq}"}),
    ("SYSTEM SEQUENCE BY w", {}),
    ("COLUMNS a, b", {"columns": ("a", "b")}),
    ("COLUMNS (a, b)", {"columns": ("a", "b")}),
    ("COLUMNS * EXCEPT (op, v)", {"except_columns": ("op", "v")}),
    ("COLUMNS * EXCEPT (`odd name`)", {"except_columns": ("odd name",)}),
    ("COLUMNS * EXCEPT (${drop})", {"except_columns": ("${drop}",)}),
    ("STORED AS SCD TYPE 1", {"scd_type": "1"}),
    ("STORED AS SCD TYPE 2", {"scd_type": "2"}),
    ("STORED AS SCD TYPE ${scd}", {"scd_type": "${scd}"}),
    ("STORED AS BITEMPORAL", {"scd_type": "bitemporal"}),
    ("TRACK HISTORY ON a, b", {"track_history": ("a", "b")}),
    ("TRACK HISTORY ON (a)", {"track_history": ("a",)}),
    ("TRACK HISTORY ON * EXCEPT (a, b)", {"track_history_except": ("a", "b")}),
    ("COLUMNS TO UPDATE c", {}),
    ("WHERE a > 1", {"where": "a > 1"}),
]
CDC_KEYS: list[tuple[str, tuple[str, ...]]] = [
    ("KEYS (k)", ("k",)),
    ("KEYS (k, j)", ("k", "j")),
    ("KEYS (`odd key`)", ("odd key",)),
    ("KEYS (${keys})", ("${keys}",)),
]

# -- queries as the body of a dataset or flow ------------------------------------------------------------

QUERIES: list[str] = [
    QUERY,
    "SELECT a, b AS c FROM STREAM u",
    "SELECT a FROM STREAM(LIVE.u)",
    "(SELECT a FROM u)",
    "((SELECT a FROM u))",
    "WITH w AS (SELECT a FROM u) SELECT a FROM w",
    "FROM u SELECT a",
    "FROM u",
    "FROM u |> WHERE a > 1 |> SELECT a",
    "VALUES (1, 'a'), (2, 'b')",
    "TABLE u",
    "SELECT a FROM u UNION ALL SELECT b FROM STREAM v",
    "SELECT ';' AS a FROM u WHERE b = '--' AND c = 'it''s'",
    "SELECT a FROM ${cat}.${sch}.u_${env} WHERE b = '${c}' AND d = ${d}",
    "SELECT :p AS p FROM IDENTIFIER(:src)",
    "SELECT a:b.c, d::INT FROM u",
]

# -- relations: STREAM, its options, WATERMARK -----------------------------------------------------------

NO_MARK = None
RELATIONS: list[tuple[str, dict[str, Any]]] = [
    ("u", {"label": "u"}),
    ("a.b.u", {"label": "a.b.u"}),
    ("LIVE.u", {"label": "LIVE.u"}),
    ("u AS x", {"label": "u", "alias": "x"}),
    ("u x", {"label": "u", "alias": "x"}),
    ("STREAM u", {"label": "u", "streaming": True}),
    ("STREAM(u)", {"label": "u", "streaming": True}),
    ("STREAM (u)", {"label": "u", "streaming": True}),
    ("STREAM a.b.u", {"label": "a.b.u", "streaming": True}),
    ("STREAM(a.b.u)", {"label": "a.b.u", "streaming": True}),
    ("STREAM LIVE.u", {"label": "LIVE.u", "streaming": True}),
    ("STREAM(LIVE.u)", {"label": "LIVE.u", "streaming": True}),
    ("STREAM u AS x", {"label": "u", "streaming": True, "alias": "x"}),
    ("STREAM(u) x", {"label": "u", "streaming": True, "alias": "x"}),
    ("STREAM `odd name`", {"label": "odd name", "streaming": True}),
    ("STREAM ${cat}.u_${env}", {"label": "${cat}.u_${env}", "streaming": True}),
    ("STREAM(${cat}.${sch}.u)", {"label": "${cat}.${sch}.u", "streaming": True}),
    ("STREAM IDENTIFIER(:src)", {"label": "IDENTIFIER(:src)", "streaming": True}),
    ("STREAM(IDENTIFIER(:src)) AS x", {"label": "IDENTIFIER(:src)", "streaming": True, "alias": "x"}),
    ("STREAM READ_FILES('/p')", {"label": "read_files(/p)", "streaming": True}),
    (
        "STREAM(READ_FILES('/p', format => 'json')) AS x",
        {"label": "read_files(/p)", "streaming": True, "alias": "x", "arguments": (("", "/p"), ("format", "json"))},
    ),
    (
        "STREAM READ_FILES('/p', `a.b` => 'c', d => TRUE, e => 3)",
        {
            "label": "read_files(/p)",
            "streaming": True,
            "arguments": (("", "/p"), ("a.b", "c"), ("d", "TRUE"), ("e", "3")),
        },
    ),
    (
        "STREAM READ_KAFKA(bootstrapServers => 'h:1', subscribe => 't')",
        {"label": "read_kafka(…)", "streaming": True, "arguments": (("bootstrapServers", "h:1"), ("subscribe", "t"))},
    ),
    (
        "STREAM READ_STREAM('tbl', skipChangeCommits => TRUE)",
        {"label": "read_stream(tbl)", "streaming": True, "arguments": (("", "tbl"), ("skipChangeCommits", "TRUE"))},
    ),
    (
        "CLOUD_FILES('/p', 'json')",
        {"label": "cloud_files(/p)", "streaming": True, "arguments": (("", "/p"), ("", "json"))},
    ),
    (
        "CLOUD_FILES('/p', 'json', MAP('cloudFiles.a', 'b'))",
        {
            "label": "cloud_files(/p)",
            "streaming": True,
            "arguments": (("", "/p"), ("", "json"), ("", "MAP('cloudFiles.a', 'b')"), ("cloudFiles.a", "b")),
        },
    ),
    (
        "STREAM u WITH (skipChangeCommits = TRUE)",
        {"label": "u", "streaming": True, "options": (("skipChangeCommits", "TRUE"),)},
    ),
    (
        "STREAM(u) WITH (skipChangeCommits, startingVersion = 3) AS x",
        {
            "label": "u",
            "streaming": True,
            "alias": "x",
            "options": (("skipChangeCommits", "true"), ("startingVersion", "3")),
        },
    ),
    ("STREAM u WITH ('a.b' = 'c')", {"label": "u", "streaming": True, "options": (("a.b", "c"),)}),
    ("STREAM u CHANGES", {"label": "u", "streaming": True, "options": (("changes", "CHANGES"),)}),
    (
        "STREAM u CHANGES FROM VERSION 3",
        {"label": "u", "streaming": True, "options": (("changes", "CHANGES FROM VERSION 3"),)},
    ),
    (
        "STREAM u CHANGES FROM VERSION 3 EXCLUSIVE AS x",
        {"label": "u", "streaming": True, "alias": "x", "options": (("changes", "CHANGES FROM VERSION 3 EXCLUSIVE"),)},
    ),
    (
        "STREAM u CHANGES FROM TIMESTAMP '2026-01-01' INCLUSIVE",
        {"label": "u", "streaming": True, "options": (("changes", "CHANGES FROM TIMESTAMP '2026-01-01' INCLUSIVE"),)},
    ),
    (
        "STREAM u IDENTIFIED BY src",
        {"label": "u", "streaming": True, "options": (("identified by", "IDENTIFIED BY src"),)},
    ),
    (
        "STREAM u WITH (a = 1) IDENTIFIED BY src WATERMARK ts DELAY OF INTERVAL 1 DAY AS x",
        {
            "label": "u",
            "streaming": True,
            "alias": "x",
            "watermark": ("ts", "ts", "INTERVAL 1 DAY"),
            "options": (("a", "1"), ("identified by", "IDENTIFIED BY src")),
        },
    ),
    (
        "STREAM u WATERMARK ts DELAY OF INTERVAL 10 MINUTES",
        {"label": "u", "streaming": True, "watermark": ("ts", "ts", "INTERVAL 10 MINUTES")},
    ),
    (
        "STREAM(u) WATERMARK ts DELAY OF INTERVAL '10' MINUTE x",
        {"label": "u", "streaming": True, "alias": "x", "watermark": ("ts", "ts", "INTERVAL '10' MINUTE")},
    ),
    (
        "STREAM(u) WATERMARK m.ts DELAY OF INTERVAL '1 hour' AS x",
        {"label": "u", "streaming": True, "alias": "x", "watermark": ("m.ts", "ts", "INTERVAL '1 hour'")},
    ),
    (
        "STREAM u WATERMARK TO_TIMESTAMP(s) AS ts DELAY OF INTERVAL 1 HOUR 30 MINUTES",
        {"label": "u", "streaming": True, "watermark": ("TO_TIMESTAMP(s)", "ts", "INTERVAL 1 HOUR 30 MINUTES")},
    ),
    (
        "STREAM u WATERMARK ts DELAY OF INTERVAL '1:30' HOUR TO MINUTE",
        {"label": "u", "streaming": True, "watermark": ("ts", "ts", "INTERVAL '1:30' HOUR TO MINUTE")},
    ),
    (
        "STREAM u WATERMARK ts DELAY OF INTERVAL ${n} SECONDS x",
        {"label": "u", "streaming": True, "alias": "x", "watermark": ("ts", "ts", "INTERVAL ${n} SECONDS")},
    ),
    (
        "u WATERMARK ts DELAY OF INTERVAL 5 SECONDS AS x",
        {"label": "u", "alias": "x", "watermark": ("ts", "ts", "INTERVAL 5 SECONDS")},
    ),
    (
        "STREAM READ_FILES('/p') WITH (a = 1) WATERMARK ts DELAY OF INTERVAL 5 SECONDS AS x",
        {
            "label": "read_files(/p)",
            "streaming": True,
            "alias": "x",
            "options": (("a", "1"),),
            "watermark": ("ts", "ts", "INTERVAL 5 SECONDS"),
        },
    ),
    ("PARQUET.`/data/p`", {"label": "parquet.`/data/p`"}),
]

# -- statements that stand alone -------------------------------------------------------------------------

SETTINGS: list[tuple[str, tuple[str, str, str]]] = [
    ("SET a.b = c", ("set", "a.b", "c")),
    ("SET a.b = 'c d'", ("set", "a.b", "c d")),
    ("SET `a.b` = TRUE", ("set", "a.b", "TRUE")),
    ("SET spark.sql.shuffle.partitions = 10", ("set", "spark.sql.shuffle.partitions", "10")),
    ("SET CATALOG c", ("catalog", "catalog", "c")),
    ("SET CATALOG `c d`", ("catalog", "catalog", "c d")),
    ("SET CATALOG 'c'", ("catalog", "catalog", "c")),
    ("SET CATALOG ${env}_c", ("catalog", "catalog", "${env}_c")),
    ("USE CATALOG c", ("catalog", "catalog", "c")),
    ("USE CATALOG IDENTIFIER(:c)", ("catalog", "catalog", "IDENTIFIER(:c)")),
    ("USE SCHEMA s", ("schema", "schema", "s")),
    ("USE DATABASE s", ("schema", "schema", "s")),
    ("USE NAMESPACE c.s", ("schema", "schema", "c.s")),
    ("USE s", ("schema", "schema", "s")),
    ("USE c.s", ("schema", "schema", "c.s")),
    ("USE SCHEMA ${env}.s", ("schema", "schema", "${env}.s")),
]

OTHERS: list[tuple[str, str]] = [
    ("SELECT 1", "SELECT"),
    ("WITH a AS (SELECT 1) SELECT * FROM a", "SELECT"),
    ("FROM a", "SELECT"),
    ("(SELECT 1)", "SELECT"),
    ("VALUES (1)", "SELECT"),
    ("TABLE a", "SELECT"),
    ("INSERT INTO a SELECT 1", "INSERT INTO"),
    ("INSERT OVERWRITE a SELECT 1", "INSERT"),
    ("MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN UPDATE SET *", "MERGE INTO"),
    ("DELETE FROM a WHERE b = 1", "DELETE"),
    ("UPDATE a SET b = 1", "UPDATE"),
    ("TRUNCATE TABLE a", "TRUNCATE TABLE"),
    ("COPY INTO a FROM '/p' FILEFORMAT = JSON", "COPY INTO"),
    ("CREATE TABLE a (b INT)", "CREATE TABLE"),
    ("CREATE TABLE a AS SELECT 1 AS b", "CREATE TABLE"),
    ("CREATE OR REPLACE TABLE a AS SELECT 1 AS b", "CREATE OR REPLACE"),
    ("CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1", "CREATE FUNCTION"),
    ("CREATE SCHEMA IF NOT EXISTS a", "CREATE SCHEMA"),
    ("CREATE CATALOG a", "CREATE CATALOG"),
    ("CREATE VOLUME a", "CREATE VOLUME"),
    ("CREATE WIDGET TEXT w DEFAULT 'x'", "CREATE WIDGET"),
    ("CREATE SINK a FORMAT 'kafka'", "CREATE SINK"),
    ("ALTER TABLE a ADD COLUMN b INT", "ALTER TABLE"),
    ("ALTER MATERIALIZED VIEW a ADD SCHEDULE EVERY 1 HOUR", "ALTER MATERIALIZED VIEW"),
    ("ALTER STREAMING TABLE a DROP SCHEDULE", "ALTER STREAMING TABLE"),
    ("ALTER MATERIALIZED VIEW a ALTER COLUMN b SET MASK c", "ALTER MATERIALIZED VIEW"),
    ("ALTER STREAMING TABLE a SET ROW FILTER f ON (b)", "ALTER STREAMING TABLE"),
    ("ALTER MATERIALIZED VIEW a SET TAGS ('k' = 'v')", "ALTER MATERIALIZED VIEW"),
    ("DROP TABLE IF EXISTS a", "DROP TABLE"),
    ("DROP VIEW a", "DROP VIEW"),
    ("DROP MATERIALIZED VIEW a", "DROP MATERIALIZED VIEW"),
    ("REFRESH TABLE a", "REFRESH TABLE"),
    ("REFRESH MATERIALIZED VIEW a FULL", "REFRESH MATERIALIZED VIEW"),
    ("REFRESH STREAMING TABLE a WHERE b = 1 SYNC", "REFRESH STREAMING TABLE"),
    ("REFRESH MATERIALIZED VIEW a ASYNC", "REFRESH MATERIALIZED VIEW"),
    ("EXPLAIN CREATE MATERIALIZED VIEW a AS SELECT 1 AS b", "EXPLAIN CREATE MATERIALIZED"),
    ("EXPLAIN SELECT 1", "EXPLAIN SELECT"),
    ("DESCRIBE TABLE a", "DESCRIBE TABLE"),
    ("DESC a", "DESC"),
    ("SHOW TABLES", "SHOW TABLES"),
    ("DECLARE a INT DEFAULT 1", "DECLARE"),
    ("DECLARE VARIABLE a INT", "DECLARE"),
    ("SET VAR a = 1", "SET VAR"),
    ("SET VARIABLE a = 1", "SET VARIABLE"),
    ("SET a.b", "SET"),
    ("SET", "SET"),
    ("SET TIME ZONE 'UTC'", "SET TIME"),
    ("RESET", "RESET"),
    ("RESET a.b", "RESET"),
    ("CACHE TABLE a", "CACHE TABLE"),
    ("OPTIMIZE a", "OPTIMIZE"),
    ("VACUUM a", "VACUUM"),
    ("ANALYZE TABLE a COMPUTE STATISTICS", "ANALYZE"),
    ("GRANT SELECT ON TABLE a TO b", "GRANT"),
    ("EXECUTE IMMEDIATE 'SELECT 1'", "EXECUTE IMMEDIATE"),
    ("CALL p(1)", "CALL"),
    ("AUTO CDC INTO a FROM STREAM b KEYS (c) SEQUENCE BY d", "AUTO CDC INTO"),
]

# -- a production is one whole statement and what it says ------------------------------------------------


@dataclass(frozen=True)
class Production:
    """One statement in canonical writing, the values that it must give and the problems that it may give."""

    text: str
    says: dict[str, Any]
    problems: tuple[str, ...] = ()
    fixed_names: bool = field(default=False, kw_only=True)  # its names must not be rewritten

    def __str__(self) -> str:
        return re.sub(r"\W+", "-", self.text).strip("-")[:80]


def dataset(
    head: int = 1, elements: tuple[int, ...] = (), clauses: tuple[int, ...] = (), name: int = 0, body: str = ""
) -> Production:
    """A dataset's statement out of lines of the tables above."""
    text, says = HEADS[head][0], {"name": NAMES[name][1], **HEADS[head][1]}
    text += " " + NAMES[name][0]
    listed = [ELEMENTS[number] for number in elements]
    if listed:
        text += " (" + ", ".join(element for element, _ in listed) + ")"
    for _, said in listed:
        for key, values in said.items():
            says.setdefault(key, [])
            says[key] = [*says[key], *values]
    for number in clauses:
        written, clause, value = CLAUSES[number]
        text += " " + written
        says["clauses"] = [*says.get("clauses", []), (clause, value)]
    if body:
        text += " AS " + body
        says["query"] = body
        if says["kind"] == "streaming table":
            says["flow"] = {"body": body, "implicit": True}
    # ${a} alone would stand for a whole list
    bare = any(ELEMENTS[number][0] in ("a", "a ${type}") for number in elements)
    return Production(text, says, fixed_names=bare)


def cdc_flow(
    head: str,
    name: str,
    *,
    target: str = "t",
    source: int = 0,
    keys: int = 0,
    clauses: tuple[int, ...] = (7,),
    **said: Any,
) -> Production:
    """A flow of change rows; *head* ends with INTO or, inside a table's statement, with CDC."""
    text = f"{head} FROM {CDC_SOURCES[source]} {CDC_KEYS[keys][0]}".replace("TARGET", target)
    says: dict[str, Any] = {"cdc": {"source": CDC_SOURCES[source], "keys": CDC_KEYS[keys][1]}}
    for number in clauses:
        text += " " + CDC_CLAUSES[number][0]
        says["cdc"].update(CDC_CLAUSES[number][1])
    return Production(text, {"name": (name,), "target": (target,), "body": CDC_SOURCES[source], **says, **said})


CDC_HEADS: list[tuple[str, str, dict[str, Any]]] = [
    ("CREATE FLOW f AS AUTO CDC INTO TARGET", "f", {}),
    ("CREATE FLOW f COMMENT 'c' AS AUTO CDC INTO TARGET", "f", {}),
    ("CREATE FLOW f AS AUTO CDC ONCE INTO TARGET", "f", {"once": True}),
    ("CREATE FLOW f AS AUTO CDC INTO ONCE TARGET", "f", {"once": True}),
    ("CREATE FLOW f AS APPLY CHANGES INTO TARGET", "f", {}),
    ("APPLY CHANGES INTO TARGET", "t", {}),
]


def inserts() -> Iterator[Production]:
    """INSERT flows."""
    plain = {"name": ("f",), "target": ("t",), "body": QUERY, "by_name": True}
    for head in ("CREATE FLOW f", "CREATE FLOW f COMMENT 'late; rows'"):
        yield Production(f"{head} AS INSERT INTO t BY NAME {QUERY}", plain)
    yield Production(f"CREATE FLOW f AS INSERT INTO TABLE t BY NAME {QUERY}", plain)
    yield Production(f"CREATE FLOW f AS INSERT ONCE INTO t BY NAME {QUERY}", {**plain, "once": True})
    yield Production(f"CREATE FLOW f AS INSERT INTO ONCE t BY NAME {QUERY}", {**plain, "once": True})
    yield Production(
        f"CREATE FLOW f AS INSERT INTO ONCE cat.t BY NAME {QUERY}", {**plain, "once": True, "target": ("cat", "t")}
    )
    yield Production(
        f"CREATE FLOW f AS INSERT INTO once BY NAME {QUERY}", {**plain, "target": ("once",)}, fixed_names=True
    )
    yield Production(f"CREATE FLOW f AS INSERT INTO t {QUERY}", {**plain, "by_name": False})
    yield Production(
        f"CREATE FLOW cat.f AS INSERT INTO a.b.t BY NAME {QUERY}",
        {**plain, "name": ("cat", "f"), "target": ("a", "b", "t")},
    )
    yield Production(f"CREATE FLOW f AS INSERT OVERWRITE t BY NAME {QUERY}", plain)
    yield Production(f"CREATE FLOW f AS INSERT INTO t (a, b) {QUERY}", {**plain, "by_name": False})
    yield Production(f"CREATE FLOW f AS INSERT INTO t PARTITION (a = 1) BY NAME {QUERY}", plain)
    yield Production(
        f"CREATE FLOW f AS INSERT INTO IDENTIFIER(:t) BY NAME {QUERY}", {**plain, "target": ("IDENTIFIER(:t)",)}
    )
    yield Production(
        f"CREATE FLOW f AS INSERT INTO t BY NAME REPLACE WHERE a >= '2026' AND b {QUERY}",
        {**plain, "replace_where": "a >= '2026' AND b"},
    )
    yield Production(
        f"CREATE FLOW f AS INSERT INTO t REPLACE WHERE a > 1 BY NAME {QUERY}", {**plain, "replace_where": "a > 1"}
    )
    yield Production(
        f"CREATE FLOW f AS INSERT INTO t BY NAME REPLACE USING (a, b) SEQUENCE BY c {QUERY}",
        {**plain, "replace_using": ("a", "b")},
    )
    for query in QUERIES:
        yield Production(f"CREATE FLOW f AS INSERT INTO t BY NAME {query}", {**plain, "body": query})


def inline_flows() -> Iterator[Production]:
    """Flows inside a table's statement, and the managed table that only such a flow makes a dataset."""
    flow = {"body": QUERY, "implicit": True}
    table = {"name": ("t",), "kind": "streaming table", "query": QUERY}
    for head, kind in (
        ("CREATE STREAMING TABLE t", "streaming table"),
        ("CREATE OR REPLACE TABLE t", "table"),
        ("CREATE TABLE t", "table"),
    ):
        says = {**table, "kind": kind}
        yield Production(f"{head} FLOW INSERT BY NAME {QUERY}", {**says, "flow": {**flow, "by_name": True}})
        yield Production(
            f"{head} COMMENT 'c' FLOW INSERT ONCE BY NAME {QUERY}",
            {**says, "clauses": [("comment", "c")], "flow": {**flow, "once": True}},
        )
        yield Production(f"{head} (a INT) FLOW INSERT BY NAME {QUERY}", {**says, **column("a", "INT"), "flow": flow})
    yield Production(
        f"CREATE STREAMING TABLE t FLOW REPLACE WHERE a > 1 BY NAME {QUERY}",
        {**table, "flow": {**flow, "replace_where": "a > 1"}},
    )
    yield Production(
        f"CREATE STREAMING TABLE t FLOW REPLACE USING (a, b) SEQUENCE BY c BY NAME {QUERY}",
        {**table, "flow": {**flow, "replace_using": ("a", "b")}},
    )
    for once in ("", " ONCE"):
        found = cdc_flow(
            f"CREATE STREAMING TABLE t (a INT) COMMENT 'c' FLOW AUTO CDC{once}", "t", source=1, clauses=(4, 7, 16, 18)
        )
        yield Production(
            found.text,
            {
                "name": ("t",),
                "kind": "streaming table",
                "query": "STREAM(s)",
                **column("a", "INT"),
                "clauses": [("comment", "c")],
                "flow": {"cdc": found.says["cdc"], "implicit": True, "once": bool(once)},
            },
        )


def snapshots() -> Iterator[Production]:
    """AUTO CDC FROM SNAPSHOT."""
    plain = {"name": ("f",), "target": ("t",), "body": f"({QUERY})"}
    cdc = {"keys": ("k",), "from_snapshot": True}
    start = f"CREATE FLOW f AS AUTO CDC INTO t FROM SNAPSHOT ({QUERY})"
    yield Production(f"{start} KEYS (k)", {**plain, "cdc": cdc})
    yield Production(f"{start} WITH VERSION (SELECT MAX(v) FROM w) KEYS (k)", {**plain, "cdc": cdc})
    yield Production(
        f"{start} WITH VERSION (SELECT 1) KEYS (k) STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (a)",
        {**plain, "cdc": {**cdc, "scd_type": "2", "track_history_except": ("a",)}},
    )


def every() -> Iterator[Production]:
    """Each production at least once, alone."""
    for head in range(len(HEADS)):
        yield dataset(head, body=QUERY)
    for name in range(len(NAMES)):
        yield dataset(name=name, body=QUERY)
    for element in range(len(ELEMENTS)):
        yield dataset(elements=(element,), body=QUERY)
    for clause in range(len(CLAUSES)):
        yield dataset(clauses=(clause,), body=QUERY)
        yield dataset(clauses=(clause,))
    for query in QUERIES:
        yield dataset(body=query)
        yield dataset(13, body=query)
    yield Production(f"CREATE STREAMING TABLE t () AS {QUERY}", {"kind": "streaming table", "query": QUERY})
    yield Production("CREATE OR REFRESH STREAMING TABLE t", {"kind": "streaming table", "name": ("t",)})
    yield from _missing_as()
    yield from _cdc()
    yield from inserts()
    yield from inline_flows()
    yield from snapshots()
    for text, (kind, key, value) in SETTINGS:
        yield Production(text, {"kind": kind, "key": key, "value": value}, fixed_names=True)
    for text, words in OTHERS:
        yield Production(text, {"words": words})


def _missing_as() -> Iterator[Production]:
    for query in (
        "SELECT * FROM u",
        "WITH w AS (SELECT 1 AS a) SELECT a FROM w",
        "FROM u",
        "(SELECT 1 AS a)",
        "VALUES (1)",
    ):
        for clauses in ("", " COMMENT 'c'", " CLUSTER BY (a)", " (a INT)"):
            yield Production(
                f"CREATE STREAMING TABLE t{clauses} {query}",
                {"kind": "streaming table", "query": query},
                ("missing-as",),
            )


def _cdc() -> Iterator[Production]:
    for head, name, said in CDC_HEADS:
        yield cdc_flow(head, name, **said)
    for source in range(len(CDC_SOURCES)):
        yield cdc_flow(CDC_HEADS[0][0], "f", source=source)
        yield cdc_flow(CDC_HEADS[5][0], "t", source=source)
    for keys in range(len(CDC_KEYS)):
        yield cdc_flow(CDC_HEADS[0][0], "f", keys=keys)
    for clause in range(len(CDC_CLAUSES)):
        yield cdc_flow(CDC_HEADS[0][0], "f", clauses=(clause,))
        yield cdc_flow(CDC_HEADS[5][0], "t", clauses=(clause,))


def mixed(rng: random.Random) -> Production:
    """A statement with several productions at once."""
    if rng.random() < 0.3:
        head, name, said = rng.choice(CDC_HEADS)
        kinds = {_kind(CDC_CLAUSES[number][0]): number for number in rng.sample(range(len(CDC_CLAUSES)), 6)}
        return cdc_flow(head, name, source=rng.randrange(len(CDC_SOURCES)), clauses=tuple(kinds.values()), **said)
    some = {CLAUSES[n][1]: n for n in rng.sample(range(len(CLAUSES)), 5)}
    elements = tuple(rng.sample(range(len(ELEMENTS)), rng.randrange(6)))
    return dataset(
        rng.randrange(len(HEADS)), elements, tuple(some.values()), rng.randrange(len(NAMES)), rng.choice(QUERIES)
    )


def _kind(clause: str) -> str:
    """Clauses of one kind may not stand together."""
    kinds = ("APPLY AS DELETE", "APPLY AS TRUNCATE", "COLUMNS TO UPDATE", "SYSTEM")
    return next((kind for kind in kinds if clause.startswith(kind)), clause.split()[0])


# -- the odd ways to write a statement -------------------------------------------------------------------

GAPS = {
    "usual": " ",
    "lines": "\n",
    "windows": "\r\n\t",
    "mac": "\r",
    "block": " /* ; ' ( /* nested */ ` */ ",
    "line": " -- it's; (`\n",
    "unicode": "\u00a0",
    "tight": "",
}
CASES = {
    "upper": str.upper,
    "lower": str.lower,
    "mixed": lambda w: "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(w)),
}
NAMING = ("plain", "ticks", "parameters")
QUOTING = ("single", "double")


@dataclass(frozen=True)
class Style:
    """One way to write things."""

    gaps: str = "usual"
    case: str = "upper"
    naming: str = "plain"
    quoting: str = "single"
    end: str = ";"

    def __str__(self) -> str:
        return "-".join([self.gaps, self.case, self.naming, self.quoting, "semicolon" if self.end else "open"])


_PIECE = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | `(?:[^`]|``)*`
    | (?:\w|\$\{[^}]*\})+(?:\.\d+)? | :\w+ | \|> | => | :: | <= | >= | \|\| | <> | \S""",
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z_]\w*\Z")


def styles() -> Iterator[Style]:
    """Every deviation from the usual, one at a time."""
    yield Style()
    yield from (Style(gaps=gaps) for gaps in GAPS if gaps != "usual")
    yield from (Style(case=case) for case in CASES if case != "upper")
    yield from (Style(naming=naming) for naming in NAMING[1:])
    yield Style(quoting="double")
    yield Style(end="")


def any_style(rng: random.Random) -> Style:
    """Several deviations at once."""
    return Style(
        rng.choice(list(GAPS)), rng.choice(list(CASES)), rng.choice(NAMING), rng.choice(QUOTING), rng.choice([";", ""])
    )


def styled(production: Production, style: Style) -> str:
    """The statement written in that style."""
    pieces = _PIECE.findall(production.text)
    naming = "plain" if production.fixed_names else style.naming
    written = [_piece(piece, pieces[i + 1 : i + 2], style, naming) for i, piece in enumerate(pieces)]
    out = written[0]
    for before, after in pairwise(written):
        out += _gap(before, after, style) + after
    return out + style.end


def _piece(piece: str, following: list[str], style: Style, naming: str) -> str:
    if piece[0] == "'":
        return '"' + piece[1:-1].replace("''", "'") + '"' if style.quoting == "double" and '"' not in piece else piece
    if not _WORD.match(piece):
        return piece
    if piece.upper() == piece:
        return CASES[style.case](piece)
    if naming == "plain" or following == ["("]:
        return piece
    return f"`{piece}`" if naming == "ticks" else f"${{{piece}}}"


def _gap(before: str, after: str, style: Style) -> str:
    if style.gaps != "tight":
        return GAPS[style.gaps]
    needed = before[-1] not in "().,=<>|*" and after[0] not in "().,=<>|*`'\""
    return " " if needed or (before[-1] in "'\"" and after[0] in "'\"") else ""
