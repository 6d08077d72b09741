"""Arrays, maps and structs, and the functions that take a lambda."""

from __future__ import annotations

from ldp_magic.sql.sail.ddl import ddl
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site


def _contains(node: Node, site: Site) -> str | None:
    """Whether an array that holds NULL contains something that was not found is not known."""
    if len(node.parts) != 2:
        return None
    array, item = site.tight(node.parts[0]), site.text(node.parts[1])
    found = f"array_contains({array}, {item})"
    made = f"if({found}, true, if(exists({array}, x -> x IS NULL), NULL, {found}))"
    return made if node.parts[1].kind == "literal" else f"if({site.tight(node.parts[1])} IS NULL, NULL, {made})"


def _zip_with(node: Node, site: Site) -> str | None:
    left, right, body = node.parts
    if body.kind != "lambda" or len(body.names) != 2:
        return None
    a, b = site.text(left), site.text(right)
    made = site.body(body, {body.names[0]: f"get({a}, i_)", body.names[1]: f"get({b}, i_)"})
    count = f"greatest(size({a}), size({b}))"
    return (
        f"CASE WHEN {site.tight(left)} IS NULL OR {site.tight(right)} IS NULL THEN NULL ELSE "
        f"transform(slice(sequence(0, {count}), 1, {count}), i_ -> {made}) END"
    )


def _transform_values(node: Node, site: Site) -> str | None:
    values, body = node.parts
    if body.kind != "lambda" or len(body.names) != 2:
        return None
    key, value = body.names
    map_ = site.text(values)
    made = site.body(body, {key: "e_.key", value: "e_.value"})
    changed = f"transform(map_entries({map_}), e_ -> {made})"
    if node.word == "transform_keys":
        return f"map_from_arrays({changed}, map_values({map_}))"
    return f"map_from_arrays(map_keys({map_}), {changed})"


def _map_zip_with(node: Node, site: Site) -> str | None:
    left, right, body = node.parts
    if body.kind != "lambda" or len(body.names) != 3:
        return None
    a, b = site.text(left), site.text(right)
    keys = f"array_union(map_keys({a}), map_keys({b}))"
    held = {body.names[0]: "k_", body.names[1]: f"try_element_at({a}, k_)", body.names[2]: f"try_element_at({b}, k_)"}
    return f"map_from_arrays({keys}, transform({keys}, k_ -> {site.body(body, held)}))"


def _explode(node: Node, site: Site) -> str | None:
    """The entries of a map are two columns."""
    if not site.type(node.parts[0]).startswith("map<"):
        return None
    name = "inline_outer" if node.word.endswith("_outer") else "inline"
    return f"{name}(map_entries({site.text(node.parts[0])}))"


def _size(node: Node, site: Site) -> str | None:
    return "CAST(NULL AS INT)" if node.parts[0].word == "null" else None


def _set(node: Node, site: Site) -> str | None:
    """Arrays of which one can hold NULL and the other cannot are of two types to the engine."""
    type_ = site.type(node)
    if not type_.startswith("array<") or "void" in type_ or all(part.kind == "column" for part in node.parts):
        return None
    if "decimal(" in type_ and any(site.type(part) != type_ for part in node.parts):
        return None  # Spark takes no decimals of different digits here, and neither does the engine
    return site.call(node, node.word, *(f"CAST({site.text(part)} AS {ddl(type_)})" for part in node.parts))


def struct(node: Node, site: Site) -> str | None:
    """`(a, b)`: with names for its fields it has to be spelled out."""
    if len(node.parts) < 2 or not any(" AS `" in site.texts.get(part, "") for part in node.parts):
        return None
    return f"struct({', '.join(site.arguments(node))})"


CALLS: dict[str, Rule] = {
    "array_contains": _contains,
    "zip_with": _zip_with,
    "transform_values": _transform_values,
    "transform_keys": _transform_values,
    "map_zip_with": _map_zip_with,
    **dict.fromkeys(("array_except", "array_intersect", "array_union"), _set),
    "explode": _explode,
    "explode_outer": _explode,
    "size": _size,
    "array_size": _size,
    "cardinality": _size,
}
