"""Types of columns and expressions, as Spark names them. What is not certain is the empty string, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlglot import exp

from ldp_magic.sql.coercion import common, intervals, operated
from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.results import array, element, key_of, map_of, parts_of, result, rounded

__all__ = ["common", "ddl_columns", "field_of", "fields_of", "type_name", "type_of"]

_ALIASES = {
    "integer": "int",
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
    "real": "float",
    "bool": "boolean",
    "dec": "decimal",
    "numeric": "decimal",
    "character": "char",
    "timestamp_ltz": "timestamp",
}
_DEEPEST = 100  # a type in a type in a type
ColumnType = Callable[[Any], str]


def type_name(text: str) -> str:
    """A type as Spark prints it: `DECIMAL(10, 2)` is decimal(10,2), `STRUCT<a: INT NOT NULL>` is struct<a:int>."""
    if text.count("<") > _DEEPEST:
        return ""
    tokens = tokens_of(text)
    name, end = _type_at(tokens, 0)
    return name if end == len(tokens) else ""


def _type_at(tokens: Tokens, index: int) -> tuple[str, int]:
    if index >= len(tokens) or tokens.types[index] != "word":
        return "", index
    word = tokens.get(index).lower()
    word = _ALIASES.get(word, word)
    following = tokens.words[index + 1] if index + 1 < len(tokens) else ""
    if word in ("array", "map", "struct") and following == "<":
        return _nested_at(tokens, index + 2, word)
    if word == "struct" and following == "<>":
        return "struct<>", index + 2
    if word == "interval":
        return tokens.text[tokens.starts[index] :].strip().lower(), len(tokens)
    if following == "(" and index + 1 in tokens.pairs:
        close = tokens.pairs[index + 1]
        inside = [tokens.get(i) for i in range(index + 2, close) if tokens.words[i] != ","]
        if word == "decimal" and len(inside) == 1:
            inside.append("0")
        return f"{word}({','.join(inside)})", close + 1
    return ("decimal(10,0)" if word == "decimal" else word), index + 1


def _nested_at(tokens: Tokens, index: int, word: str) -> tuple[str, int]:
    parts = []
    while index < len(tokens):
        field = ""
        if word == "struct":
            field = unquoted(tokens.get(index)) + ":"
            index += 2 if tokens.words[index + 1 : index + 2] == [":"] else 1
        type_, index = _type_at(tokens, index)
        index = _after_field(tokens, index)
        if not type_ or index >= len(tokens):
            return "", index
        parts.append(field + type_)
        index += 1
        if tokens.words[index - 1] == ">":
            return f"{word}<{','.join(parts)}>", index
        if tokens.words[index - 1] != ",":
            return "", index
    return "", index


def _after_field(tokens: Tokens, index: int) -> int:
    if tokens.words[index : index + 2] == ["NOT", "NULL"]:
        index += 2
    return index + 2 if tokens.words[index : index + 1] == ["COMMENT"] else index


def ddl_columns(text: str) -> tuple[tuple[str, str], ...]:
    """`a INT, b STRUCT<c: STRING>` as (name, type) pairs; empty where it is not such a list."""
    inner = type_name(f"STRUCT<{text}>")
    return tuple(fields_of(inner)) if inner else ()


def fields_of(type_: str) -> Iterable[tuple[str, str]]:
    """The fields of a struct type."""
    if not type_.startswith("struct<"):
        return
    for part in parts_of(type_[7:-1]):
        name, _, inside = part.partition(":")
        yield name, inside


def field_of(type_: str, name: str) -> str:
    """The type of `value.name`: a field of a struct, or that field of each struct in an array."""
    if type_.startswith("array<struct<"):
        return array(field_of(type_[6:-1], name))
    return next((t for n, t in fields_of(type_) if n.lower() == name.lower()), "")


# -- expressions ----------------------------------------------------------------------------------------

_OPERATORS: dict[type, str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "div",
    exp.SafeAdd: "+",
    exp.SafeSubtract: "-",
    exp.SafeMultiply: "*",
    exp.SafeDivide: "/",
}
_BITS = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor)
_TRUTH = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Is, exp.In, exp.Between)
_AROUND = (exp.IgnoreNulls, exp.RespectNulls, exp.Filter, exp.Window, exp.Paren, exp.Alias, exp.Order)
# Nodes of sqlglot that do not remember how their function was written.
_NAMES: dict[type, str] = {
    exp.If: "if",
    exp.ApproxQuantile: "percentile_approx",
    exp.Quantile: "percentile",
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "current_timestamp",
    exp.Decode: "decode_text",
    exp.DecodeCase: "decode",
    exp.Extract: "extract",
    exp.GroupConcat: "listagg",
    exp.ArgMax: "max_by",
    exp.ArgMin: "min_by",
    exp.StrPosition: "position",
    exp.ArrayAgg: "collect_list",
}
_UNITS = {
    **{unit: unit for unit in ("year", "month", "day", "hour", "minute", "second")},
    "week": "day",
    "millisecond": "second",
    "microsecond": "second",
}
_DATED = ("year", "month", "day", "quarter", "week", "dayofweek", "dow", "doy", "hour", "minute", "yearofweek")


def type_of(
    node: Any, column: ColumnType, name: Callable[[Any], str], query: Callable[[Any], str] = lambda node: ""
) -> str:
    """The type of an expression; *column* gives a column's type, *name* a function's name as written, and *query*
    the type of a scalar subquery."""
    return _Typing(column, name, query).of(node)


class _Typing:
    def __init__(self, column: ColumnType, name: Callable[[Any], str], query: Callable[[Any], str]) -> None:
        self.column, self.name, self.query = column, name, query
        self.bound: dict[str, str] = {}  # the parameters of lambdas, in lower case

    def of(self, node: Any) -> str:
        if isinstance(node, _AROUND):
            return self.of(node.this)
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Identifier):
            return self.bound.get(node.name.lower(), "")
        if isinstance(node, (exp.Cast, exp.TryCast)):
            return type_name(node.to.sql("databricks"))
        if isinstance(node, _TRUTH):
            return "boolean"
        if type(node) in _OPERATORS:
            return self.operator(_OPERATORS[type(node)], node.this, node.expression)
        if isinstance(node, exp.Func) and not isinstance(node, exp.Case):
            return self.call(self.written(node), node)
        return self.shaped(node)

    def written(self, node: Any) -> str:
        """The function's name: as written, or as its node is called."""
        if not isinstance(node, exp.Func):
            return ""
        return self.name(node) or _NAMES.get(type(node), "") or str(node.sql_name()).lower()

    def shaped(self, node: Any) -> str:
        if isinstance(node, exp.Literal):
            return _literal(node)
        if isinstance(node, exp.Case):
            default = node.args.get("default")
            return common([self.of(i.args["true"]) for i in node.args["ifs"]] + ([self.of(default)] if default else []))
        if isinstance(node, exp.WithinGroup):
            return self.within(node)
        if isinstance(node, exp.Distinct):
            return self.of(node.expressions[0])
        if isinstance(node, exp.Dot):
            return field_of(self.of(node.this), node.expression.name)
        if isinstance(node, exp.Bracket):
            return element(self.of(node.this))
        return self.plain(node)

    def plain(self, node: Any) -> str:
        if isinstance(node, exp.Null):
            return "void"
        if isinstance(node, (exp.AtTimeZone, exp.FromTimeZone)):  # from_utc_timestamp, to_utc_timestamp
            return "timestamp"
        if isinstance(node, exp.HexString):
            return "binary"
        if isinstance(node, exp.DPipe):
            return result("concat", [self.of(node.left), self.of(node.right)])
        if isinstance(node, exp.Neg):
            return result("negative", [self.of(node.this)])
        if isinstance(node, exp.BitwiseNot):
            return self.of(node.this)
        if isinstance(node, _BITS):
            return common([self.of(node.left), self.of(node.right)])
        if isinstance(node, (exp.BitwiseLeftShift, exp.BitwiseRightShift)):
            return result("shiftleft", [self.of(node.this)])
        if isinstance(node, (exp.Subquery, exp.Select)):
            return self.query(node)
        if isinstance(node, exp.JSONExtract):
            return "string" if self.of(node.this) == "string" else ""
        return _interval(node) if isinstance(node, exp.Interval) else ""

    def within(self, node: Any) -> str:
        """`f(...) WITHIN GROUP (ORDER BY x)`: a mode has the type of what is ordered."""
        if isinstance(node.this, exp.Mode):
            return self.of(node.expression.expressions[0].this)
        return self.of(node.this)

    # -- functions ---------------------------------------------------------------------------------------

    def call(self, name: str, node: Any) -> str:
        special = _SPECIAL.get(name)
        if special is not None:
            return special(self, node)
        if isinstance(node, exp.Anonymous) and name in CASTS and len(node.expressions) == 1:
            return type_name(name)
        return result(name, [self.of(a) for a in _arguments(node)])

    def operator(self, sign: str, left: Any, right: Any) -> str:
        """Beside a decimal, a whole literal counts as the digits that it has."""
        types = [self.of(left), self.of(right)]
        digits = [_digits(left), _digits(right)]
        for index in (0, 1):
            if digits[index] and types[1 - index].startswith("decimal("):
                return self.beside(sign, types, index, digits[index])
        return operated(sign, *types)

    def beside(self, sign: str, types: list[str], index: int, digits: str) -> str:
        exact = [digits if i == index else t for i, t in enumerate(types)]
        return operated(sign, *exact)

    def rounding(self, node: Any) -> str:
        arguments = _arguments(node)
        digits = _whole(arguments[1]) if len(arguments) > 1 else 0
        return rounded(self.of(arguments[0]), digits) if digits is not None else ""

    def floor(self, node: Any) -> str:
        arguments = _arguments(node)
        if len(arguments) == 1:
            return result("floor", [self.of(arguments[0])])
        type_, digits = self.of(arguments[0]), _whole(arguments[1])
        return rounded(type_, digits) if type_.startswith("decimal(") and digits is not None else ""

    def remainder(self, node: Any) -> str:
        arguments = _arguments(node)
        return self.operator("%", *arguments) if len(arguments) == 2 else ""

    def struct(self, node: Any) -> str:
        fields = [self.named(part, index) for index, part in enumerate(node.expressions, 1)]
        return f"struct<{','.join(fields)}>" if fields and all(fields) else ""

    def named(self, part: Any, index: int) -> str:
        if isinstance(part, exp.Star):
            return ""
        value = part.expression if isinstance(part, exp.PropertyEQ) else part
        name = part.this.name if isinstance(part, exp.PropertyEQ) else _field_name(part) or f"col{index}"
        type_ = self.of(value)
        return f"{name}:{type_}" if type_ else ""

    def zipped(self, node: Any) -> str:
        names = [_field_name(e) for e in node.expressions]
        types = [element(self.of(e)) for e in node.expressions]
        if not all(names) or not all(types):
            return ""
        return f"array<struct<{','.join(f'{n}:{t}' for n, t in zip(names, types, strict=True))}>>"

    def map(self, node: Any) -> str:
        keys, values = node.args.get("keys"), node.args.get("values")
        if keys is None or values is None:
            return "map<void,void>" if not _arguments(node) else ""
        if not keys.expressions:
            return "map<void,void>"
        return map_of(common([self.of(k) for k in keys.expressions]), common([self.of(v) for v in values.expressions]))

    def dated(self, node: Any) -> str:
        """`date_add(day, 1, d)` gives a time, `date_add(d, 1)` a date."""
        if not isinstance(node, exp.TimestampAdd):
            return "date"
        type_ = self.of(node.this)
        return "timestamp_ntz" if type_ == "timestamp_ntz" else "timestamp" if type_ else ""

    def extract(self, node: Any) -> str:
        parts = _arguments(node)
        field, type_ = parts[0].name.lower(), self.of(parts[1])
        if type_ not in ("date", "timestamp", "timestamp_ntz"):
            return ""
        if field.rstrip("s") in ("second", "sec"):
            return "decimal(8,6)"
        return "int" if field.rstrip("s") in _DATED else ""

    def json(self, node: Any) -> str:
        arguments = _arguments(node)
        schema = arguments[1] if len(arguments) > 1 else None
        return _json_schema(schema.this) if isinstance(schema, exp.Literal) and schema.is_string else ""

    def variant(self, node: Any) -> str:
        wanted = _arguments(node)[2:]
        return type_name(wanted[0].this) if wanted and isinstance(wanted[0], exp.Literal) else ""

    def decode(self, node: Any) -> str:
        values = _arguments(node)[1:]
        if len(values) < 2:
            return "string"
        results = values[1::2] + ([values[-1]] if len(values) % 2 else [])
        return common([self.of(r) for r in results])

    def appended(self, node: Any) -> str:
        array_, item = _arguments(node)[:2]
        return array(common([element(self.of(array_)), self.of(item)]))

    def two_arrays(self, node: Any) -> str:
        return common([self.of(a) for a in _arguments(node)])

    def tuple(self, node: Any) -> str:
        return "string" if len(_arguments(node)) == 2 else ""

    # -- functions over lambdas --------------------------------------------------------------------------

    def inside(self, lambda_: Any, types: Sequence[str]) -> str:
        """The type of a lambda's body when its parameters have these types."""
        if not isinstance(lambda_, exp.Lambda):
            return ""
        before = dict(self.bound)
        names = [parameter.name.lower() for parameter in lambda_.expressions]
        self.bound |= dict(zip(names, types, strict=False))
        try:
            return self.of(lambda_.this)
        finally:
            self.bound = before

    def transformed(self, node: Any) -> str:
        values, body = _arguments(node)[:2]
        inner = element(self.of(values))
        return array(self.inside(body, [inner, "int"])) if inner else ""

    def reduced(self, node: Any) -> str:
        values, start, merge, *finish = _arguments(node)
        begun = self.of(start)
        made = self.inside(merge, [begun, element(self.of(values))])
        if made != begun:
            return ""
        return self.inside(finish[0], [begun]) if finish else begun

    def zip_with(self, node: Any) -> str:
        left, right, body = _arguments(node)
        return array(self.inside(body, [element(self.of(left)), element(self.of(right))]))

    def new_keys(self, node: Any) -> str:
        values, body = _arguments(node)
        type_ = self.of(values)
        return map_of(self.inside(body, [key_of(type_), element(type_)]), element(type_))

    def new_values(self, node: Any) -> str:
        values, body = _arguments(node)
        type_ = self.of(values)
        return map_of(key_of(type_), self.inside(body, [key_of(type_), element(type_)]))

    def zipped_maps(self, node: Any) -> str:
        left, right, body = _arguments(node)
        a, b = self.of(left), self.of(right)
        return (
            map_of(key_of(a), self.inside(body, [key_of(a), element(a), element(b)])) if key_of(a) == key_of(b) else ""
        )


