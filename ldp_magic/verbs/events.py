"""Show the events of an update: what happened, in its order.

They are the records of a pipeline's event log as Databricks documents them, stored with every local update.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.events import Event, Updated
    from ldp_magic.lake import Lake

LIMIT = 50
LEVELS = ("metrics", "info", "warn", "error")
FORMATS = ("text", "json")


def events(
    path: str | os.PathLike[str] = ".",
    *,
    update: int | str | None = None,
    flow: str | None = None,
    level: str | None = None,
    limit: int | None = None,
    env: str | None = None,
) -> Log:
    """The events of an update by its number or id, else of the newest; those of a flow, from a level on."""
    from ldp_magic.events import Event, ordered

    lake = lake_of(path, env)
    ids = lake.events.updates()
    chosen = _chosen(lake, ids, update)
    stored = lake.events.of(chosen)
    every = ordered(map(Event.from_dict, stored))
    found = [each for each in every if level is None or each.reaches(level)]
    if flow is not None:
        names = _names(every, flow)
        found = [each for each in found if each.flow in names or each.dataset in names]
    shown = found if limit is None else found[max(len(found) - limit, 0) :]
    return Log(state_of(lake, stored, newest=chosen == ids[0]), tuple(shown), len(found))


@dataclass(frozen=True, slots=True)
class Log:
    """The events of an update, the last of so many that were asked for."""

    update: Updated
    events: tuple[Event, ...]
    total: int
    format: str = "text"

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each event."""
        from ldp_magic.show.events import text
        from ldp_magic.show.pen import Pen
        from ldp_magic.verbs.graph import json_text

        if self.format == "json":
            return json_text(self.json())
        return text(self.update, self.events, self.total, Pen.of(width, color, glyphs))

    def json(self) -> list[dict[str, Any]]:
        """The records as they are stored."""
        return [event.to_dict() for event in self.events]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("events", self.text())


# --- the lake of a project, as far as it tells of updates ------------------------------------------------------------


def lake_of(path: str | os.PathLike[str], env: str | None) -> Lake:
    """The lake of a project in which something was run; a look makes none."""
    from ldp_magic.lake import Lake
    from ldp_magic.lake.names import folder_of
    from ldp_magic.settings import find

    settings = find(path, env)
    environment = settings.environment or "dev"
    folder = settings.root / ".ldp" / "lake"
    names = {environment, folder_of(environment)}
    if any(_any_file(folder / name / "events") for name in names):
        lake = Lake.open(settings.root, environment)
        if lake.events.updates():
            return lake
    others = _others(folder, names)
    raise LdpError(
        f"nothing was run here in the environment {environment}" if others else "nothing was run here yet",
        why=f"there are updates of {', '.join(others)}" if others else "updates and their events come with a run",
        fix=f"say --env {others[0]}, or run it: ldp run --env {environment}" if others else "ldp run",
    )


def _any_file(folder: os.PathLike[str]) -> bool:
    try:
        return any(entry.is_file() for entry in os.scandir(folder))
    except OSError:
        return False


def _others(folder: os.PathLike[str], names: set[str]) -> list[str]:
    """The environments in which something was run."""
    try:
        found = [entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name not in names]
    except OSError:
        return []
    return sorted(name for name in found if _any_file(os.path.join(folder, name, "events")))  # type: ignore[arg-type]


def state_of(lake: Lake, events: Sequence[Mapping[str, Any]], *, newest: bool) -> Updated:
    """The state of an update; only the newest one can be at work, and who works holds the lake."""
    from ldp_magic.events import folded

    update = folded(events, over=not newest)
    return update if update.ended or _is_held(lake) else folded(events, over=True)


def _is_held(lake: Lake) -> bool:
    from ldp_magic.lake import LakeError

    try:
        with lake.lock():
            return False
    except LakeError:  # held, or nobody can tell
        return True


def _chosen(lake: Lake, ids: list[str], update: int | str | None) -> str:
    """The id of the update that is meant."""
    said = "" if update is None else str(update).strip()
    chosen = ids[0] if not said else next(_meant(lake, ids, said), None)
    if chosen is None:
        kept = "one update is" if len(ids) == 1 else f"{len(ids):,} updates are"
        raise LdpError(
            f"there is no update {said[:40]}",
            why=f"{kept} kept, the newest is {_number(lake, ids[0]) or ids[0]}",
            fix="ldp history shows them",
        )
    return chosen


def _meant(lake: Lake, ids: list[str], said: str) -> Iterator[str]:
    """The updates of that number, then those whose id begins so."""
    if said.isdecimal():
        yield from (each for each in ids if _number(lake, each) == int(said))
    yield from (each for each in ids if each.startswith(said))


def _number(lake: Lake, id_: str) -> int | None:
    from ldp_magic.events import folded

    return folded(lake.events.of(id_)[:1]).number


def _names(every: list[Event], flow: str) -> set[str]:
    """The flows and datasets that are meant; the last part of a name is enough."""
    known = dict.fromkeys(name for each in every for name in (each.flow, each.dataset) if name)
    wanted = flow.lower().replace("`", "")
    found = {name for name in known if name.lower() == wanted}
    found = found or {name for name in known if name.lower().rpartition(".")[2] == wanted}
    if found:
        return found
    near = get_close_matches(flow, known, 1)
    raise LdpError(
        f"no flow of this update is called {flow[:80]}" + (f"; {near[0]} is" if near else ""),
        why=f"there are {', '.join(list(known)[:12])}" if known else "it ended before its flows were known",
        fix=f"say --flow {near[0]}" if near else "ldp events without --flow shows all",
    )


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp events`."""
    parser.add_argument("path", nargs="?", default=".", help="a file or folder of the project (default: .)")
    parser.add_argument("--update", metavar="N", help="its number, or the beginning of its id (default: the newest)")
    parser.add_argument("--flow", metavar="NAME", help="only what concerns that flow or dataset")
    parser.add_argument("--level", choices=LEVELS, help="only events of that level and graver ones")
    parser.add_argument("--limit", metavar="N", help=f"how many, the last ones, or all (default: {LIMIT}, in JSON all)")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")
    parser.add_argument("--format", choices=FORMATS, default="text", help="lines, or the stored records as JSON")


def command(args: Namespace) -> Log:
    """`ldp events [PATH] [--update N] [--flow NAME] [--level LEVEL] [--limit N] [--format FORMAT]`."""
    limit = count_of("events", args.limit, LIMIT if args.format == "text" else None)
    found = events(args.path, update=args.update, flow=args.flow, level=args.level, limit=limit, env=args.env)
    return replace(found, format=args.format)


def count_of(verb: str, said: str | None, default: int | None) -> int | None:
    """A number of things to show; None for all of them."""
    if said is None:
        return default
    if said == "all":
        return None
    if said.isdecimal() and said.isascii() and int(said):
        return int(said)
    raise UsageError(f"ldp {verb}: --limit cannot be {said[:40]}", why="it is a number", fix="say --limit 100, or all")
