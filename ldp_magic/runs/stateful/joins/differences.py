"""Where Spark's own join of two streams leaves out or adds rows, which is not done here, and said."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.runs.stateful.joins.asked import WORDS, Asked
from ldp_magic.runs.stateful.joins.bounds import ordered
from ldp_magic.runs.stateful.joins.conditions import Part
from ldp_magic.runs.work import Turn
from ldp_magic.sql.lexer import tokens_of
from ldp_magic.sql.sail import Label

_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def differences(turn: Turn, join: Asked) -> Iterator[Label]:
    """What is to be said beside the rows of a join."""
    if join.kind == "full":
        why = "Spark joins NULL with NULL in it, as in no other join; here NULL equals nothing"
        yield Label("FULL JOIN of two streams", why, exact="")
    for side in join.waits:
        for part in join.conditions.on:
            if part.only_of(side) and _taken_for_time(turn, join, part, side):
                why = "Spark takes this for a bound of time, and never gives out rows without a partner; they are here"
                yield Label(f"{WORDS[join.kind]} ... ON {part.text}", why, exact="")
        if join.done(side, 0) is None:
            why = "its rows without a partner never come out, in Spark neither: the stream has no watermark"
            yield Label(f"{WORDS[join.kind]} of {join.sides[side].alias}", why, exact="")


def _taken_for_time(turn: Turn, join: Asked, part: Part, side: int) -> bool:
    """Is it a lower bound of a number?"""
    types = {name.lower(): type_ for name, type_ in turn.views.columns((join.sides[side].view[1:-1],)) or ()}
    starts = tokens_of(part.text).starts
    for _, (first, last), _ in ordered(part):
        for ref, ((_, name), *_rest) in part.refs:
            if ref.span.start in starts[first:last] and types.get(name, "").startswith(_NUMBERS):
                return True
    return False
