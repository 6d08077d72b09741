"""The first rows of a table or of files, from Databricks or any Spark Connect server. Nothing is written there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import engine_at
from ldp_magic.sql.writing import quoted

T = TypeVar("T")


def rows_of(place: Place, parts: Sequence[str], limit: int, path: str = "", format: str = "parquet") -> Any:
    """An Arrow table of at most *limit* rows of a table, or of the files under a *path*."""

    def taken(spark: Any) -> Any:
        if not path:
            return spark.table(".".join(map(quoted, parts))).limit(limit).toArrow()
        reader = spark.read.format(format).option("header", "true")
        return reader.load(path).limit(limit).toArrow()

    return _asked(place, taken)


def lines_of(place: Place, path: str, limit: int) -> list[str]:
    """At most *limit* lines of the text files under a path, as they are."""
    return _asked(place, lambda spark: [row[0] for row in spark.read.text(path).limit(limit).collect()])


def _asked(place: Place, ask: Callable[[Any], T]) -> T:
    if place.embedded:
        raise EngineError(
            "the embedded engine has only what is on this machine already",
            why="rows are taken from where the source is",
            fix="say --place databricks or --place sc://host:port; or --fake, which makes rows up",
        )
    with engine_at(place).session() as session:
        return session.call(lambda: ask(session.spark))
