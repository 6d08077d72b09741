"""JSON in text: `col:path`, and times as Spark reads and writes them."""

from __future__ import annotations

import re

from ldp_magic.sql.results import element, key_of
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.ddl import ddl
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.types import fields_of, type_name

_BLANKS = r'("(?:[^"\\\\]|\\\\.)*")|\\s+'  # or a string, which stays
_QUOTED = re.compile(r"`((?:[^`]|``)*)`")
_FORMAT = "map('timestampFormat', \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\")"


def path(node: Node, site: Site) -> str | None:
    """`col:a.b[0]`, of text that holds JSON or of a VARIANT"""
    inner = node.parts[0]
    written = site.types.queries.reader.text(inner.last + 1, node.last)
    steps = _QUOTED.sub(lambda found: f"[\\'{found[1]}\\']" if "." in found[1] else found[1], written)
    if site.type(inner) == "variant":
        return f"variant_get({site.text(inner)}, '$.{steps}', 'variant')"
    return f"get_json_object({_compact(site.text(inner))}, '$.{steps}')"


def _from_json(node: Node, site: Site) -> str | None:
    """The engine's reader takes no times with a T and lets integers overflow: it reads wider types, which are cast."""
    schema = site.value(node.parts[1]) if len(node.parts) == 2 else None
    if schema is None:
        return None
    type_ = type_name(schema) or type_name(f"STRUCT<{schema}>")
    text, wide = site.text(node.parts[0]), _wide(type_)
    if re.search(r"array<(?!string|struct|map|array)", type_):
        site.label("from_json of an array", "one element that does not fit is NULL here; in Spark the whole array is")
    if "timestamp" in type_:
        site.label("from_json of a TIMESTAMP", "a time written as a number is NULL here; Spark takes it for seconds")
    made = f"from_json({text}, {site.text(node.parts[1])})"
    if type_ and wide != type_:
        made = f"TRY_CAST(from_json({text}, '{ddl(wide)}') AS {ddl(type_)})"
    return f"if({text} RLIKE '^\\\\s*$', NULL, {made})"


def _wide(type_: str) -> str:
    """The type to read; every leaf that the reader gets wrong is a wider one."""
    if type_.startswith("struct<"):
        return f"struct<{','.join(f'{name}:{_wide(inner)}' for name, inner in fields_of(type_))}>"
    if type_.startswith("array<"):
        return f"array<{_wide(type_[6:-1])}>"
    if type_.startswith("map<"):
        return f"map<{key_of(type_)},{_wide(element(type_))}>"
    return {"timestamp": "string", "int": "bigint", "smallint": "bigint", "tinyint": "bigint"}.get(type_, type_)


def _get(node: Node, site: Site) -> str | None:
    """The text of an object or an array has no blanks."""
    path = site.value(node.parts[1])
    if path is not None and "*" in path:
        raise Refused(
            f"the JSON path {path} has a wildcard, which the embedded engine answers with NULL",
            fix="read the array with from_json and use transform, or preview it with --place databricks",
        )
    return f"get_json_object({_compact(site.text(node.parts[0]))}, {site.text(node.parts[1])})"


def _compact(text: str) -> str:
    """JSON without the blanks between its parts."""
    compact = f"regexp_replace({text}, '{_BLANKS}', '$1')"
    return f"if({text} RLIKE '[{{,:\\\\[]\\\\s', {compact}, {text})"


def _to_json(node: Node, site: Site) -> str | None:
    """Milliseconds, not microseconds. The digits behind a DECIMAL's last one are not kept."""
    if len(node.parts) != 1:
        return None
    type_ = site.type(node.parts[0])
    if re.search(r"decimal\(\d+,[1-9]", type_):
        site.label("to_json of a DECIMAL", "zeros at its end are lost: 1.50 becomes 1.5")
    if re.search(r"\b(double|float)\b", type_):
        site.label("to_json of a DOUBLE", "no exponent is written: 1.0E10 becomes 10000000000.0")
    if type_ and "timestamp" not in type_:
        return None
    return f"to_json({site.text(node.parts[0])}, {_FORMAT})"


def _variant(node: Node, site: Site) -> None:
    """A VARIANT that is shown."""
    wanted = site.value(node.parts[2]) if len(node.parts) > 2 else "variant"
    if wanted is not None and wanted.lower() == "variant":
        site.label(
            "a VARIANT that holds text",
            "shown with quotes here, and without in Spark; name a type to get a plain value",
        )


CALLS: dict[str, Rule] = {
    **dict.fromkeys(("variant_get", "try_variant_get", "variant_explode", "variant_explode_outer"), _variant),
    "from_json": _from_json,
    "get_json_object": _get,
    "to_json": _to_json,
}
