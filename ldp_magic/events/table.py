"""Events as the rows of a table, with the columns of the documented event log: `details` is a JSON text, as there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ldp_magic.events.event import Event
from ldp_magic.events.values import items, mapping, text, whole

_ORIGIN = (
    *("cloud", "region", "org_id", "pipeline_id", "pipeline_name", "pipeline_type", "cluster_id", "update_id"),
    *("request_id", "dataset_name", "table_name", "sink_name", "flow_id", "flow_name", "batch_id", "host"),
    *("materialization_name", "uc_resource_id"),
)
_NUMBERS = ("org_id", "batch_id")
COLUMNS = (
    ("id", "string"),
    ("sequence", "struct<control_plane_seq_no:bigint,data_plane_id:struct<instance:bigint,seq_no:bigint>>"),
    ("origin", f"struct<{','.join(f'{key}:' + ('bigint' if key in _NUMBERS else 'string') for key in _ORIGIN)}>"),
    ("timestamp", "timestamp"),
    ("message", "string"),
    ("level", "string"),
    ("maturity_level", "string"),
    ("error", "struct<fatal:boolean,exceptions:array<struct<class_name:string,message:string>>>"),
    ("details", "string"),
    ("event_type", "string"),
)


def events_table(
    events: Iterable[Event | Mapping[str, Any]],
) -> tuple[tuple[tuple[str, str], ...], list[tuple[Any, ...]]]:
    """The columns (name, Spark's type) and the rows of `event_log`, in the order of the events; a struct is a dict."""
    return COLUMNS, [_row(each if isinstance(each, Event) else Event.from_dict(each)) for each in events]


def _row(event: Event) -> tuple[Any, ...]:
    values: dict[str, Any] = {
        "timestamp": event.at,
        "sequence": _sequence(event.sequence),
        "origin": {key: _plain(event.origin.get(key), key in _NUMBERS) for key in _ORIGIN},
        "error": _error(event.error),
        "details": json.dumps(dict(event.details), ensure_ascii=False, default=str) if event.details else None,
    }
    return tuple(values[name] if name in values else getattr(event, name) or None for name, _ in COLUMNS)


def _sequence(said: Mapping[str, Any]) -> dict[str, Any]:
    data = mapping(said.get("data_plane_id"))
    numbers = {key: _bigint(data.get(key)) for key in ("instance", "seq_no")}
    return {"control_plane_seq_no": _bigint(said.get("control_plane_seq_no")), "data_plane_id": numbers}


def _bigint(value: object) -> int | None:
    number = whole(value)
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


def _plain(value: object, number: bool) -> str | int | None:
    return _bigint(value) if number else text(value) or (None if value is None or value == "" else str(value))


def _error(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not said:
        return None
    exceptions = [mapping(each) for each in items(said.get("exceptions"))]
    texts = [{key: text(each.get(key)) or None for key in ("class_name", "message")} for each in exceptions]
    fatal = said.get("fatal")
    return {"fatal": fatal if isinstance(fatal, bool) else fatal == "true" if fatal else None, "exceptions": texts}
