"""`spark` as user code sees it: the real session, which reads what the preview gives it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.code.asked import Reads
from ldp_magic.engine.code.frames import Frames
from ldp_magic.engine.code.readers import Reader
from ldp_magic.engine.code.refused import WRITES, StaysHere, no_context, refuse
from ldp_magic.engine.code.swaps import Swaps

if TYPE_CHECKING:
    from ldp_magic.engine.session import Session

_SAID = r"(?:\s|--[^\r\n]*(?:[\r\n]|\Z)|/\*(?:[^*]|\*(?!/))*\*/)*"
_WRITES = re.compile(
    _SAID + r"(ALTER|ANALYZE|COPY|CREATE(?!\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+)?TEMP)|DELETE|DROP|GRANT|INSERT"
    r"|MERGE|OPTIMIZE|REFRESH|RESTORE|REVOKE|TRUNCATE|UPDATE|VACUUM)\b",
    re.IGNORECASE,
)
_STREAM = re.compile(r"\bSTREAM\b", re.IGNORECASE)
_NONE: Any = object()


def stand_in(session: Session, reads: Reads, conf: Mapping[str, str], swaps: Swaps) -> Any:
    """A session that shares everything with the real one, except for what is read and what is set."""
    spark: Any = object.__new__(_session_class())
    spark.__dict__.update(vars(session.spark))
    spark._ldp_frames = Frames(reads, spark)
    spark._ldp_conf = Conf(session.spark.conf, conf, swaps)
    spark._ldp_swaps = swaps
    return spark


@lru_cache(maxsize=1)
def _session_class() -> type:
    from pyspark.sql import SparkSession as Named
    from pyspark.sql.connect.session import SparkSession as Connected

    # in some clients the session that `from pyspark.sql import SparkSession` names is another class than the real one
    bases: tuple[type, ...] = (Connected,) if issubclass(Connected, Named) else (Connected, Named)
    return type("SparkSession", (_Overridden, *bases), {"__module__": Connected.__module__})


class Builder:
    """`SparkSession.builder`: whatever is said about where the session should be, it is the one of the run.

    Who asks for a new session by `create`, as the engine itself does, gets one of the *real* builder.
    """

    def __init__(self, spark: Any, real: Callable[[], Any] | None = None) -> None:
        self._spark, self._real = spark, real
        self._said: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __get__(self, instance: object, owner: type) -> Builder:
        return Builder(self._spark, self._real)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def say(*values: Any, **named: Any) -> Builder:
            self._said.append((name, values, named))
            return self

        return say

    def getOrCreate(self) -> Any:
        for name, values, named in self._said:
            if name == "config":
                pairs = {**(named.get("map") or {}), **(dict([values]) if len(values) == 2 else {})}
                for key, value in pairs.items():
                    self._spark.conf.set(key, value)
        return self._spark

    def create(self) -> Any:
        if self._real is None:
            return self._spark
        builder = self._real()
        for name, values, named in self._said:
            builder = getattr(builder, name)(*values, **named)
        return builder.create()


class _Overridden(StaysHere):
    _ldp_frames: Frames
    _ldp_conf: Conf
    _ldp_swaps: Swaps

    @property
    def read(self) -> Reader:
        return Reader(self._ldp_frames, streaming=False)

    @property
    def readStream(self) -> Reader:
        return Reader(self._ldp_frames, streaming=True)

    def table(self, tableName: str) -> Any:
        return self.read.table(tableName)

    def sql(self, sqlQuery: str, args: Any = None, **kwargs: Any) -> Any:
        if kwargs:
            sqlQuery = self._with_frames(sqlQuery, kwargs)
        written = _WRITES.match(sqlQuery)
        if written:
            refuse(f"spark.sql: {written[1].upper()}", WRITES, "return a query: the pipeline makes the tables")
        return self._ldp_frames.sql(sqlQuery, args, streaming=_STREAM.search(sqlQuery) is not None)

    def _with_frames(self, text: str, named: Mapping[str, Any]) -> str:
        """`spark.sql("SELECT * FROM {frame}", frame=frame)`: frames become views of the session."""
        from pyspark.sql.connect.sql_formatter import SQLStringFormatter

        formatter: Any = SQLStringFormatter(self)  # type: ignore[arg-type]
        text = formatter.format(text, **named)
        for frame, name in formatter._temp_views:
            frame.createOrReplaceTempView(name)
            self._ldp_swaps.callback(_if_it_lives, frame._session.catalog.dropTempView, name)
        return text

    @property
    def conf(self) -> Conf:
        return self._ldp_conf

    @property
    def sparkContext(self) -> Any:
        return no_context("spark.sparkContext")

    def newSession(self) -> Any:
        return self

    def cloneSession(self, new_session_id: str | None = None) -> Any:
        return self

    def stop(self) -> None:
        """The session is not the code's to stop."""

    def __del__(self) -> None:
        """Nor does it end with this object."""


class Conf:
    """`spark.conf`: the pipeline's configuration first, then the session's, whose settings are put back."""

    def __init__(self, real: Any, given: Mapping[str, str], swaps: Swaps) -> None:
        self._real, self._said, self._swaps = real, dict(given), swaps

    def get(self, key: str, default: Any = _NONE) -> Any:
        if key in self._said:
            return self._said[key]
        if not key.startswith("spark.") and default is not _NONE:
            return default
        try:
            return self._real.get(key) if default is _NONE else self._real.get(key, default)
        except Exception as error:  # each server has a class of its own for a name that it does not know
            raise EngineError(
                f"spark.conf.get: nothing is configured as {key}",
                why="neither the pipeline's configuration nor the session has it",
                fix=f'give it in the configuration of the pipeline, or say spark.conf.get("{key}", "...")',
            ) from error

    def set(self, key: str, value: object) -> None:
        said = str(value).lower() if isinstance(value, bool) else str(value)
        if key.startswith("spark.sql."):
            self._swaps.callback(_if_it_lives, self._back, key, self._real.get(key, None))
            self._real.set(key, said)
        self._said[key] = said

    def unset(self, key: str) -> None:
        self._said.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        return bool(self._real.isModifiable(key))

    @property
    def getAll(self) -> dict[str, str]:
        return {**self._real.getAll, **self._said}

    def _back(self, key: str, before: str | None) -> None:
        if before is None:
            self._real.unset(key)
        else:
            self._real.set(key, before)


def _if_it_lives(work: Callable[..., object], *arguments: object) -> None:
    """Put something back in the session, unless its server is gone and everything with it."""
    with contextlib.suppress(Exception):
        work(*arguments)
