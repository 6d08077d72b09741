"""Expectations from filters: a WHERE that checks the quality of a dataset's own columns becomes rules that count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.author.convert.inserts import quoted
from ldp_magic.lint.subjects import Owned
from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.facts import ColumnRef, Output, Select
from ldp_magic.sql.functions import names
from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.text import Edit, Span

_SIGNS = {
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
    "=": "is",
    "==": "is",
    "<>": "is_not",
    "!=": "is_not",
}
# Calls and operators that fail for no value: a filter in front of them is no guard.
_CALM = names("coalesce upper lower trim ltrim rtrim concat concat_ws round greatest least nvl ifnull nullif length if")
_RISKY = {"/", "%", "DIV", "::", "CAST", "["}
_ALL_ROWS = {"group by", "having", "qualify", "limit", "offset", "order by", "sort by", "pivot"}


@dataclass(frozen=True, slots=True)
class Rule:
    """An expectation and the condition it was made from: `part` is that condition in the query."""

    name: str
    condition: str
    part: Span


@dataclass(frozen=True, slots=True)
class Moved:
    """The rules found in a query, and the edits that take them out of its WHERE."""

    rules: tuple[Rule, ...] = ()
    edits: tuple[Edit, ...] = ()


def moved(owned: Owned) -> Moved:
    """The conditions of a query's WHERE that become expectations."""
    root = owned.facts.root
    if not isinstance(root, Select) or "where" not in root.clauses or owned.facts.ctes or owned.facts.pipes:
        return Moved()
    if root.distinct is not None or root.aggregates or any(c.over for c in root.calls) or _ALL_ROWS & set(root.clauses):
        return Moved()
    where, text = root.clauses["where"], owned.facts.text
    parts = list(_conjuncts(text, where))
    found = [rule for part in parts if (rule := _rule(part, root, text)) is not None]
    rules = tuple(_renamed(found))
    return Moved(rules, tuple(_without(parts, {r.part for r in rules}, owned, where))) if rules else Moved()


def _conjuncts(text: str, where: Span) -> Iterator[Span]:
    """The conditions that AND puts together; none if an OR stands beside them."""
    tokens = tokens_of(text)
    inside = [i for i in range(len(tokens)) if where.start <= tokens.starts[i] < where.end][1:]
    first = index = inside[0] if inside else 0
    last = inside[-1] + 1 if inside else 0
    found, between = list[Span](), False
    while index < last:
        word = tokens.words[index]
        if word in ("OR", "CASE", "XOR"):
            return
        if word == "BETWEEN":
            between = True
        elif word == "AND" and between:
            between = False
        elif word == "AND":
            found.append(Span(tokens.starts[first], tokens.ends[index - 1]))
            first = index + 1
        index = max(tokens.pairs.get(index, index), index) + 1
    if first < last:
        yield from [*found, Span(tokens.starts[first], tokens.ends[last - 1])]


def _rule(part: Span, root: Select, text: str) -> Rule | None:
    """The expectation that says the same as a condition, if it speaks of one column of the result and constants."""
    t = tokens_of(text[part.start : part.end])
    column = next((c for c in root.columns if c.span.start == part.start), None)
    if column is None:
        return None
    rest = next((i for i in range(len(t)) if t.starts[i] >= column.span.end - part.start), len(t))
    words = _check_name(t, rest)
    name = _output_name(column, root, text)
    if not words or not name or _guards(column, root, text):
        return None
    condition = quoted(name) + text[column.span.end : part.end]
    return Rule(_name(f"{name}_{words}"), condition, part)


def _check_name(t: Tokens, at: int) -> str:
    """What a check is called by what follows its column; empty where it is none of ours."""
    words = t.words[at:]
    if words == ["IS", "NOT", "NULL"]:
        return "present"
    if words[:1] and words[0] in _SIGNS:
        value, end = _constant(t, at + 1)
        return f"{_SIGNS[words[0]]}_{value}" if end == len(t) else ""
    if words[:1] == ["BETWEEN"]:
        low, middle = _constant(t, at + 1)
        if middle < 0 or t.words[middle : middle + 1] != ["AND"]:
            return ""
        high, end = _constant(t, middle + 1)
        return f"between_{low}_and_{high}" if end == len(t) else ""
    negated = words[:2] == ["NOT", "IN"]
    if words[:1] == ["IN"] or negated:
        return ("not_among" if negated else "among") + "_the_listed" if _constants(t, at + 1 + negated) else ""
    return ""


