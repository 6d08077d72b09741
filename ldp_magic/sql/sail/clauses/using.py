"""`USING (k)` and `NATURAL` as `ON a.k = b.k` where the query asks for `a.k`, `b.k`, or `a.*`: the engine forgets all
but the one column that such a join makes of both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.facts import Join, Select
from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.outline import Block
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Change, Group
from ldp_magic.sql.sail.clauses.shape import Item, Listed, Shape, quoted


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "JOIN" in words and not words.isdisjoint({"USING", "NATURAL"})


def changes(shape: Shape) -> Iterator[Group]:
    for select, block in shape.selects():
        if any(join.using or join.natural for join in select.joins):
            joined = _Joined(shape, select, block)
            if joined.asked():
                yield list(joined.changes())


class _Joined:
    """The joins of one SELECT, and where each column of USING comes from."""

    def __init__(self, shape: Shape, select: Select, block: Block) -> None:
        self.shape, self.select, self.block = shape, select, block
        self.aliases = [source.alias for source in select.inputs]
        self.items = shape.items(select)
        self.means: dict[str, str] = {}  # a column of USING in lower case -> what is meant by its name alone

    def asked(self) -> bool:
        """Does the query ask for a column of one input?"""
        natural = any(join.natural for join in self.select.joins)
        keys = {name.lower() for join in self.select.joins for name in join.using}
        low = {alias.lower() for alias in self.aliases}
        return any(self._owner(item) for item in self.items) or any(
            len(c.parts) == 2 and c.parts[0].lower() in low and (natural or c.name.lower() in keys)
            for c in self.select.columns
        )

    def _owner(self, item: Item) -> str:
        """The input that an item `a.*` shows."""
        named = item.star and self.shape.words[item.first + 1] == "."
        name = self.shape.places.name(item.first).lower() if named else ""
        return next((alias for alias in self.aliases if name and alias.lower() == name), "")

    def changes(self) -> Iterator[Change]:
        for number, join in enumerate(self.select.joins):
            if join.using or join.natural:
                yield from self._condition(number, join)
        firsts = {item.first: item for item in self.items}
        for item in self.items:
            if item.star and (owner := self._owner(item)):
                yield self.shape.replace(item.first, item.last, self._star_of(owner, item))
            elif item.star:
                yield self.shape.replace(item.first, item.first + 1, self._star())
        for column in self.select.columns:
            first, last = self.shape.tokens_in(column.span)
            if len(column.parts) == 1 and column.name.lower() in self.means and self.shape.words[first - 1] != ".":
                plain = first in firsts and firsts[first].last == last
                name = f" AS {quoted(column.name)}" if plain else ""
                yield self.shape.replace(first, last, self.means[column.name.lower()] + name)

    def _condition(self, number: int, join: Join) -> Iterator[Change]:
        """ON instead of USING or NATURAL."""
        shape, (first, at) = self.shape, self.shape.tokens_in(join.span)
        keys = join.using or self._shared(number)
        condition = " AND ".join(self._equal(key, number, join) for key in keys)
        if join.natural:
            natural = shape.words.index("NATURAL", first)
            following = self.select.joins[number + 1 : number + 2]
            end = shape.tokens_in(following[0].span)[0] if following else self.block.clauses["from"][1]
            yield shape.drop(natural, natural + 1)
            yield shape.after(end - 1, f" ON {condition}")
            return
        using = next(n for n in shape.beside(at, self.block.last) if shape.words[n] == "USING")
        yield shape.replace(using, shape.closing(using + 1) + 1, f"ON {condition}")

    def _shared(self, number: int) -> list[str]:
        right = [name.lower() for name, _ in self._listed(self.aliases[number + 1])]
        left = [name for alias in self.aliases[: number + 1] for name, _ in self._listed(alias)]
        return list({name.lower(): name for name in left if name.lower() in right}.values())

    def _equal(self, name: str, number: int, join: Join) -> str:
        low, there = name.lower(), f"{quoted(join.right.alias)}.{quoted(name)}"
        here = self.means.get(low) or f"{quoted(self._first_with(low, number))}.{quoted(name)}"
        if join.kind in ("right", "full"):
            self.means[low] = there if join.kind == "right" else f"coalesce({here}, {there})"
        else:
            self.means[low] = here
        return f"{here} = {there}"

    def _first_with(self, name: str, number: int) -> str:
        """The input on the left of a join that has a column."""
        left = self.aliases[: number + 1]
        if len(left) == 1:
            return left[0]
        return next((a for a in left if name in (n.lower() for n, _ in self._listed(a))), left[0])

    def _listed(self, alias: str) -> Listed:
        found = self.shape.listed(self.select, self.block, f"{quoted(alias)}.*") if alias else None
        if found is None or not all(name for name, _ in found):
            raise Refused(
                f"the columns of {alias or 'an input without a name'} are not known",
                why="it is joined by USING or NATURAL, and the engine has to be told whose column is meant",
                fix="join with ON, or preview it with --place databricks",
            )
        return found

    def _star_of(self, owner: str, item: Item) -> str:
        """`a.*` shows the columns of USING first."""
        names = [name for name, _ in self._listed(owner)]
        names.sort(key=lambda name: name.lower() not in self.means)
        words, start = self.shape.words, item.first + 3
        if words[start : start + 2] == ["EXCEPT", "("]:
            parts = self.shape.places.between_commas(start + 2, item.last - 1)
            taken = {self.shape.places.name(last - 1).lower() for _, last in parts}
            names = [name for name in names if name.lower() not in taken]
        return ", ".join(f"{quoted(owner)}.{quoted(name)}" for name in names)

    def _star(self) -> str:
        """What `*` shows: the columns of USING once and first, then the others of each input."""
        found = self.shape.listed(self.select, self.block)
        owners: dict[str, list[str]] = {}
        for alias in self.aliases:
            for name, _ in self._listed(alias):
                owners.setdefault(name.lower(), []).append(alias)
        shown = []
        for name, _ in found or ():
            if name.lower() in self.means:
                shown.append(f"{self.means[name.lower()]} AS {quoted(name)}")
            else:
                shown.append(f"{quoted(owners[name.lower()].pop(0))}.{quoted(name)}")
        return ", ".join(shown)
