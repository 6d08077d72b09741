"""What a local run tells of itself: each call becomes one event, and whoever listens gets them in their order."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ldp_magic.errors import LdpError
from ldp_magic.events.event import OURS, Event
from ldp_magic.events.sentence import told
from ldp_magic.events.updated import Checked
from ldp_magic.events.values import written
from ldp_magic.events.words import CUT_SHORT, ENDS, FLOW_STATES
from ldp_magic.text import Location

_LEVELS = {"FAILED": "ERROR", "CANCELED": "WARN", "SKIPPED": "WARN", "STOPPED": "WARN"}
_ACTIONS = {"warn": "ALLOW", "drop": "DROP", "fail": "FAIL"}
_FLOW_TYPES = {"streaming table": "APPEND", "materialized view": "MATERIALIZED_VIEW", "sink": "APPEND"}
_MOST_CAUSES = 10


def steady() -> Callable[[], datetime]:
    """A clock that is set once and then only goes forwards."""
    wall, ticks = datetime.now(timezone.utc), time.monotonic()
    return lambda: wall + timedelta(seconds=time.monotonic() - ticks)


class Recorder:
    """Makes the events of one update. Flows that run side by side may all call it."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        *,
        update_id: str,
        number: int,
        pipeline: str,
        environment: str,
        place: str,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._emit, self._now = emit, now or steady()
        self._update, self._number = update_id, number
        self._origin = {"pipeline_name": pipeline, "update_id": update_id}
        self._where = {"number": number, "environment": environment, "place": place}
        self._lock = threading.RLock()
        self._count = 0
        self._began: datetime | None = None
        self._last: datetime | None = None
        self._flows: dict[str, str] = {}

    def created(
        self,
        cause: str = "USER_ACTION",
        full_refresh: Sequence[str] = (),
        refresh: Sequence[str] = (),
        flows: int | None = None,
    ) -> None:
        """The update begins. Without *refresh* all flows take part; `("all",)` is a full refresh of all of them."""
        ours: dict[str, Any] = {**self._where, "refresh": list(refresh), "full_refresh": list(full_refresh)}
        ours |= {} if flows is None else {"flows": flows}
        self._tell("create_update", {"cause": cause, "full_refresh": bool(full_refresh), OURS: ours})

    def update(self, state: str, message: str = "", *, error: BaseException | None = None) -> None:
        """The update is in that documented state from now on."""
        with self._lock:
            ours: dict[str, Any] = {}
            if state in ENDS:
                began = self._began or self._time()
                ours = {"seconds": _rounded((self._time() - began).total_seconds()), "flows": self._counts()}
            ours |= _failure(error)
            details: dict[str, Any] = {"state": state} | (
                {"cancellation_cause": "USER_ACTION"} if state == "CANCELED" else {}
            )
            details |= {OURS: ours} if ours else {}
            self._tell("update_progress", details, state=state, message=message, error=_exceptions(error, fatal=True))

    def defined(
        self,
        dataset: str,
        kind: str,
        flows: Sequence[str] = (),
        schema: Iterable[tuple[str, str]] = (),
        *,
        reads: Mapping[str, Sequence[str]] | None = None,
        expectations: int = 0,
        flow_type: str = "",
        language: str = "",
    ) -> None:
        """A dataset (its *kind* as the graph names it) and its flows; *reads* are the inputs of each flow."""
        made = {"dataset_type": kind.upper().replace(" ", "_"), "num_flows": len(flows), "expectations": expectations}
        with self._lock:
            self._tell("sink_definition" if kind == "sink" else "dataset_definition", made, dataset=dataset)
            for flow in flows:
                said = {
                    "output_sink" if kind == "sink" else "output_dataset": dataset,
                    "input_datasets": list((reads or {}).get(flow, ())),
                    "flow_type": flow_type or _FLOW_TYPES.get(kind, "VIEW"),
                    "schema": [{"name": name, "data_type": type_} for name, type_ in schema],
                }
                self._tell("flow_definition", said | _given(language=language), dataset=dataset, flow=flow)

    def flow(
        self,
        name: str,
        dataset: str,
        status: str,
        *,
        rows_read: int | None = None,
        rows_written: int | None = None,
        dropped: int | None = None,
        upserted: int | None = None,
        deleted: int | None = None,
        late: int | None = None,
        watermark: str = "",
        state_rows: int | None = None,
        seconds: float | None = None,
        backlog: int | None = None,
        expectations: Sequence[Checked] = (),
        why: str = "",
        warnings: Sequence[str] = (),
        error: BaseException | None = None,
        place: str | Location | None = None,
    ) -> None:
        """A flow is in that documented state from now on.

        Numbers of rows are those since the last call, and add up; *watermark*, *state_rows*, *seconds* (since the
        flow began) and *backlog* (rows still to be read) are as they are now. *why* says why it was skipped, or had
        nothing to do.
        """
        metrics = _given(
            num_output_rows=rows_written,
            num_upserted_rows=upserted,
            num_deleted_rows=deleted,
            backlog_records=backlog,
        )
        quality = _given(dropped_records=dropped) | (
            {"expectations": [_expectation(each, dataset) for each in expectations]} if expectations else {}
        )
        ours = _given(
            rows_read=rows_read,
            late=late,
            watermark=watermark,
            state_rows=state_rows,
            seconds=None if seconds is None else _rounded(seconds),
            why=why,
            warnings=list(warnings),
        )
        ours |= _failure(error, place)
        details: dict[str, Any] = {"status": status}
        details |= {key: value for key, value in (("metrics", metrics), ("data_quality", quality)) if value}
        details |= {OURS: ours} if ours else {}
        with self._lock:
            self._flows[name] = status
            level = "WARN" if warnings and status not in _LEVELS else ""
            where = {"dataset": dataset, "flow": name}
            self._tell("flow_progress", details, state=status, level=level, error=_exceptions(error), **where)

    # -- one event after the other ------------------------------------------------------------------------

    def _tell(
        self,
        event_type: str,
        details: Mapping[str, Any],
        *,
        dataset: str = "",
        flow: str = "",
        state: str = "",
        level: str = "",
        message: str = "",
        error: Mapping[str, Any] | None = None,
    ) -> None:
        with self._lock:
            self._count += 1
            time_ = self._time()
            self._began = self._began or time_
            origin = self._origin | _given(flow_name=flow)
            origin |= _given(**{"sink_name" if event_type == "sink_definition" else "dataset_name": dataset})
            event = Event(
                id=str(uuid.uuid4()),
                event_type=event_type,
                timestamp=written(time_),
                level=level or _LEVELS.get(state, "INFO"),
                maturity_level="STABLE",
                sequence={"data_plane_id": {"instance": self._number, "seq_no": self._count}},
                origin=origin,
                details={event_type: details},
                error=error,
            )
            self._emit(replace(event, message=message or told(event, f"update {self._number}").sentence))

    def _time(self) -> datetime:
        """Now, and never before what was said last."""
        now = self._now()
        self._last = now if self._last is None or now > self._last else self._last
        return self._last

    def _counts(self) -> dict[str, int]:
        ends = [CUT_SHORT.get(status, status) for status in self._flows.values()]
        words = [FLOW_STATES.get(status, status.lower()) for status in ends]
        return {word: words.count(word) for word in dict.fromkeys([*FLOW_STATES.values(), *words]) if word in words}


