"""Files as a stream, as Auto Loader reads them: each once, with columns that are remembered and that may grow."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ldp_magic.engine.child import EngineError
from ldp_magic.engine.files import File, FilesError, Format, Loaded, Unreadable, nothing, read, schema_of
from ldp_magic.engine.files.format import guessed
from ldp_magic.engine.files.partitions import partition_values
from ldp_magic.engine.files.reading import METADATA
from ldp_magic.engine.files.schema import SELF_DESCRIBING
from ldp_magic.engine.files.types import Columns, hinted
from ldp_magic.lake.batch import Json
from ldp_magic.lake.schema import checked
from ldp_magic.lake.seen import seen
from ldp_magic.pipeline.model import ColumnType
from ldp_magic.sql.types import fields_of
from ldp_magic.sql.writing import quoted

if TYPE_CHECKING:
    from ldp_magic.runs.inputs import Inputs

YOUNG = 3.0  # seconds for which a file with an unfinished last line is left to whoever writes it
SAMPLE = 1000  # files that types are told from at once
MODES = {each.lower(): each for each in ("addNewColumns", "rescue", "failOnNewColumns", "none")}
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_FIXED = ("orc", "text", "binaryfile")  # formats whose columns do not grow


def load(inputs: Inputs, source: str, files: Sequence[File], format: Format, root: str) -> str:
    """A view of the rows of those files that no turn before has read."""
    name = _name(inputs, source)
    before: Mapping[str, Json] = inputs.before.offsets.get("sources", {}).get(name) or {}
    if not format.name:  # one that was guessed from a file stays
        format = replace(format, name=before.get("format") or (guessed(files[0].path) if files else "json"))
    return _Stream(inputs, name, source, format, root, before).view(files)


def _name(inputs: Inputs, source: str) -> str:
    """What the stream is called in the offsets. One flow may read the same path twice, each time with other options."""
    known = inputs.read.files
    name, number = f"files {source}", 2
    while name in known:
        name, number = f"files {source} #{number}", number + 1
    return name


def place_of(root: str, path: str) -> str:
    """A path as it is remembered: from the project's folder on, so that the project may be moved."""
    return path.removeprefix(f"{root}{os.sep}")


