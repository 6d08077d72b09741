"""Operators on numbers: overflow raises, decimals keep Spark's digits, strings are read as numbers, dates move."""

from __future__ import annotations

from ldp_magic.sql.coercion import INTEGERS, is_number, operated
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.rules import times
from ldp_magic.sql.sail.rules.casts import as_text
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.sail.typed import digits_of, is_decimal

_SHORT = 60  # characters of two operands that may be written three times
_TIMES = ("date", "timestamp", "timestamp_ntz")


def operator(node: Node, site: Site) -> str | None:
    """`a + b` and its like."""
    if node.word == "||":
        return _joined(node, site)
    return computed(node, site, node.word) if node.word in ("+", "-", "*", "/", "%") else None


def computed(node: Node, site: Site, word: str) -> str | None:
    """Two operands of any types; None where the engine needs no help."""
    left, right = (site.type(part) for part in node.parts)
    if word in "+-" and (left in _TIMES or right in _TIMES):
        return times.moved(node, site, left, right, word)
    if "string" in (left, right) and (is_number(left) or is_number(right) or left == right):
        return _read_as_number(node, site, word, left, right)
    if "float" in (left, right) and left != right and is_number(left) and is_number(right):
        return _as_doubles(node, site, word, left, right)
    if left in INTEGERS and right in INTEGERS and word in ("+", "-", "*"):
        return overflowing(node, site, word, max(left, right, key=INTEGERS.index))
    if is_decimal(left) or is_decimal(right):
        return _decimal(node, site, word, left, right)
    return None


def _as_doubles(node: Node, site: Site, word: str, left: str, right: str) -> str:
    """A FLOAT beside any other number is a DOUBLE."""
    a, b = (
        f"CAST({site.text(part)} AS DOUBLE)" if type_ == "float" or is_decimal(type_) else site.tight(part)
        for part, type_ in zip(node.parts, (left, right), strict=True)
    )
    return f"({a} {word} {b})"


def _joined(node: Node, site: Site) -> str | None:
    """Doubles beside strings become text as Spark writes them."""
    types = [site.type(part) for part in node.parts]
    if not any(type_ in ("double", "float", "timestamp", "timestamp_ntz") or "interval" in type_ for type_ in types):
        return None
    a, b = (as_text(part, site) or site.tight(part) for part in node.parts)
    return f"concat({a}, {b})"


def _read_as_number(node: Node, site: Site, word: str, left: str, right: str) -> str | None:
    """A string beside an integer is read as BIGINT, beside anything else as DOUBLE."""
    other = right if left == "string" else left
    read = "BIGINT" if other in INTEGERS and word != "/" else "DOUBLE"
    parts = []
    for part, type_ in zip(node.parts, (left, right), strict=True):
        parts.append(
            f"CAST({site.text(part)} AS {read})" if type_ == "string" or read == "BIGINT" else site.tight(part)
        )
    if read == "BIGINT" and word in "+-*":
        return _guarded(word, *parts)
    return f"({parts[0]} {word} {parts[1]})"


def overflowing(node: Node, site: Site, word: str, type_: str) -> str | None:
    """Integers that leave their type raise. Two literals never do so unseen."""
    if all(part.kind == "literal" for part in node.parts) and type_ == "int" and word != "*":
        return None
    a, b = (site.tight(part) for part in node.parts)
    if type_ != "bigint":
        return f"CAST(CAST({a} AS BIGINT) {word} {b} AS {type_.upper()})"
    return _guarded(word, a, b)


def _guarded(word: str, a: str, b: str) -> str:
    """BIGINT arithmetic that raises: in 38 digits nothing is lost. Where the operands are short they are first tried as
    doubles, which is faster."""
    wide = f"CAST({a} AS DECIMAL(20,0)) {word} CAST({b} AS DECIMAL({'18' if word == '*' else '20'},0))"
    exact = f"CAST({wide} AS BIGINT)"
    if len(a) + len(b) > _SHORT:
        return exact
    return f"if(abs(CAST({a} AS DOUBLE) {word} CAST({b} AS DOUBLE)) > 9e18D, {exact}, {a} {word} {b})"


def sign(node: Node, site: Site) -> str | None:
    """The least integer has no opposite."""
    type_ = site.type(node.parts[0])
    if node.word != "-" or type_ not in INTEGERS or node.parts[0].kind == "literal":
        return None
    a = site.tight(node.parts[0])
    if type_ != "bigint":
        return f"CAST(-CAST({a} AS BIGINT) AS {type_.upper()})"
    return f"CAST(-CAST({a} AS DECIMAL(20,0)) AS BIGINT)"


# -- decimals -------------------------------------------------------------------------------------------


