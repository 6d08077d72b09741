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
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text), problems
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problems.append(_problem(places, error))
            spent += len(text)
            left = _without(text, getattr(error, "lineno", None))
            if left is None or len(problems) > _MOST_REPAIRS or spent > _MOST_REPAIRED:
                return ast.Module([], []), problems
            text = left


def _problem(places: Places, error: Exception) -> Problem:
    if isinstance(error, RecursionError | MemoryError):
        return Problem(kind="too-deep", message="this code is nested too deep to be read", location=places.location)
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
    start = places.character(line, column or 1) if line else places.location.start
    end = min(start + 1, places.location.end)
    reason = getattr(error, "msg", None) or str(error)
    return Problem(
        kind="too-deep" if "too many" in reason and "nested" in reason else "python",
        message=f"this is not valid Python: {reason[:1].lower()}{reason[1:]}",
        location=places.between(min(start, places.location.end), end),
        why="the statement is left out; the rest of the text is read",
    )


def _without(text: str, line: int | None) -> str | None:
    """The text with the top-level statement around a line blanked out; None if nothing is gained."""
    if line is None:
        return None
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
    return line > 0 and text.startswith("@", starts[line - 1]) and not text.startswith("\n", starts[line])


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
