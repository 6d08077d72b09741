"""Put rows of a source on this machine, to stand in for it.

With --place they come from Databricks or any Spark Connect server; with --fake they are made up from what ldp.lock
knows of the columns. --mask replaces the values of a column, the same value always by the same one.
"""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ldp_magic.errors import LdpError, UsageError
from ldp_magic.verbs import Glyphs
from ldp_magic.verbs.graph import Paths, listed, read

if TYPE_CHECKING:
    from ldp_magic.pipeline.model import ColumnType
    from ldp_magic.settings import Settings

ROWS, MOST = 1_000, 1_000_000
FORMATS = ("json", "csv", "parquet")
_ENDINGS = {"json": ".json", "csv": ".csv", "parquet": ".parquet"}


def sample(
    name: str,
    paths: Paths = ".",
    *,
    rows: int = ROWS,
    mask: Sequence[str] = (),
    place: str | None = None,
    fake: bool = False,
    seed: int = 0,
    format: str | None = None,
    out: str | None = None,
    force: bool = False,
    env: str | None = None,
) -> Sampled:
    """Take *rows* of the table or the files called *name*, or make them up, and map the file that they are put into."""
    from ldp_magic.settings import find

    settings = find(listed(paths)[0] if listed(paths) else ".", env, {"place": place} if place else {})
    source = _source(name, paths, settings, env, format)
    target = _target(source, settings, out)
    _refuse(target.file, force)
    _needs_arrow()
    if fake and mask:
        raise UsageError("made-up rows need no mask", why="they hold nothing that is real", fix="leave --mask away")
    many, columns = (
        _made(source, target.file, rows, seed) if fake else _taken(source, settings, target.file, rows, mask)
    )
    mapped = _map(settings, target) if target.line else ""
    return Sampled(source.name, _shown(target.file), many, columns, mapped, tuple(mask), fake, target.said)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sample: where it lies, how large it is, and the settings file that maps it if that was changed."""

    name: str
    path: str
    rows: int
    columns: int
    settings: str = ""  # the file that has a line more
    masked: tuple[str, ...] = ()
    fake: bool = False
    mapping: tuple[str, str] = ("", "")

    @property
    def exit_code(self) -> int:
        return 0

    def text(self, width: int = 100, color: bool = False, glyphs: Glyphs = "unicode") -> str:
        """Two lines for a terminal."""
        from ldp_magic.show.pen import Pen, Run

        pen = Pen.of(width, color, glyphs)
        what = "made up" if self.fake else "taken"
        mask = f", {', '.join(self.masked)} masked" if self.masked else ""
        many = f"{self.rows:,} {'row' if self.rows == 1 else 'rows'} of {self.name} {what}{mask}"
        lines = [pen.line([pen.state("ok"), Run(f" {pen.theirs(self.path)}  {pen.theirs(many)}")])]
        if self.settings:
            said = f'"{self.mapping[0]}" = "{self.mapping[1]}"'
            lines.append(pen.line([pen.state("ok"), Run(f" {pen.theirs(self.settings)}  {pen.theirs(said)}")]))
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "source": self.name,
            "file": self.path,
            "rows": self.rows,
            "columns": self.columns,
            "masked": list(self.masked),
            "fake": self.fake,
            "mapped_in": self.settings or None,
        }

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        from ldp_magic.show.bundle import bundle

        return bundle("sample", self.text())


# --- what is sampled ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A source: a table with its parts, or files of a format; and what is known of its columns."""

    name: str
    kind: Literal["table", "files"]
    parts: tuple[str, ...] = ()
    read_as: str = ""  # what the pipeline calls the table
    format: str = "parquet"
    columns: tuple[ColumnType, ...] = ()


def _source(name: str, paths: Paths, settings: Settings, env: str | None, format: str | None) -> Source:
    from ldp_magic.pipeline.names import Scope, parts_in

    name = name.strip()
    files = name.startswith(("/", "dbfs:/", "./", "../")) or "://" in name
    parts = () if files else Scope(settings.catalog or "", settings.schema or "").qualified(parts_in(name))
    if not name or (not files and (":" in name or not parts)):
        raise UsageError(
            f"{name[:80] or 'an empty name'} is neither a table nor a path",
            why="rows are taken of tables and of files; what a stream of events holds is not known",
            fix='name it as the pipeline does: main.raw.orders; map a stream by hand: [tool.ldp.local] "kafka:orders"',
        )
    read_as, known, columns = _known(name, parts, paths, env)
    if not files:
        return Source(name, "table", parts, read_as, columns=columns)
    found = format or _format(known or Path(name).suffix.lstrip(".").lower())
    if found not in FORMATS:
        raise LdpError(
            f"a sample of files of the format {found or 'nobody knows'} cannot be taken",
            why=f"samples are of {', '.join(FORMATS)}",
            fix="say --format json, or copy some of the files and map their folder",
        )
    return Source(name, "files", format=found, columns=columns)


