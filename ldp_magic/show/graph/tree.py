"""A graph as an indented tree of text: each dataset below the one it mainly reads, its other sources beside it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.show.glyphs import KINDS, wide
from ldp_magic.show.graph.order import ordered
from ldp_magic.show.graph.problems import MAX_SHOWN, Trouble, summary, troubles
from ldp_magic.show.graph.words import STREAMNESS, expectations, figures
from ldp_magic.show.pen import Pen, Run
from ldp_magic.show.places import where

__all__ = ["text"]

LOCATION_ENDS = 8  # cells left free behind a location
WAYS = ((True, "─ streamed: new rows only"), (False, "╌ read whole"))
STEP = 3  # cells that each layer is indented by


def text(pipeline: Pipeline, pen: Pen, note: str = "", counts: Mapping[str, Counts] | None = None) -> str:
    """One pipeline: a line of figures, what is wrong, the tree, the legend. *counts* say of datasets how many rows the
    last update left, and what became of their expectations."""
    found = troubles(pipeline)
    parts = [_head(pipeline, found, pen, note)]
    if found:
        parts += ["\n".join(_trouble_lines(found, pen))]
    if pipeline.datasets:
        lines = _lines(pipeline, pen)
        if counts:
            lines = [_counted(line, counts, pen) for line in lines]
        parts += ["\n".join(_drawn(lines, pen)), _legend(pipeline, lines, pen)]
    return "\n\n".join(part for part in parts if part)


def _head(pipeline: Pipeline, found: tuple[Trouble, ...], pen: Pen, note: str) -> str:
    said = pen.ours(" · ").join([*figures(pipeline), *([pen.theirs(note)] if note else [])])
    name = pen.cut(pen.theirs(pipeline.name), pen.width - wide(said) - 2)
    first = pen.line([Run(name, "bold"), Run("  " + said)])
    marks = [run for state, words in summary(found) for run in (pen.state(state), Run(f" {words}  "))]
    return "\n".join([first, pen.line(marks)] if marks else [first])


# --- what is wrong -----------------------------------------------------------------------------------------------


def _trouble_lines(found: tuple[Trouble, ...], pen: Pen) -> Iterator[str]:
    words = max(len(each.word) for each in found[:MAX_SHOWN])
    for each in found[:MAX_SHOWN]:
        yield from _trouble(each, words, pen)
    if len(found) > MAX_SHOWN:
        yield pen.ours(f"… {len(found) - MAX_SHOWN:,} more: --format json")


def _trouble(each: Trouble, words: int, pen: Pen) -> Iterator[str]:
    """The glyph and the word, the sentence with a hanging indent, the place at the right."""
    place = pen.cut_front(pen.theirs(where(each.location)), 40) if each.location else ""
    head = 2 + words + 2
    room = pen.width - LOCATION_ENDS - head - wide(place) - 2
    first, *rest = pen.wrapped(pen.theirs(each.text), room)
    gap = " " * (room - wide(first) + 2)
    yield pen.line([pen.state(each.state), Run(f" {each.word:<{words}}  {first}{gap}{place}")])
    yield from (" " * head + line for line in rest)


# --- the tree ----------------------------------------------------------------------------------------------------


Counts = tuple[str, str, str]  # rows; a state and words for what became of the expectations
Edge = tuple[str, bool]  # a name, and whether it is streamed


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the tree: its branches, then a dataset with its facts, or a remark about names."""

    branches: str
    name: str
    kind: str = ""
    facts: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class _Tree:
    """Who stands below whom, and what has been drawn."""

    pipeline: Pipeline
    deepest: int
    roots: dict[str, None] = field(default_factory=dict)
    below: dict[str, list[Edge]] = field(default_factory=dict)
    also: dict[str, list[Edge]] = field(default_factory=dict)
    elsewhere: dict[str, list[Edge]] = field(default_factory=dict)  # readers that stand below another source
    drawn: set[str] = field(default_factory=set)
    later: list[str] = field(default_factory=list)


