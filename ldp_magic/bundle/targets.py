"""What each target of a bundle holds, in the words of a bundle: the same values that a deploy sends, but for

* `development`, which the mode of the target decides;
* `pause_status: UNPAUSED`, which is the default, and which would keep a development target from pausing a job;
* the schema of a development target, which belongs to each developer;
* paths, which lead to the files of the bundle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from ldp_magic.resources.wanted import ROOT, Problem, Resource, Wanted

__all__ = ["MINE", "Mode", "Target", "described", "is_staging", "mode_of"]

Mode: TypeAlias = Literal["development", "production"]
Said: TypeAlias = dict[str, Any]
MINE = "_${workspace.current_user.short_name}"  # behind the schema of a target that each developer has for himself
_DEVELOPMENT = re.compile(r"(dev(el(op(ment)?)?)?|local|sandbox|personal)([-_].*)?", re.IGNORECASE)
_STAGING = re.compile(r"(stag|stage|staging|test|qa|uat|int|integration|pre-?prod|acc)([-_].*)?", re.IGNORECASE)
# what the CLI takes for a reference, and would look for
_REFERENCE = re.compile(r"\$\{[A-Za-z][A-Za-z0-9_.\[\]-]*\}")
_FIELDS = {"pipeline": "pipelines", "job": "jobs", "schema": "schemas", "volume": "volumes"}


def mode_of(environment: str) -> Mode:
    """What an environment is for, by its name."""
    return "development" if _DEVELOPMENT.fullmatch(environment) else "production"


def is_staging(environment: str) -> bool:
    """Whether an environment is where changes are tried before they count."""
    return _STAGING.fullmatch(environment) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target: its objects by the place that they have in the bundle, such as `("jobs", "nightly")`."""

    name: str
    mode: Mode
    wanted: Wanted
    catalog: str
    schema: str
    resources: Mapping[tuple[str, str], Said] = field(default_factory=dict)
    left: tuple[Problem, ...] = ()  # what a bundle cannot hold


def described(name: str, mode: Mode, wanted: Wanted) -> Target:
    """What the workspace should hold, as a target of a bundle."""
    left = list(_without_root(name, mode, wanted))
    mine = mode == "development" and _may_be_mine(name, wanted, left)
    target = Target(
        name=name,
        mode=mode,
        wanted=wanted,
        catalog=wanted.catalog,
        schema=wanted.schema + MINE if mine else wanted.schema,
    )
    found = {
        (_FIELDS[each.kind], each.key): _Words(target, left, shared=not mine).of(each)
        for each in wanted.resources
        if not (each.kind == "schema" and mode == "development" and wanted.setup)
    }
    return replace(target, resources=found, left=tuple(left))


def _without_root(name: str, mode: Mode, wanted: Wanted) -> Iterator[Problem]:
    if mode == "development" and wanted.root:
        yield Problem(
            what=f"the files of {name} are not put into {wanted.root}",
            why="a target of development lies in the folder of each developer",
            fix="name the environment otherwise, if it is none of development",
            severity="warning",
        )


def _may_be_mine(name: str, wanted: Wanted, left: list[Problem]) -> bool:
    """Whether each developer can have a schema; rights that name one schema hold for that one only."""
    if wanted.setup:
        left.append(
            Problem(
                what=f"all who deploy {name} share the schema {wanted.schema}",
                why="its grants, filters, masks or views name that schema in SQL",
                fix=f"leave them out of the environment {wanted.environment or name}, and each has tables of their own",
                severity="warning",
            )
        )
        if any(each.kind == "schema" for each in wanted.resources):
            why = "a target of development makes schemas under other names, and the rights would not find it"
            fix = f"CREATE SCHEMA {wanted.catalog}.{wanted.schema}"
            what = f"{name} does not make the schema {wanted.schema}"
            left.append(Problem(what=what, why=why, fix=fix, severity="warning"))
    return not wanted.setup and not any(each.kind == "schema" for each in wanted.resources)


@dataclass(frozen=True, slots=True)
class _Words:
    """Settings in the words of a bundle."""

    target: Target
    left: list[Problem]
    shared: bool  # the schema is not one of each developer

    def of(self, resource: Resource) -> Said:
        settings: Said = {key: value for key, value in resource.settings.items() if key != "development"}
        self.check(resource, settings)
        settings |= self.placed(resource)
        for key in ("schedule", "trigger", "continuous"):
            if key in settings:
                settings[key] = self.paused(key, settings[key])
        rights = [
            {"level": each["permission_level"], **{k: v for k, v in each.items() if k != "permission_level"}}
            for each in resource.permissions
        ]
        return settings | ({"permissions": rights} if rights else {})

    def placed(self, resource: Resource) -> Said:
        """The catalog and the schema by their variables, where they are those of the target."""
        keys = {"schema": ("catalog_name", "name"), "volume": ("catalog_name", "schema_name")}
        catalog, schema = keys.get(resource.kind, ("catalog", "schema"))
        found: dict[str, Any] = {}
        if resource.settings.get(catalog) == self.target.catalog:
            found[catalog] = "${var.catalog}"
        if resource.settings.get(schema) == self.target.wanted.schema:
            found[schema] = "${var.schema}" if resource.kind == "schema" else self.schema()
        elif resource.kind == "pipeline" and self.target.mode == "development":
            self.say(
                f"all who deploy {self.target.name} share the schema {resource.settings.get(schema)}",
                f"it is that of the pipeline {resource.name} alone, so no variable stands for it",
                "take the schema of that pipeline away",
            )
        return found

    def schema(self) -> str:
        """Where a target makes its schema, its mode may change the name."""
        made = next((each for each in self.target.wanted.resources if each.kind == "schema"), None)
        own = made is not None and not (self.target.mode == "development" and self.target.wanted.setup)
        return f"${{resources.schemas.{made.key}.name}}" if made is not None and own else "${var.schema}"

    def paused(self, key: str, said: Mapping[str, Any]) -> Said:
        if said.get("pause_status") != "UNPAUSED":
            return dict(said)
        if key == "continuous":  # nothing else stands in it, and nothing would be none
            return {**said, "pause_status": "PAUSED" if self.target.mode == "development" else "UNPAUSED"}
        return {name: value for name, value in said.items() if name != "pause_status"}

    def check(self, resource: Resource, settings: Mapping[str, Any]) -> None:
        """Texts in which the CLI would look for something that is not there."""
        for path, text in _texts(settings):
            strange = [one for one in _REFERENCE.findall(text) if one != ROOT and not one.startswith("${resources.")]
            if strange:
                self.say(
                    f"{path} of {resource.kind} {resource.name} holds {strange[0]}",
                    "a bundle takes that for a reference, and knows no way to write it as text",
                    "write the value without it",
                )

    def say(self, what: str, why: str, fix: str) -> None:
        self.left.append(Problem(what=what, why=why, fix=fix, severity="warning"))


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the path that leads to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, Sequence):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{number}]")
