"""Where the boxes and lines of a layered graph go: columns by depth, few crossings, straight long edges.

Deterministic, without recursion or dependencies. Edges that point backwards are routed below everything.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

__all__ = ["Box", "Edge", "Layout", "Placed", "Route", "layout"]

COLUMN_GAP, ROW_GAP, LINE_GAP = 46, 22, 20
SWEEPS, SETTLES = 8, 7  # an odd number: the last turn goes forth, so that chains are straight
PORT_GAP = 14
N = TypeVar("N", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Box:
    """Something to place."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one box to another. The heavier one is kept straight where only one can be."""

    source: str
    target: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its place; `width` is that of its column."""

    name: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Route:
    """A line: the points it passes, at the right of its source first. A backward one goes round below."""

    source: str
    target: str
    points: tuple[tuple[int, int], ...]
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole picture."""

    width: int
    height: int
    boxes: Mapping[str, Placed]
    routes: tuple[Route, ...]


_Node = tuple[str, ...]  # (name,) for a box; (source, target, column) where a long edge passes a column


def layout(boxes: Sequence[Box], edges: Iterable[Edge], layers: Mapping[str, int] | None = None) -> Layout:
    """Place *boxes*, given sources first; *layers* sets the columns, which else are the longest paths."""
    rank = {box.name: n for n, box in enumerate(boxes)}
    known = dict.fromkeys(e for e in edges if e.source in rank and e.target in rank)
    forward = [e for e in known if rank[e.source] < rank[e.target]]
    backward = [e for e in known if rank[e.source] >= rank[e.target]]
    column = dict(layers) if layers is not None else _columns(boxes, forward)
    parts = _parts(boxes, known)
    drafts = [_drafted([box for box in boxes if parts[box.name] == n], forward, column) for n in _distinct(parts)]
    return _placed(boxes, column, drafts, backward)


def _parts(boxes: Sequence[Box], edges: Iterable[Edge]) -> dict[str, str]:
    """For each box the first of those that it hangs together with."""
    near: dict[str, list[str]] = {box.name: [] for box in boxes}
    for edge in edges:
        near[edge.source].append(edge.target)
        near[edge.target].append(edge.source)
    part: dict[str, str] = {}
    for box in boxes:
        todo = [box.name]
        while todo:
            name = todo.pop()
            if name not in part:
                part[name] = box.name
                todo += near[name]
    return part


def _distinct(parts: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(parts.values()))


@dataclass(frozen=True, slots=True)
class _Draft:
    """Boxes that hang together: their edges, how far down each node lies, which column it is in."""

    chains: Mapping[Edge, list[_Node]]
    middles: Mapping[_Node, int]
    columns: Mapping[_Node, int]
    height: int


