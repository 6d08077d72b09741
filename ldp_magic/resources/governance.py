"""Rights and what readers may see, as SQL: what runs before updates, and what needs the tables that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ldp_magic.pipeline.model import Dataset, Pipeline
from ldp_magic.resources.wanted import File, Problem
from ldp_magic.sql.writing import quoted

__all__ = ["AFTER", "BEFORE", "Governed", "governed"]

BEFORE, AFTER = "setup/before.sql", "setup/after.sql"
_HEAD, _BORDER = "-- Databricks notebook source\n", "\n\n-- COMMAND ----------\n\n"
_ALTERED = {"streaming table": "STREAMING TABLE", "materialized view": "MATERIALIZED VIEW"}
_PRIVILEGES = (
    "ALL PRIVILEGES", "APPLY TAG", "BROWSE", "CREATE FUNCTION", "CREATE MATERIALIZED VIEW", "CREATE MODEL",
    "CREATE SCHEMA", "CREATE TABLE", "CREATE VOLUME", "EXECUTE", "EXTERNAL USE SCHEMA", "MANAGE", "MODIFY",
    "READ VOLUME", "REFRESH", "SELECT", "USE CATALOG", "USE SCHEMA", "WRITE VOLUME",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Governed:
    """The statements that run before updates, and those that run after them."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def files(self) -> Iterator[File]:
        """A notebook for each of the two that holds something."""
        for path, statements in ((BEFORE, self.before), (AFTER, self.after)):
            if statements:
                text = _HEAD + _BORDER.join(f"{each};" for each in statements) + "\n"
                yield File(path=path, content=text.encode())


def governed(
    said: Mapping[str, Any], pipelines: Iterable[Pipeline], place: tuple[str, str], problems: list[Problem], where: str
) -> Governed:
    """What `grants`, `row-filters`, `masks` and `views` come to; *place* is the catalog and the schema."""
    datasets = {each.name.lower(): each for pipeline in pipelines for each in pipeline.datasets.values()}
    look = _Look(datasets, *place, problems, where)
    views = [f"CREATE OR REPLACE VIEW {look.full(name)} AS\n{query}" for name, query in said.get("views", {}).items()]
    before, after = list[str](), list[str]()
    if views:  # first, as they may be granted; their queries read tables of the schema by their short names
        after += [f"USE {'.'.join(map(quoted, place))}", *views]
    for grant in said.get("grants", ()):
        (before if grant["on"] in ("catalog", "schema") else after).append(look.grant(grant))
    after += [look.row_filter(name, function) for name, function in said.get("row-filters", {}).items()]
    after += [look.mask(name, function) for name, function in said.get("masks", {}).items()]
    return Governed(tuple(before), tuple(after))


@dataclass(frozen=True, slots=True)
class _Look:
    datasets: Mapping[str, Dataset]
    catalog: str
    schema: str
    problems: list[Problem]
    where: str

    def grant(self, said: Mapping[str, Any]) -> str:
        for privilege in said["may"]:
            if privilege.upper() not in _PRIVILEGES:
                self.say(f"no privilege is called {privilege}", "it is granted as it is written", "write SELECT")
        may = ", ".join(each.upper() for each in said["may"])
        if said["on"] == "catalog":
            place = f"CATALOG {quoted(self.catalog)}"
        elif said["on"] == "schema":
            place = f"SCHEMA {quoted(self.catalog)}.{quoted(self.schema)}"
        else:
            place = f"TABLE {self.full(said['on'])}"
        return f"GRANT {may} ON {place} TO {quoted(said['to'])}"

    def row_filter(self, name: str, function: str) -> str:
        return f"ALTER {self.kind(name)} {self.full(name)} SET ROW FILTER {function}"

    def mask(self, name: str, function: str) -> str:
        table, _, column = name.rpartition(".")
        if not table:
            self.say(f"the mask of {name} names no column", "a mask is of a column", f"write {name}.COLUMN")
        return f"ALTER {self.kind(table)} {self.full(table)} ALTER COLUMN {quoted(column)} SET MASK {function}"

    def kind(self, name: str) -> str:
        found = self.dataset(name)
        if found is None:
            self.say(f"no dataset is called {name}", "its rows were to be filtered or masked", "correct the name")
        return _ALTERED.get(found.kind, "TABLE") if found is not None else "TABLE"

    def dataset(self, name: str) -> Dataset | None:
        return self.datasets.get(name.lower())

    def full(self, name: str) -> str:
        found = self.dataset(name)
        parts = list(found.qualified) if found is not None else name.split(".")
        if len(parts) < 3:
            parts = [self.catalog, self.schema, *parts][-3:] if len(parts) == 1 else [self.catalog, *parts]
        return ".".join(quoted(part) for part in parts)

    def say(self, what: str, why: str, fix: str) -> None:
        self.problems.append(Problem(what=what, why=why, fix=fix, where=self.where))
