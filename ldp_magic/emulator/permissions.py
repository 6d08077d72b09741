"""Who may do what with a pipeline or a job: an owner, exactly one, and what was granted."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator.http import Refusal, Request, invalid, route
from ldp_magic.emulator.kept import Kept, Shelf

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

LEVELS = {
    "pipelines": ("CAN_VIEW", "CAN_RUN", "CAN_MANAGE", "IS_OWNER"),
    "jobs": ("CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", "IS_OWNER"),
    "directories": ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"),
}
_WHO = ("user_name", "group_name", "service_principal_name")
_ONE = {"pipelines": "pipeline", "jobs": "job", "directories": "directory"}


@dataclass(slots=True)
class Grants:
    """What was granted on one object: (kind of principal, name) and level."""

    held: list[list[str]] = field(default_factory=list)


class Permissions:
    """All grants of a workspace."""

    def __init__(self, kept: Kept) -> None:
        self._shelf = Shelf(kept, "permissions", Grants)

    def begin(self, kind: str, id: str, owner: str) -> None:
        """Somebody made an object."""
        self._shelf.put(f"{kind}/{id}", Grants([["user_name", owner, "IS_OWNER"]]))

    def drop(self, kind: str, id: str) -> None:
        """An object is gone."""
        self._shelf.drop(f"{kind}/{id}")

    def of(self, kind: str, id: str) -> list[list[str]]:
        """(kind of principal, name, level) of each grant."""
        found = self._shelf.get(f"{kind}/{id}")
        return found.held if found else []

    def set(self, kind: str, id: str, grants: list[list[str]]) -> None:
        """Put these in place of what there is."""
        owners = [each for each in grants if each[2] == "IS_OWNER"]
        if len(owners) != 1 and kind != "directories":
            raise invalid(f"The {_ONE[kind]} must have exactly one owner.")
        self._shelf.put(f"{kind}/{id}", Grants(grants))


def read(kind: str, said: list[Mapping[str, str]]) -> list[list[str]]:
    """The grants of a request."""
    found = []
    for each in said:
        who = [(name, each[name]) for name in _WHO if each.get(name)]
        level = each.get("permission_level", "")
        if len(who) != 1:
            raise invalid(f"Exactly one of {', '.join(_WHO)} must be set.")
        if level not in LEVELS[kind]:
            raise invalid(
                f"Permission type '{level}' is not supported on {kind}; it is one of {', '.join(LEVELS[kind])}"
            )
        found.append([*who[0], level])
    return found


def _told(w: Workspace, kind: str, id: str) -> dict[str, Any]:
    people = []
    for who, name, level in w.permissions.of(kind, id):
        people.append({who: name, "all_permissions": [{"permission_level": level, "inherited": False}]})
    admins = {"permission_level": "CAN_MANAGE", "inherited": True, "inherited_from_object": [f"/{kind}/"]}
    people.append({"group_name": "admins", "all_permissions": [admins]})
    return {"object_id": f"/{kind}/{id}", "object_type": _ONE[kind], "access_control_list": people}


def _check(w: Workspace, kind: str, id: str) -> None:
    known: dict[str, Container[object]] = {"pipelines": w.pipelines, "jobs": w.jobs, "directories": w.files.numbers()}
    if id not in known[kind]:
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"{_ONE[kind].capitalize()} {id} does not exist.")


def _kind(request: Request) -> str:
    kind = request.parts["kind"]
    if kind not in LEVELS:
        raise invalid(f"Permissions of {kind} are not emulated; there are those of {', '.join(LEVELS)}")
    return kind


@route("GET", "/api/2.0/permissions/{kind}/{id}")
def _get(w: Workspace, request: Request) -> Any:
    kind, id = _kind(request), request.parts["id"]
    _check(w, kind, id)
    return _told(w, kind, id)


@route("PUT", "/api/2.0/permissions/{kind}/{id}")
def _put(w: Workspace, request: Request) -> Any:
    kind, id = _kind(request), request.parts["id"]
    _check(w, kind, id)
    w.permissions.set(kind, id, read(kind, (request.body or {}).get("access_control_list", [])))
    return _told(w, kind, id)


@route("PATCH", "/api/2.0/permissions/{kind}/{id}")
def _patch(w: Workspace, request: Request) -> Any:
    kind, id = _kind(request), request.parts["id"]
    _check(w, kind, id)
    more = read(kind, (request.body or {}).get("access_control_list", []))
    named = [each[:2] for each in more]
    owner_again = any(each[2] == "IS_OWNER" for each in more)
    kept = [
        each
        for each in w.permissions.of(kind, id)
        if each[:2] not in named and not (owner_again and each[2] == "IS_OWNER")
    ]
    w.permissions.set(kind, id, kept + more)
    return _told(w, kind, id)


@route("GET", "/api/2.0/permissions/{kind}/{id}/permissionLevels")
def _levels(w: Workspace, request: Request) -> Any:
    return {"permission_levels": [{"permission_level": level} for level in LEVELS[_kind(request)]]}
