"""Putting new text into cells of a notebook file and leaving every other byte of it as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from ldp_magic.cells import notebook

__all__ = ["with_cells"]

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


def with_cells(name: str, text: str, changes: Mapping[str, str]) -> str:
    """The text of the notebook file *name* with the sources of some cells replaced."""
    pieces, done = [], 0
    for cell, place in zip(notebook(name, text), _sources(text), strict=True):
        wanted = changes.get(str(cell.source.cell))
        if place is not None and wanted is not None:
            start, end = place
            pieces += [text[done:start], _encoded(wanted, text[start:end])]
            done = end
    return "".join([*pieces, text[done:]])


def _sources(text: str) -> Iterator[tuple[int, int] | None]:
    """Where the source of each cell stands in the file."""
    start = 1 if text.startswith("\ufeff") else 0
    for key, at, _ in _members(text, _after_blank(text, start)):
        if key == "cells":
            for cell in _elements(text, at):
                yield next(((first, last) for name, first, last in _members(text, cell) if name == "source"), None)


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """(key, start, end) of every value of the object that begins at *at*."""
    if text[at : at + 1] != "{":
        return
    at = _after_blank(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _after_blank(text, _after_blank(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield key, at, end
        at = _after_blank(text, end)
        if text[at : at + 1] != ",":
            return
        at = _after_blank(text, at + 1)


def _elements(text: str, at: int) -> Iterator[int]:
    """Where each element of the list that begins at *at* begins."""
    if text[at : at + 1] != "[":
        return
    at = _after_blank(text, at + 1)
    while at < len(text) and text[at] != "]":
        yield at
        _, end = _DECODER.raw_decode(text, at)
        at = _after_blank(text, end)
        if text[at : at + 1] != ",":
            return
        at = _after_blank(text, at + 1)


def _encoded(source: str, before: str) -> str:
    """*source* in JSON, in the form that *before* has; lines that were there are written as they were."""
    plain = before.isascii() and "\\u" in before
    if not before.startswith("["):
        return json.dumps(source, ensure_ascii=plain)
    known = {
        _DECODER.raw_decode(before, at)[0]: before[at : _DECODER.raw_decode(before, at)[1]]
        for at in _elements(before, 0)
    }
    lines = re.findall(r"[^\n]*\n|[^\n]+", source)
    written = [known.get(line) or json.dumps(line, ensure_ascii=plain) for line in lines]
    first = next(_elements(before, 0), None)
    opening = before[1:first] if first is not None else ""
    last = re.search(r"[ \t\r\n]*\]$", before)
    closing = last.group()[:-1] if last and first is not None else ""
    return "[" + opening + ("," + (opening or " ")).join(written) + closing + "]" if written else "[]"
