"""What the verbs of a workspace share: their flags, signing in, and which pipeline a name means."""

from __future__ import annotations

import os
import re
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Shown, silent

if TYPE_CHECKING:
    from ldp_magic.deploy.places import Sources
    from ldp_magic.deploy.sign_in import Account
    from ldp_magic.deploy.state import Folder, State
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.settings import Settings

_ID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Remote:
    """A workspace, and what a project has in it."""

    workspace: Workspace
    settings: Settings
    folder: Folder
    state: State | None
    given: str = ""  # the flags of the environment and the login, as they are typed again


@dataclass(frozen=True, slots=True)
class Target:
    """The pipeline that is meant."""

    id: str
    name: str
    link: str
    given: str = ""  # the flags with which it is found again


def flags(parser: ArgumentParser) -> None:
    """Which environment and which login."""
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--profile", metavar="NAME", help="the login to use, of ~/.databrickscfg")


def aloud(args: Namespace) -> Callable[[str], None]:
    """What a command says before its answer, on a terminal's second stream."""
    terminal = getattr(getattr(args, "progress", None), "terminal", None)

    def say(text: str) -> None:
        if terminal is not None:
            terminal.write(text)

    return say


def remote(
    path: str | os.PathLike[str] = ".",
    *,
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Remote:
    """Sign in where the settings of *path* say, and read what was deployed."""
    from ldp_magic.deploy.state import load

    settings = settings_of(path, env, profile)
    workspace = signed_in_as(settings, say=say)
    folder = folder_of(workspace, settings, env)
    return Remote(workspace, settings, folder, load(workspace, folder), typed(env, profile))


def typed(env: str | None, profile: str | None) -> str:
    """The flags of an environment and a login, for a line to copy: without them it may mean another workspace."""
    said = (("--env", env), ("--profile", profile))
    return " ".join(f"{flag} {shlex.quote(value)}" for flag, value in said if value)


def settings_of(path: str | os.PathLike[str], env: str | None, profile: str | None = None) -> Settings:
    """What the settings say; an environment that they do not have may be a target of a bundle."""
    from ldp_magic.settings import find

    flags = {"profile": profile} if profile else {}
    settings = find(path, None, flags)
    if env is None or (env not in settings.environments and env == _environment(settings, env)):
        return settings
    return find(path, env, flags)


def signed_in(
    profile: str | None, host: str, environment: str | None, *, say: Callable[[str], None] = silent
) -> Workspace:
    """The workspace that the settings or the environment's variables name; it is told before anything is sent."""
    from ldp_magic import __version__
    from ldp_magic.deploy.sign_in import sign_in

    def told(account: Account) -> None:
        said = [account.host, f"profile {account.profile}" if account.profile else account.origin]
        said += [f"environment {environment}"] if environment else []
        say("workspace  " + ", ".join(said))

    return sign_in(profile, host, say=told, version=__version__)


def signed_in_as(settings: Settings, *, say: Callable[[str], None] = silent) -> Workspace:
    """The workspace that the settings name."""
    host = str(settings.deployment.get("host") or "")
    return signed_in(settings.profile, host, settings.environment, say=say)


def folder_of(workspace: Workspace, settings: Settings, env: str | None = None) -> Folder:
    """Where the project's environment lies in that workspace."""
    root = str(settings.deployment.get("root") or "")
    return folder_named(workspace, settings.root.name, settings.environment or _environment(settings, env), root)


def folder_named(workspace: Workspace, project: str, environment: str, root: str) -> Folder:
    """The folder of one environment of a project; *root* is the one that its settings name."""
    from ldp_magic.deploy.state import Folder

    return Folder(root.rstrip("/")) if root else Folder.of(workspace.user, project, environment)


def _environment(settings: Settings, env: str | None) -> str:
    """The target that a bundle takes, if there is a bundle that has it."""
    from ldp_magic.project import find

    try:
        return next(
            (each.environment for each in find([settings.root], settings, env).pipelines if each.environment), ""
        )
    except LdpError:
        return ""


def pipeline_of(found: Remote, said: str | None) -> Target:
    """The pipeline of that name or id; without one that of the project."""
    ours = _deployed(found.state)
    if not said:
        return _target(found, *_only(ours, found))
    text = said.strip()
    if _ID.fullmatch(text):
        there = found.workspace.pipeline(text)
        if there is None:
            raise LdpError(
                f"there is no pipeline {text}", why=f"{found.workspace.host} does not know that id", fix="ldp status"
            )
        return _target(found, text, str(there.get("name") or text))
    for key, (id_, name) in ours.items():
        if text in (key, name):
            return _target(found, id_, name)
    ids = [str(each["pipeline_id"]) for each in found.workspace.pipelines_named(text)]
    if len(ids) != 1:
        raise _not_one(text, ids, [name for _, name in ours.values()], found.workspace.host)
    return _target(found, ids[0], text)


def _target(found: Remote, id_: str, name: str) -> Target:
    return Target(id_, name, found.workspace.link("pipelines", id_), found.given)


def _deployed(state: State | None) -> dict[str, tuple[str, str]]:
    """The pipelines of the project: id and name, by key."""
    every = state.resources if state else {}
    found = {key: one for key, one in every.items() if key.startswith("pipeline.")}
    return {key.partition(".")[2]: (one.id, str(one.sent.get("name") or key)) for key, one in found.items()}


def _only(ours: Mapping[str, tuple[str, str]], found: Remote) -> tuple[str, str]:
    if len(ours) == 1:
        return next(iter(ours.values()))
    where = f"environment {found.settings.environment}" if found.settings.environment else "no environment"
    if not ours:
        raise LdpError(
            "nothing of this project was deployed",
            why=f"{found.folder.path} holds no state; {where} was asked",
            fix="ldp deploy, or name a pipeline or its id",
        )
    names = ", ".join(name for _, name in ours.values())
    raise LdpError(f"this project has {len(ours)} pipelines", why=f"they are {names}", fix="name one of them")


def _not_one(name: str, ids: list[str], known: list[str], host: str) -> LdpError:
    if ids:
        return LdpError(
            f"{len(ids)} pipelines are called {name}", why=f"they are {', '.join(ids)}", fix="say the id of one of them"
        )
    near = next(iter(get_close_matches(name, known, 1)), None)
    return LdpError(
        f"no pipeline is called {name}" + (f"; {near} is" if near else ""),
        why=f"{host} shows none of that name to you",
        fix=f"did you mean {near}?" if near else "ldp status shows those of this project",
    )


def sources_of(found: Remote, env: str | None) -> Sources:
    """Where the datasets of the project stand here; nowhere if it cannot be read."""
    from ldp_magic.deploy.places import Sources
    from ldp_magic.project import live
    from ldp_magic.verbs.graph import read

    root = found.settings.root
    try:
        pipelines = read("." if live.here() else root, env).pipelines  # in a notebook its cells are the project
    except LdpError:  # the failure is shown all the same, without its place
        pipelines = ()
    datasets = {name.lower(): one.location for each in pipelines for name, one in each.datasets.items()}
    flows = {flow.name.lower(): flow.definition.location for each in pipelines for flow in each.flows}
    return Sources({**flows, **datasets}, found.folder.files, lambda path: (Path(root) / path).is_file())


def names_of(said: str) -> tuple[str, ...]:
    """`a, b` as names."""
    return tuple(name.strip() for name in said.split(",") if name.strip())


def as_dict(value: Any) -> dict[str, Any]:
    """An object of an answer; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def agreed(args: Namespace) -> Callable[[Shown], bool] | None:
    """How a person is asked before something is done; None where nobody can answer: in a pipe, in a notebook."""
    terminal = getattr(getattr(args, "progress", None), "terminal", None)
    if terminal is None or not terminal.interactive or sys.stdin is None or not sys.stdin.isatty():
        return None

    def ask(shown: Shown) -> bool:
        terminal.write(shown.text(terminal.width, terminal.color, terminal.glyphs))
        terminal.stream.write("\ndo it? y/N ")
        terminal.stream.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return ask
