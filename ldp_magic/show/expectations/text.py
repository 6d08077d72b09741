"""Expectations for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.engine.answer import Checked
from ldp_magic.runs.broken import Reason
from ldp_magic.runs.outcome import Outcome, Stop
from ldp_magic.runs.parts import plain
from ldp_magic.show.expectations import words
from ldp_magic.show.expectations.words import Note, Remark, Said
from ldp_magic.show.glyphs import STATES, wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.table import Column, table
from ldp_magic.show.values import cell, is_number

MOST_VALUE, MOST_PART = 24, 12  # cells of what may be cut where there is little room
BAR, ROOMY = 20, 90  # cells of a bar, and of a terminal that has room for them
_EIGHTHS = "▏▎▍▌▋▊▉"
_TOGETHER = "\0"  # a blank at which no line ends
_RESULTS = {True: ("ok", "true"), False: ("error", "false"), None: ("unknown", "unknown")}


def text(
    found: Outcome,
    reasons: Sequence[Reason] | None,
    current: Sequence[tuple[str, str]],
    pen: Pen,
    zone: str = "UTC",
) -> str:
    """One dataset: what stopped, what was counted, and why."""
    kind = [Run("  "), pen.kind(found.dataset.kind), Run(f" {found.dataset.kind}")]
    lines = [pen.line([Run(pen.theirs(found.dataset.name), "bold"), *kind, Run(f"  {words.head(found)}")])]
    if found.stop:
        lines += ["", *_stop(found, found.stop, pen), *([""] if found.known else [])]
    said = list(words.notes(found))
    if said:
        before = "before that: " if found.stop else ""
        lines.append(_notes(said, pen, before))
    if found.checks:
        lines += ["", *_table([(found, each) for each in words.ordered(found.checks)], pen, named=False)]
    for reason in reasons or ():
        lines += ["", *_reason(reason, pen, zone)]
    for each in words.remarks(found, current, rows_shown=reasons is not None):
        lines += ["", _remark(each, pen)]
    return "\n".join(lines)


def all_text(name: str, found: Sequence[Outcome], pen: Pen) -> str:
    """Every dataset in one table."""
    lines = [pen.line([Run(pen.theirs(name), "bold"), Run(f"  {pen.ours(words.overview(found))}")])]
    said = list(words.sums(found))
    lines += [_notes(said, pen)] if said else []
    for each in found:
        if each.stop:
            lines += ["", *_stop(each, each.stop, pen)]
    rows = [(each, check) for each in found for check in words.ordered(each.checks)]
    if rows:
        lines += ["", *_table(rows, pen, named=True)]
    left = words.unchecked(found)
    return "\n".join([*lines, *(["", pen.hanging("  ", pen.theirs(left))] if left else [])])


def _remark(said: Remark, pen: Pen) -> str:
    """A sentence whose command is never broken."""
    about = pen.theirs(said.text)
    if not said.command:
        return pen.hanging("  ", about)
    whole = f"{about}: {pen.theirs(said.command).replace(' ', _TOGETHER)}"
    return pen.hanging("  ", whole).replace(_TOGETHER, " ")


def _notes(said: Sequence[Note], pen: Pen, before: str = "") -> str:
    runs = [Run(before)]
    for n, note in enumerate(said):
        runs += [Run("  ")] if n else []
        runs += [pen.state(note.state), Run(f" {note.text}")] if note.state else [Run(note.text)]
    return pen.line(runs)


def _stop(found: Outcome, stop: Stop, pen: Pen) -> Iterator[str]:
    what, said = words.stopped(found, stop)
    sign = pen.state("error")
    first, *rest = pen.hanging(f"{sign.text} ", pen.theirs(what)).split("\n")
    yield pen.line([sign, Run(first[wide(sign.text) :], "bold")])
    yield from (pen.line([Run(line, "bold")]) for line in rest)
    for word, about in said:
        yield pen.hanging(f"  {word:<4}  ", pen.theirs(about))


def _table(rows: Sequence[tuple[Outcome, Checked]], pen: Pen, *, named: bool) -> list[str]:
    """The expectations, and a bar for the share of rows that each of them fails."""
    most = words.scale([check for _, check in rows])
    bars = pen.width >= (ROOMY if not named else ROOMY + 10)
    columns = [Column("dataset")] if named else []
    columns = [Column("result", cuts="never"), *columns, Column("expectation"), Column("on violation", cuts="never")]
    columns += [Column(each, "right", "never") for each in ("passed", "failed", "share")]
    columns += [Column(f"0 to {most} %", cuts="never")] if bars else []
    cells = []
    for found, check in rows:
        state, word = words.result(check)
        sign = pen.state(state)
        cells.append(
            [
                Run(word),
                *([Run(pen.theirs(found.dataset.name))] if named else []),
                Run(pen.theirs(check.name)),
                Run(words.ACTIONS[check.action]),
                Run(f"{check.passed:,}"),
                Run(f"{check.failed:,}"),
                Run(words.share(check)),
                *([Run(bar(words.portion(check) * 100 / most, pen), sign.style)] if bars else []),
            ]
        )
    first, *lines = table(columns, cells, pen)
    signs = [pen.state(words.result(check)[0]) for _, check in rows]
    return [first, *(pen.line([sign]) + line[1:] for sign, line in zip(signs, lines, strict=True))]


def bar(part: float, pen: Pen) -> str:
    """`█████▌··············`: anything but nothing is seen, and only all of it is full."""
    if pen.glyphs == "ascii":
        full = min(max(int(part * BAR), 1 if part else 0), BAR if part >= 1 else BAR - 1)
        return "#" * full + "." * (BAR - full)
    eighths = min(max(int(part * BAR * 8), 1 if part else 0), BAR * 8 if part >= 1 else BAR * 8 - 1)
    full, rest = divmod(eighths, 8)
    said = "█" * full + (_EIGHTHS[rest - 1] if rest else "")
    return said + "·" * (BAR - len(said))


# --- why --------------------------------------------------------------------------------------------------------


def _reason(reason: Reason, pen: Pen, zone: str) -> Iterator[str]:
    title = f"{words.title(reason)} {pen.theirs(reason.check.name)}"
    condition = pen.theirs(plain(reason.check.condition))
    first, *rest = pen.hanging(f"{title}: ", condition).split("\n")
    yield pen.line([Run(title, "bold"), Run(first[len(title) :])])
    yield from rest
    if reason.rows:
        yield ""
        yield from _rows(reason, pen, zone)
    more = words.more_of(reason)
    if more:
        yield pen.ours(f"  {more}")
    said = _prose(words.sentence(reason), pen)
    if said:
        yield ""
        yield pen.hanging("  ", said)


def _prose(said: Sequence[Said], pen: Pen) -> str:
    return "".join(pen.theirs(each.text) if each.style == "code" else each.text for each in said)


def _rows(reason: Reason, pen: Pen, zone: str) -> list[str]:
    """The rows, what each part says of them, and what became of them: as many columns as fit."""
    single = len(reason.parts) == 1
    values = list(range(len(reason.columns)))
    parts = [] if single else list(range(len(reason.parts)))
    heads = {n: pen.theirs(text) for n, text in enumerate(words.short(reason))}
    columns, cells = _columns(reason, values, parts, heads, pen, zone)
    while _too_wide(columns, cells, len(values), pen) and _less(reason, values, parts):
        columns, cells = _columns(reason, values, parts, heads, pen, zone)
    lines = table(columns, cells, pen)
    left = [heads[n] for n in range(len(reason.parts)) if n not in parts] if not single else []
    if left:
        lines.append(
            pen.hanging("  ", pen.ours(f"… {len(left):,} more part{'' if len(left) == 1 else 's'}: {', '.join(left)}"))
        )
    return lines


def _less(reason: Reason, values: list[int], parts: list[int]) -> bool:
    """Leave out the column that is missed least; whether there was one."""
    free = [n for n in values if reason.columns[n][0] not in reason.reads]
    always = [n for n in parts if all(pattern.parts[n] for pattern in reason.patterns)]
    if free:
        values.remove(free[-1])
    elif always:
        parts.remove(always[-1])
    elif len(values) > 1:
        values.pop()
    elif len(parts) > 1:
        parts.pop()
    else:
        return False
    return True


def _columns(
    reason: Reason, values: Sequence[int], parts: Sequence[int], heads: dict[int, str], pen: Pen, zone: str
) -> tuple[list[Column], list[list[Run]]]:
    columns = [_column(*reason.columns[n], pen) for n in values]
    columns += [Column(pen.cut(heads[n], 30), cuts="end") for n in parts]
    columns.append(Column("whole condition", cuts="never"))
    cells = []
    for row in reason.rows:
        line = [_value(row.values[n], reason.columns[n][1], pen, zone) for n in values]
        line += [_result(row.parts[n], pen) for n in parts]
        whole = f"{words.whole(row)} → {words.became(row)}"
        cells.append([*line, Run(pen.ours(whole))])
    return columns, cells


def _column(name: str, type_: str, pen: Pen) -> Column:
    return Column(pen.theirs(name), "right" if is_number(type_) else "left")


def _too_wide(columns: Sequence[Column], cells: Sequence[Sequence[Run]], values: int, pen: Pen) -> bool:
    """Would more be cut than the one value that is left, and long conditions?"""
    needs = [max(wide(column.head), *(wide(row[n].text) for row in cells)) for n, column in enumerate(columns)]
    needs = [min(need, MOST_VALUE if values == 1 else need) if n < values else need for n, need in enumerate(needs)]
    needs = [min(need, MOST_PART) if values <= n < len(needs) - 1 else need for n, need in enumerate(needs)]
    return sum(needs) + 2 * len(columns) > pen.width


def _value(value: object, type_: str, pen: Pen, zone: str) -> Run:
    shown = cell(value, type_, zone)
    said = '"NULL"' if shown.kind == "text" and shown.text == "NULL" else shown.text
    return Run(pen.theirs(pen.ours(said) if pen.glyphs == "ascii" else said), "bright black" if value is None else "")


def _result(said: bool | None, pen: Pen) -> Run:
    state, word = _RESULTS[said]
    return Run(f"{STATES[state].of(pen.glyphs)} {word}", STATES[state].terminal)
