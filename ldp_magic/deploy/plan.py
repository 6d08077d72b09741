"""What a deploy would do, as a value: what is wanted beside what is there. Reads nothing, calls nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, Literal, TypeAlias

from ldp_magic.cron import Schedule, ScheduleError, read
from ldp_magic.deploy.effects import Effect, effects
from ldp_magic.resources.wanted import File, Json, Kind, Resource, Wanted

__all__ = ["Action", "Change", "Have", "Held", "Plan", "Runs", "Step", "plan", "portless"]

Action: TypeAlias = Literal["add", "change", "recreate", "remove", "unchanged"]
FIRES = 5
MOST_LINES = 20_000
_HERE = re.compile(r"(https?://(?:127\.0\.0\.1|localhost|\[::1\])):\d{1,5}")
_STAYING = ("schema", "volume")  # what deploys make and never take away


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An object that an earlier deploy made: *sent* is what was sent last, *remote* what is there now, in the same
    words (`ROOT` and `ref()`), or None if somebody deleted it."""

    id: str
    sent: Mapping[str, Json] = field(default_factory=dict)
    remote: Mapping[str, Json] | None = field(default_factory=dict)
    permissions: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Have:
    """What is there: what earlier deploys wrote down, and what the workspace says. Nothing, where none was *asked*."""

    asked: bool = False
    why: str = ""  # no workspace was asked
    who: str = ""
    host: str = ""
    profile: str = ""
    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)  # sha256 by path
    texts: Mapping[str, bytes] = field(default_factory=dict)  # what changed files hold there, where that was read
    resources: Mapping[tuple[Kind, str], Held] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # as deployed last
    serial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting by its dotted path. None stands for nothing. *origin* is the place that says the new value."""

    path: str
    was: Json = None
    now: Json = None
    origin: str = ""

    @property
    def action(self) -> Action:
        return "add" if self.was is None else "remove" if self.now is None else "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of one file or object. *settings* is what is sent; *drift* was changed in the workspace by others,
    and is kept unless it stands in *changes*, too."""

    action: Action
    kind: Literal["file", "schema", "volume", "pipeline", "job"]
    key: str
    name: str
    id: str = ""
    changes: tuple[Change, ...] = ()
    unchanged: int = 0  # settings
    drift: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict, repr=False)
    resource: Resource | None = field(default=None, repr=False)
    permit: tuple[Mapping[str, Json], ...] = ()  # rights that were not given yet
    file: File | None = field(default=None, repr=False)
    was: bytes | None = field(default=None, repr=False)
    added: int | None = None  # lines
    removed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """When a job runs next."""

    job: str
    words: str
    zone: str
    times: tuple[datetime, ...] = ()
    notes: tuple[str, ...] = ()  # daylight saving


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that a deploy would do, and what that means for the rows."""

    wanted: Wanted
    have: Have
    steps: tuple[Step, ...] = ()
    effects: tuple[Effect, ...] = ()
    runs: tuple[Runs, ...] = ()

    @property
    def hash(self) -> str:
        """Changes when anything moves: what is wanted, or what is there."""
        return hashlib.sha256(json.dumps(self._marks(), sort_keys=True, default=_plain).encode()).hexdigest()[:12]

    def _marks(self) -> list[Any]:
        wanted, have = self.wanted, self.have
        held = [[*key, one.id, one.sent, one.remote, one.permissions] for key, one in sorted(have.resources.items())]
        made = [[each.kind, each.key, each.settings, each.permissions] for each in wanted.resources]
        files = [[each.path, each.sha256] for each in wanted.files]
        there = [portless(have.host), have.who, have.folder]
        place = [wanted.project, wanted.environment, wanted.profile, wanted.root, *there]
        return [place, files, made, wanted.setup, wanted.tables, have.files, held, have.tables]

    def count(self, *actions: Action) -> int:
        """How many files and settings are added, changed and so on; a new object counts as one."""
        return sum(_count(step, action) for step in self.steps for action in actions)

    @property
    def timeless(self) -> Plan:
        """The same without times and ports: what a notebook keeps that is run again and compared."""
        runs = tuple(replace(each, times=(), notes=()) for each in self.runs)
        return replace(self, have=replace(self.have, host=portless(self.have.host)), runs=runs)

    @property
    def empty(self) -> bool:
        """Whether nothing would be sent."""
        return all(step.action == "unchanged" and not step.permit for step in self.steps)

    @property
    def refreshed(self) -> tuple[Effect, ...]:
        """The tables that have to begin anew."""
        return tuple(each for each in self.effects if each.effect == "full refresh")

    @property
    def destroyed(self) -> tuple[Effect, ...]:
        """The tables that would go, and their rows with them."""
        return tuple(each for each in self.effects if each.effect == "table dropped")


def portless(address: str) -> str:
    """An address; of one on this machine only what stays: its port is another one each time."""
    return _HERE.sub(r"\1", address)


def _count(step: Step, action: Action) -> int:
    if step.action == "change" and step.kind != "file":
        return sum(each.action == action for each in step.changes) + (step.unchanged if action == "unchanged" else 0)
    if step.action == "unchanged" and step.kind != "file":
        return step.unchanged if action == "unchanged" else 0
    return int(step.action == action or (step.action == "recreate" and action == "change"))


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else str(value)


def plan(wanted: Wanted, have: Have, *, now: datetime | None = None, overwrite: bool = False) -> Plan:
    """What would make the workspace hold what is wanted. What others changed there is kept, unless *overwrite*."""
    objects = [*_objects(wanted, have, overwrite), *_left_over(wanted, have)]
    configuration: dict[str, str] = {}
    for resource in wanted.resources:
        said = resource.settings.get("configuration")
        configuration |= {name: str(value) for name, value in said.items()} if isinstance(said, Mapping) else {}
    return Plan(
        wanted=wanted,
        have=have,
        steps=(*_files(wanted, have), *objects),
        effects=effects(have.tables, wanted.tables, configuration),
        runs=tuple(_runs(wanted, objects, now or datetime.now(timezone.utc))),
    )


# --- files -----------------------------------------------------------------------------------------------------------


def _files(wanted: Wanted, have: Have) -> Iterator[Step]:
    changed, same = list[Step](), list[Step]()
    for file in wanted.files:
        known = have.files.get(file.path)
        if known == file.sha256:
            same.append(Step(action="unchanged", kind="file", key=file.path, name=file.path, file=file))
        else:
            changed.append(_file(file, have.texts.get(file.path), new=known is None))
    wanted_too = {file.path for file in wanted.files}
    gone = [path for path in sorted(have.files) if path not in wanted_too]
    yield from sorted(changed, key=lambda step: step.action != "add")
    for path in gone:
        yield Step(action="remove", kind="file", key=path, name=path, was=have.texts.get(path))
    yield from same


def _file(file: File, was: bytes | None, *, new: bool) -> Step:
    now = _lines(file.content)
    added, removed = (len(now), 0) if new else (None, None) if was is None else _differ(_lines(was), now)
    action: Action = "add" if new else "change"
    return Step(
        action=action, kind="file", key=file.path, name=file.path, file=file, was=was, added=added, removed=removed
    )


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()


def _differ(was: Sequence[str], now: Sequence[str]) -> tuple[int | None, int | None]:
    """How many lines came and went; not counted where that would take long."""
    if len(was) + len(now) > MOST_LINES:
        return None, None
    codes = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    changed = [code for code in codes if code[0] != "equal"]
    return sum(code[4] - code[3] for code in changed), sum(code[2] - code[1] for code in changed)


# --- objects ---------------------------------------------------------------------------------------------------------


def _objects(wanted: Wanted, have: Have, overwrite: bool) -> Iterator[Step]:
    for resource in wanted.resources:
        held = have.resources.get((resource.kind, resource.key))
        if held is None or held.remote is None:
            reason = () if held is None else ("somebody deleted it in the workspace",)
            yield Step(
                action="add", kind=resource.kind, key=resource.key, name=resource.name, reasons=reason,
                changes=tuple(_changes({}, resource.settings, resource.origin)), settings=resource.settings,
                resource=resource, permit=resource.permissions,
            )  # fmt: skip
        else:
            yield _known(resource, held, held.remote, overwrite)


def _known(resource: Resource, held: Held, remote: Mapping[str, Json], overwrite: bool) -> Step:
    """Three ways meet: what was sent last, what is there now, what is wanted."""
    drift = tuple(_changes(held.sent, remote, {})) if held.sent else ()
    settings = resource.settings if overwrite or not drift else _merged(held.sent, remote, resource.settings)
    changes = tuple(_changes(remote, settings, resource.origin))
    moved = _moved(resource, remote)
    permit = tuple(each for each in resource.permissions if each not in held.permissions)
    return Step(
        action="recreate" if moved else "change" if changes else "unchanged",
        kind=resource.kind, key=resource.key, name=resource.name, id=held.id, changes=changes,
        unchanged=sum(1 for key in settings if key in remote and remote[key] == settings[key]), drift=drift,
        reasons=moved, settings=settings, resource=resource, permit=resource.permissions if moved else permit,
    )  # fmt: skip


def _moved(resource: Resource, remote: Mapping[str, Json]) -> tuple[str, ...]:
    """Why an object cannot be changed into what is wanted."""
    if resource.kind == "pipeline" and remote.get("storage") and not remote.get("catalog"):
        return ("a pipeline with a storage location cannot move to a catalog",)
    return ()


def _merged(sent: Json, remote: Json, wanted: Json) -> dict[str, Json]:
    """What is wanted, with what others changed where we want what we wanted before."""
    old, there, new = (value if isinstance(value, Mapping) else {} for value in (sent, remote, wanted))
    found: dict[str, Json] = {}
    for key in {**new, **there}:
        if all(isinstance(each.get(key), Mapping) for each in (there, new)):
            found[key] = _merged(old.get(key), there[key], new[key])
        elif _same(old.get(key), new.get(key)):
            found |= {key: there[key]} if key in there else {}
        elif key in new:
            found[key] = new[key]
    return found


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one, sort_keys=True, default=_plain) == json.dumps(other, sort_keys=True, default=_plain)


def _changes(was: Json, now: Json, origin: Mapping[str, str], path: str = "") -> Iterator[Change]:
    """Each setting that differs, down to the smallest part that does."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in {**now, **was}:
            inner = f"{path}.{key}" if path else str(key)
            yield from _changes(was.get(key), now.get(key), origin, inner)
    elif (_listed(was) or was is None) and (_listed(now) or now is None) and (was or now):
        old, new = (list(each) if isinstance(each, (list, tuple)) else [] for each in (was, now))
        for number in range(max(len(old), len(new))):
            pair = [each[number] if number < len(each) else None for each in (old, new)]
            yield from _changes(pair[0], pair[1], origin, f"{path}[{number}]")
    elif isinstance(now, Mapping) and was is None and now:
        for key, value in now.items():
            yield from _changes(None, value, origin, f"{path}.{key}")
    elif not _same(was, now):
        yield Change(
            path=path, was=was, now=now, origin=origin.get(path) or origin.get(re.split(r"[.\[]", path)[0], "")
        )


