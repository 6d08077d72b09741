"""Types of columns and expressions, as Spark names them. What is not certain is the empty string, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlglot import exp

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.lexer import Tokens, tokens_of

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
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_NUMBERS = (*_INTEGERS, "float", "double")
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}


def _each(type_: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), type_)


_ALWAYS: dict[str, str] = {
    **_each(
        "string",
        """upper lower ucase lcase trim ltrim rtrim btrim regexp_replace regexp_extract replace translate date_format
        from_unixtime initcap md5 sha sha1 sha2 hex base64 to_json get_json_object concat_ws format_number format_string
        printf uuid current_user session_user user current_catalog current_schema current_database input_file_name typeof
        soundex chr char url_encode url_decode split_part parse_url mask dayname monthname substring_index regexp_substr
        to_char to_varchar listagg string_agg bin space conv""",
    ),
    **_each(
        "int",
        """length char_length character_length len octet_length bit_length year month day dayofmonth hour minute dayofweek
        dayofyear quarter weekofyear weekday datediff size cardinality instr locate position ascii hash levenshtein
        row_number rank dense_rank ntile array_size find_in_set regexp_count regexp_instr crc32_int array_length""",
    ),
    **_each(
        "bigint",
        """count count_if approx_count_distinct unix_timestamp to_unix_timestamp unix_millis unix_micros unix_seconds
        xxhash64 monotonically_increasing_id timestampdiff regr_count crc32 factorial array_position""",
    ),
    **_each(
        "double",
        """std stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_pop covar_samp sqrt exp expm1 ln log log2
        log10 log1p pow power rand random randn sin cos tan asin acos atan atan2 sinh cosh tanh cbrt radians degrees
        months_between kurtosis skewness percent_rank cume_dist pi e percentile""",
    ),
    **_each(
        "boolean",
        """isnull isnotnull isnan array_contains startswith endswith bool_and bool_or every any some exists forall rlike
        regexp_like map_contains_key arrays_overlap is_valid_utf8 equal_null""",
    ),
    **_each(
        "timestamp",
        """current_timestamp now to_timestamp date_trunc from_utc_timestamp to_utc_timestamp timestamp_seconds
        timestamp_millis timestamp_micros try_to_timestamp timestamp""",
    ),
    **_each(
        "date",
        "current_date curdate to_date date date_add date_sub add_months last_day next_day trunc make_date date_from_unix_date",
    ),
    **_each("array<string>", "split regexp_extract_all json_object_keys sentences_words"),
    **_each("binary", "unhex unbase64 to_binary encode"),
}
_AS_FIRST = frozenset(
    [
        "min",
        "max",
        "first",
        "last",
        "first_value",
        "last_value",
        "any_value",
        "lag",
        "lead",
        "nth_value",
        "nullif",
        "mode",
        "max_by",
        "min_by",
        "array_distinct",
        "sort_array",
        "array_sort",
        "slice",
        "filter",
        "array_compact",
        "array_except",
        "shuffle",
        "abs",
        "negative",
        "array_remove",
    ]
)
_COMMON = frozenset({"coalesce", "nvl", "ifnull", "least", "greatest"})
_LISTS = frozenset({"collect_list", "collect_set", "array_agg", "array"})

ColumnType = Callable[[Any], str]


def type_name(text: str) -> str:
    """A type as Spark prints it: `DECIMAL(10, 2)` is decimal(10,2), `STRUCT<a: INT NOT NULL>` is struct<a:int>."""
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
    for part in _split(type_[7:-1]):
        name, _, inside = part.partition(":")
        yield name, inside


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]] if text else []


# -- expressions ----------------------------------------------------------------------------------------


def type_of(node: Any, column: ColumnType, name: Callable[[Any], str]) -> str:
    """The type of an expression; *column* gives a column's type, *name* a function's name as written."""
    return _Typing(column, name).of(node)


class _Typing:
    def __init__(self, column: ColumnType, name: Callable[[Any], str]) -> None:
        self.column, self.name = column, name

    def of(self, node: Any) -> str:
        if isinstance(node, (exp.Paren, exp.Alias)):
            return self.of(node.this)
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Literal):
            return _literal(node)
        if isinstance(node, exp.Null):
            return "void"
        written = self.name(node)
        if written and written not in ("cast", "try_cast"):
            return self.call(written, node)
        if isinstance(node, (exp.Cast, exp.TryCast)):
            return type_name(node.to.sql("databricks"))
        if isinstance(node, (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Is, exp.In, exp.Between)):
            return "boolean"
        if isinstance(node, exp.DPipe):
            return self.joined([node.left, node.right])
        if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)):
            return self.arithmetic(node)
        if isinstance(node, exp.Neg):
            return self.of(node.this)
        return self.shaped(node)

    def shaped(self, node: Any) -> str:
        if isinstance(node, exp.Case):
            branches = [i.args["true"] for i in node.args["ifs"]] + (
                [node.args["default"]] if node.args.get("default") else []
            )
            return common([self.of(b) for b in branches])
        if isinstance(node, exp.Window):
            return self.of(node.this)
        if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter, exp.WithinGroup, exp.Distinct)):
            inner = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
            return self.of(inner)
        if isinstance(node, exp.Dot):
            return self.field(node)
        if isinstance(node, exp.Bracket):
            return self.element(self.of(node.this))
        if isinstance(node, exp.JSONExtract):
            return "string" if self.of(node.this) == "string" else ""
        return ""

    def call(self, name: str, node: Any) -> str:
        arguments = _arguments(node)
        types = [self.of(a) for a in arguments[:1]]
        first = types[0] if types else ""
        if name in ("cast", "try_cast") and isinstance(node, (exp.Cast, exp.TryCast)):
            return type_name(node.to.sql("databricks"))
        if name in ("date_add", "date_sub", "dateadd", "date_diff", "datediff") and len(arguments) > 2:
            return ""
        if name in _ALWAYS:
            return _ALWAYS[name]
        if name in _AS_FIRST:
            return first
        if name in _COMMON:
            return common([self.of(a) for a in arguments])
        if name in ("if", "iff") and isinstance(node, exp.If):
            return common([self.of(node.args["true"]), self.of(node.args["false"])]) if node.args.get("false") else ""
        if name == "nvl2":
            return common([self.of(a) for a in arguments[1:]])
        if name in ("sum", "try_sum"):
            return _sum(first)
        if name in ("avg", "mean", "try_avg"):
            return _average(first)
        if name in ("floor", "ceil", "ceiling") and len(arguments) == 1:
            return "bigint" if first in _NUMBERS else ""
        if name == "round":
            return first if first in _NUMBERS else ""
        if name == "concat":
            return self.joined(arguments)
        if name in ("window", "session_window"):
            return "struct<start:timestamp,end:timestamp>" if first == "timestamp" else ""
        if name in _LISTS:
            inner = common([self.of(a) for a in arguments])
            return f"array<{inner}>" if inner and inner != "void" else ""
        if name in ("explode", "explode_outer", "element_at", "try_element_at", "array_max", "array_min", "get"):
            return self.element(first)
        if name == "from_json" and len(arguments) > 1 and isinstance(arguments[1], exp.Literal):
            return _json_schema(arguments[1].this)
        return ""

    def joined(self, arguments: Sequence[Any]) -> str:
        """Strings joined: a string as soon as everything is known and something is no array and no binary."""
        types = [self.of(a) for a in arguments]
        plain = [t for t in types if t and not t.startswith("array") and t != "binary"]
        return "string" if types and len(plain) == len(types) else ""

    def element(self, type_: str) -> str:
        if type_.startswith("array<"):
            return type_[6:-1]
        return _split(type_[4:-1])[1] if type_.startswith("map<") else ""

    def field(self, node: Any) -> str:
        inner, wanted = self.of(node.this), node.expression.name.lower()
        return next((t for n, t in fields_of(inner) if n.lower() == wanted), "")

    def arithmetic(self, node: Any) -> str:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node, exp.IntDiv):
            return "bigint" if left in _INTEGERS and right in _INTEGERS else ""
        if isinstance(node, exp.Div):
            return "double" if left in _NUMBERS and right in _NUMBERS else ""
        if left in _NUMBERS and right in _NUMBERS:
            return common([left, right])
        if left == "date" and right in _INTEGERS[:3] and isinstance(node, (exp.Add, exp.Sub)):
            return "date"
        if left == "timestamp" and isinstance(node.right, exp.Interval) and isinstance(node, (exp.Add, exp.Sub)):
            return "timestamp"
        return "double" if "double" in (left, right) and left and right and "string" not in (left, right) else ""


def _arguments(node: Any) -> list[Any]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found = []
    for value in node.args.values():
        if isinstance(value, exp.Expression):
            found.append(value)
        elif isinstance(value, list):
            found += [v for v in value if isinstance(v, exp.Expression)]
    return found


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


def decimal_of(type_: str) -> tuple[int, int] | None:
    """Precision and scale, also of the integer types."""
    if type_ in _DIGITS:
        return _DIGITS[type_], 0
    if not type_.startswith("decimal("):
        return None
    precision, scale = type_[8:-1].split(",")
    return int(precision), int(scale)


def common(types: Iterable[str]) -> str:
    """The type that values of all these types are brought to, where that is certain."""
    known = [t for t in types if t != "void"]
    if not known or not all(known):
        return ""
    if len(set(known)) == 1:
        return known[0]
    if all(t in _NUMBERS for t in known):
        return max(known, key=_NUMBERS.index)
    if set(known) == {"date", "timestamp"}:
        return "timestamp"
    decimals = [decimal_of(t) for t in known]
    if "double" in known and all(d or t in _NUMBERS for d, t in zip(decimals, known, strict=True)):
        return "double"
    if all(decimals):
        whole = max(d[0] - d[1] for d in decimals if d)
        scale = max(d[1] for d in decimals if d)
        return f"decimal({whole + scale},{scale})" if whole + scale <= 38 else ""
    return ""


def _sum(type_: str) -> str:
    if type_ in _INTEGERS:
        return "bigint"
    if type_ in ("float", "double"):
        return "double"
    found = decimal_of(type_)
    return f"decimal({min(found[0] + 10, 38)},{found[1]})" if found else ""


def _average(type_: str) -> str:
    if type_ in _NUMBERS:
        return "double"
    found = decimal_of(type_)
    return f"decimal({min(found[0] + 4, 38)},{min(found[1] + 4, 38)})" if found and found[0] + 4 <= 38 else ""


def _json_schema(text: str) -> str:
    return type_name(text) if "<" in text.split(" ")[0] else type_name(f"STRUCT<{text}>")