@dataclass(frozen=True)
class _Stream:
    """The files of one source of a flow."""

    inputs: Inputs
    name: str
    source: str
    format: Format
    root: str
    before: Mapping[str, Json]  # what the last turn has left of this source; nothing at its first

    def _check(self) -> None:
        """An option that cannot be is an error also where nothing is new."""
        _ = self.mode, _lot(self.format, ())

    @property
    def zone(self) -> str:
        return self.inputs.session.engine.place.zone

    @cached_property
    def mode(self) -> str:
        """What becomes of columns that nobody has seen before."""
        said = self.format.option("schemaEvolutionMode")
        if said and said.lower() not in MODES:
            raise FilesError(
                f"there is no schema evolution mode {said}",
                why="it says what becomes of new columns",
                fix=f"use one of {', '.join(MODES.values())}",
            )
        if self.format.schema is not None:
            if said.lower() == "addnewcolumns":
                raise FilesError(
                    f"{self.source} has a schema, and is to add new columns to it",
                    why="only columns that are told from the files can grow, on Databricks too",
                    fix="give the known types by schemaHints instead of the schema",
                )
            return MODES.get(said.lower(), "none")
        if self.format.style == "spark" or self.format.name in _FIXED:
            return "none"
        return MODES.get(said.lower(), "addNewColumns")

    # --- which files ---------------------------------------------------------------------------------------------

    def view(self, files: Sequence[File]) -> str:
        """The view, and in the inputs how far it goes."""
        self._check()
        state, skipped, read = self.inputs.before.state, f"skipped {self.name}", self.inputs.read
        known, spared = seen(state.get(self.name, ())), seen(state.get(skipped, ()))
        root = str(self.inputs.scene.settings.root)
        here = {place_of(root, file.path): file for file in files}
        fresh = {place: file for place, file in here.items() if self._is_new(known.get(place), file)}
        passed: dict[str, File] = {}  # there before the flow was, and not asked for
        if not self.before and not self.format.on("includeExistingFiles", default=True):
            passed, fresh = fresh, {}
            read.files[skipped] = _at(passed)
        wanted, more = _lot(self.format, list(fresh.values()))
        if self.inputs.anew:
            spared |= passed
            wanted, more = [file for place, file in here.items() if place in fresh or place not in spared], False
            self._say_gone(known.keys() - spared.keys() - here.keys())
        view, taken = self._shown(wanted, wanted or files)
        chosen = {file.path for file in taken}
        came = passed | {place: file for place, file in fresh.items() if file.path in chosen}
        read.files[self.name] = _at(came)
        read.news = read.news or bool(came) or not self.before
        read.more = read.more or more
        return view

    def _is_new(self, before: File | None, file: File) -> bool:
        if before is None:
            return True
        return self._overwrites and (before.size, before.mtime) != (file.size, file.mtime)

    @cached_property
    def _overwrites(self) -> bool:
        return self.format.on("allowOverwrites")

    def _say_gone(self, gone: Iterable[str]) -> None:
        names = sorted(gone)
        if names:
            self._note(f"{len(names):,} of the files that were read before are gone, and so are their rows: {names[0]}")

    def _note(self, text: str) -> None:
        self.inputs.seen.notes[f"{self.source}: {text}"] = None

    # --- their rows ----------------------------------------------------------------------------------------------

    def _shown(self, wanted: Sequence[File], like: Sequence[File]) -> tuple[str, Sequence[File]]:
        """A view over files, and those of them that were taken. Without any its columns are those of *like*."""
        loaded, wanted = self._whole(wanted) if wanted else (None, wanted)
        columns = loaded.columns if loaded else self._columns_without_rows(like)
        self.inputs.read.offsets[self.name] = {
            "columns": [list(each) for each in columns],
            "format": self.format.name if like or self.before else "",
        }
        if loaded is None:
            if not like and not self.before:
                self._note("no file is there yet")
            more = (("_metadata", METADATA),) if self.inputs.metadata else ()
            typed = checked(ColumnType(name=name, type=type_) for name, type_ in (*columns, *more))
            return self.inputs.shown(f"new {self.source}", typed, []), wanted
        self.inputs.count(_rows(loaded, wanted, self.format.name))
        for note in loaded.notes:
            self._note(note)
        return quoted(self.inputs.view(f"new {self.source}", loaded.frame)), wanted

    def _whole(self, wanted: Sequence[File]) -> tuple[Loaded | None, Sequence[File]]:
        """The rows of files that nobody is writing any more, and these files."""
        try:
            loaded = self._evolved(wanted, growing=True)
        except Unreadable:
            finished = [file for file in wanted if not young(file)]
            if len(finished) == len(wanted) or not (finished or self._known()):
                raise
            self._note(f"{len(wanted) - len(finished):,} files cannot be read yet; they are left for the next update")
            return (self._evolved(finished, growing=False) if finished else None), finished
        if not loaded.unfinished:
            return loaded, wanted
        growing = {file for file in loaded.unfinished if young(file)}
        if growing:
            names = ", ".join(sorted(file.shown for file in growing)[:3])
            self._note(f"{names} is still being written; it is left for the next update")
        wanted = [file for file in wanted if file not in growing]
        if not wanted and not self._known():
            raise FilesError(
                f"the only file of {self.source} is still being written",
                why="its last line is not complete yet, and there is no other to tell the columns from",
                fix="run it again in some seconds, or give a schema",
            )
        return (self._evolved(wanted, growing=False) if wanted else None), wanted

    def _evolved(self, wanted: Sequence[File], *, growing: bool) -> Loaded:
        """The rows, with the columns that are known already and those that are new."""
        columns = self._remembered()
        if columns is None and self._lacks_a_schema:
            self._note("Spark reads a stream of files only with a schema; give one, or use cloudFiles")
        if columns is not None and (self.mode == "failOnNewColumns" or self._grows_early(wanted, columns)):
            columns = self._grown(columns, wanted)
        loaded = self._read(wanted, columns, growing=growing)
        if self.mode == "addNewColumns" and loaded.unknown:
            wider = self._grown(loaded.columns, wanted)
            if wider != loaded.columns:
                return self._read(wanted, wider, growing=growing)
        return loaded

    def _read(self, wanted: Sequence[File], columns: Columns | None, *, growing: bool) -> Loaded:
        return read(
            self.inputs.session.spark,
            wanted,
            self.format,
            self.root,
            columns=columns,
            scratch=self.inputs.scratch,
            metadata=self.inputs.metadata,
            growing=growing,
            zone=self.zone,
        )

    # --- their columns -------------------------------------------------------------------------------------------

    def _remembered(self) -> Columns | None:
        """The columns of the turns before, with the hints of today; None: they are told by the files or the schema."""
        said = self.before.get("columns")
        if said is None or self.format.schema is not None:
            if self.format.schema is not None and self.mode == "failOnNewColumns":
                return schema_of((), self.format, self.root, zone=self.zone).columns
            return None
        columns: Columns = tuple((name, type_) for name, type_ in said)
        columns = hinted(columns, self.format.hints) if self.format.hints else columns
        rescued = self.format.rescued
        if rescued and rescued.lower() not in {name.lower() for name, _ in columns}:
            columns = (*columns, (rescued, "string"))
        return columns

    @property
    def _lacks_a_schema(self) -> bool:
        """Would Spark itself not start the stream?"""
        spark, free = self.format.style == "spark", self.format.name in ("text", "binaryfile")
        return spark and not free and self.format.schema is None

    def _known(self) -> bool:
        """Are the columns known without looking at a file?"""
        return self.format.schema is not None or "columns" in self.before

    def _columns_without_rows(self, like: Sequence[File]) -> Columns:
        columns = self._remembered()
        if columns is not None:
            return columns
        if self.format.schema is None and not like:
            raise nothing(self.source)
        return schema_of(like, self.format, self.root, zone=self.zone).columns

    def _grows_early(self, wanted: Sequence[File], columns: Columns) -> bool:
        """Whether new columns are seen before the rows are: in the files themselves, or in the names of folders."""
        if self.mode != "addNewColumns":
            return False
        if self.format.name in SELF_DESCRIBING:
            return True
        known = {name.lower() for name, _ in columns}
        folders = {id(each): each for each in partition_values(wanted, self.root)}.values()
        return self.format.partitions is None and any(name.lower() not in known for each in folders for name in each)

    def _grown(self, columns: Columns, wanted: Sequence[File]) -> Columns:
        """The columns and behind them those that the files have besides."""
        found, told = columns, replace(self.format, schema=None, hints="")
        for start in range(0, len(wanted), SAMPLE):
            more = schema_of(wanted[start : start + SAMPLE], told, self.root, zone=self.zone).columns
            found = wider(found, more, self.format.rescued)
        new = _difference(columns, found)
        if new and self.mode == "failOnNewColumns":
            raise EngineError(
                f"{self.source} has new columns: {', '.join(new)}",
                why="its schemaEvolutionMode is failOnNewColumns; nothing of these files was taken",
                fix="add them by schema or schemaHints, or take the files away, or let addNewColumns add them",
            )
        if new and self.before:
            self._note(f"new columns: {', '.join(new)}; on Databricks the flow stops for them and starts again")
        return found