def _lines(pipeline: Pipeline, pen: Pen) -> list[_Line]:
    tree = _planted(pipeline, (pen.width - 50) // STEP)
    lines: list[_Line] = []
    for root in tree.roots:
        lines += _top(tree, root)
        while tree.later:
            lines += _top(tree, tree.later.pop(0))
    return lines


def _planted(pipeline: Pipeline, deepest: int) -> _Tree:
    """Each dataset goes below the source that it streams, or else reads, if that source stands before it."""
    tree = _Tree(pipeline, deepest)
    before: set[str] = set()
    for name in ordered(pipeline):
        sources = _sources(pipeline.datasets[name])
        outside = {read.name for read in pipeline.datasets[name].reads if read.kind != "dataset"}
        main = _main(pipeline, sources, before | outside)
        if main is None:
            tree.roots[name] = None
        else:
            tree.below.setdefault(main[0], []).append((name, main[1]))
        tree.also[name] = [source for source in sources if source != main]
        for source, streamed in tree.also[name]:
            if source != name:
                tree.elsewhere.setdefault(source, []).append((name, streamed))
        tree.roots |= dict.fromkeys(source for source, _ in sources if source in outside)
        before.add(name)
    return tree


def _sources(dataset: Dataset) -> list[Edge]:
    """What a dataset reads, each once; a source read both ways counts as streamed."""
    found: dict[str, bool] = {}
    for read in dataset.reads:
        found[read.name] = found.get(read.name, False) or read.streaming
    return list(found.items())


def _main(pipeline: Pipeline, sources: list[Edge], able: Container[str]) -> Edge | None:
    def weight(source: Edge) -> tuple[bool, int]:
        dataset = pipeline.datasets.get(source[0])
        return source[1], dataset.layer if dataset else -1

    return max((source for source in sources if source[0] in able), key=weight, default=None)


def _top(tree: _Tree, name: str) -> Iterator[_Line]:
    """A root with everything below it."""
    yield _named(tree, name, "  ")
    yield from _below(tree, name, "  ", 1)


def _named(tree: _Tree, name: str, branches: str) -> _Line:
    tree.drawn.add(name)
    dataset = tree.pipeline.datasets.get(name)
    if dataset is not None:
        return _Line(branches, name, dataset.kind, (STREAMNESS[dataset.streamness], expectations(dataset)))
    outside = tree.pipeline.externals.get(name)
    return (
        _Line(branches, name, "external", (STREAMNESS[outside.streamness],))
        if outside
        else _Line(branches, name, "missing", ("missing",))
    )


def _below(tree: _Tree, name: str, indent: str, depth: int) -> Iterator[_Line]:
    own, others = tree.below.get(name, []), tree.elsewhere.get(name, [])
    many = len(own) + len(others)
    yield from _also(tree, name, indent, [*own, *others])
    for n, (child, streamed) in enumerate([*own, *others], 1):
        branches = indent + ("└" if n == many else "├") + ("─ " if streamed else "╌ ")
        if n > len(own):
            yield _Line(branches, child, after=", above" if child in tree.drawn else ", below")
        elif depth >= tree.deepest and (child in tree.below or child in tree.elsewhere):
            tree.later.append(child)
            yield _Line(branches, child, after=", continued below")
        else:
            yield _named(tree, child, branches)
            yield from _below(tree, child, indent + ("   " if n == many else "│  "), depth + 1)


def _also(tree: _Tree, name: str, indent: str, readers: Sequence[Edge]) -> Iterator[_Line]:
    bar = ("│  " if readers[0][1] else "╎  ") if readers else "   "
    for streamed in (True, False):
        names = [source for source, how in tree.also.get(name, ()) if how == streamed]
        if names:
            yield _Line(indent + bar, "\n".join(names), before=f"also reads {'─' if streamed else '╌'} ")


def _counted(line: _Line, counts: Mapping[str, Counts], pen: Pen) -> _Line:
    """The line with what an update has left, in the place of what may happen to the rows."""
    if not line.kind:
        return line
    widest = max(len(rows) for rows, _, _ in counts.values())
    rows, state, words = counts.get(line.name, ("", "", ""))
    return replace(line, facts=(f"{rows:>{widest}}", f"{pen.state(state).text} {words}" if state else ""))


# --- lines on the page -------------------------------------------------------------------------------------------


def _drawn(lines: Sequence[_Line], pen: Pen) -> Iterator[str]:
    """The lines with their facts in columns; names are cut where the page ends."""
    widths = [max((wide(line.facts[n]) for line in lines if len(line.facts) > n), default=0) for n in (0, 1)]
    room = pen.width - sum(2 + width for width in widths if width)
    room = min(room, max((_left(line, pen) for line in lines if line.kind), default=0))
    for line in lines:
        yield _fact_line(line, room, widths[0], pen) if line.kind else _remark(line, pen)


def _left(line: _Line, pen: Pen) -> int:
    return wide(pen.ours(line.branches)) + wide(pen.kind(line.kind).text) + 1 + wide(pen.theirs(line.name))


def _fact_line(line: _Line, room: int, first: int, pen: Pen) -> str:
    branches, sign = pen.ours(line.branches), pen.kind(line.kind)
    left = room - wide(branches) - wide(sign.text) - 1
    name = pen.cut(pen.theirs(line.name), left)
    facts = "".join(f"  {fact:<{first}}" for fact in line.facts)
    return pen.line([Run(branches), sign, Run(f" {name}{' ' * (left - wide(name))}{facts}")])


def _remark(line: _Line, pen: Pen) -> str:
    """Names with words around them; of many names those that fit."""
    start = pen.ours(line.branches + line.before)
    names = [pen.theirs(name) for name in line.name.split("\n")]
    room = pen.width - wide(start) - wide(line.after)
    shown = _fitting(names, room, pen)
    return pen.line([Run(start), Run(shown), Run(line.after)])


def _fitting(names: list[str], room: int, pen: Pen) -> str:
    for many in range(len(names), 1, -1):
        more = pen.ours(f", … {len(names) - many} more") if many < len(names) else ""
        if wide(said := ", ".join(names[:many]) + more) <= room:
            return said
    more = pen.ours(f", … {len(names) - 1} more") if len(names) > 1 else ""
    return pen.cut(names[0], room - wide(more)) + more


def _legend(pipeline: Pipeline, lines: Sequence[_Line], pen: Pen) -> str:
    """What the signs mean, only those that occur."""
    occur = {line.kind for line in lines} - {"missing"}
    kinds = [[pen.kind(kind), Run(f" {KINDS[kind].word}")] for kind in KINDS if kind in occur]
    read = {read.streaming for dataset in pipeline.datasets.values() for read in dataset.reads}
    ways = [[Run(pen.ours(words))] for streamed, words in WAYS if streamed in read]
    return "\n".join(_packed(kinds, ways, pen))


def _packed(kinds: list[list[Run]], ways: list[list[Run]], pen: Pen) -> Iterator[str]:
    """The kinds and then the ways of reading: on one line if they fit, else on as many as it takes."""
    together = [*kinds, [Run(" "), *ways[0]], *ways[1:]] if ways else kinds
    if _width(together) <= pen.width:
        yield _joined(together, pen)
        return
    for group in filter(None, (kinds, ways)):
        row: list[list[Run]] = []
        for each in group:
            if row and _width([*row, each]) > pen.width:
                yield _joined(row, pen)
                row = []
            row.append(each)
        yield _joined(row, pen)


def _joined(entries: list[list[Run]], pen: Pen) -> str:
    return pen.line([run for entry in entries for run in (Run("  "), *entry)])


def _width(entries: list[list[Run]]) -> int:
    return sum(2 + sum(wide(run.text) for run in entry) for entry in entries)
