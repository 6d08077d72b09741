"""Writes ldp_magic/emulator/shapes.json: what a body may hold, as the databricks-sdk of this Python knows it.

python -m tests.emulator.make_shapes
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import types
import typing
from pathlib import Path
from typing import Any

from databricks.sdk.service import catalog, iam, jobs, pipelines, workspace

FILE = Path(__file__).parents[2] / "ldp_magic" / "emulator" / "shapes.json"
PLAIN = {str: "string", int: "integer", bool: "boolean", float: "number"}
# the address of each body, and the call that sends it; what stands in the address is no part of the body
CALLS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "POST /api/2.0/pipelines": (pipelines.PipelinesAPI.create, ()),
    "PUT /api/2.0/pipelines/{id}": (pipelines.PipelinesAPI.update, ("pipeline_id",)),
    "POST /api/2.0/pipelines/{id}/updates": (pipelines.PipelinesAPI.start_update, ("pipeline_id",)),
    "POST /api/2.2/jobs/create": (jobs.JobsAPI.create, ()),
    "POST /api/2.2/jobs/reset": (jobs.JobsAPI.reset, ()),
    "POST /api/2.2/jobs/update": (jobs.JobsAPI.update, ()),
    "POST /api/2.2/jobs/delete": (jobs.JobsAPI.delete, ()),
    "POST /api/2.2/jobs/run-now": (jobs.JobsAPI.run_now, ()),
    "POST /api/2.2/jobs/runs/cancel": (jobs.JobsAPI.cancel_run, ()),
    "POST /api/2.2/jobs/runs/cancel-all": (jobs.JobsAPI.cancel_all_runs, ()),
    "POST /api/2.2/jobs/runs/delete": (jobs.JobsAPI.delete_run, ()),
    "POST /api/2.2/jobs/runs/repair": (jobs.JobsAPI.repair_run, ()),
    "PUT /api/2.0/permissions/{kind}/{id}": (
        iam.PermissionsAPI.set,
        ("request_object_type", "request_object_id"),
    ),
    "PATCH /api/2.1/unity-catalog/schemas/{name}": (catalog.SchemasAPI.update, ("full_name",)),
    "PATCH /api/2.1/unity-catalog/volumes/{name}": (catalog.VolumesAPI.update, ("name",)),
    "POST /api/2.0/workspace/import": (workspace.WorkspaceAPI.import_, ()),
    "POST /api/2.0/workspace/mkdirs": (workspace.WorkspaceAPI.mkdirs, ()),
    "POST /api/2.0/workspace/delete": (workspace.WorkspaceAPI.delete, ()),
    "POST /api/2.1/unity-catalog/schemas": (catalog.SchemasAPI.create, ()),
    "PATCH /api/2.1/unity-catalog/permissions/{kind}/{name}": (
        catalog.GrantsAPI.update,
        ("securable_type", "full_name"),
    ),
    "POST /api/2.1/unity-catalog/volumes": (catalog.VolumesAPI.create, ()),
}
OURS: dict[str, Any] = {  # what no sdk knows
    "POST /emulator/clock": {"seconds!": "number"},
    "POST /emulator/faults": {"where!": "string"}
    | dict.fromkeys(("code", "message", "retry_after"), "string")
    | dict.fromkeys(("status", "skip", "times"), "integer")
    | {"drop": "boolean", "after": "boolean", "delay": "number"},
    "POST /emulator/scripts": {"outcome!": "string", "pipeline": "string"},
}
NEWER = {  # what sdk 0.162 sends and the one of this Python does not know yet
    "POST /api/2.0/pipelines/{id}/updates": {
        "refresh_selection_by_path": ["string"],
        "full_refresh_selection_by_path": ["string"],
    },
}


def named(cls: type) -> str:
    """`jobs.Task`."""
    return f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"


class Shapes:
    """Grows while types are met."""

    def __init__(self) -> None:
        self.types: dict[str, Any] = {}

    def of(self, hint: Any) -> Any:
        """The shape of one type: a word, a list of one, a table of one, or the name of another shape."""
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            (hint,) = [each for each in args if each is not type(None)]
            return self.of(hint)
        if origin in (list, typing.Iterator):
            return [self.of(args[0])]
        if origin is dict:
            return {"*": self.of(args[1])}
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            self.types.setdefault(named(hint), [each.value for each in hint])
            return f"={named(hint)}"
        if dataclasses.is_dataclass(hint):
            self.record(hint)
            return f"#{named(hint)}"
        return PLAIN.get(hint, "any")

    def record(self, cls: Any) -> None:
        if named(cls) in self.types:
            return
        self.types[named(cls)] = {}
        hints = typing.get_type_hints(cls)
        found = {}
        for each in dataclasses.fields(cls):
            must = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
            found[each.name + ("!" if must else "")] = self.of(hints[each.name])
        self.types[named(cls)] = dict(sorted(found.items()))

    def call(self, function: Any, outside: tuple[str, ...]) -> dict[str, Any]:
        hints = typing.get_type_hints(function)
        found = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name != "self" and name not in outside:
                must = parameter.default is inspect.Parameter.empty
                found[name + ("!" if must else "")] = self.of(hints[name])
        return dict(sorted(found.items()))


def shapes() -> dict[str, Any]:
    """All of it."""
    grown = Shapes()
    bodies = {address: grown.call(*call) | NEWER.get(address, {}) for address, call in CALLS.items()}
    address = "PUT /api/2.0/permissions/{kind}/{id}"
    bodies[address.replace("PUT", "PATCH")] = bodies[address]
    bodies |= OURS
    grown.types["jobs.TriggerSettings"]["job_completion"] = "any"
    return {
        "generated by": "tests/emulator/make_shapes.py",
        "bodies": bodies,
        "types": dict(sorted(grown.types.items())),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(shapes(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
