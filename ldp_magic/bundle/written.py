"""The files of a bundle: `databricks.yml`, one file for each object, and the sources below `src`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldp_magic.bundle.factored import factored
from ldp_magic.bundle.plain_yaml import Quoted, yaml_text
from ldp_magic.bundle.targets import MINE, Target
from ldp_magic.cron import ScheduleError, read
from ldp_magic.resources.files import slug
from ldp_magic.resources.wanted import ROOT, Problem

__all__ = ["Exported", "bundle_files"]

SOURCES = "src"
_ONE = {"pipelines": "pipeline", "jobs": "job", "schemas": "schema", "volumes": "volume"}
_HEAD = "Written by `ldp export bundle`; the next one writes it anew, unless somebody has edited it."
_TEXTS = ("configuration", "tags", "spark_conf", "custom_tags", "base_parameters", "parameters")
_IGNORED = b".databricks/\n"


@dataclass(frozen=True, slots=True)
class Exported:
    """The files of an export by their paths, and what its format cannot hold."""

    files: Mapping[str, bytes]
    left: tuple[Problem, ...] = ()


def bundle_files(name: str, targets: Sequence[Target]) -> Exported:
    """A bundle with these targets; the first of development is the default."""
    sources = _Sources.of(targets)
    shared, own = _objects(targets, sources)
    files = {f"{SOURCES}/{path}": content for path, content in sources.files.items()}
    for (field_, key), settings in shared.items():
        kind = _ONE[field_]
        text = _resource(field_, key, settings, sources.below(".."))
        files[f"resources/{key}.{kind}.yml"] = text.encode()
    files["databricks.yml"] = _main(name, targets, own, sources.below(".")).encode()
    files[".gitignore"] = _IGNORED
    left = {each.what: each for target in targets for each in target.left}
    return Exported(dict(sorted(files.items())), tuple(left.values()))


def _objects(
    targets: Sequence[Target], sources: _Sources
) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[str, dict[tuple[str, str], Any]]]:
    """What all targets share of each object, and what each target adds."""
    shared: dict[tuple[str, str], dict[str, Any]] = {}
    own: dict[str, dict[tuple[str, str], Any]] = {target.name: {} for target in targets}
    for place in dict.fromkeys(place for target in targets for place in target.resources):
        every = {t.name: sources.moved(t.resources[place], t) if place in t.resources else None for t in targets}
        common, rest = factored(every, whole=place[0] in ("schemas", "volumes"))
        if common:
            shared[place] = common
        for name, each in rest.items():
            own[name][place] = each
    return shared, own


# --- the sources ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sources:
    """The files of all targets. A folder that is not the same in all of them has a folder for each target in it."""

    files: Mapping[str, bytes]
    apart: frozenset[str]
    names: Mapping[str, str] = field(default_factory=dict)  # what a notebook is called there -> its file

    @classmethod
    def of(cls, targets: Sequence[Target]) -> _Sources:
        held = {target.name: {file.path: file.content for file in target.wanted.files} for target in targets}
        folders = {_top(path) for each in held.values() for path in each}
        libraries = {top for target in targets for top in _tops(target)}
        apart = frozenset(
            top for top in folders if not _alike([_below(each, top) for each in held.values()], whole=top in libraries)
        )
        files = {_apart(path, name, apart): one for name, each in held.items() for path, one in each.items()}
        every = {file.path: file for target in targets for file in target.wanted.files}
        names = {file.name: path for path, file in every.items() if file.name != path}
        names |= {path.removesuffix(".ipynb"): path for path in every if path.endswith(".ipynb")}
        return cls(files, apart, names)

    def moved(self, value: Any, target: Target) -> Any:
        """Settings whose paths lead to the files of a target."""

        def to_file(text: str) -> str:
            inside = text.removeprefix(f"{ROOT}/")
            if inside == text:
                return text
            return f"{ROOT}/{_apart(self.names.get(inside, inside), target.name, self.apart)}"

        return _texts(value, to_file)

    def below(self, folder: str) -> Callable[[Any], Any]:
        """Settings whose paths begin at the folder of the file that says them."""

        def place(text: str) -> str:
            return text.replace(ROOT, f"{folder}/{SOURCES}") if text.startswith(ROOT) else text

        return lambda value: _texts(value, place)


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _below(files: Mapping[str, bytes], top: str) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if _top(path) == top}


def _alike(every: Sequence[Mapping[str, bytes]], *, whole: bool) -> bool:
    """Whether files can lie together: what one target has and another has not is in nobody's way, but in a *whole*
    folder that a pipeline reads."""
    together = {path: content for each in every for path, content in each.items()}
    return all(each == together if whole else each.items() <= together.items() for each in every)


def _tops(target: Target) -> Iterator[str]:
    """The folders that the pipelines of a target read."""
    for (kind, _), settings in target.resources.items():
        for library in settings.get("libraries", ()) if kind == "pipelines" else ():
            path = next(iter(next(iter(library.values())).values()))
            yield _top(str(path).removeprefix(f"{ROOT}/"))


def _apart(path: str, target: str, apart: frozenset[str]) -> str:
    top = _top(path)
    if top not in apart:
        return path
    return f"{top}/{slug(target)}/{path[len(top) + 1 :]}" if top else f"{slug(target)}/{path}"


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _texts(one, change) for key, one in value.items()}
    return [_texts(one, change) for one in value] if isinstance(value, (list, tuple)) else value


# --- the texts -----------------------------------------------------------------------------------------------------


def _resource(kind: str, key: str, settings: Mapping[str, Any], place: Callable[[Any], Any]) -> str:
    document = {"resources": {kind: {key: _written(place(settings))}}}
    at = ("resources", kind, key)
    comments = {(*at, *path): text for path, text in _said(kind, settings)}
    return yaml_text(document, comments, _HEAD)


def _said(kind: str, settings: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a reader may want to know of an object."""
    if kind == "pipelines":
        if "root_path" in settings:
            yield ("root_path",), "Python sources import from here"
        return
    schedule = settings.get("schedule")
    if isinstance(schedule, Mapping):
        yield ("schedule",), _words(schedule)
    if settings.get("queue"):
        yield ("queue",), "a run that comes while another goes on waits for its turn"


