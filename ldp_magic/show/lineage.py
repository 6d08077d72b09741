"""One column's way: its steps, what decides which rows it has, and what reads it; as text, HTML and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ldp_magic.pipeline.lineage import Lineage, RowRule, Step
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show import markup
from ldp_magic.show.glyphs import KINDS, clean
from ldp_magic.show.graph.words import count
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.places import line_of, place, short
from ldp_magic.show.table import Column, table

__all__ = ["Way", "html", "json", "text"]

MAX_ROWS = 50
LONGEST = 160  # characters of an expression that a page shows


@dataclass(frozen=True, slots=True)
class Way:
    """A lineage with the pipeline it belongs to. *down* looks at what is made from the column."""

    pipeline: Pipeline
    lineage: Lineage
    down: bool = False

    @property
    def name(self) -> str:
        return f"{self.lineage.dataset}.{self.lineage.column}"

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.lineage.touched if self.down else self.lineage.steps

    def kind(self, dataset: str) -> str:
        """The kind of a step's dataset."""
        held = self.pipeline.datasets.get(dataset)
        return held.kind if held is not None else "external"

    def figures(self) -> list[str]:
        """What the first line says after the column."""
        type_ = [clean(self.lineage.type)] if self.lineage.type else ["type unknown"]
        if self.down:
            datasets = len({step.dataset for step in self.steps})
            return [*type_, f"a change touches {count(len(self.steps), 'column')} in {count(datasets, 'dataset')}"]
        inner = {step.dataset for step in self.steps if step.dataset in self.pipeline.datasets}
        sources = sum(1 for step in self.steps if step.how == "source")
        return [
            *type_,
            *([f"through {count(len(inner), 'dataset')}"] if inner else []),
            f"from {count(sources, 'source column')}" if sources else "from no source column",
        ]

    def next(self) -> str:
        """The command that looks the other way, where there is something to see."""
        if self.down or not self.lineage.reach:
            return ""
        return f"ldp lineage {self.name} --down"

    def steps_said(self) -> str:
        """What the steps are, if there are none."""
        return "" if self.steps else "nothing reads it" if self.down else "nothing is known of where it comes from"


def made_by(step: Step, way: Way) -> str:
    """The expression on one line; for a source, what it is."""
    if step.how == "source":
        external = way.pipeline.externals.get(step.dataset)
        return f"{external.format} {external.kind}".strip() if external else ""
    return " ".join(step.made_by.split())


def per(step: Step) -> str:
    """`per user_id and day`, for an aggregate with groups."""
    keys = [" ".join(key.split()) for key in step.per]
    if not keys:
        return ""
    return "per " + (", ".join(keys[:-1]) + " and " if len(keys) > 1 else "") + keys[-1]


# --- text --------------------------------------------------------------------------------------------------------


def text(way: Way, pen: Pen) -> str:
    """The way for a terminal."""
    said = pen.ours(" · ").join(way.figures())
    parts = [pen.line([Run(pen.cut(pen.theirs(way.name), pen.width - len(said) - 2), "bold"), Run("  " + said)])]
    unknown = [_unknown_line(each, pen) for each in way.lineage.unknown]
    parts += ["\n".join(unknown)] if unknown else []
    parts += ["\n".join(_step_lines(way.steps, way, pen)) if way.steps else "  " + way.steps_said()]
    if way.lineage.rows and not way.down:
        parts += [_titled("what decides which rows it has", _rule_lines(way.lineage.rows, pen), pen)]
    if way.lineage.readers and not way.down:
        parts += [_titled("what reads it", _step_lines(way.lineage.readers, way, pen), pen)]
    if command := way.next():
        reach = count(way.lineage.reach, "column")
        foot = pen.ours(f"a change of it touches {reach} · ")
        parts += ["\n".join(pen.wrapped(foot + pen.theirs(command), pen.width))]
    return "\n\n".join(parts)


def _unknown_line(said: str, pen: Pen) -> str:
    mark = pen.state("unknown")
    rest = pen.hanging("  ", pen.theirs(said))[2:]
    return pen.line([mark]) + " " + rest


