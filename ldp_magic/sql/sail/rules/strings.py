"""Functions on text."""

from __future__ import annotations

from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.rules.casts import as_text
from ldp_magic.sql.sail.site import Rule, Site


def _integer(site: Site, node: Node) -> int | None:
    return site.types.whole(node) if node.kind == "literal" else None


def _left(node: Node, site: Site) -> str | None:
    """left(s, n), right(s, n): nothing for a negative n."""
    if len(node.parts) != 2:
        return None
    value, count = node.parts
    if site.type(value) == "binary":
        return f"CAST({node.word}(CAST({site.text(value)} AS STRING), {site.text(count)}) AS BINARY)"
    known = _integer(site, count)
    if known is not None and known >= 0:
        return None
    return f"{node.word}({site.text(value)}, {_not_negative(site.tight(count))})"


def _substring(node: Node, site: Site) -> str | None:
    """A start before the text counts: substring('abc', -5, 3) is 'a'."""
    value, start = node.parts[0], node.parts[1]
    length = node.parts[2] if len(node.parts) > 2 else None
    text, at = site.text(value), site.tight(start)
    if site.type(value) == "binary":  # two digits a byte
        digits = f"if({at} > 0, 2 * {at} - 1, 2 * {at})"
        count = f", 2 * {site.tight(length)}" if length is not None else ""
        return f"unhex(substring(hex({text}), {digits}{count}))"
    if "null" in (start.word, length.word if length is not None else ""):
        return "CAST(NULL AS STRING)"
    known = _integer(site, start)
    if length is None:
        return None if known is not None else f"if({at} IS NULL, NULL, substring({text}, {at}))"
    count = site.tight(length)
    after = f"substring({text}, {at}, {_not_negative(count)})"
    if known is not None and known >= 0:
        return None if (_integer(site, length) or -1) >= 0 else after
    missing = f"greatest(-{at} - length({text}), 0)"
    before = f"substring({text}, greatest({at}, -length({text})), greatest({count} - {missing}, 0))"
    return f"CASE WHEN {at} IS NULL OR {count} IS NULL THEN NULL WHEN {at} < 0 THEN {before} ELSE {after} END"


def _repeat(node: Node, site: Site) -> str | None:
    if len(node.parts) != 2 or _integer(site, node.parts[1]) is not None:
        return None
    return f"repeat({site.text(node.parts[0])}, {_not_negative(site.tight(node.parts[1]))})"


def _not_negative(count: str) -> str:
    """The engine takes no negative length, and greatest() forgets NULL."""
    return f"if({count} < 0, 0, {count})"


def _initcap(node: Node, site: Site) -> str:
    """Words end at blanks alone."""
    text = site.text(node.parts[0])
    word = "concat(upper(left(w, 1)), lower(substring(w, 2)))"
    slow = f"array_join(transform(split({text}, ' '), w -> {word}), ' ')"
    return f"if({text} RLIKE '[^A-Za-z0-9 ]', {slow}, initcap({text}))"


def _split(node: Node, site: Site) -> str | None:
    """By an empty pattern into letters."""
    if len(node.parts) == 2 and site.string(node.parts[1]) == "":
        text = site.tight(node.parts[0])
        letters = f"transform(sequence(1, greatest(length({text}), 1)), i -> substring({text}, i, 1))"
        return f"CASE WHEN {text} = '' THEN array('') WHEN {text} IS NOT NULL THEN {letters} END"
    return None


def _regexp_replace(node: Node, site: Site) -> str | None:
    """From a position on."""
    if len(node.parts) > 2 and "\\" in (site.value(node.parts[2]) or ""):
        raise Refused(
            "a backslash in what regexp_replace puts in means something else to the embedded engine",
            fix="use replace, or preview it with --place databricks",
        )
    if len(node.parts) != 4:
        return None
    text, pattern, new, at = (site.tight(part) for part in node.parts)
    return f"concat(left({text}, {at} - 1), regexp_replace(substring({text}, {at}), {pattern}, {new}))"


def _regexp_count(node: Node, site: Site) -> str:
    return f"CAST(regexp_count({', '.join(site.arguments(node))}) AS INT)"


def _concat(node: Node, site: Site) -> str | None:
    """Doubles as Java writes them."""
    texts = [
        as_text(part, site) if site.type(part) in ("double", "float") else _timed(part, site) for part in node.parts
    ]
    if not any(texts):
        return None
    return site.call(node, node.word, *(new or site.text(part) for new, part in zip(texts, node.parts, strict=True)))


