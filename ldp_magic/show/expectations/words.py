"""What is said about the expectations of a dataset, the same in every form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ldp_magic.engine.answer import Checked
from ldp_magic.events.words import figure, listed, rows
from ldp_magic.runs.broken import Margin, Pattern, Reason, Row
from ldp_magic.runs.outcome import Outcome, Stop
from ldp_magic.show.rows.words import ACTIONS, result, share
from ldp_magic.sql.writing import quoted

__all__ = ["ACTIONS", "result", "share"]
_SCALES = (1, 5, 10, 25, 50)
_STEPS = 6  # bounds of one part that are told


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a sentence: plain, a `code` or a `strong` figure."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A figure with the state that it is about; without one it is beside the point."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, and the command that it is about."""

    text: str
    command: str


def ordered(checks: Sequence[Checked]) -> list[Checked]:
    """The worst first: what stops, what drops, what warns, what passed."""
    order = {"fail": 0, "drop": 1, "warn": 2}
    return sorted(
        checks, key=lambda each: (not each.failed, order[each.action], -each.failed) if each.failed else (True, 0, 0)
    )


def head(found: Outcome) -> str:
    """`861 rows checked, batch 1, update 3`"""
    if found.stop and not found.known:
        return f"{rows(found.stop.total)} checked" + (f", update {found.stop.number:,}" if found.stop.number else "")
    said = [f"{rows(found.total)} checked"] if found.known else ["not checked yet"]
    if found.batches:
        first, last = found.batches
        said.append(f"batch {last:,}" if first == last else f"batches {first:,} to {last:,}")
    said += [f"update {found.update:,}"] if found.update is not None else []
    return ", ".join(said)


def notes(found: Outcome) -> Iterator[Note]:
    """Dropped, kept with a warning, written."""
    if not found.known:
        return
    warns = any(each.action == "warn" and each.failed for each in found.checks)
    if found.dropped is None:
        yield Note("dropped", "rows dropped, by more than one: not counted together")
    elif found.dropped:
        yield Note("dropped", f"{rows(found.dropped)} dropped")
    if found.warned is None or (warns and not found.warned):
        yield Note("warning", f"rows kept with a warning: {'not counted' if found.warned is None else 'none'}")
    elif found.warned:
        yield Note("warning", f"{rows(found.warned)} kept with a warning")
    if not found.dropped and not warns and found.dropped is not None:
        yield Note("ok", "every row passed" if found.total else "there were no rows")
    if found.written is not None:
        yield Note("", f"{rows(found.written)} written")


def scale(checks: Sequence[Checked]) -> int:
    """Per cent at the end of the bars: the next round figure above the largest share."""
    largest = max((portion(each) for each in checks), default=0.0) * 100
    return next((each for each in _SCALES if largest <= each), 100)


def portion(each: Checked) -> float:
    total = each.passed + each.failed
    return each.failed / total if total else 0.0


def stopped(found: Outcome, stop: Stop) -> tuple[str, list[tuple[str, str]]]:
    """What stopped an update, and what is known of it, each with its word."""
    failure = stop.failure
    said = [("why", failure.why), ("at", failure.place), ("fix", failure.fix)]
    said.append(("kept", "nothing of this flow was written" + (f" by update {stop.number:,}" if stop.number else "")))
    return failure.what, [(word, text) for word, text in said if text]


def remarks(found: Outcome, current: Sequence[tuple[str, str]], *, rows_shown: bool) -> Iterator[Remark]:
    """What has to be known beside the figures, and what to do next."""
    if found.known and found.checks and list(current) != [(each.name, each.condition) for each in found.checks]:
        yield Remark("the expectations were changed since; the next update checks what they say now", "")
    name = shell_name(found.dataset.name)
    if found.written is None and found.known:
        yield Remark("a view keeps no rows", f"ldp preview {name}")
    elif found.dropped and rows_shown:
        yield Remark("the dropped rows are kept beside the table", f"ldp quarantine {name}")
    elif any(each.failed for each in found.checks) and not rows_shown:
        they = f"the {found.dropped:,} dropped rows are" if found.dropped != 1 else "the dropped row is"
        kept = f"{they} kept beside the table" if found.dropped else "why they failed"
        yield Remark(kept, f"ldp expectations {name} --rows")


def shell_name(name: str) -> str:
    """A name as it is typed in a terminal."""
    return name if name.replace("_", "a").replace(".", "a").isalnum() else f"'{quoted(name)}'"