def _titled(title: str, lines: Sequence[str], pen: Pen) -> str:
    return "\n".join([pen.line([Run(title, "bold")]), *lines])


def _step_lines(steps: Sequence[Step], way: Way, pen: Pen) -> list[str]:
    shown = steps[:MAX_ROWS]
    signs = [pen.kind(way.kind(step.dataset)) for step in shown]
    room = max((len(sign.text) for sign in signs), default=0)
    inner = Pen(pen.width - room - 1, pen.color, pen.glyphs)
    rows = [[Run(pen.theirs(each)) for each in _step_cells(step, way)] for step in shown]
    columns = (Column(), Column(), Column(cuts="never"), Column(cuts="end"))
    lines = [
        pen.line([Run("  "), sign, Run(" " * (room - len(sign.text) + 1) + line.lstrip(" "))])
        for sign, line in zip(signs, table(columns, rows, inner, "  "), strict=True)
    ]
    more = len(steps) - len(shown)
    return [*lines, *([pen.ours(f"  … {more:,} more: --format json")] if more else [])]


def _step_cells(step: Step, way: Way) -> tuple[str, str, str, str]:
    made = " ".join(filter(None, [made_by(step, way), per(step)]))
    return f"{short(step.dataset)}.{step.column}", step.type or "unknown", step.how, made or "·"


def _rule_lines(rules: Sequence[RowRule], pen: Pen) -> list[str]:
    rows = [
        [Run(pen.theirs(each)) for each in (rule.by, short(rule.dataset), _flat(rule.what))]
        for rule in rules[:MAX_ROWS]
    ]
    lines = table((Column(cuts="never"), Column(), Column(cuts="end")), rows, pen)
    more = len(rules) - len(rows)
    return [*lines, *([pen.ours(f"  … {more:,} more: --format json")] if more > 0 else [])]


def _flat(said: str) -> str:
    return " ".join(said.split())


# --- HTML --------------------------------------------------------------------------------------------------------


_HEAD = (
    "text-align:left;font-size:12px;font-weight:600;padding:3px 20px 5px {left}px;border-bottom:none;"
    "background-color:transparent;white-space:nowrap"
)
_CELL = "text-align:left;padding:7px 20px 7px {left}px;border-bottom:none;line-height:18px;vertical-align:baseline"
_USED = "background-color:rgba(36,112,220,.24);font-weight:700"
_WORD = re.compile(r"\w+|\W+")


def html(way: Way) -> str:
    """The way as a piece of HTML."""
    parts = [markup.head(way.name, [markup.escaped(each) for each in way.figures()])]
    parts += [f"<div>{markup.sign_of('unknown')} {markup.escaped(each)}</div>\n" for each in way.lineage.unknown]
    parts += [_steps(way.steps, way) if way.steps else f"<div>{way.steps_said()}</div>\n"]
    if way.lineage.rows and not way.down:
        parts += [markup.section("what decides which rows it has"), _rules(way.lineage.rows)]
    if way.lineage.readers and not way.down:
        parts += [markup.section("what reads it"), *(_reader(step, way) for step in way.lineage.readers[:MAX_ROWS])]
        parts += [_more(way.lineage.readers)]
    command = way.next()
    reach = (
        f" · a change of it touches {count(way.lineage.reach, 'column')}: {markup.command(command)}" if command else ""
    )
    return markup.page([*parts, markup.foot(f"read from the text, not from a run{reach}")])


def _more(some: Sequence[object]) -> str:
    many = len(some) - MAX_ROWS
    return markup.foot(f"… {many:,} more: {markup.code('--format json')}") if many > 0 else ""


def _steps(steps: Sequence[Step], way: Way) -> str:
    heads = ("column", "type", "how", "made by", "in the text")
    top = "".join(
        f'<th style="{_HEAD.format(left=0 if n else 14)}">{markup.muted(each)}</th>' for n, each in enumerate(heads)
    )
    body = "\n".join(_step(step, way) for step in steps[:MAX_ROWS])
    return (
        '<table style="border-collapse:collapse;border:none;margin:0;table-layout:auto;width:auto;font-size:13px">\n'
        f'<thead style="border:none"><tr style="background-color:transparent">{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table>\n{_more(steps)}"
    )


