"""The frames that user code holds: the client's own, except for what only a running pipeline could do with them.

They are known by their session, which is our stand-in for the real one, and so are all that are made of them. Frames
of other sessions are left alone, also while a run lasts.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ldp_magic.engine.code.asked import Reads
from ldp_magic.engine.code.marks import IDENTITIES, mark_stream, streams, watermarked, within
from ldp_magic.engine.code.refused import WRITES, no_context, refuse
from ldp_magic.engine.code.swaps import Swaps, there


class Frames:
    """Asks for frames on behalf of the code and marks those that the code takes for streams."""

    def __init__(self, reads: Reads, spark: Any) -> None:
        self._reads, self._spark = reads, spark
        self._here = os.getcwd()

    def table(self, name: str, streaming: bool, options: Mapping[str, str]) -> Any:
        if not isinstance(name, str):
            raise TypeError(f"the name of a table is a str, not {type(name).__name__}")
        return self._lent(partial(self._reads.table, name, streaming=streaming, options=dict(options)), streaming)

    def load(
        self, format: str, paths: Sequence[str], schema: object, streaming: bool, options: Mapping[str, str]
    ) -> Any:
        read = partial(self._reads.load, format, paths, schema=schema, streaming=streaming, options=dict(options))
        return self._lent(read, streaming)

    def sql(self, text: str, arguments: object, streaming: bool) -> Any:
        return self._lent(partial(self._reads.sql, text, arguments), streaming)

    def _lent(self, read: Callable[[], Any], streaming: bool) -> Any:
        """What is read, for user code. Each read has a plan of its own, as in Spark: `a.id == b.id` tells two apart."""
        with there(self._here):  # user code may be elsewhere
            frame = read()
        mine = _of_session(frame, self._spark)
        mine._plan = copy.copy(frame._plan)
        for name in IDENTITIES & vars(mine._plan).keys():
            if getattr(mine._plan, name) is not None:
                setattr(mine._plan, name, frame._plan._fresh_plan_id())
        if streaming:
            mark_stream(mine._plan)
        return mine

    def is_stream(self, frame: Any) -> bool:
        """Is a stream somewhere among what the frame is made of?"""
        return bool(streams(frame))

    def replace_methods(self, swaps: Swaps) -> None:
        """Until the end of the run: no writing, and streams that are batches underneath."""
        from pyspark.sql.connect.dataframe import DataFrame

        own = dict(vars(DataFrame))
        for name, ours in {
            "isStreaming": self.is_stream,
            "withWatermark": lambda frame: watermarked(own["withWatermark"].__get__(frame)),
            "dropDuplicatesWithinWatermark": lambda frame: within(own["dropDuplicatesWithinWatermark"].__get__(frame)),
            "checkpoint": lambda frame: lambda *_, **__: frame,
            "localCheckpoint": lambda frame: lambda *_, **__: frame,
            "rdd": lambda frame: no_context("DataFrame.rdd"),
            **{name: _writer(name) for name in ("write", "writeStream", "writeTo", "mergeInto")},
        }.items():
            swaps.attribute(DataFrame, name, _ours_or(name, vars(DataFrame).get(name), self._spark, ours))


def returned(frame: Any, session: Any) -> Any:
    """A frame of user code as one of the real session."""
    return _of_session(frame, session)


def _of_session(frame: Any, session: Any) -> Any:
    other: Any = object.__new__(type(frame))  # copy.copy would ask for an attribute, and the frame the server for it
    other.__dict__.update(vars(frame), _session=session)
    return other


def _writer(name: str) -> Callable[[Any], Any]:
    def use(_: Any) -> Any:
        refuse(f"DataFrame.{name}", WRITES, "return the frame: the pipeline writes it where the dataset says")

    return use


def _ours_or(name: str, theirs: Any, spark: Any, ours: Callable[[Any], Any]) -> property:
    """What *ours* says for frames of this run, and *theirs* for all others."""

    def find(frame: Any) -> Any:
        if frame._session is spark:
            return ours(frame)
        return frame.__getattr__(name) if theirs is None else theirs.__get__(frame, type(frame))

    return property(find)
