"""Write ldp.lock: the columns of what pipelines read and do not make.

With --check nothing is written, and the exit code is 1 when the lock is stale. With --place the columns of
tables come from the catalog there, which is only asked.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ldp_magic.errors import SourceError
from ldp_magic.pipeline.model import ColumnType, External, Pipeline
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, json_text, listed, with_columns

if TYPE_CHECKING:
    from ldp_magic.project.lockfile import Locked
    from ldp_magic.show.pen import Pen, Run

Action: TypeAlias = Literal["add", "change", "remove"]


def lock(paths: Paths = ".", *, check: bool = False, env: str | None = None, place: str | None = None) -> Lock:
    """Bring the lock of a project up to date, or with *check* only look whether it is; *place* has a live catalog."""
    result = _compared(listed(paths), env, place, check=check)
    if result.errors and not result.read:
        raise result.errors[0]
    return _saved(result)


@dataclass(frozen=True, slots=True)
class Change:
    """One source that the lock did not know, knew otherwise, or knows in vain."""

    action: Action
    name: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The external sources of a project as they are now, and how the lock differs or differed."""

    path: Path
    sources: tuple[Locked, ...]
    changes: tuple[Change, ...]
    checked: bool = False
    read: bool = True  # whether any pipeline was
    existed: bool = True
    errors: tuple[SourceError, ...] = ()
    lacking: tuple[str, ...] = ()  # tables that the catalog that was asked does not have
    as_json: bool = False

    @property
    def exit_code(self) -> int:
        if not self.read and self.errors:
            return 2
        return int(self.checked and bool(self.changes))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """What changed, a line for each source."""
        from ldp_magic.show.pen import Pen

        if self.as_json:
            return json_text(self.json())
        return "" if self.exit_code == 2 else _text(self, Pen.of(width, color, glyphs))

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "stale": bool(self.changes) and self.checked,
            "changes": [{"action": c.action, "name": c.name, "what": c.said} for c in self.changes],
            "sources": [
                {
                    "name": each.name,
                    "kind": each.kind,
                    "format": each.format or None,
                    "columns": [{"name": c.name, "type": c.type} for c in each.columns] or None,
                }
                for each in self.sources
            ],
        }


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp lock`."""
    parser.add_argument(
        "paths", nargs="*", default=["."], help="files or folders (default: .); the pipelines they belong to or hold"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the lock is stale")
    parser.add_argument("--place", metavar="PLACE", help="ask the catalog of databricks or sc://host:port for columns")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")


def command(args: Namespace) -> Lock:
    """`ldp lock [paths] [--check] [--place PLACE] [--json] [--env NAME]`."""
    result = _compared(args.paths or ["."], args.env, args.place, check=args.check)
    return replace(_saved(result), as_json=args.json)


def _saved(result: Lock) -> Lock:
    from ldp_magic.project import lockfile, write_text

    if result.changes and not result.checked:
        write_text(result.path, lockfile.dump(result.sources))
    return result


# --- what the lock should say ------------------------------------------------------------------------------------


def _compared(paths: list[str | os.PathLike[str]], env: str | None, place: str | None, *, check: bool) -> Lock:
    from ldp_magic.project import find, lockfile
    from ldp_magic.project.graphs import graph as built

    project = find(paths, env=env)
    path = project.root / lockfile.NAME
    old = lockfile.load(path)
    pipelines = with_columns(tuple(map(built, project.pipelines)))
    pipelines, lacking = _asked(pipelines, paths[0], env, place) if place else (pipelines, ())
    # what was not looked at may still be needed: a file that could not be read, a part of the project not named
    whole = not project.errors and any(project.root.is_relative_to(os.path.abspath(each)) for each in paths)
    new = _locked(pipelines, old, whole=whole)
    return Lock(
        path=path,
        sources=new,
        changes=tuple(_changes({each.name: each for each in old}, {each.name: each for each in new})),
        checked=check,
        read=bool(pipelines),
        existed=path.exists(),
        errors=project.errors,
        lacking=lacking,
    )


def _asked(
    pipelines: tuple[Pipeline, ...], path: str | os.PathLike[str], env: str | None, place: str
) -> tuple[tuple[Pipeline, ...], tuple[str, ...]]:
    """The pipelines with the columns of the tables they read as a catalog has them, and which it does not have."""
    from ldp_magic.engine.catalog import columns_at
    from ldp_magic.engine.place import place_of
    from ldp_magic.pipeline.lookup import names_of
    from ldp_magic.settings import find as settings_at

    tables = {
        name: names_of(pipeline, name.split("."))[1]
        for pipeline in pipelines
        for name, external in pipeline.externals.items()
        if external.kind == "table"
    }
    known = columns_at(place_of(settings_at(path, env, {"place": place})), tables)
    filled = tuple(
        replace(each, externals={n: replace(e, columns=known.get(n, e.columns)) for n, e in each.externals.items()})
        for each in pipelines
    )
    return filled, tuple(name for name in tables if name not in known)


def _locked(pipelines: Iterable[Pipeline], old: tuple[Locked, ...], *, whole: bool) -> tuple[Locked, ...]:
    """What is read from outside, with what only the old lock knows of it."""
    from ldp_magic.project import lockfile

    pipelines = tuple(pipelines)
    seen = _seen(pipelines)
    known = {each.name: each for each in old}
    # an unqualified name that looks like a slip of a dataset's is external where the lock has it
    missed = {read.name for pipeline in pipelines for _, read in pipeline.missing} & known.keys()
    kept = [each for each in old if each.name not in seen and (each.name in missed or not whole)]
    stated = [each for each in seen.values() if each.columns]
    rest = [each for each in seen.values() if not each.columns]
    merged = (*lockfile.merge(stated, old, complete=True), *lockfile.merge(rest, old), *kept)
    return tuple(sorted(merged, key=lambda each: each.name))


def _seen(pipelines: tuple[Pipeline, ...]) -> dict[str, Locked]:
    from ldp_magic.project.lockfile import Locked

    made = {_folded(d.qualified) for p in pipelines for d in p.datasets.values() if d.kind != "temporary view"}
    found: dict[str, Locked] = {}
    for pipeline in pipelines:
        for external in pipeline.externals.values():
            if _qualified(external, pipeline) in made:
                continue  # another pipeline of the project makes it
            before = found.get(external.name)
            columns = (before.columns if before else ()) or external.columns or ()
            found[external.name] = Locked(
                name=external.name, kind=external.kind, columns=columns, format=external.format
            )
    return found


def _qualified(external: External, pipeline: Pipeline) -> tuple[str, ...]:
    from ldp_magic.pipeline.names import Scope

    parts = tuple(external.name.split(".")) if external.kind == "table" else ()
    return _folded(Scope(pipeline.catalog, pipeline.schema).qualified(parts)) if parts else ("",)


def _folded(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)


def _changes(old: Mapping[str, Locked], new: Mapping[str, Locked]) -> Iterable[Change]:
    for name, each in new.items():
        if name not in old:
            yield Change("add", name, f"{_what(each)}, {_columns(each.columns)}")
        elif old[name] != each:
            yield Change("change", name, _difference(old[name], each))
    for name in old:
        if name not in new:
            yield Change("remove", name, "nothing reads it any more")


def _what(each: Locked) -> str:
    return f"{each.format} {each.kind}".strip()


def _columns(columns: tuple[ColumnType, ...]) -> str:
    from ldp_magic.show.graph.words import count

    return count(len(columns), "column") if columns else "columns unknown"


def _difference(old: Locked, new: Locked) -> str:
    before, after = ({column.name: column for column in each.columns} for each in (old, new))
    parts = [] if _what(old) == _what(new) else [f"{_what(old)} → {_what(new)}"]
    parts += [f"+ {name} {after[name].type}".rstrip() for name in after if name not in before]
    parts += [f"− {name}" for name in before if name not in after]
    for name in after:
        if name in before and before[name] != after[name]:
            types = before[name].type or "unknown", after[name].type or "unknown"
            parts.append(f"{name} {types[0]} → {types[1]}" if types[0] != types[1] else f"{name} described anew")
    return " · ".join(parts) or "columns in another order"


# --- text --------------------------------------------------------------------------------------------------------

_SIGNS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("−", "red")}


def _text(lock: Lock, pen: Pen) -> str:
    from ldp_magic.show.pen import Run

    lines = [pen.line([Run(lock.path.name, "bold"), Run("  " + pen.ours(" · ").join(_figures(lock)))])]
    rows = [_change(change, pen) for change in lock.changes]
    same = len(lock.sources) - sum(1 for change in lock.changes if change.action != "remove")
    if same and rows:
        rows.append([Run("="), Run("unchanged"), Run(f"{same:,} {'source' if same == 1 else 'sources'}"), Run("")])
    if rows:
        from ldp_magic.show.table import Column, table

        columns = (Column(cuts="never"), Column(cuts="never"), Column(cuts="middle"), Column(cuts="end"))
        lines += ["", *table(columns, rows, pen)]
    lines += [f"\n{said}" for said in _asides(lock, pen)]
    return "\n".join(lines)


def _figures(lock: Lock) -> list[str]:
    from ldp_magic.show.graph.words import count

    said = [count(len(lock.sources), "external source")]
    if not lock.changes:
        return [*said, "up to date" if lock.existed else "nothing to lock"]
    many = {action: sum(1 for each in lock.changes if each.action == action) for action in _SIGNS}
    words = {"add": "added", "change": "changed", "remove": "removed"}
    shown = [f"{n:,} {'to ' + action if lock.checked else words[action]}" for action, n in many.items() if n]
    return [*said, *shown, "nothing written" if lock.checked else "written"]


def _change(change: Change, pen: Pen) -> list[Run]:
    from ldp_magic.show.pen import Run

    sign, style = _SIGNS[change.action]
    said = pen.ours(change.said) if pen.glyphs == "ascii" else change.said
    return [Run(pen.ours(sign), style), Run(change.action), Run(pen.theirs(change.name)), Run(pen.theirs(said))]


def _asides(lock: Lock, pen: Pen) -> Iterable[str]:
    from ldp_magic.show.pen import Run

    if lock.checked and lock.changes:
        yield pen.line([pen.state("error"), Run(f" {lock.path.name} is stale: ldp lock writes it")])
    if lock.lacking:
        said = f"not in the catalog that was asked: {', '.join(lock.lacking[:12])}"
        yield pen.line([pen.state("warning")]) + " " + pen.hanging("  ", pen.theirs(said))[2:]
    unknown = sum(1 for each in lock.sources if not each.columns)
    if unknown:
        said = f"the columns of {unknown:,} {'source are' if unknown == 1 else 'sources are'} unknown: "
        rest = f"add them to {lock.path.name}, or say schema => in read_files"
        yield pen.line([pen.state("unknown")]) + " " + pen.hanging("  ", said + rest)[2:]
