"""Turn plain batch SQL into pipeline SQL, with the reason beside each dataset.

Without --out the pipeline SQL is printed, and below it, as comments, what became what. What cannot be part of a
pipeline is said and left as it was. Exit code 0: all was converted; 1: something was left; 2: nothing could be read.
"""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.errors import LdpError, SourceError, UsageError
from ldp_magic.verbs import Glyphs

if TYPE_CHECKING:
    from ldp_magic.author.convert import Conversion, Dataset, Left, Wishes
    from ldp_magic.settings import Settings
    from ldp_magic.text import Source

Paths = Sequence["str | os.PathLike[str]"]
_DELAY = re.compile(r"\d{1,6}(\.\d{1,6})?\s+(SECOND|MINUTE|HOUR|DAY|WEEK)S?\Z", re.IGNORECASE)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Converted:
    """The new text of everything, the datasets in it, what was left, and the files that were written."""

    text: str
    conversion: Conversion
    files: tuple[str, ...] = ()
    errors: tuple[LdpError, ...] = ()

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return self.conversion.datasets

    @property
    def left(self) -> tuple[Left, ...]:
        return self.conversion.left


def convert(
    paths: str | os.PathLike[str] | Paths = ".",
    *,
    text: str | None = None,
    name: str = "stdin.sql",
    out: str | os.PathLike[str] | None = None,
    stream: Sequence[str] = (),
    batch: Sequence[str] = (),
    delay: str = "1 HOUR",
    expectations: bool = True,
    force: bool = False,
) -> Converted:
    """Convert the .sql files that *paths* name or hold, or a *text*; with *out* each dataset becomes a file there."""
    from ldp_magic.author.convert import conversion
    from ldp_magic.settings import find

    some = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    settings = find(some[0] if some else ".")
    wishes = _wishes(settings, stream, batch, delay, expectations)
    sources, errors = _sources(some, settings) if text is None else ([_source(name, text)], ())
    found = conversion(sources, wishes)
    written = _written(found, Path(out), force=force) if out is not None else ()
    return Converted(_joined(found), found, written, (*errors, *_unknown(found, stream, batch)))


def _wishes(said: Settings, stream: Sequence[str], batch: Sequence[str], delay: str, expectations: bool) -> Wishes:
    from ldp_magic.author.convert import Wishes

    delay = delay.strip()
    if not _DELAY.match(delay):
        raise UsageError(
            f"{delay[:40]!r} is not a delay", why="it is how late a row may come", fix='write --delay "1 HOUR"'
        )
    both = sorted({n.lower() for n in stream} & {n.lower() for n in batch})
    if both:
        raise UsageError(f"{both[0]} is named with --stream and with --batch", fix="name it once")
    return Wishes(
        stream=frozenset(n.lower() for n in stream),
        batch=frozenset(n.lower() for n in batch),
        delay=delay,
        expectations=expectations,
        catalog=said.catalog or "",
        schema=said.schema or "",
        target=said.target,
        parameters=said.parameters,
    )


def _unknown(found: Conversion, stream: Sequence[str], batch: Sequence[str]) -> Iterator[LdpError]:
    """Names that stand nowhere."""
    texts = "\n".join(source.text for source in found.texts).lower().replace("`", "")
    for flag, names in (("--stream", stream), ("--batch", batch)):
        for name in names:
            if name.lower().rpartition(".")[2] not in texts:
                yield LdpError(f"{flag} {name}: nothing here is called so", fix="check the spelling")


# -- reading --------------------------------------------------------------------------------------------------


def _source(name: str, text: str) -> Source:
    from ldp_magic.text import Source

    return Source(name, None, text)


def _sources(paths: Paths, settings: Settings) -> tuple[list[Source], tuple[SourceError, ...]]:
    from ldp_magic.project import read_text

    sources: dict[str, Source] = {}
    errors: list[SourceError] = []
    for path in paths:
        files, wrong = _files(str(path), settings)
        errors += wrong
        for file in files:
            try:
                sources.setdefault(os.path.realpath(file), _source(file, read_text(file, settings.max_file_size)))
            except SourceError as error:
                errors.append(error)
    return list(sources.values()), tuple(errors)


def _files(path: str, settings: Settings) -> tuple[list[str], list[SourceError]]:
    """The .sql files that a path names."""
    if not os.path.isdir(path):
        if os.path.exists(path) and not path.lower().endswith(".sql"):
            return [], [SourceError(f"{path} is no .sql file", why="only SQL text is converted", fix="name .sql files")]
        return [path], []
    from ldp_magic.project.tree import Tree

    tree = Tree(Path(os.path.abspath(path)), settings.exclude)
    files = [os.path.join(path, os.path.relpath(e.path, path)) for e in tree.files(path) if e.suffix == ".sql"]
    wrong = list(tree.errors.values())
    if not files and not wrong:
        wrong.append(SourceError(f"{path} holds no .sql files", fix="name a file or a folder that does"))
    return [os.path.normpath(file) for file in files], wrong


# -- writing --------------------------------------------------------------------------------------------------


