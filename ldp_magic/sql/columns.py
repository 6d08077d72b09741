"""The list in parentheses after a dataset's name: columns, expectations, table constraints."""

from __future__ import annotations

from dataclasses import dataclass

from ldp_magic.sql.cursor import Cursor, Unread, shortened, unquoted
from ldp_magic.sql.model import Action, Clause, Column, Expectation, Problem
from ldp_magic.text import Edit, Location

_ATTRIBUTES = (
    ("NOT", "NULL"),
    ("NULL",),
    ("COMMENT",),
    ("MASK",),
    ("PRIMARY", "KEY"),
    ("FOREIGN", "KEY"),
    ("REFERENCES",),
    ("UNIQUE",),
    ("CHECK",),
    ("GENERATED",),
    ("DEFAULT",),
    ("COLLATE",),
    ("CONSTRAINT",),
)


_ACTIONS: dict[str, Action] = {"DROP": "drop", "FAIL": "fail"}


@dataclass(slots=True)
class ColumnList:
    """What a list said."""

    columns: tuple[Column, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    constraints: tuple[Clause, ...] = ()
    location: Location | None = None


def column_list(c: Cursor, problems: list[Problem]) -> ColumnList:
    """`( {column | expectation | constraint} [, ...] )`"""
    start = c.index
    inner = c.parenthesised()
    columns: list[Column] = []
    expectations: list[Expectation] = []
    constraints: list[Clause] = []
    for part in inner.parts():
        while not part.done:
            _element(part, columns, expectations, constraints, problems)
    return ColumnList(tuple(columns), tuple(expectations), tuple(constraints), c.since(start))


def _element(
    c: Cursor,
    columns: list[Column],
    expectations: list[Expectation],
    constraints: list[Clause],
    problems: list[Problem],
) -> None:
    start = c.index
    if c.at("CONSTRAINT") and c.word(2) == "EXPECT":
        expectations.append(expectation(c))
    elif (
        (
            c.at("CONSTRAINT")
            and c.type(1) in ("word", "name")
            and c.word(2) in ("PRIMARY", "FOREIGN", "CHECK", "UNIQUE")
        )
        or c.at("PRIMARY", "KEY")
        or c.at("FOREIGN", "KEY")
        or c.at("CHECK", "(")
        or c.at("UNIQUE", "(")
    ):
        constraints.append(_constraint(c))
    elif _only_parameters(c):
        c.index = c.stop
        constraints.append(Clause(name="parameter", location=c.since(start), value=c.since(start).text))
    else:
        columns.append(_column(c, expectations, problems))
    if not c.done:
        problems.append(_missing_comma(c))


def _missing_comma(c: Cursor) -> Problem:
    before = c.base + c.tokens.ends[c.index - 1]
    return Problem(
        kind="syntax",
        message=f"a comma is missing before {shortened(c.text())}",
        location=c.here(),
        why="the items of this list are separated by commas",
        edits=(Edit(Location(c.source, before, before), ","),),
    )


def _only_parameters(c: Cursor) -> bool:
    """`${cols} ${checks}`: parameters that stand for items of the list. One with a type after it is a column's name."""
    return all(
        c.tokens.types[i] == "word" and c.tokens.words[i].startswith("${") and c.tokens.words[i].endswith("}")
        for i in range(c.index, c.stop)
    )


def expectation(c: Cursor) -> Expectation:
    """`CONSTRAINT name EXPECT (condition) [ON VIOLATION {DROP ROW | FAIL UPDATE}]`"""
    start = c.expect("CONSTRAINT")
    first = c.index
    if c.type() not in ("word", "name"):
        raise c.unread("expected the expectation's name")
    c.index += 1
    name = c.since(first)
    c.expect("EXPECT")
    parenthesised = c.word() == "("
    condition = _condition(c)
    clause, action, word = _on_violation(c)
    return Expectation(
        name=unquoted(name.text),
        condition=c.read(condition),
        on_violation=_ACTIONS.get(word, "warn"),
        location=c.since(start),
        name_location=name,
        condition_location=condition,
        action_location=action,
        clause_location=clause,
        parenthesised=parenthesised,
    )


def _on_violation(c: Cursor) -> tuple[Location | None, Location | None, str]:
    """`ON VIOLATION action`, also where it is misspelt: the clause, its action, the action's first word"""
    start = c.index
    if c.at("ON") and c.type(1) == "word":
        c.index += 2
    elif not (c.at("DROP", "ROW") or c.at("FAIL", "UPDATE")):
        return None, None, ""
    first, word = c.index, c.word()
    while not c.done and c.type() == "word" and c.word() != "CONSTRAINT":
        c.index += 1
    return c.since(start), c.since(first), word


def _condition(c: Cursor) -> Location:
    """`(condition)`; one without brackets ends where the next words of an expectation begin"""
    if c.word() == "(":
        inner = c.parenthesised()
        if inner.done:
            raise Unread("this expectation has no condition", inner.index - 1)
        return inner.between(inner.index, inner.stop)
    first = c.index
    c.skip_to(("ON", "VIOLATION"), ("ON", "VIOLATIONS"), ("ON", "VIOLATE"), ("CONSTRAINT",))
    if c.index == first:
        raise c.unread("expected a condition in parentheses")
    return c.since(first)


def _constraint(c: Cursor) -> Clause:
    """`[CONSTRAINT name] {PRIMARY KEY | FOREIGN KEY .. REFERENCES .. | CHECK | UNIQUE} (..) [option ...]`"""
    start = c.index
    if c.take("CONSTRAINT"):
        c.index += 1
    kind = {"PRIMARY": "primary key", "FOREIGN": "foreign key", "CHECK": "check", "UNIQUE": "unique"}[c.word()]
    first = c.index
    c.skip()
    while not (c.done or c.at("CONSTRAINT")):
        c.skip()
    return Clause(name=kind, location=c.since(start), value=c.since(first).text, value_location=c.since(first))


def _column(c: Cursor, expectations: list[Expectation], problems: list[Problem]) -> Column:
    """`name [type] [attribute ...]`"""
    start = c.index
    if c.type() not in ("word", "name"):
        raise c.unread("expected a column, CONSTRAINT, or )")
    c.index += 1
    name = c.since(start)
    c.take(":")
    first = c.index
    _type(c)
    type_ = c.since(first) if c.index > first else None
    clauses: list[Clause] = []
    while not c.done:
        if c.at("CONSTRAINT") and c.word(2) == "EXPECT":
            expectations.append(expectation(c))
            continue
        attribute = _attribute(c, problems)
        if attribute is not None:
            clauses.append(attribute)
    comment = next((str(a.value) for a in clauses if a.name == "comment"), None)
    return Column(
        name=unquoted(name.text),
        type=type_.text if type_ else "",
        location=c.since(start),
        name_location=name,
        type_location=type_,
        not_null=any(a.name == "not null" for a in clauses),
        comment=comment,
        clauses=tuple(clauses),
    )


_INTERVAL_WORDS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO"}


def _type(c: Cursor) -> None:
    """Step over a type: `DECIMAL(10, 2)`, `STRUCT<a: INT, b: ARRAY<STRING>>`, `INTERVAL DAY TO SECOND`"""
    if c.done or c.type() != "word" or c.at_any(_ATTRIBUTES):
        return
    if c.word(1) in ("<", "<>"):
        return c.skip_nested()
    interval = c.take("INTERVAL")
    while interval and c.word() in _INTERVAL_WORDS:
        c.index += 1
    if not interval:
        c.index += 1
    if c.word() == "(":
        c.skip()


def _attribute(c: Cursor, problems: list[Problem]) -> Clause | None:
    start = c.index
    phrase = c.at_any(_ATTRIBUTES)
    if not phrase:
        c.skip()
        while not (c.done or c.at_any(_ATTRIBUTES)):
            c.skip()
        unknown = c.since(start)
        problems.append(
            Problem(
                kind="unknown-clause",
                message=f"no part of a column is called {shortened(unknown.text)}",
                location=unknown,
                why="it is kept as it is; everything around it is read",
            )
        )
        return None
    if phrase == ("CONSTRAINT",):
        c.index += 2
        inner = c.at_any(_ATTRIBUTES)
        if not inner or inner == ("CONSTRAINT",):
            raise c.unread("expected PRIMARY KEY, FOREIGN KEY, CHECK or EXPECT")
        phrase = inner
    c.index += len(phrase)
    first = c.index
    value = _attribute_value(c, phrase)
    return Clause(name=" ".join(phrase).lower(), location=c.since(start), value=value, value_location=c.since(first))


def _attribute_value(c: Cursor, phrase: tuple[str, ...]) -> object:
    if phrase == ("COMMENT",):
        return c.string()
    first = c.index
    while not (c.done or (c.at_any(_ATTRIBUTES) and not _inside_value(c, phrase, first))):
        c.skip()
    return c.since(first).text or None


def _inside_value(c: Cursor, phrase: tuple[str, ...], first: int) -> bool:
    """`DEFAULT NULL`, `FOREIGN KEY REFERENCES t`, `GENERATED BY DEFAULT AS`: the attribute goes on."""
    if phrase == ("DEFAULT",):
        return c.index == first
    if phrase == ("FOREIGN", "KEY"):
        return c.at("REFERENCES")
    return phrase == ("GENERATED",) and c.at("DEFAULT")
