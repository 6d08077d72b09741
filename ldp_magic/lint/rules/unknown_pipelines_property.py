from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.properties import Property, properties_of, renamed
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset

_T = "CREATE OR REFRESH STREAMING TABLE t TBLPROPERTIES ({}) AS SELECT id FROM STREAM(main.raw.s);"
_RESET = "pipelines.reset.allowed"
_KNOWN = (
    _RESET,
    "pipelines.autoOptimize.managed",
    "pipelines.autoOptimize.zOrderCols",
    "pipelines.trigger.interval",
    "pipelines.channel",
    "pipelines.cdc.tombstoneGCThresholdInSeconds",
    "pipelines.cdc.tombstoneGCFrequencyInSeconds",
    "pipelines.applyChanges.tombstoneGCThresholdInSeconds",
    "pipelines.applyChanges.tombstoneGCFrequencyInSeconds",
)
_SWITCHES = {_RESET, "pipelines.autooptimize.managed"}
_UNPREFIXED = {"reset.allowed": _RESET}


@rule(
    code="LDP612",
    severity="warning",
    verified="Spark 4.3; Databricks documentation",
    bad=[
        bad(
            _T.format("'quality' = 'silver', 'pipelines.reset.allow' = 'false'"),
            fixed=_T.format("'quality' = 'silver', 'pipelines.reset.allowed' = 'false'"),
            safe=True,
            marks=("'pipelines.reset.allow'",),
        ),
        bad(
            _T.format('\r\n  "reset.allowed" = "false" -- keep it\r\n'),
            fixed=_T.format('\r\n  "pipelines.reset.allowed" = "false" -- keep it\r\n'),
        ),
        bad(_T.format("pipelines.reset.allowed = 'no'"), marks=("'no'",)),
        bad(_T.format("'pipelines.nothing.known' = '1'")),
    ],
    good=[
        good(_T.format("'pipelines.reset.allowed' = 'false', 'pipelines.trigger.interval' = '1 hour'")),
        good(_T.format("pipelines.autoOptimize.managed = true, 'quality' = 'silver'")),
        good(
            'from pyspark import pipelines as dp\n@dp.table(table_properties={"pipelines.reset.allowed": "false"})\n'
            'def t():\n    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
    ],
)
def unknown_pipelines_property(dataset: Dataset) -> Iterator[Finding]:
    """A property of the pipeline that nobody knows.

    A table takes any property, so a slip in `pipelines.reset.allowed` is not noticed until the table is emptied by a full
    refresh. A wrong value of a known one stops the update.
    """
    for held in properties_of(dataset.definition):
        low = held.key.lower()
        if low in _UNPREFIXED:
            yield _unknown(held, _UNPREFIXED[low])
        elif low.startswith("pipelines.") and "${" not in low:
            yield from _judged(held, low)


def _judged(held: Property, low: str) -> Iterator[Finding]:
    if low not in {k.lower() for k in _KNOWN}:
        yield _unknown(held, _near(low))
    elif low in _SWITCHES and held.value.lower() not in ("true", "false") and held.value and "${" not in held.value:
        why = "the update stops where the value cannot be read"
        fix = Fix("write 'true' or 'false'")
        yield Finding(held.value_at, f"{held.key} is true or false, not {held.value}", why=why, fixes=(fix,))


def _near(low: str) -> str:
    """The known key that is meant, if only one can be: by its letters, or because it is the only one that begins so."""
    known = {k.lower(): k for k in _KNOWN}
    near = get_close_matches(low, known, 2, 0.85) or [k for k in known if k.startswith(low)]
    return known[near[0]] if len(near) == 1 else ""


def _unknown(held: Property, meant: str) -> Finding:
    fix = Fix("take it out, or tell us if it is new")
    if meant:
        fix = Fix(f"write {meant}", renamed(held, meant), safe=True, reason="it had no effect as it was")
    return Finding(
        held.key_at,
        f"no property is called {held.key}" + (f"; {meant} is" if meant else ""),
        why="an unknown property is kept and has no effect",
        fixes=(fix,),
    )
