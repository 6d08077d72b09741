from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.cdc import clause_of, open_ended, words_of
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.past import changes, kept, words
from ldp_magic.lint.rule import THE_PAST, bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.pipeline.model import Flow, Pipeline
from ldp_magic.sql.model import AutoCdc, Clause

_T = "CREATE OR REFRESH STREAMING TABLE c;\n"
_FLOW = _T + "CREATE FLOW f AS AUTO CDC INTO c FROM STREAM(s) KEYS (id) SEQUENCE BY seq{};"
_BEFORE = _FLOW.format(" STORED AS SCD TYPE 2")
_TRACKED = _FLOW.format(" STORED AS SCD TYPE 2 TRACK HISTORY ON {}")
_PYTHON = (
    "from pyspark import pipelines as dp\n\ndp.create_streaming_table('c')\n"
    "dp.create_auto_cdc_flow(target='c', source='s', keys=['id'], sequence_by='seq', {0})\n"
)
_UNKNOWN = "from elsewhere import kind\n" + _PYTHON.format("stored_as_scd_type=kind")
_TRACKING = ("track history", "track_history_column_list", "track_history_except_column_list")


@rule(
    code="LDP417",
    severity="warning",
    needs=THE_PAST,
    foresees=(
        "AUTOCDC_INVALID_STATE.KEY_SCHEMA_DRIFT",
        "AUTOCDC_INVALID_STATE.SCD_TYPE_DRIFT",
        "AUTOCDC_INVALID_STATE.SEQUENCING_TYPE_DRIFT",
        "AUTOCDC_INVALID_STATE.TRACK_HISTORY_DRIFT",
    ),
    verified="Spark 4.3's error conditions; not run",
    bad=[
        bad(_BEFORE.replace("(id)", "(id, region)"), before=_BEFORE, marks=("(id, region)",)),
        bad(
            _FLOW.format(" STORED AS SCD TYPE 1").replace("BY seq", "BY struct(seq, ts)"),
            before=_BEFORE,
            marks=("struct(seq, ts)", "SCD TYPE 1"),
            count=2,
        ),
        bad(_FLOW.format(""), before=_BEFORE, marks=("AUTO CDC",)),
        bad(_TRACKED.format("a, b"), before=_TRACKED.format("a"), marks=("ON a, b",)),
        bad(_TRACKED.format("* EXCEPT (a)"), before=_TRACKED.format("a"), target="spark-4.3"),
        bad(
            _PYTHON.format("stored_as_scd_type=2, track_history_column_list=['a']"),
            before=_PYTHON.format("stored_as_scd_type=1"),
            python=True,
            marks=("2", "['a']"),
            count=2,
        ),
    ],
    good=[
        good(_BEFORE.replace("(id)", "(`ID`)").replace("BY seq", "by -- when\n SEQ"), before=_BEFORE),
        good(_TRACKED.format("b, a"), before=_TRACKED.format("a, b")),
        good(_FLOW.format(""), before=_FLOW.format(" STORED AS SCD TYPE 1")),
        good(_BEFORE.replace(" c", " d").replace("(s)", "(other)"), before=_FLOW.format("")),
        good(_UNKNOWN, before=_PYTHON.format("stored_as_scd_type=2"), python=True),
        good(_BEFORE),
    ],
)
def cdc_config_drift(pipeline: Pipeline, context: Context) -> Iterator[Finding]:
    """Keys, sequence, SCD type or tracked columns of an AUTO CDC that differ from what they were.

    Beside its rows the target holds what AUTO CDC needs to put late changes in order, laid out for the keys, the
    sequence and the history that it was begun with. Under others the next update stops, or goes on with a history
    that fits neither. After such a change the target needs a full refresh, so its source must still hold everything.
    """
    for pair in kept(context.before, pipeline) if context.before is not None else ():
        for was, flow in changes(pair, pipeline):
            now = flow.definition.cdc
            if now is not None and not open_ended(flow.definition):
                yield from _drifts(was, now, flow)


def _drifts(was: AutoCdc, now: AutoCdc, flow: Flow) -> Iterator[Finding]:
    if was.keys and now.keys and _folded(was.keys) != _folded(now.keys):
        yield from _finding(flow, was, "keys", "the keys", ", ".join(was.keys), ", ".join(now.keys))
    old, new = was.sequence_by, now.sequence_by
    if old and new and words(old) != words(new):
        yield from _finding(flow, was, "sequence by", "the sequence", old, new)
    if was.scd_type != now.scd_type:
        yield from _finding(
            flow, was, "stored as", "the kind of history", *(f"SCD type {c.scd_type}" for c in (was, now))
        )
    if _tracked(was) != _tracked(now):
        yield from _finding(flow, was, "", "the tracked columns", _shown(was), _shown(now))


def _folded(names: tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(name.lower() for name in names or ())


def _tracked(cdc: AutoCdc) -> tuple[frozenset[str], frozenset[str]]:
    return _folded(cdc.track_history), _folded(cdc.track_history_except)


def _shown(cdc: AutoCdc) -> str:
    if cdc.track_history:
        return ", ".join(cdc.track_history)
    return f"all but {', '.join(cdc.track_history_except)}" if cdc.track_history_except else "every column"


def _clause(cdc: AutoCdc, name: str) -> Clause | None:
    """The clause of that name, or else the one that says what history is kept of."""
    if name:
        return clause_of(cdc, name)
    return next((clause for word in _TRACKING if (clause := cdc.clause(word)) is not None), None)


def _unread(clause: Clause | None) -> bool:
    """A Python argument whose value only a run could tell."""
    if clause is None:
        return False
    some = clause.value if isinstance(clause.value, tuple) else (clause.value,)
    return None in some and clause.location.text.rpartition("=")[2].strip() != "None"


def _finding(flow: Flow, before: AutoCdc, name: str, what: str, was: str, now: str) -> Iterator[Finding]:
    cdc = flow.definition.cdc
    clause = _clause(cdc, name) if cdc is not None else None
    if _unread(clause) or _unread(_clause(before, name)):
        return
    yield Finding(
        words_of(flow.definition) if clause is None else clause.value_location or clause.location,
        f"{what} of {flow.target} changed from {_short(was)} to {_short(now)}",
        why="what the target keeps to put changes in order was laid out for the old one; the next update stops",
        mark=f"was {_short(was)}",
        fixes=(Fix(f"run a full refresh of {flow.target} with this change, while its source still holds everything"),),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
