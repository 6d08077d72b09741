from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import words_of
from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset, Flow

_T = "CREATE OR REFRESH STREAMING TABLE t;\n"
_A = "CREATE FLOW a AS AUTO CDC INTO t FROM STREAM(main.raw.x) KEYS (id) SEQUENCE BY seq;\n"
_PLAIN = _A.replace("OR REFRESH ", "")


@rule(
    code="LDP408",
    severity="warning",
    spark="error",
    foresees=("AUTOCDC_MULTIPLE_FLOWS_TO_TARGET",),
    verified="Spark 4.3; for Databricks from memory",
    bad=[
        bad(_T + _A + "CREATE FLOW b AS INSERT INTO t BY NAME SELECT * FROM STREAM(main.raw.y);", marks=("b",)),
        bad(
            "create streaming table t;\r\n"
            + _PLAIN
            + "create flow b as auto cdc into t from stream(main.raw.y) keys (id) sequence by seq;",
            target="spark-4.3",
            marks=("b",),
        ),
    ],
    good=[
        good(_T + _A),
        good(_T + _A + "CREATE FLOW old AS AUTO CDC ONCE INTO t FROM main.raw.y KEYS (id) SEQUENCE BY seq;"),
    ],
)
def cdc_single_writer(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A second writer of a table that AUTO CDC keeps.

    AUTO CDC finds rows by their keys and knows what it has seen of each; rows that another flow adds are unknown to it.
    Open-source Spark allows one AUTO CDC flow and nothing else; Databricks allows several of them, each with its own name,
    but no INSERT flow beside. Bring the sources together in a view, or write into two tables.
    """
    changes = [f for f in dataset.flows if f.definition.cdc is not None]
    if not changes or len(dataset.flows) < 2 or dataset.kind != "streaming table":
        return
    first = changes[0]
    for flow in dataset.flows:
        if flow is first or _own_query(flow) or flow.name == first.name:
            continue  # LDP409 speaks of a query of its own, LDP208 of names
        if context.spark or flow.definition.cdc is None:
            yield _finding(dataset, flow, first)


def _own_query(flow: Flow) -> bool:
    return flow.definition.implicit and flow.definition.cdc is None


def _finding(dataset: Dataset, flow: Flow, first: Flow) -> Finding:
    return Finding(
        flow.definition.name.location,
        f"{flow.name} writes into {dataset.name}, which {first.name} keeps by AUTO CDC",
        why="AUTO CDC has to know every row of its target",
        mark="a second writer",
        fixes=(Fix("read all sources in one flow, or write into a table of its own"),),
        related=(Related(words_of(first.definition), "the flow that keeps it"),),
    )
