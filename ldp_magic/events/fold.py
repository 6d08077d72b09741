"""Events into the state of an update, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from ldp_magic.events.event import Event, ordered
from ldp_magic.events.updated import Action, Checked, Failure, FlowState, Phase, PhaseState, Updated
from ldp_magic.events.values import items, mapping, real, text, texts, whole
from ldp_magic.events.words import CUT_SHORT, ENDS, FLOW_STATES, PHASES

_KINDS = {
    "STREAMING_TABLE": "streaming table",
    "MATERIALIZED_VIEW": "materialized view",
    "TEMPORARY_VIEW": "temporary view",
    "VIEW": "view",
    "SINK": "sink",
    "TABLE": "table",
}
_FLOW_KINDS = {"APPEND": "streaming table", "CHANGE": "streaming table", "SNAPSHOT_CHANGE": "streaming table"} | {
    "MATERIALIZED_VIEW": "materialized view",
    "COMPLETE": "materialized view",
    "VIEW": "view",
}
_ACTIONS: dict[str, Action] = {"ALLOW": "warn", "DROP": "drop", "FAIL": "fail"}
_NO_FLOW = "pipelines.flowTimeMetrics.missingFlowName"
_SHOWN_ALWAYS = ("INITIALIZING", "SETTING_UP_TABLES", "RUNNING", "STOPPING")


def folded(events: Iterable[Event | Mapping[str, Any]], *, over: bool = False) -> Updated:
    """The state of an update, from its events in any order; those of other updates do not count.

    *over* says that nobody works on it any more: without an end it was cut short.
    """
    fold = Fold()
    for event in ordered(each if isinstance(each, Event) else Event.from_dict(each) for each in events):
        if not fold.head.id or not event.update or event.update == fold.head.id:
            fold.add(event)
    if over and not fold.head.ended:
        fold.head = replace(fold.head, state="CUT_SHORT", seconds=fold.head.elapsed())
    return fold.updated()


@dataclass(slots=True)
class Fold:
    """What is known so far, while events come in as they happen."""

    head: Updated = field(default_factory=Updated)
    states: list[tuple[str, datetime | None]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    flows: dict[str, FlowState] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)  # by flow, the last status that is an end

    def add(self, event: Event) -> None:
        """One more event."""
        head = self.head
        self.head = replace(
            head,
            id=head.id or event.update,
            pipeline=head.pipeline or text(event.origin.get("pipeline_name")),
            began=head.began or event.at,
            seen=event.at or head.seen,
        )
        take = _READERS.get(event.event_type)
        if take:
            take(self, event)

    def updated(self) -> Updated:
        """The update as it is now."""
        flows = tuple(self._flow(flow) for flow in self.flows.values())
        found = Counter(flow.word for flow in flows)
        counts = {word: found.pop(word) for word in dict.fromkeys(FLOW_STATES.values()) if word in found}
        counts |= found
        return replace(self.head, flows=flows, counts=counts, phases=self._phases(counts))

    def _flow(self, flow: FlowState) -> FlowState:
        status = flow.status
        if self.head.ended and status in CUT_SHORT:  # times of workspaces are not always in their order
            status = self.ends.get(flow.name, CUT_SHORT[status])
        return replace(flow, status=status, kind=flow.kind or self.kinds.get(flow.dataset, ""))

    def _phases(self, counts: Mapping[str, int]) -> tuple[Phase, ...]:
        began = dict(self.states)
        return tuple(
            Phase(name=name, state=self._phase(state, counts), began=began.get(state), seconds=self._length(state))
            for state, name in PHASES.items()
            if state in began or (state in _SHOWN_ALWAYS and not self.head.ended)
        )

    def _phase(self, state: str, counts: Mapping[str, int]) -> PhaseState:
        names = [name for name, _ in self.states]
        if state not in names:
            return "waiting"
        if state == "RUNNING" and counts.get("failed"):
            return "failed" if self.head.ended or names[-1] != "RUNNING" else "running"
        parts = [name for name in names if name in PHASES]
        if state != parts[-1]:
            return "done"
        ends: dict[str, PhaseState] = {"COMPLETED": "done", "FAILED": "failed"}
        ends |= {"CANCELED": "stopped", "CUT_SHORT": "stopped"}
        if self.head.state == "FAILED" and counts.get("failed"):
            return "done"  # it is a flow that failed, not this part
        return ends.get(self.head.state, "running")

    def _length(self, state: str) -> float | None:
        """The seconds from the beginning of a phase to that of what came next."""
        for (name, began), (_, ended) in zip(self.states, self.states[1:], strict=False):
            if name == state and began and ended:
                return max((ended - began).total_seconds(), 0.0)
        return None


def _created(fold: Fold, event: Event) -> None:
    said, ours = event.said, event.ours
    fold.head = replace(
        fold.head,
        number=whole(ours.get("number")),
        environment=text(ours.get("environment")),
        place=text(ours.get("place")),
        cause=text(said.get("cause")),
        refresh=texts(ours.get("refresh")),
        full_refresh=texts(ours.get("full_refresh"))
        or (("all",) if said.get("full_refresh") in (True, "true") else ()),
        expected=whole(ours.get("flows")),
    )


def _progressed(fold: Fold, event: Event) -> None:
    state = text(event.said.get("state"))
    if not state or fold.head.ended:  # what comes late is not news
        return
    if not fold.states or fold.states[-1][0] != state:
        fold.states.append((state, event.at))
    fold.head = replace(fold.head, state=state, failure=failure_of(event) or fold.head.failure)
    if state in ENDS:
        seconds = real(event.ours.get("seconds"))
        fold.head = replace(fold.head, seconds=fold.head.elapsed() if seconds is None else seconds)


def _dataset(fold: Fold, event: Event) -> None:
    kind = text(event.said.get("dataset_type")).upper().replace(" ", "_")
    fold.kinds[event.dataset] = _KINDS.get(kind, kind.lower().replace("_", " "))


def _sink(fold: Fold, event: Event) -> None:
    fold.kinds[event.dataset] = "sink"


def _defined(fold: Fold, event: Event) -> None:
    said = event.said
    dataset = event.dataset or text(said.get("output_dataset")) or text(said.get("output_sink"))
    dataset = dataset.replace("`", "")
    if event.flow:
        kind = _FLOW_KINDS.get(text(said.get("flow_type")).upper(), "")
        before = fold.flows.get(event.flow, FlowState(name=event.flow))
        fold.flows[event.flow] = replace(before, dataset=dataset)
        if kind:
            fold.kinds.setdefault(dataset, kind)


def _flow(fold: Fold, event: Event) -> None:
    name = event.flow or event.dataset
    if not name or name == _NO_FLOW:
        return
    before = fold.flows.get(name, FlowState(name=name))
    said, ours, metrics = event.said, event.ours, mapping(event.said.get("metrics"))
    quality = mapping(said.get("data_quality"))
    status = text(said.get("status")) or before.status
    if status not in CUT_SHORT:
        fold.ends[name] = status
    goes = FLOW_STATES.get(status) == "running"
    again = goes and before.word not in ("waiting", "running")
    began = event.at if again or (goes and before.began is None) else before.began
    seconds = real(ours.get("seconds"))
    if seconds is None and began and event.at and FLOW_STATES.get(status) in ("done", "unchanged", "failed", "stopped"):
        seconds = max((event.at - began).total_seconds(), 0.0)
    fold.flows[name] = replace(
        before,
        dataset=before.dataset or event.dataset,
        status=status,
        read=_sum(before.read, ours.get("rows_read")),
        written=_sum(before.written, metrics.get("num_output_rows")),
        upserted=_sum(before.upserted, metrics.get("num_upserted_rows")),
        deleted=_sum(before.deleted, metrics.get("num_deleted_rows")),
        dropped=_sum(before.dropped, quality.get("dropped_records")),
        late=_sum(before.late, ours.get("late")),
        state_rows=_last(before.state_rows, ours.get("state_rows")),
        backlog=_last(before.backlog, metrics.get("backlog_records")),
        watermark=text(ours.get("watermark")) or before.watermark,
        began=began,
        seconds=None if goes else seconds if seconds is not None else before.seconds,
        expectations=_checked(before.expectations, items(quality.get("expectations"))),
        why=text(ours.get("why")) or ("" if goes else before.why),
        warnings=tuple(dict.fromkeys((*before.warnings, *texts(ours.get("warnings"))))),
        failure=failure_of(event) or (None if goes or status in ("COMPLETED", "IDLE") else before.failure),
    )


def _sum(before: int | None, more: object) -> int | None:
    """Numbers of events are those of the event alone, so they add up."""
    number = whole(more)
    return before if number is None else (before or 0) + number


def _last(before: int | None, now: object) -> int | None:
    number = whole(now)
    return before if number is None else number


def _checked(before: tuple[Checked, ...], more: list[Any]) -> tuple[Checked, ...]:
    if not more:
        return before
    found = {(each.dataset, each.name): each for each in before}
    for said in map(mapping, more):
        key = text(said.get("dataset")), text(said.get("name"))
        old = found.get(key, Checked(name=key[1], dataset=key[0]))
        found[key] = replace(
            old,
            passed=old.passed + (whole(said.get("passed_records")) or 0),
            failed=old.failed + (whole(said.get("failed_records")) or 0),
            action=_ACTIONS.get(text(said.get("action")).upper(), old.action),
        )
    return tuple(found.values())


def failure_of(event: Event) -> Failure | None:
    """Why something failed, from what a local run adds, or else from the exceptions."""
    said = mapping(event.ours.get("failure"))
    exceptions = [mapping(each) for each in items(mapping(event.error).get("exceptions"))]
    messages = [text(each.get("message")) or text(each.get("class_name")) for each in exceptions]
    messages = [each for each in messages if each]
    what = text(said.get("what")) or next(iter(messages), "")
    if not what:
        return None
    return Failure(
        what=what,
        why=text(said.get("why")),
        fix=text(said.get("fix")),
        place=text(said.get("place")),
        causes=tuple(dict.fromkeys(each for each in messages if each != what)),
    )


_READERS = cast(
    "dict[str, Any]",
    {
        "create_update": _created,
        "update_progress": _progressed,
        "dataset_definition": _dataset,
        "sink_definition": _sink,
        "flow_definition": _defined,
        "flow_progress": _flow,
    },
)
