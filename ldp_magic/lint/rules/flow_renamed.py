from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.past import content, flow_name, kept
from ldp_magic.lint.rule import THE_PAST, bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset, Flow, Pipeline

_T = "CREATE STREAMING TABLE t;\n"
_FLOW = _T + "CREATE FLOW load_eu AS INSERT INTO t BY NAME SELECT id FROM STREAM(eu);"
_TABLE = "CREATE OR REFRESH STREAMING TABLE sales AS SELECT id, x FROM STREAM(orders);"
_CDC = "CREATE STREAMING TABLE c;\nCREATE FLOW f AS AUTO CDC INTO c FROM STREAM(s) KEYS (id) SEQUENCE BY ts;"
_PYTHON = (
    "from pyspark import pipelines as dp\n\ndp.create_streaming_table('t')\n\n"
    "@dp.append_flow(target='t')\ndef eu():\n    return spark.readStream.table('eu_orders')\n"
)
_LOOP = (
    "from pyspark import pipelines as dp\n\ndp.create_streaming_table('t')\n\n"
    "for place in {0}:\n"
    "    @dp.append_flow(target='t', name=f'load_{{place}}')\n"
    "    def load(place=place):\n        return spark.readStream.table(f'{{place}}_orders')\n"
)
_HELD = ("streaming table", "sink")  # what is filled by flows that remember how far they have read
_UNREAD = ("syntax", "python", "missing-semicolon", "too-deep")
_Same: TypeAlias = "tuple[object, ...]"


@rule(
    code="LDP217",
    severity="warning",
    needs=THE_PAST,
    foresees=("duplicates in the target",),
    verified="read in Spark 4.3's code; what it does to the rows is second-hand",
    bad=[
        bad(_FLOW.replace("load_eu", "load_europe"), before=_FLOW, marks=("load_europe",)),
        bad(
            _FLOW.replace("load_eu", "load_europe").replace("SELECT id", "select /* all */\r\n  ID"),
            before=_FLOW,
            marks=("load_europe",),
        ),
        bad(_TABLE.replace("sales", "all_sales"), before=_TABLE, marks=("all_sales",)),
        bad(
            "CREATE OR REFRESH STREAMING TABLE sales;\n"
            "CREATE FLOW first AS INSERT INTO sales BY NAME SELECT id, x FROM STREAM(orders);",
            before=_TABLE,
            marks=("first",),
        ),
        bad(_FLOW.replace(" t ", " u ").replace(" t;", " u;"), before=_FLOW, marks=("u",)),
        bad("USE SCHEMA new;\n" + _TABLE, before="USE SCHEMA old;\n" + _TABLE, marks=("sales",)),
        bad(_CDC.replace("FLOW f", "FLOW g"), before=_CDC, marks=("g",)),
        bad(_PYTHON.replace("def eu", "def europe"), before=_PYTHON, python=True, marks=("europe",)),
    ],
    good=[
        good(_FLOW, before=_FLOW.replace("load_eu", "LOAD_EU")),
        good(_FLOW.replace("load_eu", "load_us").replace("(eu)", "(us)"), before=_FLOW),
        good(_FLOW + "\nCREATE FLOW b AS INSERT INTO t BY NAME SELECT id FROM STREAM(eu) WHERE id > 0;", before=_FLOW),
        good(_TABLE.replace("sales", "main.s.sales"), before=_TABLE),
        good(_TABLE.replace("SELECT", "SELECT y,").replace("sales", "more"), before=_TABLE),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW n AS SELECT 1 AS x;",
            before="CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT 1 AS x;",
        ),
        good(_LOOP.format("['eu', 'asia']"), before=_LOOP.format("['eu', 'us']"), python=True),
        good(_FLOW),
        good(_TABLE.replace("sales", "a") + _TABLE.replace("sales", "b"), before=_TABLE),  # which of the two?
    ],
)
def flow_renamed(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """A flow, or the table that it fills, with a new name and the query it had.

    How far a stream has read is kept under the name of its flow and its table. A new name starts from the beginning:
    the source is read again, and what is still in it arrives a second time in a table that holds it already; what
    the source no longer keeps is missing from a table that is new. A flow without a name has its table's, so moving
    the query into a CREATE FLOW of another name is a new name, too. Keep the name, or plan a full refresh.
    """
    if context.before is None or any(problem.kind in _UNREAD for problem in pipeline.problems):
        return  # what seems to be gone may stand where the text could not be read
    gone, new = _changed(context.before, pipeline)
    told: set[str] = set()
    for same, now in new.items():
        was = gone.get(same)
        if was is None or len(was) != 1 or len(now) != 1:
            continue  # among several alike it is not known which became which
        finding = _finding(was[0], now[0])
        if now[0].table is None or finding.message not in told:
            told.add(finding.message)
            yield finding


class _Filled(NamedTuple):
    """A flow that is in one of the two pipelines only. `table` is its target, where that is in this one only, too."""

    flow: Flow
    table: Dataset | None
    target: str


def _changed(before: Pipeline, now: Pipeline) -> tuple[dict[_Same, list[_Filled]], dict[_Same, list[_Filled]]]:
    """The flows that are gone and those that are new, by what they do and where to; a changed table is any table."""
    pairs = [(was, is_) for was, is_ in kept(before, now) if was.kind in _HELD and is_.kind in _HELD]
    names = [{flow_name(f, now) for f in is_.flows} for _, is_ in pairs]
    earlier = [{flow_name(f, before) for f in was.flows} for was, _ in pairs]
    gone: dict[_Same, list[_Filled]] = {}
    new: dict[_Same, list[_Filled]] = {}
    for number, (was, is_) in enumerate(pairs):
        _add(gone, (f for f in was.flows if flow_name(f, before) not in names[number]), None, is_.name)
        _add(new, (f for f in is_.flows if flow_name(f, now) not in earlier[number]), None, is_.name)
    for pipeline, place, found in ((before, 0, gone), (now, 1, new)):
        stayed = {pair[place].name for pair in kept(before, now)}
        for dataset in pipeline.datasets.values():
            if dataset.kind in _HELD and dataset.name not in stayed:
                _add(found, dataset.flows, dataset, "")
    return gone, new


def _add(found: dict[_Same, list[_Filled]], flows: Iterable[Flow], table: Dataset | None, target: str) -> None:
    for flow in flows:
        if does := content(flow):
            found.setdefault((target, *does), []).append(_Filled(flow, table, target))


def _finding(was: _Filled, now: _Filled) -> Finding:
    if was.table is not None and now.table is not None:
        old, new = was.table.name, now.table.name
        if old == new:  # another schema or catalog
            old, new = ".".join(was.table.qualified), ".".join(now.table.qualified)
        return Finding(
            now.table.definition.name.location,
            f"{new} has the query that {old} had, and {old} is gone",
            why="a new table has no checkpoint: it reads its source from the beginning, or from what is left of it",
            mark=f"was {old}",
            fixes=(Fix(f"keep the name {old}, or see to it that the source still holds everything"),),
        )
    return Finding(
        now.flow.definition.name.location,
        f"flow {was.flow.name} of {now.target} is called {now.flow.name} now",
        why="its checkpoint is lost with its name: the source is read again, into a table that has its rows already",
        mark=f"was {was.flow.name}",
        fixes=(Fix(f"keep the name {was.flow.name}, or plan a full refresh of {now.target}"),),
    )
