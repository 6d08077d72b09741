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
      (?P<comment>--[^\r\n]*)
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
    match, position, end = _TOKEN.match, 0, len(text)
    stack: list[int] = []
    while (found := match(text, position)) is not None:
        type_ = found.lastgroup
        start, position = found.span(type_)  # type: ignore[arg-type]
        if type_ == "word" or type_ == "mark":
            word = text[start:position].upper()
            if word == ";":
                stack.clear()
        elif type_ == "comment":
            out.comments.append(Span(start, position))
            continue
        elif type_ == "bracket":
            type_, word = "(", text[start]
            _pair(out, stack, word)
        elif type_ == "block":
            position = _close_comment(out, start)
            continue
        elif type_ == "open" or (type_ == "string" and _runs_away(text, start, position)):
            type_, word, position = "string", "", _close_string(out, start)
        else:
            word = ""
        out.types.append(type_)  # type: ignore[arg-type]
        out.starts.append(start)
        out.ends.append(position)
        out.words.append(word)
        if position >= end:
            break
    return out


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