def _exact(part: Node, site: Site, type_: str) -> tuple[str, str]:
    """An operand and its type; a whole literal beside a decimal has just its own digits."""
    literal = part
    while literal.kind == "tuple" and len(literal.parts) == 1:
        literal = literal.parts[0]
    if literal.kind == "literal" and type_ in ("int", "bigint"):
        digits = site.original(literal).replace(" ", "").rstrip("Ll")
        return f"({digits}BD)", f"decimal({len(digits.lstrip('-'))},0)"
    if type_ == "bigint":
        return f"CAST({site.text(part)} AS DECIMAL(20,0))", "decimal(20,0)"
    return site.tight(part), type_


def _decimal(node: Node, site: Site, word: str, left: str, right: str) -> str | None:
    (a, one), (b, other) = (_exact(p, site, t) for p, t in zip(node.parts, (left, right), strict=True))
    wanted = operated(word, one, other)
    if not is_decimal(wanted):
        return None
    if word == "/":
        return divided(a, one, b, wanted)
    made = f"{a} {word} {b}"
    if word != "%" and _cut(word, one, other):
        return f"CAST({made} AS {wanted.upper()})"
    unchanged = made == f"{site.tight(node.parts[0])} {word} {site.tight(node.parts[1])}"
    return None if unchanged and node.kind == "operator" else f"({made})"


def _cut(word: str, left: str, right: str) -> bool:
    """Whether the result would need more than 38 digits, so that Spark cuts some off."""
    (p1, s1), (p2, s2) = digits_of(left), digits_of(right)
    scale = max(s1, s2)
    return (p1 + p2 + 1 if word == "*" else max(p1 - s1, p2 - s2) + scale + 1) > 38


def divided(a: str, one: str, b: str, wanted: str) -> str:
    """The engine cuts four digits behind the dividend's scale off; one digit more than wanted is then rounded."""
    _, scale = digits_of(wanted)
    held = max(scale - 3, digits_of(one)[1])
    whole = max(digits_of(one)[0] - digits_of(one)[1], 1)
    precision = min(38, whole + held)
    return f"CAST(CAST({a} AS DECIMAL({precision},{held})) / {b} AS {wanted.upper()})"


# -- functions that are operators -----------------------------------------------------------------------


def _trying(word: str) -> Rule:
    def rule(node: Node, site: Site) -> str | None:
        types = [site.type(part) for part in node.parts]
        if len(types) != 2 or not all(types) or (any("interval" in t for t in types) and not set(types) & set(_TIMES)):
            return None
        a, b = (site.tight(part) for part in node.parts)
        if all(type_ in INTEGERS for type_ in types) and word != "/":
            return _tried(word, a, b, max(types, key=INTEGERS.index))
        if word == "/":
            site.texts[node.parts[1]] = b = f"nullif({b}, 0)"
        made = computed(node, site, word) or f"({a} {word} {b})"
        wanted = site.type(node)
        return f"TRY_CAST({made} AS {wanted.upper()})" if is_decimal(wanted) else made

    return rule


def _tried(word: str, a: str, b: str, type_: str) -> str:
    """Integers that leave their type are NULL."""
    if type_ != "bigint":
        return f"TRY_CAST(CAST({a} AS BIGINT) {word} {b} AS {type_.upper()})"
    wide = f"CAST({a} AS DECIMAL(20,0)) {word} CAST({b} AS DECIMAL({'18' if word == '*' else '20'},0))"
    return f"TRY_CAST({wide} AS BIGINT)"


def _remainder(node: Node, site: Site) -> str | None:
    """mod(a, b) is `a % b`."""
    types = [site.type(part) for part in node.parts]
    if len(types) != 2 or (not set(types) & {"string", "float"} and not any(map(is_decimal, types))):
        return None
    return computed(node, site, "%")


def _positive_remainder(node: Node, site: Site) -> str | None:
    wanted = site.type(node)
    if not is_decimal(wanted) or len(node.parts) != 2:
        return None
    return f"CAST(pmod({', '.join(site.arguments(node))}) AS {wanted.upper()})"


def _absolute(node: Node, site: Site) -> str | None:
    type_ = site.type(node.parts[0]) if len(node.parts) == 1 else ""
    if type_ not in ("tinyint", "smallint", "int") or node.parts[0].kind == "literal":
        return None
    return f"CAST(abs(CAST({site.text(node.parts[0])} AS BIGINT)) AS {type_.upper()})"


CALLS: dict[str, Rule] = {
    "try_add": _trying("+"),
    "try_subtract": _trying("-"),
    "try_multiply": _trying("*"),
    "try_divide": _trying("/"),
    "mod": _remainder,
    "pmod": _positive_remainder,
    "abs": _absolute,
}
