"""Pipelines, jobs, schemas and volumes of a workspace, each kind with its own way to be found, made and changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.workspace import Said, Workspace
from ldp_magic.errors import LdpError
from ldp_magic.resources import ROOT, Kind

__all__ = [
    "MARK",
    "Foreign",
    "alike",
    "as_sent",
    "change",
    "create",
    "found",
    "key_of",
    "mark_of",
    "marked",
    "refers",
    "remote",
    "remove",
    "resolved",
    "same",
]

MARK = "ldp"  # the tag by which an object of ours is found when its id was lost
_REF = re.compile(r"\$\{resources\.(pipeline|job|schema|volume)s\.([^}]*)\.id\}")


class Foreign(LdpError):
    """Something of that name is there, and not by us."""


def key_of(kind: str, key: str) -> str:
    """`pipeline.web`, as the state has it."""
    return f"{kind}.{key}"


def mark_of(folder: str, project: str, environment: str) -> str:
    """The value of our tag: one for each folder, or two people would take each other's objects."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{project}.{environment}".replace(".", "-"))[:80].strip("_-")
    return f"{name}-{hashlib.sha256(folder.encode()).hexdigest()[:10]}"


def marked(settings: Mapping[str, Any], kind: Kind, mark: str) -> dict[str, Any]:
    """The settings with our tag; schemas and volumes are found by their name."""
    if kind not in ("pipeline", "job"):
        return dict(settings)
    tags = settings.get("tags")
    return {**settings, "tags": {**(tags if isinstance(tags, Mapping) else {}), MARK: mark}}


def resolved(value: Any, root: str, ids: Mapping[str, str]) -> Any:
    """The settings with the folder and the ids in their places."""
    if isinstance(value, str):
        text = _REF.sub(lambda one: ids.get(key_of(one[1], one[2]), one[0]), value)
        return text.replace(ROOT, root)
    if isinstance(value, Mapping):
        return {str(key): resolved(one, root, ids) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(one, root, ids) for one in value]
    return value


def refers(value: Any) -> set[str]:
    """The keys of the objects whose ids stand in settings."""
    if isinstance(value, str):
        return {key_of(one[1], one[2]) for one in _REF.finditer(value)}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return {key for one in inner for key in refers(one)}


# -- each kind ------------------------------------------------------------------------------------------------


def _get_pipeline(workspace: Workspace, id_: str) -> Said | None:
    found = workspace.pipeline(id_)
    if found is None or found.get("state") == "DELETED":
        return None
    spec = found.get("spec")
    settings = dict(spec) if isinstance(spec, dict) else {}
    for key in ("name", "parameters", "run_as"):
        if key not in settings and found.get(key):
            settings[key] = found[key]
    return settings


def _get_job(workspace: Workspace, id_: str) -> Said | None:
    found = workspace.job(id_)
    settings = found and found.get("settings")
    return dict(settings) if isinstance(settings, dict) else None


def _change_pipeline(workspace: Workspace, id_: str, settings: Mapping[str, Any]) -> None:
    """All settings, unless somebody changed them in this very moment."""
    now = workspace.pipeline(id_) or {}
    stamp = now.get("last_modified")
    expected = {"expected_last_modified": int(stamp)} if isinstance(stamp, (int, str)) and str(stamp).isdigit() else {}
    try:
        workspace.change_pipeline(id_, {**settings, **expected})
    except WorkspaceError as error:
        after = _get_pipeline(workspace, id_) if error.outcome == "unsure" else None
        if after is None or not same(settings, after, "pipeline"):
            raise


def _full_name(settings: Mapping[str, Any]) -> str:
    parts = (settings.get("catalog_name"), settings.get("schema_name"), settings.get("name"))
    return ".".join(str(part) for part in parts if part)


def _create_schema(workspace: Workspace, settings: Mapping[str, Any]) -> str:
    workspace.create_schema(settings)
    return _full_name(settings)


def _create_volume(workspace: Workspace, settings: Mapping[str, Any]) -> str:
    workspace.create_volume(settings)
    return _full_name(settings)


def _named_pipelines(workspace: Workspace, settings: Mapping[str, Any]) -> list[str]:
    return [str(each["pipeline_id"]) for each in workspace.pipelines_named(str(settings.get("name")))]


def _named_jobs(workspace: Workspace, settings: Mapping[str, Any]) -> list[str]:
    return [str(each["job_id"]) for each in workspace.jobs_named(str(settings.get("name")))]


def _named_schema(workspace: Workspace, settings: Mapping[str, Any]) -> list[str]:
    name = _full_name(settings)
    return [name] if workspace.schema(name) is not None else []


def _named_volume(workspace: Workspace, settings: Mapping[str, Any]) -> list[str]:
    name = _full_name(settings)
    return [name] if workspace.volume(name) is not None else []


@dataclass(frozen=True, slots=True)
class _Calls:
    """How one kind is found by name, read by id, made and changed."""

    named: Callable[[Workspace, Mapping[str, Any]], list[str]]
    get: Callable[[Workspace, str], Said | None]
    create: Callable[[Workspace, Mapping[str, Any]], str]
    change: Callable[[Workspace, str, Mapping[str, Any]], None] | None
    tagged: bool


_CALLS: dict[str, _Calls] = {
    "pipeline": _Calls(_named_pipelines, _get_pipeline, lambda w, s: w.create_pipeline(s), _change_pipeline, True),
    "job": _Calls(_named_jobs, _get_job, lambda w, s: w.create_job(s), lambda w, i, s: w.change_job(i, s), True),
    "schema": _Calls(_named_schema, lambda w, i: w.schema(i), _create_schema, None, False),
    "volume": _Calls(_named_volume, lambda w, i: w.volume(i), _create_volume, None, False),
}


