"""Graphs beside plans: who reads whom, streamness, layers, order, cycles, missing names, in any spelling and order."""

from __future__ import annotations

import pytest

from ldp_magic.pipeline import build
from ldp_magic.pipeline.model import Pipeline
from ldp_magic.python import read as read_python
from ldp_magic.sql import read as read_sql
from ldp_magic.text import Source
from tests.pipeline.generated import CATALOG, PARAMETERS, SCHEMA, Plan

SEEDS = range(120)


def graph(plan: Plan) -> Pipeline:
    scripts = []
    for number, (language, text) in enumerate(plan.sources()):
        reader, name = (read_sql, f"{number}.sql") if language == "sql" else (read_python, f"{number}.py")
        scripts.append(reader(Source(name, None, text).whole()))
    assert [p for s in scripts for p in s.problems] == []
    return build("p", scripts, parameters=PARAMETERS, catalog=CATALOG, schema=SCHEMA)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_graph_is_the_plan(seed: int) -> None:
    check(Plan(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_cycles_are_where_the_plan_put_them(seed: int) -> None:
    plan = Plan(seed, cycles=True)
    found = graph(plan)
    edges = plan.edges()
    reached = {name: _reached(name, edges) for name in edges}
    turning = {name for name in edges if name in reached[name]}
    assert {name for cycle in found.cycles for name in cycle} <= turning
    for name in turning:
        assert any(name == c or (c in reached[name] and name in reached[c]) for cycle in found.cycles for c in cycle)
    for cycle in found.cycles:
        assert all(after in edges[name] for name, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))


@pytest.mark.soak
def test_many_more_graphs_are_their_plans() -> None:
    for seed in range(1000, 6000):
        check(Plan(seed))


def check(plan: Plan) -> None:
    found = graph(plan)
    edges = plan.edges()
    assert set(found.datasets) == {d.name for d in plan.datasets}
    for planned in plan.datasets:
        dataset = found.datasets[planned.name]
        reads = sorted((r.suggestion or r.name, r.kind, r.streaming) for r in dataset.reads)
        assert reads == plan.expected_reads(planned)
        assert dataset.streamness == planned.streamness, (planned, dataset.reason)
        assert dataset.layer == _layer(planned.name, edges)
        assert set(dataset.readers) == {name for name, read in edges.items() if planned.name in read}
        assert dataset.qualified == ((planned.name,) if planned.temporary else (CATALOG, planned.schema, planned.name))
        assert len(dataset.flows) == {"flows": len(planned.reads), "view": 0}.get(planned.kind, len(dataset.flows))
        for read in dataset.reads:
            assert (read.suggestion or read.name).rsplit(".", 1)[-1].upper()[:1] in read.location.text.upper()
    places = {name: place for place, name in enumerate(found.datasets)}
    assert all(places[source] < places[name] for name, read in edges.items() for source in read)
    assert (found.cycles, found.duplicates, found.problems) == ((), (), ())
    missing = sorted((d.name, plan.datasets[r.slip_of].name) for d in plan.datasets for r in d.reads if r.slip_of >= 0)
    assert sorted((reader, read.suggestion) for reader, read in found.missing) == missing
    assert set(found.externals) == {r.external for d in plan.datasets for r in d.reads if r.external}
    assert all(flow.target_found for flow in found.flows)


def _layer(name: str, edges: dict[str, set[str]]) -> int:
    return max((_layer(source, edges) for source in edges[name]), default=-1) + 1


def _reached(name: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    stack = list(edges[name])
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack += edges[current]
    return found
