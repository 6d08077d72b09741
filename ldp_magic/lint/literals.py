"""The texts in quotes of a source, SQL or Python, each with the name that it is given to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as Choice
from typing import TypeAlias

from ldp_magic.text import Source, Span

# How a name and a text stand together: `name => 'x'` and `'name' = 'x'`, `.option("name", "x")`, `"name": "x"`,
# or `name = "x"`, which is an assignment in Python and may be a comparison in SQL.
Form: TypeAlias = Choice["argument", "property", "option", "entry", "assigned", ""]

_TOKEN = re.compile(
    r"(?P<comment>(?:--|\#)(?![ ]?MAGIC\b)[^\r\n]*|/\*.*?(?:\*/|\Z))"
    r'|"""(?P<a>[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*)(?:"""|\Z)'
    r"|'''(?P<b>[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*)(?:'''|\Z)"
    r'|"(?P<c>[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"?'
    r"|'(?P<d>[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*)'?",
    re.DOTALL,
)
_NAMES: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("argument", re.compile(r"[`'\"]?([\w.\-]+)[`'\"]?\s*=>\s*[rRfFbBuU]{0,2}\Z")),
    ("property", re.compile(r"['\"`]([\w.\-]+)['\"`]\s*=\s*\Z")),
    ("option", re.compile(r"(?:option|set|config)\(\s*['\"]([\w.\-]+)['\"]\s*,\s*[rRfFbBuU]{0,2}\Z")),
    ("entry", re.compile(r"['\"]([\w.\-]+)['\"]\s*:\s*[rRfFbBuU]{0,2}\Z")),
    ("assigned", re.compile(r"(?<![=!<>])\b([A-Za-z_][\w.]*)\s*=\s*[rRfFbBuU]{0,2}\Z")),
)
_BEFORE = 160


@dataclass(frozen=True, slots=True)
class Literal:
    """One text in quotes. `span` leaves the quotes out."""

    value: str
    span: Span
    name: str = ""
    form: Form = ""


def literals(source: Source) -> tuple[Literal, ...]:
    """Every text in quotes, in order; comments are passed over."""
    return tuple(_literals(source.text))


def _literals(text: str) -> Iterator[Literal]:
    for found in _TOKEN.finditer(text):
        group = found.lastgroup
        if group is None or group == "comment":
            continue
        form, name = _named(text[max(found.start() - _BEFORE, 0) : found.start()])
        yield Literal(found[group], Span(*found.span(group)), name, form)


def _named(before: str) -> tuple[Form, str]:
    for form, pattern in _NAMES:
        match = pattern.search(before)
        if match:
            return form, match[1]
    return "", ""
