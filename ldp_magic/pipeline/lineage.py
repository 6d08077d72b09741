"""Where a column comes from, what decides which rows it has, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.pipeline.schemas import Schemas, sole_query
from ldp_magic.sql.lineage import Origin, Out, Resolved
from ldp_magic.sql.model import AutoCdc, Body, Code, Query
from ldp_magic.sql.query import expression_facts
from ldp_magic.text import Location

How: TypeAlias = Literal["source", "copied", "cast", "aggregated", "computed", "constant", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One column on the way. `made_by` is the expression's text; `uses` are the columns it is made from."""

    dataset: str
    column: str
    type: str = ""
    how: How = "unknown"
    made_by: str = ""
    location: Location | None = None
    uses: tuple[tuple[str, str], ...] = ()  # (dataset or external, column)
    per: tuple[str, ...] = ()  # for an aggregate: the group keys, as written


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """Something that decides which rows a dataset has: `by` is filter, join, group, watermark, expectation, ..."""

    by: str
    dataset: str
    what: str
    location: Location | None = None
    uses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One column's way, sources first, itself last."""

    dataset: str
    column: str
    type: str = ""
    steps: tuple[Step, ...] = ()
    rows: tuple[RowRule, ...] = ()
    readers: tuple[Step, ...] = ()  # columns made from it, directly
    unknown: tuple[str, ...] = ()  # datasets that could not be looked into, and why
    reach: int = 0  # how many columns, anywhere downstream, a change of it touches
    touched: tuple[Step, ...] = ()  # those columns, nearest first


def lineage_of(pipeline: Pipeline, dataset: str, column: str, schemas: Schemas | None = None) -> Lineage:
    """The way of one column. *dataset* is a name of the graph, or of an external source."""
    return _Tracing(pipeline, schemas or Schemas(pipeline)).lineage(dataset, column)


Key: TypeAlias = tuple[str, str]  # (dataset or external, column in lower case)