# --- why rows broke an expectation ---------------------------------------------------------------------------------


def title(reason: Reason) -> str:
    """`why 12 rows failed`"""
    return f"why {rows(reason.check.failed)} failed"


def shown_of(reason: Reason) -> str:
    """`6 of 12 failing rows`"""
    return f"{figure(len(reason.rows))} of {rows(reason.check.failed, 'failing')}"


def more_of(reason: Reason) -> str:
    """What the table leaves out; empty if nothing."""
    left = reason.looked - len(reason.rows)
    if left <= 0:
        return ""
    return f"… {left:,} more {'row' if left == 1 else 'rows'}: --limit {reason.looked}"


def short(reason: Reason) -> list[str]:
    """The parts without the one column that all of them begin with."""
    texts = [part.text for part in reason.parts]
    if len(texts) < 2 or len(reason.reads) != 1:
        return texts
    name = reason.reads[0].lower()
    rests = [text[len(name) :].strip() if text.lower().startswith(f"{name} ") else "" for text in texts]
    return rests if all(rests) else texts


def whole(row: Row) -> str:
    """What the whole condition says of a row."""
    if False in row.parts:
        return "false"
    return "unknown" if None in row.parts else "true now"


def became(row: Row) -> str:
    return "kept" if row.kept else "dropped"


def sentence(reason: Reason) -> list[Said]:
    """How many rows broke which part, and what NULL has to do with it."""
    names = short(reason)
    clauses = [clause for clause in (_false(reason, names), *_unknown(reason, names), _now(reason)) if clause]
    said = list[Said]()
    if reason.looked < reason.check.failed:
        said.append(Said(f"of {figure(reason.check.failed)} rows {figure(reason.looked)} were looked at: "))
    for n, clause in enumerate(clauses):
        said += [Said("; ")] if n else []
        said += clause
    if any(None in each.parts for each in reason.patterns):
        said.append(Said(", and unknown counts as a violation"))
    if reason.note:
        said.append(Said(f"; {reason.note}" if clauses else reason.note))
    return said


def _false(reason: Reason, names: Sequence[str]) -> list[Said]:
    counts = [sum(each.rows for each in reason.patterns if each.parts[n] is False) for n in range(len(names))]
    told = [(name, many) for name, many in zip(names, counts, strict=True) if many]
    said = list[Said]()
    for n, (name, many) in enumerate(told):
        said += [Said(" and " if n == len(told) - 1 else ", ")] if n else []
        words = _counted(many) if not n else [Said(figure(many), "strong")]
        said += [Said(name, "code"), Said(" was false for " if not n else " for "), *words]
    return said


def _counted(many: int) -> list[Said]:
    return [Said(figure(many), "strong"), Said(" row" if many == 1 else " rows")]


def _unknown(reason: Reason, names: Sequence[str]) -> Iterator[list[Said]]:
    """For each set of columns that are NULL: how many rows, and which parts that makes unknown."""
    groups = dict[tuple[tuple[str, ...], tuple[int, ...]], int]()
    for each in reason.patterns:
        parts = tuple(n for n, part in enumerate(each.parts) if part is None)
        if parts:
            key = (_guilty(reason, each, parts), parts)
            groups[key] = groups.get(key, 0) + each.rows
    for (columns, parts), many in sorted(groups.items(), key=lambda pair: -pair[1]):
        verb = "has" if many == 1 else "have"
        if columns:
            said = [*_counted(many), Said(f" {verb} no ")]
            for n, column in enumerate(columns):
                said += [Said(" and no ")] if n else []
                said.append(Said(column, "code"))
            yield [*said, Said(": NULL makes "), *_parts(parts, names), Said(" unknown")]
        else:
            were = "was" if len(parts) == 1 else "were"
            yield [*_parts(parts, names), Said(f" {were} unknown for "), *_counted(many)]


def _guilty(reason: Reason, pattern: Pattern, parts: Sequence[int]) -> tuple[str, ...]:
    """The columns whose NULL can have made those parts unknown: the parts speak of them."""
    texts = " ".join(reason.parts[n].text for n in parts).lower()
    return tuple(name for name in pattern.nulls if name.lower() in texts)


