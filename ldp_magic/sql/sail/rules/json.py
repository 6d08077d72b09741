"""JSON in text: `col:path`, and times as Spark reads and writes them."""

from __future__ import annotations

import re

from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site
from ldp_magic.sql.types import ddl_columns, type_name

_TIMESTAMP = re.compile(r"\bTIMESTAMP(?:_LTZ)?\b", re.IGNORECASE)
_QUOTED = re.compile(r"`((?:[^`]|``)*)`")
_FORMAT = "map('timestampFormat', \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\")"


def path(node: Node, site: Site) -> str | None:
    """`col:a.b[0]`, of text that holds JSON or of a VARIANT"""
    inner = node.parts[0]
    written = site.types.queries.reader.text(inner.last + 1, node.last)
    steps = _QUOTED.sub(lambda found: f"[\\'{found[1]}\\']" if "." in found[1] else found[1], written)
    if site.type(inner) == "variant":
        return f"variant_get({site.text(inner)}, '$.{steps}', 'variant')"
    return f"get_json_object({site.text(inner)}, '$.{steps}')"


def _from_json(node: Node, site: Site) -> str | None:
    """Times with a T, which the engine's reader does not take, are read as text and cast."""
    schema = site.value(node.parts[1]) if len(node.parts) == 2 else None
    if schema is None or not _TIMESTAMP.search(schema):
        return None
    whole = schema if type_name(schema) else f"STRUCT<{schema}>"
    if not type_name(whole):
        return None
    if not type_name(schema):
        whole = f"STRUCT<{', '.join(f'`{name}`: {type_}' for name, type_ in ddl_columns(schema))}>"
    texts = _TIMESTAMP.sub("STRING", schema).replace("'", "\\'")
    return f"TRY_CAST(from_json({site.text(node.parts[0])}, '{texts}') AS {whole})"


def _to_json(node: Node, site: Site) -> str | None:
    """Milliseconds, not microseconds. The digits behind a DECIMAL's last one are not kept."""
    if len(node.parts) != 1:
        return None
    type_ = site.type(node.parts[0])
    if re.search(r"decimal\(\d+,[1-9]", type_):
        site.label("to_json of a DECIMAL", "zeros at its end are lost: 1.50 becomes 1.5")
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
    "to_json": _to_json,
}