def _step(step: Step, way: Way) -> str:
    type_ = markup.muted(markup.code(step.type or "unknown"))
    at = markup.muted(markup.code(line_of(step.location), whole=True)) if step.location else markup.muted("·")
    cells = [_column(step, way), type_, markup.tag(step.how), _made(step, way), at]
    bar = ";border-left:2px solid rgba(127,127,127,.55)"
    row = "".join(
        f'<td style="{_CELL.format(left=0 if n else 14)}{"" if n else bar}">{cell}</td>' for n, cell in enumerate(cells)
    )
    return f'<tr style="background-color:transparent">{row}</tr>'


def _column(step: Step, way: Way) -> str:
    sign = markup.sign(KINDS[way.kind(step.dataset)])
    dataset = markup.muted(markup.escaped(short(step.dataset)) + ".")
    name = f'<samp style="font-size:12px;white-space:nowrap">{dataset}</samp>'
    column = f"<strong>{markup.code(step.column, whole=True)}</strong>"
    return f'<span style="white-space:nowrap">{sign} {name}{column}</span>'


def _made(step: Step, way: Way) -> str:
    """The expression, with the columns that it is made from in bold."""
    said = made_by(step, way)
    if step.how == "source":
        return markup.muted(markup.escaped(said))
    used = {column.lower() for _, column in step.uses}
    said = clean(said) if said else ""
    said = said if len(said) <= LONGEST else said[:LONGEST] + "…"
    words = (_used(word) if word.lower() in used else markup.escaped_part(word) for word in _WORD.findall(said))
    group = f" {markup.muted(markup.escaped(per(step)))}" if step.per else ""
    code = f'<samp style="font-size:12px">{"".join(words)}</samp>' if said else ""
    return (code + group) or markup.muted("·")


def _used(word: str) -> str:
    return f'<span style="{_USED}">{markup.escaped_part(word)}</span>'


def _rules(rules: Sequence[RowRule]) -> str:
    rows = [_rule(rule) for rule in rules[:MAX_ROWS]]
    return markup.table(("by", "where", "what", "in the text"), rows) + "\n" + _more(rules)


def _rule(rule: RowRule) -> tuple[str, ...]:
    at = markup.muted(markup.code(line_of(rule.location), whole=True)) if rule.location else markup.muted("·")
    return markup.escaped(rule.by), markup.code(rule.dataset, whole=True), markup.code(_flat(rule.what)), at


def _reader(step: Step, way: Way) -> str:
    sign = markup.sign(KINDS[way.kind(step.dataset)])
    name = markup.code(f"{step.dataset}.{step.column}")
    return f"<div>{sign} {name}&ensp;{markup.tag(step.how)}&ensp;{_made(step, way)}</div>\n"


# --- JSON --------------------------------------------------------------------------------------------------------


def json(way: Way) -> dict[str, Any]:
    """The way as plain values."""
    lineage = way.lineage
    return {
        "pipeline": way.pipeline.name,
        "dataset": lineage.dataset,
        "column": lineage.column,
        "type": lineage.type or None,
        "steps": [_step_json(step) for step in lineage.steps],
        "rows": [
            {"by": r.by, "dataset": r.dataset, "what": r.what, "uses": _uses(r.uses), **place(r.location)}
            for r in lineage.rows
        ],
        "readers": [_step_json(step) for step in lineage.readers],
        "unknown": list(lineage.unknown),
        "reach": lineage.reach,
        **({"touched": [_step_json(step) for step in lineage.touched]} if way.down else {}),
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "dataset": step.dataset,
        "column": step.column,
        "type": step.type or None,
        "how": step.how,
        "made_by": step.made_by,
        "uses": _uses(step.uses),
        "per": list(step.per),
        **place(step.location),
    }


def _uses(uses: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"dataset": dataset, "column": column} for dataset, column in uses]
