"""Functions on numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import digits_of, is_decimal
from ldp_magic.sql.types import fields_of


def _log(node: Node, site: Site) -> str | None:
    """log(x) is the natural one."""
    return site.call(node, "ln") if len(node.parts) == 1 else None


def _round(node: Node, site: Site) -> str | None:
    """A rounded decimal has fewer digits."""
    type_ = site.type(node)
    if node.word == "round" and site.type(node.parts[0]) in ("double", "float"):
        return _as_written(node, site, str(site.type(node.parts[0])))
    if not is_decimal(site.type(node.parts[0])) or not type_:
        return None
    if node.word == "bround":
        return _half_even(node, site, type_)
    return f"CAST({site.between(node.first, node.last, node)} AS {type_.upper()})"


def _as_written(node: Node, site: Site, type_: str) -> str | None:
    """Half a unit is what it looks like: 1.005 becomes 1.01, though as a double it is a little less. All others the
    engine rounds, and what is written with an exponent."""
    digits = site.types.whole(node.parts[1]) if len(node.parts) > 1 else 0
    if digits is None or not 0 <= digits <= 12:
        return None
    value = site.tight(node.parts[0])
    value = f"CAST({value} AS DOUBLE)" if type_ == "float" else value
    scaled, plain = f"abs({value}) * 1e{digits}D", f"abs({value}) >= 0.001D AND abs({value}) < 1e7D"
    near = f"abs({scaled} - floor({scaled}) - 0.5D) < 0.001D"
    exact = f"CAST(round(TRY_CAST(CAST({value} AS STRING) AS DECIMAL(38,18)), {digits}) AS DOUBLE)"
    rounded = f"if({plain} AND {near}, {exact}, round({value}, {digits}) + 0.0D)"
    return f"CAST({rounded} AS FLOAT)" if type_ == "float" else rounded


def _half_even(node: Node, site: Site, type_: str) -> str | None:
    """Half a unit goes to the even neighbour."""
    digits = site.types.whole(node.parts[1]) if len(node.parts) > 1 else 0
    if digits is None:
        return None
    value = site.tight(node.parts[0])
    unit = f"CAST('{Decimal(1).scaleb(-digits):f}' AS DECIMAL(38,{max(digits, 0) + 1}))"
    rounded = f"round({value}, {digits})"
    tie = f"abs({value} - {rounded}) * 2 = {unit} AND {rounded} % (2 * {unit}) <> 0"
    return f"CAST(if({tie}, {rounded} - sign({value}) * {unit}, {rounded}) AS {type_.upper()})"


def _conv(node: Node, site: Site) -> str | None:
    """A negative base asks for a signed answer."""
    base = site.types.whole(node.parts[2]) if len(node.parts) == 3 else None
    if base is None or base >= 0:
        return None
    value, source = f"CAST({site.text(node.parts[0])} AS STRING)", site.text(node.parts[1])
    digits = f"conv(ltrim('-', {value}), {source}, {-base})"
    return f"if({value} LIKE '-%', concat('-', {digits}), {digits})"


def _hash(node: Node, site: Site) -> str | None:
    """A bare NULL has no type to hash, and changes nothing."""
    hashed = [text for part in node.parts for text in _leaves(part, site)]
    return site.call(node, node.word, *hashed) if hashed != [site.original(part) for part in node.parts] else None


def _leaves(part: Node, site: Site) -> Iterator[str]:
    """An array or a struct is hashed by its values, one after the other, which the engine has to be told."""
    if part.word == "null":
        yield "CAST(NULL AS INT)"
    elif part.kind == "call" and part.word == "array":
        for inner in part.parts:
            yield from _leaves(inner, site)
    else:
        yield from _fields(site.tight(part), site.type(part))


def _fields(text: str, type_: str) -> Iterator[str]:
    if is_decimal(type_):
        yield _unscaled(text, *digits_of(type_))
        return
    if not type_.startswith("struct<"):
        yield text
        return
    for name, inner in fields_of(type_):
        yield from _fields(f"{text}.`{name}`", inner)


def _unscaled(text: str, precision: int, scale: int) -> str:
    """Spark hashes the digits of a decimal; the point does not count."""
    if precision > 18:
        raise Refused(
            f"the hash of {text}, a DECIMAL of more than 18 digits, is another one in the embedded engine",
            fix="cast it to STRING, or preview it with --place databricks",
        )
    return f"CAST({text} * 1{'0' * scale} AS BIGINT)"


def _whole(node: Node, site: Site) -> str | None:
    """ceil and floor of a decimal: as many digits as are needed."""
    type_ = site.type(node)
    return f"CAST({site.between(node.first, node.last, node)} AS {type_.upper()})" if is_decimal(type_) else None


def _shift(node: Node, site: Site) -> str | None:
    """The smallest integers are shifted as INT."""
    if site.type(node.parts[0]) not in ("tinyint", "smallint"):
        return None
    return site.call(node, node.word, f"CAST({site.text(node.parts[0])} AS INT)", site.text(node.parts[1]))


def _not_a_number(node: Node, site: Site) -> str | None:
    """NULL is none that is not a number."""
    if site.type(node.parts[0]) in ("double", "float"):
        return None
    return f"coalesce({site.between(node.first, node.last, node)}, false)"


def _null_if_zero(node: Node, site: Site) -> str:
    """Minus zero is zero."""
    value = site.tight(node.parts[0])
    return f"if({value} = 0, NULL, {value})"


def _bigint(node: Node, site: Site) -> str:
    return f"CAST({site.between(node.first, node.last, node)} AS BIGINT)"


def _vector(node: Node, site: Site) -> None:
    site.label(node.word, "computed as FLOAT here and as DOUBLE in Spark: the digits behind the seventh differ")


def _formatted(node: Node, site: Site) -> str | None:
    """format_number rounds half a unit to the even neighbour, decimals too."""
    digits = site.types.whole(node.parts[1])
    if not is_decimal(site.type(node.parts[0])) or digits is None or digits < 0:
        return None
    rounded = _half_even(node, site, f"decimal(38,{digits})")
    value = site.tight(node.parts[0])
    sign = f"if({value} < 0 AND {rounded} = 0, '-', '')"
    return f"concat({sign}, format_number({rounded}, {digits}))"


CALLS: dict[str, Rule] = {
    "log": _log,
    "round": _round,
    "bround": _round,
    "conv": _conv,
    "hash": _hash,
    "isnan": _not_a_number,
    "nullifzero": _null_if_zero,
    "format_number": _formatted,
    **dict.fromkeys(("bitmap_bit_position", "bitmap_bucket_number"), _bigint),
    **dict.fromkeys(("vector_cosine_similarity", "vector_inner_product", "vector_l2_distance", "vector_norm"), _vector),
    **dict.fromkeys(("ceil", "ceiling", "floor"), _whole),
    **dict.fromkeys(("shiftleft", "shiftright", "shiftrightunsigned"), _shift),
    "xxhash64": _hash,
}