class _Tracing:
    def __init__(self, pipeline: Pipeline, schemas: Schemas) -> None:
        self.pipeline, self.schemas = pipeline, schemas
        self.steps: dict[Key, Step | None] = {}
        self.unknown: dict[str, str] = {}
        self.made: dict[str, dict[Key, list[str]]] = {}

    def lineage(self, dataset: str, column: str) -> Lineage:
        way = self.way(dataset, column)
        itself = way[-1] if way else None
        downstream = self.downstream(dataset, column)
        return Lineage(
            dataset=dataset,
            column=itself.column if itself else column,
            type=itself.type if itself else "",
            steps=tuple(way),
            rows=tuple(rule for name in self.through(way) for rule in self.rules(name)),
            readers=tuple(step for step, direct in downstream if direct),
            unknown=tuple(f"{name}: {why}" for name, why in self.unknown.items()),
            reach=len(downstream),
            touched=tuple(step for step, _ in downstream),
        )

    # -- upstream ----------------------------------------------------------------------------------------

    def way(self, dataset: str, column: str) -> list[Step]:
        """Every step, each after all that it uses."""
        done: dict[Key, Step] = {}
        entered: set[Key] = set()
        stack: list[tuple[str, str, bool]] = [(dataset, column, False)]
        while stack:
            name, col, ready = stack.pop()
            key = (name, col.lower())
            step = self.step(name, col)
            if step is None or key in done:
                continue
            if ready:
                done[key] = step
            elif key not in entered:
                entered.add(key)
                stack.append((name, col, True))
                stack += [(n, c, False) for n, c in reversed(step.uses)]
        return list(done.values())

    def step(self, name: str, column: str) -> Step | None:
        key = (name, column.lower())
        if key not in self.steps:
            self.steps[key] = (
                self._external(name, column) if name not in self.pipeline.datasets else self._step(name, column)
            )
        return self.steps[key]

    def _external(self, name: str, column: str) -> Step | None:
        columns = self.schemas.external(name)
        held = next((c for c in columns or () if c.name.lower() == column.lower()), None)
        if columns is not None and held is None and column != "*":
            return None
        return Step(dataset=name, column=held.name if held else column, type=held.type if held else "", how="source")

    def _step(self, name: str, column: str) -> Step | None:
        dataset = self.pipeline.datasets[name]
        columns = self.schemas.columns(dataset)
        type_ = next((c.type for c in columns or () if c.name.lower() == column.lower()), "")
        found = [s for body in self.bodies(dataset) if (s := self._made(dataset, body, column, type_)) is not None]
        if not found:
            declared = next((c for c in dataset.definition.columns if c.name.lower() == column.lower()), None)
            if declared is not None:
                return Step(dataset=name, column=declared.name, type=type_, how="unknown", location=declared.location)
            return None
        uses = tuple(dict.fromkeys(u for s in found for u in s.uses))
        return replace(found[0], uses=uses)

    def bodies(self, dataset: Dataset) -> list[Body]:
        bodies = [f.definition.body for f in dataset.flows if f.definition.body is not None]
        return bodies or ([dataset.body] if dataset.body is not None else [])

    def _made(self, dataset: Dataset, body: Body, column: str, type_: str) -> Step | None:
        resolved, query = self.schemas.resolved(dataset, body), sole_query(body)
        if resolved is None or query is None:
            self.unknown.setdefault(
                dataset.name, "its code is Python" if isinstance(body, Code) else "its query cannot be read"
            )
            reads = tuple((r.name, column) for r in dataset.reads)
            return Step(
                dataset=dataset.name, column=column, type=type_, how="unknown", location=body.location, uses=reads
            )
        if column in ("__START_AT", "__END_AT") and (cdc := self.cdc_of(dataset)) is not None:
            return self._interval(dataset, resolved, column, type_, cdc)
        made = resolved.column(column) if column != "*" else _any_of(resolved)
        if made is None:
            return None
        return Step(
            dataset=dataset.name,
            column=made.name if made.name != "*" else column,
            type=type_ or made.type,
            how=made.how,
            made_by=made.expression,
            location=query.locate(made.span) if made.span else query.location,
            uses=self.uses(dataset, query, made.origins),
            per=made.per,
        )

    def cdc_of(self, dataset: Dataset) -> AutoCdc | None:
        return next((f.definition.cdc for f in dataset.flows if f.definition.cdc is not None), None)

    def _interval(self, dataset: Dataset, resolved: Resolved, column: str, type_: str, cdc: AutoCdc) -> Step:
        names = expression_facts(cdc.sequence_by).selects if cdc.sequence_by else ()
        uses = [
            u
            for s in names
            for c in s.columns
            if (o := resolved.column(c.name))
            for u in self._cdc_uses(dataset, cdc, o.origins)
        ]
        return Step(
            dataset=dataset.name,
            column=column,
            type=type_,
            how="computed",
            made_by=cdc.sequence_by,
            uses=tuple(dict.fromkeys(uses)),
        )

    def _cdc_uses(self, dataset: Dataset, cdc: AutoCdc, origins: frozenset[Origin]) -> tuple[tuple[str, str], ...]:
        query = sole_query(cdc.source)
        return self.uses(dataset, query, origins) if query is not None else ()

    def uses(self, dataset: Dataset, query: Query, origins: frozenset[Origin]) -> tuple[tuple[str, str], ...]:
        found = []
        relations = query.facts.relations
        for index, column in sorted(origins):
            read = self.schemas.read_of(dataset, query, relations[index])
            if read is not None:
                found.append((read.name, column))
        return tuple(dict.fromkeys(found))

    # -- rows --------------------------------------------------------------------------------------------

    def through(self, way: list[Step]) -> list[str]:
        """The datasets on the way and all that they read, sources first: a join or a count feels each row of those."""
        datasets = self.pipeline.datasets
        held: set[str] = set()
        stack = [step.dataset for step in way]
        while stack:
            name = stack.pop()
            if name in datasets and name not in held:
                held.add(name)
                stack += [read.name for read in datasets[name].reads if read.kind == "dataset"]
        return [name for name in datasets if name in held]

    def rules(self, name: str) -> Iterator[RowRule]:
        dataset = self.pipeline.datasets[name]
        for body in self.bodies(dataset):
            resolved, query = self.schemas.resolved(dataset, body), sole_query(body)
            if resolved is None or query is None:
                continue
            for rule in dict.fromkeys(resolved.rows):
                place = query.locate(rule.span) if rule.span else query.location
                yield RowRule(
                    by=rule.by,
                    dataset=name,
                    what=rule.text,
                    location=place,
                    uses=self.uses(dataset, query, rule.origins),
                )
        yield from self._cdc_rules(dataset)
        for expectation in dataset.expectations:
            if expectation.on_violation != "warn":
                action = "drop row" if expectation.on_violation == "drop" else "stop update"
                columns = tuple(
                    (name, c.name) for s in expression_facts(expectation.condition).selects for c in s.columns
                )
                yield RowRule(
                    by="expectation",
                    dataset=name,
                    what=f"{expectation.name}: {action}",
                    location=expectation.location,
                    uses=columns,
                )

    def _cdc_rules(self, dataset: Dataset) -> Iterator[RowRule]:
        cdc = self.cdc_of(dataset)
        query = sole_query(cdc.source) if cdc is not None else None
        if cdc is None or query is None:
            return
        texts = {
            "keys": ", ".join(cdc.keys),
            "delete": cdc.delete_when,
            "truncate": cdc.truncate_when,
            "sequence": cdc.sequence_by,
        }
        resolved = self.schemas.resolved(dataset, cdc.source)
        for by, text in texts.items():
            names = list(cdc.keys) if by == "keys" else _columns_in(text)
            outs = [o for n in names if resolved is not None and (o := resolved.column(n)) is not None]
            origins = frozenset(origin for o in outs for origin in o.origins)
            if text:
                yield RowRule(
                    by=f"auto cdc {by}",
                    dataset=dataset.name,
                    what=text,
                    location=query.location,
                    uses=self.uses(dataset, query, origins),
                )

    # -- downstream --------------------------------------------------------------------------------------

    def downstream(self, dataset: str, column: str) -> list[tuple[Step, bool]]:
        """Every column that is made from this one; the flag says whether directly."""
        found: dict[Key, tuple[Step, bool]] = {}
        frontier = [(dataset, column)]
        while frontier:
            following = []
            for name, col in frontier:
                for step in self.readers(name, col):
                    key = (step.dataset, step.column.lower())
                    if key not in found and key != (dataset, column.lower()):
                        found[key] = (step, (name, col) == (dataset, column))
                        following.append((step.dataset, step.column))
            frontier = following
        return list(found.values())

    def readers(self, name: str, column: str) -> Iterator[Step]:
        """The columns that are made from this one, directly."""
        low = column.lower()
        for reader in self.readers_of(name):
            made = self.made_from(reader)
            for col in dict.fromkeys(
                (*made.get((name, low), ()), *made.get((name, "*"), ()), *self.hidden(reader, column))
            ):
                step = self.step(reader, col)
                if step is not None and any(n == name and c.lower() in (low, "*") for n, c in step.uses):
                    yield step

    def made_from(self, reader: str) -> dict[Key, list[str]]:
        """Which columns of a dataset each column that it reads goes into."""
        if reader not in self.made:
            dataset = self.pipeline.datasets[reader]
            made: dict[Key, list[str]] = {}
            for body in self.bodies(dataset):
                for column, uses in self.columns_of(dataset, body):
                    for name, used in uses:
                        made.setdefault((name, used.lower()), []).append(column)
            self.made[reader] = made
        return self.made[reader]

    def columns_of(self, dataset: Dataset, body: Body) -> Iterator[tuple[str, tuple[Key, ...]]]:
        resolved, query = self.schemas.resolved(dataset, body), sole_query(body)
        known = self.schemas.columns(dataset)
        if resolved is None or query is None:
            yield from ((c.name, tuple((r.name, c.name) for r in dataset.reads)) for c in known or ())
            return
        names = None if known is None else {c.name.lower() for c in known}
        for out in resolved.columns:
            if out.name != "*" and (names is None or out.name.lower() in names):
                yield out.name, self.uses(dataset, query, out.origins)
        for name in ("__START_AT", "__END_AT") if self.cdc_of(dataset) is not None else ():
            step = self.step(dataset.name, name)
            yield name, step.uses if step is not None else ()

    def hidden(self, reader: str, column: str) -> tuple[str, ...]:
        """Where a star hides the list of columns, the one asked for may be among them."""
        return (column,) if self.schemas.columns(self.pipeline.datasets[reader]) is None else ()

    def readers_of(self, name: str) -> tuple[str, ...]:
        held = self.pipeline.datasets.get(name) or self.pipeline.externals.get(name)
        return held.readers if held is not None else ()


def _columns_in(text: str) -> list[str]:
    return [c.name for s in expression_facts(text).selects for c in s.columns] if text else []


def _any_of(resolved: Resolved) -> Out:
    origins = frozenset(o for c in resolved.columns for o in c.origins)
    return Out(name="*", how="computed", expression="*", origins=origins)
