"""What arrives in a batch: files where the pipeline looks for them, and rows of tables that it would make itself."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ldp_magic.errors import LdpError
from ldp_magic.lake import Columns, Lake, Table, arrow_schema
from ldp_magic.pipeline.lookup import dataset_of, names_of
from ldp_magic.pipeline.model import ColumnType, Dataset, External, Pipeline, Read
from ldp_magic.pipeline.names import filled, parts_in
from ldp_magic.runs.tables import STORED, name_of
from ldp_magic.settings import path_shown
from ldp_magic.sql.types import ddl_columns
from ldp_magic.testing.case import Case, CaseError, Given, Row
from ldp_magic.testing.values import json_line, typed

AGE = 3600.0  # seconds since a file was written: nobody is still at it
_ENDINGS = {"csv": "csv", "text": "txt", "": "json", "json": "json", "delta": "json"}
_FLOW = "test"
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_NUMBERS = frozenset({"int", "bigint", "float", "double", "smallint", "tinyint"})


def target(pipeline: Pipeline, case: Case, given: Given) -> Dataset | External:
    """What a test gives rows for."""
    name = filled(given.name, pipeline.parameters)
    external = _external(pipeline, name)
    found = external or dataset_of(pipeline, parts_in(name))
    if found is None:
        names = [*pipeline.externals, *pipeline.datasets]
        near = get_close_matches(name, names, 1)
        raise CaseError(
            f"{path_shown(case.path)}:{given.line}: the pipeline reads no {name}" + (f"; {near[0]} is" if near else ""),
            why=f"it reads {', '.join(names[:12])}",
            fix=f"write {near[0]}" if near else "give rows for one of these",
        )
    if isinstance(found, Dataset) and found.kind not in STORED:
        raise CaseError(
            f"{path_shown(case.path)}:{given.line}: {found.name} is a {found.kind}, which holds no rows",
            why="a view is computed when it is read",
            fix="give rows for what it reads",
        )
    return found


def _external(pipeline: Pipeline, name: str) -> External | None:
    wanted = {
        name.rstrip("/").lower(),
        name.removeprefix("read_").lower(),
        ".".join(names_of(pipeline, parts_in(name))[1]).lower(),
    }
    for external in pipeline.externals.values():
        label = label_of(pipeline, external)
        mine = {label.rstrip("/").lower()}
        if external.kind == "table":
            mine.add(".".join(names_of(pipeline, parts_in(label))[1]).lower())
        if mine & wanted:
            return external
    return None


def label_of(pipeline: Pipeline, external: External) -> str:
    """What a source is called where something stands in for it."""
    label = filled(external.name, pipeline.parameters)
    return label.removeprefix("read_") if external.kind == "stream" else label


@dataclass(slots=True)
class Arrivals:
    """The sources of one test, in a folder of its own."""

    case: Case
    pipeline: Pipeline
    folder: Path
    lake: Lake
    zone: str
    answers: Any  # what a query answers: (columns with their types, rows)
    batch: int = 0
    _tables: dict[str, Table] = field(default_factory=dict)

    def local(self) -> dict[str, str]:
        """What stands in for each source, however little of it there is yet."""
        found = {}
        for external in self._externals():
            place = self._place(external)
            if external.kind == "stream":
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            else:
                place.mkdir(parents=True, exist_ok=True)
            found[label_of(self.pipeline, external)] = str(place)
        return found

    def _externals(self) -> list[External]:
        targets = (target(self.pipeline, self.case, each) for batch in self.case.batches for each in batch.given)
        return list({each.name: each for each in targets if isinstance(each, External)}.values())

    def mocked(self) -> set[str]:
        """The datasets whose rows are given instead of computed."""
        targets = (target(self.pipeline, self.case, each) for batch in self.case.batches for each in batch.given)
        return {each.name for each in targets if isinstance(each, Dataset)}

    def put(self, given: Given) -> None:
        """Let the rows of one source arrive."""
        found = target(self.pipeline, self.case, given)
        rows = self._rows(given)
        if isinstance(found, Dataset):
            self._mock(found, given, rows)
        elif found.kind == "stream":
            self._events(found, given, rows)
        else:
            self._file(found, given, rows)

    def _rows(self, given: Given) -> Sequence[Row]:
        if not given.query:
            return given.rows
        rows: Sequence[Row] = self.answers(given.query, given.line)[1]
        return rows

    # --- sources -------------------------------------------------------------------------------------------------

    def _place(self, external: External) -> Path:
        number = list(self.pipeline.externals).index(external.name)
        return self.folder / f"source{number}" / ("events.jsonl" if external.kind == "stream" else "rows")

    def _file(self, external: External, given: Given, rows: Sequence[Row]) -> None:
        place = self._place(external)
        if not self._streamed(external.name):
            shutil.rmtree(place)
            place.mkdir()
        for path in self._files(given):
            self._aged(Path(shutil.copy(path, place / f"{self.batch:04}-{path.name}")))
        if given.csv is not None:
            self._aged(self._written(place / f"{self.batch:04}.csv", given.csv))
        elif rows:
            ending = self._ending(external, given)
            text = self._csv(external, rows) if ending == "csv" else "".join(json_line(row) + "\n" for row in rows)
            self._aged(self._written(place / f"{self.batch:04}.{ending}", text))

    def _ending(self, external: External, given: Given) -> str:
        format = external.format.lower() if external.kind == "files" else "json"
        if format not in _ENDINGS or format == "text":
            raise self._wrong(
                given.line, f"rows cannot be written as {format}", "give files of it: {files: [some.parquet]}"
            )
        return _ENDINGS[format]

    def _csv(self, external: External, rows: Sequence[Row]) -> str:
        import csv
        import io

        read = next((read for read in self._reads(external.name)), None)
        said = {key.lower(): value for key, value in (*read.relation.arguments, *read.relation.options)} if read else {}
        names = [each.name for each in external.columns or ()] or list(
            dict.fromkeys(key for row in rows for key in row)
        )
        out = io.StringIO()
        writer = csv.writer(out, delimiter=said.get("sep", said.get("delimiter", ",")), lineterminator="\n")
        if said.get("header", "").lower() == "true":
            writer.writerow(names)
        for row in rows:
            writer.writerow(["" if row.get(name) is None else str(row[name]) for name in names])
        return out.getvalue()

    def _events(self, external: External, given: Given, rows: Sequence[Row]) -> None:
        lines = [line for path in self._files(given) for line in path.read_text(encoding="utf-8").splitlines()]
        lines += (given.csv or "").splitlines() + [json_line(row) for row in rows]
        with self._place(external).open("a", encoding="utf-8") as stream:
            stream.writelines(line + "\n" for line in lines)

    def _files(self, given: Given) -> list[Path]:
        paths = [self.case.path.parent / each for each in given.files]
        for path in paths:
            if not path.is_file():
                raise self._wrong(given.line, f"{path_shown(path)} is no file", "paths start at the folder of the test")
        return paths

    def _streamed(self, name: str) -> bool:
        return any(read.streaming for read in self._reads(name))

    def _reads(self, name: str) -> list[Read]:
        found = [read for dataset in self.pipeline.datasets.values() for read in dataset.reads]
        return [
            read for read in (*found, *(r for flow in self.pipeline.flows for r in flow.reads)) if read.name == name
        ]

    @staticmethod
    def _written(path: Path, text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    def _aged(self, path: Path) -> None:
        moment = time.time() - AGE + self.batch
        os.utime(path, (moment, moment))

    # --- datasets ------------------------------------------------------------------------------------------------

    def _mock(self, dataset: Dataset, given: Given, rows: Sequence[Row]) -> None:
        """Commit rows to the table of a dataset as an update of it would."""
        from pyarrow import parquet, table  # type: ignore[import-untyped]

        if given.files or given.csv is not None:
            raise self._wrong(given.line, f"{dataset.name} is a dataset", "write its rows out, or as a query")
        name, view = name_of(dataset), dataset.kind == "materialized view"
        there = self._tables.get(name) or self.lake.look(name)
        columns = there.columns if there.exists and not view else self._columns(dataset, given, rows)
        there = there.create(columns)
        schema = arrow_schema(columns)
        arrays = {field.name: [self._value(given, dataset, row, field) for row in rows] for field in schema}
        folder = there.fresh_folder()
        folder.mkdir()
        parquet.write_table(table(arrays, schema=schema), folder / "rows.parquet")
        batch = there.flow(_FLOW).next(offsets={"kind": dataset.kind, "batch": self.batch})
        written = there.written(folder, columns)
        self._tables[name] = there.swap(batch, written) if view else there.append(batch, written)

    def _columns(self, dataset: Dataset, given: Given, rows: Sequence[Row]) -> Columns:
        """The columns of a table that is given: said, known to the graph, or as the values look."""
        said = dict(ddl_columns(given.columns)) if given.columns else {}
        known = {each.name: each.type for each in dataset.columns or ()}
        names = list(dict.fromkeys([*(said or known), *(key for row in rows for key in row)]))
        strange = [name for name in names if known and name not in known and name not in said]
        if strange and dataset.columns:
            raise self._wrong(given.line, f"{dataset.name} has no column {strange[0]}", f"it has {', '.join(known)}")
        types = {name: said.get(name) or known.get(name) or _looks(row.get(name) for row in rows) for name in names}
        if not types:
            raise self._wrong(
                given.line, f"nobody knows the columns of {dataset.name}", "say columns: id INT, at TIMESTAMP"
            )
        return tuple(ColumnType(name=name, type=type_.lower()) for name, type_ in types.items())

    def _value(self, given: Given, dataset: Dataset, row: Row, field: Any) -> Any:
        try:
            return typed(row.get(field.name), field.type, self.zone)
        except ValueError:
            said = str(row.get(field.name))[:60]
            line = getattr(row.get(field.name), "line", given.line)
            raise self._wrong(line, f"{field.name} of {dataset.name} cannot be {said}", f"it is {field.type}") from None

    def _wrong(self, line: int, what: str, fix: str) -> CaseError:
        return CaseError(f"{path_shown(self.case.path)}:{line}: {what}", why="the test cannot be followed", fix=fix)


def _looks(values: Any) -> str:
    """The type that values without one seem to have."""
    from ldp_magic.testing.values import plain

    kinds = {type(plain(each)) for each in values if each is not None}
    if kinds == {int}:
        return "bigint"
    if kinds and kinds <= {int, float}:
        return "double"
    return "boolean" if kinds == {bool} else "string"


def with_columns(pipeline: Pipeline, case: Case, answers: Any) -> Pipeline:
    """The pipeline with the columns of sources that a test says, or that its queries have."""
    said: dict[str, dict[str, str]] = {}
    for given in (each for batch in case.batches for each in batch.given):
        found = target(pipeline, case, given)
        if isinstance(found, External) and (given.columns or (given.query and not found.columns)):
            pairs = ddl_columns(given.columns) if given.columns else answers(given.query, given.line)[0]
            types = said.setdefault(found.name, {})
            for name, type_ in pairs:
                types[name] = _wider(types.get(name, type_.lower()), type_.lower())
    externals = dict(pipeline.externals)
    for name, types in said.items():
        columns = tuple(ColumnType(name=column, type=type_) for column, type_ in types.items())
        externals[name] = replace(externals[name], columns=columns)
    return replace(pipeline, externals=externals)


def _wider(one: str, other: str) -> str:
    """The type for the values of two batches."""
    if one == other or other == "void":
        return one
    if one == "void":
        return other
    sizes = [_DECIMAL.fullmatch(each) for each in (one, other)]
    if sizes[0] and sizes[1]:
        (whole, part), (more, rest) = ((int(each[1]) - int(each[2]), int(each[2])) for each in sizes if each)
        return f"decimal({min(max(whole, more) + max(part, rest), 38)},{max(part, rest)})"
    return "double" if {one, other} <= _NUMBERS else one


def needed(pipeline: Pipeline, case: Case, mocked: set[str]) -> tuple[str, ...]:
    """The datasets that have to be computed for what a test expects."""
    todo, found = [], dict[str, None]()
    for name in case.wanted:
        dataset = dataset_of(pipeline, parts_in(name))
        if dataset is None or dataset.kind not in STORED:
            raise _unexpected(pipeline, case, name, dataset)
        todo.append(dataset)
    if not todo:
        todo = [each for each in pipeline.datasets.values() if each.kind in STORED]
    seen = set[str]()
    while todo:
        dataset = todo.pop()
        if dataset.name in seen or dataset.name in mocked:
            continue
        seen.add(dataset.name)
        if dataset.kind in STORED:
            found[dataset.name] = None
        reads = (*dataset.reads, *(read for flow in dataset.flows for read in flow.reads))
        todo += [
            pipeline.datasets[each.name] for each in reads if each.kind == "dataset" and each.name in pipeline.datasets
        ]
    _check_sources(pipeline, case, seen)
    return tuple(found)


def _check_sources(pipeline: Pipeline, case: Case, computed: set[str]) -> None:
    """Every source that is read has to be given, if only as an empty list."""
    given = {target(pipeline, case, each).name for batch in case.batches for each in batch.given}
    for name in computed:
        dataset = pipeline.datasets[name]
        for read in (*dataset.reads, *(read for flow in dataset.flows for read in flow.reads)):
            external = pipeline.externals.get(read.name) if read.kind == "external" else None
            if external is not None and external.kind != "function" and external.name not in given:
                raise CaseError(
                    f"{path_shown(case.path)}:{case.line}: the test {case.name} gives no rows for {external.name}",
                    why=f"{name} reads it, and a test reads nothing that it does not name",
                    fix=f"add {external.name}: [] to its input, or give rows for {name}",
                )


def _unexpected(pipeline: Pipeline, case: Case, name: str, dataset: Dataset | None) -> LdpError:
    said = [each for batch in case.batches for each in batch.said if each.dataset == name]
    stored = [each.name for each in pipeline.datasets.values() if each.kind in STORED]
    near = get_close_matches(name, stored, 1)
    what = f"{name} is a {dataset.kind}, which holds no rows" if dataset else f"no dataset is called {name}"
    return CaseError(
        f"{path_shown(case.path)}:{said[0].line}: {what}" + (f"; {near[0]} is" if near and not dataset else ""),
        why=f"the pipeline makes {', '.join(stored[:12])}",
        fix=f"write {near[0]}" if near else "name one of these",
    )
