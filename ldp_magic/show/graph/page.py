"""A graph as HTML for a notebook or a page: what is wrong, the picture, the legend, and every fact in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ldp_magic.pipeline.model import Dataset, External, Pipeline
from ldp_magic.show import markup
from ldp_magic.show.glyphs import KINDS
from ldp_magic.show.graph.picture import Figures, drawn
from ldp_magic.show.graph.problems import MAX_SHOWN, Trouble, summary, troubles
from ldp_magic.show.graph.selection import pictured
from ldp_magic.show.graph.tree import Counts
from ldp_magic.show.graph.words import STREAMNESS, expectations, figures
from ldp_magic.show.places import short, where

__all__ = ["html"]

MAX_ROWS = 50


def html(
    pipeline: Pipeline,
    selected: str = "",
    *,
    note: str = "",
    hint: bool = True,
    counts: Mapping[str, Counts] | None = None,
) -> str:
    """One pipeline as a piece of HTML. With *hint* its last line says what to do next; *counts* say of datasets how
    many rows they have and what became of their expectations."""
    counts = counts or {}
    found = troubles(pipeline)
    said = [*figures(pipeline), *([markup.escaped(note)] if note else [])]
    parts = [markup.head(pipeline.name, said), *_troubles(found)]
    if pipeline.datasets:
        parts += [*_picture(pipeline, selected, counts), _legend(pipeline, counts), _table(pipeline, counts)]
    parts += [_foot(pipeline)] if hint and pipeline.datasets else []
    return markup.page(parts)


def _troubles(found: tuple[Trouble, ...]) -> Iterator[str]:
    if not found:
        return
    marks = "&emsp;".join(markup.state(state, words) for state, words in summary(found))
    yield f'<div style="margin:0 0 8px 0">{marks}</div>\n'
    rows = [(_word(each), markup.escaped(each.text), _place(each)) for each in found[:MAX_SHOWN]]
    yield f'<div style="margin:0 0 16px 0">{markup.table(("problem", "what", "where"), rows)}</div>\n'
    if len(found) > MAX_SHOWN:
        yield markup.foot(f"… {len(found) - MAX_SHOWN:,} more: {markup.command('ldp graph --format json')}")


def _word(each: Trouble) -> str:
    """What failed is loud."""
    words = markup.state(each.state, each.word)
    return f"<strong>{words}</strong>" if each.state == "error" else words


def _place(each: Trouble) -> str:
    return markup.muted(markup.code(where(each.location), whole=True)) if each.location else markup.muted("·")


def _picture(pipeline: Pipeline, selected: str, counts: Mapping[str, Counts]) -> Iterator[str]:
    part = pictured(pipeline, selected)
    figures = {name: Figures(rows, words, state) for name, (rows, state, words) in counts.items()}
    picture = drawn(part.pipeline, outside=False, figures=figures)
    yield markup.image(picture.text, alternative(part.pipeline), picture.width, picture.height)
    if part.note:
        yield markup.foot(f"{markup.escaped(part.note)} · {markup.code('--dataset NAME')} chooses another")


def alternative(pipeline: Pipeline) -> str:
    """The picture in words."""
    said = []
    for dataset in pipeline.datasets.values():
        names = dict.fromkeys((read.name, read.streaming) for read in dataset.reads)
        reads = " and ".join(f"{'streams' if streaming else 'reads'} {name}" for name, streaming in names)
        said.append(f"{dataset.name} ({dataset.kind}) {reads}".strip())
    return "pipeline graph: " + "; ".join(said)


def _legend(pipeline: Pipeline, counts: Mapping[str, Counts]) -> str:
    occur = {dataset.kind for dataset in pipeline.datasets.values()} | ({"external"} if pipeline.externals else set())
    kinds = [markup.kind(each) for each in KINDS if each in occur]
    ways = {read.streaming for dataset in pipeline.datasets.values() for read in dataset.reads}
    lines = [(True, "— streamed: new rows only"), (False, "- - read whole")]
    passed = next((words for _, state, words in counts.values() if state == "ok"), "")
    said = "&emsp;".join(
        [
            *(words for streamed, words in lines if streamed in ways),
            *([f"✓ {passed}: expectations passed"] if passed else []),
        ]
    )
    parts = "&emsp;".join([*kinds, *([markup.muted(said)] if said else [])])
    return f'<div style="margin:8px 0 0 0;font-size:12px">{parts}</div>\n'


# --- the table ---------------------------------------------------------------------------------------------------


def _table(pipeline: Pipeline, counts: Mapping[str, Counts]) -> str:
    first: dict[str, int] = {}
    for number, dataset in enumerate(pipeline.datasets.values()):
        for read in dataset.reads:
            first.setdefault(read.name, number)
    outside = sorted(pipeline.externals.values(), key=lambda external: first.get(external.name, 0))
    rows = [*map(_external, outside), *(_dataset(each, counts) for each in pipeline.datasets.values())]
    heads = ["dataset", "kind", "rows are", "reads", "rows", "expectations"]
    if not counts:
        heads.remove("rows")
        rows = [(*row[:4], *row[5:]) for row in rows]
    title = ", ".join(f for f in figures(pipeline) if "layer" not in f)
    more = len(rows) - MAX_ROWS
    rest = markup.foot(f"… {more:,} more: {markup.command('ldp graph --format json')}") if more > 0 else ""
    return markup.details(title, markup.table(heads, rows[:MAX_ROWS], right=(4,) if counts else ()) + rest)


def _external(external: External) -> tuple[str, ...]:
    what = f"{external.format} {external.kind}".strip()
    name, rows = markup.code(external.name, whole=True), STREAMNESS[external.streamness]
    return name, markup.kind("external"), rows, markup.muted(markup.escaped(what)), _rows(None), markup.muted("none")


def _rows(found: Counts | None) -> str:
    if found and found[0]:
        return markup.code(found[0].partition(" ")[0], whole=True)
    return '<span style="opacity:.72;white-space:nowrap">not counted</span>'


def _dataset(dataset: Dataset, counts: Mapping[str, Counts]) -> tuple[str, ...]:
    reads = dict.fromkeys((read.name, read.streaming, read.kind) for read in dataset.reads)
    shown = ", ".join(_read(*each) for each in reads) or markup.muted("nothing")
    rows = STREAMNESS[dataset.streamness]
    many = expectations(dataset)
    _, state, words = counts.get(dataset.name, ("", "", ""))
    checks = f'<span style="white-space:nowrap">{many}</span>' if many else markup.muted("none")
    if state:
        said = markup.state(state, f"{words} passed" if state == "ok" else words.replace(" ", " rows ", 1))
        checks = said if state == "ok" else f"<strong>{said}</strong>"
    figure = _rows(counts.get(dataset.name))
    return markup.code(dataset.name, whole=True), markup.kind(dataset.kind), rows, shown, figure, checks


def _read(name: str, streaming: bool, kind: str) -> str:
    lost = f" {markup.state('error', 'missing')}" if kind == "missing" else ""
    said = f"{'STREAM ' if streaming else ''}{markup.code(short(name), whole=True)}{lost}"
    return f'<span style="white-space:nowrap">{said}</span>'


def _foot(pipeline: Pipeline) -> str:
    last = reversed(tuple(pipeline.datasets.values()))
    column = next((f"{d.name}.{d.columns[-1].name}" for d in last if d.columns), "")
    follow = f"{markup.command(f'ldp lineage {column}')} follows one column · " if column else ""
    return markup.foot(f"{follow}{markup.command('ldp graph --format mermaid')} writes it for a README")
