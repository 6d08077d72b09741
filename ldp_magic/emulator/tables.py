"""The tables that updates have left: whose they are, where they lie, and what becomes of them with their pipeline."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.http import Refusal, Request, route
from ldp_magic.emulator.kept import Kept, Shelf
from ldp_magic.pipeline.model import Dataset

if TYPE_CHECKING:
    from ldp_magic.emulator.pipelines import Pipeline
    from ldp_magic.emulator.workspace import Workspace
    from ldp_magic.lake import Lake

KINDS = {"streaming table": "STREAMING_TABLE", "materialized view": "MATERIALIZED_VIEW"}
STORED = ("streaming table", "materialized view", "table")


@dataclass(slots=True)
class Table:
    """A table in the catalog."""

    name: str  # in full
    kind: str
    pipeline: str  # empty: it has outlived its pipeline
    folder: str  # of the lake in which it lies
    path: str
    columns: list[list[str]]
    changed: int = 0  # milliseconds
    version: int = -1


class Tables:
    """All tables of a workspace."""

    def __init__(self, w: Workspace, kept: Kept) -> None:
        self._w, self._shelf = w, Shelf(kept, "tables", Table)

    def get(self, name: str) -> Table | None:
        """The table of that name, if there is one."""
        return self._shelf.get(name.lower())

    def there(self, name: str) -> Table:
        """The table of that name."""
        found = self.get(name)
        if found is None:
            raise Refusal(404, "TABLE_DOES_NOT_EXIST", f"Table '{name}' does not exist.")
        return found

    def inside(self, schema: str) -> list[Table]:
        """The tables of a schema."""
        return [each for each in self._shelf if each.name.lower().startswith(schema.lower() + ".")]

    def all(self) -> list[Table]:
        """All tables."""
        return list(self._shelf)

    def elsewhere(self, pipeline: str) -> dict[str, str]:
        """What another pipeline reads as a table of somebody else: name and folder."""
        others = {each.name: each.path for each in self._shelf if each.pipeline != pipeline}
        return self._w.catalogs.outside | others

    def taken(self, name: str, pipeline: str) -> Table | None:
        """The table of that name, if it is another pipeline's."""
        found = self.get(name)
        return found if found is not None and found.pipeline != pipeline else None

    def left(self, pipeline: Pipeline, dataset: Dataset, lake: Lake) -> None:
        """An update has written a table."""
        name = ".".join(dataset.qualified)
        table = lake.look(name)
        if not table.exists or dataset.kind not in STORED:
            return
        before, version = self.get(name), table.version
        same = before is not None and before.version == version
        changed = before.changed if before and same else self._w.clock.milliseconds()
        columns = [[each.name, each.type] for each in table.columns]
        path = str(lake.tables()[name])
        folder, kind = str(self._w.folder_of(pipeline.id)), KINDS.get(dataset.kind, "MANAGED")
        self._shelf.put(name.lower(), Table(name, kind, pipeline.id, folder, path, columns, changed, version))

    def drop_of(self, pipeline: str) -> None:
        """A pipeline goes, and its tables with it."""
        for each in self._shelf:
            if each.pipeline == pipeline:
                self._shelf.drop(each.name.lower())
        self.sweep(pipeline)

    def sweep(self, pipeline: str) -> None:
        """Remove the folder of a pipeline that is gone, unless tables of it stay."""
        folder = self._w.folder_of(pipeline)
        if not any(each.folder == str(folder) for each in self._shelf):
            shutil.rmtree(folder, ignore_errors=True)

    def drop(self, table: Table) -> None:
        """Take one table away with its rows."""
        from ldp_magic.lake import Lake

        lake = Lake.found(Path(table.folder), "workspace")
        if lake is not None:
            lake.drop(table.name)
        self._shelf.drop(table.name.lower())

    def let_go(self, pipeline: str) -> None:
        """A pipeline goes, and its tables stay."""
        for each in self._shelf:
            if each.pipeline == pipeline:
                each.pipeline = ""
                self._shelf.put(each.name.lower(), each)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        import pyarrow.parquet as pq  # type: ignore[import-untyped]

        from ldp_magic.lake import Lake, arrow_schema

        found = self.there(name)
        lake = Lake.found(Path(found.folder), "workspace")
        if lake is None:
            return []
        table = lake.look(found.name)
        schema = arrow_schema(table.columns)
        pieces = [pq.read_table(file.path, schema=schema, partitioning=None) for file in table.files]
        return [row for piece in pieces for row in piece.to_pylist()]


def _told(w: Workspace, table: Table) -> dict[str, Any]:
    catalog, schema, name = table.name.split(".", 2)
    said: dict[str, Any] = {"catalog_name": catalog, "schema_name": schema, "name": name, "full_name": table.name}
    said |= {"table_type": table.kind, "data_source_format": "DELTA", "owner": w.user, "updated_at": table.changed}
    said |= {"pipeline_id": table.pipeline} if table.pipeline else {}
    columns = [{"name": each, "type_text": kind, "position": n} for n, (each, kind) in enumerate(table.columns)]
    return said | {"columns": columns}


@route(
    "GET",
    "/api/2.1/unity-catalog/tables",
    "catalog_name",
    "schema_name",
    "max_results",
    "page_token",
    "omit_columns",
    "omit_properties",
    "omit_username",
    "include_browse",
    "include_manifest_capabilities",
)
def _list(w: Workspace, request: Request) -> Any:
    found = w.tables.inside(f"{request.needed('catalog_name')}.{request.needed('schema_name')}")
    most = request.number("max_results", 50, 0, 50) or 50
    page, token = pages.cut(found, most, request.query.get("page_token", ""))
    return {"tables": [_told(w, each) for each in page]} | ({"next_page_token": token} if token else {})


@route(
    "GET",
    "/api/2.1/unity-catalog/tables/{name}",
    "include_delta_metadata",
    "include_browse",
    "include_manifest_capabilities",
)
def _get(w: Workspace, request: Request) -> Any:
    return _told(w, w.tables.there(request.parts["name"]))


@route("GET", "/api/2.1/unity-catalog/tables/{name}/exists")
def _exists(w: Workspace, request: Request) -> Any:
    return {"table_exists": w.tables.get(request.parts["name"]) is not None}


@route("DELETE", "/api/2.1/unity-catalog/tables/{name}")
def _delete(w: Workspace, request: Request) -> None:
    table = w.tables.there(request.parts["name"])
    w.tables.drop(table)
