"""What an engine that speaks Spark Connect answers to a statement, as plain values that compare and store."""

from __future__ import annotations

import contextlib
import datetime
import logging
import math
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# the client looks for a whole Spark beside the program that runs it, which under pytest -n is none
os.environ.setdefault("SPARK_HOME", sys.prefix)
os.environ["TZ"] = "UTC"  # the client gives times in the zone of its process
time.tzset()

_AS_TEXT = ("interval", "variant", "geometry", "geography", "time(")  # types that the client cannot read


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns as (name, type) and rows of plain values; or the error, in its first words."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[Any, ...] = ()
    error: str = ""


def session(address: str) -> Any:
    """A session of its own at `sc://host:port`."""
    from pyspark.sql.connect.session import SparkSession

    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)  # it prints Java's stack
    spark = SparkSession.builder.remote(address).create()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark


@contextlib.contextmanager
def sail() -> Iterator[Any]:
    """A session of a new Sail server."""
    from pysail.spark import SparkConnectServer  # type: ignore[import-not-found]

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    spark = session(f"sc://127.0.0.1:{server.listening_address[1]}")
    try:
        yield spark
    finally:
        spark.stop()
        server.stop()


def ask(spark: Any, text: str, zone: str = "UTC") -> Answer:
    """Run *text* with the session's time zone set to *zone*."""
    try:
        if zone != "UTC":
            spark.conf.set("spark.sql.session.timeZone", zone)
        frame = spark.sql(text)
        columns = tuple((field.name, field.dataType.simpleString()) for field in frame.schema.fields)
        if any(type_.startswith(_AS_TEXT) for _, type_ in columns):
            frame = frame.toDF(*(f"c{n}" for n in range(len(columns))))
            frame = frame.selectExpr(
                *(
                    f"CAST(c{n} AS STRING)" if type_.startswith(_AS_TEXT) else f"c{n}"
                    for n, (_, type_) in enumerate(columns)
                )
            )
        return Answer(columns, tuple(plain(list(row)) for row in frame.collect()))
    except Exception as error:  # whatever an engine says, it is an answer
        return Answer(error=f"{type(error).__name__}: {str(error)[:150]}")
    finally:
        if zone != "UTC":
            spark.conf.set("spark.sql.session.timeZone", "UTC")


def plain(value: Any) -> Any:
    """A value as JSON knows it; the column's type says what it was."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return sorted(([plain(key), plain(item)] for key, item in value.items()), key=repr)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta, Decimal)):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
