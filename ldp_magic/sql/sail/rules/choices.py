"""CASE, if, coalesce and their like: all results get the type that Spark brings them to."""

from __future__ import annotations

from collections.abc import Sequence

from ldp_magic.sql.coercion import common
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site


def _widened(parts: Sequence[Node], site: Site) -> dict[Node, str]:
    """The parts that need a cast to the type of all."""
    types = {part: site.type(part) for part in parts}
    known = {type_ for type_ in types.values() if type_ != "void"}
    wanted = common(types.values())
    if len(known) < 2 or not wanted or "" in known or wanted.startswith(("struct", "map", "interval")):
        return {}
    return {
        part: f"CAST({site.text(part)} AS {wanted.upper()})"
        for part, type_ in types.items()
        if type_ not in (wanted, "void")
    }


def case(node: Node, site: Site) -> str | None:
    """CASE ... THEN ... ELSE ... END"""
    results = [part for part, role in zip(node.parts, node.names, strict=True) if role in ("then", "else")]
    cast = _widened(results, site)
    if not cast:
        return None
    site.texts.update(cast)
    return site.between(node.first, node.last, node)


def _all(node: Node, site: Site) -> str | None:
    return _some(node, site, node.parts)


def _but_first(node: Node, site: Site) -> str | None:
    return _some(node, site, node.parts[1:])


def _some(node: Node, site: Site, parts: Sequence[Node]) -> str | None:
    cast = _widened(parts, site)
    if not cast:
        return None
    site.texts.update(cast)
    return site.between(node.first, node.last, node)


def _first_known(node: Node, site: Site) -> str:
    """nvl and ifnull: the engine makes text of dates and doubles of decimals, but not for coalesce."""
    _all(node, site)
    return f"coalesce({', '.join(site.arguments(node))})"


def _second_or_third(node: Node, site: Site) -> str:
    """nvl2"""
    site.texts.update(_widened(node.parts[1:], site))
    value, known, unknown = (site.tight(part) for part in node.parts)
    return f"if({value} IS NOT NULL, {known}, {unknown})"


def _null_if(node: Node, site: Site) -> str | None:
    """nullif has the type of its first argument."""
    types = [site.type(part) for part in node.parts]
    if len(types) != 2 or types[0] == types[1] or "void" in types or not all(types):
        return None
    a, b = (site.tight(part) for part in node.parts)
    return f"if({a} = {b}, NULL, {a})"


CALLS: dict[str, Rule] = {
    **dict.fromkeys(("coalesce", "greatest", "least", "array"), _all),
    "nvl2": _second_or_third,
    "nullif": _null_if,
    **dict.fromkeys(("nvl", "ifnull"), _first_known),
    **dict.fromkeys(("if", "iff"), _but_first),
}
