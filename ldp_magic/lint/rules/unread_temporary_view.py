from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT id FROM {};"


@rule(
    code="LDP204",
    severity="warning",
    foresees=("work that nobody sees",),
    verified="Spark 4.3 takes it without a word",
    bad=[
        bad(
            "CREATE TEMPORARY VIEW helper AS SELECT * FROM main.raw.a;\n" + _TABLE.format("main.raw.a"),
            fixed=_TABLE.format("main.raw.a"),
            safe=False,
            marks=("helper",),
        ),
        bad(
            "-- kept\r\ncreate or refresh private materialized view p as select 1 as one;\r\n"
            + _TABLE.format("main.raw.a"),
            fixed="-- kept\r\n" + _TABLE.format("main.raw.a"),
        ),
        bad(
            "import dlt\n@dlt.view\ndef v():\n    return spark.read.table('main.a.b')\n"
            "@dlt.table\ndef t():\n    return spark.read.table('main.a.b')\n",
            python=True,
        ),
    ],
    good=[
        good("CREATE TEMPORARY VIEW helper AS SELECT * FROM main.raw.a;\n" + _TABLE.format("helper")),
        good(
            "CREATE OR REFRESH PRIVATE MATERIALIZED VIEW no_lost_rows (CONSTRAINT same EXPECT (lost = 0) ON VIOLATION FAIL UPDATE)\n"
            "AS SELECT count(*) AS lost FROM kept WHERE id IS NULL;\n"
            "CREATE OR REFRESH STREAMING TABLE kept AS SELECT id FROM STREAM(main.raw.a);"
        ),
        good(
            "CREATE TEMPORARY VIEW c AS SELECT * FROM STREAM(main.raw.c);\nCREATE OR REFRESH STREAMING TABLE t;\n"
            "CREATE FLOW f AS AUTO CDC INTO t FROM STREAM(c) KEYS (id) SEQUENCE BY at STORED AS SCD TYPE 1;"
        ),
    ],
)
def unread_temporary_view(pipeline: Pipeline) -> Iterator[Finding]:
    """A temporary view or a private dataset that nothing reads.

    Nobody outside the pipeline can see it, so it does nothing: an update never runs the view, and computes the private
    table for no one. Delete it, or read it. A private table that checks expectations is a test, and left alone; in a
    file or notebook that no pipeline names this is advice, because the reader may stand elsewhere.
    """
    if pipeline.unknown or pipeline.problems:
        return  # what could not be read may be its reader
    read = _read_elsewhere(pipeline)
    for dataset in pipeline.datasets.values():
        private = dataset.definition.private and not dataset.definition.expectations
        unseen = dataset.kind == "temporary view" or private
        if unseen and not dataset.readers and dataset.name.lower() not in read:
            what = "temporary view" if dataset.kind == "temporary view" else "private dataset"
            yield Finding(
                dataset.definition.name.location,
                f"nothing reads the {what} {dataset.name}",
                why="nobody outside of the pipeline can see it",
                fixes=(Fix("delete it", _edits(dataset), False, "it is gone"),),
                severity=None if pipeline.whole else "info",
            )


def _read_elsewhere(pipeline: Pipeline) -> set[str]:
    """What flows without a known target read, and queries that stand for themselves in a notebook."""
    names = {read.name.lower() for flow in pipeline.flows if not flow.target_found for read in flow.reads}
    for statement in pipeline.unsupported:
        if statement.query is not None:
            names |= {r.name[-1].lower() for r in statement.query.facts.relations if r.name}
    return names


def _edits(dataset: Dataset) -> tuple[Edit, ...]:
    where = dataset.location
    text = where.source.text
    if dataset.language != "sql":
        return ()
    end = where.end + len(text[where.end :]) - len(text[where.end :].lstrip())
    if text[end : end + 1] != ";":
        return (Edit(where, ""),)
    end += 1
    alone = not text[text.rfind("\n", 0, where.start) + 1 : where.start].strip(" \t\ufeff")
    line = text[end:].split("\n", 1)
    if alone and len(line) > 1 and not line[0].strip():
        end += len(line[0]) + 1
    return (Edit(where.source.at(where.start, end), ""),)
