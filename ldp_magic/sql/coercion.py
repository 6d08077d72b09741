"""How Spark brings two types together under ANSI rules: the wider of both, and the result of an operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

INTEGERS = ("tinyint", "smallint", "int", "bigint")
FLOATS = ("float", "double")
NUMBERS = (*INTEGERS, *FLOATS)
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
_TIMES = ("date", "timestamp", "timestamp_ntz")
_DAYTIME = ("day", "hour", "minute", "second")
_MOST = 38
_LEAST_SCALE = 6


def decimal_of(type_: str) -> tuple[int, int] | None:
    """Precision and scale, also of the integer types."""
    if type_ in _DIGITS:
        return _DIGITS[type_], 0
    if not type_.startswith("decimal("):
        return None
    precision, scale = type_[8:-1].split(",")
    return int(precision), int(scale)


def is_number(type_: str) -> bool:
    return type_ in NUMBERS or type_.startswith("decimal(")


def decimal(precision: int, scale: int) -> str:
    """The decimal type, cut to 38 digits the way Spark cuts: digits behind the point go first, down to six."""
    if precision > _MOST:
        scale = max(_MOST - (precision - scale), min(scale, _LEAST_SCALE))
        precision = _MOST
    return f"decimal({precision},{scale})"


def bounded(precision: int, scale: int) -> str:
    """The decimal type with both numbers cut at 38."""
    return f"decimal({min(precision, _MOST)},{min(scale, _MOST)})"


# -- the wider of both ----------------------------------------------------------------------------------


def common(types: Iterable[str]) -> str:
    """The type that values of all these types are brought to, where that is certain."""
    every = list(types)
    known = [t for t in every if t != "void"]
    if not known:
        return "void" if every else ""
    if not all(known):
        return ""
    found = known[0]
    # Spark brings strings in last, so that the order of the others decides nothing
    for other in sorted(known[1:], key=lambda t: t == "string") if found != "string" else known[1:]:
        found = _wider(found, other)
    return found


def _wider(left: str, right: str) -> str:
    if left == right or not left or not right:
        return left if left == right else ""
    if "string" in (left, right):
        return _with_string(right if left == "string" else left)
    if is_number(left) and is_number(right):
        return _wider_number(left, right)
    if {left, right} <= set(_TIMES):
        return "timestamp" if "timestamp" in (left, right) else "timestamp_ntz"
    if left.startswith("array<") and right.startswith("array<"):
        inner = common([left[6:-1], right[6:-1]])
        return f"array<{inner}>" if inner else ""
    if left.startswith("struct<") and right.startswith("struct<"):
        return _wider_struct(left, right)
    return ""


def _wider_struct(left: str, right: str) -> str:
    """Fields of the same names in the same order, each the wider of both."""
    fields = [[part.partition(":")[::2] for part in parts_of(type_[7:-1])] for type_ in (left, right)]
    if [name.lower() for name, _ in fields[0]] != [name.lower() for name, _ in fields[1]]:
        return ""
    types = [common([one, other]) for (_, one), (_, other) in zip(*fields, strict=True)]
    return f"struct<{','.join(f'{name}:{type_}' for (name, _), type_ in zip(fields[0], types, strict=True))}>" * all(
        types
    )


def parts_of(text: str) -> list[str]:
    """The pieces between the commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]] if text else []


def _with_string(other: str) -> str:
    if other in INTEGERS:
        return "bigint"
    if is_number(other):
        return "double"
    return other if other in (*_TIMES, "boolean") else ""


def _wider_number(left: str, right: str) -> str:
    if left in INTEGERS and right in INTEGERS:
        return max(left, right, key=INTEGERS.index)
    if left in FLOATS or right in FLOATS:
        return "double"
    a, b = decimal_of(left), decimal_of(right)
    if a is None or b is None:
        return ""
    scale = max(a[1], b[1])
    whole = max(a[0] - a[1], b[0] - b[1])
    return f"decimal({whole + scale},{scale})" if whole + scale <= _MOST else ""


# -- operators ------------------------------------------------------------------------------------------


def operated(operator: str, left: str, right: str) -> str:
    """The type of `left operator right` for + - * / % and div; the empty string where it is not certain."""
    if not left or not right:
        return ""
    if left == "void" or right == "void":
        left, right = (right, right) if left == "void" else (left, left)
    timed = _with_time(operator, left, right)
    if timed:
        return timed
    if "string" in (left, right):
        left, right = _without_string(left, right)
    if not is_number(left) or not is_number(right):
        return ""
    return _numbers(operator, left, right)


def _without_string(left: str, right: str) -> tuple[str, str]:
    """A string beside an integer is read as bigint, beside anything else as double."""
    if left == right:
        return "double", "double"
    other = right if left == "string" else left
    read = _with_string(other) if is_number(other) else ""
    return (read, read)


def _numbers(operator: str, left: str, right: str) -> str:
    floating = left in FLOATS or right in FLOATS
    if operator == "div":
        return "" if floating else "bigint"
    if left in INTEGERS and right in INTEGERS:
        return "double" if operator == "/" else max(left, right, key=INTEGERS.index)
    if floating:
        return "float" if left == right == "float" and operator != "/" else "double"
    a, b = decimal_of(left), decimal_of(right)
    return _decimals(operator, *a, *b) if a and b else ""


def _decimals(operator: str, p1: int, s1: int, p2: int, s2: int) -> str:
    scale = max(s1, s2)
    if operator == "*":
        return decimal(p1 + p2 + 1, s1 + s2)
    if operator == "/":
        scale = max(_LEAST_SCALE, s1 + p2 + 1)
        return decimal(p1 - s1 + s2 + scale, scale)
    if operator == "%":
        return decimal(min(p1 - s1, p2 - s2) + scale, scale)
    return decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)


def _with_time(operator: str, left: str, right: str) -> str:
    if operator in "*/" and (left.startswith("interval ") or right.startswith("interval ")):
        return _scaled(operator, left, right)
    if operator not in "+-":
        return ""
    if operator == "-" and (left in _TIMES or right in _TIMES) and {left, right} <= {*_TIMES, "string"}:
        return "interval day" if {left, right} <= {"date", "string"} else "interval day to second"
    if left in _TIMES:
        return _moved(left, right)
    if right in _TIMES and operator == "+":
        return _moved(right, left)
    if left.startswith("interval ") and right.startswith("interval "):
        return intervals((left, right))
    return ""


def _scaled(operator: str, left: str, right: str) -> str:
    held, by = (left, right) if left.startswith("interval ") else (right, left)
    if not (is_number(by) or by == "string") or (operator == "/" and held == right):
        return ""
    return full_interval(held)


def _moved(time: str, by: str) -> str:
    """A date or time, later or earlier."""
    if time == "date" and by in INTEGERS[:3]:
        return "date"
    if not by.startswith("interval "):
        return ""
    whole_days = by == "interval day" or "month" in by or "year" in by
    return "timestamp" if time == "date" and not whole_days else time


def full_interval(type_: str) -> str:
    """The widest interval of the same kind."""
    return "interval year to month" if "year" in type_ or "month" in type_ else "interval day to second"


def intervals(types: Sequence[str]) -> str:
    """The interval that holds the fields of all of these."""
    if len(set(types)) == 1:
        return types[0]
    fields = {word for type_ in types for word in type_.split()[1:] if word != "to"}
    order = _DAYTIME if fields <= set(_DAYTIME) else ("year", "month")
    if not fields <= set(order):
        return ""
    held = [field for field in order if field in fields]
    return f"interval {held[0]} to {held[-1]}"
