from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.sql.facts import Call, Select
from ldp_magic.sql.functions import FILE_READERS
from ldp_magic.text import Edit

_T = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT *, {} FROM {};"
_FILES = "STREAM read_files('/in', format => 'json', schemaHints => 'id INT')"


@rule(
    code="LDP508",
    severity="warning",
    verified="a vendor's note",
    bad=[
        bad(
            _T.format("input_file_name() AS f", _FILES),
            fixed=_T.format("_metadata.file_path AS f", _FILES),
            safe=True,
            marks=("input_file_name()",),
        ),
        bad(
            _T.format("INPUT_FILE_NAME( ) -- where\r\n", _FILES),
            fixed=_T.format("_metadata.file_path -- where\r\n", _FILES),
            safe=False,
        ),
        bad(_T.format("input_file_name() AS f", "STREAM(main.raw.orders)")),
    ],
    good=[
        good(_T.format("_metadata.file_path AS f", _FILES)),
        good(_T.format("'input_file_name()' AS f", _FILES)),
    ],
)
def input_file_name(owned: Owned) -> Iterator[Finding]:
    """input_file_name(), which Databricks has replaced.

    It is empty wherever rows have passed a shuffle, and newer runtimes refuse it. Files carry their path with them:
    `_metadata.file_path`, to be selected where the files are read.
    """
    for select in owned.facts.selects:
        for call in select.calls:
            if call.name == "input_file_name" and not call.arguments:
                yield Finding(
                    owned.locate(call.span),
                    "input_file_name() is replaced by _metadata.file_path",
                    why="it knows the file only as long as no row has moved",
                    fixes=(_fix(owned, select, call),),
                )


def _fix(owned: Owned, select: Select, call: Call) -> Fix:
    title = "select _metadata.file_path where the files are read"
    relation = select.inputs[0].relation if len(select.inputs) == 1 else None
    if relation is None or not owned.query.exact or not (relation.function in FILE_READERS or relation.format):
        return Fix(title)
    bare = any(o.expression == call.span and not o.aliased for o in select.outputs)
    reason = "the column is called file_path then" if bare else "means the same"
    edit = Edit(owned.locate(call.span), "_metadata.file_path")
    return Fix("write _metadata.file_path", (edit,), safe=not bare, reason=reason)
