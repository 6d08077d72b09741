"""Rows for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.engine.answer import Answer
from ldp_magic.show.glyphs import wide
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.rows.words import ACTIONS, approximations, figures, remarks, result, share
from ldp_magic.show.table import Column, table
from ldp_magic.show.values import cell, is_number, type_shown

LEAST, NESTED = 6, 60  # cells of a column, however narrow the terminal; characters of a nested value


def text(answer: Answer, pen: Pen) -> str:
    """The head line, what is approximate, the rows, the expectations, and where it all comes from."""
    lines = [_head(answer, pen)]
    sign = pen.state("warning").text
    lines += [pen.hanging(f"{sign} approximate  ", pen.ours(f"{what}: {why}")) for what, why in approximations(answer)]
    if answer.columns:
        lines += ["", *_table(answer, pen)]
    if answer.expectations:
        lines += ["", *_expectations(answer, pen)]
    said = list(remarks(answer))
    if said:
        lines += ["", *(pen.hanging("  ", pen.theirs(each)) for each in said)]
    return "\n".join(lines)


def _head(answer: Answer, pen: Pen) -> str:
    kind = [Run("  "), pen.kind(answer.kind), Run(f" {answer.kind}")] if answer.kind != "query" else []
    figure = pen.ours(" · ").join(figures(answer))
    return pen.line([Run(pen.theirs(answer.name), "bold"), *kind, Run("  " + figure)])


def _table(answer: Answer, pen: Pen) -> list[str]:
    """As many columns as fit, their names above their types, then which were left out."""
    heads = [(pen.theirs(name), pen.theirs(pen.ours(type_shown(type_)))) for name, type_ in answer.columns]
    cells = [
        [_cell(value, type_, answer.zone, pen) for value, (_, type_) in zip(row, answer.columns, strict=True)]
        for row in answer.rows
    ]
    many = _fitting(heads, cells, pen)
    columns = [
        Column(align="right" if is_number(type_) else "left", cuts="middle") for _, type_ in answer.columns[:many]
    ]
    rows = [
        [Run(name, "bold") for name, _ in heads[:many]],
        [Run(type_, "bright black") for _, type_ in heads[:many]],
        *(row[:many] for row in cells),
    ]
    lines = table(columns, rows, pen)
    left = [name for name, _ in heads[many:]]
    if left:
        names = ", ".join(left[:12]) + (pen.ours(", …") if len(left) > 12 else "")
        lines.append(
            pen.hanging("  ", pen.ours(f"… {len(left):,} more column{'' if len(left) == 1 else 's'}: {names}"))
        )
    if answer.more:
        assert answer.total is not None
        hidden = answer.total - len(answer.rows)
        lines.append(pen.ours(f"  … {hidden:,} more row{'' if hidden == 1 else 's'}: --limit {answer.total}"))
    return lines


def _cell(value: object, type_: str, zone: str, pen: Pen) -> Run:
    """Colour may be away, so the text 'NULL' has quotes, as the empty one has."""
    shown = cell(value, type_, zone, NESTED)
    said = f"{shown.text} {shown.length:,} chars" if shown.length else shown.text
    said = f'"{said}"' if shown.kind == "text" and said == "NULL" else said
    return Run(
        pen.theirs(pen.ours(said) if pen.glyphs == "ascii" else said), "bright black" if shown.kind == "null" else ""
    )


def _fitting(heads: Sequence[tuple[str, str]], cells: Sequence[Sequence[Run]], pen: Pen) -> int:
    """How many columns have room for what they hold, at least one."""
    room = pen.width - 2
    for n, (name, type_) in enumerate(heads):
        need = max([LEAST, wide(name), min(wide(type_), 24), *(min(wide(row[n].text), NESTED) for row in cells)])
        room -= need + (2 if n else 0)
        if room < 0:
            return max(n, 1)
    return len(heads)


def _expectations(answer: Answer, pen: Pen) -> list[str]:
    """What became of each expectation, the worst first."""
    order = {"fail": 0, "drop": 1, "warn": 2}
    every = sorted(answer.expectations, key=lambda each: (not each.failed, order[each.action]))
    columns = [
        Column("result", cuts="never"),
        Column("expectation"),
        Column("on violation", cuts="never"),
        Column("passed", "right", "never"),
        Column("failed", "right", "never"),
        Column("share", "right", "never"),
    ]
    rows = []
    for each in every:
        state, word = result(each)
        sign = pen.state(state)
        rows.append(
            [
                Run(f"{sign.text} {word}", sign.style),
                Run(pen.theirs(each.name)),
                Run(ACTIONS[each.action]),
                Run(f"{each.passed:,}"),
                Run(f"{each.failed:,}"),
                Run(share(each)),
            ]
        )
    return table(columns, rows, pen)
