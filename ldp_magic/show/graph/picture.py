"""A graph as SVG: both palettes inside, no script, no fonts from elsewhere, transparent behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ldp_magic.pipeline.model import Pipeline
from ldp_magic.show.glyphs import KINDS, STATES, clean
from ldp_magic.show.graph.nodes import Figures, Join, Node, Shape, shape
from ldp_magic.show.graph.words import STREAMNESS, count
from ldp_magic.show.layout import Box, Edge, Layout, Placed, Route, layout
from ldp_magic.show.metrics import shortened, text_width
from ldp_magic.show.places import short

__all__ = ["Figures", "Picture", "drawn", "stacked"]

HEIGHT, OUTSIDE_HEIGHT, MARGIN = 64, 24, 6
NARROWEST, WIDEST, OUTSIDE_WIDEST = 132, 236, 190
STUB = 22  # room at the left of a box for the sign of what it reads from outside
CORNER = 24

_CLASS = {
    "streaming table": "stream",
    "materialized view": "mview",
    "table": "table",
    "view": "view",
    "temporary view": "tview",
    "external": "external",
    "sink": "sink",
    "missing": "missing",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG with its size."""

    text: str
    width: int
    height: int


def drawn(
    pipeline: Pipeline, *, outside: bool = True, note: str = "", figures: Mapping[str, Figures] | None = None
) -> Picture:
    """The picture of a pipeline. With *outside*, what it reads from elsewhere is named; else only hinted at.

    A *note* stands below it; *figures* stand in the boxes of the datasets they are of.
    """
    whole = shape(pipeline, figures)
    inside = whole if outside else _without_outside(whole)
    edges = [Edge(join.source, join.target, 3 if join.streamed else 1) for join in inside.joins]
    placed = layout(_boxes(inside), edges, _columns(inside))
    stubs = {} if outside else _stubs(whole)
    left = MARGIN + (STUB if stubs else 0)
    streamed = {(j.source, j.target): j.streamed for j in inside.joins}
    width, height = placed.width + left + MARGIN + (24 if _backward(placed) else 0), placed.height + 2 * MARGIN
    shift = left + (20 if _backward(placed) else 0)
    numbers = {name: n for n, name in enumerate(placed.boxes)}
    body = [
        f"<style>{_STATES}</style>" if figures else "",
        *(_edge(route, streamed[route.source, route.target], shift, numbers) for route in placed.routes),
        *(_stub(placed.boxes[name], joins, whole, placed, shift) for name, joins in stubs.items()),
        *(_node(inside.nodes[name], box, shift, numbers[name]) for name, box in placed.boxes.items()),
    ]
    if note or not whole.nodes:
        said = note or "no datasets"
        body.append(f'<text class="m" x="{MARGIN}" y="{height + 12}">{_safe(clean(said))}</text>')
        width, height = max(width, round(text_width(said, 11)) + 2 * MARGIN), height + 20
    return Picture(_svg(pipeline, width, height, "".join(body)), width, height)


def _backward(placed: Layout) -> bool:
    return any(route.backward for route in placed.routes)


def _without_outside(whole: Shape) -> Shape:
    nodes = {key: node for key, node in whole.nodes.items() if node.kind not in ("external", "missing")}
    return Shape(nodes, tuple(join for join in whole.joins if join.source in nodes))


def _stubs(whole: Shape) -> dict[str, list[Join]]:
    found: dict[str, list[Join]] = {}
    for join in whole.joins:
        if whole.nodes[join.source].kind in ("external", "missing"):
            found.setdefault(join.target, []).append(join)
    return found


def _columns(whole: Shape) -> dict[str, int]:
    """The longest path to each node; what lies outside stands right before its first reader."""
    rank = {key: n for n, key in enumerate(whole.nodes)}
    forward = [j for j in whole.joins if rank[j.source] < rank[j.target]]
    sources: dict[str, list[str]] = {}
    for join in forward:
        sources.setdefault(join.target, []).append(join.source)
    outside = {k for k, node in whole.nodes.items() if node.kind in ("external", "missing")}
    column: dict[str, int] = {}
    for key in whole.nodes:
        start = 1 if outside and key not in outside else 0
        column[key] = max((column[s] + 1 for s in sources.get(key, ())), default=start)
    first: dict[str, int] = {}
    for join in forward:
        first[join.source] = min(first.get(join.source, column[join.target]), column[join.target])
    return {key: first.get(key, 1) - 1 if key in outside else at for key, at in column.items()}


def _boxes(whole: Shape) -> list[Box]:
    return [Box(key, _width(node), _height(node)) for key, node in whole.nodes.items()]


