"""Why rows broke an expectation: some of them, and what each part of its condition said of each.

The rows lie beside the table that left them out, or in it where they were kept with a warning; flags in their files
tell which. The parts are computed anew over them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ldp_magic.engine.answer import Checked
from ldp_magic.engine.session import Session
from ldp_magic.engine.views import Scene, Views
from ldp_magic.lake import Columns, DataFile, ddl
from ldp_magic.lake.schema import columns_of_arrow
from ldp_magic.pipeline.model import ColumnType, Dataset
from ldp_magic.runs.checks import FLAG
from ldp_magic.runs.outcome import Outcome, flags_in
from ldp_magic.runs.parts import Part, bound_of, parts_of, plain
from ldp_magic.sql.facts import Select
from ldp_magic.sql.query import expression_facts
from ldp_magic.sql.writing import quoted

LOOKED = 100_000  # rows of one expectation that are looked at
STEPS = 50  # values of one bound that are told
EXACT = 2.0**53  # numbers that a DOUBLE holds as they are
IDS, READ = 2, 4  # columns that are shown: those that tell rows apart, and those that the condition reads
_ORDERED = (
    "string",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "decimal",
    "date",
    "timestamp",
    "boolean",
    "float",
    "double",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row that broke an expectation: what is shown of it, and what each part of the condition says."""

    values: tuple[Any, ...]
    parts: tuple[bool | None, ...]  # None: unknown
    kept: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """How many rows the parts say the same of, with the same columns NULL."""

    parts: tuple[bool | None, ...]
    nulls: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Instead:
    """What another action would have made of the rows that were looked at."""

    written: int
    marked: int