def remote(workspace: Workspace, kind: Kind, id_: str) -> Said | None:
    """The settings of an object as they are there, or None if it is gone."""
    return _CALLS[kind].get(workspace, id_)


def found(workspace: Workspace, kind: Kind, settings: Mapping[str, Any], *, adopt: bool = False) -> str:
    """The id of an object that an earlier deploy made and could not write down; one of others is an error."""
    calls = _CALLS[kind]
    ids = calls.named(workspace, settings)
    if not calls.tagged:
        return next(iter(ids), "")
    mark = (settings.get("tags") or {}).get(MARK)
    ours = [id_ for id_ in ids if ((calls.get(workspace, id_) or {}).get("tags") or {}).get(MARK) == mark]
    if ours:
        return min(ours)
    if adopt and len(ids) == 1:
        return ids[0]
    if ids:  # names of jobs may repeat, which is how people come to have every job twice
        raise _foreign(kind, str(settings.get("name")), ids)
    return ""


def _foreign(kind: Kind, name: str, ids: Sequence[str]) -> Foreign:
    several = f"{len(ids)} {kind}s are" if len(ids) > 1 else f"a {kind} is"
    return Foreign(
        f"{several} called {name} already, and not from here",
        why=f"{', '.join(ids[:5])} was not made by this deploy, so nothing of it is changed unasked",
        fix="choose another --name, or take it over: ldp deploy --adopt",
    )


def create(workspace: Workspace, kind: Kind, settings: Mapping[str, Any], *, adopt: bool = False) -> str:
    """Make an object and give its id. It is looked for first, and again if nobody knows whether it was made."""
    calls = _CALLS[kind]
    known = found(workspace, kind, settings, adopt=adopt)
    if known:
        if calls.change:
            calls.change(workspace, known, settings)
        return known
    try:
        made = calls.create(workspace, settings)
    except WorkspaceError as error:
        if error.outcome == "refused" and not error.conflict:
            raise
        made = found(workspace, kind, settings)
        if not made:
            raise
    return made or found(workspace, kind, settings)


def change(workspace: Workspace, kind: Kind, id_: str, settings: Mapping[str, Any]) -> None:
    """Send all settings of an object."""
    calls = _CALLS[kind]
    if calls.change:
        calls.change(workspace, id_, settings)


def remove(workspace: Workspace, kind: Kind, id_: str, *, tables: bool = False) -> None:
    """Delete a pipeline or a job; a pipeline's tables only where *tables* says so. Schemas and volumes stay."""
    if kind == "pipeline":
        workspace.delete_pipeline(id_, tables=tables)
    elif kind == "job":
        workspace.delete_job(id_)


# -- what the service adds ------------------------------------------------------------------------------------

_FILLED: dict[str, dict[str, tuple[Any, ...]]] = {
    "pipeline": {
        "id": (...,),
        "storage": (...,),
        "deployment": (...,),
        "effective_publishing_mode": (...,),
        "edition": ("ADVANCED",),
        "channel": ("CURRENT",),
        "pipeline_type": (...,),
        "allow_duplicate_names": (...,),
        "expected_last_modified": (...,),
        "run_as_user_name": (...,),
        "creator_user_name": (...,),
        "photon": (True,),
    },
    "job": {
        "format": (...,),
        "max_concurrent_runs": (1,),
        "run_if": ("ALL_SUCCESS",),
        "deployment": (...,),
        "edit_mode": (...,),
        "pause_status": ("UNPAUSED",),
        "full_refresh": (False,),
        "source": ("WORKSPACE",),
        "run_as": (...,),
        "performance_target": (...,),
        "queue": ({"enabled": True},),
    },
}  # `...`: whatever it is


def _is_filled(kind: str, key: str, value: Any) -> bool:
    """Whether the service says that by itself where nobody did."""
    usual = _FILLED.get(kind, {}).get(key, ())
    return ... in usual or any(alike(one, value) for one in (None, False, 0, "", {}, [], *usual))


def as_sent(sent: Any, placed: Any, there: Any, kind: str) -> Any:
    """What is *there*, in the words in which it was *sent* where it is the same as what was *placed* then; without what
    the service adds by itself."""
    if alike(placed, there):
        return sent
    if isinstance(placed, Mapping) and isinstance(there, Mapping):
        known = {key: as_sent(sent[key], placed[key], there[key], kind) for key in placed if key in there}
        lost = {key: sent[key] for key in placed if key not in there and _is_filled(kind, key, placed[key])}
        more = {key: one for key, one in there.items() if key not in placed and not _is_filled(kind, key, one)}
        return known | lost | more
    if isinstance(placed, (list, tuple)) and isinstance(there, (list, tuple)) and len(placed) == len(there):
        return [as_sent(*three, kind) for three in zip(sent, placed, there, strict=True)]
    return there


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same; services write numbers as texts, too."""
    if isinstance(one, (int, float)) and not isinstance(one, bool) and isinstance(other, str):
        return str(one) == other
    if isinstance(one, str) and isinstance(other, (int, float)) and not isinstance(other, bool):
        return one == str(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def same(placed: Mapping[str, Any], there: Mapping[str, Any], kind: str) -> bool:
    """Whether everything that was sent is there as it was sent."""
    wanted = {key: one for key, one in placed.items() if key != "expected_last_modified"}
    return alike(wanted, cast("Mapping[str, Any]", as_sent(wanted, wanted, there, kind)))