def _height(node: Node) -> int:
    return OUTSIDE_HEIGHT if node.kind in ("external", "missing") else HEIGHT


def _width(node: Node) -> int:
    if node.kind in ("external", "missing"):
        return min(OUTSIDE_WIDEST, round(text_width(clean(short(node.name)), 11) + 22))
    mark = 14 if node.figures and node.figures.state else 0
    facts = text_width(_left(node), 11) + text_width(_right(node), 11) + 22 + mark
    kind = text_width(KINDS[node.kind].word, 11) + 14
    name = text_width(clean(node.name), 12, bold=True)
    return round(min(WIDEST, max(NARROWEST, 26 + max(facts, kind, name))))


def _left(node: Node) -> str:
    return node.figures.left if node.figures else STREAMNESS.get(node.streamness, "")


def _state(node: Node) -> str:
    return "error" if node.trouble else node.figures.state if node.figures else ""


def _right(node: Node) -> str:
    if node.figures and not node.trouble:
        return node.figures.right
    return node.trouble or (count(node.expectations, "expectation") if node.expectations else "")


# --- parts -------------------------------------------------------------------------------------------------------


def _node(node: Node, box: Placed, shift: int, number: int) -> str:
    if node.kind in ("external", "missing"):
        return _outside(node, box, shift, number)
    x, y, kind = box.x + shift, box.y + MARGIN, _CLASS[node.kind]
    name = shortened(clean(node.name), box.width - 24, 12, bold=True)
    said = ", ".join(filter(None, [KINDS[node.kind].word, _left(node), _right(node)]))
    state = _state(node)
    mark = f'<tspan class="s-{state}">{STATES[state].glyph}</tspan> ' if state else ""
    right = _right(node)
    at_right = f'<text class="m2" x="{x + box.width - 10}" y="{y + 54}" text-anchor="end">{mark}{right}</text>'
    return (
        f'<g data-node="{number}"><title>{_safe(clean(node.name))}: {said}</title>'
        f'<rect class="n" x="{x}" y="{y}" width="{box.width}" height="{box.height}" rx="4"/>'
        f'<rect class="k-{kind}" x="{x}" y="{y}" width="4" height="{box.height}" rx="1"/>'
        f'<text class="t" x="{x + 14}" y="{y + 20}">{_safe(name)}</text>'
        f'<text class="m" x="{x + 14}" y="{y + 36}">'
        f'<tspan class="f-{kind}">{KINDS[node.kind].glyph}</tspan> {KINDS[node.kind].word}</text>'
        f'<text class="m2" x="{x + 14}" y="{y + 54}">{_left(node)}</text>'
        f"{at_right if right else ''}</g>"
    )


def _outside(node: Node, box: Placed, shift: int, number: int) -> str:
    """What the pipeline reads and does not make: a sign and a name at the right end of its place, without a box."""
    x, y, kind = box.x + shift, box.y + MARGIN, _CLASS[node.kind]
    name = shortened(clean(short(node.name)), box.width - 18, 11)
    said = "missing" if node.trouble else "external, " + STREAMNESS.get(node.streamness, "")
    return (
        f'<g data-node="{number}"><title>{_safe(clean(node.name))}: {said}</title>'
        f'<text class="o" x="{x + box.width - 4}" y="{y + 16}" text-anchor="end">'
        f'<tspan class="f-{kind}">{KINDS[node.kind].glyph}</tspan> {_safe(name)}</text></g>'
    )


def _edge(route: Route, streamed: bool, shift: int, numbers: Mapping[str, int]) -> str:
    """A route that knows its ends by their numbers: a live picture follows them."""
    return f'<g data-edge="{numbers[route.source]} {numbers[route.target]}">{_route(route, streamed, shift)}</g>'


def _route(route: Route, streamed: bool, shift: int) -> str:
    points = [(x + shift, y + MARGIN) for x, y in route.points]
    points[-1] = (points[-1][0] - 6, points[-1][1])
    path = _round(points) if route.backward else _smooth(points)
    return _line(path, points[-1], streamed, "eb" if route.backward else "e")


def _line(path: str, end: tuple[int, int], streamed: bool, kind: str = "e") -> str:
    dashes = "" if streamed else ' stroke-dasharray="4 4"'
    arrow = "ab" if kind == "eb" else "a"
    return f'<path class="{kind}" d="{path}"{dashes}/><path class="{arrow}" d="M{end[0] - 1} {end[1] - 4}l7 4l-7 4z"/>'


