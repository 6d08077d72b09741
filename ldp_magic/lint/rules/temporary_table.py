from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context
from ldp_magic.lint.words import phrase_in, rewritten
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Clause
from ldp_magic.text import Edit

_OLD = {"TEMPORARY", "TEMP", "LIVE", "INCREMENTAL", "STREAMING", "MATERIALIZED", "PRIVATE"}
_READER = "\nCREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM stage;"


@rule(
    code="LDP507",
    severity="warning",
    verified="Databricks documentation",
    bad=[
        bad(
            "CREATE TEMPORARY LIVE TABLE stage AS SELECT id FROM main.raw.s;" + _READER,
            fixed="CREATE PRIVATE MATERIALIZED VIEW stage AS SELECT id FROM main.raw.s;" + _READER,
            safe=True,
            marks=("TEMPORARY",),
        ),
        bad(
            "create or refresh temporary streaming table stage -- new\r\nas select id from stream(main.raw.s);"
            + _READER,
            fixed="create or refresh private streaming table stage -- new\r\nas select id from stream(main.raw.s);"
            + _READER,
        ),
        bad(
            "import dlt\n@dlt.table(temporary=True)  # not shown\ndef stage():\n    return spark.range(3)\n",
            python=True,
            fixed="import dlt\n@dlt.table(private=True)  # not shown\ndef stage():\n    return spark.range(3)\n",
            marks=("temporary",),
        ),
    ],
    good=[
        good("CREATE OR REFRESH PRIVATE MATERIALIZED VIEW stage AS SELECT id FROM main.raw.s;" + _READER),
        good("CREATE TEMPORARY VIEW stage AS SELECT id FROM main.raw.s;" + _READER),
    ],
)
def temporary_table(dataset: Dataset, context: Context) -> Iterator[Finding]:
    """A table called temporary, which is called private today.

    Such a table is stored and kept from update to update, only nobody outside the pipeline sees it: it was never temporary.
    `PRIVATE` says so, in Python `private=True`.
    """
    definition = dataset.definition
    if definition.language == "python":
        clause = definition.clause("temporary")
        if (
            clause is not None
            and clause.value is True
            and dataset.kind in ("streaming table", "materialized view", "table")
        ):
            yield _in_python(clause, context)
        return
    word = phrase_in(definition.head, "TEMPORARY") or phrase_in(definition.head, "TEMP")
    if word is None or "TABLE" not in definition.words:
        return
    fix = Fix("write PRIVATE", rewritten(definition.head, _words(dataset, context)), safe=True, reason="means the same")
    yield Finding(
        word,
        f"{dataset.name} is not temporary but private",
        why="it is stored and kept, but nobody outside the pipeline sees it",
        mark="say PRIVATE",
        fixes=() if context.spark else (fix,),
    )


def _words(dataset: Dataset, context: Context) -> list[str]:
    words = [w for w in dataset.definition.words if w not in ("IF", "NOT", "EXISTS")]
    streams = dataset.kind == "streaming table" or dataset.body is None or context.shape(dataset).streaming
    kind = ["STREAMING", "TABLE"] if streams else ["MATERIALIZED", "VIEW"]
    return [*(w for w in words if w not in _OLD and w != "TABLE"), "PRIVATE", *kind]


def _in_python(clause: Clause, context: Context) -> Finding:
    word = clause.location.inside(0, len("temporary"))
    edits = (Edit(word, "private"),) if word.text == "temporary" else ()
    fix = Fix("write private=True", edits, safe=True, reason="means the same")
    why = "the table is stored and kept, but nobody outside the pipeline sees it"
    return Finding(word, "temporary=True is called private=True today", why=why, fixes=() if context.spark else (fix,))
