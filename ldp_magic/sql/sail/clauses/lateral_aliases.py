"""A name that an earlier item of the select list gives: `a + 1 AS b, b * 2 AS c` is `a + 1 AS b, (a + 1) * 2 AS c`.

A column of the FROM clause comes first, so those have to be known.
"""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import ColumnRef, Output, Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Change, Group, applied
from ldp_magic.sql.sail.clauses.names import name_of, unnamed
from ldp_magic.sql.sail.clauses.shape import Item, Shape, ours, quoted

_EACH_TIME_ANOTHER = frozenset(
    {"RAND", "RANDOM", "RANDN", "UUID", "SHUFFLE", "MONOTONICALLY_INCREASING_ID", "UNIFORM", "RANDSTR"}
)
_ROWS = frozenset({"EXPLODE", "EXPLODE_OUTER", "POSEXPLODE", "POSEXPLODE_OUTER", "INLINE", "INLINE_OUTER", "STACK"})
_LONGEST = 100_000  # characters of one item


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    """Is a name that an item may give said again?"""
    said: set[str] = set()
    every, types = tokens.words, tokens.types
    for index, word in enumerate(every):
        name = (
            word if types[index] == "word" else tokens.get(index).strip("`").upper() if types[index] == "name" else ""
        )
        if name and name in said:
            return True
        if name and index and (every[index - 1] == "AS" or _without_as(tokens, index)):
            said.add(name)
    return False


def _without_as(tokens: Tokens, index: int) -> bool:
    """`a + 1 b,`: the last word of an item, and not the only one."""
    ends = tokens.words[index + 1 : index + 2] in ([","], ["FROM"])
    before = tokens.words[index - 1]
    value = tokens.types[index - 1] in ("word", "name", "number", "string") or before in (")", "]")
    return ends and value and before not in ("SELECT", "DISTINCT", "ALL", "BY")


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        items = shape.items(select)
        if repeats(select, items):
            yield _spelled_out(shape, select, block, items)


def repeats(select: Select, items: list[Item]) -> bool:
    names: set[str] = set()
    for item in items:
        if any(column.parts[0].lower() in names for column in select.outputs[item.number].columns):
            return True
        if item.aliased and item.name:
            names.add(item.name.lower())
    return False


def _spelled_out(shape: Shape, select: Select, block: Block, items: list[Item]) -> Group:
    taken = _taken(shape, select, block)
    if taken is None:
        return []
    means: dict[str, str | None] = {}  # an alias -> the expression; None: two items have that name
    group: Group = []
    for item in items:
        output = select.outputs[item.number]
        found = [c for c in output.columns if means.get(c.parts[0].lower()) and c.parts[0].lower() not in taken]
        text = shape.slice(item.first, item.end)
        if found and not _refused_by_spark(shape, select, item, found):
            text = _with(shape, item, found, means)
            group.append(shape.replace(item.first, item.end, text + _name(shape, item, output, found)))
        if item.aliased and item.name:
            low = item.name.lower()
            means[low] = None if low in means else _in_brackets(shape, item, text)
    return group


def _taken(shape: Shape, select: Select, block: Block) -> set[str] | None:
    """The names that mean something else: the columns of the FROM clause and its inputs; None if not all are known."""
    columns = shape.listed(select, block)
    if columns is None:
        return None
    hidden = {"_metadata"} if any(shape.hides(i.relation) for i in select.inputs) else set()
    return {name.lower() for name, _ in columns} | hidden


def _in_brackets(shape: Shape, item: Item, text: str) -> str | None:
    words = set(shape.words[item.first : item.end])
    if words & _ROWS:
        return None
    return text if item.end - item.first == 1 else f"({text})"


def _refused_by_spark(shape: Shape, select: Select, item: Item, found: list[ColumnRef]) -> bool:
    """An alias inside an aggregate, window or generator function, which the engine may refuse too; QUALIFY takes it in
    a window, and that is an item whose name is ours."""
    if _ROWS & set(shape.words[item.first : item.end]):
        return True
    spans = [c.span for c in select.calls if (c.aggregate and c.over is None) or (c.over and not ours(item.name))]
    return any(span.start <= column.span.start < span.end for span in spans for column in found)


def _with(shape: Shape, item: Item, found: list[ColumnRef], means: dict[str, str | None]) -> str:
    start, end = shape.tokens.starts[item.first], shape.tokens.ends[item.end - 1]
    group = []
    for column in found:
        first, _ = shape.tokens_in(column.span)
        meant = means[column.parts[0].lower()] or ""
        if any(f"{word}(" in meant.upper() for word in _EACH_TIME_ANOTHER):
            raise Refused(
                f"{column.parts[0]} is used beside the item that makes it, and that is different each time it is made",
                why="the embedded engine would make it twice",
                fix="make it in a subquery, or preview it with --place databricks",
            )
        group.append(Change(shape.tokens.starts[first] - start, shape.tokens.ends[first] - start, meant))
    text = applied(shape.text[start:end], [[change] for change in group])
    if len(text) > _LONGEST:
        raise Refused(
            f"the column {item.name} is made of too many others of its select list",
            why="the embedded engine has to be told each of them again",
            fix="make some of them in a subquery",
        )
    return text


def _name(shape: Shape, item: Item, output: Output, found: list[ColumnRef]) -> str:
    """` AS name` where the item has no name of its own."""
    if item.aliased:
        return ""
    if output.plain:
        return f" AS {quoted(output.name)}"
    said = {c.name.lower(): f"lateralAliasReference({c.name})" for c in found}
    name = name_of(shape, item.first, item.last, said)
    if name is None:
        raise unnamed(shape, item)
    return f" AS {quoted(name)}"