def _smooth(points: list[tuple[int, int]]) -> str:
    """Straight where it can be, else bending between the columns."""
    path, (x, y) = [f"M{points[0][0]} {points[0][1]}"], points[0]
    for right, down in points[1:]:
        if down == y:
            path.append(f"H{right}")
        else:
            bend = max(x, right - 2 * CORNER)
            middle = (bend + right) // 2
            path.append((f"H{bend}" if bend > x else "") + f"C{middle} {y} {middle} {down} {right} {down}")
        x, y = right, down
    return "".join(path)


def _round(points: list[tuple[int, int]]) -> str:
    (a, b), (c, d), (e, f), (g, h) = points
    return f"M{a} {b}C{c + 6} {b} {c + 6} {d} {a} {d}H{g}C{e - 12} {f} {e - 12} {h} {g} {h}"


def _stub(box: Placed, joins: list[Join], whole: Shape, placed: Layout, shift: int) -> str:
    """A sign and an arrow at the left of a box that reads from outside."""
    lines = {route.points[-1][1] for route in placed.routes if route.target == box.name}
    middle = box.middle if not lines else min(max(lines) + 14, box.y + box.height - 8)
    x, y = box.x + shift, middle + MARGIN
    missing = any(whole.nodes[join.source].kind == "missing" for join in joins)
    names = ", ".join(clean(whole.nodes[join.source].name) for join in joins)
    sign, kind = (STATES["error"].glyph, "s-error") if missing else (KINDS["external"].glyph, "x")
    streamed = any(join.streamed for join in joins)
    return (
        _line(f"M{x - 15} {y}H{x - 7}", (x - 7, y), streamed)
        + f'<text class="{kind}" x="{x - 22}" y="{y + 4}">{sign}<title>{_safe(names)}</title></text>'
    )


# --- the whole ---------------------------------------------------------------------------------------------------


def _svg(pipeline: Pipeline, width: int, height: int, body: str) -> str:
    name = _safe(clean(pipeline.name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img"><title>{name}: pipeline graph</title><style>{_STYLE}</style>{body}</svg>'
    )


def stacked(names: Sequence[str], pictures: Sequence[Picture]) -> str:
    """Several pictures below each other, each under its name."""
    body, down = [], MARGIN
    for name, picture in zip(names, pictures, strict=True):
        body.append(f'<text class="t" x="{MARGIN}" y="{down + 14}">{_safe(clean(name))}</text>')
        body.append(picture.text.replace("<svg ", f'<svg y="{down + 22}" ', 1))
        down += picture.height + 22 + CORNER
    width = max((picture.width for picture in pictures), default=1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{down}" viewBox="0 0 {width} {down}"'
        f' role="img"><title>pipeline graphs</title><style>{_STYLE}</style>{"".join(body)}</svg>'
    )


def _safe(text: str) -> str:
    """Text that means itself inside XML, which cannot hold a few characters at all."""
    return escape("".join(char for char in text if char not in "\ufffe\uffff"), {'"': "&quot;"})


def _rules(theme: str) -> Iterator[str]:
    for kind, name in _CLASS.items():
        color = getattr(KINDS[kind], theme)
        yield f".k-{name},.f-{name}{{fill:{color}}}"
    for state in ("error",):
        yield f".s-{state},.ab{{fill:{getattr(STATES[state], theme)}}}.eb{{stroke:{getattr(STATES[state], theme)}}}"


def _states(theme: str) -> str:
    """The signs of what became of datasets."""
    return "".join(f".s-{state}{{fill:{getattr(sign, theme)}}}" for state, sign in STATES.items())


def _style(colors: Mapping[str, str], dark: Mapping[str, str]) -> str:
    base = (
        'text{font:11px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}'
        ".t{font-size:12px;font-weight:600}[class^=f-],[class^=s-]{font-weight:700}"
        ".e,.eb{fill:none;stroke-width:1.5}.e{stroke:#7a828b}.a,.x{fill:#7a828b}"
    )
    return base + _palette(colors, "static") + "@media(prefers-color-scheme:dark){" + _palette(dark, "dark") + "}"


def _palette(colors: Mapping[str, str], theme: str) -> str:
    page = ".n{{fill:{fill};stroke:{line}}}.t,.m2{{fill:{text}}}.m,.o{{fill:{muted}}}".format(**colors)
    return page + "".join(_rules(theme))


_STYLE = _style(
    {"fill": "#fff", "line": "#b6bec7", "text": "#1f2328", "muted": "#57606a"},
    {"fill": "#1d2126", "line": "#545c66", "text": "#eceef0", "muted": "#b3bac2"},
)
_STATES = _states("static") + "@media(prefers-color-scheme:dark){" + _states("dark") + "}"
