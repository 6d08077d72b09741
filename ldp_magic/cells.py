"""Which part of a text is what: the cells of notebooks, and the SQL and Python inside cells and files.

What is not code of a piece's language is blanked, so every character of a piece's text stands where it stood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from ldp_magic.errors import SourceError
from ldp_magic.text import Location, Source, Span, line_starts

__all__ = ["SUFFIXES", "Cell", "Piece", "PieceLanguage", "cells", "is_export", "notebook", "pieces"]

PieceLanguage: TypeAlias = Literal["sql", "python", "markdown", "other"]

# the kinds of file that can hold pipeline code, and the language each is written in
SUFFIXES = {".sql": "sql", ".py": "python", ".ipynb": "notebook", ".r": "r", ".scala": "scala"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One text to read and the language it is in unless its first line says otherwise."""

    source: Source
    language: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a source in one language. `text` is as long as `location`; `magic` is the line that chose it."""

    location: Location
    language: PieceLanguage
    text: str
    magic: str = ""


def cells(name: str, text: str) -> tuple[Cell, ...]:
    """The cells of a file: those of a notebook, or the file itself as the only one."""
    suffix = re.sub(r"^.*(?=\.)", "", name.lower(), flags=re.DOTALL)
    if suffix == ".ipynb":
        return notebook(name, text)
    return (Cell(Source(name, None, text), SUFFIXES.get(suffix, "other")),)


def pieces(source: Source, language: str) -> tuple[Piece, ...]:
    """What is SQL, Python, Markdown or something else in a cell, or in a file written in *language*.

    All Python of one file is one piece, because a name made in one cell is used in later ones.
    """
    if source.cell is not None:
        return (_of_cell(source, language),)
    if is_export(source.text, language):
        return _of_export(source, language)
    text = _hide_mark(source.text, language == "python")
    return (Piece(source.whole(), _known(language), text),)


# --- exports of Databricks notebooks -------------------------------------------------------------------------------

_HEADER = re.compile(r"\ufeff?\s{0,999}(?:--|#|//)[ \t]*Databricks notebook source[^\r\n]*")
_BORDER = re.compile(r"(?:(?<=[\r\n\ufeff])|(?<!.))(?:--|#|//)[ \t]*COMMAND[ \t]*-{3,}[ \t]*(?=[\r\n]|\Z)", re.DOTALL)
_PREFIX = re.compile(r"(?:--|#|//)[ \t]?MAGIC(?:[ \t]|(?=[\r\n]|\Z))")
_TITLE = re.compile(r"(?:--|#|//)[ \t]?DBTITLE\b")


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring lines of one exported cell, with or without the prefix that hides them from the host language."""

    lines: tuple[Span, ...]
    magic: bool

    @property
    def span(self) -> Span:
        return Span(self.lines[0].start, self.lines[-1].end)


def is_export(text: str, language: str) -> bool:
    """Whether a file is a notebook in source form. SQL files are often cut into cells without saying so at the top.

    With an empty *language* only those count that do say so.
    """
    if _HEADER.match(text):
        return True
    return language == "sql" and "COMMAND" in text and _BORDER.search(text) is not None


def _of_export(source: Source, native: str) -> tuple[Piece, ...]:
    runs = (run for cell in _cell_spans(source.text) for run in _runs(source.text, cell))
    found = [_of_run(source, run, native) for run in runs]
    python = [piece for piece in found if piece.language == "python"]
    rest = [piece for piece in found if piece.language != "python"]
    joined = [_joined(source, python)] if python or not rest else []
    return tuple(sorted([*joined, *rest], key=lambda piece: piece.location.span))


def _cell_spans(text: str) -> Iterator[Span]:
    """Where the cells of an export stand, without the header and the borders between them."""
    header = _HEADER.match(text)
    start = header.end() if header else 0
    for border in _BORDER.finditer(text, start):
        yield Span(start, border.start())
        start = border.end()
    yield Span(start, len(text))


