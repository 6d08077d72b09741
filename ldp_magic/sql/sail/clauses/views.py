"""`FROM t LATERAL VIEW explode(a) v AS b WHERE b > 1`: the engine's WHERE does not see the columns of the view, so both
are read in a subquery, and what asks for `t.c` or `v.b` asks for `c` or `b`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.sql.facts import ColumnRef, Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.clauses.change import Change, Group
from ldp_magic.sql.sail.clauses.shape import HIDDEN, Listed, Shape, quoted
from ldp_magic.sql.sail.clauses.stars import spelled_out


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return {"LATERAL", "VIEW", "WHERE"} <= words


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if "where" in block.clauses and "from" in block.clauses:
            views = list(_views(shape, block))
            if views:
                yield _in_subquery(shape, select, block, views)


def _views(shape: Shape, block: Block) -> Iterator[str]:
    """The names of the views of a FROM clause, in lower case."""
    first, last = block.clauses["from"]
    words = shape.words
    for at in shape.beside(first, last):
        if words[at : at + 2] == ["LATERAL", "VIEW"]:
            close = shape.closing(at + 3 + (words[at + 2] == "OUTER"))
            named = 0 < close < last - 1 and words[close + 1] not in ("AS", "LATERAL", "WHERE")
            yield shape.places.name(close + 1).lower() if named else ""


def _in_subquery(shape: Shape, select: Select, block: Block, views: list[str]) -> Group:
    first, last = block.clauses["from"]
    owners = {source.alias.lower() for source in select.inputs} | set(views)
    listed = shape.listed(select, block)
    names = [name.lower() for name, _ in listed or ()]
    if len(set(names)) < len(names):
        return _numbered(shape, select, block, listed or ())
    files = [f", {quoted(source.alias)}.{HIDDEN}" for source in select.inputs if shape.hides(source.relation)]
    group = [shape.before(first + 1, f"(SELECT *{''.join(files[:1])} FROM "), shape.after(last - 1, ")")]
    for item in shape.items(select):
        if item.star and (files or item.last > item.first + 1):
            group.append(spelled_out(shape, select, block, item.first, item.last, owned=False))
    for column in select.columns:
        if len(column.parts) > 1 and column.parts[0].lower() in owners:
            at, _ = shape.tokens_in(column.span)
            if not first <= at < last:
                group.append(shape.drop(at, at + 2))
    return group


def _numbered(shape: Shape, select: Select, block: Block, listed: Listed) -> Group:
    """Where two inputs have a column of one name, the subquery gives each column a name of its own."""
    first, last = block.clauses["from"]
    owned = _owned(shape, select, block, listed)
    alias = ", ".join(f"__ldp_{n}" for n in range(len(owned)))
    group = [shape.before(first + 1, "(SELECT * FROM "), shape.after(last - 1, f") AS __ldp_rows({alias})")]
    items = {item.first: item for item in shape.items(select)}
    for item in items.values():
        if item.star:
            owner = shape.places.name(item.first).lower() if item.last > item.first + 1 else ""
            shown = [f"__ldp_{n} AS {quoted(c)}" for n, (o, c) in enumerate(owned) if owner in ("", o)]
            group.append(shape.replace(item.first, item.last, ", ".join(shown)))
    for column in select.columns:
        at, end = shape.tokens_in(column.span)
        if not first <= at < last and (change := _asked(shape, column, owned, at)) is not None:
            plain = at in items and items[at].last == end
            name = f" AS {quoted(column.name)}" if plain and len(column.parts) < 3 else ""
            group.append(Change(change.start, change.end, change.text + name))
    return group


def _owned(shape: Shape, select: Select, block: Block, listed: Listed) -> list[tuple[str, str]]:
    """Each column that the FROM clause shows, with the input (in lower case) that it comes from, if one has it."""
    owners: dict[str, list[str]] = {}
    for source in select.inputs:
        for name, _ in shape.listed(select, block, f"{quoted(source.alias)}.*") or ():
            owners.setdefault(name.lower(), []).append(source.alias.lower())
    return [((owners.get(name.lower()) or [""]).pop(0), name) for name, _ in listed]


def _asked(shape: Shape, column: ColumnRef, owned: Sequence[tuple[str, str]], at: int) -> Change | None:
    """The column under its number, in place of `c`, `t.c` or the `t.c` of `t.c.field`."""
    low = [part.lower() for part in column.parts]
    for number, (owner, name) in enumerate(owned):
        if len(low) > 1 and low[:2] == [owner, name.lower()]:
            return shape.replace(at, at + 3, f"__ldp_{number}")
    found = [number for number, (_, name) in enumerate(owned) if name.lower() in (low[0], low[-1])]
    return shape.replace(at, at + 2 * len(low) - 1, f"__ldp_{found[0]}") if len(found) == 1 else None
