"""The words of a plan, the same in every form."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ldp_magic.deploy.plan import Change, Plan, Runs, Step, offset
from ldp_magic.resources.wanted import Json
from ldp_magic.show.diff import diff
from ldp_magic.show.glyphs import Sign
from ldp_magic.text import Source

__all__ = [
    "ACTIONS",
    "EFFECTS",
    "MOST",
    "apply_line",
    "changed_in",
    "counts",
    "diff_of",
    "files",
    "left",
    "loud",
    "moments",
    "objects",
    "place",
    "rest_of",
    "shown",
    "steps_of",
]

MOST = 50
_PRIVATE = re.compile(r"token|passw|secret|api[_-]?key|credential", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\{secrets/[^}]+\}\}")
_REF = re.compile(r"\$\{resources\.(\w+)s\.([^}]+)\.id\}")
_LONGEST = 200
ACTIONS: dict[str, Sign] = {
    "add": Sign(glyph="+", ascii="+", word="add", terminal="green", static="#0c7f4f"),
    "change": Sign(glyph="~", ascii="~", word="change", terminal="blue", static="#2470dc"),
    "recreate": Sign(glyph="▲", ascii="!", word="make anew", terminal="yellow", static="#8f680a"),
    "remove": Sign(glyph="−", ascii="-", word="remove", terminal="red", static="#d02c55"),
    "unchanged": Sign(glyph="=", ascii="=", word="unchanged", terminal="bright black"),
    "kept": Sign(glyph="?", ascii="?", word="kept", terminal="magenta", static="#914eb9"),
    "allow": Sign(glyph="+", ascii="+", word="allow", terminal="green", static="#0c7f4f"),
}
EFFECTS: dict[str, Sign] = {
    "none": Sign(glyph="=", ascii="=", word="none", terminal="bright black"),
    "recomputed": Sign(glyph="~", ascii="~", word="recomputed", terminal="blue", static="#2470dc"),
    "forward only": Sign(glyph="→", ascii="->", word="forward only", terminal="blue", static="#2470dc"),
    "state lost": Sign(glyph="▼", ascii="v", word="state lost", terminal="magenta", static="#914eb9"),
    "full refresh": Sign(glyph="▲", ascii="!", word="full refresh", terminal="yellow", static="#8f680a"),
    "table dropped": Sign(glyph="✗", ascii="x", word="table dropped", terminal="red", static="#d02c55"),
}


def counts(plan: Plan) -> list[tuple[str, int, str]]:
    """How much is added, changed, deleted and left: (action, number, words)."""
    changed = plan.count("change") + plan.count("recreate")
    return [
        ("add", added := plan.count("add"), f"{added:,} to add"),
        ("change", changed, f"{changed:,} to change"),
        ("remove", gone := plan.count("remove"), f"{gone:,} to delete"),
        ("unchanged", same := plan.count("unchanged"), f"{same:,} unchanged"),
    ]


def place(plan: Plan) -> list[tuple[str, str]]:
    """Who, which host, profile and environment, and where the tables lie."""
    wanted, have = plan.wanted, plan.have
    said = [
        ("as", have.who),
        ("at", have.host or wanted.host),
        ("profile", have.profile or wanted.profile),
        ("catalog", wanted.catalog),
        ("schema", wanted.schema),
        ("folder", have.folder),
    ]
    return [(word, value) for word, value in said if value]


def loud(plan: Plan) -> list[tuple[str, str]]:
    """What needs attention: (state, words)."""
    found: list[tuple[str, str]] = []
    bad = sum(each.severity == "error" for each in plan.wanted.problems)
    if bad:
        found.append(("error", f"{bad} problem{_s(bad)} to mend before it can be deployed: ldp check"))
    if plan.destroyed:
        found.append(("error", f"{_datasets(len(plan.destroyed))} dropped, with their rows"))
    if plan.refreshed:
        found.append(("warning", f"{_datasets(len(plan.refreshed))} refreshed in full"))
    lost = sum(each.effect == "state lost" for each in plan.effects)
    if lost:
        found.append(("warning", f"{lost} dataset{_s(lost)} read{'s' * (lost == 1)} the source again"))
    drift = sum(len(each.drift) for each in plan.steps)
    if drift:
        found.append(
            ("unknown", f"{drift} setting{_s(drift)} {_were(drift)} changed in the workspace since the last deploy")
        )
    return found


def _s(number: int) -> str:
    return "s" * (number != 1)


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _datasets(number: int) -> str:
    return "1 dataset is" if number == 1 else f"{number:,} datasets are"


def files(plan: Plan) -> tuple[list[Step], list[Step], int]:
    """The file steps that do something, as many as are shown; those behind them; how many files are unchanged."""
    some = [step for step in plan.steps if step.kind == "file" and step.action != "unchanged"]
    same = sum(step.kind == "file" and step.action == "unchanged" for step in plan.steps)
    return some[:MOST], some[MOST:], same


def objects(plan: Plan) -> list[Step]:
    """The steps that are no files."""
    return [step for step in plan.steps if step.kind != "file"]


def steps_of(step: Step) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows of an object: action, setting, now, after, remark."""
    dropped = {each.path for each in step.changes}
    for each in step.changes:
        yield each.action, each.path, shown(each, each.was), shown(each, each.now), _remark(each)
    for each in step.drift:
        if each.path not in dropped:
            yield "kept", each.path, shown(each, each.was), shown(each, each.now), "changed in the workspace, and kept"
    for right in step.permit:
        who = next((str(right[key]) for key in right if key.endswith("_name")), "")
        yield "allow", who, "", str(right.get("permission_level", "")), ""


