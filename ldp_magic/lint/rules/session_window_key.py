from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.lint.finding import Finding, Fix
from ldp_magic.lint.rule import bad, good, rule
from ldp_magic.lint.subjects import Streaming
from ldp_magic.sql.facts import Call, Select
from ldp_magic.text import Span

_TABLE = (
    "CREATE OR REFRESH STREAMING TABLE t AS SELECT {} AS w, count(*) AS n\n"
    "FROM STREAM(main.raw.e) WATERMARK at DELAY OF INTERVAL 1 HOUR GROUP BY {};"
)
_WINDOW = "session_window(at, '30 minutes')"


@rule(
    code="LDP124",
    foresees=("a global aggregate with a session window",),
    verified="Spark 4.3, when the first rows come",
    bad=[
        bad(_TABLE.format(_WINDOW, _WINDOW), marks=(_WINDOW,)),
        bad(_TABLE.format(_WINDOW, "w -- one key").replace("\n", "\r\n").replace(";", "\n;"), marks=("w",)),
    ],
    good=[
        good(_TABLE.format(_WINDOW, f"{_WINDOW}, user")),
        good(
            "CREATE OR REFRESH MATERIALIZED VIEW m AS SELECT "
            + _WINDOW
            + " AS w, count(*) AS n FROM main.raw.e GROUP BY w;"
        ),
    ],
)
def session_window_key(streaming: Streaming) -> Iterator[Finding]:
    """A session window as the only key of an aggregate over a stream.

    A session is a run of events without a long gap, of one user or one device. Without a key beside the window there
    are no such runs to tell apart, and Spark stops the flow when its first rows come. Group by the user too.
    """
    for seen in streaming.streamed():
        keys = seen.select.group_keys
        if len(keys) == 1 and _is_session(streaming, seen.select, keys[0]):
            yield Finding(
                streaming.locate(keys[0]),
                f"{streaming.name} groups by a session window alone",
                why="a session belongs to somebody: Spark needs a key beside the window",
                fixes=(Fix("group by what a session belongs to as well, such as the user"),),
            )


def _is_session(streaming: Streaming, select: Select, key: Span) -> bool:
    sessions = [c for c in select.calls if c.name == "session_window"]
    if any(c.span == key for c in sessions):
        return True
    said = streaming.text(key).strip("`").lower()
    if said.isdigit():
        named = select.outputs[int(said) - 1 : int(said)]
    else:
        named = tuple(o for o in select.outputs if o.aliased and o.name.lower() == said)
    return any(_inside(call, output.expression) for output in named for call in sessions)


def _inside(call: Call, where: Span) -> bool:
    return call.span == where
