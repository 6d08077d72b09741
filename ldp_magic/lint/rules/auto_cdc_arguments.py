from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.lint.finding import Finding, Fix, Severity
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow
from ldp_magic.sql.model import Clause, Code
from ldp_magic.text import Edit

_TOP = 'from pyspark import pipelines as dp\n\ndp.create_streaming_table("t")\n'
_CALL = 'dp.create_auto_cdc_flow(target="t", source="main.raw.s", {})\n'
_SPARK = {
    "target", "source", "keys", "sequence_by", "apply_as_deletes", "column_list", "except_column_list",
    "stored_as_scd_type", "name", "track_history_column_list", "track_history_except_column_list", "spark_conf",
}  # fmt: skip
_DATABRICKS = _SPARK | {
    "system_sequence_by", "ignore_null_updates", "ignore_null_updates_column_list", "flow_name", "where",
    "ignore_null_updates_except_column_list", "columns_to_update", "apply_as_truncates", "once",
}  # fmt: skip
_FEATURES = _DATABRICKS - _SPARK - {"where", "flow_name"}  # where Spark lacks them, LDP004 says so
_LISTS = ("keys", "column_list", "except_column_list", "track_history_column_list", "track_history_except_column_list")


@rule(
    code="LDP812",
    foresees=(
        "AUTOCDC_EMPTY_KEYS",
        "CANNOT_SET_TOGETHER",
        "NOT_EXPECTED_TYPE",
        "INVALID_MULTIPLE_ARGUMENT_CONDITIONS",
        "AUTOCDC_NON_COLUMN_IDENTIFIER",
    ),
    verified="the source of Spark 4.3 and 4.2; Databricks documentation for its arguments",
    bad=[
        bad(
            _TOP + _CALL.format('keys="id", sequence_by="seq"'),
            fixed=_TOP + _CALL.format('keys=["id"], sequence_by="seq"'),
            python=True,
            safe=True,
            marks=('"id"',),
        ),
        bad(
            _TOP + _CALL.format('keys=["id"], sequence_by="seq", column_list=["a"], except_column_list=["b"]'),
            python=True,
            marks=('except_column_list=["b"]',),
        ),
        bad(
            _TOP
            + _CALL.format('keys=["id"], sequence_by="seq", stored_as_scd_type=1, track_history_column_list=["a"]'),
            python=True,
            target="spark-4.3",
            marks=('track_history_column_list=["a"]',),
        ),
        bad(
            _TOP + _CALL.format('keys=["id"], sequence_by="seq", stored_as_scd_type="three"'),
            python=True,
            marks=('"three"',),
        ),
        bad(
            _TOP + _CALL.format('keys=["id"], sequence_by="seq", where="op = 9"'),
            python=True,
            target="spark-4.2",
            marks=('where="op = 9"',),
        ),
        bad(_TOP + _CALL.format('keys=["id"], sequence_by="seq", colum_list=["a"]'), python=True),
        bad(_TOP + _CALL.format('sequence_by="seq"'), python=True, marks=("dp.create_auto_cdc_flow",)),
        bad(_TOP + _CALL.format('keys=[ ], sequence_by="seq"'), python=True, marks=("[ ]",)),
    ],
    good=[
        good(_TOP + _CALL.format('keys=["id"], sequence_by="seq"'), python=True),
        good(
            "import sys\nfrom pyspark.sql.functions import col\n"
            + _TOP
            + _CALL.format(
                'keys=[col("id")],  # one\n    sequence_by=col("seq"), stored_as_scd_type=2, except_column_list=["op"],\n'
                '    track_history_column_list=["a"], column_list=None, apply_as_deletes="op = \'D\'"'
            ),
            python=True,
        ),
        good(
            _TOP
            + "\n\ndef upsert(keep=None, leave=None, history=None):\n    "
            + _CALL.format(
                'keys=["id"], sequence_by="seq", column_list=keep, except_column_list=leave,\n'
                "        track_history_column_list=history"
            )
            + '\n\nupsert(leave=["op"])\n',
            python=True,
        ),
        good(_TOP + 'how = {"keys": ["id"]}\n' + _CALL.format('sequence_by="seq", **how'), python=True),
    ],
)
def auto_cdc_arguments(flow: Flow, context: Context) -> Iterator[Finding]:
    """A CDC flow in Python whose arguments do not fit together.

    Keys and column lists are lists; columns are either kept or left out; history is tracked in type 2 only; and each
    target knows its own arguments. Spark refuses anything else while it reads the file, before any row moves.
    """
    cdc = flow.definition.cdc
    if cdc is None or flow.definition.language != "python":
        return
    given = {c.name: c for c in cdc.clauses if c.name and not _none(c)}
    yield from _no_keys(flow, given)
    yield from _not_lists(given, context)
    known = {name: c for name, c in given.items() if c.value is not None}  # the rest may be None in a run
    yield from _both(known)
    yield from _scd_type(given, context)
    yield from _history(given, known)
    yield from _frame(given, cdc.source)
    yield from _unknown(given, cdc.from_snapshot, context)


