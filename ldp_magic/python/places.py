"""From the lines and byte columns of `ast` to locations in the source."""

from __future__ import annotations

import ast
import re
from array import array

from ldp_magic.text import Location, line_starts

_OPENING = re.compile(r"[A-Za-z]{0,3}('''|\"\"\"|'|\")")
_DEF = re.compile(r"(?:async\s+)?(?:def|class)\s+")


class Places:
    """Where the nodes of one parsed text stand.

    *text* is what was parsed; it begins at *location*'s start, after a byte order mark if there is one.
    """

    def __init__(self, location: Location, text: str) -> None:
        self.location, self.text = location, text
        self._bom = 1 if text.startswith("\ufeff") else 0
        self.parsed = text[self._bom :]
        self._starts = line_starts(self.parsed)
        self._base = location.start + self._bom
        self._wide: dict[int, array[int]] = {}
        self._ascii = self.parsed.isascii()

    def offset(self, line: int, column: int) -> int:
        """The code point of the source at a line (from 1) and a UTF-8 byte column (from 0)."""
        if self._ascii and 0 < line <= len(self._starts):
            return self._base + min(self._starts[line - 1] + column, len(self.parsed))
        line = min(max(line, 1), len(self._starts))
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.parsed)
        return self._base + min(start + self._points(line, start, end, column), len(self.parsed))

    def _points(self, line: int, start: int, end: int, column: int) -> int:
        table = self._wide.get(line)
        if table is None:
            widths = (len(c.encode("utf-8", "surrogatepass")) for c in self.parsed[start:end])
            points = (point for point, width in enumerate(widths) for _ in range(width))
            table = self._wide[line] = array("l", points)
        return table[column] if column < len(table) else end - start

    def character(self, line: int, column: int) -> int:
        """The code point at a line and a column in characters (both from 1), as a SyntaxError has them."""
        line = min(max(line, 1), len(self._starts))
        return self._base + min(self._starts[line - 1] + max(column, 1) - 1, len(self.parsed))

    def between(self, start: int, end: int) -> Location:
        return Location(self.location.source, start, max(start, end))

    def of(self, node: ast.AST) -> Location:
        """The location of a node that has one; a node without stands for the whole text."""
        line, end = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if line is None:
            return self.location
        start = self.offset(line, getattr(node, "col_offset", 0))
        if end is None:
            return self.between(start, start)
        return self.between(start, self.offset(end, getattr(node, "end_col_offset", 0) or 0))

    def word(self, node: ast.Attribute) -> Location:
        """The name after the last dot."""
        whole = self.of(node)
        return self.between(max(whole.start, whole.end - len(node.attr)), whole.end)

    def name(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Location:
        """The word after `def`."""
        whole = self.of(node)
        found = _DEF.match(self.location.source.text, whole.start, whole.end)
        start = found.end() if found else whole.start
        return self.between(start, min(start + len(node.name), whole.end))

    def decorator(self, node: ast.expr) -> Location:
        """A decorator with its `@`."""
        whole = self.of(node)
        at = self.location.source.text.rfind("@", self.location.start, whole.start)
        return whole if at < 0 else self.between(at, whole.end)

    def body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Location:
        if isinstance(node, ast.Lambda):
            return self.of(node.body)
        return self.of(node.body[0]).upto(self.of(node.body[-1]))

    def characters(self, node: ast.expr, value: str) -> Location | None:
        """Where the characters of a string stand one to one, between its quotes; None if they do not."""
        whole = self.of(node)
        found = _OPENING.match(self.location.source.text, whole.start, whole.end)
        if not found:
            return None
        inner = self.between(found.end(), whole.end - len(found[1]))
        return inner if inner.text == value else None