CASTS = names("string int bigint double float boolean date timestamp binary smallint tinyint decimal")
_SPECIAL: dict[str, Callable[[_Typing, Any], str]] = {
    **dict.fromkeys(("round", "bround"), _Typing.rounding),
    **dict.fromkeys(("floor", "ceil", "ceiling"), _Typing.floor),
    **dict.fromkeys(("mod", "pmod", "try_mod"), _Typing.remainder),
    **dict.fromkeys(("struct", "named_struct"), _Typing.struct),
    **dict.fromkeys(("date_add", "date_sub", "dateadd", "timestampadd"), _Typing.dated),
    **dict.fromkeys(("extract", "date_part", "datepart"), _Typing.extract),
    **dict.fromkeys(("variant_get", "try_variant_get"), _Typing.variant),
    **dict.fromkeys(("array_append", "array_prepend"), _Typing.appended),
    **dict.fromkeys(("array_union", "array_except", "array_intersect", "map_concat"), _Typing.two_arrays),
    **dict.fromkeys(("aggregate", "reduce"), _Typing.reduced),
    **dict.fromkeys(("from_json", "from_csv"), _Typing.json),
    "arrays_zip": _Typing.zipped,
    "map": _Typing.map,
    "decode": _Typing.decode,
    "json_tuple": _Typing.tuple,
    "transform": _Typing.transformed,
    "zip_with": _Typing.zip_with,
    "transform_keys": _Typing.new_keys,
    "transform_values": _Typing.new_values,
    "map_zip_with": _Typing.zipped_maps,
}