def _drafted(boxes: Sequence[Box], forward: Sequence[Edge], column: Mapping[str, int]) -> _Draft:
    sizes = {box.name: box for box in boxes}
    chains = {e: _chain(e, column) for e in forward if e.source in sizes}
    order = _ordered(_rows(boxes, column, chains), [pair for chain in chains.values() for pair in pairwise(chain)])
    heights = {node: sizes[node[0]].height if len(node) == 1 else 0 for row in order for node in row}
    middles = _middles(order, heights, chains)
    bottom = max((place + heights[node] // 2 for node, place in middles.items()), default=0)
    return _Draft(chains, middles, {node: n for n, row in enumerate(order) for node in row}, bottom)


def _columns(boxes: Sequence[Box], forward: Sequence[Edge]) -> dict[str, int]:
    """The longest path to each box."""
    sources, _ = _neighbours((e.source, e.target) for e in forward)
    column: dict[str, int] = {}
    for box in boxes:
        column[box.name] = max((column[s] + 1 for s in sources.get(box.name, ())), default=0)
    return column


def _neighbours(pairs: Iterable[tuple[N, N]]) -> tuple[dict[N, list[N]], dict[N, list[N]]]:
    left: dict[N, list[N]] = {}
    right: dict[N, list[N]] = {}
    for source, target in pairs:
        left.setdefault(target, []).append(source)
        right.setdefault(source, []).append(target)
    return left, right


def _chain(edge: Edge, column: Mapping[str, int]) -> list[_Node]:
    """An edge with a node in each column that it passes."""
    between = range(column[edge.source] + 1, column[edge.target])
    return [(edge.source,), *((edge.source, edge.target, str(n)) for n in between), (edge.target,)]


def _rows(boxes: Sequence[Box], column: Mapping[str, int], chains: Mapping[Edge, list[_Node]]) -> list[list[_Node]]:
    rows: list[list[_Node]] = [[] for _ in range(1 + max(column.values(), default=-1))]
    for box in boxes:
        rows[column[box.name]].append((box.name,))
    for chain in chains.values():
        for node in chain[1:-1]:
            rows[int(node[2])].append(node)
    return rows


# --- order: few crossings ----------------------------------------------------------------------------------------


def _ordered(rows: list[list[_Node]], pairs: Sequence[tuple[_Node, _Node]]) -> list[list[_Node]]:
    """Each column sorted by the middle of its neighbours, back and forth; the best order seen is kept."""
    left, right = _neighbours(pairs)
    best, fewest = rows, _crossings(rows, right)
    for sweep in range(SWEEPS if fewest else 0):
        rows = _swept(rows, left if sweep % 2 == 0 else right, forth=sweep % 2 == 0)
        if (many := _crossings(rows, right)) < fewest:
            best, fewest = rows, many
    return best


def _swept(rows: list[list[_Node]], near: Mapping[_Node, list[_Node]], *, forth: bool) -> list[list[_Node]]:
    place = {node: n for row in rows for n, node in enumerate(row)}
    done = [list(row) for row in rows]
    for row in done if forth else reversed(done):
        weight = {node: _mean([place[each] for each in near.get(node, ())], place[node]) for node in row}
        row.sort(key=weight.__getitem__)
        place.update((node, n) for n, node in enumerate(row))
    return done


def _mean(places: list[int], default: int) -> float:
    return sum(places) / len(places) if places else default


def _crossings(rows: list[list[_Node]], right: Mapping[_Node, list[_Node]]) -> int:
    """How often two edges between neighbouring columns cross."""
    place = {node: n for row in rows for n, node in enumerate(row)}
    crossed = 0
    for row in rows:
        seen: list[int] = []
        for node in row:
            ends = sorted(place[each] for each in right.get(node, ()))
            crossed += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossed


# --- places ------------------------------------------------------------------------------------------------------


def _placed(
    boxes: Sequence[Box], column: Mapping[str, int], drafts: Sequence[_Draft], backward: Sequence[Edge]
) -> Layout:
    """The drafts below each other, in columns that they share."""
    widths = [0] * (1 + max(column.values(), default=-1))
    for box in boxes:
        widths[column[box.name]] = max(widths[column[box.name]], box.width)
    starts = [sum(widths[:n]) + COLUMN_GAP * n for n in range(len(widths))]
    sizes = {box.name: box for box in boxes}
    places: dict[str, Placed] = {}
    routes: list[Route] = []
    down = 0
    for draft in drafts:
        middles = {node: place + down for node, place in draft.middles.items()}
        spans = {node: (starts[n], starts[n] + widths[n]) for node, n in draft.columns.items()}
        for node in (node for node in middles if len(node) == 1):
            height = sizes[node[0]].height
            width = spans[node][1] - spans[node][0]
            places[node[0]] = Placed(node[0], spans[node][0], middles[node] - height // 2, width, height)
        routes += _forward(draft.chains, places, middles, spans)
        down += draft.height
        looped = [edge for edge in backward if (edge.source,) in draft.middles]
        looped.sort(key=lambda edge: places[edge.source].x - places[edge.target].x)
        routes += _backward(looped, places, down)
        down += LINE_GAP * len(looped) + ROW_GAP
    width = starts[-1] + widths[-1] if starts else 0
    return Layout(width, max(0, down - ROW_GAP), places, tuple(routes))


def _middles(
    order: list[list[_Node]], heights: Mapping[_Node, int], chains: Mapping[Edge, list[_Node]]
) -> dict[_Node, int]:
    """How far down the middle of each node lies: near its neighbours, without touching the next."""
    left, right = _neighbours([p for e, chain in chains.items() for p in pairwise(chain) for _ in range(e.weight)])
    middles = {node: place for row in order for node, place in zip(row, _offsets(row, heights), strict=True)}
    for turn in range(SETTLES):
        near = left if turn % 2 == 0 else right
        for row in order if turn % 2 == 0 else reversed(order):
            wanted = [_wanted(node, near, middles) for node in row]
            weights = [_firmness(node, near) for node in row]
            settled = _settled(wanted, _offsets(row, heights), weights)
            middles.update(zip(row, settled, strict=True))
    top = min((middles[node] - heights[node] // 2 for node in middles), default=0)
    return {node: place - top for node, place in middles.items()}


def _firmness(node: _Node, near: Mapping[_Node, list[_Node]]) -> int:
    """A box gives way before a line that already runs straight, and a line that starts gives way before a box."""
    if len(node) == 1:
        return 2
    return 8 if all(len(each) > 1 for each in near.get(node, ())) else 1


def _wanted(node: _Node, near: Mapping[_Node, list[_Node]], middles: Mapping[_Node, int]) -> int:
    """The place of the neighbour in the middle, so that at least one line is straight."""
    places = sorted(middles[each] for each in near.get(node, ()))
    return places[(len(places) - 1) // 2] if places else middles[node]


def _offsets(row: Sequence[_Node], heights: Mapping[_Node, int]) -> list[int]:
    """The least distance of each node of a column from the first."""
    offsets, down = [], 0
    for n, node in enumerate(row):
        if n:
            gap = ROW_GAP if heights[node] and heights[row[n - 1]] else LINE_GAP
            down += heights[row[n - 1]] // 2 + gap + heights[node] // 2
        offsets.append(down)
    return offsets


def _settled(wanted: Sequence[int], offsets: Sequence[int], weights: Sequence[int]) -> list[int]:
    """The places nearest to *wanted* that keep the order and the distances: blocks that meet move as one."""
    blocks: list[list[tuple[int, int]]] = []
    values: list[int] = []
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        block, value = [(want - offset, weight)], want - offset
        while values and values[-1] > value:
            values.pop()
            block = blocks.pop() + block
            value = _median(block)
        blocks.append(block)
        values.append(value)
    shifts = [value for block, value in zip(blocks, values, strict=True) for _ in block]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]


def _median(weighted: list[tuple[int, int]]) -> int:
    half = sum(weight for _, weight in weighted) / 2
    for value, weight in sorted(weighted):
        half -= weight
        if half < 0:
            return value
    return weighted[-1][0]


# --- lines -------------------------------------------------------------------------------------------------------


def _forward(
    chains: Mapping[Edge, list[_Node]],
    places: Mapping[str, Placed],
    middles: Mapping[_Node, int],
    spans: Mapping[_Node, tuple[int, int]],
) -> list[Route]:
    arrivals = {edge: middles[chain[-2]] for edge, chain in chains.items()}
    ports = _ports(arrivals, places)
    routes = []
    for edge, chain in chains.items():
        source, target = places[edge.source], places[edge.target]
        points = [(source.x + source.width, source.middle)]
        points += [(x, middles[node]) for node in chain[1:-1] for x in spans[node]]
        routes.append(Route(edge.source, edge.target, (*points, (target.x, ports[edge]))))
    return routes


def _ports(arrivals: Mapping[Edge, int], places: Mapping[str, Placed]) -> dict[Edge, int]:
    """Where each line meets its target: in the order in which they come, the straight one in the middle."""
    by_target: dict[str, list[Edge]] = {}
    for edge in arrivals:
        by_target.setdefault(edge.target, []).append(edge)
    ports: dict[Edge, int] = {}
    for name, edges in by_target.items():
        box = places[name]
        edges.sort(key=arrivals.__getitem__)
        gap = min(PORT_GAP, max(1, (box.height - 12) // len(edges)))
        straight = next((n for n, e in enumerate(edges) if arrivals[e] == box.middle), (len(edges) - 1) // 2)
        reach = (box.height - 12) // 2
        for n, edge in enumerate(edges):
            ports[edge] = box.middle + max(-reach, min(reach, (n - straight) * gap))
    return ports


def _backward(edges: Sequence[Edge], places: Mapping[str, Placed], bottom: int) -> list[Route]:
    routes = []
    for n, edge in enumerate(edges, 1):
        source, target, down = places[edge.source], places[edge.target], bottom + LINE_GAP * n
        right, left = (source.x + source.width, source.middle), (target.x, target.middle)
        points = (right, (right[0] + 18, down), (left[0] - 18, down), left)
        routes.append(Route(edge.source, edge.target, points, backward=True))
    return routes
