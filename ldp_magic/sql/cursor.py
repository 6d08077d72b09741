"""Walking over tokens: what stands here, take it, say what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from ldp_magic.sql.lexer import Tokens
from ldp_magic.sql.model import Name
from ldp_magic.text import Location, Source

T = TypeVar("T")
_NESTED_TYPES = {"STRUCT", "ARRAY", "MAP"}


class Unread(Exception):
    """A statement cannot be read on from the token at *index*."""

    def __init__(self, message: str, index: int, why: str = "") -> None:
        super().__init__(message)
        self.message, self.index, self.why = message, index, why


@dataclass(slots=True)
class Cursor:
    """The tokens `index` to `stop` of one statement; `base` is where the tokens' text begins in the source."""

    tokens: Tokens
    index: int
    stop: int
    source: Source
    base: int

    # -- looking ------------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        return self.index >= self.stop

    def word(self, ahead: int = 0) -> str:
        """The keyword, bracket or mark here in upper case; empty for strings, numbers, names and the end."""
        at = self.index + ahead
        return self.tokens.words[at] if at < self.stop else ""

    def type(self, ahead: int = 0) -> str:
        at = self.index + ahead
        return self.tokens.types[at] if at < self.stop else ""

    def text(self, ahead: int = 0) -> str:
        at = self.index + ahead
        return self.tokens.get(at) if at < self.stop else ""

    def at(self, *words: str) -> bool:
        """Do these words stand here, one after the other?"""
        end = self.index + len(words)
        return end <= self.stop and tuple(self.tokens.words[self.index : end]) == words

    def at_any(self, phrases: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        return next((phrase for phrase in phrases if self.at(*phrase)), ())

    def closing(self, index: int | None = None) -> int:
        """The index of the bracket that closes the one here (the end of the statement if none does)."""
        here = self.index if index is None else index
        there = self.tokens.pairs.get(here, self.stop)
        return there if here < there < self.stop else self.stop

    # -- places -------------------------------------------------------------------------------------

    def start_of(self, index: int) -> int:
        if index < len(self.tokens):
            return self.base + self.tokens.starts[index]
        return self.base + (self.tokens.ends[-1] if self.tokens.ends else 0)

    def between(self, first: int, last: int) -> Location:
        """From the token *first* up to, not including, the token *last*."""
        if last <= first:
            return Location(self.source, self.start_of(first), self.start_of(first))
        return Location(self.source, self.start_of(first), self.base + self.tokens.ends[last - 1])

    def since(self, first: int) -> Location:
        return self.between(first, self.index)

    def here(self) -> Location:
        return self.between(self.index, min(self.index + 1, self.stop)) if not self.done else self.end()

    def end(self) -> Location:
        at = self.base + self.tokens.ends[self.stop - 1] if self.stop else self.base
        return Location(self.source, at, at)

    def slice(self, first: int, last: int) -> str:
        return self.between(first, last).text

    def read(self, where: Location) -> str:
        """The text there as it was read: what is no SQL (such as the marks of a notebook) is blank."""
        return self.tokens.text[where.start - self.base : where.end - self.base]

    def sub(self, first: int, last: int) -> Cursor:
        return Cursor(self.tokens, first, last, self.source, self.base)

    # -- taking -------------------------------------------------------------------------------------

    def take(self, *words: str) -> bool:
        """Step over these words if they stand here."""
        if self.at(*words):
            self.index += len(words)
            return True
        return False

    def expect(self, *words: str) -> int:
        """Step over these words, or say that they are missing; gives the index of the first."""
        if not self.take(*words):
            raise self.unread(f"expected {' '.join(words)}")
        return self.index - len(words)

    def unread(self, message: str, why: str = "") -> Unread:
        found = "the end of the statement" if self.done else f"{shortened(self.text())}"
        return Unread(f"{message}, found {found}", self.index, why)

    def string(self, most: int | None = None) -> str:
        """A string literal, or several in a row, which mean one (unless no more than *most* may be taken)."""
        if self.type() != "string":
            raise self.unread("expected a string in quotes")
        parts: list[str] = []
        while self.type() == "string" and len(parts) != most:
            parts.append(unquoted(self.text()))
            self.index += 1
        return "".join(parts)

    def parenthesised(self) -> Cursor:
        """Step over `( ... )`; gives a cursor over what is between."""
        if self.word() != "(":
            raise self.unread("expected (")
        close = self.closing()
        if close == self.stop:
            raise Unread("this ( is never closed", self.index)
        inner = self.sub(self.index + 1, close)
        self.index = close + 1
        return inner

    def name(self) -> Name:
        """`a`, `a.b`, `a.b.c`, each part plain or in back-ticks, `${x}`, `:x` or `IDENTIFIER(...)`."""
        start, parts = self.index, [self._part()]
        while self.word() == "." and self.index + 1 < self.stop:
            self.index += 1
            parts.append(self._part())
        return Name(tuple(parts), self.since(start))

    def _part(self) -> str:
        first = self.index
        if self.at("IDENTIFIER", "("):
            self.index += 1
            self.parenthesised()
            return self.since(first).text
        if self.word() == ":" and self.type(1) == "word":
            self.index += 2
            return self.since(first).text
        if self.type() not in ("word", "name", "number"):
            raise self.unread("expected a name")
        self.index += 1
        return unquoted(self.tokens.get(first))

    def list_of(self, item: Callable[[Cursor], T]) -> tuple[T, ...]:
        """Items separated by commas, up to the end of this cursor."""
        items = []
        for part in self.parts():
            items.append(item(part))
        return tuple(items)

    def parts(self) -> Iterator[Cursor]:
        """What is between the commas that stand in no bracket; empty parts are left out."""
        first = self.index
        while self.index <= self.stop:
            if self.index == self.stop or self.word() == ",":
                if self.index > first:
                    yield self.sub(first, self.index)
                first = self.index + 1
            elif self.type() == "(" or (self.word() in _NESTED_TYPES and self.word(1) == "<"):
                self.skip_nested()
                continue
            self.index += 1

    def skip_nested(self) -> None:
        """Step over a whole bracket, or over a type such as `MAP<STRING, ARRAY<INT>>`."""
        if self.type() == "(":
            return self.skip()
        first, depth = self.index, 0
        while not self.done:
            self.index += 1
            depth += {"<": 1, ">": -1}.get(self.word(), 0)
            if depth == 0 and self.word() in (">", "<>"):
                self.index += 1
                return
        self.index = first + 1  # a comparison after all

    def skip(self) -> None:
        """Step over one token, or a whole bracket."""
        closing = self.closing() if self.type() == "(" else self.index
        self.index = min(closing + 1, self.stop)

    def skip_to(self, *starts: tuple[str, ...]) -> None:
        """Step to the first place outside brackets where one of these phrases begins, or to the end."""
        while not self.done and not any(self.at(*phrase) for phrase in starts):
            self.skip()


def unquoted(text: str) -> str:
    """A literal's or name's value: quotes off, doubled quotes and escapes resolved."""
    if text[:1] == "`":
        return text[1:-1].replace("``", "`") if len(text) > 1 and text[-1] == "`" else text[1:]
    raw = text[:1] in "rR" and text[1:2] in "'\""
    body = text[1:] if raw else text
    quote = body[:1]
    if quote not in ("'", '"'):
        return text
    inner = body[1:-1] if len(body) > 1 and body[-1] == quote else body[1:]
    if raw:
        return inner
    inner = inner.replace(quote * 2, quote) if "\\" not in inner else inner
    return unescaped(inner) if "\\" in inner else inner


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}


def unescaped(text: str) -> str:
    """Spark's backslash escapes; `\\%` and `\\_` keep their backslash, which LIKE needs."""
    out, index = [], 0
    while index < len(text):
        char = text[index]
        following = text[index + 1 : index + 2]
        if char != "\\" or not following:
            out.append(char)
            index += 1
        elif following in "uU" and (digits := _hexadecimal(text, index, 4 if following == "u" else 8)):
            out.append(chr(int(digits, 16)))
            index += 2 + len(digits)
        else:
            out.append("\\" + following if following in "%_" else _ESCAPES.get(following, following))
            index += 2
    return "".join(out)


def _hexadecimal(text: str, index: int, count: int) -> str:
    digits = text[index + 2 : index + 2 + count]
    good = len(digits) == count and all(c in "0123456789abcdefABCDEF" for c in digits)
    return digits if good and int(digits, 16) < 0x110000 and not 0xD800 <= int(digits, 16) < 0xE000 else ""


def shortened(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
