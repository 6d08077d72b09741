"""What DataFrame code asks of the engine, looked up in its plan: unlike SQL it cannot be rewritten on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldp_magic.engine.session import Session
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.sail import Label

# Measured beside Apache Spark 4.3 (tests/sql/sail): what the engine answers with other values when nobody rewrites it.
UNLIKE = {
    "approx_count_distinct": "gives an estimate, but not Spark's",
    "array_contains": "answers false where Spark answers NULL, for arrays that hold NULL",
    "conv": "reads negative bases otherwise",
    "format_number": "rounds otherwise",
    "format_string": "does not know all of Spark's formats",
    "from_json": "lets integers that are too large run over",
    "get_json_object": "reads [*] in a path otherwise",
    "initcap": "also begins a word behind a hyphen",
    "left": "reads negative lengths otherwise",
    "listagg": "gives NULL where Spark gives an empty text, for NULLs alone",
    "mode": "picks another value among equally frequent ones",
    "percentile_approx": "gives an estimate, but not Spark's",
    "right": "reads negative lengths otherwise",
    "split": "reads an empty pattern otherwise",
    "string_agg": "gives NULL where Spark gives an empty text, for NULLs alone",
    "substr": "reads a start before the text otherwise",
    "substring": "reads a start before the text otherwise",
    "timestamp_seconds": "forgets fractions of seconds",
    "to_json": "escapes some characters otherwise",
    "weekday": "counts Sunday otherwise",
}


def unlike(session: Session, frame: Any) -> tuple[Label, ...]:
    """A label for each function of the frame that the embedded engine does not always answer as Spark."""
    if not session.embedded:
        return ()
    plan = frame._plan.to_proto(session.spark.client)
    names = sorted({name.lower() for name in _functions(plan)} & UNLIKE.keys())
    return tuple(Label(name, f"in DataFrame code the embedded engine {UNLIKE[name]}") for name in names)


def _functions(message: Any) -> Iterator[str]:
    """The names of the functions in a plan, those in texts such as selectExpr's too."""
    kind = message.DESCRIPTOR.name
    if kind == "UnresolvedFunction" and message.function_name.isidentifier():
        yield message.function_name
    elif kind == "ExpressionString":
        tokens = tokens_of(message.expression)
        yield from (
            tokens.get(n) for n, word in enumerate(tokens.words[1:]) if word == "(" and tokens.types[n] == "word"
        )
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for each in _messages(field, value):
                yield from _functions(each)


def _messages(field: Any, value: Any) -> list[Any]:
    """The messages that a field holds: one, several, or the values of a map."""
    if hasattr(value, "DESCRIPTOR"):
        return [value]
    if field.message_type.GetOptions().map_entry:
        return [each for key in value if hasattr(each := value[key], "DESCRIPTOR")]
    return list(value)
