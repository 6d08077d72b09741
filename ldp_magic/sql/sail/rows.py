"""The rows of VALUES: their cells have the type that Spark brings a column to."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.coercion import INTEGERS, common
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.expressions import Node
from ldp_magic.sql.sail.queries import Select
from ldp_magic.sql.sail.typed import Types


def cells(select: Select, types: Types) -> Iterator[tuple[Node, str]]:
    """The cells that need a cast, and to which type: those of another type than their column's, and arrays of structs,
    which the engine does not take while it believes that no NULL can be in them."""
    for source in select.sources:
        table = [row.parts if row.kind == "tuple" else (row,) for row in source.rows]
        for column in zip(*table, strict=False):
            held = [types.of(cell, select) for cell in column]
            known = {type_ for type_ in held if type_ != "void"}
            if "string" in known and len(known) > 1 and "" not in known:
                raise Refused(
                    f"a column of VALUES holds {' and '.join(sorted(known))}",
                    why="Spark takes no rows whose types are so different",
                    fix="CAST them to one type",
                )
            wanted = "float" if "float" in known and known <= {"float", *INTEGERS} else common(held)
            if wanted and "void" not in wanted:
                for cell, type_ in zip(column, held, strict=True):
                    if type_ not in (wanted, "void") or wanted.startswith("array<struct<"):
                        yield cell, wanted
