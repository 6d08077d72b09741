"""Arguments that Spark casts unasked: numbers and times where text is wanted, text and decimals where a DOUBLE is."""

from __future__ import annotations

from ldp_magic.sql.coercion import is_number
from ldp_magic.sql.functions import names
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.rules.casts import as_text
from ldp_magic.sql.sail.site import Site

# How many of the first arguments are text.
_TEXT = {
    **dict.fromkeys(
        names(
            """upper lower ucase lcase initcap trim ltrim rtrim char_length character_length len soundex ascii quote
            url_encode url_decode json_array_length json_object_keys unbase64 luhn_check sentences
            left right substring substr repeat lpad rpad overlay reverse length octet_length bit_length mask
            get_json_object"""
        ),
        1,
    ),
    **dict.fromkeys(
        names(
            """regexp_extract regexp_extract_all regexp_like rlike regexp regexp_count regexp_instr regexp_substr like
            contains startswith endswith levenshtein split split_part substring_index locate position instr find_in_set
            ilike"""
        ),
        2,
    ),
    **dict.fromkeys(names("replace translate regexp_replace str_to_map parse_url"), 3),
    "concat_ws": 1_000,
}
# All are DOUBLE.
_DOUBLE = names(
    """pow power corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx
    regr_sxy regr_syy sqrt cbrt exp expm1 ln log log2 log10 log1p sin cos tan cot asin acos atan atan2 sinh cosh tanh
    hypot degrees radians stddev stddev_pop stddev_samp variance var_pop var_samp skewness kurtosis"""
)
_INTEGER_BEHIND = names("left right substring substr repeat lpad rpad")
CAST = frozenset([*_TEXT, *_DOUBLE, *_INTEGER_BEHIND, "isnan"])  # every function that has such arguments
_AS_THEY_ARE = ("string", "binary", "void", "")


def cast_arguments(node: Node, site: Site) -> bool:
    """Write the casts that Spark makes by itself; whether there were any."""
    casts: dict[Node, str] = {}
    if node.word in _TEXT:
        casts = {part: text for part in node.parts[: _TEXT[node.word]] if (text := written(part, site))}
    elif node.word in _DOUBLE:
        casts = {part: f"CAST({site.text(part)} AS DOUBLE)" for part in node.parts if _is_other_number(part, site)}
    elif node.word == "isnan" and node.parts and site.type(node.parts[0]) not in ("double", "float", "void", ""):
        casts[node.parts[0]] = f"CAST({site.text(node.parts[0])} AS DOUBLE)"
    if node.word in _INTEGER_BEHIND:
        for part in node.parts[1:3] if node.word in ("substring", "substr") else node.parts[1:2]:
            if site.type(part) not in ("int", "bigint", "void", ""):
                casts[part] = f"CAST({site.text(part)} AS INT)"
    site.texts.update(casts)
    return bool(casts)


def written(part: Node, site: Site) -> str | None:
    """A part as the text that Spark makes of it; None where it is text."""
    type_ = site.type(part)
    if type_ in _AS_THEY_ARE or type_.startswith(("array<", "map<", "struct<")) or part.kind in ("lambda", "named"):
        return None
    return as_text(part, site) or f"CAST({site.text(part)} AS STRING)"


def _is_other_number(part: Node, site: Site) -> bool:
    """Text, decimals and the smallest integers, which the engine does not take or lets overflow."""
    type_ = site.type(part)
    if part.kind == "literal" and type_ != "string":
        return False
    return type_ in ("string", "tinyint", "smallint") or (is_number(type_) and type_.startswith("decimal("))