def _given(**said: Any) -> dict[str, Any]:
    """What was said at all; zero is something."""
    return {key: value for key, value in said.items() if value is not None and value != "" and value != []}


def _rounded(seconds: float) -> float:
    return round(max(seconds, 0.0), 3)


def _expectation(each: Checked, dataset: str) -> dict[str, Any]:
    said: dict[str, Any] = {"name": each.name, "dataset": each.dataset or dataset}
    said |= {"passed_records": each.passed, "failed_records": each.failed}
    return said | _given(action=_ACTIONS.get(each.action, ""))


def _failure(error: BaseException | None, place: str | Location | None = None) -> dict[str, Any]:
    """What a user needs: what, why, fix, and where."""
    if error is None and not place:
        return {}
    said: dict[str, Any] = _given(place=place if isinstance(place, str) or place is None else _words(place))
    if isinstance(place, Location):
        line, column = place.first
        said["location"] = {"path": place.source.name, "cell": place.source.cell, "line": line, "column": column}
    if isinstance(error, LdpError):
        said |= _given(what=error.what, why=error.why, fix=error.fix)
    elif error is not None:
        said["what"] = _message(error)
    return {"failure": said}


def _words(place: Location) -> str:
    cell = f"[{place.source.cell}]" if place.source.cell is not None else ""
    return f"{place.source.name}{cell}:{place.first.line}:{place.first.column}"


def _exceptions(error: BaseException | None, *, fatal: bool = False) -> dict[str, Any] | None:
    """The error and what caused it, the outermost first."""
    if error is None:
        return None
    found: list[BaseException] = [error]
    for each in found:  # grows while it is read
        more = [*getattr(each, "exceptions", ()), each.__cause__]
        found += [one for one in more if isinstance(one, BaseException) and one not in found]
        if len(found) >= _MOST_CAUSES:
            break
    exceptions = [{"class_name": _class(each), "message": _message(each)} for each in found[:_MOST_CAUSES]]
    return {"fatal": fatal, "exceptions": exceptions}


def _class(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    said = error.what if isinstance(error, LdpError) else str(error)
    return said or type(error).__name__