def _runs(text: str, cell: Span) -> Iterator[_Run]:
    """The runs of a cell; blank lines go with the run before them, and blank runs are left out."""
    lines: list[Span] = []
    magic = False
    for line in _lines(text, cell):
        prefix, blank = _PREFIX.match(text, line.start), not text[line.start : line.end].strip()
        starts = prefix is not None and text[prefix.end() : prefix.end() + 1] == "%" and _switches(text, prefix.end())
        if lines and not blank and ((prefix is not None) != magic or starts):
            yield from _unless_blank(text, lines, magic)
            lines = []
        magic = magic if lines and blank else prefix is not None
        lines.append(line)
    yield from _unless_blank(text, lines, magic)


def _unless_blank(text: str, lines: list[Span], magic: bool) -> Iterator[_Run]:
    says = (text[line.start : line.end] for line in lines if not _TITLE.match(text, line.start))
    if any(line.strip("\ufeff \t\r\n\f") for line in says):
        yield _Run(tuple(lines), magic)


def _of_run(source: Source, run: _Run, native: str) -> Piece:
    location = source.at(*run.span)
    if not run.magic:
        return Piece(location, _known(native), _unprefixed(source.text, run, native == "python"))
    bare = _unprefixed(source.text, run, False)
    host = native if bare.lstrip().startswith(("%", "!") if native == "python" else "%") else "other"
    language, text, magic = _by_magic(bare, host)
    if language == "python":
        language, text, magic = _by_magic(_unprefixed(source.text, run, True), host)
    return Piece(location, language, text, magic)


def _unprefixed(text: str, run: _Run, python: bool) -> str:
    """The lines of a run with their prefixes blanked, and titles whole."""
    parts = []
    for line in run.lines:
        prefix = _PREFIX.match(text, line.start) if run.magic else None
        cut = line.end if _TITLE.match(text, line.start) else prefix.end() if prefix else line.start
        rest = text[cut : line.end]
        parts += [_hide(text[line.start : cut], python), _hide_mark(rest, python) if line.start == 0 else rest]
    return "".join(parts)


def _joined(source: Source, some: list[Piece]) -> Piece:
    """One piece of all *some*, over the whole source, everything else blanked."""
    parts, done = [], 0
    for piece in some:
        parts += [_hide(source.text[done : piece.location.start]), piece.text]
        done = piece.location.end
    parts.append(_hide(source.text[done:]))
    magic = some[0].magic if len(some) == 1 else ""
    return Piece(source.whole(), "python", "".join(parts), magic)


# --- cells of live and saved notebooks, and the magics at their top ------------------------------------------------

_CHOOSES: dict[str, PieceLanguage] = {
    "sql": "sql", "sparksql": "sql", "spark_sql": "sql",
    "python": "python", "python3": "python", "py": "python", "pyspark": "python",
    "md": "markdown", "md-sandbox": "markdown", "markdown": "markdown",
    "scala": "other", "r": "other", "sh": "other", "bash": "other", "fs": "other", "html": "other",
}  # fmt: skip
# cell magics around the cell's own code, which stays what it was
_AROUND = frozenset({"time", "timeit", "capture", "prun"})
_BLANKS = re.compile(r"\s*")
_MAGIC = re.compile(r"[ \t\f]*(?P<marks>%{1,2})(?P<name>[A-Za-z_][\w-]*)[ \t]*(?P<rest>[^\r\n]*)")


def _of_cell(source: Source, native: str) -> Piece:
    if native == "markdown" or (_known(native) == "other" and "%" not in source.text):
        return Piece(source.whole(), _known(native), source.text)
    language, text, magic = _by_magic(_hide_mark(source.text, native == "python"), native)
    return Piece(source.whole(), language, text, magic)


def _by_magic(text: str, native: str) -> tuple[PieceLanguage, str, str]:
    """The language of a cell, its text without the magics, and the magic line that chose the language."""
    language, cut, magic = _known(native), 0, ""
    while (found := _magic_at(text, cut)) is not None:
        chosen, end = _choice(found, language)
        if chosen is None:
            break
        magic = text[found.start() : end].strip() or magic
        language, cut = chosen, end
        if chosen != "python" or found["name"] not in _AROUND:
            break
    if language == "python":
        code = _without_line_magics(_hide(text[:cut], True) + text[cut:])
        return ("python", code, magic) if code.strip() or not text.strip() else ("other", text, magic)
    return language, _hide(text[:cut]) + text[cut:], magic


