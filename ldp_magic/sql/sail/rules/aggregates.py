"""Aggregate functions."""

from __future__ import annotations

import re

from ldp_magic.sql.results import result
from ldp_magic.sql.sail.expressions import Node, Sort
from ldp_magic.sql.sail.rules.arithmetic import divided
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import is_decimal

_FRAME = re.compile(r"\b(?:ROWS|RANGE)\s+(?!(?:BETWEEN\s+)?UNBOUNDED\s+PRECEDING)", re.IGNORECASE)
_FIT_A_DOUBLE = ("tinyint", "smallint", "int", "float", "double")


def _percentile_approx(node: Node, site: Site) -> str | None:
    """The exact one, which is what Spark gives for fewer values than its accuracy."""
    if node.distinct or len(node.parts) < 2:
        return None
    value, share = node.parts[0], node.parts[1]
    type_ = site.type(value)
    text, tail = site.text(value), site.tail(node)
    site.label(node.word, "exact here; Spark's own answer may be off by one part in the accuracy, 10,000 by default")

    def one(part: str) -> str:
        if type_ in _FIT_A_DOUBLE:
            return f"CAST(percentile_disc({part}) WITHIN GROUP (ORDER BY {text}){tail} AS {type_.upper()})"
        place = f"greatest(CAST(ceil({part} * count({text}){tail}) AS INT), 1)"
        return f"try_element_at(array_sort(collect_list({text}){tail}), {place})"

    if share.kind == "call" and share.word == "array":
        return f"array({', '.join(one(site.text(part)) for part in share.parts)})"
    return one(site.text(share))


def _mode(node: Node, site: Site) -> str | None:
    """Of values that are equally frequent any may come."""
    if len(node.parts) == 1 or (len(node.parts) == 2 and node.parts[1].word == "false"):
        site.label("mode", "where values are equally frequent, Spark may pick another one")
    if site.type(node.parts[0]) == "boolean" and len(node.parts) == 1:
        return f"CAST({site.call(node, 'mode', f'CAST({site.text(node.parts[0])} AS STRING)')} AS BOOLEAN)"
    return None


def _without_arguments(node: Node, site: Site) -> str | None:
    """rank(x) is rank()."""
    return f"{node.word}(){site.tail(node)}" if node.parts else None


def _regr_count(node: Node, site: Site) -> str:
    return f"CAST({site.between(node.first, node.last, node)} AS BIGINT)"


def _approx_count_distinct(node: Node, site: Site) -> str | None:
    """The wanted error is the engine's own."""
    site.label(node.word, "an estimate here as in Spark, but not the same one")
    return site.call(node, node.word, site.text(node.parts[0])) if len(node.parts) == 2 else None


def _by(node: Node, site: Site) -> str | None:
    """The most or least of several: max_by(x, y, n)"""
    if len(node.parts) != 3:
        return None
    value, key, count = (site.text(part) for part in node.parts)
    order = "false" if node.word == "max_by" else "true"
    pairs = f"collect_list(if({key} IS NULL, NULL, struct({key} AS k, {value} AS v))){site.tail(node)}"
    return f"transform(slice(sort_array({pairs}, {order}), 1, {count}), p -> p.v)"


def _moves(node: Node, site: Site) -> bool:
    """Do rows leave the window as it goes on? Then the engine takes them away from a sum that it keeps, and after NaN,
    an infinity or a very large number all that follows is wrong."""
    if node.over is None:
        return False
    if node.over.name:
        return _FRAME.search(site.types.tokens.text) is not None  # it may be that of another window: no harm is done
    return node.over.frame != (0, 0) and _FRAME.search(site.between(*node.over.frame, node)) is not None


def _listed_sum(node: Node, site: Site, value: str) -> tuple[str, str]:
    """The values in the window as a list, and their sum."""
    values = f"array_compact({site.call(node, 'collect_list', value)})"
    return values, f"aggregate({values}, CAST(0 AS DOUBLE), (a, v) -> a + v)"


_FLOATING = ("float", "double", "string")
_SPREADS = ("stddev", "stddev_samp", "stddev_pop", "std", "variance", "var_samp", "var_pop")


def _spread(node: Node, site: Site) -> str | None:
    if _moves(node, site) and site.type(node.parts[0]) in _FLOATING:
        site.label(node.word, "over a window that moves, what follows NaN, an infinity or a very large number is wrong")
    return None


