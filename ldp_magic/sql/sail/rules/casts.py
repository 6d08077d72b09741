"""CAST and `::`: doubles as Java writes them, and the functions that are casts."""

from __future__ import annotations

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import CAST_FUNCTIONS
from ldp_magic.sql.types import type_name


def cast(node: Node, site: Site) -> str | None:
    """CAST(x AS type), TRY_CAST(x AS type), x::type"""
    wanted, inner = type_name(node.word), node.parts[0]
    if inner.kind == "path" and site.type(inner.parts[0]) == "variant" and wanted != "variant":
        return site.text(inner).replace("'variant')", f"'{wanted}')")
    if wanted == "string":
        return as_text(node.parts[0], site)
    if wanted == "boolean" and site.type(node.parts[0]).startswith("decimal("):
        return f"({site.tight(node.parts[0])} <> 0)"
    if wanted == "timestamp_ntz" and site.type(node.parts[0]) == "timestamp":
        return f"to_timestamp_ntz({site.text(node.parts[0])})"  # the cast forgets the session's zone
    return None


def as_text(part: Node, site: Site) -> str | None:
    """A double, a float or an array as Spark's text; None where the engine writes the same."""
    type_ = site.type(part)
    if type_ == "double":
        return double_text(site.text(part))
    if type_ == "variant":
        return f"variant_get({site.text(part)}, '$', 'string')"
    if type_ == "float":
        site.label("text of a FLOAT", "Spark on Java 17 can write digits that are not needed: 1.5E10 as 1.50000005E10")
        return double_text(site.text(part))
    if type_.startswith("interval ") and part.kind != "interval":
        raise Refused(
            f"the text of an interval that is computed, as {site.original(part)} is, differs",
            why="the embedded engine does not remember of which fields an interval is made",
            fix="write its parts with extract, or preview it with --place databricks",
        )
    if type_.startswith("array<") and "<" not in type_[6:]:
        value, inner = site.text(part), _ELEMENTS.get(type_[6:-1], "CAST(x AS STRING)")
        return f"concat('[', array_join(transform({value}, x -> {inner or double_text('x')}), ', ', 'null'), ']')"
    if type_.startswith(("array<", "map<", "struct<")):
        site.label("the text of nested values", "a NULL in them is written NULL here and null in Spark")
    return None


_ELEMENTS = {"string": "x", "double": "", "float": ""}


def double_text(value: str) -> str:
    """Java writes an exponent below a thousandth and from ten million on: 1.0E7, 1.5E-5."""
    text, size = f"CAST({value} AS STRING)", f"abs({value})"
    plain = f"CAST({size} AS STRING)"
    digits, sign = f"replace({plain}, '.', '')", f"if({value} < 0, '-', '')"
    significant = f"trim(BOTH '0' FROM {digits})"
    mantissa = (
        f"concat({sign}, left({significant}, 1), '.', if(length({significant}) > 1, substring({significant}, 2), '0')"
    )
    large = f"{mantissa}, 'E', CAST(instr({plain}, '.') - 2 AS STRING))"
    small = f"{mantissa}, 'E-', CAST(length({digits}) - length(ltrim('0', {digits})) AS STRING))"
    before, behind = f"substring_index({text}, 'e', 1)", f"substring_index({text}, 'e', -1)"
    exponent = f"concat({before}, if({before} LIKE '%.%', '', '.0'), 'E', {behind})"
    return (
        f"CAST(CASE WHEN {size} >= 1e-3D AND {size} < 1e7D OR {value} = 0 THEN {text} WHEN isnan({value}) THEN 'NaN' "
        f"WHEN {size} = CAST('Infinity' AS DOUBLE) THEN if({value} > 0, 'Infinity', '-Infinity') "
        f"WHEN instr({text}, 'e') > 0 THEN {exponent} WHEN {size} >= 1e7D THEN {large} ELSE {small} END AS STRING)"
    )


def _called(node: Node, site: Site) -> str | None:
    """string(x), timestamp(x) and boolean(x) are other functions to the engine."""
    if len(node.parts) != 1 or node.word not in ("string", "timestamp", "boolean"):
        return None
    text = as_text(node.parts[0], site) if node.word == "string" else None
    if node.word == "boolean" and site.type(node.parts[0]).startswith("decimal("):
        text = f"({site.tight(node.parts[0])} <> 0)"
    return text or f"CAST({site.text(node.parts[0])} AS {node.word.upper()})"


CALLS: dict[str, Rule] = dict.fromkeys(CAST_FUNCTIONS, _called)