def _magic_at(text: str, start: int) -> re.Match[str] | None:
    """The magic on the first line at or after *start* that is not blank."""
    first = _BLANKS.match(text, start)
    return _MAGIC.match(text, first.end() if first else start)


def _switches(text: str, start: int) -> bool:
    found = _MAGIC.match(text, start)
    return found is not None and (found["name"].lower() in _CHOOSES or found["marks"] == "%%")


def _choice(found: re.Match[str], native: PieceLanguage) -> tuple[PieceLanguage | None, int]:
    """The language that a magic chooses and where its code begins; no language if it is a line magic."""
    name, whole = found["name"].lower(), len(found["marks"]) == 2
    if whole and name == "ldp":
        return _by_options(found["rest"].split()), found.end()
    if whole and name in _AROUND:
        return native, found.end()
    if whole or name in _CHOOSES:
        return _CHOOSES.get(name, "other"), found.end() if whole else found.start("rest")
    return ("other" if native != "python" else None), found.start()


def _by_options(options: list[str]) -> PieceLanguage:
    if "-h" in options or "--help" in options:
        return "other"
    return "python" if any(len(word) > 2 and "--python".startswith(word) for word in options) else "sql"


_LINE_MAGIC = re.compile(
    r"[ \t\f]*(?:(?:[\w.,* \t()\[\]]{1,200}=[ \t]*)?(?:!|%{1,2}(?=[A-Za-z_]))"
    r"|\?{1,2}[\w.]|[\w.]{1,200}\?{1,2}[ \t]*(?=[\r\n]|\Z))"
)
# a string without its end runs on, so that no quote is looked at twice
_LOGICAL = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:""")?'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"?'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'?"
    r"|#[^\r\n]*|(?P<open>[(\[{])|(?P<close>[)\]}])|\\(?:\r\n?|\n)|(?P<end>\r\n?|\n)",
    re.DOTALL,
)
_REST_OF_LINE = re.compile(r"(?:[^\r\n\\]|\\(?:\r\n?|\n|.)?)*")


def _without_line_magics(text: str) -> str:
    """Python with `%pip`, `!ls`, `x = %sql` and `name?` lines blanked.

    A `%` that goes on with an expression from the line before, or stands in a string, is none of these.
    """
    if not any(mark in text for mark in "%!?"):
        return text
    parts, done = [], 0
    for span in _line_magics(text):
        parts += [text[done : span.start], _hide(text[span.start : span.end])]
        done = span.end
    return "".join([*parts, text[done:]])


def _line_magics(text: str) -> Iterator[Span]:
    at, depth, fresh = 0, 0, True
    while True:
        if fresh and _LINE_MAGIC.match(text, at):
            rest = _REST_OF_LINE.match(text, at)
            end = rest.end() if rest else len(text)
            yield Span(at, end)
            at = end
        token = _LOGICAL.search(text, at)
        if token is None:
            return
        depth = max(0, depth + (token["open"] is not None) - (token["close"] is not None))
        at, fresh = token.end(), token["end"] is not None and depth == 0


# --- blanks --------------------------------------------------------------------------------------------------------

_VISIBLE = re.compile(r"[^\r\n]")


def _hide(text: str, python: bool = False) -> str:
    """As many blanks as *text* has characters, line ends kept.

    Python counts what stands before a statement as its indentation, unless a form feed ends it.
    """
    blank = _VISIBLE.sub(" ", text)
    return blank[:-1] + "\f" if python and blank[-1:] == " " else blank


def _hide_mark(text: str, python: bool) -> str:
    """*text* without a byte order mark."""
    return _hide("\ufeff", python) + text[1:] if text.startswith("\ufeff") else text


def _lines(text: str, span: Span) -> Iterator[Span]:
    """The lines of a part of *text*, line ends included."""
    starts = line_starts(text[span.start : span.end])
    ends = [*starts[1:], span.end - span.start]
    return (Span(span.start + a, span.start + b) for a, b in zip(starts, ends, strict=True) if a < b)


def _known(language: str) -> PieceLanguage:
    return cast(PieceLanguage, language) if language in ("sql", "python", "markdown") else "other"


# --- .ipynb --------------------------------------------------------------------------------------------------------

_DATABRICKS = "application/vnd.databricks.v1+notebook"
# where the tools that give a cell a language of its own write it down
_CELL_LANGUAGE = (
    ("vscode", "languageId"),
    ("microsoft", "language"),
    ("dotnet_interactive", "language"),
    ("polyglot_notebook", "kernelName"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def notebook(name: str, text: str) -> tuple[Cell, ...]:
    """The cells of an `.ipynb` file. A cell without an id of its own is called `#3`, counted from 1."""
    raw = _document(name, text)
    default = _default_language(raw.get("metadata"))
    found = [_saved_cell(name, number, cell, default) for number, cell in enumerate(raw["cells"], 1)]
    ids = _unique(ident for ident, _, _ in found)
    return tuple(Cell(Source(name, ident, body), lang) for ident, (_, body, lang) in zip(ids, found, strict=True))


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        raw = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}: {error.msg.lower()}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise _unreadable(name, f"its JSON is broken at {where}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("nbformat"), int):
        raise _unreadable(name, "it is JSON, but not a notebook: it says no nbformat")
    if raw["nbformat"] != 4:
        raise _unreadable(name, f"it is of notebook format {str(raw['nbformat'])[:9]}, and only format 4 can be read")
    if not isinstance(raw.get("cells"), list):
        raise _unreadable(name, "it has no list of cells")
    return raw


def _unreadable(name: str, why: str) -> SourceError:
    fix = "open and save it in Jupyter or VS Code, or take the last good version"
    return SourceError(f"{name} cannot be read as a notebook", why=why, fix=fix)


def _saved_cell(name: str, number: int, cell: object, default: str) -> tuple[str, str, str]:
    """Id, text and language of one cell."""
    if not isinstance(cell, dict):
        raise _unreadable(name, f"cell {number} is not an object")
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise _unreadable(name, f"the source of cell {number} is not text")
    ident = cell.get("id")
    text = _SURROGATE.sub("\ufffd", "".join(lines))
    ident = _SURROGATE.sub("\ufffd", ident) if isinstance(ident, str) and ident else f"#{number}"
    return ident, text, _cell_language(cell, default)


def _unique(names: Iterable[str]) -> list[str]:
    """The names, with the place in the notebook where a name was taken before."""
    taken: set[str] = set()
    unique = []
    for number, name in enumerate(names, 1):
        while name in taken:
            name += f"#{number}"
        taken.add(name)
        unique.append(name)
    return unique


def _cell_language(cell: dict[str, Any], default: str) -> str:
    kind = cell.get("cell_type")
    if kind != "code":
        return "markdown" if kind == "markdown" else "other"
    own = next(filter(None, (_said(cell.get("metadata"), *path) for path in _CELL_LANGUAGE)), "")
    return _language(own) or default


def _default_language(metadata: object) -> str:
    places = ((_DATABRICKS, "language"), ("kernelspec", "language"), ("language_info", "name"))
    return next(filter(None, (_language(_said(metadata, *path)) for path in places)), "python")


def _said(metadata: object, *path: str) -> str:
    for key in path:
        metadata = metadata.get(key) if isinstance(metadata, dict) else None
    return metadata if isinstance(metadata, str) else ""


def _language(name: str) -> str:
    """The language that a tool means by *name*, in our words; empty if it said nothing."""
    low = name.lower().replace("-", "").replace("_", "")
    if low in ("sql", "sparksql", "databrickssql"):
        return "sql"
    if low in ("python", "python3", "ipython", "ipython3", "pyspark", "synapsepyspark"):
        return "python"
    return "markdown" if low == "markdown" else "other" if low else ""