def _parts(parts: Sequence[int], names: Sequence[str]) -> list[Said]:
    if len(names) == 1:
        return [Said("the condition")]
    if len(parts) == len(names):
        return [Said("both parts" if len(parts) == 2 else f"all {len(parts)} parts")]
    said = list[Said]()
    for n, part in enumerate(parts):
        said += [Said(" and " if n == len(parts) - 1 else ", ")] if n else []
        said.append(Said(names[part], "code"))
    return said


def _now(reason: Reason) -> list[Said]:
    many = sum(each.rows for each in reason.patterns if all(each.parts))
    if not many:
        return []
    return [*_counted(many), Said(" would pass now: the condition depends on when it is asked")]


def instead(reason: Reason) -> Iterator[tuple[str, list[Said]]]:
    """What another action would have made of these rows, and what a condition that lets NULL pass would."""
    check, other = reason.check, reason.instead
    first = f"this update would have stopped at {'this row' if check.failed == 1 else 'these rows'}, nothing written"
    yield "as stop update", [Said(first)]
    if other is not None and check.action == "drop":
        marked = f", {figure(other.marked)} of them marked"
        yield "as keep, warn", [Said(f"{rows(other.written)} written{marked}")]
    elif other is not None:
        yield "as drop row", [Said(f"{rows(other.written)} written, {figure(other.marked)} more dropped")]
    guilty = {each.nulls for each in reason.patterns if None in each.parts}
    if len(guilty) == 1 and len(names := next(iter(guilty))) == 1 and reason.looked == check.failed:
        many = sum(each.rows for each in reason.patterns if names[0] in each.nulls)
        passes = f" lets {figure(many)} of the {figure(check.failed)} pass"
        yield "NULL-safe", [Said(f"{names[0]} IS NULL OR (…)", "code"), Said(passes)]
    if reason.looked == check.failed:
        yield from _looser(reason)


def _looser(reason: Reason) -> Iterator[tuple[str, list[Said]]]:
    """Bounds that would let rows pass that broke nothing else."""
    for margin in reason.margins:
        said = list[Said]()
        for bound, many in steps(margin):
            lead = [Said(", ")] if said else []
            rest = f" lets {figure(many)} of the {figure(reason.check.failed)} pass" if not said else f" {figure(many)}"
            said += [*lead, Said(looser(margin, bound) if not said else f"{margin.sign} {number(bound)}", "code")]
            said.append(Said(rest))
        yield "at another bound", said


def steps(margin: Margin) -> list[tuple[float, int]]:
    """Some of the bounds, the nearest and the farthest among them."""
    every, last = margin.steps, len(margin.steps) - 1
    chosen = {round(n * last / (_STEPS - 1)) for n in range(_STEPS)} if last >= _STEPS else range(last + 1)
    return [every[n] for n in sorted(chosen)]


def looser(margin: Margin, bound: float) -> str:
    """A part with another bound."""
    return f"{margin.value} {margin.sign} {number(bound)}"


def number(value: float) -> str:
    """A number as it is written in SQL."""
    return str(int(value)) if value.is_integer() else repr(value)


# --- all datasets ------------------------------------------------------------------------------------------------


def overview(found: Sequence[Outcome]) -> str:
    """`3 datasets · 8 expectations`"""
    checks = sum(len(each.checks) for each in found)
    datasets = sum(1 for each in found if each.checks)
    said = [
        f"{datasets:,} dataset{'' if datasets == 1 else 's'}",
        f"{checks:,} expectation{'' if checks == 1 else 's'}",
    ]
    updates = sorted({each.update for each in found if each.update is not None})
    if updates:
        same = len(updates) == 1
        said.append(f"update {updates[0]:,}" if same else f"updates {updates[0]:,} to {updates[-1]:,}")
    return " · ".join(said)


def sums(found: Sequence[Outcome]) -> Iterator[Note]:
    """Dropped and kept with a warning, over all datasets."""
    dropped = sum(each.dropped or 0 for each in found)
    warned = sum(each.warned or 0 for each in found)
    if dropped:
        yield Note("dropped", f"{rows(dropped)} dropped")
    if warned:
        yield Note("warning", f"{rows(warned)} kept with a warning")
    if not any(check.failed for each in found for check in each.checks) and any(each.checks for each in found):
        yield Note("ok", "every row passed")


def unchecked(found: Sequence[Outcome]) -> str:
    """Which datasets no update has checked yet; empty if there is none."""
    names = [each.dataset.name for each in found if not each.checks and not each.stop]
    return f"not checked yet: {listed(names)}; ldp run checks {'it' if len(names) == 1 else 'them'}" if names else ""
