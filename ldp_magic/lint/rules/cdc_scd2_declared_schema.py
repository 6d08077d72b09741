from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import source_columns
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Dataset, Flow
from ldp_magic.sql.model import Column, DatasetDef
from ldp_magic.sql.types import type_name
from ldp_magic.text import Edit

_F = "\nCREATE FLOW f AS AUTO CDC INTO h FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY seq STORED AS SCD TYPE 2;"
_H = "CREATE OR REFRESH STREAMING TABLE h ({});"
_MADE = ("__START_AT", "__END_AT")


@rule(
    code="LDP414",
    verified="Databricks documentation",
    bad=[
        bad(
            _H.format("id BIGINT, seq BIGINT, city STRING") + _F,
            fixed=_H.format("id BIGINT, seq BIGINT, city STRING, __START_AT BIGINT, __END_AT BIGINT") + _F,
            safe=False,
            marks=("h",),
        ),
        bad(
            _H.format("\r\n  id BIGINT, -- the key\r\n  city STRING\r\n") + _F,
            locked={"main.raw.changes": "id BIGINT, city STRING, seq TIMESTAMP"},
            fixed=_H.format(
                "\r\n  id BIGINT, -- the key\r\n  city STRING,\r\n  __START_AT TIMESTAMP,\r\n  __END_AT TIMESTAMP\r\n"
            )
            + _F,
        ),
        bad(
            _H.format("id BIGINT, seq BIGINT, __START_AT DATE, __END_AT BIGINT") + _F,
            fixed=_H.format("id BIGINT, seq BIGINT, __START_AT BIGINT, __END_AT BIGINT") + _F,
            marks=("DATE",),
        ),
    ],
    good=[
        good(_H.format("id BIGINT, city STRING, __START_AT BIGINT, __END_AT BIGINT") + _F),
        good("CREATE OR REFRESH STREAMING TABLE h;" + _F),
        good(_H.format("id BIGINT, city STRING") + _F.replace("TYPE 2", "TYPE 1")),
    ],
)
def cdc_scd2_declared_schema(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A declared history without the columns that AUTO CDC writes into it.

    With SCD type 2 every row gets `__START_AT` and `__END_AT`, of the type of the sequence. A target that declares its columns
    has to declare these two as well, or declare none at all.
    """
    definition = dataset.definition
    flow = next((f for f in dataset.flows if f.definition.cdc is not None and f.definition.cdc.scd_type == "2"), None)
    if flow is None or not definition.columns or any(c.name == "parameter" for c in definition.constraints):
        return
    declared = {c.name.lower(): c for c in definition.columns}
    type_ = _sequence_type(flow, definition, context)
    missing = [name for name in _MADE if name.lower() not in declared]
    if missing:
        yield _missing(dataset, missing, type_)
    for name in _MADE:
        column = declared.get(name.lower())
        if column is not None and type_ and column.type and type_name(column.type) != type_:
            yield _differs(column, type_, definition)


def _sequence_type(flow: Flow, definition: DatasetDef, context: Context) -> str:
    sequence = flow.definition.cdc.sequence_by.strip("`").lower() if flow.definition.cdc is not None else ""
    columns = source_columns(flow, context) or ()
    known = next((c.type for c in columns if c.name.lower() == sequence), "")
    declared = next((type_name(c.type) for c in definition.columns if c.name.lower() == sequence and c.type), "")
    return known or declared


def _missing(dataset: Dataset, missing: list[str], type_: str) -> Finding:
    definition = dataset.definition
    names = " and ".join(missing)
    edits = _added(definition, missing, type_) if type_ else ()
    reason = "the types are taken from the sequence"
    return Finding(
        definition.name.location,
        f"{dataset.name} keeps history, but declares no {names}",
        why="AUTO CDC writes these columns; a declared table has to have them",
        mark="declares its columns",
        fixes=(Fix(f"declare {names} with the type of the sequence", edits, reason=reason),),
    )


def _added(definition: DatasetDef, missing: list[str], type_: str) -> tuple[Edit, ...]:
    if definition.language == "python":
        return ()
    last = definition.columns[-1].location
    line = last.source.text.rfind("\n", 0, last.start) + 1
    indent = last.source.text[line : last.start]
    end = "\r\n" if last.source.text[line - 2 : line] == "\r\n" else "\n"
    between = f",{end}{indent}" if line and not indent.strip() else ", "
    return (Edit(last.source.at(last.end), "".join(f"{between}{name} {type_.upper()}" for name in missing)),)


def _differs(column: Column, type_: str, definition: DatasetDef) -> Finding:
    where = column.type_location or column.location
    edits = (Edit(where, type_.upper()),) if definition.language == "sql" and column.type_location else ()
    return Finding(
        where,
        f"{column.name} is {column.type}, but the sequence is {type_.upper()}",
        why="the two columns hold values of the sequence",
        mark=f"should be {type_.upper()}",
        fixes=(Fix(f"declare it as {type_.upper()}", edits, reason="it is the sequence's type"),),
    )
