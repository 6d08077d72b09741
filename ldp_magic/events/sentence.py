"""What an event says in one sentence of plain words, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from ldp_magic.events.event import Event
from ldp_magic.events.fold import failure_of
from ldp_magic.events.values import items, mapping, real, text, texts, whole
from ldp_magic.events.words import ENDS, FLOW_STATES, PHASES, UPDATE_STATES, duration, figure, listed, rows


@dataclass(frozen=True, slots=True)
class Told:
    """The state that an event tells of, its sentence, and the rows that were dropped."""

    state: str  # running, done, failed, skipped, stopped, waiting, ...; empty if it tells of none
    text: str
    dropped: int = 0
    turns: bool = False  # whether it is worth a line in a log: a beginning, or an end

    @property
    def sentence(self) -> str:
        return f"{self.text}, {figure(self.dropped)} dropped" if self.dropped else self.text


def told(event: Event, name: str = "") -> Told:
    """What an event tells; *name* is that of its update, if it has a better one than the beginning of its id."""
    name = name or f"update {event.update[:6]}".rstrip()
    if event.event_type == "create_update":
        return _created(event)
    if event.event_type == "update_progress":
        return _progressed(event, name)
    if event.event_type == "flow_progress":
        return _flow(event)
    if event.event_type == "dataset_definition":
        kind = text(event.said.get("dataset_type")).lower().replace("_", " ")
        return Told("", f"{event.dataset} is a {kind or 'dataset'}")
    if event.event_type == "flow_definition":
        return Told("", _defined(event))
    return Told("", event.message or event.event_type.replace("_", " "))


def _created(event: Event) -> Told:
    number, ours = whole(event.ours.get("number")), event.ours
    name = f"update {number}" if number is not None else f"update {event.update[:6]}".rstrip()
    many = whole(ours.get("flows"))
    flows = "" if many is None else f"{many:,} flow{'' if many == 1 else 's'}"
    said = [text(ours.get("environment")), text(ours.get("place")), flows, *_selected(event)]
    return Told("running", ", ".join([f"{name} started", *(each for each in said if each)]), turns=True)


def _selected(event: Event) -> list[str]:
    refresh, full = texts(event.ours.get("refresh")), texts(event.ours.get("full_refresh"))
    said = [f"only {listed(refresh)}"] if refresh else []
    everything = full == ("all",) or (not full and event.said.get("full_refresh") in (True, "true"))
    return [*said, "full refresh" + ("" if everything else f" of {listed(full)}")] if full or everything else said


def _progressed(event: Event, name: str) -> Told:
    state = text(event.said.get("state"))
    if state not in ENDS:
        doing = PHASES.get(state, state.lower().replace("_", " "))
        return Told(UPDATE_STATES.get(state, "running"), f"{name}: {doing}" if doing else name)
    seconds = real(event.ours.get("seconds"))
    word = UPDATE_STATES[state]
    said = f"{name} {word}" + (f" after {duration(seconds)}" if seconds is not None else "")
    failure = failure_of(event)
    more = [f"{whole(many) or 0:,} {each}" for each, many in mapping(event.ours.get("flows")).items()]
    tail = "; ".join(part for part in (", ".join(more), failure.what if failure else "") if part)
    return Told(word, f"{said}: {tail}" if tail else said, turns=True)


def _flow(event: Event) -> Told:
    status, name = text(event.said.get("status")), event.flow or event.dataset
    word = FLOW_STATES.get(status, status.lower().replace("_", " ") or "running")
    why, failure = text(event.ours.get("why")), failure_of(event)
    if word == "failed":
        return Told(word, f"{name} failed" + (f": {_behind(failure.what, name)}" if failure else ""), turns=True)
    figures = _figures(event) if word != "unchanged" else ""
    said = f"{name} {'is ' if word in ('waiting', 'running', 'unchanged') else ''}{word}"
    tail = ", ".join(part for part in (figures, why) if part)
    dropped = whole(mapping(event.said.get("data_quality")).get("dropped_records")) or 0
    turns = word not in ("waiting", "running", "left out")
    return Told(word, f"{said}: {tail}" if tail else said, dropped, turns)


def _behind(what: str, name: str) -> str:
    """What happened, without the name that stands in front of it already."""
    return what.removeprefix(f"{name} stopped: ").removeprefix(f"{name}: ")


def _figures(event: Event) -> str:
    """`2,400,000 rows in 3.9 s, 2 late`"""
    metrics, ours = mapping(event.said.get("metrics")), event.ours
    written = whole(metrics.get("num_output_rows"))
    kinds = {"upserted": metrics.get("num_upserted_rows"), "deleted": metrics.get("num_deleted_rows")}
    said = [rows(number, kind) for kind, value in kinds.items() if (number := whole(value))]
    said = said or ([rows(written)] if written is not None else [])
    seconds = real(ours.get("seconds"))
    if seconds is not None:
        took = f"in {duration(seconds)}"
        said = [*said[:-1], f"{said[-1]} {took}"] if said else [took]
    late = whole(ours.get("late"))
    return ", ".join([*said, *([f"{figure(late)} late"] if late else [])])


def _defined(event: Event) -> str:
    reads = texts(items(event.said.get("input_datasets")))
    target = event.dataset or text(event.said.get("output_dataset")) or text(event.said.get("output_sink"))
    into = f" into {target}" if target and target != event.flow else ""
    return (
        f"{event.flow} writes{into}" + (f", from {listed(reads)}" if reads else "")
        if into
        else (f"{event.flow} reads {listed(reads)}" if reads else f"{event.flow} is a flow")
    )
