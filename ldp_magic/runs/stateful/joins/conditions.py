"""The conditions of a join, part by part: whose columns each part reads, and what Spark would do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ldp_magic.runs.stateful.joins.shape import edited
from ldp_magic.runs.stateful.watermarks import conjuncts
from ldp_magic.sql.facts import ColumnRef, Select
from ldp_magic.sql.functions import NONDETERMINISTIC, names
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.sql.query import expression_facts
from ldp_magic.sql.writing import quoted
from ldp_magic.text import Span

ELSEWHERE = 2  # what neither side of the join has
Column = tuple[int, str]  # the side, and the name in lower case
# What is NULL where its argument is; nothing is known of other functions.
_PASS_NULL = names(
    """abs cast ceil date date_add date_sub date_trunc dateadd day floor hour length lower ltrim minute month round
    rtrim second substr substring to_date to_timestamp trim unix_micros unix_millis unix_timestamp upper year"""
)
_NO_CALL = names("and between like not")
_MEET_NULL = frozenset({"OR", "AND", "CASE", "IS", "IN", "EXISTS", "<=>", "ANY", "SOME"})


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of columns mean at the join."""

    aliases: tuple[str, str]
    columns: tuple[tuple[str, ...], tuple[str, ...]]  # in lower case

    def of(self, column: ColumnRef) -> tuple[Column, ...]:
        """The columns that are meant: two where USING makes one of them."""
        parts = [part.lower() for part in column.parts]
        for side, alias in enumerate(self.aliases):
            if alias in parts[:-1]:
                return ((side, parts[parts.index(alias) + 1]),)
        if len(parts) > 1 and not any(parts[0] in each for each in self.columns):
            return ((ELSEWHERE, parts[-1]),)
        found = tuple((side, parts[0]) for side in (0, 1) if parts[0] in self.columns[side])
        return found or ((ELSEWHERE, parts[0]),)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the parts that AND puts together."""

    text: str
    refs: tuple[tuple[ColumnRef, tuple[Column, ...]], ...] = ()
    steady: bool = True  # it is the same for equal rows

    @property
    def columns(self) -> frozenset[Column]:
        return frozenset(column for _, columns in self.refs for column in columns)

    @property
    def sides(self) -> frozenset[int]:
        return frozenset(side for side, _ in self.columns)

    def only_of(self, side: int) -> bool:
        return self.steady and self.sides == {side}

    @property
    def never_null(self) -> frozenset[Column]:
        """The columns that cannot be NULL where the part is true, as far as its text shows."""
        tokens = tokens_of(self.text)
        if _MEET_NULL & (set(tokens.words) - ({"AND"} if "BETWEEN" in tokens.words else set())):
            return frozenset()
        hidden = _inside_of_functions(tokens)
        shown = (columns for ref, columns in self.refs if not any(s.start <= ref.span.start < s.end for s in hidden))
        return frozenset(column for columns in shown for column in columns)

    @property
    def null_safe(self) -> bool:
        return "<=>" in tokens_of(self.text).words

    @property
    def key(self) -> Key | None:
        """The two sides of an equality between the sides of the join."""
        tokens = tokens_of(self.text)
        top = _at_top(tokens)
        at = [n for n, word in top if word in ("=", "==", "<=>")]
        if len(at) != 1 or any(word in ("OR", "NOT", "AND", "BETWEEN", "<", ">", "<=", ">=") for _, word in top):
            return None
        middle = tokens.starts[at[0]]
        texts = self.text[:middle].strip(), self.text[tokens.ends[at[0]] :].strip()
        halves = [[each for each in self.refs if (each[0].span.start < middle) == here] for here in (True, False)]
        sides = [{side for _, columns in half for side, _ in columns} for half in halves]
        plain = [_plain(text, half) for text, half in zip(texts, halves, strict=True)]
        if sides == [{0}, {1}]:
            return Key(texts, (plain[0], plain[1]))
        return Key(texts[::-1], (plain[1], plain[0])) if sides == [{1}, {0}] else None


def _plain(text: str, refs: Sequence[tuple[ColumnRef, tuple[Column, ...]]]) -> Column | None:
    """The column that a text is, if it is nothing else."""
    if len(refs) != 1 or len(refs[0][1]) != 1:
        return None
    ref, (column,) = refs[0]
    return column if ref.span.end - ref.span.start == len(text) else None


def parts_of(condition: str, known: Names) -> list[Part]:
    """The parts of a condition."""
    return [part_of(each, known) for each in conjuncts(condition)]


def part_of(text: str, known: Names) -> Part:
    """One part; of a subquery in it only what says by its qualifier that it is of a side."""
    facts = expression_facts(text)
    outer = facts.root.columns if isinstance(facts.root, Select) else ()
    inner = [c for each in facts.selects if each is not facts.root for c in each.columns if len(c.parts) > 1]
    correlated = [ref for ref in inner if known.of(ref)[0][0] != ELSEWHERE]
    calls = {call.name for select in facts.selects for call in select.calls}
    steady = facts.failure is None and not correlated and not calls & NONDETERMINISTIC
    return Part(text, tuple((ref, known.of(ref)) for ref in (*outer, *correlated)), steady)


def moved(text: str, outputs: Mapping[str, str], *, star: bool) -> str | None:
    """An expression over the outputs of a SELECT as one over its inputs; None if it reads what is not there."""
    root, edits = expression_facts(text).root, []
    for ref in root.columns if isinstance(root, Select) else ():
        called = [part.lower() for part in (*ref.parts[1:2], ref.parts[0])]
        new = next((outputs[name] for name in called if name in outputs), None)
        if new is None and not star:
            return None
        edits.append((ref.span, f"({new})" if new is not None else quoted(called[0])))
    return edited(text, edits)


def outputs_of(select: Select, text: str) -> tuple[dict[str, str], bool]:
    """The outputs of a SELECT by name, and whether a star adds all columns."""
    named = {each.name.lower(): text[slice(*each.expression)] for each in select.outputs if each.name}
    return named, any(each.star for each in select.outputs)


@dataclass(frozen=True, slots=True)
class Key:
    """Two expressions that have to be equal, of the left and of the right, and the columns that they plainly are."""

    texts: tuple[str, str]
    columns: tuple[Column | None, Column | None]


@dataclass(frozen=True, slots=True)
class Conditions:
    """All conditions of a query that joins two streams."""

    kind: str  # of the join
    on: tuple[Part, ...]
    where: tuple[Part, ...]  # of all that stands above the join

    @property
    def joining(self) -> tuple[Part, ...]:
        """What decides which rows meet; behind an inner join a filter is part of it."""
        return (*self.on, *self.where) if self.kind == "inner" else self.on

    @property
    def keys(self) -> list[Key]:
        """What has to be equal."""
        return [key for part in self.joining if (key := part.key) is not None]

    def above(self) -> list[Part]:
        """What stays above the join, or in it, and so reads columns there."""
        taken = {id(part) for side in (0, 1) for part in self.taken(side)}
        return [part for part in (*self.on, *self.where) if id(part) not in taken]

    def taken(self, side: int) -> list[Part]:
        """What Spark decides on a side before the join."""
        on = [part for part in self.on if part.only_of(side)] if side in _ON[self.kind] else []
        where = [part for part in self.where if part.only_of(side)] if side in _WHERE[self.kind] else []
        return on + where

    def filters(self, side: int) -> list[str]:
        """The same, with what is asked of the other side's key."""
        found = [part.text for part in self.taken(side)]
        return found + self._carried(side) if side in _ON[self.kind] else found

    def not_null(self, side: int) -> list[str]:
        """The columns of a side that cannot be NULL in a row that stays."""
        parts = [part for part in self.joining if len(part.sides) > 1] if side in _ON[self.kind] else []
        parts += [part for part in self.where if len(part.sides) > 1] if side in _WHERE[self.kind] else []
        return sorted({name for part in parts for at, name in part.never_null if at == side})

    def _carried(self, side: int) -> list[str]:
        """What is asked of the other side's key is asked of this side's, too."""
        same = dict[Column, str]()
        for part in self.joining:
            key = part.key
            if key is not None and not part.null_safe and None not in key.columns:
                same[key.columns[1 - side] or (ELSEWHERE, "")] = key.texts[side]
        asked = (part for part in (*self.on, *self.where) if part.only_of(1 - side) and part.columns <= same.keys())
        return [edited(p.text, [(ref.span, same[columns[0]]) for ref, columns in p.refs]) for p in asked]


_ON: Mapping[str, frozenset[int]] = {
    "inner": frozenset({0, 1}),
    "left semi": frozenset({0, 1}),
    "left": frozenset({1}),
    "right": frozenset({0}),
    "full": frozenset(),
}
_WHERE: Mapping[str, frozenset[int]] = {
    "inner": frozenset({0, 1}),
    "left semi": frozenset({0}),
    "left": frozenset({0}),
    "right": frozenset({1}),
    "full": frozenset(),
}


def _at_top(tokens: Tokens) -> list[tuple[int, str]]:
    """The words outside all brackets."""
    found, at = [], 0
    while at < len(tokens):
        found.append((at, tokens.words[at]))
        at = max(tokens.pairs.get(at, at), at) + 1
    return found


def _inside_of_functions(tokens: Tokens) -> list[Span]:
    """Where the arguments of functions stand that may turn NULL into something else."""
    found = []
    for at, word in enumerate(tokens.words):
        before = tokens.words[at - 1].lower() if at else ""
        if (
            word == "("
            and at in tokens.pairs
            and before
            and before not in _PASS_NULL | _NO_CALL
            and before.isidentifier()
        ):
            found.append(Span(tokens.starts[at], tokens.ends[tokens.pairs[at]]))
    return found
