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
    if node.word in ("like", "ilike") and len(node.parts) == 2:
        _check(node.parts[1], site)
    if node.word in ("like", "ilike", "rlike", "regexp") and (text := written(node.parts[0], site)):
        site.texts[node.parts[0]] = text
        return site.between(node.first, node.last, node)
    return None


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
