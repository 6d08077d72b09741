"""Words, strings, comments and brackets of a SQL text: the borders between things, nothing of their meaning.

It never fails: what is not closed ends with its line (a comment: with the text), and is listed in `Tokens.open`.
sqlglot's own tokenizer is not used for statements, because it raises on such text, joins words (`CLUSTER BY`,
but not `CLUSTER /* */ BY`) and knows no `${x}`; it still reads every query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ldp_magic.text import Span

Type: TypeAlias = Literal["word", "string", "name", "number", "mark", "("]

# A word may hold parameters: clicks_${env}. A parameter alone is a word too.
_TOKEN = re.compile(
    r"""[\s\ufeff]*(?:
      (?P<plain>(?![rR]['"])[^\W\d](?:\w|\$\{[^{}\r\n]*\})*)
    | (?P<comment>--[^\r\n]*)
    | (?P<block>/\*)
    | (?P<string>(?:[rR](?=['"]))?(?:'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"))
    | (?P<name>`[^`]*(?:``[^`]*)*`)
    | (?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:[LSYDF]|BD)?(?![\w$]))
    | (?P<word>(?:\w|\$\{[^{}\r\n]*\})+)
    | (?P<bracket>[()\[\]{}])
    | (?P<open>['"`])
    | (?P<mark>\|>|=>|->|::|<=>|<>|!=|<=|>=|==|\|\||[^\s\ufeff])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_NEXT_STATEMENT = re.compile(r";[ \t]*(?:--[^\r\n]*)?(?:\r\n?|\n)\s*(?:CREATE|APPLY)\s", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_MOST_OPEN = 20  # after so many unclosed quotes the rest of the text is one


@dataclass(slots=True)
class Tokens:
    """The tokens of one text, column by column; comments and blanks are left out.

    `words` is the token in upper case where it is a word, a bracket or a mark, else empty:
    so a quoted name never looks like a keyword.
    """

    text: str
    types: list[Type] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    pairs: dict[int, int] = field(default_factory=dict)  # index of a bracket -> index of its partner, both ways
    comments: list[Span] = field(default_factory=list)
    open: list[tuple[Span, str]] = field(default_factory=list)  # what is never closed, and what it is
    depth: int = 0  # of the deepest brackets

    def __len__(self) -> int:
        return len(self.types)

    def get(self, index: int) -> str:
        return self.text[self.starts[index] : self.ends[index]]


def tokens_of(text: str) -> Tokens:
    """Cut *text* into tokens, in time linear in its length."""
    out = Tokens(text)
    stack: list[int] = []
    position: int | None = 0
    while position is not None:
        position = _cut(out, stack, position)
    return out


def _cut(out: Tokens, stack: list[int], position: int) -> int | None:
    """Cut until the text ends or a token is longer than the pattern can tell: then it gives where to go on."""
    text, words, add_type, add_start, add_end = (
        out.text,
        out.words,
        out.types.append,
        out.starts.append,
        out.ends.append,
    )
    for found in _TOKEN.finditer(text, position):
        kind: str = found.lastgroup or ""
        start, end = found.span(kind)
        jump = False
        if kind == "plain" or kind == "word" or kind == "mark":
            word, kind = text[start:end].upper(), "mark" if kind == "mark" else "word"
            if word == ";":
                stack.clear()
        elif kind == "bracket":
            kind, word = "(", text[start]
            _pair(out, stack, word)
        elif kind == "comment":
            out.comments.append(Span(start, end))
            continue
        elif kind == "block":
            return _close_comment(out, start)
        else:
            word = ""
            if kind == "open" or (kind == "string" and _runs_away(text, start, end)):
                kind, end, jump = "string", _close_string(out, start), True
        add_type(kind)  # type: ignore[arg-type]
        add_start(start)
        add_end(end)
        words.append(word)
        if jump:
            return end
    return None


def _pair(out: Tokens, stack: list[int], bracket: str) -> None:
    here = len(out.types)
    if bracket in "([{":
        stack.append(here)
        out.depth = max(out.depth, len(stack))
    elif stack and out.words[stack[-1]] == _CLOSING[bracket]:
        there = stack.pop()
        out.pairs[there], out.pairs[here] = here, there


def _close_comment(out: Tokens, start: int) -> int:
    depth = 0
    for mark in _BLOCK.finditer(out.text, start):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            out.comments.append(Span(start, mark.end()))
            return mark.end()
    out.comments.append(Span(start, len(out.text)))
    out.open.append((Span(start, start + 2), "comment"))
    return len(out.text)


def _runs_away(text: str, start: int, end: int) -> bool:
    """A string that swallows the start of another statement lacks its closing quote."""
    return (
        end - start > 12
        and ("\n" in text[start:end] or "\r" in text[start:end])
        and bool(_NEXT_STATEMENT.search(text, start, end))
    )


def _close_string(out: Tokens, start: int) -> int:
    if len(out.open) >= _MOST_OPEN:
        return len(out.text)
    line = _REST_OF_LINE.match(out.text, start)
    kept = line.group().rstrip() if line else out.text[start]
    kept = kept.removesuffix(";") or kept
    out.open.append((Span(start, start + len(kept)), "name" if out.text[start] == "`" else "string"))
    return start + max(len(kept), 1)
