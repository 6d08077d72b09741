"""LIKE and its patterns."""

from __future__ import annotations

import re

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.rules.implicit import written
from ldp_magic.sql.sail.site import Rule, Site

_BAD = re.compile(r"\\(?:[^%_\\]|$)")


def predicate(node: Node, site: Site) -> str | None:
    """`a LIKE b`: a pattern that Spark does not take is not taken here."""
    if node.word == "in" and node.parts[1].kind == "query":
        return _listed(node, site)
    if node.word in ("like", "ilike") and len(node.parts) == 2:
        _check(node.parts[1], site)
    if node.word in ("like", "ilike", "rlike", "regexp") and (text := written(node.parts[0], site)):
        site.texts[node.parts[0]] = text
        return site.between(node.first, node.last, node)
    return None


def _listed(node: Node, site: Site) -> str | None:
    """`a IN (SELECT ...)` filters, but cannot be shown: there it is asked of the list of what the query gives. Where it
    is not known Spark shows false, also for NOT IN."""
    value, query = node.parts
    if value.kind == "tuple" or value.word == "null" or not _shown(node, site):
        return None
    rows = f"(SELECT collect_list(struct(__ldp_v)) FROM {site.text(query)} AS __ldp_in(__ldp_v))"
    listed, one = f"transform({rows}, __ldp_r -> __ldp_r.__ldp_v)", site.tight(value)
    if not node.negated:
        return f"coalesce(array_contains({listed}, {one}), false)"
    unsure = f"{one} IS NULL OR exists({listed}, __ldp_v -> __ldp_v IS NULL OR __ldp_v = {one})"
    return f"(size({listed}) = 0 OR NOT ({unsure}))"


def _shown(node: Node, site: Site) -> bool:
    return any(o.value.first <= node.first and node.last <= o.value.last for o in site.select.outputs)


def inverted(node: Node, site: Site) -> None:
    """NOT (a IN (SELECT ...))"""
    inner = node.parts[0]
    while inner.kind == "tuple" and len(inner.parts) == 1:
        inner = inner.parts[0]
    if inner.word == "in" and inner.parts[1].kind == "query" and _shown(node, site):
        raise Refused(
            f"{site.original(node)} cannot be shown by the embedded engine",
            why="Spark shows false where it is not known whether the value is in the query",
            fix="write NOT IN, or preview it with --place databricks",
        )


def _call(node: Node, site: Site) -> str | None:
    if len(node.parts) == 2:
        _check(node.parts[1], site)
    return None


def _check(pattern: Node, site: Site) -> None:
    value = site.value(pattern)
    if value is not None and _BAD.search(value.replace("\\\\", "")):
        raise Refused(
            f"the pattern {site.original(pattern)} escapes something other than %, _ or a backslash",
            why="Spark refuses such a pattern",
            fix="double the backslash, or take it away",
        )


CALLS: dict[str, Rule] = {"like": _call, "ilike": _call}
