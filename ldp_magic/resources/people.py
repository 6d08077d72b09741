"""Who runs it, who may see it, who is told: addresses and names as the workspace wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ldp_magic.forms.deployment import ALERTS, JOB_EVENTS
from ldp_magic.resources.wanted import Json, Kind

__all__ = ["ADDRESS", "WEBHOOK", "mails", "permissions", "principal", "told", "webhooks"]

ADDRESS = re.compile(r"[^@\s,;<>]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,}")
WEBHOOK = "webhook:"
_APPLICATION = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEVELS: dict[str, dict[str, str]] = {
    "pipeline": {"view": "CAN_VIEW", "run": "CAN_RUN", "manage": "CAN_MANAGE"},
    "job": {"view": "CAN_VIEW", "run": "CAN_MANAGE_RUN", "manage": "CAN_MANAGE"},
}
_EVENTS = {
    "on-duration-warning": "on_duration_warning_threshold_exceeded",
    "on-streaming-backlog": "on_streaming_backlog_exceeded",
}


def principal(name: str) -> dict[str, Json]:
    """A user by address, a service principal by its application id, everybody else is a group."""
    if "@" in name:
        return {"user_name": name}
    return {"service_principal_name": name} if _APPLICATION.fullmatch(name) else {"group_name": name}


def permissions(kind: Kind, said: Mapping[str, Any]) -> tuple[dict[str, Json], ...]:
    """The entries of an access control list."""
    levels = _LEVELS.get(kind, {})
    return tuple(
        {**principal(name), "permission_level": levels[level]}
        for level in levels
        for name in dict.fromkeys(said.get(level, ()))
    )


def told(said: Mapping[str, Any]) -> list[Json]:
    """The notifications of a pipeline: those with the same receivers are one."""
    groups: dict[tuple[str, ...], list[Json]] = {}
    for alert in ALERTS:
        if people := mails(said.get(alert, ())):
            groups.setdefault(tuple(people), []).append(alert)
    return [{"email_recipients": list(people), "alerts": alerts} for people, alerts in groups.items()]


def mails(people: Sequence[str]) -> list[str]:
    """Those who get a mail."""
    return [each for each in people if not each.startswith(WEBHOOK)]


def webhooks(said: Mapping[str, Any]) -> tuple[dict[str, Json], dict[str, Json]]:
    """The mail and the webhook notifications of a job."""
    by_mail: dict[str, Json] = {}
    by_hook: dict[str, Json] = {}
    for event in JOB_EVENTS:
        people: Sequence[str] = said.get(event, ())
        name = _EVENTS.get(event, event.replace("-", "_"))
        if people and mails(people):
            by_mail[name] = list(mails(people))
        hooks: list[Json] = [{"id": each.removeprefix(WEBHOOK)} for each in people if each.startswith(WEBHOOK)]
        if hooks:
            by_hook[name] = hooks
    return by_mail, by_hook
