"""Write a Databricks bundle, a project of Apache Spark, or workflows of GitHub.

  ldp export bundle   databricks.yml, resources and sources: a target for each environment
  ldp export spark    spark-pipeline.yml and sources that Apache Spark 4.3 runs
  ldp export github   workflows: checks and the plan on each pull request, then staging, approval, production

What the format cannot hold is named, all of it in one list. A file that somebody edited is never written over unless
--force says so, and a second export changes nothing. Exit code 1: something could not be held.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, json_text

if TYPE_CHECKING:
    from ldp_magic.bundle.folder import Put
    from ldp_magic.bundle.targets import Target
    from ldp_magic.bundle.written import Exported
    from ldp_magic.project import Members
    from ldp_magic.resources.wanted import Problem, Wanted

Kind: TypeAlias = Literal["bundle", "spark", "github"]
KINDS: tuple[Kind, ...] = ("bundle", "spark", "github")
FOLDERS = {"bundle": "dist/bundle", "spark": "dist/spark", "github": "the top of the repository"}


def export(
    kind: Kind,
    paths: Paths = ".",
    *,
    out: str | os.PathLike[str] | None = None,
    env: str | Sequence[str] = (),
    force: bool = False,
) -> Export:
    """Write the pipelines of *paths* as a bundle, a project of Apache Spark or workflows. *env* names the environments
    that are exported, all of them if it names none; *out* is the folder, `dist` and its kind below the project's."""
    from ldp_magic.bundle.folder import put
    from ldp_magic.verbs.graph import listed

    root, environments = _project(listed(paths))
    asked = (env,) if isinstance(env, str) else tuple(env)
    folder = Path(os.path.abspath(out)) if out is not None else _folder(kind, root)
    if kind != "github" and folder == root:
        raise _inside(folder, kind)
    if kind == "bundle":
        found, steps = _bundle(paths, root, asked or environments)
    elif kind == "spark":
        found, steps = _spark(paths, asked, folder)
    else:
        found, steps = _github(root, folder, asked or environments)
    done = put(folder, found.files, force=force, memory=_memory(kind))
    return Export(kind, done, found.left, steps(folder))


def _folder(kind: Kind, root: Path) -> Path:
    from ldp_magic.bundle.workflows import top_of

    return top_of(root) if kind == "github" else root / FOLDERS[kind]


def _memory(kind: Kind) -> str:
    from ldp_magic.bundle.folder import MEMORY

    return ".github/ldp-export.json" if kind == "github" else MEMORY


def _project(paths: Sequence[str | os.PathLike[str]]) -> tuple[Path, tuple[str, ...]]:
    """The folder of the project, and the environments that its settings name."""
    from ldp_magic.settings import find

    settings = find(paths[0] if paths else ".")
    return settings.root, settings.environments


def _inside(folder: Path, kind: Kind) -> LdpError:
    from ldp_magic.settings import path_shown

    return LdpError(
        f"{path_shown(folder)} is the project itself",
        why="every pipeline would be there twice",
        fix=f"name another folder: ldp export {kind} --out {FOLDERS[kind]}",
    )


# --- bundles ---------------------------------------------------------------------------------------------------------


def _bundle(paths: Paths, root: Path, environments: Sequence[str]) -> tuple[Exported, Any]:
    from ldp_magic.bundle.written import bundle_files

    targets = [_target(paths, name, environment) for name, environment in _targets(environments)]
    found = bundle_files(targets[0].wanted.project or root.name, targets)
    return found, lambda folder: _next(folder, [f"databricks bundle validate -t {each.name}" for each in targets[:1]])


def _targets(environments: Sequence[str]) -> list[tuple[str, str | None]]:
    """The targets with their environments. One to develop in and one for production are never missing."""
    from ldp_magic.bundle.targets import is_staging, mode_of

    modes = {mode_of(each) for each in environments if not is_staging(each)}
    found: list[tuple[str, str | None]] = [(each, each) for each in environments]
    first: list[tuple[str, str | None]] = [] if "development" in modes else [("dev", None)]
    return [*first, *found, *([] if "production" in modes else [("prod", None)])]


def _target(paths: Paths, name: str, environment: str | None) -> Target:
    from ldp_magic.bundle.targets import described, mode_of

    return described(name, mode_of(name), _wanted(paths, environment))


def _wanted(paths: Paths, environment: str | None) -> Wanted:
    """What a deploy of that environment would send; nothing is exported that would not go through."""
    from ldp_magic.verbs.check import sources

    found, errors = sources(paths, environment, {})
    wrong = [each for each in found.problems if each.severity == "error"]
    if not wrong and not errors:
        return found
    first, more = (wrong[0] if wrong else errors[0]), len(wrong) - 1
    also = f", and {more} more problem{'s' * (more > 1)}" if more > 0 else ""
    flag = f" --env {environment}" if environment else ""
    raise LdpError(
        f"{first.what}{also}",
        why=first.why or "what cannot be deployed is not exported",
        fix=first.fix if more <= 0 else f"ldp check{flag} shows them all",
    )


# --- projects of Apache Spark ----------------------------------------------------------------------------------------


