from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Owned
from ldp_magic.lint.words import cursor_over
from ldp_magic.sql.cursor import Cursor, unquoted
from ldp_magic.sql.facts import Relation
from ldp_magic.text import Edit, Location

_T = "CREATE OR REFRESH STREAMING TABLE bronze AS SELECT * FROM {};"
_UNTYPED = {"json", "csv", "xml"}  # cloud_files reads their columns as strings
_OURS = {"schemalocation", "format"}  # the pipeline keeps the one; the other is an argument


@rule(
    code="LDP506",
    severity="warning",
    spark="error",
    foresees=("UNRESOLVABLE_TABLE_VALUED_FUNCTION",),
    verified="public code of old pipelines; the documentation of read_files",
    bad=[
        bad(
            _T.format("cloud_files('/in', 'json', map('cloudFiles.schemaHints', 'id BIGINT'))"),
            fixed=_T.format(
                "STREAM read_files('/in', format => 'json', schemaHints => 'id BIGINT', inferColumnTypes => false)"
            ),
            safe=False,
            marks=("cloud_files",),
        ),
        bad(
            'create streaming table bronze as select * from stream(cloud_files("/in", "parquet")) -- all\r\n',
            fixed='create streaming table bronze as select * from stream(read_files("/in", format => "parquet")) -- all\r\n',
        ),
        bad(
            _T.format(
                "cloud_files('${in}/a', 'csv', map('header', 'true', 'cloudFiles.inferColumnTypes', 'true', 'a.b', 'c')) c"
            ),
            parameters={"in": "/in"},
            fixed=_T.format(
                "STREAM read_files('${in}/a', format => 'csv', header => 'true', inferColumnTypes => 'true', `a.b` => 'c') c"
            ),
        ),
    ],
    good=[
        good(_T.format("STREAM read_files('/in', format => 'json', schemaHints => 'id BIGINT')")),
        good("-- cloud_files was here\ncreate or refresh materialized view m as select 'cloud_files()' as was;"),
    ],
)
def cloud_files(owned: Owned, context: Context) -> Iterator[Finding]:
    """cloud_files, the old function that loads new files.

    `STREAM read_files(…)` loads the same files with named options. It guesses the types of JSON and CSV columns, which
    cloud_files did not, so the mend keeps them strings with `inferColumnTypes => false`. The flow begins anew: it lists the
    folder from the start.
    """
    for relation in owned.facts.relations:
        if relation.function == "cloud_files":
            where = owned.locate(relation.span)
            name = where.inside(0, len("cloud_files")) if owned.query.exact else where
            yield Finding(
                name,
                "cloud_files is the old way to load files",
                why="read_files took its place; open-source Spark knows neither",
                mark="say STREAM read_files",
                fixes=() if context.spark else (_fix(owned, relation, where),),
            )


def _fix(owned: Owned, relation: Relation, where: Location) -> Fix:
    title = "load with STREAM read_files(…)"
    text = _rewritten(where) if owned.query.exact else ""
    if not text:
        return Fix(title)
    stream = "" if relation.stream_span is not None else cased("STREAM", _like(owned)) + " "
    return Fix(title, (Edit(where, stream + text),), safe=False, reason="it reads the folder from the start")


def _like(owned: Owned) -> Location:
    return owned.dataset.definition.head if owned.dataset is not None else owned.query.location


def _rewritten(where: Location) -> str:
    """The call of read_files that means the same, or nothing where an argument is no literal."""
    cursor = cursor_over(where)
    cursor.index += 1
    if cursor.word() != "(" or cursor.tokens.comments:
        return ""
    parts = list(cursor.parenthesised().parts())
    if not 2 <= len(parts) <= 3 or any(_text(p)[:1] not in "'\"" for p in parts[:2]):
        return ""
    options = _options(parts[2]) if len(parts) == 3 else []
    if options is None:
        return ""
    format_ = _text(parts[1])
    if unquoted(format_).lower() in _UNTYPED and not any(
        k.lower() in ("infercolumntypes", "schema") for k, _ in options
    ):
        options.append(("inferColumnTypes", "false"))
    said = [f"format => {format_}", *(f"{_key(k)} => {v}" for k, v in options)]
    return f"read_files({', '.join([_text(parts[0]), *said])})"


def _text(part: Cursor) -> str:
    return part.slice(part.index, part.stop)


def _options(part: Cursor) -> list[tuple[str, str]] | None:
    """The pairs of `map('cloudFiles.x', 'y', ...)`, without the prefix; None where a key is no literal."""
    if not part.take("MAP") or part.word() != "(":
        return None
    texts = [_text(p) for p in part.parenthesised().parts()]
    keys, values = texts[::2], texts[1::2]
    if len(keys) != len(values) or any(k[:1] not in "'\"" for k in keys):
        return None
    names = [unquoted(k) for k in keys]
    short = [n[len("cloudFiles.") :] if n.lower().startswith("cloudfiles.") else n for n in names]
    return [(k, v) for k, v in zip(short, values, strict=True) if k.lower() not in _OURS]


def _key(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"
