"""Lineage beside what an engine does: change one input column, run again, and see which outputs changed.

Every output that changed must have the column in its lineage, or among what decides its rows. The answers are Apache
Spark's (`make_spark_lineage.py`); `make soak` asks the embedded engine about queries that nobody has seen before.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.pipeline import build
from ldp_magic.pipeline.lineage import lineage_of
from ldp_magic.pipeline.model import ColumnType, Pipeline
from ldp_magic.pipeline.schemas import Schemas
from ldp_magic.sql import read
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.lineage import Resolved, resolve
from ldp_magic.sql.query import facts_of
from ldp_magic.text import Source
from tests.sql.queries import TABLES, Queries, pipelines

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "spark_lineage.json").read_text("utf-8"))
QUERIES = [case for case in CASES if len(case["datasets"]) == 1]
PIPELINES = [case for case in CASES if len(case["datasets"]) > 1]
Columns = set[tuple[str, str]]  # (table, column)


def schema(relation: Relation) -> list[tuple[str, str]] | None:
    return TABLES.get(relation.name[-1]) if relation.name else None


def resolved(text: str, known: bool = True) -> Resolved:
    """A query's outputs; without *known* the tables' columns are hidden from it."""
    found = resolve(facts_of(text), schema if known else lambda relation: None)
    assert found is not None, text
    return found


def columns(text: str, origins: frozenset[tuple[int, str]]) -> Columns:
    relations = facts_of(text).relations
    found: Columns = set()
    for index, column in origins:
        table = relations[index].name[-1]
        found |= {(table, name) for name, _ in TABLES[table]} if column == "*" else {(table, column.lower())}
    return found


def changed(case: dict[str, Any]) -> Iterator[tuple[tuple[str, str], list[int]]]:
    for name, positions in case["changed"].items():
        table, _, column = name.partition(".")
        yield (table, column), positions


def missed(case: dict[str, Any], known: bool = True) -> list[str]:
    """Outputs that changed with a column which is neither in their lineage nor among what decides the rows."""
    text = case["datasets"][0][1]
    found = resolved(text, known)
    deciding = set().union(*(columns(text, rule.origins) for rule in found.rows)) if found.rows else set()
    if not found.complete:
        every = frozenset(o for c in found.columns for o in c.origins)
        lineages = [columns(text, every)] * len(case["columns"])
    else:
        lineages = [columns(text, out.origins) for out in found.columns]
    return [
        f"{'.'.join(column)} changes {case['columns'][place]} of {text}"
        for column, places in changed(case)
        for place in places
        if column not in lineages[place] | deciding
    ]


def test_there_are_enough_cases() -> None:
    assert sum(len(case["changed"]) for case in QUERIES) >= 500
    assert sum(len(case["changed"]) for case in PIPELINES) >= 100


def test_the_recorded_queries_are_those_of_the_generator() -> None:
    """Who changes `queries.py` has Spark answer anew."""
    for case in QUERIES:
        assert case["datasets"][0][1] == Queries(case["seed"]).statement()[0]
    for case in PIPELINES:
        assert case["datasets"] == [list(d) for d in pipelines(case["seed"])]


def test_outputs_are_named_as_spark_names_them() -> None:
    for case in QUERIES:
        found = resolved(case["datasets"][0][1])
        assert [c.name for c in found.columns] == case["columns"], case["datasets"][0][1]


def test_whatever_changes_is_in_the_lineage() -> None:
    assert [miss for case in QUERIES for miss in missed(case)] == []


def test_unknown_columns_make_lineage_wider_never_narrower() -> None:
    assert [miss for case in QUERIES for miss in missed(case, known=False)] == []


def test_lineage_is_no_wider_than_it_has_to_be() -> None:
    """Where an output is said to be made from a column, changing the column mostly changes it."""
    said = seen = 0
    for case in QUERIES:
        found = resolved(case["datasets"][0][1])
        moved = dict(changed(case))
        for place, out in enumerate(found.columns):
            for column in columns(case["datasets"][0][1], out.origins):
                said += 1
                seen += place in moved.get(column, ())
    assert seen / said >= 0.8, (seen, said)


def test_a_column_as_it_is_has_one_origin() -> None:
    plain = 0
    for case in QUERIES:
        text = case["datasets"][0][1]
        facts = facts_of(text)
        if facts.set_operations or facts.ctes or len(facts.selects) > 1 or "USING" in text:
            continue
        for output, out in zip(facts.selects[0].outputs, resolved(text).columns, strict=False):
            if output.plain and not output.star and not any(o.star for o in facts.selects[0].outputs):
                plain += 1
                assert (len(out.origins), out.how) == (1, "copied"), (out, text)
    assert plain >= 15


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("SELECT g FROM a LEFT JOIN b USING (g)", {"g": {"a.g"}}),
        ("SELECT g FROM a RIGHT JOIN b USING (g)", {"g": {"b.g"}}),
        ("SELECT g FROM a FULL JOIN b USING (g)", {"g": {"a.g", "b.g"}}),
        ("SELECT k FROM a LEFT SEMI JOIN b ON a.g = b.g", {"k": {"a.k"}}),
        ("SELECT * FROM c NATURAL JOIN (SELECT k, p FROM b)", {"k": {"c.k"}, "u": {"c.u"}, "v": {"c.v"}, "p": {"b.p"}}),
        ("SELECT * FROM c JOIN (SELECT u, g FROM c JOIN a USING (k)) USING (u)",
         {"u": {"c.u"}, "k": {"c.k"}, "v": {"c.v"}, "g": {"a.g"}}),
        ("SELECT * REPLACE (u + 1 AS u) FROM c", {"k": {"c.k"}, "u": {"c.u"}, "v": {"c.v"}}),
        ("SELECT count(*) AS n, count(u) AS m, 1 AS one FROM c", {"n": set(), "m": {"c.u"}, "one": set()}),
        ("SELECT transform(ar, e -> e + x) AS t FROM a", {"t": {"a.ar", "a.x"}}),
        ("SELECT u AS v, v AS u FROM c", {"v": {"c.u"}, "u": {"c.v"}}),
        ("SELECT u + 1 AS n, n * k AS m FROM c", {"n": {"c.u"}, "m": {"c.u", "c.k"}}),
        ("SELECT u + 1 AS k, k + 1 AS m FROM c", {"k": {"c.u"}, "m": {"c.k"}}),
        ("WITH RECURSIVE r AS (SELECT u FROM c UNION ALL SELECT r.u + c.u FROM r JOIN c USING (u)) SELECT u FROM r",
         {"u": {"c.u"}}),
        ("SELECT q FROM (SELECT k AS q FROM c UNION ALL SELECT p FROM b)", {"q": {"c.k", "b.p"}}),
        ("SELECT `K` FROM c", {"K": {"c.k"}}),
        ("SELECT sum(u) OVER (PARTITION BY k ORDER BY v) AS w FROM c", {"w": {"c.u", "c.k", "c.v"}}),
        ("SELECT c.u FROM c, LATERAL (SELECT max(p) AS m FROM b WHERE b.k = c.k) l", {"u": {"c.u"}}),
    ],
)  # fmt: skip
def test_origins(text: str, outputs: dict[str, set[str]]) -> None:
    found = resolved(text)
    said = {c.name: {".".join(o) for o in columns(text, c.origins)} for c in found.columns}
    assert said == outputs and list(said) == list(outputs)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("SELECT 1 FROM c WHERE u > 1", {"filter": {"c.u"}}),
        ("SELECT k FROM c GROUP BY k HAVING sum(u) > 1", {"group": {"c.k"}, "filter": {"c.u"}}),
        ("SELECT k AS z FROM c GROUP BY z", {"group": {"c.k"}}),
        ("SELECT k, v, count(*) FROM c GROUP BY ALL", {"group": {"c.k", "c.v"}}),
        ("SELECT k FROM c ORDER BY u LIMIT 3", {"limit": {"c.u"}}),
        ("SELECT u AS z FROM c ORDER BY z LIMIT 3", {"limit": {"c.u"}}),
        ("SELECT k, u FROM c ORDER BY 2 LIMIT 3", {"limit": {"c.u"}}),
        ("SELECT k, u FROM c ORDER BY ALL LIMIT 3", {"limit": {"c.k", "c.u"}}),
        ("SELECT k FROM c ORDER BY u", {}),
        ("SELECT DISTINCT k FROM c", {"distinct": {"c.k"}}),
        ("SELECT k FROM c QUALIFY row_number() OVER (PARTITION BY k ORDER BY u) = 1", {"filter": {"c.k", "c.u"}}),
        ("SELECT c.k FROM c JOIN b ON c.u = b.p AND b.q > 1", {"join": {"c.u", "b.p", "b.q"}}),
        ("SELECT c.k FROM c LEFT ANTI JOIN b ON c.u = b.p", {"join": {"c.u", "b.p"}}),
        (
            "SELECT k FROM c WHERE EXISTS (SELECT 1 FROM b WHERE b.p = c.u AND b.q = 1)",
            {"filter": {"b.p", "b.q", "c.u"}},
        ),
        ("SELECT k FROM c WHERE k IN (SELECT p FROM b WHERE q = 1)", {"filter": {"c.k", "b.p", "b.q"}}),
        ("SELECT k FROM c INTERSECT SELECT p FROM b", {"set": {"c.k", "b.p"}}),
        ("SELECT e FROM a LATERAL VIEW explode(ar) t AS e", {"explode": {"a.ar"}}),
        ("SELECT w.k FROM (SELECT k FROM c WHERE u = 1) w", {"filter": {"c.u"}}),
    ],
)
def test_what_decides_rows(text: str, rules: dict[str, set[str]]) -> None:
    found: dict[str, set[str]] = {}
    for rule in resolved(text).rows:
        found.setdefault(rule.by, set()).update(".".join(o) for o in columns(text, rule.origins))
    assert found == rules


# -- several datasets -----------------------------------------------------------------------------------


def graph(datasets: list[list[str]]) -> Pipeline:
    kinds = ["MATERIALIZED VIEW", "TEMPORARY VIEW"]
    statements = [f"CREATE {kinds[i % 2]} {name} AS {text}" for i, (name, text) in enumerate(datasets)]
    locked = {t: tuple(ColumnType(name=n, type=c) for n, c in held) for t, held in TABLES.items()}
    return build("p", [read(Source("p.sql", None, ";\n".join(statements)).whole())], locked=locked)


class Reached:
    """Every input column that a column's lineage names, through everything that decides rows on the way."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline, self.schemas = pipeline, Schemas(pipeline)
        self.done: set[tuple[str, str]] = set()

    def inputs(self, dataset: str, column: str) -> Columns:
        if dataset in TABLES:
            return {(dataset, name) for name, _ in TABLES[dataset] if column in ("*", name)}
        if (dataset, column) in self.done:
            return set()
        self.done.add((dataset, column))
        lineage = lineage_of(self.pipeline, dataset, column, self.schemas)
        assert lineage.unknown == ()
        assert lineage.steps and lineage.steps[-1].dataset == dataset
        found: Columns = set()
        for step in lineage.steps:
            found |= self.inputs(step.dataset, step.column.lower()) if step.dataset in TABLES else set()
        for rule in lineage.rows:
            for name, used in rule.uses:
                found |= self.inputs(name, used)
        return found


def test_lineage_through_a_whole_pipeline_holds_whatever_changes() -> None:
    missed = []
    for case in PIPELINES:
        pipeline = graph(case["datasets"])
        last = case["datasets"][-1][0]
        for place, name in enumerate(case["columns"]):
            inputs = Reached(pipeline).inputs(last, name)
            missed += [(c, name, case) for c, places in changed(case) if place in places and c not in inputs]
    assert missed == []


def test_columns_of_a_whole_pipeline_are_named_as_spark_names_them() -> None:
    for case in PIPELINES:
        pipeline = graph(case["datasets"])
        found = Schemas(pipeline).columns(pipeline.datasets[case["datasets"][-1][0]])
        assert found is not None and [c.name for c in found] == case["columns"]


# -- what nobody has seen before ------------------------------------------------------------------------


@pytest.mark.soak
def test_the_embedded_engine_changes_nothing_outside_the_lineage() -> None:
    command = [sys.executable, str(HERE / "make_spark_lineage.py"), "--sail", "1000", "1400"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert ran.returncode == 0, ran.stderr[-2000:]
    cases = [case for case in json.loads(ran.stdout) if len(case["datasets"]) == 1]
    assert len(cases) > 100
    assert [miss for case in cases for miss in missed(case)] == []
