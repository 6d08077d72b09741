from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix, Related
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.pipeline.model import Dataset
from ldp_magic.sql.model import Expectation
from ldp_magic.text import Edit

_TABLE = "CREATE OR REFRESH STREAMING TABLE t (\n{}\n) AS SELECT * FROM STREAM(main.raw.s);"
_PYTHON = "import dlt\n@dlt.table\n@dlt.expect({})\n@dlt.expect_or_drop({})\ndef t():\n    return spark.readStream.table('main.raw.s')\n"


@rule(
    code="LDP301",
    verified="Databricks documentation",
    bad=[
        bad(
            _TABLE.format("  CONSTRAINT ok EXPECT (a > 0),\n  CONSTRAINT ok EXPECT (b > 0)"),
            fixed=_TABLE.format("  CONSTRAINT ok EXPECT (a > 0),\n  CONSTRAINT ok_2 EXPECT (b > 0)"),
            safe=False,
            marks=("ok",),
        ),
        bad(
            _TABLE.format(
                "a int constraint ok expect (a > 0),\r\nconstraint `ok` expect (b > 0) -- same\r\n, constraint ok_2 expect (c > 0)"
            ),
            fixed=_TABLE.format(
                "a int constraint ok expect (a > 0),\r\nconstraint `ok_3` expect (b > 0) -- same\r\n, constraint ok_2 expect (c > 0)"
            ),
            marks=("`ok`",),
        ),
        bad(
            _PYTHON.format('"ok", "a > 0"', '"ok", "b > 0"'),
            python=True,
            fixed=_PYTHON.format('"ok", "a > 0"', '"ok_2", "b > 0"'),
        ),
    ],
    good=[
        good(_TABLE.format("  CONSTRAINT a_positive EXPECT (a > 0),\n  CONSTRAINT b_positive EXPECT (b > 0)")),
        good(
            "CREATE TEMPORARY VIEW v (CONSTRAINT ok EXPECT (a > 0)) AS SELECT a FROM main.raw.s;\n"
            "CREATE OR REFRESH MATERIALIZED VIEW m (CONSTRAINT ok EXPECT (a > 0)) AS SELECT a FROM v;"
        ),
    ],
)
def duplicate_expectation_name(dataset: Dataset) -> Iterator[Finding]:
    """Two expectations of one name on one dataset.

    The name is what the event log counts under, so it is unique within a dataset; two datasets may share it. Constraints
    in SQL, decorators and the keys of `expect_all` count together.
    """
    first: dict[str, Expectation] = {}
    for expectation in dataset.expectations:
        if expectation.name in first:
            yield _finding(dataset, first[expectation.name], expectation)
        first.setdefault(expectation.name, expectation)


def _finding(dataset: Dataset, first: Expectation, again: Expectation) -> Finding:
    where = again.name_location
    name = _free(again.name, {e.name for e in dataset.expectations})
    written = where.text.replace(again.name, name)
    edits = (Edit(where, written),) if where.text.strip("`'\"") == again.name else ()
    return Finding(
        where,
        f"{dataset.name} has two expectations called {again.name}",
        why="the event log counts rows under this name, so a dataset has it once",
        fixes=(Fix(f"call it {name}", edits, reason="only you know what to call it"),),
        related=(Related(first.name_location, "the first"),),
    )


def _free(name: str, taken: set[str]) -> str:
    return next(n for n in (f"{name}_{i}" for i in range(2, len(taken) + 3)) if n not in taken)
