"""From a project to the plan for its workspace: what is wanted, who is signed in, what is there."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ldp_magic.verbs import silent
from ldp_magic.verbs.remote import folder_named, signed_in

if TYPE_CHECKING:
    from ldp_magic.deploy.plan import Plan
    from ldp_magic.deploy.reading import Seen
    from ldp_magic.deploy.state import Folder
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.resources import Wanted


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the workspace that it is for as it was seen."""

    plan: Plan
    workspace: Workspace
    folder: Folder
    seen: Seen


def planned(wanted: Wanted, *, overwrite: bool = False, say: Callable[[str], None] = silent) -> Planned:
    """Sign in, look, and compare."""
    from ldp_magic.deploy.plan import plan
    from ldp_magic.deploy.reading import have, look

    workspace = signed_in(wanted.profile, wanted.host, wanted.environment, say=say)
    folder = folder_named(workspace, wanted.project, wanted.environment, wanted.root)
    ours = marked(wanted, folder)
    seen = look(workspace, folder)
    there = have(workspace, folder, seen, ours, overwrite=overwrite)
    return Planned(plan(ours, there, overwrite=overwrite), workspace, folder, seen)


def marked(wanted: Wanted, folder: Folder) -> Wanted:
    """With the tag by which our objects are found again."""
    from ldp_magic.deploy.objects import mark_of
    from ldp_magic.deploy.objects import marked as tagged

    mark = mark_of(folder.path, wanted.project, wanted.environment)
    resources = (replace(one, settings=tagged(one.settings, one.kind, mark)) for one in wanted.resources)
    return replace(wanted, resources=tuple(resources))


def refreshed(plan: Plan) -> dict[str, Sequence[str]]:
    """The flag that lets the tables begin anew which have to."""
    return {"full-refresh": [each.name for each in plan.refreshed]}


def again(
    env: str | None,
    name: str,
    said: Mapping[str, object],
    lists: Mapping[str, Sequence[str]],
    switches: Mapping[str, bool],
) -> str:
    """The flags that were given, as they are typed again."""
    given = {"env": env, "name": name, **{_FLAGS.get(key, key): value for key, value in said.items()}}
    given |= {key: ",".join(names) for key, names in lists.items()}
    words = [f"--{key} {shlex.quote(str(value))}" for key, value in given.items() if value]
    return " ".join([*words, *(f"--{key}" for key, value in switches.items() if value)])


_FLAGS = {"schedule-time-zone": "zone"}  # settings whose flag is called otherwise
