"""The pipeline as it was beside the pipeline as it is: which tables and flows are the same ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest
from textwrap import dedent
from typing import TypeAlias

from ldp_magic.pipeline.model import Dataset, Flow, Pipeline
from ldp_magic.pipeline.names import written
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.model import AutoCdc, Body, Code

Content: TypeAlias = tuple[object, ...]
_VIEWS = ("temporary view", "view")


def kept(before: Pipeline, now: Pipeline) -> Iterator[tuple[Dataset, Dataset]]:
    """Each table that was there and still is, as it was and as it is; views hold nothing that could be lost."""
    old: dict[str, list[Dataset]] = {}
    for dataset in _tables(before):
        old.setdefault(_folded(dataset.qualified[-1], now), []).append(dataset)
    for dataset in _tables(now):
        alike = [d for d in old.get(_folded(dataset.qualified[-1], now), ()) if _same_name(d, dataset, now)]
        if len(alike) == 1:
            yield alike[0], dataset


def _tables(pipeline: Pipeline) -> Iterator[Dataset]:
    return (d for d in pipeline.datasets.values() if d.kind not in _VIEWS)


def _folded(name: str, pipeline: Pipeline) -> str:
    """Databricks compares names without case, open-source Spark with it."""
    return name.lower() if pipeline.target == "databricks" else name


def _same_name(one: Dataset, other: Dataset, pipeline: Pipeline) -> bool:
    """Equal as far as both are known, from the right: settings may not have named the catalog yet."""
    pairs = zip_longest(reversed(one.qualified), reversed(other.qualified))
    return all(None in (a, b) or _folded(a, pipeline) == _folded(b, pipeline) for a, b in pairs)


def flow_name(flow: Flow, pipeline: Pipeline) -> str:
    """What a flow is known by; one without a name of its own has its table's, whatever schema that is in."""
    return _folded(written(flow.definition.name.parts, pipeline.parameters)[-1], pipeline)


def content(flow: Flow) -> Content:
    """What a flow does, comments and layout aside; empty where the text does not tell."""
    definition = flow.definition
    body = _body(definition.body)
    return (definition.once, definition.cdc is not None, *body) if body else ()


def _body(body: Body | None) -> Content:
    if body is None:
        return ()
    if isinstance(body, Code):
        reads = tuple((read.label, read.streaming) for read in body.reads)
        return (_python(body.location.text), reads) if reads and not body.unknown else ()
    return ("sql", words(body.text))


def words(text: str) -> tuple[str, ...]:
    """The tokens of a SQL text; case matters only where a name or a string is quoted."""
    tokens = tokens_of(text)
    return tuple(word or tokens.get(index) for index, word in enumerate(tokens.words))


def _python(text: str) -> str:
    try:
        return ast.dump(ast.parse(dedent(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(line.strip() for line in text.splitlines())


def changes(pair: tuple[Dataset, Dataset], pipeline: Pipeline) -> Iterator[tuple[AutoCdc, Flow]]:
    """Each AUTO CDC of a table as it was, with the flow that it is now."""
    was, now = ([f for f in d.flows if f.definition.cdc is not None] for d in pair)
    for flow in now:
        alike = [f for f in was if flow_name(f, pipeline) == flow_name(flow, pipeline)]
        alike = alike or (was if len(was) == len(now) == 1 else [])
        if len(alike) == 1 and alike[0].definition.cdc is not None:
            yield alike[0].definition.cdc, flow
