"""What a live catalog says of tables. It is only asked, never written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.place import Place
from ldp_magic.engine.session import Session, engine_at
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.sql.writing import quoted


def columns_at(place: Place, tables: Mapping[str, Sequence[str]]) -> dict[str, tuple[ColumnType, ...]]:
    """The columns of each table, by the key it was asked under; a table that the catalog does not have is left out."""
    if place.embedded:
        raise EngineError(
            "the embedded engine has no catalog to ask",
            why="it knows the files of this machine only",
            fix="say --place databricks, or --place sc://host:port",
        )
    with engine_at(place).session() as session:
        return session.call(lambda: _asked(session, tables))


def _asked(session: Session, tables: Mapping[str, Sequence[str]]) -> dict[str, tuple[ColumnType, ...]]:
    from pyspark.errors import AnalysisException

    found = {}
    for key, parts in tables.items():
        try:
            schema = session.spark.table(".".join(map(quoted, parts))).schema
        except AnalysisException:  # it is not there, or not for this user: the caller says which are left
            continue
        found[key] = tuple(_column(each) for each in schema.fields)
    return found


def _column(field: Any) -> ColumnType:
    comment = field.metadata.get("comment") if field.metadata else None
    return ColumnType(
        name=field.name, type=field.dataType.simpleString(), nullable=bool(field.nullable), comment=comment
    )