@dataclass(frozen=True, slots=True)
class Margin:
    """A part of a condition that another number would loosen: each number, and how many rows would pass with it."""

    value: str
    sign: str
    steps: tuple[tuple[float, int], ...]  # the nearest number first


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why rows broke one expectation."""

    check: Checked
    parts: tuple[Part, ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    patterns: tuple[Pattern, ...]
    looked: int  # rows that the patterns are of
    reads: tuple[str, ...] = ()  # columns of the condition
    instead: Instead | None = None  # if its rows were kept, or dropped; None: it cannot be told
    note: str = ""
    margins: tuple[Margin, ...] = ()


def reasons(session: Session, scene: Scene, found: Outcome, limit: int | None) -> tuple[Reason, ...]:
    """The reasons of every expectation that some row broke; to be called inside `session.call`."""
    views = Views(session, scene, whole=True)
    try:
        every = enumerate(found.checks)
        looks = [_Look(views, found, n, each) for n, each in every if each.failed and each.action != "fail"]
        return tuple(look.reason(limit) for look in looks)
    finally:
        views.close()


class _Look:
    """A look at the rows that broke one expectation."""

    def __init__(self, views: Views, found: Outcome, number: int, check: Checked) -> None:
        self.views, self.found, self.number, self.check = views, found, number, check
        self.piles = list(_piles(found, number, check))
        columns = tuple({each.name: each for pile in self.piles for each in pile.columns}.values())
        self.reads = columns_read(check.condition, found.dataset, columns)
        self.shown = _shown(found.dataset, columns, self.reads)

    def reason(self, limit: int | None) -> Reason:
        from pyspark.errors import PySparkException

        parts, note = parts_of(self.check.condition), ""
        try:
            rows = self._rows(parts)
        except PySparkException:
            parts, note = (Part(plain(self.check.condition)),), "its parts cannot be computed one without the other"
            rows = self._rows(parts)
        patterns = self._patterns(rows, len(parts))
        return Reason(
            check=self.check,
            parts=parts,
            columns=tuple((each.name, each.type) for each in self.shown),
            rows=self._examples(rows, len(parts), limit),
            patterns=patterns,
            looked=sum(each.rows for each in patterns),
            reads=tuple(each.name for each in self.reads),
            instead=_instead(self.found, self.number),
            note=note if len(parts_of(self.check.condition)) > 1 else "",
            margins=tuple(self._margins(rows, parts)),
        )

    def _rows(self, parts: Sequence[Part]) -> str:
        """The failing rows with what every part says of them, computed once."""
        queries = [self._of_pile(pile, parts) for pile in self.piles]
        text = self.views.spoken(" UNION ALL ".join(queries)) if queries else self._nothing(parts)
        path = str(self.views.scratch / f"broken-{self.number}-{len(parts)}.parquet")
        frame = self.views.session.spark.sql(text).limit(LOOKED)
        frame.write.mode("overwrite").parquet(path)
        return quoted(self.views.view("broken", self.views.session.spark.read.schema(frame.schema).parquet(path)))

    def _of_pile(self, pile: _Pile, parts: Sequence[Part]) -> str:
        have = {each.name for each in pile.columns}
        items = [
            f"{quoted(each.name) if each.name in have else f'CAST(NULL AS {each.type})'} AS v{n}"
            for n, each in enumerate(self.shown)
        ]
        items += [f"{quoted(each.name)} IS NULL AS n{n}" for n, each in enumerate(self.reads)]
        items += [f"CAST(({each.text}) AS BOOLEAN) AS p{n}" for n, each in enumerate(parts)]
        items += [f"TRY_CAST(({value}) AS DOUBLE) AS m{n}" for n, value in _bounded(parts)]
        items.append(f"{str(pile.kept).lower()} AS kept")
        name = f"{'kept' if pile.kept else 'dropped'} {self.found.dataset.name}"
        view = over(self.views, name, pile.columns, pile.paths, [self.number])
        relation = quoted(self.found.dataset.qualified[-1])
        return f"SELECT {', '.join(items)} FROM {view} AS {relation} WHERE NOT {FLAG}{self.number}"

    def _nothing(self, parts: Sequence[Part]) -> str:
        items = [f"CAST(NULL AS {each.type}) AS v{n}" for n, each in enumerate(self.shown)]
        items += [f"CAST(NULL AS DOUBLE) AS m{n}" for n, _ in _bounded(parts)]
        names = [*(f"n{n}" for n in range(len(self.reads))), *(f"p{n}" for n in range(len(parts))), "kept"]
        return f"SELECT {', '.join([*items, *(f'CAST(NULL AS BOOLEAN) AS {name}' for name in names)])} WHERE false"

    def _patterns(self, rows: str, parts: int) -> tuple[Pattern, ...]:
        """The rows in groups of one kind, the most frequent first."""
        names = [*(f"p{n}" for n in range(parts)), *(f"n{n}" for n in range(len(self.reads)))]
        found = self.views.session.spark.sql(
            f"SELECT {', '.join(names)}, count(*) AS many FROM {rows} GROUP BY {', '.join(names)} ORDER BY many DESC, "
            + ", ".join(names)
        ).collect()
        reads = [each.name for each in self.reads]
        return tuple(
            Pattern(
                tuple(row[:parts]),
                tuple(name for name, null in zip(reads, row[parts:-1], strict=True) if null),
                int(row[-1]),
            )
            for row in map(tuple, found)
        )

    def _margins(self, rows: str, parts: Sequence[Part]) -> Iterator[Margin]:
        """For each bound the rows that broke nothing else, by how far they are from it."""
        for n, _ in _bounded(parts):
            bound = bound_of(parts[n])
            others = [f"p{other}" for other in range(len(parts)) if other != n]
            wanted = " AND ".join([f"NOT p{n}", f"abs(m{n}) < {EXACT:.0f}", *others])
            order = "ASC" if bound and bound.sign == "<=" else "DESC"
            found = self.views.session.spark.sql(
                f"SELECT m{n}, count(*) AS many FROM {rows} WHERE {wanted} "
                f"GROUP BY m{n} ORDER BY m{n} {order} LIMIT {STEPS}"
            ).collect()
            sums = accumulate(int(row[1]) for row in found)
            steps = tuple((float(row[0]), many) for row, many in zip(found, sums, strict=True))
            if bound and steps:
                yield Margin(bound.value, bound.sign, steps)

    def _examples(self, rows: str, parts: int, limit: int | None) -> tuple[Row, ...]:
        """Some rows: of every kind at least one, as far as there is room."""
        values = [f"v{n}" for n in range(len(self.shown))]
        results = [f"p{n}" for n in range(parts)]
        order = [f"v{n}" for n, each in enumerate(self.shown) if each.type.partition("(")[0] in _ORDERED] or ["p0"]
        wanted = ", ".join([*values, *results, "kept"])
        text = (
            f"SELECT {wanted} FROM (SELECT *, row_number() OVER (PARTITION BY {', '.join([*results, 'kept'])} "
            f"ORDER BY {', '.join(order)}) AS turn FROM {rows}) AS every ORDER BY turn, {', '.join(order)}"
        )
        frame = self.views.session.spark.sql(text if limit is None else f"{text} LIMIT {limit}")
        view = quoted(self.views.view("examples", frame))
        found = self.views.session.spark.sql(f"SELECT {wanted} FROM {view} ORDER BY {', '.join(order)}").collect()
        many = len(values)
        return tuple(Row(row[:many], row[many : many + parts], row[-1]) for row in map(tuple, found))


def _bounded(parts: Sequence[Part]) -> list[tuple[int, str]]:
    """The parts that hold a value to a number, and the value."""
    bounds = [(n, bound_of(each)) for n, each in enumerate(parts)]
    return [(n, bound.value) for n, bound in bounds if bound is not None]


@dataclass(frozen=True, slots=True)
class _Pile:
    """Files of rows that have the same columns."""

    columns: Columns
    paths: tuple[str, ...]
    kept: bool


def _piles(found: Outcome, number: int, check: Checked) -> Iterator[_Pile]:
    """The files in which rows that broke an expectation are, as far as they are still there."""
    for kept in (False, True) if check.action == "warn" else (False,):
        files = [file for commit in found.commits for file in (commit.kept_files if kept else commit.dropped_files)]
        for columns, paths in columns_in(files, [number]).items():
            yield _Pile(columns, tuple(paths), kept)


def columns_in(files: Sequence[DataFile], checks: Sequence[int]) -> dict[Columns, list[str]]:
    """The paths of files that hold those flags, by the columns of their rows."""
    from pyarrow import parquet  # type: ignore[import-untyped]

    found: dict[Columns, list[str]] = {}
    for path in (file.path for file in files if os.path.exists(file.path)):
        columns = columns_of_arrow(parquet.read_schema(path))
        if {f"{FLAG}{n}" for n in checks} <= {each.name for each in columns}:
            found.setdefault(tuple(each for each in columns if not _is_flag(each.name)), []).append(path)
    return found


def _is_flag(name: str) -> bool:
    return name.startswith(FLAG) and name[len(FLAG) :].isdecimal()


def over(views: Views, name: str, columns: Columns, paths: Sequence[str], checks: Sequence[int]) -> str:
    """A view over files of rows with the flags of some expectations."""
    flags = tuple(ColumnType(name=f"{FLAG}{n}", type="boolean") for n in checks)
    return quoted(views.view(name, views.session.spark.read.schema(ddl((*columns, *flags))).parquet(*paths)))


def columns_read(condition: str, dataset: Dataset, columns: Columns) -> Columns:
    """The columns of a table that a condition reads, in the order of the table."""
    root = expression_facts(condition).root
    refs = root.columns if isinstance(root, Select) else ()
    known = {each.name.lower(): each for each in columns}
    names = set()
    for ref in refs:
        parts = [part.lower() for part in ref.parts]
        qualified = len(parts) > 1 and parts[0] not in known and dataset.qualified[-1].lower() in parts[:-1]
        names.add(parts[parts.index(dataset.qualified[-1].lower()) + 1] if qualified else parts[0])
    return tuple(each for name, each in known.items() if name in names)


def _shown(dataset: Dataset, columns: Columns, reads: Columns) -> Columns:
    """The columns that tell rows apart, and those that the condition reads, in the order of the table."""
    keys = _keys(dataset)
    plain_ones = [each for each in columns if each.type.partition("(")[0] in _ORDERED and each not in reads]
    first = [each for each in plain_ones if each.name.lower() in keys]
    first += [each for each in plain_ones if _is_id(each.name) and each not in first]
    first += [each for each in plain_ones if each not in first]
    wanted = {each.name for each in (*first[:IDS], *reads[:READ])}
    return tuple(each for each in columns if each.name in wanted)


def _is_id(name: str) -> bool:
    low = name.lower()
    return low == "key" or low.split("_")[-1] in ("id", "key", "uuid") or name.endswith(("Id", "ID"))


def _keys(dataset: Dataset) -> set[str]:
    """The columns that name a row: those of AUTO CDC, or those that the query groups by."""
    found = set[str]()
    for flow in dataset.flows:
        if flow.definition.cdc is not None:
            found |= {key.lower() for key in flow.definition.cdc.keys}
    facts = getattr(dataset.body, "facts", None)
    root = facts.root if facts is not None else None
    if isinstance(root, Select) and root.group_keys:
        grouped = {ref.name.lower() for ref in root.group_columns}
        for output in root.outputs:
            inside = [ref.name.lower() for ref in output.columns]
            calls = [c for c in root.aggregates if output.expression.start <= c.span.start < output.expression.end]
            if output.name and inside and not calls and (set(inside) & grouped or _of_window(output.columns)):
                found.add(output.name.lower())
    return found


def _of_window(columns: Sequence[Any]) -> bool:
    return any(ref.parts[0].lower() in ("window", "session_window") for ref in columns)


def _instead(found: Outcome, number: int) -> Instead | None:
    """What is written if the expectation keeps what it drops, or drops what it keeps."""
    action = found.checks[number].action
    others = [n for n, each in enumerate(found.checks) if each.action == "drop" and n != number and action == "drop"]
    files = [f for commit in found.commits for f in (commit.kept_files if action == "warn" else commit.dropped_files)]
    counts = [_only(file.path, number, others) for file in files]
    if found.written is None or None in counts:
        return None
    marked = sum(each or 0 for each in counts)
    return Instead(found.written + marked if action == "drop" else found.written - marked, marked)


def _only(path: str, number: int, others: Sequence[int]) -> int | None:
    """How many rows of a file break that expectation and none of the others."""
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    flags = flags_in(path, [number, *others])
    if flags is None:
        return None
    wanted = pc.invert(flags.column(0))
    for n in range(1, 1 + len(others)):
        wanted = pc.and_(wanted, flags.column(n))
    return int(pc.sum(wanted).as_py() or 0)