def _joined(found: Conversion) -> str:
    """All texts as one; where there are several, each under its name."""
    if len(found.texts) == 1:
        return next(iter(found.texts.values()))
    some = [(s.name, text.removeprefix("\ufeff")) for s, text in found.texts.items() if text.strip("\ufeff \t\r\n")]
    return "\n".join(f"-- {_one_line(name)}\n{text.rstrip()}{_ended(text)}\n" for name, text in some)


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _ended(text: str) -> str:
    """The semicolon that the last statement of a text may lack."""
    from ldp_magic.sql.lexer import tokens_of

    tokens = tokens_of(text)
    if not len(tokens) or tokens.words[-1] == ";":
        return ""
    return "\n;" if tokens.comments and tokens.comments[-1].start > tokens.ends[-1] else ";"


def _written(found: Conversion, folder: Path, *, force: bool) -> tuple[str, ...]:
    """One file for each dataset; nothing is written if one of them is there already and says something else."""
    from ldp_magic.project import read_text, write_text

    wanted = {folder / name: text for name, text in _named(found.datasets)}
    for path, text in wanted.items():
        if not force and path.exists() and read_text(path, max(path.stat().st_size, 1)) != text:
            raise LdpError(
                f"{path} is there already and says something else",
                why="nothing was written",
                fix="--force writes over it",
            )
    if wanted:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise LdpError(
                f"{folder} cannot be made: {reason}", why="nothing was written", fix="name another folder"
            ) from None
    for path, text in wanted.items():
        write_text(path, text)
    return tuple(str(path) for path in wanted)


def _named(datasets: Sequence[Dataset]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for dataset in datasets:
        stem = re.sub(r"[^\w.-]+", "_", dataset.name.rpartition(".")[2] or dataset.name).strip(".")[:100] or "dataset"
        stem = f"{stem}_" if _RESERVED.match(stem) else stem
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name.lower())
        yield f"{name}.sql", _file(dataset)


def _file(dataset: Dataset) -> str:
    """A dataset by itself, with the settings that hold where it stood."""
    end = "\r\n" if "\r\n" in dataset.text else "\n"
    body = dataset.text.strip("\ufeff \t\r\n")
    return "".join(f"{setting};{end}" for setting in dataset.settings) + body + _ended(body) + end


# -- the command ----------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp convert`."""
    add = parser.add_argument
    add("paths", nargs="*", default=["."], help=".sql files and folders (default: .); - is the standard input")
    add("--out", metavar="DIR", help="write a file for each dataset into this folder")
    add("--force", action="store_true", help="write over files that say something else")
    add(
        "--stream",
        metavar="NAME",
        action="append",
        default=[],
        help="this dataset gains rows: make it a streaming table",
    )
    add("--batch", metavar="NAME", action="append", default=[], help="this dataset or source is read whole")
    add("--delay", metavar="INTERVAL", default="1 HOUR", help="how late rows may come (default: 1 HOUR)")
    add("--no-expectations", action="store_true", help="leave filters where they are")
    add("--diff", action="store_true", help="show what changes, and print nothing else")
    add("--json", action="store_true", help="everything as JSON")


def command(args: Namespace) -> ShownConversion:
    """`ldp convert [PATHS | -] [flags]`."""
    found = convert(
        "." if args.paths == ["-"] else args.paths,
        text=_stdin() if args.paths == ["-"] else None,
        out=args.out if not args.diff else None,
        stream=args.stream,
        batch=args.batch,
        delay=args.delay,
        expectations=not args.no_expectations,
        force=args.force,
    )
    return ShownConversion(found, diff=args.diff, as_json=args.json, told=args.out is not None)


def _stdin() -> str:
    from ldp_magic.project.files import text_of

    return text_of(sys.stdin.buffer.read(), "the standard input")


@dataclass(frozen=True, slots=True)
class ShownConversion:
    """A conversion on a terminal. What was left is told as errors are, so that the SQL can be piped on."""

    converted: Converted
    diff: bool = False
    as_json: bool = False
    told: bool = False  # the SQL went to files

    @property
    def exit_code(self) -> int:
        if not self.converted.datasets and not self.converted.left:
            return 2
        return 1 if self.converted.left or self.converted.errors else 0

    @property
    def errors(self) -> tuple[LdpError, ...]:
        """What could not be read, and what was left."""
        nothing = () if self.converted.datasets or self.converted.left or self.converted.errors else (_NOTHING,)
        return (*self.converted.errors, *nothing, *(_as_error(one) for one in self.converted.left))

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        from ldp_magic.show.conversion import as_json, summary
        from ldp_magic.show.diff import diff
        from ldp_magic.show.pen import Pen

        found = self.converted
        if self.as_json:
            said = as_json(found.conversion, found.text, found.files)
            return json.dumps(said, indent=2, ensure_ascii=glyphs == "ascii")
        if self.diff:
            return "".join(diff(source, text) for source, text in found.conversion.texts.items())
        if not found.datasets:
            return ""
        if self.told:
            return "\n".join(summary(found.conversion, found.files, Pen.of(width, color, glyphs)))
        pen = replace(Pen.of(width - 3, False, glyphs), color=False)
        lines = [line for each in summary(found.conversion, (), pen) for line in each.split("\n")]
        return "\n".join([found.text.rstrip() + _ended(found.text), "", *(f"-- {line}".rstrip() for line in lines)])


_NOTHING = LdpError("there is nothing to convert", why="no statement was found", fix="name files that hold SQL")


def _as_error(one: Left) -> LdpError:
    where = one.location
    return LdpError(f"{where.source.name}:{where.first.line}: {one.words} is left as it was", why=one.why, fix=one.fix)
