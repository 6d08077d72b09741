"""Views that are kept up to date from new rows: the same as computed anew, whatever comes, and never by mistake."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ldp_magic.runs.incremental import _columns
from ldp_magic.sql.query import facts_of
from tests.runs.project import Project

VIEWS = {
    "by_kind": "SELECT kind, count(*) AS n, count(v) AS have, sum(v) AS total, min(v) AS least, max(name) AS last "
    "FROM events GROUP BY kind",
    "by_two": "SELECT kind AS k, v % 3 AS bucket, sum(w) AS w, min(at) AS first_at, max(at) AS last_at "
    "FROM events WHERE v > -3 GROUP BY kind, v % 3",
    "whole": "SELECT count(*) AS n, sum(v) AS total, max(w) AS most FROM events",
    "of_all": "SELECT name, max(v) AS most FROM events AS e WHERE e.name IS NOT NULL GROUP BY ALL",
    "by_place": "SELECT upper(kind) AS kind, count(*) AS n FROM events GROUP BY 1",
}
REFUSED = {
    "distinct": "SELECT kind, count(DISTINCT v) AS n FROM events GROUP BY kind",
    "average": "SELECT kind, avg(v) AS mean FROM events GROUP BY kind",
    "over sums": "SELECT kind, sum(v) / count(*) AS mean FROM events GROUP BY kind",
    "having": "SELECT kind, sum(v) AS n FROM events GROUP BY kind HAVING sum(v) > 3",
    "a lost key": "SELECT sum(v) AS n FROM events GROUP BY kind",
    "half a key": "SELECT kind, sum(v) AS n FROM events GROUP BY kind, name",
    "rollup": "SELECT kind, sum(v) AS n FROM events GROUP BY ROLLUP (kind)",
    "a join": "SELECT e.kind, sum(e.v) AS n FROM events e JOIN other o ON e.v = o.v GROUP BY e.kind",
    "order": "SELECT kind, sum(v) AS n FROM events GROUP BY kind ORDER BY n LIMIT 3",
    "no name": "SELECT kind, sum(v) FROM events GROUP BY kind",
    "the clock of chance": "SELECT kind, sum(rand()) AS n FROM events GROUP BY kind",
    "no sum": "SELECT kind, v FROM events",
    "filter": "SELECT kind, sum(v) FILTER (WHERE v > 1) AS n FROM events GROUP BY kind",
    "subquery": "SELECT kind, sum(v) AS n FROM events WHERE v IN (SELECT v FROM other) GROUP BY kind",
    "qualify": "SELECT kind, sum(v) AS n FROM events GROUP BY kind QUALIFY row_number() OVER (ORDER BY kind) = 1",
    "twice": "SELECT kind, sum(v) AS n, max(v) AS N FROM events GROUP BY kind",
}
SCHEMA = "kind STRING, name STRING, v INT, w DECIMAL(10, 2), at TIMESTAMP"
EVENTS = (
    f"CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('in', format => 'json', schema => '{SCHEMA}');\n"
)


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_what_sums_alone_cannot_tell_is_computed_anew(query: str) -> None:
    assert _columns(facts_of(query)) == ()


@pytest.mark.parametrize("query", VIEWS.values(), ids=VIEWS)
def test_sums_and_extremes_are_merged(query: str) -> None:
    assert _columns(facts_of(query))


def test_merged_views_are_those_computed_anew(tmp_path: Path) -> None:
    """Each view stands there twice; the second is computed from all rows, as it names a clock that changes nothing."""
    project = Project(tmp_path)
    texts = [EVENTS]
    for name, query in VIEWS.items():
        texts.append(f"CREATE MATERIALIZED VIEW {name} AS {query};")
        texts.append(f"CREATE MATERIALIZED VIEW {name}_anew AS SELECT * FROM ({query}) WHERE now() IS NOT NULL;")
    project.sql("\n".join(texts))
    rng = random.Random(7)
    for batch in range(5):
        if batch != 3:  # one update finds nothing
            _land(project.root / "in" / f"{batch}.json", rng, rng.choice([1, 5, 60]))
        updated = project.fine()
        for name in VIEWS:
            assert project.rows(name) == project.rows(f"{name}_anew"), (batch, name)
            assert project.columns(name) == project.columns(f"{name}_anew")
            reads = {flow.name: flow.read for flow in updated.flows}
            merged = project.table(name).flow(name).offsets["sources"]
            assert merged, "it was never merged"
            assert batch == 0 or batch == 3 or reads[name] == reads["events"], "it has read more than what is new"


def test_a_changed_source_or_query_is_computed_anew(tmp_path: Path) -> None:
    project = Project(tmp_path)
    text = EVENTS + "CREATE MATERIALIZED VIEW totals AS SELECT kind, sum(v) AS total FROM events GROUP BY kind;"
    project.sql(text)
    rng = random.Random(3)
    _land(project.root / "in" / "a.json", rng, 20)
    project.fine()
    first = project.rows("totals")
    _land(project.root / "in" / "b.json", rng, 20)
    project.sql(text.replace("sum(v)", "max(v)"))
    project.fine()
    rows = [
        json.loads(line)
        for name in "ab"
        for line in (project.root / "in" / f"{name}.json").read_text(encoding="utf-8").splitlines()
    ]
    found = {row["kind"]: row["total"] for row in project.rows("totals")}
    for kind in {row["kind"] for row in rows}:
        values = [row["v"] for row in rows if row["kind"] == kind and row["v"] is not None]
        assert found.pop(kind) == max(values, default=None)
    assert not found
    project.sql(text)
    (project.root / "in" / "b.json").unlink()
    project.fine(full_refresh=["events"])
    project.fine()
    assert project.rows("totals") == first


def _land(path: Path, rng: random.Random, count: int) -> None:
    path.parent.mkdir(exist_ok=True)
    rows: list[dict[str, Any]] = [
        {
            "kind": rng.choice(["a", "b", "c", "ä", None]),
            "name": rng.choice(["x", "Y", None, ""]),
            "v": rng.choice([None, *range(-5, 6)]),
            "w": rng.choice([None, 1.25, -0.5, 99999.99]),
            "at": f"2026-01-0{rng.randint(1, 9)}T0{rng.randint(0, 9)}:00:00Z",
        }
        for _ in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