def _spark(paths: Paths, environments: Sequence[str], folder: Path) -> tuple[Exported, Any]:
    from ldp_magic.bundle.spark_project import spark_project
    from ldp_magic.bundle.written import Exported
    from ldp_magic.project import find
    from ldp_magic.resources.files import slug
    from ldp_magic.verbs.graph import listed

    if len(environments) > 1:
        raise UsageError(
            "a project of Spark is of one environment", why="its spec has no targets", fix="name one --env"
        )
    project = find(listed(paths), None, next(iter(environments), None))
    if not project.pipelines or project.errors:
        raise project.errors[0] if project.errors else _nothing()
    alone = len(project.pipelines) == 1
    files: dict[str, bytes] = {}
    left: list[Problem] = []
    for members in project.pipelines:
        below = "" if alone else f"{slug(members.name)}/"
        found = spark_project(members, project.root, folder / below, _stand_ins(project.root, members, environments))
        files |= {f"{below}{path}": content for path, content in found.files.items()}
        left += [replace(each, where=f"{below}{each.where}" if each.where else "") for each in found.left]
    spec = "" if alone else f" --spec {slug(project.pipelines[0].name)}/spark-pipeline.yml"
    steps = [f"spark-pipelines {word}{spec}" for word in ("dry-run", "run")]
    return Exported(files, tuple(left)), lambda out: _next(out, steps)


def _nothing() -> LdpError:
    fix = "name the folder of your pipeline, or begin one: ldp init NAME"
    return LdpError("there is no pipeline to export", why="nothing here makes a dataset", fix=fix)


def _stand_ins(root: Path, members: Members, environments: Sequence[str]) -> Mapping[str, str]:
    """The files here that stand in for what lies elsewhere."""
    from ldp_magic.pipeline.names import filled
    from ldp_magic.settings import find

    settings = find(root, next(iter(environments), None))
    settings = settings.of(members.name) if members.name in settings.pipelines else settings
    return {filled(name, members.parameters): where for name, where in settings.local.items()}


# --- workflows of GitHub ---------------------------------------------------------------------------------------------


def _github(root: Path, folder: Path, environments: Sequence[str]) -> tuple[Exported, Any]:
    from ldp_magic.bundle.workflows import workflows

    found = workflows(root, folder, environments)
    left = (*found.left, *_profiles(root, environments), *_one_name(root, environments))
    return replace(found, left=left), lambda out: ("git add .github",)


def _profiles(root: Path, environments: Sequence[str]) -> Iterator[Problem]:
    """Logins that only the disk of a person has."""
    from ldp_magic.resources.wanted import Problem
    from ldp_magic.settings import find

    for name in environments or (None,):
        settings = find(root, name)
        if settings.profile:
            yield Problem(
                what=f"{name or 'the settings'} signs in with the profile {settings.profile}",
                why="a runner of GitHub has no ~/.databrickscfg",
                fix='write host = "https://..." instead; who signs in is said by the variables of the workflow',
                where=settings.origin.get("profile", ""),
            )


def _one_name(root: Path, environments: Sequence[str]) -> Iterator[Problem]:
    """Environments that would make the same pipeline, if they are in one workspace."""
    from ldp_magic.resources.wanted import Problem
    from ldp_magic.settings import find

    known: dict[tuple[str, str], str] = {}
    for name in environments:
        said = find(root, name).deployment
        place = str(said.get("host") or ""), str(said.get("name-prefix") or "")
        other = known.setdefault(place, name)
        if other != name:
            yield Problem(
                what=f"{other} and {name} call their pipelines alike",
                why="in one workspace a name belongs to one pipeline, so the second deploy would be refused",
                fix=f'write name-prefix = "{other}-" into [env.{other}], or the host of each',
                severity="warning",
            )


# --- the answer ------------------------------------------------------------------------------------------------------


def _next(folder: Path, steps: Sequence[str]) -> tuple[str, ...]:
    import shlex

    from ldp_magic.settings import path_shown

    where = path_shown(folder)
    return (*((f"cd {shlex.quote(where)}",) if where != "." else ()), *steps)


@dataclass(frozen=True, slots=True)
class Export:
    """What was written, what became of each file, and what could not be held."""

    kind: Kind
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
        return text(f"{self.kind} exported", self.put, self.left, self.steps, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        from ldp_magic.show.exported import as_json

        return {"kind": self.kind, **as_json(self.put, self.left)}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("export", self.text())


# --- the command -----------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp export`."""
    parser.add_argument("kind", choices=KINDS, help="bundle, spark or github")
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipelines (default: .)")
    folders = ", ".join(f"{kind}: {folder}" for kind, folder in FOLDERS.items())
    parser.add_argument("--out", metavar="DIR", help=f"the folder to write into (default: {folders})")
    parser.add_argument(
        "--env", metavar="NAME", action="append", default=[], help="only this environment; may be said several times"
    )
    parser.add_argument("--force", action="store_true", help="write over files that somebody edited")
    parser.add_argument("--json", action="store_true", help="what became of each file, as JSON")


def command(args: Namespace) -> Export:
    """`ldp export bundle|spark|github [paths] [--out DIR] [--env NAME] [--force]`."""
    done = export(args.kind, args.paths or ["."], out=args.out, env=args.env, force=args.force)
    return replace(done, as_json=args.json)