def _arguments(node: Any) -> list[Any]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found = []
    for key in node.arg_types:
        value = node.args.get(key)
        if isinstance(value, list):
            found += [v for v in value if isinstance(v, exp.Expression)]
        elif isinstance(value, exp.Expression):
            found.append(value)
    return found


def _field_name(node: Any) -> str:
    """The name that an expression gives to the field it becomes; none where Spark makes one up."""
    if isinstance(node, exp.Dot):
        return str(node.expression.name)
    return str(node.alias_or_name) if isinstance(node, (exp.Column, exp.Alias)) else ""


def _whole(node: Any) -> int | None:
    negative = isinstance(node, exp.Neg)
    literal = node.this if negative else node
    if not isinstance(literal, exp.Literal) or literal.is_string or not literal.this.isdigit():
        return None
    return -int(literal.this) if negative else int(literal.this)


def _digits(node: Any) -> str:
    """A whole literal as the decimal that holds just its digits."""
    number = _whole(node.this if isinstance(node, exp.Paren) else node)
    return f"decimal({len(str(abs(number)))},0)" if number is not None else ""


def _interval(node: Any) -> str:
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        words = [_UNITS.get(str(part.name).lower().rstrip("s"), "") for part in (unit.this, unit.expression)]
    else:
        words = [_UNITS.get(str(unit.name).lower().rstrip("s"), "")] if unit is not None else []
    return intervals([f"interval {word}" for word in words]) if words and all(words) else ""


def _literal(node: Any) -> str:
    if node.is_string:
        return "string"
    text = node.this
    if text.isdigit():
        return "int" if int(text) <= 2_147_483_647 else "bigint" if int(text) < 2**63 else f"decimal({len(text)},0)"
    whole, _, fraction = text.partition(".")
    if not (whole + fraction).isdigit():
        return "double" if "e" in text.lower() else ""
    digits = len(whole.lstrip("0")) + len(fraction)
    return f"decimal({max(digits, len(fraction), 1)},{len(fraction)})"


def _json_schema(text: str) -> str:
    return type_name(text) if "<" in text.split(" ")[0] else type_name(f"STRUCT<{text}>")