def wider(have: Columns, more: Columns, rescued: str = "") -> Columns:
    """The columns with those that *more* has besides: at the end, before what was rescued. Types stay."""
    found = {name.lower(): (name, type_) for name, type_ in have}
    last = found.pop(rescued.lower(), None)
    for name, type_ in more:
        known = found.get(name.lower())
        if known is not None:
            found[name.lower()] = (known[0], _inside(known[1], type_))
        elif name.lower() != rescued.lower():
            found[name.lower()] = (name, type_)
    return (*found.values(), *((last,) if last else ()))


def _inside(type_: str, other: str) -> str:
    """A struct with the fields that the other one has besides."""
    if not (type_.startswith("struct<") and other.startswith("struct<")):
        return type_
    fields = wider(tuple(fields_of(type_)), tuple(fields_of(other)))
    return f"struct<{','.join(f'{name}:{inner}' for name, inner in fields)}>"


def _difference(before: Columns, after: Columns) -> list[str]:
    known = dict(before)
    return [f"{name} {type_}" for name, type_ in after if known.get(name) != type_]


def _at(files: Mapping[str, File]) -> tuple[File, ...]:
    """The files as they are remembered."""
    return tuple(File(place, file.size, file.mtime) for place, file in files.items())


# --- how many at once ----------------------------------------------------------------------------------------------


def _lot(format: Format, fresh: Sequence[File]) -> tuple[list[File], bool]:
    """The files of one turn, and whether some are left. The oldest come first."""
    many, size = _limit(format, "maxFilesPerTrigger"), _limit(format, "maxBytesPerTrigger")
    if many is None and size is None:
        return list(fresh), False
    taken, total = list[File](), 0
    for file in sorted(fresh, key=lambda each: (each.mtime, each.path)):
        if (many is not None and len(taken) >= many) or (size is not None and total >= size):
            return taken, True
        taken.append(file)
        total += file.size
    return taken, False


def _limit(format: Format, name: str) -> int | None:
    """A number of files or bytes; `10g` is ten gigabytes."""
    said = format.option(name).strip()
    if not said:
        return None
    match = _SIZE.fullmatch(said)
    number = int(match[1]) * _UNITS[match[2].lower()] if match else 0
    if number < 1:
        raise FilesError(
            f"{name} cannot be {said}",
            why="it says how much is read at once",
            fix=f"give a number above 0: {name} => 10",
        )
    return number


def young(file: File) -> bool:
    """Has it just been written? One from the future has not."""
    return 0 <= time.time() - _modified(file) < YOUNG


def _modified(file: File) -> float:
    """When it was written last, also after it was listed."""
    try:
        return max(os.path.getmtime(file.path), file.mtime)
    except OSError:
        return file.mtime


def _rows(loaded: Loaded, files: Sequence[File], format: str) -> int | None:
    if loaded.rows is not None or format != "parquet":
        return loaded.rows
    from pyarrow import parquet  # type: ignore[import-untyped]

    rows: list[int] = [parquet.read_metadata(file.path).num_rows for file in files]
    return sum(rows)
