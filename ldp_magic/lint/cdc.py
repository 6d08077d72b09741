"""What rules about AUTO CDC share: its words, its clauses in either language, and what its source has."""

from __future__ import annotations

from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import phrase_in
from ldp_magic.pipeline.model import ColumnType, Flow
from ldp_magic.sql.model import AutoCdc, Clause, FlowDef
from ldp_magic.text import Location

_PYTHON = {
    "keys": "keys",
    "sequence by": "sequence_by",
    "stored as": "stored_as_scd_type",
    "apply as delete when": "apply_as_deletes",
    "apply as truncate when": "apply_as_truncates",
    "ignore null updates": "ignore_null_updates",
    "columns to update": "columns_to_update",
    "system sequence by": "system_sequence_by",
}


def words_of(definition: FlowDef) -> Location:
    """Where AUTO CDC or APPLY CHANGES stands; the whole call in Python."""
    if definition.language == "python":
        return definition.location
    where = definition.location
    return phrase_in(where, "AUTO", "CDC") or phrase_in(where, "APPLY", "CHANGES") or where


def legacy(definition: FlowDef) -> Location | None:
    """Where APPLY CHANGES stands, if that is how the flow was written."""
    if definition.language == "python" or definition.cdc is None:
        return None
    cut = definition.cdc.source.location.start - definition.location.start
    return phrase_in(definition.location.inside(0, max(cut, 0)), "APPLY", "CHANGES")


def clause_of(cdc: AutoCdc, name: str) -> Clause | None:
    """A clause by its SQL name, or the Python argument that means the same."""
    return cdc.clause(name) or (cdc.clause(_PYTHON[name]) if name in _PYTHON else None)


def place_of(definition: FlowDef, name: str) -> Location:
    """What a clause holds, or the flow's words where there is no such clause."""
    clause = clause_of(definition.cdc, name) if definition.cdc is not None else None
    if clause is None:
        return words_of(definition)
    return clause.value_location or clause.location


def open_ended(definition: FlowDef) -> bool:
    """May a Python call have arguments that its text does not show?"""
    return definition.language == "python" and "*" in definition.location.text


def source_columns(flow: Flow, context: Context) -> tuple[ColumnType, ...] | None:
    """All columns of the source, or None where the text does not tell."""
    cdc = flow.definition.cdc
    if cdc is None or any(r.option("readChangeFeed") for r in cdc.source.reads):
        return None
    dataset = context.pipeline.datasets.get(flow.target)
    if dataset is not None:
        context.schemas.columns(dataset)  # its sources first
        resolved = context.schemas.resolved(dataset, cdc.source)
        if resolved is not None:
            known = resolved.complete and bool(resolved.columns)
            return tuple(ColumnType(name=c.name, type=c.type) for c in resolved.columns) if known else None
    return context.columns(flow.reads[0].name) if len(flow.reads) == 1 else None


def source_names(flow: Flow, context: Context) -> tuple[str, ...]:
    """The columns that the source has for certain; there may be more."""
    columns = source_columns(flow, context)
    if columns is not None:
        return tuple(c.name for c in columns)
    if len(flow.reads) != 1 or flow.reads[0].kind != "dataset":
        return ()
    source = context.pipeline.datasets.get(flow.reads[0].name)
    resolved = context.schemas.resolved(source, source.body) if source is not None else None
    return tuple(c.name for c in resolved.columns if c.name != "*") if resolved is not None else ()


def kept(name: str, cdc: AutoCdc) -> bool:
    """Does COLUMNS leave this column in?"""
    low = name.lower()
    if cdc.columns is not None:
        return low in {c.lower() for c in cdc.columns}
    return cdc.except_columns is None or low not in {c.lower() for c in cdc.except_columns}
