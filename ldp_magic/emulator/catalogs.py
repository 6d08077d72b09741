"""Unity Catalog as far as a deployment asks for it: catalogs, schemas, tables, volumes and what one may do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator import pages
from ldp_magic.emulator.http import Refusal, Request, invalid, route
from ldp_magic.emulator.kept import Kept, Shelf
from ldp_magic.errors import SettingsError

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

USUAL: dict[str, Any] = {"main": {"schemas": {"default": {}}}, "hive_metastore": {"schemas": {"default": {}}}}
ALL = "ALL_PRIVILEGES"
_EXAMPLE = "it is a table of catalogs, such as main: {schemas: {web: {tables: {orders: data/orders.csv}}}}"
_KEYS = {"catalog": ("schemas", "grants", "forbidden"), "schema": ("tables", "volumes", "grants", "forbidden")}


@dataclass(slots=True)
class Place:
    """A catalog, a schema or a volume; who is granted what in it, and whether nobody may look at it."""

    name: str  # in full
    kind: str  # catalog, schema, volume
    grants: dict[str, list[str]] = field(default_factory=dict)  # principal -> privileges; `*` is everybody
    forbidden: bool = False
    comment: str = ""


class Catalogs:
    """What catalogs, schemas and volumes there are."""

    def __init__(self, kept: Kept, home: Path, said: Mapping[str, Any] | None = None) -> None:
        self._shelf, self._home = Shelf(kept, "catalogs", Place), home
        self.outside: dict[str, str] = {}  # tables and volumes that lie elsewhere on this disk
        for name, held in (USUAL if said is None else said).items():
            self._read(name, held)

    def _read(self, name: str, held: Mapping[str, Any] | None) -> None:
        held = _checked("catalog", name, held)
        self._add(name, "catalog", held)
        for schema, inside in (held.get("schemas") or {}).items():
            inside = _checked("schema", f"{name}.{schema}", inside)
            self._add(f"{name}.{schema}", "schema", inside)
            for table, where in (inside.get("tables") or {}).items():
                self.outside[f"{name}.{schema}.{table}"] = str(where)
            for volume, where in (inside.get("volumes") or {}).items():
                self.volume(f"{name}.{schema}.{volume}")
                if where:
                    self.outside[f"/Volumes/{name}/{schema}/{volume}"] = str(where)

    def _add(self, name: str, kind: str, held: Mapping[str, Any]) -> None:
        grants = {str(who): list(what) for who, what in (held.get("grants") or {"*": [ALL]}).items()}
        if name.lower() not in self._shelf:
            self._shelf.put(name.lower(), Place(name, kind, grants, bool(held.get("forbidden"))))

    def get(self, name: str) -> Place | None:
        """The place of that name, whatever it is."""
        return self._shelf.get(name.lower())

    def inside(self, name: str, kind: str) -> Iterator[Place]:
        """The places of a kind right below another; all catalogs are below nothing."""
        start, depth = f"{name}." if name else "", name.count(".") + 1 if name else 0
        return (e for e in self._shelf if e.kind == kind and e.name.startswith(start) and e.name.count(".") == depth)

    def schema(self, name: str) -> Place:
        """Make a schema, if there is none of that name."""
        return self.get(name) or self._shelf.put(name.lower(), Place(name, "schema", {"*": [ALL]}))

    def volume(self, name: str) -> Place:
        """Make a volume, and the folder that it is here."""
        catalog, schema, last = name.split(".", 2)
        (self._home / "Volumes" / catalog / schema / last).mkdir(parents=True, exist_ok=True)
        return self.get(name) or self._shelf.put(name.lower(), Place(name, "volume", {"*": [ALL]}))

    def keep(self, place: Place) -> None:
        """Remember what has become of a place."""
        self._shelf.put(place.name.lower(), place)

    def drop(self, name: str) -> None:
        """Forget a place."""
        self._shelf.drop(name.lower())

    def forbid(self, name: str) -> None:
        """From now on nobody may look at it."""
        place = self.get(name) or Place(name, "schema" if "." in name else "catalog")
        place.forbidden = True
        self._shelf.put(name.lower(), place)


def read(path: Path) -> dict[str, Any]:
    """What a file says of catalogs, YAML or JSON; its paths start at its folder."""
    import yaml

    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", fix="check the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no YAML", why=" ".join(str(error).split()), fix="mend it there") from None
    if not isinstance(said, dict):
        raise SettingsError(f"{path} names no catalogs", why=_EXAMPLE, fix="write a name on each line, and : after it")
    for catalog, held in said.items():
        _at_home(str(catalog), held, path.parent)
    return said


def _at_home(catalog: str, held: Mapping[str, Any] | None, folder: Path) -> None:
    """Paths of a file as they are from anywhere."""
    for schema, inside in (_checked("catalog", catalog, held).get("schemas") or {}).items():
        inside = _checked("schema", f"{catalog}.{schema}", inside)
        for kind in ("tables", "volumes"):
            places = inside.get(kind) or {}
            for name, where in places.items():
                places[name] = str((folder / str(where)).resolve()) if where else where


def _checked(kind: str, name: str, held: Mapping[str, Any] | None) -> Mapping[str, Any]:
    held = {} if held is None else held
    if not isinstance(held, Mapping):
        raise SettingsError(f"the {kind} {name} is no table", why=_EXAMPLE, fix=f"write {name}: {{}}")
    unknown = [key for key in held if key not in _KEYS[kind]]
    if unknown:
        raise SettingsError(
            f"the {kind} {name} has no {unknown[0]}",
            why=f"a {kind} of --catalogs has {', '.join(_KEYS[kind])}",
            fix="take the key away",
        )
    return held


def there(w: Workspace, name: str, kind: str) -> Place:
    """A place that one may look at."""
    found = w.catalogs.get(name)
    if found is not None and found.forbidden:
        raise Refusal(
            403, "PERMISSION_DENIED", f"User does not have USE {kind.upper()} on {kind.capitalize()} '{name}'."
        )
    if found is None or found.kind != kind:
        code = "RESOURCE_DOES_NOT_EXIST" if kind == "volume" else f"{kind.upper()}_DOES_NOT_EXIST"
        raise Refusal(404, code, f"{kind.capitalize()} '{name}' does not exist.")
    return found


def _told(w: Workspace, place: Place) -> dict[str, Any]:
    parts = place.name.split(".")
    said: dict[str, Any] = {"name": parts[-1], "full_name": place.name, "owner": w.user}
    said |= dict(zip(("catalog_name", "schema_name"), parts[:-1], strict=False))
    said |= {"comment": place.comment} if place.comment else {}
    said |= {"volume_type": "MANAGED"} if place.kind == "volume" else {}
    return said | ({"catalog_type": "MANAGED_CATALOG"} if place.kind == "catalog" else {})


def _page(w: Workspace, request: Request, word: str, inside: str, kind: str) -> dict[str, Any]:
    """The places of a kind that one may look at, a page of them."""
    found = [each for each in w.catalogs.inside(inside, kind) if not each.forbidden]
    most = request.number("max_results", 0, 0, 1000) or max(len(found), 1)
    page, token = pages.cut(found, most, request.query.get("page_token", ""))
    return {word: [_told(w, each) for each in page]} | ({"next_page_token": token} if token else {})


@route("GET", "/api/2.1/unity-catalog/catalogs", "max_results", "page_token", "include_browse", "include_unbound")
def _catalogs(w: Workspace, request: Request) -> Any:
    return _page(w, request, "catalogs", "", "catalog")


@route("GET", "/api/2.1/unity-catalog/catalogs/{name}", "include_browse")
def _catalog(w: Workspace, request: Request) -> Any:
    return _told(w, there(w, request.parts["name"], "catalog"))


@route("GET", "/api/2.1/unity-catalog/schemas", "catalog_name", "max_results", "page_token", "include_browse")
def _schemas(w: Workspace, request: Request) -> Any:
    catalog = there(w, request.needed("catalog_name"), "catalog")
    return _page(w, request, "schemas", catalog.name, "schema")


@route("GET", "/api/2.1/unity-catalog/schemas/{name}", "include_browse")
def _schema(w: Workspace, request: Request) -> Any:
    name = request.parts["name"]
    there(w, name.partition(".")[0], "catalog")
    return _told(w, there(w, name, "schema"))


@route("POST", "/api/2.1/unity-catalog/schemas")
def _new_schema(w: Workspace, request: Request) -> Any:
    catalog = there(w, request.body["catalog_name"], "catalog")
    name = f"{catalog.name}.{request.body['name']}"
    if w.catalogs.get(name):
        raise Refusal(409, "SCHEMA_ALREADY_EXISTS", f"Schema '{name}' already exists")
    return _changed(w, w.catalogs.schema(name), request)


@route("PATCH", "/api/2.1/unity-catalog/schemas/{name}")
def _change_schema(w: Workspace, request: Request) -> Any:
    return _changed(w, there(w, request.parts["name"], "schema"), request)


@route("PATCH", "/api/2.1/unity-catalog/volumes/{name}")
def _change_volume(w: Workspace, request: Request) -> Any:
    return _changed(w, there(w, request.parts["name"], "volume"), request)


def _changed(w: Workspace, place: Place, request: Request) -> dict[str, Any]:
    place.comment = (request.body or {}).get("comment", place.comment)
    w.catalogs.keep(place)
    return _told(w, place)


@route("DELETE", "/api/2.1/unity-catalog/schemas/{name}", "force")
def _no_schema(w: Workspace, request: Request) -> None:
    name = request.parts["name"]
    there(w, name, "schema")
    if w.tables.inside(name) and not request.flag("force"):
        raise invalid(f"Schema '{name}' is not empty. The schema has {len(w.tables.inside(name))} table(s)")
    w.catalogs.drop(name)


@route(
    "GET",
    "/api/2.1/unity-catalog/volumes",
    "catalog_name",
    "schema_name",
    "max_results",
    "page_token",
    "include_browse",
)
def _volumes(w: Workspace, request: Request) -> Any:
    schema = there(w, f"{request.needed('catalog_name')}.{request.needed('schema_name')}", "schema")
    return _page(w, request, "volumes", schema.name, "volume")


@route("GET", "/api/2.1/unity-catalog/volumes/{name}", "include_browse")
def _volume(w: Workspace, request: Request) -> Any:
    return _told(w, there(w, request.parts["name"], "volume"))


@route("POST", "/api/2.1/unity-catalog/volumes")
def _new_volume(w: Workspace, request: Request) -> Any:
    said = request.body
    schema = there(w, f"{said['catalog_name']}.{said['schema_name']}", "schema")
    name = f"{schema.name}.{said['name']}"
    if w.catalogs.get(name):
        raise Refusal(409, "RESOURCE_ALREADY_EXISTS", f"Volume '{name}' already exists")
    return _changed(w, w.catalogs.volume(name), request)


@route("DELETE", "/api/2.1/unity-catalog/volumes/{name}")
def _no_volume(w: Workspace, request: Request) -> None:
    there(w, request.parts["name"], "volume")
    w.catalogs.drop(request.parts["name"])


@route("GET", "/api/2.1/unity-catalog/effective-permissions/{kind}/{name}", "principal", "max_results", "page_token")
def _effective(w: Workspace, request: Request) -> Any:
    place = _securable(w, request)
    found: dict[str, list[dict[str, str]]] = {}
    for each in (w.catalogs.get(place.name.partition(".")[0]), place):
        for who, what in (each.grants if each else {}).items():
            who = request.query.get("principal", w.user) if who == "*" else who
            found.setdefault(who, []).extend({"privilege": word} for word in what)
    wanted = request.query.get("principal")
    return _assigned({who: what for who, what in found.items() if wanted in (None, who)})


@route("GET", "/api/2.1/unity-catalog/permissions/{kind}/{name}", "principal", "max_results", "page_token")
def _permissions(w: Workspace, request: Request) -> Any:
    return _assigned({who: list(what) for who, what in _securable(w, request).grants.items() if who != "*"})


@route("PATCH", "/api/2.1/unity-catalog/permissions/{kind}/{name}")
def _grant(w: Workspace, request: Request) -> Any:
    place = _securable(w, request)
    for change in (request.body or {}).get("changes", ()):
        held = place.grants.setdefault(change["principal"], [])
        held += [word for word in change.get("add", ()) if word not in held]
        place.grants[change["principal"]] = [word for word in held if word not in change.get("remove", ())]
    w.catalogs.keep(place)
    return _assigned({who: list(what) for who, what in place.grants.items() if who != "*"})


def _securable(w: Workspace, request: Request) -> Place:
    kind = request.parts["kind"].lower()
    if kind == "table":
        name = request.parts["name"]
        w.tables.there(name)
        return w.catalogs.get(f"{name}#") or Place(f"{name}#", "table")
    if kind not in ("catalog", "schema", "volume"):
        raise invalid(f"Securable type {kind} is not emulated")
    return there(w, request.parts["name"], kind)


def _assigned(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"privilege_assignments": [{"principal": who, "privileges": what} for who, what in found.items()]}