def _format(name: str) -> str:
    return {"jsonl": "json", "ndjson": "json", "tsv": "csv"}.get(name.lower(), name.lower())


def _known(name: str, parts: tuple[str, ...], paths: Paths, env: str | None) -> tuple[str, str, tuple[ColumnType, ...]]:
    """What a pipeline calls a source, its format and its columns, from the pipelines that read it or the lock."""
    from ldp_magic.pipeline.lookup import names_of
    from ldp_magic.project import lockfile

    found = read(paths, env)
    folder = name.rstrip("/").lower()

    def means(other: str, *more: Sequence[str]) -> bool:
        return other.rstrip("/").lower() == folder or (bool(parts) and any(_same(parts, each) for each in more))

    every = [(pipeline, each) for pipeline in found.pipelines for each in pipeline.externals.values()]
    read_here = [each for pipeline, each in every if means(each.name, *names_of(pipeline, tuple(each.name.split("."))))]
    locked = [
        each for each in lockfile.load(found.root / lockfile.NAME) if means(each.name, tuple(each.name.split(".")))
    ]
    format = next((said for said in (*(r.format for r in read_here), *(k.format for k in locked)) if said), "")
    columns = next((said for said in (*(r.columns for r in read_here), *(k.columns for k in locked)) if said), ())
    return read_here[0].name if read_here else name, format, columns


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    return [each.lower() for each in one] == [each.lower() for each in other]


# --- where it goes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """The file, and what the settings have to say of it; *line* tells whether they do not say so yet."""

    file: Path
    said: tuple[str, str]
    line: bool


def _target(source: Source, settings: Settings, out: str | None) -> Target:
    from ldp_magic.engine.sources import folder_of

    key = source.read_as if source.kind == "table" else folder_of(source.name)
    there = _mapped_already(source, key, settings)
    last = source.parts[-1] if source.parts else key.rstrip("/").rsplit("/", 1)[-1]
    plain = "".join(char if char.isalnum() or char in "-_." else "_" for char in last).lstrip(".") or "sample"
    inside = f"sample{_ENDINGS[source.format]}"
    default = there or (f"data/{plain}.parquet" if source.kind == "table" else f"data/{plain}")
    where = out or default
    folder = source.kind == "files" and not where.endswith(tuple(_ENDINGS.values()))
    file = settings.root / os.path.expanduser(where) / (inside if folder else "")
    _fitting(source, file)
    if there and out and os.path.normpath(settings.root / there) != os.path.normpath(settings.root / out):
        raise LdpError(
            f"{there} stands in for {key} already",
            why=f"the settings say so: {settings.origin.get(f'local.{key}', 'local')}",
            fix=f"leave --out away, or change that line to {out}",
        )
    said = Path(where).as_posix() if folder or source.kind == "table" else Path(where).parent.as_posix()
    return Target(file, (key, said), line=not there)


def _mapped_already(source: Source, key: str, settings: Settings) -> str:
    """The path that the settings give for a source; empty where they say nothing of it."""
    from ldp_magic.pipeline.names import Scope, parts_in

    if source.kind == "table":
        scope = Scope(settings.catalog or "", settings.schema or "")
        both = ((scope.qualified(parts_in(name)), where) for name, where in settings.local.items() if "/" not in name)
        return next((where for parts, where in both if _same(parts, source.parts)), "")
    for name in sorted(settings.local, key=len, reverse=True):
        start = name.removeprefix("dbfs:").rstrip("/")
        path = key.removeprefix("dbfs:")
        if path == start or path.startswith(start + "/"):
            return settings.local[name].rstrip("/") + path[len(start) :]
    return ""


def _fitting(source: Source, file: Path) -> None:
    endings = (*_ENDINGS.values(), ".jsonl") if source.kind == "table" else (_ENDINGS[source.format], ".jsonl")
    if file.suffix not in endings:
        raise UsageError(
            f"a sample of {source.name[:80]} cannot be a file {file.name}",
            why=f"its name has to end with {' or '.join(endings)}",
            fix=f"say --out data/sample{endings[0]}",
        )


def _refuse(file: Path, force: bool) -> None:
    if os.path.lexists(file) and not force:
        raise LdpError(f"{_shown(file)} is there already", why="no file is lost unasked", fix="say --force, or --out")


def _needs_arrow() -> None:
    if find_spec("pyarrow") is None:
        raise LdpError("a sample needs pyarrow", why="it writes the rows", fix="pip install 'ldp-magic[local]'")


def _shown(file: Path) -> str:
    from ldp_magic.settings import path_shown

    return path_shown(Path(os.path.normpath(file)))


