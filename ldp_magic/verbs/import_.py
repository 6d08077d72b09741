"""Make a project of a bundle, a folder of files, or a pipeline by its id.

It becomes an ldp.toml and the sources. A folder of files gets its ldp.toml where it is, unless --out names another
folder; a bundle is copied into a folder of its name. What a project cannot hold is named, found by comparing what a
deploy of the new project would send with what was there. Exit code 1: something could not be held.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs, silent
from ldp_magic.verbs.graph import json_text

if TYPE_CHECKING:
    from ldp_magic.bundle.folder import Put
    from ldp_magic.bundle.found import Found
    from ldp_magic.deploy.workspace import Workspace
    from ldp_magic.resources.wanted import Kind, Problem

_ID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


def import_(
    source: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    force: bool = False,
    say: Callable[[str], None] = silent,
) -> Imported:
    """Make a project in the folder *out* of a bundle, a folder, or the pipeline of that id in the workspace."""
    from ldp_magic.bundle.folder import put
    from ldp_magic.bundle.imported import project_files

    found, folder = _found(source, Path(os.path.abspath(out)) if out is not None else None, profile, say)
    project = project_files(found)
    _refuse_another(folder, force)
    done = put(folder, project.files, force=force, memory="")
    left = (*project.left, *_compared(found, folder))
    return Imported(folder, done, tuple({each.what: each for each in left}.values()), tuple(_steps(folder, found)))


def _found(
    source: str | os.PathLike[str], out: Path | None, profile: str | None, say: Callable[[str], None]
) -> tuple[Found, Path]:
    """What is there, and the folder that it goes to."""
    from ldp_magic.bundle.found import found_in_bundle
    from ldp_magic.resources.files import slug

    text = os.fspath(source)
    if not os.path.lexists(text):
        if not _ID.fullmatch(text):
            raise LdpError(
                f"{text[:80]} is neither there nor the id of a pipeline",
                why="a bundle or a folder is named by its path, a pipeline of the workspace by its id",
                fix="check the path, or copy the id from the address of the pipeline",
            )
        there = _there(text, profile, say)
        return there, out or Path(os.path.abspath(slug(there.name)))
    bundle = _bundle_in(Path(os.path.abspath(text)))
    if bundle is None:
        return _here(Path(os.path.abspath(text)), out)
    found = found_in_bundle(str(bundle), os.environ)
    return found, out or Path(os.path.abspath(slug(found.name)))


def _bundle_in(path: Path) -> Path | None:
    from ldp_magic.project.tree import BUNDLES

    if path.is_file():
        return path if path.name in BUNDLES else None
    return next((path / name for name in BUNDLES if (path / name).is_file()), None)


def _here(path: Path, out: Path | None) -> tuple[Found, Path]:
    """A folder with files, or with a spec of Apache Spark."""
    from ldp_magic.bundle.found_here import found_here
    from ldp_magic.project import find
    from ldp_magic.settings import path_shown

    folder = path if path.is_dir() else path.parent
    _refuse_project(folder)
    project = find([path])
    if not project.pipelines:
        raise (
            project.errors[0]
            if project.errors
            else LdpError(
                f"{path_shown(path)} holds no pipeline",
                why="no file there makes a dataset",
                fix="name a folder with .sql, .py or .ipynb files, or with a databricks.yml",
            )
        )
    return found_here(folder, project, copied=out is not None and out != folder), out or folder


def _refuse_project(folder: Path) -> None:
    from ldp_magic.settings import find, path_shown

    settings = find(folder)
    if settings.file is not None and settings.root == folder:
        raise LdpError(
            f"{path_shown(folder)} is a project already",
            why=f"{path_shown(settings.file)} says so",
            fix="ldp settings shows what it says",
        )


def _refuse_another(folder: Path, force: bool) -> None:
    """Two declarations in one folder would make every pipeline twice."""
    from ldp_magic.project.tree import BUNDLES
    from ldp_magic.settings import path_shown

    there = next((name for name in (*BUNDLES, "ldp.toml") if (folder / name).is_file()), None)
    if there is not None and not (force and there == "ldp.toml"):
        raise LdpError(
            f"{path_shown(folder / there)} is there already",
            why="two declarations in one folder would make every pipeline twice",
            fix="name another folder with --out",
        )


# --- a pipeline of the workspace -------------------------------------------------------------------------------------


def _there(id_: str, profile: str | None, say: Callable[[str], None]) -> Found:
    from ldp_magic.bundle.found_there import found_there
    from ldp_magic.settings import find
    from ldp_magic.verbs.remote import signed_in_as

    settings = find(".", None, {"profile": profile} if profile else {})
    return found_there(id_, _There(signed_in_as(settings, say=say)))


@dataclass(frozen=True, slots=True)
class _There:
    """A workspace as an import asks it."""

    workspace: Workspace

    @property
    def host(self) -> str:
        return self.workspace.host

    def pipeline_settings(self, id_: str) -> Mapping[str, Any] | None:
        from ldp_magic.deploy.objects import remote

        settings = remote(self.workspace, "pipeline", id_)
        return None if settings is None else _without_mark(settings)

    def rights(self, kind: Kind, id_: str) -> Iterator[Mapping[str, Any]]:
        """The rights that were given on an object itself."""
        found = self.workspace.ask(f"/api/2.0/permissions/{kind}s/{id_}").get("access_control_list")
        for entry in found or ():
            names = {key: entry[key] for key in ("user_name", "group_name", "service_principal_name") if entry.get(key)}
            for one in entry.get("all_permissions") or ():
                level = one.get("permission_level")
                if names and level != "IS_OWNER" and not one.get("inherited"):
                    yield {**names, "permission_level": level}

    def jobs(self) -> Iterator[Mapping[str, Any]]:
        for job in self.workspace.jobs():
            yield {**job, "settings": _without_mark(job.get("settings") or {})}

    def listed(self, path: str) -> list[dict[str, Any]] | None:
        return self.workspace.listed(path)

    def download(self, path: str) -> bytes | None:
        return self.workspace.download(path)


def _without_mark(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without the tag by which a deploy knows what it made."""
    from ldp_magic.deploy.objects import MARK

    tags = {key: value for key, value in (settings.get("tags") or {}).items() if key != MARK}
    return {**{key: value for key, value in settings.items() if key != "tags"}, **({"tags": tags} if tags else {})}


