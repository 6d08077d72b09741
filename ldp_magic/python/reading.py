"""From the text of a pipeline file to its statements."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from ldp_magic.python import definitions
from ldp_magic.python.expressions import unbound
from ldp_magic.python.places import Places
from ldp_magic.python.values import Symbol
from ldp_magic.python.walk import Definition, Walker
from ldp_magic.sql.model import DatasetDef, Problem, Script, Statement, Unknown
from ldp_magic.text import Location, line_starts

_MENTION = re.compile(r"\b(?:dlt|dp|sdp|pipelines)\b")
_MOST_REPAIRS = 8
_MOST_REPAIRED = 4_000_000  # characters that are parsed again, all repairs together
_GOES_ON = re.compile(r"(?:[ \t\f\r\n#)\]}]|else\b|elif\b|except\b|finally\b|$)")


def read(location: Location, text: str | None = None) -> Script:
    """The datasets and flows that the Python in *location* defines, without running it.

    *text*, if given, is as long as the location and has blanks where there is no Python.
    """
    held = location.text if text is None else text
    if not _MENTION.search(held):
        return Script()
    places = Places(location, held)
    tree, problems = parse(places)
    walker = Walker(places)
    walker.top(tree)
    _finish(walker)
    statements, doubts = _exclusive(walker)
    unknown = [*walker.unknown, *doubts, *_never_called(walker, tree)]
    return Script(
        tuple(sorted(statements, key=lambda s: s.location.start)),
        (*problems, *dict.fromkeys(walker.problems)),
        tuple(sorted(dict.fromkeys(unknown), key=lambda u: u.location.start)),
    )


def _finish(walker: Walker) -> None:
    for finish, at in walker.pending:
        walker.guarded(finish, at)


def _exclusive(walker: Walker) -> tuple[list[Statement], list[Unknown]]:
    """Of datasets of one name in branches that exclude each other, only one can be; which one, a run tells."""
    kept: list[Statement] = []
    doubts: list[Unknown] = []
    paths: dict[str, list[dict[int, int]]] = {}
    for statement, path in walker.found:
        here = dict(path)
        before = paths.setdefault(str(statement.name), []) if isinstance(statement, DatasetDef) else []
        if any(here.get(node, branch) != branch for other in before for node, branch in other.items()):
            doubts.append(Unknown(f"which definition of {statement.name} counts", statement.location))  # type: ignore[union-attr]
            continue
        before.append(here)
        kept.append(statement)
    return kept, doubts


# -- parsing ----------------------------------------------------------------------------------------


def parse(places: Places) -> tuple[ast.Module, list[Problem]]:
    """The tree of what can be read; a statement that is no Python is blanked out, and said."""
    text, problems, spent = places.parsed, list[Problem](), 0
    while True:
        error = _tried(text)
        if isinstance(error, ast.Module):
            return error, problems
        spent += len(text)
        if not isinstance(error, SyntaxError) or not error.lineno:
            return _piecewise(places, text, problems)
        problems.append(_problem(places, error, places.character(error.lineno, error.offset or 1)))
        left = _without(text, error.lineno)
        if left is None or len(problems) >= _MOST_REPAIRS or spent > _MOST_REPAIRED:
            return _piecewise(places, text, problems)
        text = left


def _tried(text: str) -> ast.Module | Exception:
    """The tree, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error


def _piecewise(places: Places, text: str, problems: list[Problem]) -> tuple[ast.Module, list[Problem]]:
    """Where Python does not say what it cannot read, try each statement of the top level alone."""
    body: list[ast.stmt] = []
    for start, end, line in _pieces(text):
        tree = _tried(text[start:end])
        if isinstance(tree, ast.Module):
            ast.increment_lineno(tree, line)
            body += tree.body
        elif len(problems) < _MOST_REPAIRS:
            problems.append(_problem(places, tree, places.character(line + 1, 1)))
    return ast.Module(body, []), problems


def _pieces(text: str) -> Iterator[tuple[int, int, int]]:
    """Where each statement of the top level begins and ends, and the lines before it."""
    starts, first = line_starts(text), 0
    for line in range(1, len(starts) + 1):
        if line == len(starts) or not (_GOES_ON.match(text, starts[line]) or _decorated(text, starts, line)):
            yield starts[first], starts[line] if line < len(starts) else len(text), first
            first = line


def _problem(places: Places, error: Exception, start: int) -> Problem:
    reason = getattr(error, "msg", None) or str(error)
    deep = isinstance(error, RecursionError | MemoryError) or "too many nested" in reason
    said = f"this is not valid Python: {reason[:1].lower()}{reason[1:]}"
    start = min(start, places.location.end)
    return Problem(
        kind="too-deep" if deep else "python",
        message="this code is nested too deep to be read" if deep else said,
        location=places.between(start, min(start + 1, places.location.end)),
        why="the statement is left out; the rest of the text is read",
    )


def _without(text: str, line: int) -> str | None:
    """The text with the top-level statement around a line blanked out; None if nothing is gained."""
    starts = line_starts(text)
    first = min(max(line, 1), len(starts)) - 1
    while first and (_GOES_ON.match(text, starts[first]) or _decorated(text, starts, first)):
        first -= 1
    last = max(first + 1, min(line, len(starts)))
    while last < len(starts) and (_GOES_ON.match(text, starts[last]) or _decorated(text, starts, last)):
        last += 1
    end = starts[last] if last < len(starts) else len(text)
    blank = re.sub(r"[^\r\n]", " ", text[starts[first] : end])
    made = text[: starts[first]] + blank + text[end:]
    return made if made != text else None


def _decorated(text: str, starts: tuple[int, ...], line: int) -> bool:
    """Does the line belong to a decorator above it?"""
    return line > 0 and text.startswith("@", starts[line - 1])


# -- what nobody calls ------------------------------------------------------------------------------


def _never_called(walker: Walker, tree: ast.Module) -> Iterator[Unknown]:
    """Functions that would define something if they were called."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition) and node not in walker.followed:
            if any(_defines(walker, part) for part in ast.walk(node)):
                what = f"what `{node.name}` defines: nothing in this text calls it"
                yield Unknown(what, walker.places.name(node))
        elif isinstance(node, ast.stmt | ast.Module | ast.ExceptHandler):
            waiting += ast.iter_child_nodes(node)


def _defines(walker: Walker, node: ast.AST) -> bool:
    path, names = node, list[str]()
    while isinstance(path, ast.Attribute):
        names.append(path.attr)
        path = path.value
    if not isinstance(path, ast.Name) or (not names and path.id not in definitions.NAMES):
        return False
    owner = walker.module.get(path.id) or unbound(path.id, walker.places.location)
    full = ".".join([owner.path, *reversed(names)]) if isinstance(owner, Symbol) else ""
    return bool(definitions.home(full)) and definitions.NAMES[full.rpartition(".")[2]] not in ("read", "expectation")