def _none(clause: Clause) -> bool:
    return clause.value is None and clause.value_location is not None and clause.value_location.text == "None"


def _why(what: str) -> str:
    return f"{what}; Spark refuses it while it reads the file"


def _no_keys(flow: Flow, given: dict[str, Clause]) -> Iterator[Finding]:
    call = flow.definition.location
    keys = given.get("keys")
    place = keys.value_location if keys is not None else None
    if keys is None and "**" not in call.text:
        end = call.text.find("(")
        place = call.inside(0, end) if end > 0 else call
    elif place is None or "".join(place.text.split()) not in ("[]", "()"):
        return
    yield Finding(
        place or call,
        f"the CDC flow into {flow.target} has no keys",
        why=_why("keys say which row of the target a change is about"),
        fixes=(Fix('add keys=["..."] with the columns that identify a row'),),
    )


def _not_lists(given: dict[str, Clause], context: Context) -> Iterator[Finding]:
    for name in _LISTS:
        clause = given.get(name)
        where = clause.value_location if clause is not None else None
        if clause is None or where is None:
            continue
        literal = where.text[:1] in "\"'" and isinstance(clause.value, str)
        if literal:
            edits = (Edit(where.source.at(where.start), "["), Edit(where.source.at(where.end), "]"))
            fix = Fix("put it in a list", edits, True, "it could not run as it was")
            yield Finding(where, f"{name} is one text, not a list", why=_why(f"{name} takes a list"), fixes=(fix,))
        elif context.spark and name == "keys" and isinstance(clause.value, tuple):
            dotted = next((v for v in clause.value if isinstance(v, str) and "." in v and "`" not in v), None)
            if dotted is not None:
                why = _why("a key is a column of the source, not a field or a column of an alias")
                yield Finding(where, f"{dotted} is no name of a column", why=why, fixes=(Fix("name the column alone"),))


def _both(given: dict[str, Clause]) -> Iterator[Finding]:
    pairs = (
        ("column_list", "except_column_list"),
        ("track_history_column_list", "track_history_except_column_list"),
    )
    for one, other in pairs:
        if one in given and other in given:
            why = _why("columns are either named or excepted")
            advice = Fix(f"take {one} or {other} away")
            yield Finding(given[other].location, f"{one} and {other} are both given", why=why, fixes=(advice,))


def _scd_type(given: dict[str, Clause], context: Context) -> Iterator[Finding]:
    clause = given.get("stored_as_scd_type")
    where = clause.value_location if clause is not None else None
    if clause is None or where is None or not isinstance(clause.value, str | int) or "${" in str(clause.value):
        return
    known = ("1", "2") if context.spark else ("1", "2", "bitemporal")
    if isinstance(clause.value, bool) or str(clause.value).lower() not in known:
        message = f"{where.text} is no type of history"
        fix = Fix("write 1 for the newest row only, or 2 for all versions")
        yield Finding(where, message, why=_why(f"the types are {', '.join(known)}"), fixes=(fix,))


def _history(given: dict[str, Clause], known: dict[str, Clause]) -> Iterator[Finding]:
    scd = given.get("stored_as_scd_type")
    name = next((n for n in _LISTS[3:] if n in known), "")
    if not name or (scd is not None and str(scd.value) != "1"):
        return
    message = f"{name} is given, but the flow keeps no history"
    why = _why("only type 2 keeps versions whose columns can be tracked")
    yield Finding(given[name].location, message, why=why, fixes=(Fix("add stored_as_scd_type=2, or take it away"),))


def _frame(given: dict[str, Clause], source: object) -> Iterator[Finding]:
    clause = given.get("source")
    if clause is None or clause.value is not None or not isinstance(source, Code) or not source.reads:
        return
    where = clause.value_location or clause.location
    if source.function or "read" not in where.text:
        return
    why = _why("the source is the name of a table or view")
    fix = Fix("put @dp.temporary_view on a function that returns it, and name that view")
    yield Finding(where, "source is a DataFrame, not a name", why=why, fixes=(fix,))


def _unknown(given: dict[str, Clause], snapshot: bool, context: Context) -> Iterator[Finding]:
    known = _SPARK if context.spark else _DATABRICKS
    level: Severity = "error" if context.spark else "warning"
    for name, clause in given.items():
        if name in known or snapshot or name in _FEATURES:
            continue
        near = next(iter(get_close_matches(name, sorted(known), 1)), "")
        held = "Databricks has it" if name in _DATABRICKS else f"did you mean {near}?" if near else ""
        place = context.target if context.spark else "Databricks"
        message = f"{place} knows no argument {name} of a CDC flow" + (f"; {held}" if held else "")
        advice = Fix(f"write {near}" if near and name not in _DATABRICKS else "take it away")
        yield Finding(
            clause.location, message, why="an unknown argument is a TypeError", fixes=(advice,), severity=level
        )
