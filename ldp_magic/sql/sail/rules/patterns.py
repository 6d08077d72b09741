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
    """`a IN (SELECT ...)` filters, but cannot be shown: there it is asked of the list of what the query gives."""
    value, query = node.parts
    if value.kind == "tuple" or not any(
        o.value.first <= node.first and node.last <= o.value.last for o in site.select.outputs
    ):
        return None
    rows = f"(SELECT collect_list(struct(__ldp_v)) FROM {site.text(query)} AS __ldp_in(__ldp_v))"
    listed, one = f"transform({rows}, __ldp_r -> __ldp_r.__ldp_v)", site.tight(value)
    found = (
        f"CASE WHEN size({listed}) = 0 THEN false WHEN {one} IS NULL THEN NULL WHEN array_contains({listed}, {one}) "
        f"THEN true WHEN exists({listed}, __ldp_v -> __ldp_v IS NULL) THEN NULL ELSE false END"
    )
    return f"(NOT {found})" if node.negated else found


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
