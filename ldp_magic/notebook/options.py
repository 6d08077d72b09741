"""The words behind `%%ldp` and `%ldp`, split as a shell splits them, and what those of a cell ask for."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ldp_magic.errors import UsageError
from ldp_magic.verbs.command_line import Parser

__all__ = ["HELP", "Options", "parser", "read", "split"]

LIMIT = 20
TARGETS = ("databricks", "spark-4.1", "spark-4.2", "spark-4.3")
PROGRAM = "%%ldp"
HELP = """Lint a cell of pipeline SQL, mend what is safe to mend, and show the rows of what it makes.

  %%ldp                      SQL: CREATE STREAMING TABLE, MATERIALIZED VIEW, VIEW, FLOW, or a query
  %%ldp --python             Python with @dp or @dlt functions; it is read, and only a preview runs it
  %%ldp result <<            the answer is also kept as result: .rows .schema .findings .to_pandas()

A whole cell, which makes two tables of the CSV files in a folder; %ldp run then writes them:

  %%ldp
  CREATE OR REFRESH STREAMING TABLE orders (
    CONSTRAINT has_price EXPECT (price > 0) ON VIOLATION DROP ROW
  ) AS SELECT * FROM STREAM read_files('data/orders', format => 'csv');

  CREATE OR REFRESH MATERIALIZED VIEW sales AS
  SELECT product, sum(price) AS total FROM orders GROUP BY product;

What runs is the cell with its safe fixes, shown as a diff; --fix writes them into the cell. A cell with an error leaves
the session as it was. %ldp VERB does the rest: %ldp run, graph, lineage, expectations, test, save."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one cell asks for. None of `limit` means every row."""

    python: bool = False
    out: str = ""
    fix: bool = False
    unsafe_fixes: bool = False
    preview: bool = True
    limit: int | None = LIMIT
    place: str | None = None
    env: str | None = None
    fresh: bool = False
    dry_run: bool = False
    quiet: bool = False
    flags: Mapping[str, object] | None = None  # of the linter, by their setting's name


def split(line: str) -> list[str]:
    """The words of a line. A quote that nobody closes is an apostrophe; a `;` at the end is a habit."""
    line = line.strip()
    try:
        words = list(_lexer(line))
    except ValueError:
        words = [word.strip("\"'") or word for word in line.split()]
    if words and line.endswith(";"):
        words[-1] = words[-1].rstrip(";")
    return [word for n, word in enumerate(words) if word or n < len(words) - 1]


def _lexer(line: str) -> shlex.shlex:
    found = shlex.shlex(line, posix=True, punctuation_chars=False)
    found.whitespace_split, found.commenters = True, ""
    found.escape = "" if os.name == "nt" else found.escape  # where paths have backslashes
    return found


def parser(width: int = 100) -> Parser:
    """The parser of the line behind `%%ldp`."""
    found = Parser("", HELP, width, PROGRAM)
    add = found.add_argument
    add("words", nargs="*", metavar="NAME <<", help="keep the answer under this name")
    add("--python", action="store_true", help="the cell is Python with @dp or @dlt functions")
    add("--out", metavar="NAME", default="", help="keep the answer under this name")
    add("--fix", action="store_true", help="write the safe fixes into the cell")
    add("--unsafe-fixes", action="store_true", help="apply and write the fixes that are your decision, too")
    add("--dry-run", action="store_true", help="only check: nothing is kept, and no rows are computed")
    add("--no-preview", action="store_true", help="compute no rows")
    add("--limit", metavar="N", help=f"how many rows, or all (default: {LIMIT})")
    add("--place", metavar="PLACE", help="embedded, databricks or sc://host:port")
    add("--env", metavar="NAME", help="the environment, such as dev or prod")
    add("--fresh", action="store_true", help="compute what is upstream anew, whatever updates have left")
    add("--select", metavar="CODES", action="append", default=[], help="only these rules: LDP101,LDP2 or names")
    add("--extend-select", metavar="CODES", action="append", default=[], help="these rules besides the usual ones")
    add("--ignore", metavar="CODES", action="append", default=[], help="not these rules")
    add("--target", choices=TARGETS, help="the dialect and the engine that the code is for")
    add("--quiet", action="store_true", help="show nothing; the answer is in _ and under its name")
    add("-h", "--help", action="store_true", help="show this and do nothing")
    return found


def read(line: str, defaults: Options) -> Options | str:
    """What a cell's line asks for, or the text that answers it."""
    words = split(line)
    if words == ["help"] or any(word in ("-h", "--help") for word in words):
        return parser().format_help()
    said = parser().read(words)
    return Options(
        python=said.python,
        out=_name(said, words),
        fix=said.fix or said.unsafe_fixes or defaults.fix,
        unsafe_fixes=said.unsafe_fixes,
        preview=defaults.preview and not said.no_preview and not said.dry_run,
        limit=_limit(said.limit, defaults.limit),
        place=said.place or defaults.place,
        env=said.env or defaults.env,
        fresh=said.fresh,
        dry_run=said.dry_run,
        quiet=said.quiet,
        flags=_flags(said),
    )


def _name(said: Namespace, words: Sequence[str]) -> str:
    """The name for the answer: `NAME <<` or `--out NAME`."""
    rest = [part for word in said.words for part in word.replace("<<", " << ").split()]
    name = rest[0] if rest[1:] == ["<<"] else said.out
    if rest and rest[1:] != ["<<"]:
        raise _no_place(rest[0], words)
    if name and not name.isidentifier():
        raise UsageError(f"the answer cannot be called {name[:60]}", why="it is a variable", fix="say --out result")
    return str(name)


def _no_place(word: str, words: Sequence[str]) -> UsageError:
    """Behind %%ldp stands something else than flags."""
    from ldp_magic.verbs import names

    keep = f"%%ldp {word[:60]} << keeps the answer under that name" if word.isidentifier() else ""
    if word.lower() in (*names(), "python"):
        verb = f"write %ldp {' '.join(words)} for a verb"
        keep = "write %%ldp --python" if word.lower() == "python" else verb
    return UsageError(
        f"%%ldp has no place for {word[:60]}",
        why="a cell is text to check and to preview, never a command; flags stand behind %%ldp, SQL on the lines below",
        fix=keep or "leave it out; %%ldp --help shows a whole cell",
    )


def _limit(said: str | None, default: int | None) -> int | None:
    from ldp_magic.verbs.preview import limit_of

    return default if said is None else limit_of("preview", said)


def _flags(said: Namespace) -> dict[str, object]:
    codes = {"select": said.select, "extend-select": said.extend_select, "ignore": said.ignore}
    flags: dict[str, object] = {key: _codes(some) for key, some in codes.items() if some}
    return flags | ({"target": said.target} if said.target else {})


def _codes(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(code.strip() for each in said for code in each.split(",") if code.strip())
