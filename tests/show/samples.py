"""Small pipelines to be drawn: a sound one, one with every kind of trouble, one with hostile names, an empty one."""

from __future__ import annotations

from pathlib import Path

from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.pipeline.schemas import with_columns
from ldp_magic.sql import read
from ldp_magic.text import Source

EXAMPLE = Path(__file__).parents[2] / "examples" / "user_analytics" / "transformations"


def pipeline(sql: str, name: str = "sample", file: str = "sample.sql") -> Pipeline:
    """The pipeline that one text makes."""
    return with_columns(build(name, [read(Source(file, None, sql).whole())]))


def example() -> Pipeline:
    """The pipeline of `examples/user_analytics`."""
    files = sorted(EXAMPLE.glob("*.sql"))
    scripts = [read(Source(file.name, None, file.read_bytes().decode("utf-8")).whole()) for file in files]
    return with_columns(build("user_analytics", scripts, catalog="main", schema="user_analytics"))


TROUBLED = """
CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('/landing/events', format => 'json');
CREATE STREAMING TABLE changes;
CREATE FLOW changed AS AUTO CDC INTO changes FROM STREAM(evnts) KEYS (id) SEQUENCE BY ts;
CREATE FLOW lost AS INSERT INTO nowhere BY NAME SELECT * FROM STREAM(events);
CREATE MATERIALIZED VIEW a AS SELECT * FROM b;
CREATE MATERIALIZED VIEW b AS SELECT * FROM c JOIN events;
CREATE MATERIALIZED VIEW c AS SELECT * FROM a;
CREATE MATERIALIZED VIEW itself AS SELECT * FROM itself;
CREATE MATERIALIZED VIEW twice AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW twice AS SELECT 2 AS two;
CREATE TEMPORARY VIEW unread AS SELECT * FROM STREAM(events);
CREATE MATERIALIZED VIEW outside AS SELECT * FROM main.raw.orders JOIN LIVE.nothere;
INSERT INTO outside SELECT 1;
CREATE MATERIALIZED VIEW broken AS SELECT FROM WHERE;
"""

SCRIPT = '<script>alert("1")</script>'
LONG = "n" * 140 + "_middle_" + "z" * 152
HOSTILE = f"""
CREATE MATERIALIZED VIEW `{SCRIPT}` AS SELECT 1 AS `<img src=x onerror=alert(1)>`;
CREATE MATERIALIZED VIEW `{LONG}` AS SELECT * FROM `{SCRIPT}`;
CREATE MATERIALIZED VIEW `\x1b[31mred\x1b[0m\x07` AS SELECT * FROM `{LONG}`;
CREATE MATERIALIZED VIEW `\u202eevil\u202c` AS SELECT * FROM `{SCRIPT}`;
CREATE MATERIALIZED VIEW `שלום عالم` AS SELECT * FROM `\u202eevil\u202c`;
CREATE MATERIALIZED VIEW `👩‍👩‍👧 family` AS SELECT * FROM `שלום عالم`;
CREATE MATERIALIZED VIEW `表データ` AS SELECT * FROM `👩‍👩‍👧 family` JOIN `e\u0301te\u0301`;
CREATE MATERIALIZED VIEW `e\u0301te\u0301` AS SELECT * FROM parquet.`/a"]-->n9["b` JOIN `x#quot;"; end %% y`;
CREATE MATERIALIZED VIEW `  ` AS SELECT * FROM `&amp;`;
CREATE MATERIALIZED VIEW `&amp;` AS SELECT 'ü' AS `naïve`, 1 AS `]]>`;
"""

SAMPLES = {
    "example": example,
    "troubled": lambda: pipeline(TROUBLED),
    "hostile": lambda: pipeline(HOSTILE, '</title><script>"&', 'ab<"&>.sql'),
    "empty": lambda: pipeline(""),
}


def chain(many: int, every: int = 1) -> Pipeline:
    """*many* streaming tables, each behind the one *every* before it."""
    source = "STREAM read_files('/landing/all', format => 'json')"
    lines = [
        f"CREATE STREAMING TABLE t{n} AS SELECT * FROM {f'STREAM(t{n - every})' if n >= every else source};"
        for n in range(many)
    ]
    return pipeline("\n".join(lines))
