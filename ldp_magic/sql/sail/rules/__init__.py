"""What the engine answers otherwise than Spark, and how to ask for it instead: one file per kind of thing.

A rule takes a node and its `Site` and gives the new text, or None where the node can stay.
"""

from __future__ import annotations

from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.rules import (
    aggregates,
    arithmetic,
    casts,
    choices,
    implicit,
    json,
    nested,
    numbers,
    patterns,
    refused,
    strings,
    times,
)
from ldp_magic.sql.sail.site import Rule, Site

CALLS: dict[str, Rule] = {
    **strings.CALLS,
    **numbers.CALLS,
    **times.CALLS,
    **choices.CALLS,
    **nested.CALLS,
    **json.CALLS,
    **aggregates.CALLS,
    **casts.CALLS,
    **arithmetic.CALLS,
    **patterns.CALLS,
    **refused.CALLS,
}
_KINDS: dict[str, Rule] = {
    "operator": arithmetic.operator,
    "sign": arithmetic.sign,
    "cast": casts.cast,
    "case": choices.case,
    "predicate": patterns.predicate,
    "not": patterns.inverted,
    "path": json.path,
    "tuple": nested.struct,
}


def rewrite(node: Node, site: Site) -> str | None:
    """The new text of a node whose parts are rewritten already."""
    rule = CALLS.get(node.word) if node.kind == "call" else _KINDS.get(node.kind)
    try:
        cast = node.kind == "call" and implicit.cast_arguments(node, site)
        made = rule(node, site) if rule is not None else None
        return site.between(node.first, node.last, node) if made is None and cast else made
    except (IndexError, ValueError):  # too few arguments or too many: the engine says so
        return None
