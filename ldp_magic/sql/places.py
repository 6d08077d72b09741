"""Where the tokens of one query stand in its text, and a few questions about ranges of them."""

from __future__ import annotations

from collections.abc import Iterator

from ldp_magic.sql.cursor import unquoted
from ldp_magic.sql.lexer import Tokens
from ldp_magic.text import Span


class Places:
    """The tokens of a query whose text may have been put behind *lead* characters that its author did not write."""

    __slots__ = ("_at", "lead", "tokens", "words")

    def __init__(self, tokens: Tokens, lead: int) -> None:
        self.tokens, self.words, self.lead = tokens, tokens.words, lead
        self._at = dict(zip(tokens.starts, range(len(tokens.starts)), strict=True))

    def span(self, first: int, last: int) -> Span:
        """The characters of the tokens *first* up to, not including, the token *last*."""
        tokens, lead = self.tokens, self.lead
        if last > first:
            start, end = tokens.starts[first] - lead, tokens.ends[last - 1] - lead
            return Span(start, end) if start >= 0 else Span(0, max(end, 0))
        start = max(tokens.starts[first] - lead, 0) if first < len(tokens.starts) else 0
        return Span(start, start)

    def text(self, first: int, last: int) -> str:
        """The text of the same range."""
        tokens = self.tokens
        return tokens.text[tokens.starts[first] : tokens.ends[last - 1]] if last > first else ""

    def name(self, index: int) -> str:
        """A token without its back-ticks or quotes."""
        tokens = self.tokens
        text = tokens.text[tokens.starts[index] : tokens.ends[index]]
        return text if tokens.types[index] == "word" else unquoted(text)

    def index_of(self, node: object) -> int:
        """The token that a node of sqlglot's tree was made from, or -1."""
        meta = getattr(node, "_meta", None)
        return self._at.get(meta.get("start"), -1) if meta else -1

    def index_at(self, span: Span) -> int:
        """The token that begins where *span* does, or -1."""
        return self._at.get(span.start + self.lead, -1)

    def closing(self, index: int) -> int:
        """The bracket that closes the one at *index*, or -1 if there is none."""
        there = self.tokens.pairs.get(index, -1)
        return there if there > index else -1

    def between_commas(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of a range between the commas that stand in no bracket."""
        start = index = first
        words, pairs = self.words, self.tokens.pairs
        while index < last:
            word = words[index]
            if word == ",":
                yield start, index
                start = index + 1
            elif (word == "(" or word == "[" or word == "{") and pairs.get(index, 0) > index:
                index = pairs[index]
            index += 1
        if start < last:
            yield start, last

    def is_name(self, first: int, last: int) -> bool:
        """Is this range `a` or `a.b.c`, in brackets or not, and nothing else?"""
        while last - first > 2 and self.words[first] == "(" and self.closing(first) == last - 1:
            first, last = first + 1, last - 1
        if (last - first) % 2 == 0:
            return False
        types, words = self.tokens.types, self.words
        named = all(types[i] in ("word", "name", "number") for i in range(first, last, 2))
        return named and all(words[i] == "." for i in range(first + 1, last, 2))
