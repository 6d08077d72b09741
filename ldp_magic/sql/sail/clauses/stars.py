"""Stars that leave something out: `* EXCEPT (a, s.field)`, and any star over a file source, which shows no `_metadata`.

The columns are spelled out, so they have to be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ldp_magic.sql.facts import Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import STARTS, Block
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Change, Group
from ldp_magic.sql.sail.clauses.shape import Shape, quoted
from ldp_magic.sql.types import fields_of

_BEFORE = frozenset({"SELECT", "DISTINCT", "ALL", ",", "(", "."})


class _Column:
    """One column that a star shows: how to ask for it, its name, its type, and the fields that are left out of it."""

    def __init__(self, owner: str, name: str, type_: str) -> None:
        self.owner, self.name, self.type = owner, name, type_
        self.reference = f"{quoted(owner)}.{quoted(name)}" if owner else quoted(name)
        self.without: list[tuple[str, ...]] = []

    def text(self) -> str:
        if not self.without:
            return self.reference
        return f"{_struct(self.reference, self.type, self.without)} AS {quoted(self.name)}"


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return (
        "*" in words
        and "FROM" in words
        and any(_is_star(tokens, n) for n, word in enumerate(tokens.words) if word == "*")
    )


def changes(shape: Shape) -> Iterator[Group]:
    selects = {block.select: (select, block) for select, block in shape.selects()}
    for index, word in enumerate(shape.words):
        if word != "*" or not _is_star(shape.tokens, index):
            continue
        found = selects.get(shape.outline.blocks[shape.outline.block_of[index]].select)
        if found is None or "from" not in found[1].clauses:
            continue
        select, block = found
        first = _start(shape, index)
        if shape.words[index + 1 : index + 3] == ["EXCEPT", "("] and shape.words[index + 3] not in {*STARTS, "("}:
            close = shape.closing(index + 2)
            taken = [_parts(shape, *part) for part in shape.places.between_commas(index + 3, close)]
            yield [spelled_out(shape, select, block, first, close + 1, taken)]
        elif shape.words[index - 3 : index] == ["COUNT", "(", "DISTINCT"]:
            if shape.listed(select, block) is not None:  # Spark's name of it lists them
                yield [spelled_out(shape, select, block, first, index + 1)]
        elif any(shape.hides(i.relation) for i in select.inputs):
            yield [spelled_out(shape, select, block, first, index + 1)]


def _is_star(tokens: Tokens, index: int) -> bool:
    """Is this `*` a star, and not a product or the `*` of count(*)?"""
    before = tokens.words[index - 1] if index else ""
    return before in _BEFORE and (before != "(" or tokens.words[index - 2] != "COUNT")


def _start(shape: Shape, index: int) -> int:
    while shape.words[index - 1] == ".":
        index -= 2
    return index


def _parts(shape: Shape, first: int, last: int) -> tuple[str, ...]:
    return tuple(shape.places.name(i) for i in range(first, last, 2))


def spelled_out(
    shape: Shape,
    select: Select,
    block: Block,
    first: int,
    last: int,
    taken: Sequence[tuple[str, ...]] = (),
    *,
    owned: bool = True,
) -> Change:
    """The star at the token *first* (with what follows it, up to *last*) as a list of columns without *taken*; each
    with the name of its input where it needs one, if they are to be *owned*."""
    star = shape.words.index("*", first)
    owner = _parts(shape, first, star - 1) if star > first else ()
    columns = shown(shape, select, block, owner)
    if not all(column.name for column in columns):
        raise Refused(
            "this star shows a column that nobody named",
            why="the embedded engine has to be told each column by its name",
            fix="give it one with AS in the query that makes it",
        )
    aliases = {source.alias.lower() for source in select.inputs}
    for parts in taken:
        columns = _without(columns, parts, aliases)
    if not columns:
        raise Refused("nothing is left of this star", why="a query has to have a column", fix="except less")
    if not owned:
        return shape.replace(first, last, ", ".join(quoted(column.name) for column in columns))
    return shape.replace(first, last, ", ".join(column.text() for column in columns))


def shown(shape: Shape, select: Select, block: Block, owner: tuple[str, ...]) -> list[_Column]:
    """The columns that a star shows, of one input or one struct if it has an owner, and how to ask for each."""
    aliases = [source.alias for source in select.inputs if source.alias]
    if owner and owner[-1].lower() in (alias.lower() for alias in aliases):
        found = shape.listed(select, block, f"{quoted(owner[-1])}.*")
        columns = [_Column(owner[-1], name, type_) for name, type_ in found or ()]
        return _only_once(columns) if found is not None else _unknown()
    inside = len(owner) > 1 and owner[0].lower() in (alias.lower() for alias in aliases)
    found = shape.listed(select, block, f"{quoted(owner[0])}.*" if inside else "*")
    if found is None:
        return _unknown()
    if owner:
        return _fields(found, owner, 1 if inside else 0)
    names = [name.lower() for name, _ in found]
    if len(set(names)) == len(names):
        return [_Column("", name, type_) for name, type_ in found]
    return _by_owner(shape, select, block, found, aliases)


def _by_owner(
    shape: Shape, select: Select, block: Block, found: Sequence[tuple[str, str]], aliases: list[str]
) -> list[_Column]:
    """Where two inputs have a column of one name, each is asked for by its input."""
    names = [name.lower() for name, _ in found]
    owners: dict[str, list[str]] = {}
    for alias in aliases:
        for name, _ in shape.listed(select, block, f"{quoted(alias)}.*") or ():
            owners.setdefault(name.lower(), []).append(alias)
    columns = []
    for name, type_ in found:
        low = name.lower()
        if names.count(low) == 1:
            columns.append(_Column("", name, type_))
        elif owners.get(low):
            columns.append(_Column(owners[low].pop(0), name, type_))
        else:
            _unknown()
    return _only_once(columns)


def _only_once(columns: list[_Column]) -> list[_Column]:
    if len({(c.owner.lower(), c.name.lower()) for c in columns}) < len(columns):
        raise Refused(
            "this star shows two columns of one name",
            why="the embedded engine has to be told each by its name",
            fix="name the columns, or give one of them another name in the query that makes them",
        )
    return columns


def _fields(found: Sequence[tuple[str, str]], owner: tuple[str, ...], first: int) -> list[_Column]:
    """`s.*` over a struct, whose column is the part *first* of the owner."""
    type_ = next((t for name, t in found if name.lower() == owner[first].lower()), "")
    for part in owner[first + 1 :]:
        type_ = next((t for name, t in fields_of(type_) if name.lower() == part.lower()), "")
    fields = list(fields_of(type_))
    columns = [_Column("", name, type_) for name, type_ in fields]
    for column in columns:
        column.reference = ".".join(map(quoted, (*owner, column.name)))
    return columns or _unknown()


def _unknown() -> list[_Column]:
    raise Refused(
        "the columns of this star are not known",
        why="the embedded engine has to be told each of them",
        fix="name the columns instead of *, or preview it with --place databricks",
    )


def _without(columns: list[_Column], parts: tuple[str, ...], aliases: set[str]) -> list[_Column]:
    """The columns without `a`, `t.a` or the field `a.b` of one of them."""
    low = tuple(part.lower() for part in parts)
    for column in columns:
        name, owner = column.name.lower(), column.owner.lower()
        owned = [(owner, name)] if owner else [(alias, name) for alias in aliases]
        for known in (*owned, (name,)):
            if low[: len(known)] == known and len(low) > len(known) and column.type.startswith("struct<"):
                column.without.append(low[len(known) :])
                return columns
    named = [
        c for c in columns if c.name.lower() == low[-1] and (len(low) == 1 or not c.owner or c.owner.lower() == low[-2])
    ]
    if not named:
        raise Refused(
            f"EXCEPT names {'.'.join(parts)}, which is not there",
            why="a star can only leave out what it shows",
            fix="check the spelling",
        )
    return [c for c in columns if c not in named]


def _struct(reference: str, type_: str, without: list[tuple[str, ...]]) -> str:
    """A struct made anew from the fields that are left."""
    parts = []
    for name, inner in fields_of(type_):
        below = [path[1:] for path in without if path[0] == name.lower()]
        if () in below:
            continue
        field = f"{reference}.{quoted(name)}"
        literal = "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
        parts += [literal, _struct(field, inner, below) if below else field]
    return f"named_struct({', '.join(parts)})"
