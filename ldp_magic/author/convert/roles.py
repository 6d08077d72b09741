"""Which sources bring a query's rows, and which it only looks into; and so which datasets are only looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ldp_magic.author.convert.buckets import bucket_columns
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.sql.facts import Facts, Input, Node, Relation, Select, SetOperation
from ldp_magic.sql.model import Query

_LEFT_LOOKS = {"right semi", "right anti", "right"}


@dataclass(frozen=True, slots=True)
class Role:
    """How a dataset is read. `lookers` are the readers that only look into it."""

    drives: bool
    lookers: tuple[str, ...] = ()


def drivers(facts: Facts) -> tuple[Relation, ...]:
    """The relations that bring the rows of a query: the FROM side of its joins, the kept side of outer ones.

    A source whose column is what the rows are grouped by in time drives wherever it stands.
    """
    return tuple(_of_node(facts.root, facts)) if facts.root is not None else ()


def _of_node(node: Node, facts: Facts) -> Iterator[Relation]:
    while isinstance(node, SetOperation):
        if node.kind.startswith("union"):
            yield from _of_node(node.right, facts)
        node = node.left
    for item in _driving_inputs(node, facts):
        yield from _of_input(item, facts)


def _of_input(item: Input, facts: Facts) -> Iterator[Relation]:
    if item.relation is not None:
        yield item.relation
    elif item.query is not None:
        yield from _of_node(item.query, facts)
    else:
        cte = next((c for c in facts.ctes if c.name.lower() == item.cte.lower()), None)
        if cte is not None and not _recursive(cte.query, item.cte):
            yield from _of_node(cte.query, facts)


def _recursive(node: Node, name: str) -> bool:
    while isinstance(node, SetOperation):
        if _recursive(node.right, name):
            return True
        node = node.left
    return any(i.cte.lower() == name.lower() for i in node.inputs)


def _driving_inputs(select: Select, facts: Facts) -> list[Input]:
    inputs = [i for i in select.inputs if not i.lateral]
    found = inputs[:1]
    for join in select.joins:
        if join.kind in _LEFT_LOOKS:
            found = [join.right]
        elif join.kind == "full":
            found.append(join.right)
    timed = {c.parts[-2].lower() for c in bucket_columns(select, facts.text) if len(c.parts) > 1}
    return found + [i for i in inputs if i.alias.lower() in timed and not any(i is f for f in found)]


def roles(pipeline: Pipeline) -> Mapping[str, Role]:
    """The role of each dataset of a pipeline."""
    found: dict[str, Role] = {}
    uses = _uses(pipeline)
    for name in reversed(list(pipeline.datasets)):
        some = uses.get(name, {})
        # what a looked-up dataset is made of is looked up as well
        lookers = tuple(r for r, drives in some.items() if not (drives and found.get(r, Role(True)).drives))
        found[name] = Role(drives=len(lookers) < len(some) or not some, lookers=lookers)
    return found


def _uses(pipeline: Pipeline) -> dict[str, dict[str, bool]]:
    """Who reads a dataset, and whether it brings the reader's rows."""
    uses: dict[str, dict[str, bool]] = {}
    for dataset in pipeline.datasets.values():
        bring = [id(relation) for query in _queries(dataset) for relation in drivers(query.facts)]
        for read in dataset.reads:
            if read.kind == "dataset" and read.name != dataset.name:
                drives = id(read.relation) in bring or read.streaming
                of = uses.setdefault(read.name, {})
                of[dataset.name] = of.get(dataset.name, False) or drives
    return uses


def _queries(dataset: Dataset) -> list[Query]:
    bodies = [dataset.body, *(flow.definition.body for flow in dataset.flows)]
    return [body for body in bodies if isinstance(body, Query)]