def _map(settings: Settings, target: Target) -> str:
    """Put the line into the settings file; the path of that file."""
    from ldp_magic.author.project.mapping import mapped
    from ldp_magic.project import read_text, write_text

    file = settings.file or settings.root / "ldp.toml"
    text = read_text(file, 1_000_000) if file.exists() else ""
    prefix = () if file.name == "ldp.toml" else ("tool", "ldp")
    new = mapped(text, prefix, *target.said)
    if new is None:
        raise LdpError(
            f"the rows are in {_shown(target.file)}, but {_shown(file)} could not be given a line more",
            why="its table of what stands in for what is written in a way that is not followed here",
            fix=f'add "{target.said[0]}" = "{target.said[1]}" to [{".".join((*prefix, "local"))}]',
        )
    write_text(file, new)
    return _shown(file)


# --- the rows ----------------------------------------------------------------------------------------------------


def _made(source: Source, file: Path, rows: int, seed: int) -> tuple[int, int]:
    from ldp_magic.engine.sample import made, write

    if not source.columns:
        raise LdpError(
            f"the columns of {source.name} are not known",
            why="rows are made up by the names and types of the columns",
            fix="ldp lock --place databricks asks the catalog; or write them into ldp.lock",
        )
    table = made(source.name, source.columns, rows, seed)
    write(table, file)
    return table.num_rows, table.num_columns


def _taken(source: Source, settings: Settings, file: Path, rows: int, mask: Sequence[str]) -> tuple[int, int]:
    from ldp_magic.engine.place import place_of
    from ldp_magic.engine.sample import masked, rows_of, write

    place = place_of(settings)
    if place.embedded:
        raise LdpError(
            f"nothing says where the rows of {source.name} are",
            why="the place is embedded: this machine",
            fix=f"ldp sample {source.name} --place databricks (or sc://host:port), or ldp sample {source.name} --fake",
        )
    if source.kind == "files" and source.format == "json":
        return _lines(source, settings, file, rows, mask)
    path = source.name if source.kind == "files" else ""
    table = rows_of(place, source.parts, rows, path, source.format)
    table = masked(table, mask, _key(settings)) if mask else table
    write(table, file)
    return table.num_rows, table.num_columns


def _lines(source: Source, settings: Settings, file: Path, rows: int, mask: Sequence[str]) -> tuple[int, int]:
    """Lines of JSON, as they are but for what is masked."""
    from ldp_magic.engine.place import place_of
    from ldp_magic.engine.sample import lines_of
    from ldp_magic.engine.sample.fixture import write_lines
    from ldp_magic.engine.sample.masks import masked_lines

    lines = lines_of(place_of(settings), source.name, rows)
    lines = masked_lines(lines, mask, _key(settings)) if mask else lines
    write_lines(lines, file)
    return len(lines), 1


def _key(settings: Settings) -> bytes:
    """What decides which value stands for which, in this project; made once, and never for git."""
    file = settings.root / ".ldp" / "mask.key"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        ignore = file.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_hex(32))
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise LdpError(
            f"{_shown(file)} cannot be used: {error}",
            why="it decides which value stands for which",
            fix="make its folder writable, or delete the file: masks will be other ones then",
        ) from None


# --- the command -------------------------------------------------------------------------------------------------


def arguments(parser: ArgumentParser) -> None:
    """The flags of `ldp sample`."""
    parser.add_argument("source", help="a table, or the path of files, as the pipeline names it")
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders of the pipeline (default: .)")
    parser.add_argument("--rows", metavar="N", default=str(ROWS), help=f"how many rows (default: {ROWS})")
    parser.add_argument("--mask", metavar="COLUMNS", default="", help="columns to be masked, with commas between them")
    parser.add_argument("--place", metavar="PLACE", help="where the rows are: databricks or sc://host:port")
    parser.add_argument("--fake", action="store_true", help="make the rows up, from ldp.lock; no place is asked")
    parser.add_argument("--seed", metavar="N", default="0", help="other made-up rows (default: 0)")
    parser.add_argument("--format", choices=FORMATS, help="of files, where the pipeline does not say it")
    parser.add_argument("--out", metavar="FILE", help="the file, or for files their folder (default: below data)")
    parser.add_argument("--force", action="store_true", help="write over a sample that is there")
    parser.add_argument("--env", metavar="NAME", help="the environment, such as dev or prod")


def command(args: Namespace) -> Sampled:
    """`ldp sample SOURCE [paths] [--rows N] [--mask COLUMNS] [--place PLACE | --fake] [--out FILE] [--env NAME]`."""
    return sample(
        args.source,
        args.paths or ["."],
        rows=_number("--rows", args.rows, MOST),
        mask=tuple(each.strip() for each in args.mask.split(",") if each.strip()),
        place=args.place,
        fake=args.fake,
        seed=_number("--seed", args.seed, 2**31),
        format=args.format,
        out=args.out,
        force=args.force,
        env=args.env,
    )


def _number(flag: str, said: str, most: int) -> int:
    if said.isdecimal() and said.isascii() and int(said) <= most:
        return int(said)
    raise UsageError(
        f"ldp sample: {flag} cannot be {said[:40]}", why=f"it is a number up to {most:,}", fix=f"say {flag} 100"
    )
