"""CAST and `::`: doubles as Java writes them, and the functions that are casts."""

from __future__ import annotations

from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import CAST_FUNCTIONS
from ldp_magic.sql.types import type_name


def cast(node: Node, site: Site) -> str | None:
    """CAST(x AS type), TRY_CAST(x AS type), x::type"""
    wanted = type_name(node.word)
    if wanted == "string":
        return as_text(node.parts[0], site)
    return None


def as_text(part: Node, site: Site) -> str | None:
    """A double, a float or an array as Spark's text; None where the engine writes the same."""
    type_ = site.type(part)
    if type_ == "double":
        return double_text(site.text(part))
    if type_ == "float":
        site.label("text of a FLOAT", "Spark on Java 17 can write digits that are not needed: 1.5E10 as 1.50000005E10")
        return double_text(site.text(part))
    if type_.startswith("array<") and type_[6:-1] in ("int", "bigint", "string", "boolean", "smallint", "tinyint"):
        value = site.text(part)
        return f"concat('[', array_join({value}, ', ', 'null'), ']')"
    return None


def double_text(value: str) -> str:
    """Java writes an exponent below a thousandth and from ten million on: 1.0E7, 1.5E-5."""
    text = f"CAST({value} AS STRING)"
    size = f"abs({value})"
    digits = f"regexp_replace(regexp_replace({text}, '[-.]|e.*$', ''), '^0+|0+$', '')"
    digits = f"regexp_replace(regexp_replace({digits}, '0+$', ''), '^$', '0')"
    written = f"concat(if({value} < 0, '-', ''), left({digits}, 1), '.', if(length({digits}) > 1, substring({digits}, 2), '0'), 'E', "
    small = f"if({text} LIKE '%e%', regexp_extract({text}, 'e(.*)$', 1), CAST(-1 - length(regexp_extract({text}, '[.](0*)', 1)) AS STRING))"
    large = f"if({text} LIKE '%e%', regexp_extract({text}, 'e(.*)$', 1), CAST(length(regexp_extract({text}, '^-?([0-9]+)', 1)) - 1 AS STRING))"
    return (
        f"CASE WHEN isnan({value}) THEN 'NaN' WHEN {size} = CAST('Infinity' AS DOUBLE) "
        f"THEN if({value} > 0, 'Infinity', '-Infinity') WHEN {size} >= 1e7D THEN {written}{large}) "
        f"WHEN {size} < 1e-3D AND {value} <> 0 THEN {written}{small}) ELSE {text} END"
    )


def _called(node: Node, site: Site) -> str | None:
    if node.word != "string" or len(node.parts) != 1:
        return None
    return as_text(node.parts[0], site)


CALLS: dict[str, Rule] = dict.fromkeys(CAST_FUNCTIONS, _called)
