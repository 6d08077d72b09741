"""Pipelines: their settings and the rules these follow, made, changed, listed and deleted."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.clock import written
from ldp_magic.emulator.http import Refusal, Request, invalid, route

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

ALERTS = ("on-update-success", "on-update-failure", "on-update-fatal-failure", "on-flow-failure")
EDITIONS, CHANNELS = ("CORE", "PRO", "ADVANCED"), ("CURRENT", "PREVIEW")
MOST_TAGS, LONGEST_PARAMETERS = 25, 10_000
_IDS = uuid.UUID("5d0c3b1e-7a44-4f0e-9a55-0d6f1c9e2b7a")  # the same requests make the same ids: plans stay as they were
_NOT_STORED = ("dry_run", "allow_duplicate_names", "expected_last_modified", "parameters", "run_as", "parent_path")
_KINDS = ("glob", "file", "notebook", "jar", "whl", "maven")
_LIKE = re.compile(r"\s*name\s+LIKE\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_BY_NOTEBOOK = re.compile(r"\s*notebook\s*=\s*'((?:[^']|'')*)'\s*", re.IGNORECASE)


@dataclass(slots=True)
class Pipeline:
    """A pipeline as the service keeps it."""

    id: str
    spec: dict[str, Any]
    creator: str
    changed: int
    made: int
    parameters: dict[str, str] = field(default_factory=dict)
    run_as: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.spec.get("name", ""))

    @property
    def catalog(self) -> str:
        """The catalog of its tables."""
        return str(self.spec.get("catalog") or "hive_metastore")

    @property
    def schema(self) -> str:
        """The schema of its tables."""
        return str(self.spec.get("schema") or self.spec.get("target") or "default")

    @property
    def runs_as(self) -> str:
        """As whom it runs."""
        return next(iter(self.run_as.values()), self.creator)


def there(w: Workspace, id: str) -> Pipeline:
    """The pipeline of that id."""
    found = w.pipelines.get(id)
    if found is None:
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"The specified pipeline {id} was not found.")
    return found


# --- rules -------------------------------------------------------------------------------------------------------


def check(said: Mapping[str, Any], *, user: str) -> None:
    """Refuse settings that the service refuses."""
    if not said.get("name"):
        raise invalid("The pipeline name must not be empty.")
    for library in said.get("libraries", ()):
        _check_library(library)
    _check_place(said)
    _check_words(said)
    if said.get("serverless") and said.get("clusters"):
        raise invalid("You cannot provide cluster settings when using serverless compute.")
    if len(said.get("tags", {})) > MOST_TAGS:
        raise invalid(f"A pipeline can have at most {MOST_TAGS} tags.")
    if len(json.dumps(said.get("parameters", {}))) > LONGEST_PARAMETERS:
        raise invalid(f"The parameters of a pipeline can have at most {LONGEST_PARAMETERS} characters.")
    if "event_log" in said and not said["event_log"].get("name"):
        raise invalid("event_log.name must be set.")
    run_as = said.get("run_as", {})
    if len(run_as) > 1:
        raise invalid("Only one of user_name, service_principal_name and group_name can be set in run_as.")
    if run_as.get("user_name", user) != user:
        raise Refusal(403, "PERMISSION_DENIED", f"User '{user}' cannot set run_as to '{run_as['user_name']}'.")


def _check_place(said: Mapping[str, Any]) -> None:
    if said.get("schema") and said.get("target"):
        raise invalid("Only one of 'schema' and 'target' can be set.")
    if "." in str(said.get("target", "")):
        raise invalid(f"Invalid target '{said['target']}': a target must not hold a dot.")
    if said.get("catalog") and said.get("storage"):
        raise invalid("Only one of 'catalog' and 'storage' can be set.")


def _check_words(said: Mapping[str, Any]) -> None:
    for name, words in (("edition", EDITIONS), ("channel", CHANNELS)):
        if said.get(name, words[0]).upper() not in words:
            raise invalid(f"Invalid {name} '{said[name]}'. It must be one of {', '.join(words)}.")
    for each in said.get("notifications", ()):
        wrong = [alert for alert in each.get("alerts", ()) if alert not in ALERTS]
        if wrong:
            raise invalid(f"Invalid alert '{wrong[0]}'. It must be one of {', '.join(ALERTS)}.")


def _check_library(library: Mapping[str, Any]) -> None:
    kinds = [kind for kind in _KINDS if kind in library]
    if len(kinds) != 1:
        raise invalid(f"A library must have exactly one of {', '.join(_KINDS)}; it has {', '.join(kinds) or 'none'}.")
    path = str((library.get("file") or {}).get("path", ""))
    if kinds == ["file"] and not path.endswith((".py", ".sql")):
        raise invalid(f"Invalid file path: '{path}'. Only Python and SQL files are currently supported.")


def _check_name(w: Workspace, said: Mapping[str, Any], *, but: str = "") -> None:
    if said.get("allow_duplicate_names"):
        return
    if any(each.name == said["name"] and each.id != but for each in w.pipelines):
        raise Refusal(
            409,
            "RESOURCE_CONFLICT",
            f"The pipeline name '{said['name']}' is already used by another pipeline. This check can be skipped by "
            "setting `allow_duplicate_names = true` in the request.",
        )


def _spec(id: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are kept, as a look at the pipeline tells them: as they were said, with the id."""
    spec = {name: value for name, value in said.items() if name not in _NOT_STORED} | {"id": id}
    return spec if said.get("catalog") else {"storage": f"dbfs:/pipelines/{id}"} | spec