def _sum(node: Node, site: Site) -> str | None:
    """A sum of BIGINT that leaves its type raises; a sum of NULLs is one."""
    part = node.parts[0]
    type_ = site.type(part)
    if type_ in _FLOATING and _moves(node, site) and not node.distinct:
        values, total = _listed_sum(node, site, f"CAST({site.text(part)} AS DOUBLE)")
        return f"CASE WHEN size({values}) > 0 THEN {total} END"
    if type_ == "void" and len(node.parts) == 1:
        return site.call(node, node.word, "CAST(NULL AS DOUBLE)")
    if type_ == "string":
        return site.call(node, node.word, f"CAST({site.text(part)} AS DOUBLE)")
    if type_ == "bigint" and node.word == "sum":
        return f"CAST({site.call(node, 'sum', f'CAST({site.text(part)} AS DECIMAL(20,0))')} AS BIGINT)"
    if node.word == "sum" and (is_decimal(type_) or not type_) and _beside_distinct(node, site):
        return f"{site.between(node.first, node.last, node)} FILTER (WHERE true)"
    return None


def _beside_distinct(node: Node, site: Site) -> bool:
    """Is another aggregate DISTINCT? Then the engine sums in two steps and mistakes the type of what comes out."""
    if node.distinct or node.filter is not None or node.over is not None:
        return False
    return any(map(_counts_distinct, (*(output.value for output in site.select.outputs), *site.select.roots)))


def _counts_distinct(node: Node) -> bool:
    return (node.kind == "call" and node.distinct) or any(map(_counts_distinct, node.children))


def _listagg(node: Node, site: Site) -> str | None:
    """In order, and without repetitions if so wished; of NULLs alone it is NULL."""
    type_ = site.type(node.parts[0])
    value = site.text(node.parts[0])
    separator = site.text(node.parts[1]) if len(node.parts) > 1 and node.parts[1].word != "null" else "''"
    if type_ == "void":
        return site.call(node, "max", "CAST(NULL AS STRING)")
    if node.distinct and len(node.within) == 1 and same(site, node.parts[0], node.within[0]):
        order = "false" if node.within[0].descending else "true"
        listed = f"collect_set({value})"
        return f"nullif(array_join(sort_array({listed}, {order}), {separator}), '')"
    return None


def same(site: Site, value: Node, sort: Sort) -> bool:
    return site.original(value) == site.original(sort.value)


def _average(node: Node, site: Site) -> str | None:
    """Of decimals it is rounded, not cut; text is read as numbers."""
    part = node.parts[0]
    type_, wanted = site.type(part), site.type(node)
    if type_ in _FLOATING and _moves(node, site) and not node.distinct:
        values, total = _listed_sum(node, site, f"CAST({site.text(part)} AS DOUBLE)")
        return f"CASE WHEN size({values}) > 0 THEN {total} / size({values}) END"
    if type_ == "string":
        return site.call(node, node.word, f"CAST({site.text(part)} AS DOUBLE)")
    if not is_decimal(type_) or not is_decimal(wanted):
        return None
    count = f"nullif(CAST({site.call(node, 'count')} AS DECIMAL(20,0)), 0)"
    return divided(site.call(node, "sum"), result("sum", [type_]), count, wanted)


def _collected(node: Node, site: Site) -> str | None:
    """Over a window the engine keeps NULLs."""
    return f"array_compact({site.between(node.first, node.last, node)})" if node.over is not None else None


def _of_nested(node: Node, site: Site) -> str | None:
    """A NULL in a struct or an array is the least; over a window the engine gives NULLs."""
    if not site.type(node.parts[0]).startswith(("struct<", "array<")):
        return None
    order = "false" if node.word == "max" else "true"
    listed = site.call(node, "collect_list")
    return f"get(sort_array({f'array_compact({listed})' if node.over is not None else listed}, {order}), 0)"


CALLS: dict[str, Rule] = {
    **dict.fromkeys(_SPREADS, _spread),
    "max": _of_nested,
    "min": _of_nested,
    "mode": _mode,
    "rank": _without_arguments,
    "dense_rank": _without_arguments,
    "percent_rank": _without_arguments,
    "percentile_approx": _percentile_approx,
    "approx_percentile": _percentile_approx,
    "regr_count": _regr_count,
    "approx_count_distinct": _approx_count_distinct,
    "max_by": _by,
    "min_by": _by,
    "sum": _sum,
    "avg": _average,
    "mean": _average,
    "try_avg": _average,
    "collect_list": _collected,
    "collect_set": _collected,
    "array_agg": _collected,
    "listagg": _listagg,
    "string_agg": _listagg,
}
