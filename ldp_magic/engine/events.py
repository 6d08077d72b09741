"""A file of events in the place of a topic: each line an event, with the columns that the system would give it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ldp_magic.engine.files import listed
from ldp_magic.errors import LdpError

KAFKA = "key binary, value binary, topic string, partition int, offset bigint, timestamp timestamp, timestampType int"
KINESIS = (
    "partitionKey string, data binary, stream string, shardId string, sequenceNumber string,"
    " approximateArrivalTimestamp timestamp"
)
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def frame(spark: Any, system: str, name: str, path: str) -> Any:
    """The events of a file or folder."""
    return frame_of_lines(spark, system, name, _lines(path))


def frame_of_lines(spark: Any, system: str, name: str, lines: Iterable[str], first: int = 0) -> Any:
    """Events by their lines; *first* is the offset of the first one. A line that is an object with `value` (or `data`)
    is an event with its parts; any other line is the value itself."""
    events = [_event(line) for line in lines if line.strip()]
    if system == "kinesis":
        shards = [
            (
                _text(e.get("partitionKey", e.get("key"))),
                _bytes(e.get("data", e.get("value"))),
                name,
                "shard-0",
                str(n),
                _at(e),
            )
            for n, e in enumerate(events, first)
        ]
        return spark.createDataFrame(shards, KINESIS)
    if system != "kafka":
        raise LdpError(
            f"events of {system} have no stand-in here",
            why="their columns are not known",
            fix="preview it with --place databricks",
        )
    rows = [
        (
            _bytes(e.get("key")),
            _bytes(e.get("value")),
            _text(e.get("topic")) or name,
            int(e.get("partition") or 0),
            n,
            _at(e),
            0,
        )
        for n, e in enumerate(events, first)
    ]
    return spark.createDataFrame(rows, KAFKA)


def _lines(path: str) -> Iterator[str]:
    files = listed(path)
    if not files:
        raise LdpError(
            f"no file is at {os.path.basename(path) or path}",
            why="[tool.ldp.local] says that it stands in for a stream of events",
            fix="put a file there, one event in each line",
        )
    for file in files:
        yield from Path(file.path).read_text(encoding="utf-8-sig", errors="replace").splitlines()


def _event(line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except ValueError:
        return {"value": line}
    return read if isinstance(read, dict) and ("value" in read or "data" in read) else {"value": line}


def _bytes(value: Any) -> bytes | None:
    text = _text(value)
    return None if text is None else text.encode()


def _text(value: Any) -> str | None:
    return (
        value
        if value is None or isinstance(value, str)
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    )


def _at(event: dict[str, Any]) -> datetime:
    said = event.get("timestamp", event.get("approximateArrivalTimestamp"))
    if isinstance(said, (int, float)):
        return datetime.fromtimestamp(said / 1000, timezone.utc)
    try:
        at = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
    except ValueError:
        return _START
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)
