from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, PythonFunction
from ldp_magic.sql.model import Code
from ldp_magic.text import Edit, Location

_TOP = "from pyspark import pipelines as dp\n\n\n"
_NAMED = re.compile(r"\btable\b")
_READS = re.compile(r"spark\s*\.\s*(read)\b")


@rule(
    code="LDP807",
    severity="warning",
    spark="error",
    foresees=("INVALID_FLOW_QUERY_TYPE",),
    verified="Spark 4.3; Databricks' own guidance for agents; cloudFiles second-hand",
    bad=[
        bad(
            _TOP + '@dp.table\ndef t():\n    return spark.read.table("main.raw.s")\n',
            fixed=_TOP + '@dp.materialized_view\ndef t():\n    return spark.read.table("main.raw.s")\n',
            python=True,
            safe=False,
            marks=("@dp.table",),
        ),
        bad(
            _TOP + '@dp.table(\n    name="my_table",\n)\ndef m():\n    return spark.sql("SELECT id FROM main.raw.s")\n',
            fixed=_TOP
            + '@dp.materialized_view(\n    name="my_table",\n)\ndef m():\n    return spark.sql("SELECT id FROM main.raw.s")\n',
            python=True,
            target="spark-4.3",
            safe=False,
        ),
        bad(
            _TOP + 'dp.create_streaming_table("t")\n\n\n@dp.append_flow(target="t")\ndef f():\n'
            '    return spark.read.table("main.raw.s")\n',
            fixed=_TOP + 'dp.create_streaming_table("t")\n\n\n@dp.append_flow(target="t")\ndef f():\n'
            '    return spark.readStream.table("main.raw.s")\n',
            python=True,
        ),
        bad(
            _TOP + "@dp.table\ndef t():\n"
            '    return spark.read.format("cloudFiles").option("cloudFiles.format", "json").load("/Volumes/a/b/c")\n',
            fixed=_TOP + "@dp.table\ndef t():\n"
            '    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load("/Volumes/a/b/c")\n',
            python=True,
            safe=False,
        ),
    ],
    good=[
        good(
            _TOP
            + '@dp.table\ndef t():\n    return spark.readStream.table("main.raw.s").join(spark.read.table("main.raw.d"), "id")\n',
            python=True,
        ),
        good(
            _TOP + 'dp.create_streaming_table("t")\n\n\n@dp.append_flow(target="t", once=True)\ndef old():\n'
            '    return spark.read.table("main.raw.s")\n',
            python=True,
        ),
        good(
            _TOP
            + 'from helpers import orders\n\n\n@dp.table\ndef t():\n    return orders(spark.read.table("main.raw.s"))\n',
            python=True,
        ),
    ],
)
def decorator_read_mismatch(function: PythonFunction, context: Context) -> Iterator[Finding]:
    """A decorator that asks for a stream, over a function that reads none.

    `@dp.table` and the flows add new rows, so their function returns a stream. Open-source Spark stops where it does
    not. Databricks makes a materialized view of a `@dp.table` that reads no stream, which is computed anew where only
    new rows were meant. Change the decorator or the read. Of a `@dp.materialized_view` that reads a stream LDP103
    speaks.
    """
    code, word = function.code, _word(function)
    if not code.reads or code.unknown or any(read.streaming for read in code.reads):
        return
    if word == "@dp.table" and any(read.function == "cloudFiles" for read in code.reads):
        yield _loader(function, code)
    elif word == "@dp.table" and function.dataset is not None:
        yield _table(function, function.dataset.definition.head, context)
    elif word == "flow":
        yield _flow(function, code)


def _word(function: PythonFunction) -> str:
    flow = function.flow.definition if function.flow is not None else None
    if flow is not None and not flow.implicit:
        return "flow" if flow.cdc is None and not flow.once and flow.clause("once") is None else ""
    words = function.dataset.definition.words if function.dataset is not None else ()
    return words[0] if words else ""


def _table(function: PythonFunction, head: Location, context: Context) -> Finding:
    name = function.dataset.name if function.dataset is not None else function.code.function
    why = (
        "a streaming table takes new rows from a stream; Spark stops the update"
        if context.spark
        else ("Databricks makes a materialized view of it, and @dp.materialized_view says so")
    )
    return Finding(
        head,
        f"{name} is a @dp.table, but its function reads no stream",
        why=why,
        fixes=(
            Fix("make it a @dp.materialized_view", _renamed(head, "materialized_view"), False, _kept(context, name)),
        ),
    )


def _loader(function: PythonFunction, code: Code) -> Finding:
    """Auto Loader, which is a stream and nothing else."""
    read = next(r for r in code.reads if r.function == "cloudFiles")
    name = function.dataset.name if function.dataset is not None else code.function
    return Finding(
        code.locate(read.span),
        f"{name} reads cloudFiles as a whole, and cloudFiles is a stream",
        why="Auto Loader takes the files that are new at each update; it has no read without readStream",
        fixes=(Fix("read it with spark.readStream", _as_stream(code), False, "only new files are read from then on"),),
        severity="error",
    )


def _as_stream(code: Code) -> tuple[Edit, ...]:
    """The one read of the function as readStream."""
    whole = code.locate(code.reads[0].whole)
    read = _READS.match(whole.text)
    return (Edit(whole.inside(*read.span(1)), "readStream"),) if read and len(code.reads) == 1 else ()


def _kept(context: Context, name: str) -> str:
    return f"or read a stream, if {name} should take new rows only" if not context.spark else f"{name} is recomputed"


def _flow(function: PythonFunction, code: Code) -> Finding:
    relation, target = code.reads[0], function.flow.target if function.flow is not None else ""
    where = code.locate(relation.span)
    return Finding(
        where,
        f"{code.function or 'the flow'} adds new rows to {target}, but reads {relation.label} as a whole table",
        why="a flow processes each row once; a read without readStream has no new rows to find",
        fixes=(
            Fix(
                "read it with spark.readStream",
                _as_stream(code),
                False,
                f"only you know that rows of {relation.label} never change",
            ),
        ),
    )


def _renamed(head: Location, name: str) -> tuple[Edit, ...]:
    """The decorator under another name of the API."""
    found = _NAMED.search(head.text.partition("(")[0])
    return (Edit(head.inside(*found.span()), name),) if found else ()