def _timed(part: Node, site: Site) -> str | None:
    """A time or an interval beside text."""
    type_ = site.type(part)
    if type_.startswith("interval "):
        return as_text(part, site)
    return f"CAST({site.text(part)} AS STRING)" if type_.startswith("timestamp") else None


def _through_text(node: Node, site: Site) -> str | None:
    """Bytes that are trimmed or overlaid as the text they hold."""
    if site.type(node.parts[0]) != "binary":
        return None
    if node.word == "overlay":
        text, new, *places = (site.text(part) for part in node.parts)
        words = " FROM " + " FOR ".join(places)
        return f"CAST(overlay(CAST({text} AS STRING) PLACING CAST({new} AS STRING){words}) AS BINARY)"
    inside = ", ".join(f"CAST({argument} AS STRING)" for argument in site.arguments(node))
    return f"{node.word}({inside})"  # a string, in Spark too


def _trim(node: Node, site: Site) -> str | None:
    return _through_text(node, site) if not node.names else None


def _padded(node: Node, site: Site) -> str | None:
    """Bytes are padded by their hexadecimal digits."""
    if site.type(node.parts[0]) != "binary":
        return _to_length(node, site)
    text, count = site.text(node.parts[0]), site.tight(node.parts[1])
    filling = f"hex({site.text(node.parts[2])})" if len(node.parts) > 2 else "'00'"
    return f"unhex({node.word}(hex({text}), {count} * 2, {filling}))"


def _to_length(node: Node, site: Site) -> str | None:
    text, count, *filling = node.parts
    if _integer(site, count) is not None:
        return None
    return site.call(node, node.word, site.text(text), _not_negative(site.tight(count)), *map(site.text, filling))


def _decode(node: Node, site: Site) -> str | None:
    """decode(x, 1, 'one', 2, 'two', 'else')"""
    if len(node.parts) < 3:
        return None
    value, *rest = (site.tight(part) for part in node.parts)
    pairs = [f"WHEN {value} <=> {rest[n]} THEN {rest[n + 1]}" for n in range(0, len(rest) - 1, 2)]
    otherwise = f" ELSE {rest[-1]}" if len(rest) % 2 else ""
    return f"CASE {' '.join(pairs)}{otherwise} END"


def _instr(node: Node, site: Site) -> str | None:
    """From a position on, to the right."""
    if len(node.parts) != 3 or (_integer(site, node.parts[2]) or 0) <= 0:
        return None
    text, part, at = (site.text(p) for p in node.parts)
    return f"locate({part}, {text}, {at})"


def _locate(node: Node, site: Site) -> str | None:
    """From NULL on nothing is found, at 0."""
    if len(node.parts) != 3 or (_integer(site, node.parts[2]) or 0) > 0:
        return None
    part, text, at = (site.tight(p) for p in node.parts)
    return (
        f"CASE WHEN {at} IS NULL THEN 0 WHEN {part} IS NOT NULL AND {text} IS NOT NULL "
        f"THEN {node.word}({part}, {text}, {at}) END"
    )


def _try_parse_url(node: Node, site: Site) -> str | None:
    text = site.tight(node.parts[0])
    inside = ", ".join(site.arguments(node))
    return f"if({text} RLIKE '^[^\\\\s]*$', try_parse_url({inside}), NULL)"


def _reverse(node: Node, site: Site) -> str | None:
    if site.type(node.parts[0]) != "binary":
        return None
    digits = f"hex({site.text(node.parts[0])})"
    return f"unhex(array_join(reverse(regexp_extract_all({digits}, '..', 0)), ''))"


def _valid(node: Node, site: Site) -> str:
    """Of NULL it is not known."""
    return f"if({site.tight(node.parts[0])} IS NULL, NULL, {site.between(node.first, node.last, node)})"


CALLS: dict[str, Rule] = {
    "left": _left,
    "right": _left,
    "substring": _substring,
    "substr": _substring,
    "repeat": _repeat,
    "initcap": _initcap,
    "split": _split,
    "regexp_replace": _regexp_replace,
    "trim": _trim,
    "ltrim": _through_text,
    "rtrim": _through_text,
    "regexp_count": _regexp_count,
    "concat": _concat,
    "overlay": _through_text,
    "btrim": _through_text,
    "lpad": _padded,
    "rpad": _padded,
    "decode": _decode,
    "instr": _instr,
    "locate": _locate,
    "position": _locate,
    "try_parse_url": _try_parse_url,
    "reverse": _reverse,
    "is_valid_utf8": _valid,
}