def _constants(t: Tokens, opening: int) -> bool:
    """`(1, 'a', ...)` up to the end of the condition."""
    if t.words[opening : opening + 1] != ["("] or t.pairs.get(opening) != len(t) - 1:
        return False
    at = opening + 1
    while True:
        _, at = _constant(t, at)
        if at < 0:
            return False
        if at == len(t) - 1:
            return True
        if t.words[at] != ",":
            return False
        at += 1


def _constant(t: Tokens, at: int) -> tuple[str, int]:
    """A number, a text, a date, TRUE or FALSE: as a part of a name, and the place behind it; -1 if it is none."""
    word, type_ = (t.words[at], t.types[at]) if at < len(t) else ("", "")
    if word == "-" and t.types[at + 1 : at + 2] == ["number"]:
        return f"minus_{t.get(at + 1)}", at + 2
    if word in ("DATE", "TIMESTAMP") and t.types[at + 1 : at + 2] == ["string"]:
        return unquoted(t.get(at + 1)), at + 2
    if type_ in ("number", "string") or word in ("TRUE", "FALSE"):
        return unquoted(t.get(at)).lower(), at + 1
    return "", -1


def _output_name(column: ColumnRef, root: Select, text: str) -> str:
    """What the result calls a column of the input; empty where it does not hold it as it is."""
    alone = len(root.inputs) == 1
    same = [o for o in root.outputs if o.plain and len(o.columns) == 1 and _is(o.columns[0], column, alone)]
    called = [o.name.lower() for o in root.outputs]
    if same and called.count(same[0].name.lower()) == 1 and not any(o.star for o in root.outputs):
        return same[0].name
    star = [o for o in root.outputs if o.star]
    whole = alone and len(star) == 1 and text[star[0].span.start : star[0].span.end] == "*"
    return column.name if whole and column.name.lower() not in called else ""


def _is(one: ColumnRef, other: ColumnRef, alone: bool) -> bool:
    a, b = [p.lower() for p in one.parts], [p.lower() for p in other.parts]
    return a == b or (alone and len(a) <= 2 and len(b) <= 2 and a[-1] == b[-1] and (len(a) != len(b)))


def _guards(column: ColumnRef, root: Select, text: str) -> bool:
    """Is the column used in something that fails for some values? Then the filter has to come first."""
    return any(
        any(c.name.lower() == column.name.lower() for c in output.columns) and _may_fail(output, root, text)
        for output in root.outputs
        if not output.plain and not output.star
    )


def _may_fail(output: Output, root: Select, text: str) -> bool:
    words = set(tokens_of(text[output.expression.start : output.expression.end]).words)
    calls = {c.name for c in root.calls if output.span.start <= c.span.start < output.span.end}
    return bool(words & _RISKY or calls - _CALM)


def _name(text: str) -> str:
    name = re.sub(r"\W+", "_", text.lower()).strip("_")[:60].rstrip("_")
    return name if name[:1].isalpha() else f"check_{name}"


def _renamed(rules: list[Rule]) -> Iterator[Rule]:
    """The rules, each with a name of its own."""
    taken: set[str] = set()
    for rule in rules:
        name, number = rule.name, 2
        while name in taken:
            name, number = f"{rule.name}_{number}", number + 1
        taken.add(name)
        yield Rule(name, rule.condition, rule.part)


def _without(parts: list[Span], gone: set[Span], owned: Owned, where: Span) -> Iterator[Edit]:
    """The WHERE with the moved conditions taken out; comments between them stay."""
    text = owned.facts.text
    kept = [part for part in parts if part not in gone]
    comments = [Span(*c) for c in tokens_of(text).comments]
    if not kept:
        last = max((end for end in tokens_of(text).ends if end <= where.start), default=0)
        before = where.start if text[last : where.start].strip() else last  # a comment there would swallow what follows
        yield Edit(owned.locate(Span(before, where.end)), _comments(text, before, where.end, comments))
        return
    for number, part in enumerate(parts):
        if part not in gone:
            continue
        if part.start < kept[0].start:  # with the AND behind it
            until = parts[number + 1].start
            yield Edit(owned.locate(Span(part.start, until)), _comments(text, part.start, until, comments).lstrip())
        else:
            since = parts[number - 1].end
            yield Edit(owned.locate(Span(since, part.end)), _comments(text, since, part.end, comments))


def _comments(text: str, start: int, end: int, comments: list[Span]) -> str:
    some = [text[c.start : c.end] for c in comments if start <= c.start and c.end <= end]
    line = "\r\n" if "\r\n" in text else "\n"
    return "".join(f" {comment}{line if comment.startswith('--') else ''}" for comment in some)