# --- addresses ---------------------------------------------------------------------------------------------------


@route("POST", "/api/2.0/pipelines")
def _create(w: Workspace, request: Request) -> Any:
    said = request.body or {}
    check(said, user=request.user)
    _check_name(w, said)
    id, now = str(uuid.uuid5(_IDS, str(w.number()))), w.clock.milliseconds()
    if said.get("dry_run"):
        return {"effective_settings": _spec(id, said)}
    made = Pipeline(id, _spec(id, said), request.user, now, now, said.get("parameters", {}), said.get("run_as", {}))
    w.pipelines.put(id, made)
    w.permissions.begin("pipelines", id, request.user)
    w.updates.tell(made, "user_action", {"action": "CREATE", "user_name": request.user}, f"User {request.user} created")
    if said.get("continuous"):
        w.updates.start(made, {}, cause="USER_ACTION")
    return {"pipeline_id": id}


@route("GET", "/api/2.0/pipelines/{id}")
def _get(w: Workspace, request: Request) -> Any:
    found = there(w, request.parts["id"])
    updates = w.updates.of(found.id)
    said: dict[str, Any] = {
        "pipeline_id": found.id,
        "name": found.name,
        "state": w.updates.state(found.id),
        "creator_user_name": found.creator,
        "run_as_user_name": found.runs_as,
        "last_modified": found.changed,
        "effective_publishing_mode": "LEGACY_PUBLISHING_MODE"
        if found.spec.get("target")
        else "DEFAULT_PUBLISHING_MODE",
        "latest_updates": [
            {"update_id": each.id, "state": each.state, "creation_time": written(each.made)} for each in updates[:5]
        ],
        "spec": found.spec,
    }
    if updates:
        said |= {"cause": f"{updates[0].cause}", "cluster_id": updates[0].cluster}
        said |= {"health": "UNHEALTHY" if updates[0].state == "FAILED" else "HEALTHY"}
    said |= {"run_as": found.run_as} if found.run_as else {}
    return said | ({"parameters": found.parameters} if found.parameters else {})


