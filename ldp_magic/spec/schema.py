"""The JSON schema of a spec, for editors: completion, hovers, and squiggles before anything is run."""

from __future__ import annotations

from typing import Any

from ldp_magic.forms.deployment import ALERTS, ENDINGS, JOB_EVENTS, JOB_KEYS, LEVELS, WORK
from ldp_magic.forms.form import Key
from ldp_magic.settings import ENVIRONMENT_KEYS, PIPELINE_KEYS

__all__ = ["schema"]

Json = dict[str, Any]
_TEXT: Json = {"type": "string", "pattern": r"\S"}
_YES: Json = {"type": "boolean"}
_DURATION: Json = {
    "type": "string",
    "pattern": r"^ *[1-9][0-9]{0,6} ?([sS]econd|[mM]inute|[hH]our|[dD]ay|[wW]eek)s? *$",
}
_VALUE: Json = {"type": ["string", "number", "boolean"]}


def _texts() -> Json:
    return {"type": "array", "items": _TEXT}


def _named(inside: Json) -> Json:
    return {"type": "object", "additionalProperties": inside}


def _table(inside: dict[str, Json], *needed: str, one_of: tuple[str, ...] = ()) -> Json:
    found: Json = {"type": "object", "properties": inside, "additionalProperties": False, "minProperties": 1}
    found |= {"required": list(needed)} if needed else {}
    return found | ({"oneOf": [{"required": [name]} for name in one_of]} if one_of else {})


def _number(least: int, most: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most}


_WORKERS = _number(0, 100_000)
_COMPUTE = _table(
    {
        **dict.fromkeys(("node-type", "driver-node-type", "policy", "instance-pool", "spark-version"), _TEXT),
        "workers": _WORKERS,
        "min-workers": _WORKERS,
        "max-workers": _number(1, 100_000),
        "autoscale": {"enum": ["enhanced", "legacy"]},
        "spark-conf": _named(_VALUE),
        "tags": _named(_TEXT),
    }
)
_TRIGGER = _table(
    {
        "every": _DURATION,
        "files": _TEXT,
        "tables": _texts(),
        "when": {"enum": ["any", "all"]},
        "continuous": _YES,
        "at-most-every": _DURATION,
        "quiet-for": _DURATION,
    },
    one_of=("every", "files", "tables", "continuous"),
)
_RUN: dict[str, Json] = {"retries": _number(0, 1_000), "retry-interval": _DURATION, "timeout": _DURATION}
_TASK = _table(
    {
        **dict.fromkeys(("name", "warehouse", *WORK), _TEXT),
        "setup": _YES,
        **dict.fromkeys(("after", "refresh", "full-refresh"), _texts()),
        "run-if": {"enum": list(ENDINGS)},
        "parameters": _named(_VALUE),
        "compute": _COMPUTE,
        **_RUN,
    },
    "name",
    one_of=WORK,
)
_FORMS: dict[str, Json] = {
    **dict.fromkeys(("serverless", "photon", "development", "paused", "create-schema"), _YES),
    **dict.fromkeys(("dependencies", "volumes", "sources"), _texts()),
    **dict.fromkeys(("tags", "local", "row-filters", "masks", "views"), _named(_TEXT)),
    **_RUN,
    "parameters": _named(_VALUE),
    "compute": _COMPUTE,
    "trigger": _TRIGGER,
    "event-log": {"type": "string", "pattern": r"^[^.]+(\.[^.]+){0,2}$"},
    "notifications": _table(dict.fromkeys((*ALERTS, *JOB_EVENTS), _texts())),
    "permissions": _table(dict.fromkeys(LEVELS, _texts())),
    "grants": {"type": "array", "items": _table({"to": _TEXT, "may": _texts(), "on": _TEXT}, "to", "may", "on")},
    "tasks": {"type": "array", "items": _TASK},
}


def schema() -> Json:
    """The whole schema."""
    datasets = _named({"oneOf": [_TEXT, {"type": "object", "properties": {"file": _TEXT}, "required": ["file"]}]})
    pipeline = _of(PIPELINE_KEYS)
    pipeline["properties"] |= {"datasets": datasets, "sources": {"oneOf": [_TEXT, _texts()]}}
    whole = _of(ENVIRONMENT_KEYS)
    environments = _named({"oneOf": [_of(ENVIRONMENT_KEYS), {"type": "null"}]})
    whole["properties"] |= {"pipelines": _named(pipeline), "environments": environments}
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "pipelines of ldp_magic"}
    return {**head, **whole, "required": ["pipelines"]}


def _of(keys: tuple[Key, ...]) -> Json:
    properties = {key.name: {**_form(key), "description": key.help} for key in keys}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _form(key: Key) -> Json:
    if key.name == "jobs":
        inside = {each.name: {**_form(each), "description": each.help} for each in JOB_KEYS}
        return _named(_table(inside, "tasks"))
    return _FORMS.get(key.name) or ({"enum": list(key.form.choices)} if key.form.choices else _TEXT)
