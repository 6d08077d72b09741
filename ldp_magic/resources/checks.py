"""What would be refused, or go wrong without a word, and can be known without a workspace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ldp_magic.resources.people import ADDRESS, WEBHOOK
from ldp_magic.resources.wanted import Problem, Resource, Wanted
from ldp_magic.settings import SPEC, Settings

__all__ = ["LARGEST", "checked"]

LARGEST = 10_485_760  # bytes of a file
MOST_TAGS, LONGEST_NAME, LONGEST_PART, MOST_FILES = 25, 4_096, 255, 1_000
_UNFIT = re.compile(r"[./\s\x00-\x1f\x7f]")
_HOST = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/?")
_LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?/?")
_ABBREVIATED = re.compile(r"[A-Z]{3}|GMT[+-]\d{1,2}")


def checked(wanted: Wanted, settings: Mapping[str, Settings]) -> Iterator[Problem]:
    """Every problem of what is wanted; *settings* are those of its pipelines, by name."""
    if not any(resource.kind == "pipeline" for resource in wanted.resources):
        fix = "name the folder of your pipeline, or begin one: ldp init NAME"
        yield Problem(what="there is no pipeline to deploy", why="nothing here makes a dataset", fix=fix)
    yield from _place(wanted)
    yield from _files(wanted)
    yield from _names(wanted)
    for resource in wanted.resources:
        yield from _resource(resource)
    for name, said in settings.items():
        yield from _people(said)
        yield from _zone(name, said)
        yield from _conflicts(said)


def _place(wanted: Wanted) -> Iterator[Problem]:
    for name, part in (("catalog", wanted.catalog), ("schema", wanted.schema)):
        flag = f'write {name} = "main" in the settings, or say --{name}'
        if not part:
            yield Problem(what=f"no {name} is named", why="every table of a pipeline lies in one", fix=flag)
        elif _UNFIT.search(part) or len(part) > LONGEST_PART:
            why = f"its name has up to {LONGEST_PART} characters, and none of them a dot, a slash or a blank"
            yield Problem(what=f"a {name} cannot be called {part[:60]!r}", why=why, fix=flag)
    if wanted.host and not _HOST.fullmatch(wanted.host) and not _LOCAL.fullmatch(wanted.host):
        why = "it is an address such as https://adb-1234567890123456.7.azuredatabricks.net"
        yield Problem(what=f"{wanted.host[:80]} is no address of a workspace", why=why, fix="copy it from the browser")
    if wanted.root and not wanted.root.startswith("/Workspace/"):
        why = "files of a pipeline lie below /Workspace"
        yield Problem(what=f"{wanted.root[:80]} is no folder for them", why=why, fix="write /Workspace/Shared/project")


def _files(wanted: Wanted) -> Iterator[Problem]:
    for file in wanted.files:
        if len(file.content) > LARGEST:
            yield Problem(
                what=f"{file.path} has {len(file.content):,} bytes",
                why=f"the workspace takes files of up to {LARGEST:,} bytes",
                fix="split it",
                where=file.path,
            )
    if len(wanted.files) > MOST_FILES:
        why = f"the folders of a pipeline may hold {MOST_FILES:,} files"
        yield Problem(
            what=f"there are {len(wanted.files):,} files", why=why, fix="make two pipelines of it", severity="warning"
        )


def _names(wanted: Wanted) -> Iterator[Problem]:
    for kind in ("pipeline", "job"):
        every = [resource for resource in wanted.resources if resource.kind == kind]
        for name, times in Counter(resource.name for resource in every).items():
            if times > 1:
                why = (
                    "in a workspace a name belongs to one pipeline"
                    if kind == "pipeline"
                    else "nobody could tell them apart"
                )
                yield Problem(what=f"{times} {kind}s are called {name}", why=why, fix="rename one of them")
        for key, times in Counter(resource.key for resource in every).items():
            if times > 1:
                names = " and ".join(resource.name for resource in every if resource.key == key)
                yield Problem(
                    what=f"{names} differ in signs only", why=f"both would be kept as {key}", fix="rename one"
                )
        for resource in every:
            if not resource.name.strip() or len(resource.name.encode()) > LONGEST_NAME:
                why = f"a name has 1 to {LONGEST_NAME:,} bytes"
                yield Problem(what=f"a {kind} cannot be called {resource.name[:40]!r}", why=why, fix="shorten it")


def _resource(resource: Resource) -> Iterator[Problem]:
    tags: Any = resource.settings.get("tags", {})
    what = f"{resource.kind} {resource.name}"
    if len(tags) > MOST_TAGS:
        yield Problem(what=f"{what} has {len(tags)} tags", why=f"there are {MOST_TAGS} at most", fix="take some away")
    for name, value in tags.items():
        if len(name) > LONGEST_PART or len(value) > LONGEST_PART:
            why = f"its name and its value have up to {LONGEST_PART} characters"
            yield Problem(what=f"the tag {name[:40]} of {what} is too long", why=why, fix="shorten it")
    for cluster in _list(resource.settings.get("clusters")):
        yield from _cluster(what, cluster)
    for cluster in _list(resource.settings.get("job_clusters")):
        yield from _job_cluster(what, cluster)


def _list(value: Any) -> Any:
    return value or ()


def _cluster(what: str, cluster: Mapping[str, Any]) -> Iterator[Problem]:
    scale = cluster.get("autoscale")
    if scale and "num_workers" in cluster:
        why = "a cluster has a fixed number of workers, or it grows and shrinks"
        yield Problem(what=f"{what} has workers and max-workers", why=why, fix="take one of them away")
    if scale and scale["min_workers"] > scale["max_workers"]:
        why = "it would have to be larger than it may be"
        yield Problem(what=f"{what}: min-workers is above max-workers", why=why, fix="turn them round")


def _job_cluster(what: str, cluster: Mapping[str, Any]) -> Iterator[Problem]:
    new, key = cluster["new_cluster"], cluster["job_cluster_key"]
    yield from _cluster(f"task {key} of {what}", new)
    for name, said in (("spark_version", "spark-version"), ("node_type_id", "node-type")):
        if name not in new and "policy_id" not in new and not (name == "node_type_id" and "instance_pool_id" in new):
            why = "a cluster of a job has to say it"
            yield Problem(what=f"task {key} of {what} names no {said}", why=why, fix=f"add {said} to its compute")


# --- what the settings say ----------------------------------------------------------------------------------------


def _people(settings: Settings) -> Iterator[Problem]:
    said: Any = settings.deployment
    told = [(name, each) for event in ("notifications",) for name, some in said.get(event, {}).items() for each in some]
    for job in said.get("jobs", {}).values():
        told += [(name, each) for name, some in job.get("notifications", {}).items() for each in some]
    for event, address in told:
        if address.startswith(WEBHOOK):
            if event.startswith(("on-update", "on-flow")):
                why = "a pipeline sends mails only; its job calls webhooks"
                yield Problem(
                    what=f"{event} names {address}",
                    why=why,
                    fix="write it under on-failure",
                    where=_at(settings, "notifications"),
                )
        elif not ADDRESS.fullmatch(address):
            why = "who is told is a mail address, or webhook: and the id of a destination"
            yield Problem(
                what=f"{address[:80]!r} is no address",
                why=why,
                fix="write team@example.com",
                where=_at(settings, "notifications"),
            )
    people = [("run-as", said["run-as"])] if said.get("run-as") else []
    people += [("permissions", each) for some in said.get("permissions", {}).values() for each in some]
    for key, name in people:
        if "@" in name and not ADDRESS.fullmatch(name):
            why = "a user is known by a mail address"
            yield Problem(
                what=f"{name[:80]!r} is no user", why=why, fix="write it as user@example.com", where=_at(settings, key)
            )


def _zone(name: str, settings: Settings) -> Iterator[Problem]:
    if (
        settings.schedule
        and _ABBREVIATED.fullmatch(settings.schedule_time_zone)
        and settings.schedule_time_zone not in ("UTC", "GMT")
    ):
        yield Problem(
            what=f"the schedule of {name} is in {settings.schedule_time_zone}",
            why="abbreviations are read as a fixed offset by some, and with daylight saving by others",
            fix="write the zone's full name, such as Europe/Berlin or America/New_York",
            where=_at(settings, "schedule-time-zone"),
            severity="warning",
        )


def _conflicts(settings: Settings) -> Iterator[Problem]:
    """What a spec says and the settings file says otherwise; a flag is meant to differ."""
    spec = [layer for layer in settings.layers if layer.rank == SPEC]
    below = [layer for layer in settings.layers if layer.rank < SPEC]
    for mine in spec:
        for key, value in mine.said.items():
            other = next((each for each in reversed(below) if each.said.get(key) not in (None, value)), None)
            if other is not None and not isinstance(value, Mapping):
                yield Problem(
                    what=f"{key} is {value} in {mine.origin} and {other.said[key]} in {other.origin}",
                    why=f"{mine.origin} counts: a flag before a spec, a spec before the settings file",
                    fix=f"say {key} in one of the two",
                    where=mine.origin,
                    severity="warning",
                )


def _at(settings: Settings, key: str) -> str:
    return settings.origin.get(key, "")
