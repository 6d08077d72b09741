"""Order and cycles of a graph, without recursion: ten thousand datasets in a row are one path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def components(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Strongly connected parts, each after everything that it reads (Tarjan). *edges* maps a name to what it reads."""
    state: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in edges:
        if root in state:
            continue
        work = [(root, iter(edges[root]))]
        state[root] = low[root] = len(state)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, children = work[-1]
            child = next((c for c in children if c in edges and (c not in state or c in on_stack)), None)
            if child is None:
                work.pop()
                _close(node, low, state, stack, on_stack, found)
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
            elif child in state:
                low[node] = min(low[node], state[child])
            else:
                state[child] = low[child] = len(state)
                stack.append(child)
                on_stack.add(child)
                work.append((child, iter(edges[child])))
    return found


def _close(
    node: str, low: dict[str, int], state: dict[str, int], stack: list[str], on_stack: set[str], found: list[list[str]]
) -> None:
    if low[node] != state[node]:
        return
    part = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        part.append(member)
        if member == node:
            break
    found.append(part[::-1])


def cycles_of(edges: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """One shortest way round for every group of names that read each other."""
    return tuple(
        _way_round(part, edges) for part in components(edges) if len(part) > 1 or part[0] in edges.get(part[0], ())
    )


def _way_round(part: list[str], edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    start, inside = min(part), set(part)
    came_from: dict[str, str] = {}
    frontier = [start]
    while frontier:
        following = []
        for node in frontier:
            for child in edges[node]:
                if child == start:
                    return _path(node, start, came_from)
                if child in inside and child not in came_from:
                    came_from[child] = node
                    following.append(child)
        frontier = following
    return tuple(part)


def _path(node: str, start: str, came_from: Mapping[str, str]) -> tuple[str, ...]:
    path = [node]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def layers_of(edges: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How far each name is from the sources; names of one cycle share a layer."""
    layers: dict[str, int] = {}
    for part in components(edges):
        inside = set(part)
        below = [layers[c] for name in part for c in edges[name] if c in layers and c not in inside]
        layer = max(below, default=-1) + 1
        layers.update(dict.fromkeys(part, layer))
    return layers
