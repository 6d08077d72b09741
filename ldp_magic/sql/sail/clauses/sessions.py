"""`GROUP BY session_window(ts, '30 minutes')`: rows of one key belong together while the next is no later than the gap.

The source is read with a column `session_window` more, which the window functions over each key work out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Change, Group
from ldp_magic.sql.sail.clauses.shape import Shape, quoted


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "SESSION_WINDOW" in words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        calls = list(_calls(shape, block))
        if calls:
            yield _grouped(shape, select, block, calls)


def _calls(shape: Shape, block: Block) -> Iterator[tuple[int, int]]:
    number = next(n for n, b in enumerate(shape.outline.blocks) if b is block)
    for at in range(block.first, block.last):
        called = shape.words[at] == "SESSION_WINDOW" and shape.words[at + 1 : at + 2] == ["("]
        if called and shape.outline.block_of[at] == number and shape.closing(at + 1) > 0:
            yield at, shape.closing(at + 1) + 1


def _grouped(shape: Shape, select: Select, block: Block, calls: list[tuple[int, int]]) -> Group:
    first, last = calls[0]
    arguments = list(shape.places.between_commas(first + 2, last - 1))
    texts = {" ".join(shape.slice(*call).lower().split()) for call in calls}
    if len(arguments) != 2 or len(texts) > 1 or "group by" not in block.clauses or len(select.inputs) != 1:
        raise _refused("only one session_window(column, gap) over one source, named in GROUP BY, can be worked out")
    gap = shape.slice(*arguments[1])
    fixed = shape.tokens.types[arguments[1][0]] == "string" and arguments[1][1] - arguments[1][0] == 1
    if not fixed and shape.words[arguments[1][0]] != "INTERVAL":
        raise _refused("a gap that differs from row to row cannot be worked out")
    source = _source(shape, select, block, _time(shape, *arguments[0]), f"INTERVAL {gap}" if fixed else gap)
    return [*(shape.replace(*call, "session_window") for call in calls), source]


def _time(shape: Shape, first: int, last: int) -> str:
    """The time that a session is made of; text and dates are read as times."""
    text, type_ = shape.slice(first, last), shape.type_at(first)
    if not type_:
        raise _refused(f"the type of {text} is not known, so neither is that of a session's bounds")
    return text if type_.startswith("timestamp") else f"CAST({text} AS TIMESTAMP)"


def _source(shape: Shape, select: Select, block: Block, time: str, gap: str) -> Change:
    """The FROM and WHERE clauses with the sessions in them."""
    start, end = block.clauses["from"]
    where = f"({time}) IS NOT NULL"
    if "where" in block.clauses:
        first, end = block.clauses["where"]
        where += f" AND ({shape.slice(first + 1, end)})"
    keys = _keys(shape, select)
    named = "".join(f", {key} AS __ldp_key{n}" for n, key in enumerate(keys))
    keyed = ", ".join(f"__ldp_key{n}" for n in range(len(keys)))
    by = f"PARTITION BY {keyed} " if keys else ""
    session = f"PARTITION BY {keyed + ', ' if keys else ''}__ldp_session"
    over = f"OVER ({by}ORDER BY __ldp_time)"
    apart = f"CASE WHEN __ldp_time <= lag(__ldp_time) {over} + {gap} THEN 0 ELSE 1 END"
    rows = f"SELECT *, {time} AS __ldp_time{named} {shape.slice(*block.clauses['from'])} WHERE {where}"
    rows = f"SELECT *, {apart} AS __ldp_apart FROM ({rows})"
    rows = f"SELECT *, sum(__ldp_apart) {over} AS __ldp_session FROM ({rows})"
    bounds = f"'start', min(__ldp_time) OVER ({session}), 'end', max(__ldp_time) OVER ({session}) + {gap}"
    rows = f"SELECT *, named_struct({bounds}) AS session_window FROM ({rows})"
    alias = f" AS {quoted(select.inputs[0].alias)}" if select.inputs[0].alias else ""
    text = f"FROM ({rows}){alias}"
    return shape.replace(start, end, text)


def _keys(shape: Shape, select: Select) -> list[str]:
    """What is grouped by besides the session; a position or an alias means what it stands for."""
    items, keys = shape.items(select), []
    for span in select.group_keys:
        first, last = shape.tokens_in(span)
        text = shape.slice(first, last)
        named = next(
            (
                i
                for i in items
                if i.aliased and last - first == 1 and i.name.lower() == shape.places.name(first).lower()
            ),
            None,
        )
        if text.isdigit() and 0 < int(text) <= len(items):
            named = items[int(text) - 1]
        if named is not None:
            first, last = named.first, named.end
        if "SESSION_WINDOW" not in shape.words[first:last]:
            keys.append(shape.slice(first, last))
    return keys


def _refused(why: str) -> Refused:
    return Refused("the embedded engine has no session_window", why=why, fix="preview it with --place databricks")
