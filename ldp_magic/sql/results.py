"""What type each Spark function gives, by its name and the types of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ldp_magic.sql.coercion import (
    INTEGERS,
    NUMBERS,
    bounded,
    common,
    decimal_of,
    full_interval,
    is_number,
    operated,
)
from ldp_magic.sql.coercion import parts_of as parts_of
from ldp_magic.sql.functions import names

Types = Sequence[str]
Rule = Callable[[Types], str]


def _each(type_: str, functions: str) -> dict[str, str]:
    return dict.fromkeys(functions.split(), type_)


ALWAYS: dict[str, str] = {
    **_each(
        "string",
        """upper lower ucase lcase trim ltrim rtrim btrim regexp_replace regexp_extract replace translate date_format
        from_unixtime initcap md5 sha sha1 sha2 hex base64 to_json get_json_object concat_ws format_number
        format_string printf uuid current_user session_user user current_catalog current_schema
        current_database input_file_name typeof soundex chr char url_encode url_decode split_part parse_url
        mask dayname monthname substring_index regexp_substr to_char to_varchar bin space conv repeat
        array_join to_csv quote version current_timezone schema_of_json decode_text collation""",
    ),
    **_each(
        "int",
        """datediff date_diff length char_length character_length len octet_length bit_length year month day dayofmonth
        hour minute dayofweek dayofyear quarter weekofyear weekday size cardinality instr locate position
        ascii hash levenshtein second row_number rank dense_rank ntile array_size find_in_set regexp_count
        regexp_instr bit_count unix_date spark_partition_id json_array_length""",
    ),
    **_each(
        "bigint",
        """count count_if approx_count_distinct unix_timestamp to_unix_timestamp unix_millis unix_micros unix_seconds
        xxhash64 monotonically_increasing_id timestampdiff regr_count crc32 factorial array_position
        width_bucket hll_sketch_estimate grouping_id""",
    ),
    **_each("tinyint", "bit_get getbit grouping"),
    **_each(
        "double",
        """std stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_pop covar_samp sqrt exp expm1 ln log
        log2 log10 log1p pow power rand random randn sin cos tan asin acos atan atan2 sinh cosh tanh cbrt
        radians degrees months_between kurtosis skewness percent_rank cume_dist pi e hypot rint sec csc cot
        sign signum regr_slope regr_intercept regr_r2 regr_avgx regr_avgy regr_sxx regr_sxy regr_syy
        percentile_disc percentile_cont""",
    ),
    **_each(
        "boolean",
        """isnull isnotnull isnan array_contains startswith endswith contains bool_and bool_or every any some exists
        forall rlike regexp_like map_contains_key arrays_overlap is_valid_utf8 equal_null is_variant_null
        luhn_check""",
    ),
    **_each(
        "timestamp",
        """current_timestamp now to_timestamp from_utc_timestamp to_utc_timestamp timestamp_seconds timestamp_millis
        timestamp_micros try_to_timestamp timestamp date_trunc to_timestamp_ltz make_timestamp window_time""",
    ),
    **_each("timestamp_ntz", "localtimestamp to_timestamp_ntz convert_timezone"),
    **_each(
        "date", "current_date curdate to_date date add_months last_day next_day trunc make_date date_from_unix_date"
    ),
    **_each("array<string>", "split regexp_extract_all json_object_keys"),
    **_each("binary", "unhex unbase64 to_binary encode aes_encrypt"),
    **_each("binary", "hll_sketch_agg hll_union_agg bitmap_construct_agg"),
    **_each("variant", "parse_json try_parse_json to_variant_object"),
    **_each("void", "assert_true raise_error"),
    "sentences": "array<array<string>>",
    "str_to_map": "map<string,string>",
    "make_interval": "interval",
    "make_dt_interval": "interval day to second",
    "make_ym_interval": "interval year to month",
}
AS_FIRST = names(
    """min max first last first_value last_value any_value lag lead nth_value nullif mode max_by min_by
        array_distinct sort_array array_sort slice filter array_compact array_except shuffle array_remove
        array_insert bit_and bit_or bit_xor nullifzero map_filter array_intersect array_union array_append
        array_prepend map_concat"""
)


def result(name: str, types: Types) -> str:
    """The type that a function gives for arguments of these types; the empty string where it is not certain."""
    if name in ALWAYS:
        return ALWAYS[name]
    if name in AS_FIRST:
        return types[0] if types else ""
    rule = RULES.get(name)
    return rule(types) if rule is not None and (types or name in ("array", "map", "struct")) else ""


def element(type_: str) -> str:
    """What an array holds, or the values of a map."""
    if type_.startswith("array<"):
        return type_[6:-1]
    return parts_of(type_[4:-1])[1] if type_.startswith("map<") else ""


def key_of(type_: str) -> str:
    return parts_of(type_[4:-1])[0] if type_.startswith("map<") else ""


def array(inner: str) -> str:
    return f"array<{inner}>" if inner else ""


def map_of(key: str, value: str) -> str:
    return f"map<{key},{value}>" if key and value else ""


# -- one function a rule --------------------------------------------------------------------------------


def _sum(types: Types) -> str:
    type_ = types[0]
    if type_ in INTEGERS:
        return "bigint"
    if type_ in ("float", "double", "string"):
        return "double"
    if type_.startswith("interval "):
        return type_
    found = decimal_of(type_)
    return bounded(found[0] + 10, found[1]) if found else ""


def _average(types: Types) -> str:
    type_ = types[0]
    if type_ in NUMBERS or type_ == "string":
        return "double"
    if type_.startswith("interval "):
        return full_interval(type_)
    found = decimal_of(type_)
    return bounded(found[0] + 4, found[1] + 4) if found else ""


def _median(types: Types) -> str:
    return "double" if is_number(types[0]) or types[0] == "string" else ""


def _percentile(types: Types) -> str:
    if not _median(types):
        return ""
    return "array<double>" if len(types) > 1 and types[1].startswith("array") else "double"


def _approximate(types: Types) -> str:
    if not types[0] or len(types) < 2:
        return ""
    return array(types[0]) if types[1].startswith("array") else types[0]


def _floor(types: Types) -> str:
    type_ = types[0]
    if len(types) > 1:
        return ""
    if type_.startswith("decimal("):
        precision, scale = decimal_of(type_) or (0, 0)
        return bounded(precision - scale + 1, 0) if scale else type_
    return "bigint" if type_ in NUMBERS else ""


def rounded(type_: str, digits: int) -> str:
    """`round` to so many digits behind the point."""
    if type_ in NUMBERS:
        return type_
    found = decimal_of(type_)
    if not found:
        return ""
    whole = found[0] - found[1] + 1
    if digits < 0:
        return bounded(max(whole, 1 - digits), 0)
    scale = min(found[1], digits)
    return bounded(whole + scale, scale)


def _concat(types: Types) -> str:
    if not all(types):
        return ""
    if any(t.startswith("array<") for t in types):
        return common(types)
    return "binary" if all(t == "binary" for t in types) else "string"


def _bytes_or_text(types: Types) -> str:
    return ("binary" if types[0] == "binary" else "string") if types[0] else ""


def _text(types: Types) -> str:
    return "string" if types[0] and types[0] != "binary" else ""


def _reverse(types: Types) -> str:
    return types[0] if types[0].startswith("array<") else "string" if types[0] else ""


def _window(types: Types) -> str:
    held = types[0] if types[0] in ("timestamp", "timestamp_ntz") else ""
    return f"struct<start:{held},end:{held}>" if held else ""


def _negative(types: Types) -> str:
    return "double" if types[0] == "string" else types[0]


def _absolute(types: Types) -> str:
    return _negative(types) if is_number(types[0]) or types[0] == "string" or "interval" in types[0] else ""


def _shifted(types: Types) -> str:
    return ("bigint" if types[0] == "bigint" else "int") if types[0] else ""


def _histogram(types: Types) -> str:
    return f"array<struct<x:{types[0]},y:double>>" if types[0] else ""


def _entries(types: Types) -> str:
    key, value = key_of(types[0]), element(types[0])
    return f"array<struct<key:{key},value:{value}>>" if key and value else ""


def _from_entries(types: Types) -> str:
    pair = element(types[0])
    fields = [part.partition(":")[2] for part in parts_of(pair[7:-1])] if pair.startswith("struct<") else []
    return map_of(*fields) if len(fields) == 2 else ""


def _map(types: Types) -> str:
    return map_of(common(types[0::2]), common(types[1::2])) if types else "map<void,void>"


def _array(types: Types) -> str:
    return array(common(types)) if types else "array<void>"


def _listed(types: Types) -> str:
    return array(types[0])


def _joined_arrays(types: Types) -> str:
    return element(types[0]) if element(types[0]).startswith("array<") else ""


def _map_from_arrays(types: Types) -> str:
    return map_of(element(types[0]), element(types[1])) if len(types) == 2 else ""


def _operator(sign: str) -> Rule:
    return lambda types: operated(sign, types[0], types[1]) if len(types) == 2 else ""


def _first_not(number: int) -> Rule:
    return lambda types: common(types[number:])


RULES: dict[str, Rule] = {
    **dict.fromkeys(("coalesce", "nvl", "ifnull", "least", "greatest", "zeroifnull"), common),
    **dict.fromkeys(("if", "iff", "nvl2", "elt"), _first_not(1)),
    **dict.fromkeys(("sum", "try_sum"), _sum),
    **dict.fromkeys(("avg", "mean", "try_avg"), _average),
    **dict.fromkeys(("percentile",), _percentile),
    **dict.fromkeys(("percentile_approx", "approx_percentile"), _approximate),
    **dict.fromkeys(("floor", "ceil", "ceiling"), _floor),
    **dict.fromkeys(("substring", "substr", "lpad", "rpad", "listagg", "string_agg"), _bytes_or_text),
    **dict.fromkeys(("left", "right", "overlay"), _text),
    **dict.fromkeys(("window", "session_window"), _window),
    **dict.fromkeys(("shiftleft", "shiftright", "shiftrightunsigned"), _shifted),
    **dict.fromkeys(("collect_list", "collect_set", "array_agg", "array_repeat"), _listed),
    **dict.fromkeys(("mod", "pmod", "try_mod"), _operator("%")),
    **dict.fromkeys(
        ("explode", "explode_outer", "element_at", "try_element_at", "array_max", "array_min", "get"),
        lambda types: element(types[0]),
    ),
    "median": _median,
    "concat": _concat,
    "reverse": _reverse,
    "negative": _negative,
    "positive": _negative,
    "abs": _absolute,
    "histogram_numeric": _histogram,
    "map_entries": _entries,
    "map_from_entries": _from_entries,
    "map_from_arrays": _map_from_arrays,
    "map_keys": lambda types: array(key_of(types[0])),
    "map_values": lambda types: array(element(types[0])) if types[0].startswith("map<") else "",
    "map": _map,
    "array": _array,
    "sequence": lambda types: array(common(types[:2])) if types[0] else "",
    "flatten": _joined_arrays,
    "try_add": _operator("+"),
    "try_subtract": _operator("-"),
    "try_multiply": _operator("*"),
    "try_divide": _operator("/"),
}
