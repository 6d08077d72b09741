from __future__ import annotations

import re
from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Context, Streaming
from ldp_magic.lint.wrap import cased
from ldp_magic.sql.facts import Relation
from ldp_magic.text import Edit

_NO_TIME = re.compile(
    r"(STRING|DATE|INT|INTEGER|BIGINT|LONG|SMALLINT|TINYINT|DOUBLE|FLOAT|BOOLEAN|BINARY|(DECIMAL|VARCHAR|CHAR)\b.*)",
    re.IGNORECASE,
)
_DAYS = {"date", "to_date"}
_PLAIN = re.compile(r"[\w`.]+")
_TABLE = "CREATE OR REFRESH STREAMING TABLE t AS SELECT * FROM STREAM(main.raw.s) WATERMARK {} DELAY OF INTERVAL 1 DAY;"


@rule(
    code="LDP120",
    foresees=("EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE",),
    verified="Spark 4.3",
    needs="schema",
    bad=[
        bad(
            _TABLE.format("day_txt"),
            fixed=_TABLE.format("to_timestamp(day_txt) AS day_txt_ts"),
            safe=False,
            marks=("WATERMARK day_txt DELAY OF INTERVAL 1 DAY",),
            locked={"main.raw.s": "id INT, day_txt STRING"},
        ),
        bad(
            "create or refresh streaming table t as select * from stream(main.raw.s) watermark day -- one day\r\n delay of interval 1 day x",
            fixed="create or refresh streaming table t as select * from stream(main.raw.s) watermark to_timestamp(day) as day_ts -- one day\r\n delay of interval 1 day x",
            locked={"main.raw.s": "id INT, day DATE"},
        ),
        bad(_TABLE.format("to_date(day_txt) AS day")),
    ],
    good=[
        good(_TABLE.format("to_timestamp(day_txt) AS day_ts"), locked={"main.raw.s": "id INT, day_txt STRING"}),
        good(_TABLE.format("at"), locked={"main.raw.s": "id INT, at TIMESTAMP"}),
        good(_TABLE.format("at")),
    ],
)
def watermark_type(streaming: Streaming, context: Context) -> Iterator[Finding]:
    """A watermark on a column that holds no time.

    A watermark is the latest time seen less a delay, so its column has to be a TIMESTAMP; Spark refuses text, dates and
    numbers. Put `to_timestamp(c) AS c_ts` behind WATERMARK and use that column from there on.
    """
    calls = (c for seen in streaming.selects for c in seen.select.calls if c.clause == "from" and c.name in _DAYS)
    days = {streaming.text(c.span) for c in calls}
    for relation in streaming.facts.relations:
        mark, read = relation.watermark, streaming.read(relation)
        if mark is not None and mark.expression.strip() in days:
            yield _finding(streaming, relation, mark.expression.strip(), "a DATE")
        if mark is None or read is None or not _PLAIN.fullmatch(mark.expression.strip()):
            continue
        column = mark.expression.strip().rpartition(".")[2].strip("`")
        type_ = context.column_type(read.name, column)
        if _NO_TIME.fullmatch(type_):
            yield _finding(streaming, relation, column, f"{type_} in {read.name}")


def _finding(streaming: Streaming, relation: Relation, what: str, type_: str) -> Finding:
    return Finding(
        streaming.locate(relation.watermark.span if relation.watermark is not None else relation.span),
        f"{what} is {type_}, and a watermark needs a TIMESTAMP",
        why="a watermark is the latest time seen less a delay",
        fixes=(_fix(streaming, relation, what),),
    )


def _fix(streaming: Streaming, relation: Relation, column: str) -> Fix:
    mark = relation.watermark
    if mark is None or mark.aliased or not streaming.query.exact:
        return Fix(f"watermark to_timestamp({column}) instead")
    where = streaming.locate(mark.span)
    at = where.start + where.text.index(mark.expression, len("WATERMARK"))
    named = f"{column}_ts" if column.isidentifier() else f"`{column}_ts`"
    text = f"to_timestamp({mark.expression.strip()}) {cased('AS', streaming)} {named}"
    edit = Edit(where.source.at(at, at + len(mark.expression.strip())), text)
    return Fix(f"watermark {text}", (edit,), False, f"the time is then called {named}")
