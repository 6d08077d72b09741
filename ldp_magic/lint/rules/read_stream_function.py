from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.edits import cased
from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Owned
from ldp_magic.lint.words import has_comment
from ldp_magic.sql.facts import Relation
from ldp_magic.text import Edit

_T = "CREATE OR REFRESH STREAMING TABLE t AS SELECT id FROM {} WHERE id > 0;"


@rule(
    code="LDP510",
    severity="info",
    verified="Databricks documentation; a vendor's note",
    bad=[
        bad(
            _T.format("STREAM read_stream('main.raw.s', maxFilesPerTrigger => 10)"),
            fixed=_T.format("STREAM main.raw.s WITH (maxFilesPerTrigger = 10)"),
            safe=False,
            marks=("read_stream('main.raw.s', maxFilesPerTrigger => 10)",),
        ),
        bad(
            _T.format("stream(read_stream('main.raw.s')) -- new\r\n"),
            fixed=_T.format("stream(main.raw.s) -- new\r\n"),
        ),
    ],
    good=[
        good(_T.format("STREAM main.raw.s WITH (maxFilesPerTrigger = 10)")),
        good(_T.format("STREAM(main.raw.s)")),
    ],
)
def read_stream_function(owned: Owned) -> Iterator[Finding]:
    """A stream read through the function read_stream.

    Options of a stream have a clause of their own: `STREAM t WITH (maxFilesPerTrigger = 10)`. It needs runtime 17.3 or
    newer; before that the function is the only way.
    """
    for relation in owned.facts.relations:
        if relation.function == "read_stream" and relation.streaming:
            yield Finding(
                owned.locate(relation.span),
                f"read_stream is the older way to read {relation.path or 'a stream'}",
                why="options stand in WITH (…) behind the table since runtime 17.3",
                fixes=(_fix(owned, relation),),
            )


def _fix(owned: Owned, relation: Relation) -> Fix:
    title = "write STREAM … WITH (…)"
    where, whole = owned.locate(relation.span), owned.locate(relation.whole)
    options = [(k, v) for k, v in relation.arguments if k]
    plain = [v for k, v in relation.arguments if not k]
    if not owned.query.exact or len(plain) != 1 or plain[0] != relation.path or relation.options or has_comment(whole):
        return Fix(title)
    if not all(p.isidentifier() for p in relation.path.split(".")):
        return Fix(title)
    said = ", ".join(f"{k} = {_value(v)}" for k, v in options)
    words = f" {cased('WITH', whole)} ({said})" if said else ""
    if relation.parenthesised:
        close = where.source.text.index(")", where.end) + 1
        edits = (
            (Edit(where, relation.path), Edit(where.source.at(close), words))
            if words
            else (Edit(where, relation.path),)
        )
    else:
        edits = (Edit(where, relation.path + words),)
    return Fix(title, edits, reason="it needs runtime 17.3 or newer")


def _value(text: str) -> str:
    return text if text.lower() in ("true", "false") or text.isdigit() else "'" + text.replace("'", "\\'") + "'"
