"""A command line into a call: the verb, its flags, or the text that answers it; mistakes get the nearest right word.

A terminal and a notebook read the same lines; *program* is how the line begins there.
"""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import NoReturn

from ldp_magic import __version__, verbs
from ldp_magic.errors import UsageError

COLORS = ("auto", "always", "never")
PROGRAM = "ldp"


@dataclass(frozen=True, slots=True)
class Call:
    """A verb with its arguments; or, without one, the text that answers. *asked* is False when nothing was typed."""

    verb: verbs.Verb | None = None
    args: Namespace = field(default_factory=Namespace)
    answer: str = ""
    asked: bool = True


class Parser(ArgumentParser):
    """An argument parser that raises our errors, takes no abbreviations and knows the nearest flag."""

    def __init__(self, name: str, description: str, width: int, program: str = PROGRAM) -> None:
        super().__init__(
            prog=f"{program} {name}".strip(),
            description=description,
            formatter_class=partial(RawDescriptionHelpFormatter, width=width, max_help_position=32),
            allow_abbrev=False,
            add_help=False,
        )
        self.name = name
        self.command = self.prog

    def error(self, message: str) -> NoReturn:
        """Called by argparse for what it cannot follow."""
        command, tells = self.command, f"{self.command} --help tells what it takes"
        if choice := re.fullmatch(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL):
            flag, said, known = choice[1], choice[2], re.findall(r"[^', ]+", choice[3])
            near = _near(said, known)
            raise UsageError(
                f"{command}: {flag} cannot be {_short(said)}",
                why=f"it is one of {', '.join(known)}",
                fix=f"did you mean {flag} {near}?" if near else f"write {flag} {known[0]}, or another of these",
            )
        if bare := re.fullmatch(r"argument (\S+): expected one argument", message):
            raise UsageError(f"{command}: nothing stands behind {bare[1]}", why="it needs a value", fix=tells)
        if lacking := re.fullmatch(r"the following arguments are required: (.*)", message):
            raise UsageError(f"{command} needs a {lacking[1].replace(', ', ' and a ')}", fix=tells)
        raise UsageError(f"{command}: {message}", fix=tells)

    def flags(self) -> list[str]:
        return list(self._option_string_actions)

    def read(self, words: Sequence[str]) -> Namespace:
        """The arguments; a flag that nobody knows is an error that names the nearest."""
        args, rest = self.parse_known_args(self._flags_first(words))
        if not rest:
            return args
        word = rest[0].partition("=")[0]
        raise (
            _unknown_flag(self.command, word, self.flags())
            if word.startswith("-")
            else UsageError(
                f"{self.command} has no place for {_short(word)}", fix=f"{self.command} --help tells what it takes"
            )
        )

    def _flags_first(self, words: Sequence[str]) -> list[str]:
        """*words* with every path behind the flags: argparse gives up on paths that stand on both sides of one."""
        flags: list[str] = []
        others: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                return [*flags, "--", *others, *rest]
            if not word.startswith("-") or word == "-":
                others.append(word)
                continue
            flags.append(word)
            action = self._option_string_actions.get(word)
            if action is not None and action.nargs is None:
                flags += [value for value in (next(rest, None),) if value is not None]
        return [*flags, *others]


def read(words: Sequence[str], width: int, program: str = PROGRAM) -> Call:
    """What a command line asks for."""
    front, rest = _front(words)
    if not rest:
        return Call(answer=help_text(program), asked=False)
    if rest[0] == "help" and rest[1:] and rest[1] in verbs.names():
        return Call(answer=parser_of(rest[1], width, program).format_help())
    if rest[0] in ("-h", "--help", "help"):
        return Call(answer=help_text(program))
    if rest[0] in ("-V", "--version"):
        return Call(answer=f"ldp {__version__}\n")
    if rest[0].startswith("-"):
        raise _unknown_flag(program, rest[0].partition("=")[0], ["--help", "--version", "--color"])
    return _call(rest[0], [*front, *rest[1:]], width, program)