def _remark(change: Change) -> str:
    return f"from {change.origin}" if change.origin else ""


def shown(change: Change, value: Json) -> str:
    """A value on one line; what looks like a password is not told."""
    if value is None:
        return ""
    if _PRIVATE.search(change.path.rpartition(".")[2]) and not _REFERENCE.fullmatch(str(value)):
        return "***"
    if isinstance(value, (list, tuple)) and value and all(isinstance(each, str) for each in value):
        text = ", ".join(map(str, value))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
    text = _REF.sub(r"id of \1 \2", text) if text else '""'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def changed_in(plan: Plan, step: Step) -> str:
    """What changed in a file, told from its tables."""
    said = [each.what for each in plan.effects if each.file == step.name and each.what]
    if said and all(each == "new" for each in said):
        names = [each.name for each in plan.effects if each.file == step.name]
        return f"new: {', '.join(names[:6])}" if len(names) > 1 else "new"
    if not said and step.action == "change":
        return "no row depends on it"
    return ", ".join(dict.fromkeys(said))


def diff_of(step: Step) -> str:
    """What a file was and is, where both are known."""
    if step.action != "change" or step.was is None or step.file is None:
        return ""
    was = Source(step.name, None, step.was.decode("utf-8", "replace"))
    return diff(was, step.file.content.decode("utf-8", "replace"))


def moments(runs: Runs) -> tuple[list[tuple[str, str]], str]:
    """The next runs as (day, time), and their offset where they share it."""
    offsets = list(dict.fromkeys(offset(each) for each in runs.times))
    several = len(offsets) > 1
    return [(_day(each), f"{each:%H:%M}{' ' + offset(each) if several else ''}") for each in runs.times], (
        "" if several else next(iter(offsets), "")
    )


def _day(time: datetime) -> str:
    return f"{time:%a} {time.day} {time:%b}"


def apply_line(plan: Plan, command: str = "ldp deploy") -> str:
    """The command that does it."""
    words = [command]
    words += ["--env", shlex.quote(plan.wanted.environment)] if plan.wanted.environment else []
    names = [each.name for each in plan.refreshed]
    words += ["--full-refresh", shlex.quote(",".join(names))] if names else []
    return " ".join(words)


def left(number: int, what: str, *, more: bool = False) -> str:
    """How many there are; *more* than those above."""
    return f"{number:,} {'more ' * more}{what}{_s(number)}"


def rest_of(names: Sequence[Any], what: str) -> str:
    """How many are not shown."""
    return f"{len(names):,} more {what}{_s(len(names))}"