def _listed(value: Json) -> bool:
    """A list of tables, whose parts are told one by one."""
    return isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) for each in value)


def _left_over(wanted: Wanted, have: Have) -> Iterator[Step]:
    """What earlier deploys made and nothing wants any more."""
    known = {(each.kind, each.key) for each in wanted.resources}
    for (kind, key), held in sorted(have.resources.items(), reverse=True):
        if (kind, key) in known:
            continue
        name = str((held.remote or held.sent).get("name", key))
        stays = kind in _STAYING
        yield Step(
            action="unchanged" if stays else "remove", kind=kind, key=key, name=name, id=held.id,
            reasons=(f"the {kind} stays, with what it holds",) if stays else ("nothing here makes it any more",),
        )  # fmt: skip


# --- when ------------------------------------------------------------------------------------------------------------


def _runs(wanted: Wanted, steps: Iterable[Step], now: datetime) -> Iterator[Runs]:
    for step in steps:
        schedule = step.settings.get("schedule") if step.kind == "job" else None
        if isinstance(schedule, Mapping):
            try:
                found = read(str(schedule["quartz_cron_expression"]), str(schedule["timezone_id"]))
            except ScheduleError:
                continue  # one of the problems
            yield _next(step.name, found, now, paused=schedule.get("pause_status") == "PAUSED")