def color(words: Sequence[str]) -> str:
    """What `--color` says, wherever it stands: errors in the rest of the line have to know it too."""
    said = [word[8:] for word in words if word.startswith("--color=")]
    said += [after for word, after in pairwise(words) if word == "--color"]
    return said[-1] if said and said[-1] in COLORS else "auto"


def _front(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """`--color WHEN` may also stand before the verb."""
    n = 0
    while n < len(words) and words[n].startswith("--color"):
        n += 1 if "=" in words[n] else 2
    return list(words[:n]), list(words[n:])


def parser_of(name: str, width: int, program: str = PROGRAM) -> Parser:
    """The parser for what stands behind a verb."""
    verb = verbs.verb(name)
    parser = Parser(name, (verb.__doc__ or "").strip(), width, program)
    verb.arguments(parser)
    parser.add_argument("--color", choices=COLORS, default="auto", help="when to colour: auto, always or never")
    parser.add_argument("-h", "--help", action="store_true", help="show this and do nothing")
    return parser


def _call(name: str, words: list[str], width: int, program: str) -> Call:
    known = verbs.names()
    if name not in known:
        raise _unknown_verb(name, words, known, program)
    parser = parser_of(name, width, program)
    if any(word in ("-h", "--help") for word in _before_dashes(words)):
        return Call(answer=parser.format_help())
    return Call(verbs.verb(name), parser.read(words))


def _before_dashes(words: list[str]) -> list[str]:
    return words[: words.index("--")] if "--" in words else words


def _unknown_verb(name: str, words: list[str], known: list[str], program: str) -> UsageError:
    near = _near(name, known)
    return UsageError(
        f"no verb is called {_short(name)}" + (f"; {near} is" if near else ""),
        why="" if near else f"the verbs are {', '.join(known)}",
        fix=f"did you mean {program} {shlex.join([near, *words])}? {program} --help lists them all"
        if near
        else f"{program} --help tells what each does",
    )


def _unknown_flag(command: str, flag: str, known: Iterable[str]) -> UsageError:
    near = _near(flag.lstrip("-"), [each[2:] for each in known if each.startswith("--")])
    return UsageError(
        f"{command} has no flag {_short(flag)}",
        why=f"its flags are {', '.join(each for each in known if each.startswith('--'))}",
        fix=f"did you mean --{near}?" if near else f"{command} --help tells its flags",
    )


def _near(word: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), list(known), n=1)
    return close[0] if close else None


def _short(word: str) -> str:
    return word if len(word) <= 60 else word[:57] + "..."


def help_text(program: str = PROGRAM) -> str:
    """What `ldp --help` says: every verb with the first line of its file."""
    more = _MORE if program == PROGRAM else _IN_CELLS
    wide = max(map(len, (*verbs.names(), f"{program} VERB --help")))
    lines: list[str] = []
    for title, names in verbs.grouped():
        lines += [title, *(f"  {name:<{wide}}  {verbs.summary(name)}" for name in names), ""]
    more_lines = [f"  {words:<{wide}}  {meaning}" for words, meaning in ((f"{program} VERB --help", _FLAGS), *more)]
    end = [_CODES, ""] if program == PROGRAM else []
    return "\n".join([_WHAT, "", f"usage: {program} VERB [flags]", "", *lines, *more_lines, "", *end])


_WHAT = "ldp: declarative pipelines where you write them"
_FLAGS = "the flags of a verb"
_MORE = (
    ("--version", "the version"),
    ("--color WHEN", f"{', '.join(COLORS[:-1])} or {COLORS[-1]}; NO_COLOR and FORCE_COLOR count as well"),
)
_IN_CELLS = (("%%ldp --help", "how a cell makes tables, with an example: begin here"),)
_CODES = "exit codes: 0 fine, 1 findings, 2 an error or a command line that cannot be followed"
