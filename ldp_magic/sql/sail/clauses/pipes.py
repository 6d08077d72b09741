"""`FROM t |> WHERE a |> SELECT b`: each step is a SELECT around the steps before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.outline import STARTS
from ldp_magic.sql.sail.answer import Refused
from ldp_magic.sql.sail.clauses.change import Group
from ldp_magic.sql.sail.clauses.shape import Shape, quoted

_SETS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})
_JOINS = frozenset({"JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "SEMI", "ANTI", "NATURAL", "LATERAL"})


def possible(tokens: Tokens, words: frozenset[str]) -> bool:
    return "|>" in words


def changes(shape: Shape) -> Iterator[Group]:
    for first, last in _innermost(shape):
        marks = [at for at in shape.beside(first, last) if shape.words[at] == "|>"]
        ends = [*marks[1:], last]
        if first == marks[0] or any(mark + 1 >= end for mark, end in zip(marks, ends, strict=True)):
            continue  # a step is missing
        steps = _Steps(shape, first, marks[0])
        for mark, end in zip(marks, ends, strict=True):
            steps.step(mark + 1, end)
        yield [shape.replace(first, last, steps.query())]


def _innermost(shape: Shape) -> Iterator[tuple[int, int]]:
    """Queries with |> in them that hold no other such query."""
    seen: dict[int, int] = {}
    openings: list[int] = []
    for index, word in enumerate(shape.words):
        if word == "(" and shape.closing(index) > 0:
            openings.append(index)
        elif word == ")" and openings and shape.closing(openings[-1]) == index:
            openings.pop()
        elif word == "|>":
            seen[openings[-1] if openings else -1] = index
    for opening in seen:
        close = shape.closing(opening) if opening >= 0 else _statement_end(shape)
        if not any(opening < other < close for other in seen):
            yield _behind_with(shape, opening + 1), close


def _statement_end(shape: Shape) -> int:
    end = len(shape.tokens)
    while end and shape.words[end - 1] == ";":
        end -= 1
    return end


def _behind_with(shape: Shape, first: int) -> int:
    """The first token behind the WITH clause that stands at *first*, if one does."""
    if shape.words[first] != "WITH":
        return first
    return next((at for at in shape.beside(first + 1, len(shape.tokens)) if shape.words[at] in STARTS), first)


class _Steps:
    """What the steps so far make: a query, or a FROM clause that may still take joins and conditions."""

    def __init__(self, shape: Shape, first: int, last: int) -> None:
        self.shape, self.at = shape, first
        self.done = ""  # a whole query
        self.source, self.alias = "", ""
        self.conditions: list[str] = []
        self.tail = ""  # ORDER BY, LIMIT
        head = shape.slice(first, last)
        if shape.words[first] == "FROM" and not {"SELECT", "WHERE"} & {
            shape.words[i] for i in shape.beside(first, last)
        }:
            self.source = shape.slice(first + 1, last)
            self.alias = _alias(shape, first + 1, last)
        elif shape.words[first] == "TABLE":
            self.source, self.alias = shape.slice(first + 1, last), shape.places.name(last - 1)
        else:
            self.done = head

    def query(self) -> str:
        if self.done and not self.conditions:
            return self.done + self.tail if self.tail else self.done
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"SELECT * FROM {self.rows()}{where}{self.tail}"

    def rows(self) -> str:
        """What stands behind FROM for the next step."""
        if self.done:
            return f"({self.done}){' AS ' + quoted(self.alias) if self.alias else ''}"
        return self.source

    def wrap(self) -> None:
        """No more of this SELECT: what follows is around it."""
        self.done, self.source, self.conditions, self.tail = self.query(), "", [], ""

    def select(self, items: str, behind: str = "", *, named: bool) -> None:
        """A SELECT of *items* around the steps so far."""
        if self.tail:
            self.wrap()
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        self.done = f"SELECT {items} FROM {self.rows()}{where}{behind}"
        self.source, self.conditions, self.alias = "", [], self.alias if named else ""

    def step(self, first: int, last: int) -> None:
        word = self.shape.words[first]
        if word in _JOINS:
            self.joined(first, last)
        elif word in _SETS:
            self._set(first, last)
        elif word in _STEPS:
            _STEPS[word](self, first, last)
        else:
            raise Refused(
                f"the step |> {word} is not known",
                why="the embedded engine is told each step as a SELECT",
                fix="write it as a SELECT, or preview it with --place databricks",
            )

    def where(self, first: int, last: int) -> None:
        if self.tail:
            self.wrap()
        self.conditions.append(f"({self.shape.slice(first + 1, last)})")

    def selected(self, first: int, last: int) -> None:
        self.select(self.shape.slice(first + 1, last), named=False)

    def extend(self, first: int, last: int) -> None:
        self.select(f"*, {self.shape.slice(first + 1, last)}", named=True)

    def drop(self, first: int, last: int) -> None:
        self.select(f"* EXCEPT ({self.shape.slice(first + 1, last)})", named=True)

    def set(self, first: int, last: int) -> None:
        """`SET a = 1, b = a`: one after the other."""
        for start, end in self.shape.places.between_commas(first + 1, last):
            name, value = self.shape.places.name(start).lower(), self.shape.slice(start + 2, end)
            known = self.shape.shown(self.query(), self.at)
            if known is None or name not in [n.lower() for n, _ in known] or not all(n for n, _ in known):
                raise Refused(
                    f"the columns that |> SET {name} keeps are not known",
                    why="the embedded engine has to be told each of them",
                    fix="write a SELECT, or preview it with --place databricks",
                )
            items = [f"{value} AS {quoted(n)}" if n.lower() == name else quoted(n) for n, _ in known]
            self.select(", ".join(items), named=True)

    def named(self, first: int, last: int) -> None:
        self.wrap()
        self.alias = self.shape.places.name(last - 1)

    def aggregate(self, first: int, last: int) -> None:
        shape = self.shape
        group = next((at for at in shape.beside(first, last) if shape.words[at : at + 2] == ["GROUP", "BY"]), last)
        counted = [shape.slice(first + 1, group)] if group > first + 1 else []
        keys = [shape.slice(*part) for part in shape.places.between_commas(group + 2, last)]
        if {"ROLLUP", "CUBE", "GROUPING"} & set(shape.words[group:last]):
            raise Refused(
                "the embedded engine has no |> AGGREGATE with grouping sets",
                why="the keys have to be told twice",
                fix="write it as a SELECT",
            )
        behind = f" GROUP BY {', '.join(str(n + 1) for n in range(len(keys)))}" if keys else ""
        self.select(", ".join([*keys, *counted]), behind, named=False)

    def ordered(self, first: int, last: int) -> None:
        if self.tail:
            self.wrap()
        self._tail(first, last)

    def limited(self, first: int, last: int) -> None:
        if "LIMIT" in self.tail or "OFFSET" in self.tail:
            self.wrap()
        self._tail(first, last)

    def _tail(self, first: int, last: int) -> None:
        if self.done and not self.conditions and not self.tail:
            self.done, self.source = "", self.rows()
        self.tail += " " + self.shape.slice(first, last)

    def joined(self, first: int, last: int) -> None:
        """Joins stand behind the source in one FROM clause."""
        if self.conditions or self.tail:
            self.wrap()
        self.source, self.done, self.alias = f"{self.rows()} {self.shape.slice(first, last)}", "", ""

    def changed(self, first: int, last: int) -> None:
        """PIVOT, UNPIVOT and TABLESAMPLE stand behind a source of their own."""
        self.wrap()
        self.alias = ""
        self.joined(first, last)
        self.wrap()

    def _set(self, first: int, last: int) -> None:
        left = self.query()
        if self.tail or not _SETS.isdisjoint(tokens_of(left).words):
            left = f"({left})"
        self.done, self.source, self.conditions, self.tail = f"{left} {self.shape.slice(first, last)}", "", [], ""


def _alias(shape: Shape, first: int, last: int) -> str:
    """The name of a source that stands alone: its alias, or its own."""
    beside = list(shape.beside(first, last))
    if shape.words[beside[-1]] == "(" and len(beside) > 1:  # AS t(a, b)
        last = beside.pop()
    words = {shape.words[i] for i in beside}
    unnamed = not words.isdisjoint((",", "(")) and shape.words[last - 2] != "AS"
    if "JOIN" in words or unnamed or shape.tokens.types[last - 1] not in ("word", "name"):
        return ""
    return shape.places.name(last - 1)


_STEPS: dict[str, Callable[[_Steps, int, int], None]] = {
    "WHERE": _Steps.where,
    "SELECT": _Steps.selected,
    "EXTEND": _Steps.extend,
    "DROP": _Steps.drop,
    "SET": _Steps.set,
    "AS": _Steps.named,
    "AGGREGATE": _Steps.aggregate,
    "ORDER": _Steps.ordered,
    "SORT": _Steps.ordered,
    "CLUSTER": _Steps.ordered,
    "DISTRIBUTE": _Steps.ordered,
    "LIMIT": _Steps.limited,
    "OFFSET": _Steps.limited,
    "PIVOT": _Steps.changed,
    "UNPIVOT": _Steps.changed,
    "TABLESAMPLE": _Steps.changed,
}