# --- the answer ------------------------------------------------------------------------------------------------------


def _compared(found: Found, folder: Path) -> Iterator[Problem]:
    """What a deploy of the new project would not make as it was."""
    from ldp_magic.bundle.imported import differences
    from ldp_magic.resources.wanted import Problem
    from ldp_magic.verbs.check import sources

    for target in found.targets:
        try:
            wanted, _ = sources([folder], target.name or None, {})
        except LdpError as error:
            yield Problem(what=error.what, why=error.why, fix=error.fix)
            continue
        if any(each.settings.get("catalog") for each in target.of("pipeline")):
            yield from (each for each in wanted.problems if each.severity == "error")
        yield from differences(target, wanted)


def _steps(folder: Path, found: Found) -> Iterator[str]:
    import shlex

    from ldp_magic.settings import path_shown

    where = path_shown(folder)
    if where != ".":
        yield f"cd {shlex.quote(where)}"
    name = next((each.name for each in found.targets if each.name), "")
    yield "ldp lint"
    yield f"ldp plan --env {shlex.quote(name)}" if name else "ldp plan"


@dataclass(frozen=True, slots=True)
class Imported:
    """A new project, and what it cannot hold of what it was made of."""

    folder: Path
    put: Put
    left: tuple[Problem, ...] = ()
    steps: tuple[str, ...] = ()
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        return 1 if any(each.severity == "error" for each in self.left) else 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show.exported import text
        from ldp_magic.show.pen import Pen

        if self.as_json:
            return json_text(self.json())
        return text("imported", self.put, self.left, self.steps, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.exported import as_json

        return as_json(self.put, self.left)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("import", self.text())


# --- the command -----------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp import`."""
    parser.add_argument("source", metavar="PATH|ID", help="a bundle, a folder, or the id of a pipeline")
    parser.add_argument("--out", metavar="DIR", help="the folder of the new project")
    parser.add_argument("--profile", metavar="NAME", help="the login to use for an id, of ~/.databrickscfg")
    parser.add_argument("--force", action="store_true", help="write over files that say something else")
    parser.add_argument("--json", action="store_true", help="what became of each file, as JSON")


def command(args: Namespace) -> Imported:
    """`ldp import PATH|ID [--out DIR] [--profile NAME] [--force]`."""
    from dataclasses import replace

    from ldp_magic.verbs.remote import aloud

    done = import_(args.source, out=args.out, profile=args.profile, force=args.force, say=aloud(args))
    return replace(done, as_json=args.json)
