"""Completion in `%ldp` lines and `%%ldp` cells: verbs, flags, choices, rules, datasets, columns, functions."""

from __future__ import annotations

import re
from argparse import Action
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ldp_magic.notebook import options
from ldp_magic.notebook.known import Known, known_to, within
from ldp_magic.notebook.session import Session

__all__ = ["Offered", "completed", "offered"]

_LINE = re.compile(r"^[ \t]*(?:[\w.]+[ \t]*=[ \t]*)?%ldp\b[ \t]*(?P<rest>.*)$")
_WORD = re.compile(r"[\w.${}-]*$")
_SQL_WORD = re.compile(r"\$\{\w*$|[\w.`]*$")
_READS = re.compile(r"\b(?:from|join|stream|stream\s*\(|table|into)\s*$", re.IGNORECASE)
_CODES = ("select", "ignore", "extend_select", "rule")
_NAMES = ("what", "dataset", "names", "refresh", "full_refresh", "source")
_MOST = 400


@dataclass(frozen=True, slots=True)
class Offered:
    """Words that can stand in place of *fragment*, each with its kind. *alone*: nothing else can stand there."""

    words: tuple[tuple[str, str], ...] = ()
    fragment: str = ""
    alone: bool = True


def completed(session: Session, shell: Any, context: Any) -> Any:
    """As IPython wants it."""
    from IPython.core.completer import SimpleCompletion, SimpleMatcherResult

    lines = context.full_text.split("\n")
    before = "\n".join([*lines[: context.cursor_line], context.line_with_cursor[: context.cursor_position]])
    found = within(lambda: offered(session, context.full_text, before), Offered())
    return SimpleMatcherResult(
        completions=[SimpleCompletion(text=word, type=kind) for word, kind in found.words],
        matched_fragment=found.fragment,
        suppress=bool(found.words) and found.alone,
        ordered=True,
    )


def offered(session: Session, text: str, before: str) -> Offered:
    """What can stand behind *before*, the beginning of the cell *text*."""
    first, _, body = before.partition("\n")
    if text.lstrip().startswith("%%ldp"):
        if "\n" not in before.lstrip():
            return _of_flags(options.parser(), first.partition("%%ldp")[2], known_to(session))
        python = any(word == "--python" for word in text.lstrip().partition("\n")[0].split())
        return _of_python(body, known_to(session)) if python else _of_sql(text, body, known_to(session))
    line = _LINE.match(before.rpartition("\n")[2])
    return _of_line(line["rest"], session) if line else Offered()


# --- lines ---------------------------------------------------------------------------------------------------------


def _of_line(rest: str, session: Session) -> Offered:
    from ldp_magic import verbs
    from ldp_magic.verbs.command_line import parser_of

    name, blank, words = rest.partition(" ")
    if not blank:
        return _matching([(each, "verb") for each in (*verbs.names(), "--help")], name)
    if name not in verbs.names():
        return Offered(fragment=_fragment(words))
    return _of_flags(parser_of(name, 100, "%ldp"), words, known_to(session))


def _of_flags(parser: Any, words: str, known: Known) -> Offered:
    """Flags, and what can stand behind the one that was said last."""
    fragment = _fragment(words)
    said = words[: len(words) - len(fragment)].split()
    actions: Sequence[Action] = parser._actions
    flag = next((each for each in actions if said and said[-1] in each.option_strings and each.nargs is None), None)
    if flag is None and fragment.startswith("-"):
        return _matching([(each, "flag") for one in actions for each in one.option_strings], fragment)
    some = [flag] if flag is not None else [each for each in actions if not each.option_strings]
    return _matching([pair for each in some for pair in _values(each, known)], fragment, alone=False)


def _values(action: Action, known: Known) -> Iterator[tuple[str, str]]:
    """What can be said for a flag, or in a place without one."""
    if action.choices:
        yield from ((str(each), "choice") for each in action.choices)
    elif action.dest in _CODES:
        yield from ((each, "rule") for each in _rules())
    elif action.dest in _NAMES or action.metavar == "dataset":
        yield from ((each.name, each.kind) for each in known.relations)
    elif action.dest == "column":
        columns = ((one, each) for one in known.relations for each in one.columns)
        yield from ((f"{one.name}.{each.name}", each.type or "column") for one, each in columns)
    elif action.dest == "pipeline":
        yield from ((each.name, "pipeline") for each in known.pipelines)
    elif action.dest == "place":
        yield from ((each, "choice") for each in ("embedded", "databricks", "sc://"))


@lru_cache(maxsize=1)
def _rules() -> tuple[str, ...]:
    from ldp_magic.lint.rule import all_rules

    return (*(each.code for each in all_rules()), *(each.name for each in all_rules()))


# --- bodies --------------------------------------------------------------------------------------------------------


def _of_sql(text: str, before: str, known: Known) -> Offered:
    """Columns behind a dot, parameters behind `${`, names where a query reads, else all that SQL has."""
    found = _SQL_WORD.search(before)
    fragment = found[0] if found else ""
    if fragment.startswith("${"):
        return _matching([(f"${{{name}}}", "parameter") for name in known.parameters], fragment)
    of, dot, _ = fragment.rpartition(".")
    if dot and (relation := known.behind(of, text)):
        return _matching([(f"{of}.{each.name}", each.type or "column") for each in relation.columns], fragment)
    names = [(each.name, each.kind) for each in known.relations]
    if _READS.search(before[: len(before) - len(fragment)]):
        return _matching([*names, *((each, "function") for each in ("STREAM", "read_files"))], fragment)
    return _matching([*_columns(text, known), *names, *_language(fragment)], fragment)


def _columns(text: str, known: Known) -> Iterator[tuple[str, str]]:
    """The columns of what the cell reads."""
    yield from ((each.name, each.type or "column") for one in known.read_by(text) for each in one.columns)


def _language(fragment: str) -> Iterable[tuple[str, str]]:
    """Keywords in the case that was begun in, and functions."""
    small = fragment[:1].islower()
    return [(word.lower() if small else word, "keyword") for word in _keywords()] + _functions()


@lru_cache(maxsize=1)
def _keywords() -> tuple[str, ...]:
    from ldp_magic.sql.keywords import keywords

    return tuple(word.upper() for word in keywords())


@lru_cache(maxsize=1)
def _functions() -> list[tuple[str, str]]:
    from ldp_magic.sql.keywords import functions_known

    return [(word.lower(), "function") for word in functions_known()]


def _of_python(before: str, known: Known) -> Offered:
    """The names of datasets, inside a string; the rest of Python is IPython's."""
    found = re.search(r"[\"']([\w.]*)$", before)
    if found is None:
        return Offered(alone=False)
    return _matching([(each.name, each.kind) for each in known.relations], found[1])


def _fragment(words: str) -> str:
    found = _WORD.search(words)
    return found[0] if found else ""


def _matching(words: Iterable[tuple[str, str]], fragment: str, *, alone: bool = True) -> Offered:
    low = fragment.lower()
    some = {word: kind for word, kind in reversed(list(words)) if word.lower().startswith(low)}
    ordered = [(word, some[word]) for word in reversed(some)]
    return Offered(tuple(ordered[:_MOST]), fragment, alone)