def _words(schedule: Mapping[str, Any]) -> str:
    """A schedule in words; targets of development pause it."""
    zone = str(schedule.get("timezone_id"))
    try:
        said = read(str(schedule.get("quartz_cron_expression")), zone).words()
    except ScheduleError:
        said = str(schedule.get("quartz_cron_expression"))
    return f"{said}, {zone}; a target of development pauses it"


def _main(
    name: str, targets: Sequence[Target], own: Mapping[str, Mapping[tuple[str, str], Any]], place: Callable[[Any], Any]
) -> str:
    default = next((each.name for each in targets if each.mode == "development"), targets[0].name)
    document: dict[str, Any] = {
        "bundle": {"name": slug(name)},
        "include": ["resources/*.yml"],
        "variables": dict(_variables(targets)),
        "targets": {
            each.name: _target(each, targets, place(_nested(own[each.name])), default=each.name == default)
            for each in targets
        },
    }
    comments = {path: text for each in targets for path, text in _target_comments(each)}
    first, last = default, targets[-1].name
    head = f"{_HEAD}\n\n  databricks bundle validate -t {first}\n  databricks bundle deploy -t {last}"
    return yaml_text(document, comments, head)


def _variables(targets: Sequence[Target]) -> Iterator[tuple[str, Any]]:
    for name in ("catalog", "schema"):
        values = {getattr(each, name) for each in targets}
        said = {"description": f"the {name} of the tables"}
        yield name, {**said, "default": values.pop()} if len(values) == 1 else said


def _target(target: Target, targets: Sequence[Target], resources: Any, *, default: bool) -> dict[str, Any]:
    names = ("catalog", "schema")
    variables = {n: getattr(target, n) for n in names if len({getattr(each, n) for each in targets}) > 1}
    said: dict[str, Any] = {"mode": target.mode}
    said |= {"default": True} if default else {}
    workspace = {"host": target.wanted.host} if target.wanted.host else {}
    workspace |= {"root_path": _root_path(target)} if target.mode == "production" else {}
    said |= {"workspace": workspace} if workspace else {}
    said |= {"variables": variables} if variables else {}
    return said | ({"resources": _written(resources)} if resources else {})


def _root_path(target: Target) -> str:
    """The one folder that a target of production is deployed to."""
    if target.wanted.root:
        return target.wanted.root
    who = next((_runner(each) for each in target.resources.values() if _runner(each)), "")
    return f"/Workspace/Users/{who or '${workspace.current_user.userName}'}/.bundle/${{bundle.name}}/${{bundle.target}}"


def _runner(settings: Mapping[str, Any]) -> str:
    said = settings.get("run_as") or {}
    return str(said.get("user_name") or said.get("service_principal_name") or "")


def _target_comments(target: Target) -> Iterator[tuple[tuple[str, ...], str]]:
    at = ("targets", target.name)
    if target.schema.endswith(MINE):
        yield (*at, "variables", "schema"), "each developer has tables of their own"
    if target.wanted.profile and not target.wanted.host:
        yield at, f"the login is that of the profile {target.wanted.profile}: say --profile {target.wanted.profile}"


def _nested(own: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (kind, key), settings in own.items():
        found.setdefault(kind, {})[key] = settings
    return found


def _written(value: Any, texts: bool = False) -> Any:
    """The values of tables of texts between quotes, so that nobody takes `1.0` for a number."""
    if isinstance(value, Mapping):
        return {key: _written(one, texts or key in _TEXTS) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(one, texts) for one in value]
    return Quoted(value) if texts and isinstance(value, str) else value
