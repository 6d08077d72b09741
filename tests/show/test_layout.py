"""Where boxes and lines go: nothing touches, nothing is lost, chains are straight, time is bounded."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp_magic.show.layout import COLUMN_GAP, ROW_GAP, Box, Edge, Layout, layout
from tests.clock import assert_quick


def drawn(many: int, pairs: list[tuple[int, int]]) -> Layout:
    boxes = [Box(str(n), 100 + 10 * (n % 3), 64 if n % 4 else 24) for n in range(many)]
    return layout(boxes, [Edge(str(a), str(b)) for a, b in pairs])


def touching(placed: Layout) -> list[tuple[str, str]]:
    boxes = list(placed.boxes.values())
    return [
        (one.name, two.name)
        for n, one in enumerate(boxes)
        for two in boxes[n + 1 :]
        if one.x < two.x + two.width and two.x < one.x + one.width
        if one.y < two.y + two.height + ROW_GAP and two.y < one.y + one.height + ROW_GAP
    ]


graphs = st.integers(1, 14).flatmap(
    lambda many: st.tuples(
        st.just(many), st.lists(st.tuples(st.integers(0, many - 1), st.integers(0, many - 1)), max_size=24)
    )
)


@settings(max_examples=150, deadline=None)
@given(graphs)
def test_any_graph(graph: tuple[int, list[tuple[int, int]]]):
    many, pairs = graph
    placed = drawn(many, pairs)
    assert placed.boxes.keys() == {str(n) for n in range(many)}
    assert touching(placed) == []
    assert {(r.source, r.target) for r in placed.routes} == {(str(a), str(b)) for a, b in pairs}
    assert len(placed.routes) == len(set(pairs)), "each edge is drawn once"
    assert all(box.x >= 0 and box.x + box.width <= placed.width for box in placed.boxes.values())
    assert all(box.y >= 0 and box.y + box.height <= placed.height for box in placed.boxes.values())
    for route in placed.routes:
        source, target = placed.boxes[route.source], placed.boxes[route.target]
        assert route.points[0] == (source.x + source.width, source.middle)
        assert route.points[-1][0] == target.x and target.y < route.points[-1][1] < target.y + target.height
        assert route.backward == (int(route.source) >= int(route.target))
        assert route.backward or all(a[0] <= b[0] for a, b in pairwise(route.points))
        assert all(0 <= y <= placed.height for _, y in route.points)


@settings(max_examples=80, deadline=None)
@given(graphs)
def test_no_line_crosses_a_box(graph: tuple[int, list[tuple[int, int]]]):
    placed = drawn(*graph)
    for route in placed.routes:
        for (left, down), (right, _) in list(pairwise(route.points))[1::2]:
            if not route.backward:
                through = [b for b in placed.boxes.values() if b.x < right and left < b.x + b.width]
                assert all(not b.y < down < b.y + b.height for b in through)


def test_a_chain_is_one_straight_line():
    placed = drawn(6, [(n, n + 1) for n in range(5)])
    assert len({box.middle for box in placed.boxes.values()}) == 1
    assert [box.x for box in placed.boxes.values()] == sorted(box.x for box in placed.boxes.values())


def test_the_heavier_edge_is_straight():
    boxes = [Box(name, 100, 64) for name in ("side", "main", "both")]
    placed = layout(boxes, [Edge("side", "both", 1), Edge("main", "both", 3)])
    assert placed.boxes["main"].middle == placed.boxes["both"].middle != placed.boxes["side"].middle


def test_a_long_edge_is_straight_until_its_last_gap():
    placed = drawn(5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    boxes = [Box(n, 100, 64) for n in "aexbcd"]
    placed = layout(boxes, [Edge("a", "b", 3), Edge("b", "c", 3), Edge("c", "d", 3), Edge("e", "d")])
    route = next(r for r in placed.routes if r.source == "e")
    assert len({y for _, y in route.points[:-1]}) == 1


def test_no_crossing_where_none_is_needed():
    boxes = [Box(n, 100, 64) for n in ("a", "b", "c", "x", "y", "z")]
    placed = layout(boxes, [Edge("a", "z"), Edge("b", "y"), Edge("c", "x")])
    lines = sorted((r.points[0][1], r.points[-1][1]) for r in placed.routes)
    assert lines == sorted(lines, key=lambda line: line[1])


def test_columns_are_as_wide_as_their_widest():
    placed = layout([Box("a", 100, 64), Box("b", 300, 64), Box("c", 50, 64)], [Edge("a", "c"), Edge("b", "c")])
    assert placed.boxes["a"].width == 300 and placed.boxes["c"].x == 300 + COLUMN_GAP


def test_a_longer_way_back_goes_below_a_shorter_one():
    placed = drawn(4, [(0, 1), (1, 2), (2, 3), (3, 0), (2, 1)])
    down = {r.source: max(y for _, y in r.points) for r in placed.routes if r.backward}
    assert down["2"] < down["3"] <= placed.height


def test_parts_that_do_not_hang_together_lie_below_each_other():
    placed = drawn(4, [(0, 2), (1, 3)])
    assert max(placed.boxes[n].y + placed.boxes[n].height for n in "02") < min(placed.boxes[n].y for n in "13")


def test_nothing_is_drawn_of_nothing():
    assert (drawn(0, []).width, drawn(0, []).height) == (0, 0)


@pytest.mark.parametrize("many", [100, 3000])
def test_large_graphs_take_bounded_time(many: int):
    chance = random.Random(7)
    pairs = [(chance.randrange(max(0, n - 8), n), n) for n in range(1, many) for _ in range(2)]
    assert_quick(lambda: drawn(many, pairs), 10)


def test_the_same_graph_twice_is_the_same_picture():
    pairs = [(0, 3), (1, 3), (2, 4), (3, 4), (0, 4)]
    assert drawn(5, pairs) == drawn(5, pairs)
