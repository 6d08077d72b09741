"""A type as it is written in a CAST."""

from __future__ import annotations

from ldp_magic.sql.results import element, key_of
from ldp_magic.sql.types import fields_of


def ddl(type_: str) -> str:
    """Upper case, the names of fields in back-ticks."""
    if type_.startswith("struct<"):
        return f"STRUCT<{', '.join(f'`{name}`: {ddl(inner)}' for name, inner in fields_of(type_))}>"
    if type_.startswith("array<"):
        return f"ARRAY<{ddl(type_[6:-1])}>"
    return f"MAP<{ddl(key_of(type_))}, {ddl(element(type_))}>" if type_.startswith("map<") else type_.upper()
