"""A small terminal: what a person would see of what a program wrote to it, also after the window was resized."""

from __future__ import annotations

import re

from wcwidth import wcswidth

_PIECE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


class Screen:
    """Rows of text and a cursor; a row that was wrapped is followed by the rest of its line."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.lines: list[tuple[str, bool]] = [("", False)]  # text, and whether it goes on below
        self.row = self.column = 0
        self.said = ""
        self.orders: set[str] = set()

    def write(self, text: str) -> None:
        self.said += text
        for order in _PIECE.finditer(text):
            argument, command, back, down, plain = order.groups()
            if command:
                self._order(argument, command)
            elif back:
                self.column = 0
            elif down:
                self._down()
            else:
                for char in plain:
                    self._put(char)

    def resize(self, columns: int, rows: int) -> None:
        """As terminals do that wrap the lines they hold anew."""
        logical: list[str] = []
        at = (0, 0)
        goes_on = False
        for n, (text, more) in enumerate(self.lines):
            logical = [*logical[:-1], logical[-1] + text] if goes_on else [*logical, text]
            if n == self.row:
                at = (len(logical) - 1, len(logical[-1]) - len(text) + self.column)
            goes_on = more
        self.columns, self.rows, self.lines = columns, rows, []
        for n, text in enumerate(logical):
            pieces = [text[k : k + columns] for k in range(0, len(text), columns)] or [""]
            if n == at[0]:
                self.row, self.column = len(self.lines) + at[1] // columns, at[1] % columns
            self.lines += [(piece, k < len(pieces) - 1) for k, piece in enumerate(pieces)]

    @property
    def seen(self) -> list[str]:
        """The rows from the first on, also those above the window, without empty ones at the end."""
        rows = [text.rstrip() for text, _ in self.lines]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def _order(self, argument: str, command: str) -> None:
        self.orders.add(command)
        if command == "A":
            self.row = max(self.row - int(argument or 1), len(self.lines) - self.rows, 0)
        elif command == "K":
            self.lines[self.row] = (self.lines[self.row][0][: self.column], False)
        elif command == "J":
            self.lines[self.row] = (self.lines[self.row][0][: self.column], False)
            del self.lines[self.row + 1 :]
        elif command != "m":
            raise AssertionError(f"an order that nobody needs: {command}")

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append(("", False))

    def _put(self, char: str) -> None:
        if self.column + max(wcswidth(char), 0) > self.columns:
            self.lines[self.row] = (self.lines[self.row][0], True)
            self._down()
            self.column = 0
        text, more = self.lines[self.row]
        self.lines[self.row] = (text[: self.column].ljust(self.column) + char + text[self.column + 1 :], more)
        self.column += 1
