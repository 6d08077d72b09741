"""A rehearsal for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.show.markup import code, escaped, foot, kind, muted, page, section, sign, table
from ldp_magic.show.rehearsal.words import (
    MOST_NOTES,
    Said,
    alarming,
    cells,
    disturbed,
    examples,
    figures,
    heads,
    lessons,
    lines_of,
    marks,
    title,
)
from ldp_magic.show.updates.signs import sign_of
from ldp_magic.testing.rehearsal import Batch, Line, Rehearsal

_CELL = "text-align:{align};padding:4px 18px 4px 0;border-bottom:none;line-height:18px;vertical-align:baseline"
_HEAD = (
    "text-align:{align};font-size:12px;font-weight:600;padding:3px 18px 3px 0;"
    "border-bottom:1px solid rgba(127,127,127,.38);white-space:nowrap;vertical-align:baseline;"
    "background-color:transparent"
)
_BATCH = '<tr style="background-color:rgba(127,127,127,.1)"><td colspan="{n}" style="{style}">{inside}</td></tr>'
_BATCH_CELL = "text-align:left;padding:4px 8px;line-height:18px;border-bottom:none"
_TABLE = "border-collapse:collapse;border:none;margin:0;table-layout:auto;width:auto;font-size:13px"
_SAMPLE = 200  # characters of a value that differs


def html(rehearsal: Rehearsal) -> str:
    """The first line, one table with all batches, and what they teach."""
    return page([_head(rehearsal), _marks(rehearsal), _steps(rehearsal), *_lessons(rehearsal), *_notes(rehearsal)])


def _head(rehearsal: Rehearsal) -> str:
    name = code(rehearsal.dataset or rehearsal.pipeline or "the pipeline")
    said = " · ".join(each for each in (figures(rehearsal), disturbed(rehearsal)) if each)
    of = f"&ensp;{kind(rehearsal.kind)}" if rehearsal.kind else ""
    return (
        '<div style="margin:0 0 10px 0;line-height:20px"><span style="font-weight:600">'
        f"rehearsal of {name}</span>{of}&ensp;{muted(escaped(said))}</div>\n"
    )


def _marks(rehearsal: Rehearsal) -> str:
    found = [_mark(each, strong=each.state != "running") for each in marks(rehearsal)]
    return f'<div style="margin:0 0 8px 0">{"&ensp;".join(found)}</div>\n' if found else ""


def _mark(said: Said, *, strong: bool) -> str:
    words = f"<strong>{escaped(said.text)}</strong>" if strong else escaped(said.text)
    return f'<span style="white-space:nowrap">{sign(sign_of(said.state))} {words}</span>'


def _steps(rehearsal: Rehearsal) -> str:
    names = heads(rehearsal)
    every = ["step" if rehearsal.dataset else "flow", *names]
    top = "".join(
        f'<th style="{_HEAD.format(align=_align(name, n))}">{muted(name)}</th>' for n, name in enumerate(every)
    )
    body = "\n".join(row for batch in rehearsal.batches for row in _batch(rehearsal, batch, names))
    return (
        f'<div style="overflow-x:auto"><table style="{_TABLE}">\n<thead style="border:none">'
        f'<tr style="background-color:transparent">{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n'
    )


def _align(name: str, n: int) -> str:
    return "left" if not n or name == "watermark" else "right"


def _batch(rehearsal: Rehearsal, batch: Batch, names: Sequence[str]) -> Iterator[str]:
    inside = f"<strong>batch {batch.number}</strong>&ensp;{muted(escaped(title(batch)))}"
    yield _BATCH.format(n=len(names) + 1, style=_BATCH_CELL, inside=inside)
    yield from (_row(line, names, whole=not rehearsal.dataset) for line in lines_of(rehearsal, batch))
    if batch.failure is not None:
        what = f"{code(batch.at)} failed: " if batch.at else ""
        said = f"<strong>{what}{escaped(batch.failure.what)}</strong>"
        said += f"<br>{muted('why')} {escaped(batch.failure.why)}" if batch.failure.why else ""
        said += f"<br>{muted('fix')} {escaped(batch.failure.fix)}" if batch.failure.fix else ""
        inside = f"{sign(sign_of('failed'))} {said}"
        cell = f'<td colspan="{len(names) + 1}" style="{_BATCH_CELL}">{inside}</td>'
        yield f'<tr style="background-color:transparent">{cell}</tr>'


def _row(line: Line, names: Sequence[str], *, whole: bool) -> str:
    subject = code(line.subject) if line.what == "read" else muted(escaped(line.subject))
    what = code(line.what) if whole else escaped(line.what) + (f" {subject}" if line.subject else "")
    first = f'<td style="{_CELL.format(align="left")}"><span style="padding:0 0 0 8px">{what}</span></td>'
    rest = "".join(_number(line, name, cell) for name, cell in zip(names, cells(line, names), strict=True))
    return f'<tr style="background-color:transparent">{first}{rest}</tr>'


def _number(line: Line, name: str, cell: str) -> str:
    inside = code(cell)
    inside = muted(inside) if cell == "·" else f"<strong>{inside}</strong>" if alarming(line, name) else inside
    return f'<td style="{_CELL.format(align=_align(name, 1))};white-space:nowrap">{inside}</td>'


def _lessons(rehearsal: Rehearsal) -> Iterator[str]:
    found = list(lessons(rehearsal))
    if found:
        yield section("what it teaches")
        said = "".join(f"<div>{sign(sign_of(each.state))} {escaped(each.text, _SAMPLE * 2)}</div>" for each in found)
        yield f'<div style="margin:0 0 8px 0">{said}</div>\n'
    rows = [[code(key), code(name), code(here), code(there)] for key, name, here, there in examples(rehearsal)]
    if rows:
        yield table(["row", "column", "in steps", "at once"], rows, right=(2, 3)) + "\n"


def _notes(rehearsal: Rehearsal) -> Iterator[str]:
    said = " · ".join(escaped(note) for note in rehearsal.notes[:MOST_NOTES])
    if said:
        yield foot(said)
