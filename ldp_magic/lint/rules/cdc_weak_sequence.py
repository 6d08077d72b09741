from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.cdc import place_of, source_columns
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.functions import CLOCK
from ldp_magic.sql.lexer import tokens_of

_T = "CREATE OR REFRESH STREAMING TABLE t;\nCREATE FLOW f AS AUTO CDC INTO t FROM STREAM(main.raw.changes) KEYS (id) SEQUENCE BY {};"
_FILE_TIMES = {"file_modification_time", "file_name", "file_path"}
_LOADED = re.compile(
    r"_*(load(ed)?|ingest(ed|ion)?|import(ed)?|insert(ed|ion)?|process(ed|ing)|batch)_*"
    r"(date|day|dt|time|timestamp|datetime|ts|at)_*"
)


@rule(
    code="LDP412",
    severity="warning",
    verified="the source of Spark 4.3; a vendor's note",
    bad=[
        bad(_T.format("load_date"), marks=("load_date",)),
        bad(_T.format("current_timestamp()"), marks=("current_timestamp()",)),
        bad(_T.format("changed_on"), locked={"main.raw.changes": "id INT, changed_on DATE"}, marks=("changed_on",)),
        bad(_T.format("/* newest */ _metadata.file_modification_time")),
    ],
    good=[
        good(_T.format("STRUCT(changed_at, event_id)")),
        good(_T.format("load_date"), locked={"main.raw.changes": "id INT, load_date TIMESTAMP"}),
        good(_T.format("lsn")),
    ],
)
def cdc_weak_sequence(flow: Flow, context: Context) -> Iterator[Finding]:
    """A sequence that cannot tell which of two changes is the newer.

    Where two changes of one key have the same sequence nobody says which one wins. A date, the time of loading and a file's
    time are the same for many changes, and say when a change was seen, not when it happened. Use the number or time that
    the source system gave it, and a tie-breaker where times can be equal: `SEQUENCE BY STRUCT(changed_at, event_id)`.
    """
    cdc = flow.definition.cdc
    if cdc is None or not cdc.sequence_by or cdc.from_snapshot:
        return
    weak = _weak(cdc.sequence_by, flow, context)
    if weak:
        yield Finding(
            place_of(flow.definition, "sequence by"),
            f"{flow.target} is sequenced by {weak}",
            why="of two changes with an equal sequence either may win",
            mark="can be equal",
            fixes=(Fix("sequence by what the source system counts, or by STRUCT(…) with a tie-breaker"),),
        )


def _weak(sequence: str, flow: Flow, context: Context) -> str:
    tokens = tokens_of(sequence)
    names = [tokens.get(i).strip("`").lower() for i in range(len(tokens)) if tokens.types[i] in ("word", "name")]
    if not names or "STRUCT" in tokens.words or "NAMED_STRUCT" in tokens.words:
        return ""
    if names[0] in CLOCK and (len(tokens) <= 3):
        return "the time at which it is processed"
    if names[-1] in _FILE_TIMES and names[0] == "_metadata":
        return "something that all rows of a file share"
    return _weak_column(names[-1], flow, context) if len(tokens) == 1 else ""


def _weak_column(name: str, flow: Flow, context: Context) -> str:
    columns = source_columns(flow, context) or ()
    type_ = next((c.type for c in columns if c.name.lower() == name), "")
    if type_ == "date":
        return f"{name}, a date"
    if not type_ and _LOADED.fullmatch(name):
        return f"{name}, the time of loading by its name"
    return ""
