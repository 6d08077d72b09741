"""A condition in the parts that AND puts together, each as its author wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldp_magic.sql.lexer import Tokens, tokens_of
from ldp_magic.text import Span

MOST = 12  # parts that are looked at one by one
DEEPEST = 50  # brackets
_LOOSER = {"OR", "XOR"}  # than AND; with one of them in between it is one part
_COMPARES = {"=", "==", "<", ">", "<=", ">=", "<>", "!=", "<=>", "IS", "IN", "LIKE", "ILIKE", "RLIKE", "NOT", "BETWEEN"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition, as the engine is asked and as a person reads it."""

    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A part that holds a value to a number: `score <= 100`."""

    value: str
    sign: str


_BOUNDS = {"<": "<=", "<=": "<=", ">": ">=", ">=": ">="}


def bound_of(part: Part) -> Bound | None:
    """The bound that a part is; another number would let other rows pass. The sign is the one that takes it in."""
    t = tokens_of(part.text)
    outside, at = list[int](), 0
    while at < len(t):
        outside.append(at)
        at = max(t.pairs.get(at, at), at) + 1
    words = [t.words[n] for n in outside]
    found = [n for n, word in enumerate(words) if word in _BOUNDS]
    if len(found) != 1 or not found[0] or set(words) & (_LOOSER | (_COMPARES - _BOUNDS.keys())):
        return None
    behind = outside[found[0] + 1 :]
    if [t.types[n] for n in behind[-1:]] != ["number"] or words[found[0] + 1 : -1] not in ([], ["-"]):
        return None
    return Bound(_text(t, 0, outside[found[0]]), _BOUNDS[words[found[0]]])


def parts_of(condition: str) -> tuple[Part, ...]:
    """The parts of a condition; itself, where it has only one or far too many."""
    tokens = tokens_of(condition)
    if not len(tokens) or tokens.open or tokens.depth > DEEPEST:
        return (Part(plain(condition)),)
    found = tuple(_split(tokens, 0, len(tokens)))
    return found if 0 < len(found) <= MOST else (Part(plain(condition)),)


def plain(text: str) -> str:
    """The text on one line, without comments."""
    tokens = tokens_of(text)
    return _text(tokens, 0, len(tokens)) if len(tokens) else text.strip()


def _split(t: Tokens, first: int, last: int) -> Iterator[Part]:
    while t.words[first] == "(" and t.pairs.get(first) == last - 1:
        first, last = first + 1, last - 1
        if first == last:
            return
    ranges = _conjuncts(t, first, last)
    if len(ranges) > 1:
        for start, end in ranges:
            yield from _split(t, start, end)
    else:
        yield from _one(t, first, last)


def _conjuncts(t: Tokens, first: int, last: int) -> list[tuple[int, int]]:
    """The token ranges between the ANDs that stand in no bracket and no CASE."""
    found, start, between, cases, at = list[tuple[int, int]](), first, False, 0, first
    while at < last:
        word = t.words[at]
        cases += (word == "CASE") - (word == "END" and cases > 0)
        if not cases and word in _LOOSER:
            return [(first, last)]
        if not cases and word == "BETWEEN":
            between = True
        elif not cases and word == "AND" and between:
            between = False
        elif not cases and word == "AND" and start < at < last - 1:
            found.append((start, at))
            start = at + 1
        at = max(t.pairs.get(at, at), at) + 1
    return [*found, (start, last)]


def _one(t: Tokens, first: int, last: int) -> Iterator[Part]:
    """A BETWEEN is two parts, anything else one."""
    both = _between(t, first, last)
    if both is None:
        yield Part(_text(t, first, last))
        return
    between, middle = both
    value = _text(t, first, between)
    yield Part(f"{value} >= {_text(t, between + 1, middle)}")
    yield Part(f"{value} <= {_text(t, middle + 1, last)}")


def _between(t: Tokens, first: int, last: int) -> tuple[int, int] | None:
    """Where BETWEEN and its AND stand, if the whole is one plain BETWEEN."""
    outside, at = list[int](), first
    while at < last:
        outside.append(at)
        at = max(t.pairs.get(at, at), at) + 1
    words = [t.words[n] for n in outside]
    if words.count("BETWEEN") != 1 or words.count("AND") != 1 or "CASE" in words or "SYMMETRIC" in words:
        return None
    between, middle = words.index("BETWEEN"), words.index("AND")
    others = {word for n, word in enumerate(words) if n not in (between, middle)}
    if others & _COMPARES or not 0 < between < middle - 1 or middle == len(words) - 1:
        return None
    return outside[between], outside[middle]


def _text(t: Tokens, first: int, last: int) -> str:
    """The text of some tokens without the comments between them."""
    span = Span(t.starts[first], t.ends[last - 1])
    text, pieces = t.text, list[str]()
    at = span.start
    for comment in t.comments:
        if span.start <= comment.start and comment.end <= span.end:
            pieces.append(text[at : comment.start])
            at = comment.end
    pieces.append(text[at : span.end])
    said = " ".join(pieces)
    return said if any(each in said for each in "'\"`") else " ".join(said.split())
