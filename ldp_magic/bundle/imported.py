"""A project out of what was found: its settings and its sources; and what it would deploy beside what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ldp_magic.bundle.found import Found, Target
from ldp_magic.bundle.plain_toml import toml_text
from ldp_magic.bundle.said import Meant, meant
from ldp_magic.bundle.targets import MINE
from ldp_magic.bundle.written import Exported
from ldp_magic.resources.wanted import ROOT, Problem, Resource, Wanted

__all__ = ["differences", "project_files"]

Said = dict[str, Any]
# tables that a later place adds to, name by name
_BY_NAME = frozenset(
    {"parameters", "tags", "notifications", "permissions", "compute", "jobs", "row-filters", "masks", "views", "local"}
)
_UNKNOWN = re.compile(r"\$\{(?!root\}|resources\.[a-z]+\.[^}]+\.id\})[A-Za-z][\w.-]*\.[\w.-]+\}")


def project_files(found: Found) -> Exported:
    """The files of a project that deploys what was found; what it cannot say is left."""
    targets = tuple(_without_users(each) for each in found.targets)
    every = {each.name: meant(each, found.files) for each in targets}
    table = _Table(every)
    table.fill()
    used = {path for each in every.values() for path in each.used}
    files = {path: content for path, content in found.files.items() if path not in used}
    head = f"read from {found.name}; `ldp settings --env NAME` shows what these come to"
    files["ldp.toml"] = toml_text(*table.tables(found), head).encode()
    return Exported(dict(sorted(files.items())), (*found.left, *table.left, *_personal(found)))


def _without_users(target: Target) -> Target:
    """A target whose schema is that of everybody: settings know no name of the one who deploys."""
    return replace(target, resources=tuple(_shared(each) for each in target.resources))


def _shared(resource: Resource) -> Resource:
    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return value.removesuffix(MINE)
        if isinstance(value, Mapping):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    return replace(resource, settings=plain(resource.settings))


def _personal(found: Found) -> Iterator[Problem]:
    for target in found.targets:
        if any(str(each.settings.get("schema", "")).endswith(MINE) for each in target.of("pipeline")):
            yield Problem(
                what=f"each developer had a schema in {target.name}; now all share one",
                why="settings do not know who deploys",
                fix="set LDP_SCHEMA to a schema of your own",
                severity="warning",
            )
            return


@dataclass(slots=True)
class _Table:
    """What goes where: said by all targets at the top or of the pipeline, by some in their environment."""

    targets: Mapping[str, Meant]
    top: Said = field(default_factory=dict)
    pipelines: dict[str, Said] = field(default_factory=dict)
    environments: dict[str, Said] = field(default_factory=dict)
    left: list[Problem] = field(default_factory=list)

    def fill(self) -> None:
        """Sort everything that the targets say."""
        self.environments = {name: {} for name in self.targets if name}
        names = dict.fromkeys(name for each in self.targets.values() for name in each.pipelines)
        said = {name: {t: _joined(m.pipelines.get(name, {})) for t, m in self.targets.items()} for name in names}
        if any("paused" in one for each in said.values() for one in each.values()):
            said = {name: {t: {"paused": False, **one} for t, one in each.items()} for name, each in said.items()}
        _same_zones(said)
        self.pipelines = {name: {} for name in names}
        self.sort(said, self.pipelines)
        self.sort({"": {name: each.shared for name, each in self.targets.items()}}, {"": self.top})
        for key in ("catalog", "schema"):
            values = {each.get(key) for each in self.pipelines.values()}
            if len(values) == 1 and None not in values:
                self.top = {key: values.pop(), **self.top}
                for each in self.pipelines.values():
                    del each[key]
        self.top = {key: self.top[key] for key in sorted(self.top, key=lambda key: key not in ("catalog", "schema"))}

    def sort(self, said: Mapping[str, Mapping[str, Said]], shared: Mapping[str, Said]) -> None:
        """What each pipeline says in each target: in an environment where all agree, else of the pipeline."""
        for key in dict.fromkeys(key for each in said.values() for one in each.values() for key in one):
            values = {name: {t: one.get(key) for t, one in each.items()} for name, each in said.items()}
            if key not in _BY_NAME:
                self.place((key,), values, shared)
                continue
            inside = {name: {t: dict(one or {}) for t, one in each.items()} for name, each in values.items()}
            for word in dict.fromkeys(word for each in inside.values() for one in each.values() for word in one):
                own = {name: {t: one.get(word) for t, one in each.items()} for name, each in inside.items()}
                self.place((key, word), own, shared)

    def place(self, path: tuple[str, ...], values: Mapping[str, Mapping[str, Any]], shared: Mapping[str, Said]) -> None:
        """One value. An environment counts more than a pipeline, and cannot take anything away."""
        agreed = {t: _agreed([each[t] for each in values.values()]) for t in self.targets}
        apart = [t for t, one in agreed.items() if one is None]
        of_all = not apart and _same(list(agreed.values()))
        own = {
            name: each[apart[-1]] if apart else agreed[next(iter(agreed))] if of_all else None
            for name, each in values.items()
        }
        for name, value in own.items():
            _put(shared[name], path, value)
        for target, value in agreed.items():
            if value is not None and any(each != value for each in own.values()):
                _put(self.environments.setdefault(target, {}), path, value)

    def tables(self, found: Found) -> tuple[Said, list[tuple[tuple[str, ...], Said]]]:
        """The keys at the top, and the tables in the order in which they are read."""
        keys = {name: key for each in self.targets.values() for name, key in each.keys.items()}
        targets = found.dialects
        top, jobs = _without_jobs(self.top)
        tables: list[tuple[tuple[str, ...], Said]] = [(("jobs", name), job) for name, job in jobs.items()]
        for name, said in self.pipelines.items():
            sources = list(found.sources.get(keys[name], ()))
            target = {"target": targets[keys[name]]} if keys[name] in targets else {}
            tables.append((("pipelines", name), {"sources": sources, **target, **said}))
        for name, said in self.environments.items():
            own, jobs = _without_jobs(said)
            tables.append((("env", name), own))
            tables += [(("env", name, "jobs", job), each) for job, each in jobs.items()]
        return top, tables


def _without_jobs(said: Said) -> tuple[Said, dict[str, Said]]:
    return {key: value for key, value in said.items() if key != "jobs"}, said.get("jobs", {})


_WHEN, _ZONE = ("schedule", "trigger"), "schedule-time-zone"


def _joined(said: Said) -> Said:
    """A schedule or a trigger as one value: of two places the one that counts more says both."""
    when = {key: said[key] for key in _WHEN if key in said}
    rest = {key: value for key, value in said.items() if key not in _WHEN}
    return {**rest, **({"when": when} if when else {})}


def _same_zones(said: Mapping[str, Mapping[str, Said]]) -> None:
    """Where a pipeline has no schedule any zone will do: its own of another target, or else that of the others."""
    for each in said.values():
        own = next((one[_ZONE] for one in each.values() if _ZONE in one), None)
        for target, one in each.items():
            others = next((other[target][_ZONE] for other in said.values() if _ZONE in other[target]), None)
            if zone := one.get(_ZONE) or own or others:
                one[_ZONE] = zone


def _agreed(values: Sequence[Any]) -> Any:
    """What all say; nothing if they do not."""
    return values[0] if _same(values) else None


def _put(said: Said, path: tuple[str, ...], value: Any) -> None:
    if value is None:
        return
    for key in path[:-1]:
        said = said.setdefault(key, {})
    if path == ("when",):
        said |= value
    else:
        said[path[-1]] = value


def _same(values: Sequence[Any]) -> bool:
    return all(each == values[0] for each in values)


# --- beside what was found -------------------------------------------------------------------------------------------


def differences(target: Target, wanted: Wanted) -> Iterator[Problem]:
    """What a deploy of the new project would make otherwise than the target says."""
    mine = {(each.kind, each.name): each for each in wanted.resources}
    theirs = {(each.kind, each.name): each for each in _without_users(target).resources}
    for place, one in theirs.items():
        other = mine.get(place)
        of = f" of {target.name}" if target.name else ""
        if other is None:
            yield _lost(f"{place[0]} {place[1]}{of}", "no setting makes it")
            continue
        for path, was, now in _changed(_normal(one), _normal(other)):
            yield _lost(
                f"{path} of {place[0]} {place[1]}{of}", f"it is {_shown(was)} there, and would be {_shown(now)}"
            )


def _lost(what: str, why: str) -> Problem:
    return Problem(what=f"{what} is not taken over", why=why, fix="set it after the deploy, or keep the bundle for it")


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)[:80]


def _changed(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from _changed(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _changed(a, b, f"{path}[{number}]")
    elif one != other:
        yield path, one, other


_USUAL: Mapping[str, Any] = {
    "max_concurrent_runs": 1,
    "queue": {"enabled": True},
    "pause_status": "UNPAUSED",
    "source": "WORKSPACE",
    "edition": "ADVANCED",
    "channel": "CURRENT",
    "format": "MULTI_TASK",
    "run_if": "ALL_SUCCESS",
}
# where files lie, and what the service writes by itself
_PLACED = frozenset(
    {"libraries", "root_path", "id", "deployment", "edit_mode", "storage", "pipeline_type", "expected_last_modified"}
)


def _normal(resource: Resource) -> Any:
    """Settings without what they are anyway."""
    rights = sorted(sorted(each.items()) for each in resource.permissions)
    return {**_plain(resource.settings), **({"permissions": [dict(each) for each in rights]} if rights else {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        said = {key: _plain(one) for key, one in value.items() if key not in _PLACED}
        return {key: one for key, one in said.items() if not _is_usual(key, one)}
    if isinstance(value, (list, tuple)):
        keys = [each.get("task_key") if isinstance(each, Mapping) else None for each in value]
        plain = [_plain(each) for each in value]
        return dict(zip(keys, plain, strict=True)) if keys and all(keys) else plain
    return _plain_path(value) if isinstance(value, str) and value.startswith(ROOT) else value


def _plain_path(path: str) -> str:
    """A path without the ending of its file, and without the folder that a bundle makes for each target."""
    path = path.removesuffix(".sql").removesuffix(".py")
    setup, name = f"{ROOT}/setup/", path.rpartition("/")[2]
    return setup + name if path.startswith(setup) else path


def _is_usual(key: str, value: Any) -> bool:
    return value in (None, False, 0, "", {}, []) or _USUAL.get(key) == value
