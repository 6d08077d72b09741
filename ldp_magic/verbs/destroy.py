"""Take everything that was deployed out of the workspace again.

The tables stay, and nothing updates them any more. Those of a pipeline go only where --drop-tables says its name.
"""

from __future__ import annotations

import os
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ldp_magic.errors import LdpError
from ldp_magic.verbs import Glyphs, Shown, silent
from ldp_magic.verbs.remote import Remote, agreed, aloud, flags, names_of, remote

if TYPE_CHECKING:
    from ldp_magic.deploy.apply import Done


def destroy(
    *,
    drop_tables: Sequence[str] = (),
    yes: bool = False,
    ask: Callable[[Shown], bool] | None = None,
    take_lock: bool = False,
    path: str | os.PathLike[str] = ".",
    env: str | None = None,
    profile: str | None = None,
    say: Callable[[str], None] = silent,
) -> Destroyed:
    """Remove what a project has in the workspace. *yes* does it; else *ask* is shown what would go and decides."""
    found = remote(path, env=env, profile=profile, say=say)
    if found.state is None:
        raise LdpError(
            "nothing of this project was deployed",
            why=f"{found.folder.path} holds no state",
            fix="ldp status --env NAME",
        )
    kept = found.state.resources
    names = {key[9:]: str(one.sent.get("name")) for key, one in kept.items() if key.startswith("pipeline.")}
    keys = frozenset(_key(name, names) for name in ((drop_tables,) if isinstance(drop_tables, str) else drop_tables))
    tables = tuple(names[key] for key in sorted(keys))
    shown = Destroyed(found.workspace.host, _going(found, keys), tables, given=found.given)
    if not yes and not (ask and ask(shown)):
        return replace(shown, declined=ask is not None)
    from ldp_magic.deploy.destroying import destroy as destroyed

    def told(done: Done) -> None:
        say(f"{done.what} {done.action}")

    destroyed(found.workspace, found.folder, found.state, keys, told, take_lock=take_lock)
    return replace(shown, done=True)


def _key(name: str, names: dict[str, str]) -> str:
    for key, known in names.items():
        if name in (key, known):
            return key
    near = next(iter(get_close_matches(name, names.values(), 1)), None)
    raise LdpError(
        f"no pipeline of this project is called {name}" + (f"; {near} is" if near else ""),
        why=f"there are {', '.join(names.values()) or 'none'}, and only a name that is right drops tables",
        fix=f"say --drop-tables {near}" if near else "ldp status shows them",
    )


def _going(found: Remote, tables: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """What goes, each with a word about it."""
    state = found.state
    kept = state.resources if state else {}
    lines = []
    for key, one in sorted(kept.items()):
        kind, _, name = key.partition(".")
        said = f"{kind} {one.sent.get('name') or name}"
        if kind == "pipeline":
            lines.append((said, "with all its tables" if name in tables else "its tables stay"))
        elif kind == "job":
            lines.append((said, ""))
    files = len(state.files) if state else 0
    return (*lines, (f"{files:,} file{'s' * (files != 1)}", found.folder.files))


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What goes or has gone."""

    host: str
    objects: tuple[tuple[str, str], ...]
    tables: tuple[str, ...] = ()  # pipelines whose tables go
    given: str = ""  # the flags of the environment and the login
    done: bool = False
    declined: bool = False  # somebody saw it and said no

    @property
    def exit_code(self) -> int:
        return 0 if self.done else 1

    @property
    def timeless(self) -> Destroyed:
        """The same without ports: what a notebook keeps that is run again and compared."""
        from ldp_magic.deploy.plan import portless

        return replace(self, host=portless(self.host))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """A line for each object."""
        from ldp_magic.show.pen import Pen, Run
        from ldp_magic.show.table import Column, table

        if self.declined:
            return "nothing was sent"
        pen = Pen.of(width, color, glyphs)
        head = "destroyed" if self.done else "destroy"
        said = f"  {pen.theirs(self.host)}" + ("" if self.done else pen.ours(" · nothing has been sent"))
        minus = pen.ours("−")
        rows = [[Run(minus, "red"), Run(pen.theirs(one)), Run(pen.theirs(word))] for one, word in self.objects]
        heads = [Column(cuts="never"), Column(), Column(cuts="end")]
        lines = [pen.line([Run(head, "bold"), Run(said)]), "", *table(heads, rows, pen)]
        drop = f"--drop-tables {shlex.quote(','.join(self.tables))}" if self.tables else ""
        line = " ".join(filter(None, ["ldp destroy --yes", drop, self.given]))
        return "\n".join(lines if self.done else [*lines, "", f"do it: {line}"])

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"done": self.done, "host": self.host, "objects": [list(each) for each in self.objects]}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text()}


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp destroy`."""
    parser.add_argument(
        "--drop-tables", metavar="PIPELINES", default="", help="the tables of these pipelines go, too; by their names"
    )
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--take-lock", action="store_true", help="go on although a deploy that was broken off holds the lock"
    )
    flags(parser)


def command(args: Namespace) -> Destroyed:
    """`ldp destroy [--drop-tables PIPELINES] [--yes] [--env NAME] [--profile NAME]`."""
    how: dict[str, Any] = {"yes": args.yes, "ask": agreed(args), "take_lock": args.take_lock}
    said = {"env": args.env, "profile": args.profile, "say": aloud(args)}
    return destroy(drop_tables=names_of(args.drop_tables), **how, **said)
