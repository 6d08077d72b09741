from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import clause_of, open_ended, source_names, words_of
from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.facts import Select
from ldp_magic.sql.model import Query
from ldp_magic.text import Edit

_T = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id){} SEQUENCE BY seq{};"
# Columns that say what a change does, and what they hold where it is a delete.
_SAYS = {
    "op": " = 'D'",
    "_op": " = 'D'",
    "__op": " = 'd'",
    "operation": " = 'DELETE'",
    "operation_type": " = 'DELETE'",
    "change_type": " = 'DELETE'",
    "cdc_operation": " = 'DELETE'",
    "_change_type": " = 'delete'",
    "is_deleted": "",
    "__deleted": " = 'true'",
}


@rule(
    code="LDP413",
    severity="info",
    verified="from memory",
    needs="schema",
    bad=[
        bad(
            _T.format("", " COLUMNS * EXCEPT (op)"),
            fixed=_T.format(" APPLY AS DELETE WHEN op = 'D'", " COLUMNS * EXCEPT (op)"),
            safe=False,
        ),
        bad(
            _T.format("\r\n  -- newest wins\r\n ", ""),
            locked={"main.raw.changes": "id INT, seq INT, is_deleted BOOLEAN"},
            fixed=_T.format("\r\n  -- newest wins\r\n  APPLY AS DELETE WHEN is_deleted", ""),
            marks=("AUTO CDC",),
        ),
    ],
    good=[
        good(_T.format(" APPLY AS DELETE WHEN op = 'D'", " COLUMNS * EXCEPT (op)")),
        good(_T.format("", "")),
        good(
            "CREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE TEMPORARY VIEW v AS SELECT id, seq, op FROM STREAM(main.raw.changes) WHERE op <> 'D';\n"
            "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(v) KEYS (id) SEQUENCE BY seq COLUMNS * EXCEPT (op);"
        ),
    ],
)
def cdc_no_delete_rule(flow: Flow, context: Context) -> Iterator[Finding]:
    """Changes that tell deletes apart, and no rule for deletes.

    Without `APPLY AS DELETE WHEN` every change is written as a row, a delete too: what the source has removed stays in the
    target. Say which changes are deletes; what the column holds for them only you know.
    """
    cdc = flow.definition.cdc
    if cdc is None or cdc.from_snapshot or cdc.delete_when or open_ended(flow.definition):
        return
    if clause_of(cdc, "apply as delete when") is not None or cdc.where:
        return
    names = [*source_names(flow, context), *(cdc.except_columns or ())]
    says = next((n for n in names if n.lower() in _SAYS), "")
    if says and not _filtered(flow, says, context):
        yield Finding(
            words_of(flow.definition),
            f"{says} tells what a change does, but no change of {flow.target} is a delete",
            why="a change that no rule calls a delete is written as a row",
            mark="no APPLY AS DELETE WHEN",
            fixes=(_fix(flow, says),),
        )


def _filtered(flow: Flow, name: str, context: Context) -> bool:
    """Does the source's own query look at that column in its WHERE? Then deletes may never come."""
    cdc = flow.definition.cdc
    source = context.pipeline.datasets.get(flow.reads[0].name) if flow.reads else None
    bodies = [cdc.source if cdc is not None else None, source.body if source is not None else None]
    return any(_in_where(s, name) for b in bodies if isinstance(b, Query) for s in b.facts.selects)


def _in_where(select: Select, name: str) -> bool:
    where = select.clauses.get("where")
    return where is not None and any(
        where.start <= c.span.start < where.end and c.name.lower() == name.lower() for c in select.columns
    )


def _fix(flow: Flow, name: str) -> Fix:
    cdc = flow.definition.cdc
    sequence = cdc.clause("sequence by") if cdc is not None else None
    condition = f"{name}{_SAYS[name.lower()]}"
    if sequence is None:
        return Fix(f"say which changes are deletes, perhaps {condition}")
    words = cased("APPLY AS DELETE WHEN", flow.definition.location)
    edit = Edit(sequence.location.inside(0, 0), f"{words} {condition} ")
    return Fix(f"delete where {condition}", (edit,), safe=False, reason=f"only you know what {name} holds")