@route("PUT", "/api/2.0/pipelines/{id}")
def _update(w: Workspace, request: Request) -> None:
    found, said = there(w, request.parts["id"]), request.body or {}
    check(said, user=request.user)
    expected = said.get("expected_last_modified")
    if expected is not None and expected != found.changed:
        raise Refusal(
            409,
            "RESOURCE_CONFLICT",
            f"The pipeline was modified at {found.changed}, and the request expects {expected}. Read it again.",
        )
    if said.get("id", found.id) != found.id:
        raise invalid(f"The id of a pipeline cannot change: it is {found.id}.")
    _check_name(w, said, but=found.id)
    _check_move(found, said)
    found.spec = _spec(found.id, said)
    found.parameters, found.run_as = said.get("parameters", {}), said.get("run_as", found.run_as)
    found.changed = max(w.clock.milliseconds(), found.changed + 1)
    w.pipelines.put(found.id, found)
    w.updates.tell(found, "user_action", {"action": "EDIT", "user_name": request.user}, f"User {request.user} edited")
    if said.get("continuous") and w.updates.active(found.id) is None:
        w.updates.start(found, {}, cause="USER_ACTION")


def _check_move(found: Pipeline, said: Mapping[str, Any]) -> None:
    before, now = found.spec.get("catalog"), said.get("catalog")
    if found.spec.get("target") and before and now and before != now:
        raise invalid(
            f"Cannot modify catalog of an existing pipeline. Existing catalog: '{before}'. Requested catalog: '{now}'"
        )
    if bool(before) != bool(now):
        raise invalid("A pipeline cannot move between storage and catalog; delete it and create it anew.")


@route("DELETE", "/api/2.0/pipelines/{id}", "cascade", "force")
def _delete(w: Workspace, request: Request) -> None:
    found = there(w, request.parts["id"])
    w.updates.stop(found.id)
    if request.query.get("cascade", "true") == "true":
        w.tables.drop_of(found.id)
    else:
        w.tables.let_go(found.id)
    w.updates.forget(found.id)
    w.permissions.drop("pipelines", found.id)
    w.pipelines.drop(found.id)


@route("GET", "/api/2.0/pipelines", "filter", "max_results", "order_by", "page_token")
def _list(w: Workspace, request: Request) -> Any:
    most = request.number("max_results", 25, 1, 100)
    found = [each for each in w.pipelines if _wanted(each, request.query.get("filter", ""))]
    found = _sorted(found, request.query.get("order_by", ""))
    page, token = pages.cut(found, most, request.query.get("page_token", ""))
    said: dict[str, Any] = {"statuses": [_status(w, each) for each in page]} if page else {}
    return said | ({"next_page_token": token} if token else {})


def _status(w: Workspace, each: Pipeline) -> dict[str, Any]:
    said: dict[str, Any] = {"pipeline_id": each.id, "name": each.name, "state": w.updates.state(each.id)}
    said |= {"creator_user_name": each.creator, "run_as_user_name": each.runs_as}
    updates = w.updates.of(each.id)[:5]
    latest = [{"update_id": up.id, "state": up.state, "creation_time": written(up.made)} for up in updates]
    said |= {"latest_updates": latest} if latest else {}
    return said | ({"health": "UNHEALTHY" if updates[0].state == "FAILED" else "HEALTHY"} if updates else {})


def _wanted(each: Pipeline, filter: str) -> bool:
    if not filter:
        return True
    if like := _LIKE.fullmatch(filter):
        return _like(like[1].replace("''", "'"), each.name)
    if by := _BY_NOTEBOOK.fullmatch(filter):
        paths = [str((library.get("notebook") or {}).get("path")) for library in each.spec.get("libraries", ())]
        return by[1].replace("''", "'") in paths
    raise invalid(f"Invalid filter: {filter}. It is name LIKE '<pattern>' or notebook='<path>'.")


def _like(pattern: str, name: str) -> bool:
    """`_` is any character and `%` any text."""
    glob = re.sub(r"[*?\[]", r"[\g<0>]", pattern).replace("%", "*").replace("_", "?")
    return fnmatchcase(name, glob)


def _sorted(found: list[Pipeline], order: str) -> list[Pipeline]:
    name, _, way = order.strip().partition(" ")
    keys = {"": lambda p: p.made, "id": lambda p: p.id, "name": lambda p: p.name}
    if name not in keys or way.strip().lower() not in ("", "asc", "desc"):
        raise invalid(f"Invalid order_by: {order}. It is id or name, with asc or desc.")
    down = way.strip().lower() == "desc"
    return sorted(found, key=keys[name], reverse=down)
