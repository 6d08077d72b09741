"""Edits that several rules offer: a clause taken out, a materialized view or several flows instead of one query."""

from __future__ import annotations

import re

from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.wrap import cased, unwrapping
from ldp_magic.sql.facts import Node, Select, SetOperation
from ldp_magic.text import Edit, Location, Span

_AS = re.compile(r"\bAS\s*\Z", re.IGNORECASE)
_STREAMING_TABLE = re.compile(r"STREAMING\s+TABLE\b", re.IGNORECASE)


def without(owned: Owned, span: Span) -> tuple[Edit, ...]:
    """Take a clause out of a query, with the blanks before it. Nothing where a comment would be lost."""
    where = owned.locate(span)
    if not owned.query.exact or owned.facts.pipes or "--" in where.text or "/*" in where.text:
        return ()
    return (Edit(where.source.at(_before(where), where.end), ""),)


def _before(where: Location) -> int:
    """Where the blanks before a place begin; behind a comment the line end stays."""
    text = where.source.text
    blanks = len(text[: where.start]) - len(text[: where.start].rstrip())
    start = where.start - blanks
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if "--" not in line:
        return start
    return where.start - (len(text[: where.start]) - len(text[: where.start].rstrip(" \t")))


def materialized(owned: Owned) -> tuple[Edit, ...]:
    """What makes `CREATE STREAMING TABLE ... AS query` a materialized view; nothing where that takes more."""
    dataset, flow = owned.dataset, owned.flow
    if dataset is None or flow is None or not flow.definition.implicit or dataset.kind != "streaming table":
        return ()
    word = _STREAMING_TABLE.search(dataset.definition.head.text)
    streams = [r for r in owned.facts.relations if r.streaming]
    if word is None or len(dataset.flows) > 1 or not all(r.stream_span for r in streams) or _streaming_views(owned):
        return ()
    name = "materialized view" if word.group().islower() else "MATERIALIZED VIEW"
    edits = [Edit(dataset.definition.head.inside(*word.span()), name)]
    for relation in streams:
        edits += unwrapping(owned, relation)
    return tuple(edits)


def _streaming_views(owned: Owned) -> bool:
    shapes = (owned.context.view_shape(owned, relation) for relation in owned.facts.relations)
    return any(shape is not None and shape.streaming for shape in shapes)


def flows(owned: Owned, once: tuple[Select, ...] = ()) -> tuple[Edit, ...]:
    """What turns `CREATE STREAMING TABLE t ... AS a UNION ALL b` into the table and one flow for each part.

    Parts in *once* are loaded one time. Nothing where that takes more, or where the parts do not name their columns
    alike: a flow goes by names, a UNION by places.
    """
    dataset, parts = owned.dataset, _parts(owned.facts.root)
    if dataset is None or not parts or owned.facts.ctes or owned.facts.pipes or not owned.query.exact:
        return ()
    if owned.flow is None or not owned.flow.definition.implicit or owned.text(parts[0].span)[:1] == "(":
        return ()
    query, text = owned.query.location, owned.query.location.source.text
    start = dataset.location.start
    word = _AS.search(text[start : query.start])
    if word is None or owned.query.text.lstrip()[:1] == "(" or (len(parts) > 1 and not _alike(parts)):
        return ()
    line = "\r\n" if "\r\n" in text else "\n"
    names = _free(owned, len(parts))
    target = dataset.definition.name.location.text
    heads = [_head(owned, name, target, once=part in once) for name, part in zip(names, parts, strict=True)]
    first = start + len(text[start : start + word.start()].rstrip())
    behind = "" if "--" not in text[text.rfind("\n", 0, first) + 1 : first] else line
    edits = [Edit(query.source.at(first, query.start), f"{behind};{line}{heads[0]}{line}")]
    for head, operation in zip(heads[1:], _operations(owned.facts.root), strict=True):
        where = owned.locate(operation.span)
        edits.append(Edit(where.source.at(_before(where), where.end), f";{line}{head}"))
    return tuple(edits)


def _parts(node: Node | None) -> list[Select]:
    """The SELECTs that UNION ALL puts together, in order; none where something else does."""
    found: list[Select] = []
    while isinstance(node, SetOperation):
        if node.kind != "union all" or node.clauses or not isinstance(node.right, Select):
            return []
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)] if node is not None else []


def _operations(node: Node | None) -> list[SetOperation]:
    found = []
    while isinstance(node, SetOperation):
        found.append(node)
        node = node.left
    return found[::-1]


def _alike(parts: list[Select]) -> bool:
    names = {tuple("*" if o.star else o.name.lower() for o in part.outputs) for part in parts}
    return len(names) == 1 and "" not in next(iter(names))


def _free(owned: Owned, count: int) -> list[str]:
    """Names that no flow has yet."""
    base = owned.dataset.qualified[-1] if owned.dataset is not None else owned.name
    base = base if base.isidentifier() else "flow"
    taken = {f.name.lower() for f in owned.context.pipeline.flows}
    found: list[str] = []
    number = 1
    while len(found) < count:
        if f"{base}_{number}".lower() not in taken:
            found.append(f"{base}_{number}")
        number += 1
    return found


def _head(owned: Owned, name: str, target: str, *, once: bool) -> str:
    words = cased("INSERT ONCE INTO" if once else "INSERT INTO", owned)
    return f"{cased('CREATE FLOW', owned)} {name} {cased('AS', owned)} {words} {target} {cased('BY NAME', owned)}"
