"""The shape of a query in words that the embedded engine knows: its clauses, joins and select lists.

Each file here is one rewrite. It finds its construct and names the characters to change; then the text is read again,
until nothing is left to change. Nothing is ever written from a tree: what is not touched stays as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.sail.answer import Columns, Refused
from ldp_magic.sql.sail.clauses import (
    clusters,
    crossings,
    filters,
    frames,
    from_first,
    group_all,
    group_keys,
    grouping_sets,
    intersections,
    lateral_aliases,
    laterals,
    likes,
    order_all,
    order_keys,
    ordering,
    pipes,
    pivots,
    qualify,
    recursion,
    samples,
    scalars,
    sessions,
    stars,
    streams,
    unions,
    unpivots,
    using,
    versions,
    views,
    window_keys,
)
from ldp_magic.sql.sail.clauses.change import Group, applied
from ldp_magic.sql.sail.clauses.shape import Shape

_MOST_ROUNDS = 300
_LONGEST = 1_000_000  # characters


class _Rewrite(Protocol):
    def possible(self, tokens: Tokens, words: frozenset[str]) -> bool:
        """Can the construct be in a text with these tokens? Quick, and true when in doubt."""

    def changes(self, shape: Shape) -> Iterable[Group]:
        """What to change, construct by construct."""


# The first that finds something has its turn: those that move whole clauses come before those that look into them.
_REWRITES: tuple[_Rewrite, ...] = (
    pipes,
    versions,
    recursion,
    streams,
    from_first,
    unpivots,
    pivots,
    samples,
    clusters,
    laterals,
    likes,
    filters,
    frames,
    grouping_sets,
    crossings,
    using,
    views,
    stars,
    group_all,
    group_keys,
    order_all,
    window_keys,
    sessions,
    qualify,
    ordering,
    order_keys,
    lateral_aliases,
    scalars,
    unions,
    intersections,
)


def rewritten(text: str, columns: Columns) -> str:
    """*text* in a form that the embedded engine reads as Spark reads *text*; as it was where nothing is to be done."""
    for _ in range(_MOST_ROUNDS):
        after = _round(text, columns)
        if after is None:
            return text
        if len(after) > _LONGEST:
            break
        text = after
    raise Refused(
        "this query is too long for the embedded engine",
        why="what it lacks has to be spelled out, and here that grows too much",
        fix="split the query, or preview it with --place databricks",
    )


def _round(text: str, columns: Columns) -> str | None:
    """The text after the first rewrite that finds something, or None if none does."""
    tokens = tokens_of(text)
    words = frozenset(tokens.words)
    wanted = [rewrite for rewrite in _REWRITES if rewrite.possible(tokens, words)]
    if not wanted:
        return None
    shape = Shape(text, tokens, columns)
    for rewrite in wanted:
        if rewrite is not pipes and (shape.facts.failure is not None or shape.facts.lead):
            return None
        groups = [group for group in rewrite.changes(shape) if group]
        if groups and (after := applied(text, groups)) != text:
            return after
    return None
