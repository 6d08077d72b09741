"""What columns every dataset has: declared, typed through its SQL, or from ldp.lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ldp_magic.pipeline.model import ColumnType, Dataset, External, Pipeline, Read
from ldp_magic.sql.facts import Relation
from ldp_magic.sql.lineage import Resolved, resolve
from ldp_magic.sql.model import AutoCdc, Body, Code, Query
from ldp_magic.sql.types import ddl_columns, type_name

Columns = tuple[ColumnType, ...]


def with_columns(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with the columns of every dataset, as far as the text tells them."""
    known = Schemas(pipeline)
    datasets = {name: replace(d, columns=known.columns(d)) for name, d in pipeline.datasets.items()}
    externals = {name: replace(e, columns=known.external(name)) for name, e in pipeline.externals.items()}
    return replace(pipeline, datasets=datasets, externals=externals)


class Schemas:
    """Columns and resolved queries of one pipeline, each worked out once, sources first."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._places = {name: place for place, name in enumerate(pipeline.datasets)}
        self._columns: dict[str, Columns | None] = {}
        self._resolved: dict[int, Resolved | None] = {}
        self._reads: dict[str, dict[tuple[int, int], Read]] = {}
        self._externals: dict[str, Columns | None] = {}

    def columns(self, dataset: Dataset) -> Columns | None:
        """The columns of a dataset in order, or None where the text does not tell all of them."""
        for name in self._order(dataset.name):
            if name not in self._columns:
                self._columns[name] = None  # a cycle finds this
                self._columns[name] = self._columns_of(self.pipeline.datasets[name])
        return self._columns[dataset.name]

    def _order(self, name: str) -> list[str]:
        """What *name* needs, sources first; the datasets of a pipeline stand in that order already."""
        if name in self._columns:
            return []
        needed, stack = set(), [name]
        while stack:
            current = stack.pop()
            if current in needed or current in self._columns:
                continue
            needed.add(current)
            stack += [r.name for r in self.pipeline.datasets[current].reads if r.kind == "dataset"]
        return sorted(needed, key=self._places.__getitem__)

    def _columns_of(self, dataset: Dataset) -> Columns | None:
        declared = _declared(dataset)
        if declared and all(c.type for c in declared):
            return declared
        made = self._made(dataset)
        if made is None:
            return declared or None
        if not declared:
            return made
        types = {c.name.lower(): c for c in made}
        return tuple(replace(c, type=c.type or types.get(c.name.lower(), c).type) for c in declared)

    def _made(self, dataset: Dataset) -> Columns | None:
        for flow in dataset.flows:
            if flow.definition.cdc is not None:
                return self._cdc_columns(dataset, flow.definition.cdc)
        found: Columns | None = None
        flows: list[Body | None] = [f.definition.body for f in dataset.flows if f.definition.body is not None]
        for body in flows or [dataset.body]:
            columns = self._body_columns(dataset, body)
            if columns is None:
                return None
            found = (
                columns
                if found is None
                else found + tuple(c for c in columns if c.name.lower() not in {f.name.lower() for f in found})
            )
        return found

    def _body_columns(self, dataset: Dataset, body: Body | None) -> Columns | None:
        resolved = self.resolved(dataset, body)
        if resolved is None or not resolved.complete:
            return None
        return tuple(ColumnType(name=c.name, type=c.type) for c in resolved.columns)

    def _cdc_columns(self, dataset: Dataset, cdc: AutoCdc) -> Columns | None:
        source = self._body_columns(dataset, cdc.source)
        if source is None:
            return None
        kept = [c for c in source if _kept(c.name, cdc)]
        if cdc.scd_type == "2":
            sequence = next((c.type for c in source if c.name.lower() == cdc.sequence_by.strip("`").lower()), "")
            kept += [ColumnType(name="__START_AT", type=sequence), ColumnType(name="__END_AT", type=sequence)]
        return tuple(kept)

    def resolved(self, dataset: Dataset, body: Body | None) -> Resolved | None:
        """A query's outputs with their origins; None for Python code without SQL, or a text that cannot be read."""
        query = sole_query(body)
        if query is None:
            return None
        if id(query) not in self._resolved:
            self._resolved[id(query)] = resolve(query.facts, lambda relation: self._pairs(dataset, query, relation))
        return self._resolved[id(query)]

    def _pairs(self, dataset: Dataset, query: Query, relation: Relation) -> Sequence[tuple[str, str]] | None:
        read = self.read_of(dataset, query, relation)
        columns = None
        if read is not None and read.kind == "dataset":
            columns = self._columns.get(read.name)
        elif read is not None and read.kind == "external":
            columns = self.external(read.name)
        return None if columns is None else [(c.name, c.type) for c in columns]

    def read_of(self, dataset: Dataset, query: Query, relation: Relation) -> Read | None:
        """How the dataset's graph edge for this relation was resolved."""
        if dataset.name not in self._reads:
            self._reads[dataset.name] = {(id(r.relation), 0): r for r in dataset.reads}
        found = self._reads[dataset.name].get((id(relation), 0))
        if found is not None:
            return found
        return next((r for r in dataset.reads if r.relation.label == relation.label), None)

    def external(self, name: str) -> Columns | None:
        """An external's columns: locked, or declared where it is read."""
        if name not in self._externals:
            external = self.pipeline.externals.get(name)
            self._externals[name] = None if external is None else external.columns or self._stated(external)
        return self._externals[name]

    def _stated(self, external: External) -> Columns | None:
        """`schema => 'a INT, ...'` in the reader; hints alone do not name every column."""
        for reader in external.readers:
            for read in self.pipeline.datasets[reader].reads:
                if read.kind == "external" and read.name == external.name:
                    pairs = ddl_columns(read.relation.option("schema") or "")
                    if pairs:
                        return tuple(ColumnType(name=n, type=t) for n, t in pairs)
        return None


def sole_query(body: Body | None) -> Query | None:
    """The SQL that makes the rows: the query itself, or the one `spark.sql(...)` that a function returns."""
    if isinstance(body, Query):
        return body
    if isinstance(body, Code) and len(body.queries) == 1 and len(body.reads) <= len(body.queries[0].reads):
        chained = [name for name, _ in body.calls if name not in ("sql", "spark.sql")]
        return body.queries[0] if not chained else None
    return None


def _declared(dataset: Dataset) -> Columns:
    return tuple(
        ColumnType(name=c.name, type=type_name(c.type) if c.type else "", nullable=not c.not_null, comment=c.comment)
        for c in dataset.definition.columns
    )


def _kept(name: str, cdc: AutoCdc) -> bool:
    low = name.lower()
    if cdc.columns is not None:
        return low in {c.lower() for c in cdc.columns}
    return cdc.except_columns is None or low not in {c.lower() for c in cdc.except_columns}


def hinted(pipeline: Pipeline) -> Mapping[str, Columns]:
    """What `schemaHints` say about externals: a part of their columns."""
    found: dict[str, Columns] = {}
    for dataset in pipeline.datasets.values():
        for read in dataset.reads:
            hints = ddl_columns(read.relation.option("schemaHints") or "") if read.kind == "external" else ()
            if hints:
                found[read.name] = tuple(ColumnType(name=n, type=t) for n, t in hints)
    return found
