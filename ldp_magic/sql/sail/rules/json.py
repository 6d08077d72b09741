"""JSON in text: `col:path`, wildcards, numbers and times in to_json."""

from __future__ import annotations

import re

from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.site import Rule, Site


def path(node: Node, site: Site) -> str | None:
    """`col:a.b[0]` of text that holds JSON"""
    inner = node.parts[0]
    written = site.types.queries.reader.text(inner.last + 1, node.last)
    quoted = re.sub(r"`((?:[^`]|``)*)`", lambda m: m[1], written)
    return f"get_json_object({site.text(inner)}, '$.{quoted}')"


CALLS: dict[str, Rule] = {}