def _next(job: str, schedule: Schedule, now: datetime, *, paused: bool) -> Runs:
    times = tuple(islice(schedule.fires(now), FIRES))
    notes = ("paused: it does not run until somebody starts it",) if paused else ()
    return Runs(
        job=job, words=schedule.words(), zone=schedule.zone, times=times, notes=(*notes, *_saving(schedule, times, now))
    )


def _saving(schedule: Schedule, times: Sequence[datetime], now: datetime) -> Iterator[str]:
    """What daylight saving does among the next runs."""
    if not times:
        yield "it never runs"
        return
    first = now.astimezone(times[0].tzinfo)
    for before, after in zip((first, *times), times, strict=False):
        if before.utcoffset() != after.utcoffset():
            turn = "begins" if (after.utcoffset() or timedelta()) > (before.utcoffset() or timedelta()) else "ends"
            day = f"{after:%a} {after.day} {after:%b}"
            yield f"daylight saving {turn} before {day}: {offset(before)}, then {offset(after)}"
    walls = replace(schedule, zone="UTC").fires(first.replace(tzinfo=timezone.utc))
    here = {time.replace(tzinfo=None) for time in times}
    for wall in islice(walls, 2 * FIRES):
        bare = wall.replace(tzinfo=None)
        if bare > times[-1].replace(tzinfo=None):
            return
        if bare not in here:
            yield f"{wall:%a} {wall.day} {wall:%b} has no {wall:%H:%M} in {schedule.zone}: it does not run that day"


def offset(time: datetime) -> str:
    """`UTC+1`"""
    minutes = int((time.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
