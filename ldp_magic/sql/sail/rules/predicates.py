"""LIKE ANY, and whatever else compares by words."""

from __future__ import annotations

from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Site


def predicate(node: Node, site: Site) -> str | None:
    """LIKE ANY and LIKE ALL as the ORs and ANDs that they are."""
    word, _, how = node.word.partition(" ")
    if how not in ("any", "all"):
        return None
    value, patterns = site.tight(node.parts[0]), node.parts[1].parts
    not_ = "NOT " * node.negated
    joint = " OR " if how == "any" else " AND "
    return "(" + joint.join(f"{value} {not_}{word.upper()} {site.tight(p)}" for p in patterns) + ")"
