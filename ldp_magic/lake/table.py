"""One table as it was when it was looked at, and the commits that can follow from that look."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ldp_magic.lake import commit, log
from ldp_magic.lake.batch import Batch, DataFile, Entry, Json
from ldp_magic.lake.failure import Conflict, LakeError, damaged, writing
from ldp_magic.lake.opened import newest_version, open_log
from ldp_magic.lake.schema import Columns, checked, columns_in, merged
from ldp_magic.lake.written import Written, written

if TYPE_CHECKING:
    from deltalake import DeltaTable


@dataclass(frozen=True, slots=True)
class News:
    """What came into a table since a position."""

    files: tuple[DataFile, ...]  # of commits that only added rows
    changed: tuple[int, ...]  # versions that changed or removed rows: fail, or skip them as `skipChangeCommits` says
    position: Json  # from where to ask the next time


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows that one commit left out."""

    version: int
    moment: float
    flow: str
    files: tuple[DataFile, ...]


@dataclass(frozen=True)
class Table:
    """A table at one version. Every commit is made against the very object that was looked at, so a flow that
    somebody else has moved on in between is refused: `Conflict`. That is what makes exactly once."""

    name: str
    folder: Path
    delta: DeltaTable | None = field(default=None, repr=False, compare=False)  # None: there is no table yet
    flows: Mapping[str, Batch] = field(default_factory=dict)
    mark: str = ""  # of the newest commit, if it is one of ours

    # -- what there is ------------------------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        return self.delta is not None

    @cached_property
    def version(self) -> int:
        return int(self.delta.version()) if self.delta else -1

    @cached_property
    def columns(self) -> Columns:
        return columns_in(self.delta.schema().to_json()) if self.delta else ()

    @cached_property
    def files(self) -> tuple[DataFile, ...]:
        """The files that make up the table. Reading them as a list pins the version."""
        found = self._live
        for file in found:
            _check(file, fix=f"restore it from a backup, or `ldp run --full-refresh {self.name}`")
        return found

    @cached_property
    def _live(self) -> tuple[DataFile, ...]:
        if self.delta is None:
            return ()
        import pyarrow  # type: ignore[import-untyped]

        adds = pyarrow.table(self.delta.get_add_actions(flatten=True))
        names = ("path", "size_bytes", "num_records")
        columns = [adds[name].to_pylist() if name in adds.column_names else [None] * len(adds) for name in names]
        return tuple(DataFile(str(self.folder / path), size, rows) for path, size, rows in zip(*columns, strict=True))

    @property
    def position(self) -> Json:
        """Where a reader stands that has read all of this version; None if there is nothing to stand on."""
        if self.delta is None:
            return None
        return {"table": self.delta.metadata().id, "version": self.version, "mark": self.mark}

    def flow(self, name: str) -> Batch:
        """How far that flow has come."""
        return self.flows.get(name, Batch(name))

    def news(self, since: Json) -> News:
        """What came in since that position; with None, all there is."""
        if since is None:
            return News(self.files, (), self.position)
        if not self.exists or since["table"] != self.position["table"] or since["version"] > self.version:
            raise _too_far(f"{self.name} is not the table that was read before: it was dropped and made again")
        files, changed = list[DataFile](), list[int]()
        for version in range(since["version"] + 1, self.version + 1):
            done = log.read(self.folder, version)
            if done is None:
                raise _too_far(f"version {version} of {self.name} is no longer in its log")
            if done.changed:
                changed.append(version)
            else:
                files += done.added
        for file in files:
            if not os.path.exists(file.path):
                if file in self._live:
                    _check(file, fix=f"restore it from a backup, or `ldp run --full-refresh {self.name}`")
                raise _too_far(f"{file.path} is gone: rows of {self.name} were compacted, and their first file removed")
            _check(file)
        return News(tuple(files), tuple(changed), self.position)

    def state(self, flow: str) -> Mapping[str, tuple[str, ...]]:
        """The state files of the newest batch of a flow."""
        state = self.flow(flow).state
        for path in (path for paths in state.values() for path in paths):
            if not os.path.exists(path):
                raise _too_far(f"{path} is gone: it held what flow {flow} of {self.name} remembers")
        return state

    def quarantine(self) -> Iterator[Quarantined]:
        """The rows that were left out of the rows of today, newest first, as far as they are still kept."""
        for done in log.backwards(self.folder, self.version):
            entry = done.entry
            kept = tuple(file for file in entry.dropped if os.path.exists(file.path)) if entry else ()
            if entry and kept:
                yield Quarantined(done.version, done.moment, entry.flow, kept)
            if entry and entry.anew:
                return

    def metrics(self) -> Iterator[tuple[int, str, Mapping[str, Json]]]:
        """Version, flow and what was counted then, newest first."""
        for done in log.backwards(self.folder, self.version):
            if done.entry and done.entry.flow:
                yield done.version, done.entry.flow, done.entry.metrics

    # -- what is about to be there ------------------------------------------------------------------------

    def fresh_folder(self) -> Path:
        """A folder that nobody has written to and that is not there yet: one for each attempt, as engines remember
        what they have read at a path."""
        if not self.exists:
            raise ValueError(f"{self.name} is to be created first")  # files without a log look like a lost log
        with writing(str(self.folder)):
            (self.folder / "data").mkdir(exist_ok=True)
        return self.folder / "data" / uuid.uuid4().hex

    def written(self, folder: Path, columns: Columns | None = None) -> Written:
        """What was written to a fresh folder, held against the columns of the table or, for a swap, those given."""
        return written(folder, self.columns if columns is None else checked(columns))

    # -- commits: each gives the table as it is afterwards ------------------------------------------------

    def create(self, columns: Columns) -> Table:
        """The table; made with these columns if there was none."""
        if self.exists:
            return self
        columns = checked(columns)
        entry = self._entry(columns)
        with writing(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self._done(entry, partial(commit.create, self.name, self.folder, entry, columns))

    def fit(self, columns: Columns) -> Table:
        """The table with room for these columns: new ones are added, in a commit of its own that harms nobody. The
        type of one that is there stays, unless there are no rows."""
        if not self.exists:
            return self.create(columns)
        wanted = checked(columns)
        try:
            wanted = merged(self.name, self.columns, wanted)
        except LakeError:
            if self._live:
                raise
            table = self._ready_for(wanted)
            return table._exchange(table._entry(wanted), columns=wanted)
        if wanted == self.columns:
            return self
        entry = self._entry(wanted)
        return self._done(entry, partial(commit.widen, self._delta, self.folder, entry, self.columns, wanted))

    def begin(self, columns: Columns) -> Table:
        """The table with room for these columns. As long as no flow has committed anything since it was made or reset
        it has just these: none of its columns is left from a query that is gone."""
        table = self.create(columns)
        wanted = checked(columns)
        if table._live or any(batch.offsets for batch in table.flows.values()) or wanted == table.columns:
            return table.fit(columns)
        table = table._ready_for(wanted)
        return table._exchange(table._entry(wanted), columns=wanted)

    def append(self, batch: Batch, rows: Written | None = None, metrics: Mapping[str, Json] | None = None) -> Table:
        """Add the rows that were kept. Other flows may add to the same table meanwhile."""
        rows = rows or Written(self.columns)
        if not set(rows.columns) <= set(self.columns):
            raise ValueError("what was written was held against other columns")
        entry = self._next(batch, rows, metrics)
        return self._done(
            entry, partial(commit.add, self._delta, self.folder, entry, rows.kept, {batch.flow: batch.number})
        )

    def swap(self, batch: Batch, rows: Written | None = None, metrics: Mapping[str, Json] | None = None) -> Table:
        """Put the rows that were kept in the place of all others; the columns become those of what was written."""
        rows = rows or Written(self.columns)
        table = self._ready_for(rows.columns)
        entry = replace(table._next(batch, rows, metrics), columns=log.mark(rows.columns), anew=True)
        return table._exchange(entry, rows.kept, rows.columns)

    def reset(self) -> Table:
        """Give up all rows, offsets and state, as a full refresh does. Who reads the table as a stream is told."""
        if not self.exists:
            return self
        flows = {name: Batch(name, batch.number + 1) for name, batch in self.flows.items()}
        return self._exchange(replace(self._entry(self.columns), flows=flows, anew=True))

    def compact(self) -> Table:
        """The same rows in fewer files; who reads the table as a stream does not notice. Flags beside the rows are
        lost, those of dropped rows excepted."""
        commit.compact(self._delta, self.folder)
        return look(self.name, self.folder)

    # -- how ----------------------------------------------------------------------------------------------

    @property
    def _delta(self) -> DeltaTable:
        if self.delta is None:
            raise ValueError(f"{self.name} is to be created first")
        return self.delta

    def _entry(self, columns: Columns) -> Entry:
        return Entry(looked=self.version, columns=log.mark(columns), flows=self.flows, mark=uuid.uuid4().hex)

    def _next(self, batch: Batch, rows: Written, metrics: Mapping[str, Json] | None) -> Entry:
        if batch.number != self.flow(batch.flow).number + 1:
            raise self._conflict()
        flows = {**self.flows, batch.flow: batch}
        entry = replace(self._entry(self.columns), flow=batch.flow, flows=flows)
        return replace(entry, metrics=metrics or {}, dropped=rows.dropped)

    def _exchange(self, entry: Entry, adds: tuple[DataFile, ...] = (), columns: Columns | None = None) -> Table:
        moved = {name: each.number for name, each in entry.flows.items() if each.number != self.flow(name).number}
        changed = None if columns == self.columns else columns
        return self._done(
            entry, partial(commit.exchange, self._delta, self.folder, entry, adds, self._live, moved, changed)
        )

    def _ready_for(self, columns: Columns) -> Table:
        """The table with what its log has to allow before it may have such columns, in a commit of its own."""
        if not commit.needs_feature(self._delta, columns):
            return self
        entry = self._entry(self.columns)
        table = self._done(entry, partial(commit.add_feature, self._delta, self.folder, entry))
        if table.version != self.version + 1:
            raise self._conflict()
        return table

    def _done(self, entry: Entry, make: Callable[[], None]) -> Table:
        """Commit, and look again. A commit that has failed after it was in the log has not failed."""
        try:
            make()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of the library is no Exception
            newer = [version for version in log.listed(self.folder)[0] if version > self.version]
            commits = [log.read(self.folder, version) for version in newer]
            if not any(each and each.entry and each.entry.mark == entry.mark for each in commits):
                raise (self._conflict() if newer else _refused(self, error)) from error
        return look(self.name, self.folder)

    def _conflict(self) -> Conflict:
        return Conflict(
            f"{self.name} was changed by another update meanwhile",
            why="what was about to be committed may be in it already, so nothing of it was",
            fix="run again; it goes on from there",
        )


def look(name: str, folder: Path) -> Table:
    """The table in that folder as it is now."""
    delta = open_log(name, folder)
    if delta is None:
        return Table(name, folder)
    version = delta.version()
    flows, newest = _flows(folder, version)
    table = Table(name, folder, delta, flows, newest.mark if newest else "")
    if newest and newest.columns != log.mark(table.columns):
        raise damaged(f"the log of {name} is damaged: its columns are not those that were written")
    for flow, batch in flows.items():
        if delta.transaction_version(flow) != batch.number:
            raise damaged(f"the log of {name} is damaged: it has lost how far flow {flow} has come")
    return table


@dataclass(frozen=True, slots=True)
class Glance:
    """What the newest commit of a table says, for who only wants to know whether something has happened since."""

    version: int
    mark: str
    flows: Mapping[str, Batch]

    def stands_at(self, position: Json) -> bool:
        """Is this still the commit that a reader with that position has read?"""
        return bool(position) and self.version == position.get("version") and self.mark == position.get("mark")


def glance(folder: Path) -> Glance | None:
    """The newest commit, without opening the table; None if there is none, or it is not one of ours."""
    version = newest_version(folder)
    if version is None:
        return None
    flows, newest = _flows(folder, version)
    return Glance(version, newest.mark, flows) if newest and newest.mark else None


def _flows(folder: Path, version: int) -> tuple[dict[str, Batch], Entry | None]:
    """The newest batch of every flow, and the entry of the newest commit if it is ours.

    The newest entry says what its writer had seen; commits that came between that look and the commit say the rest.
    """
    for done in log.backwards(folder, version):
        entry = done.entry
        if entry is None:
            if done.version == 0:
                return {}, None
            continue
        flows = dict(entry.flows)
        for between in range(entry.looked + 1, done.version):
            other = log.read(folder, between)
            for name, batch in other.entry.flows.items() if other and other.entry else ():
                if name not in flows or batch.number > flows[name].number:
                    flows[name] = batch
        return flows, entry if done.version == version else None
    raise damaged(f"the log of the table in {folder} has been cut off: how far its flows have come is lost")


def _check(file: DataFile, fix: str = "") -> None:
    try:
        size = os.path.getsize(file.path)
    except OSError:
        raise damaged(f"{file.path} is gone, and the table needs it", fix=fix) from None
    if size != file.size:
        raise damaged(f"{file.path} is damaged: it has {size:,} bytes and had {file.size:,}", fix=fix)


def _too_far(what: str) -> LakeError:
    return LakeError(
        what,
        why="the rows that came since the last update cannot be told from those before",
        fix="run a full refresh of what reads it: `ldp run --full-refresh NAME`",
    )


def _refused(table: Table, error: BaseException) -> LakeError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return LakeError(
        f"{table.name} cannot be committed to: {reason[:1].lower()}{reason[1:300]}",
        why="the table is as it was before",
        fix=f"see that there is room in {table.folder} and that it may be written to",
    )
