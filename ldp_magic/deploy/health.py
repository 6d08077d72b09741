"""Whether a deploy would work: the login, the host, what the user may do in the catalog and the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ldp_magic.deploy.failure import WorkspaceError
from ldp_magic.deploy.workspace import Workspace
from ldp_magic.engine.packages import Check, installed
from ldp_magic.errors import LdpError

__all__ = ["library", "rights", "workspace_checks"]

NEEDED = {"USE SCHEMA", "CREATE TABLE", "CREATE MATERIALIZED VIEW"}
_ALL = {"ALL PRIVILEGES", "ALL_PRIVILEGES"}


def library() -> Check:
    """Whether databricks-sdk is here."""
    found = installed("databricks-sdk")
    if found:
        return Check("databricks-sdk", "ok", str(found))
    why = "ldp deploy, start and follow send their requests with it"
    return Check("databricks-sdk", "absent", "not installed", why, "pip install 'ldp-magic[deploy]'")


def workspace_checks(signed_in: Callable[[], Workspace], catalog: str, schema: str) -> Iterator[Check]:
    """The login, and then what it may do."""
    try:
        workspace = signed_in()
    except LdpError as error:
        yield Check("workspace", "error", error.what, error.why, error.fix)
        return
    login = f"{workspace.user}, by {workspace.auth or 'unknown'}"
    profile = f" (profile {workspace.profile})" if workspace.profile else ""
    yield Check("workspace", "ok", f"{workspace.host}{profile}")
    yield Check("login", "ok", login)
    yield from rights(workspace, catalog, schema)


def rights(workspace: Workspace, catalog: str, schema: str) -> Iterator[Check]:
    """Whether the catalog and the schema are there and may be written to. What may not be looked at is a warning: the
    one who runs updates may have more rights."""
    if not catalog:
        why = "a pipeline needs a catalog and a schema for its tables"
        yield Check("catalog", "warning", "none is set", why, "set catalog and schema in [tool.ldp.env.NAME]")
        return
    try:
        found = workspace.catalog(catalog)
        if found is None:
            yield _absent("catalog", catalog, "ask for it, or correct catalog in the settings")
            return
        yield Check("catalog", "ok", catalog)
        if schema:
            yield from _schema(workspace, catalog, schema)
    except WorkspaceError as error:
        yield _unsure(error)


def _schema(workspace: Workspace, catalog: str, schema: str) -> Iterator[Check]:
    name = f"{catalog}.{schema}"
    if workspace.schema(name) is None:
        held = workspace.privileges("catalog", catalog, workspace.user)
        if held & ({"CREATE SCHEMA", "CREATE_SCHEMA"} | _ALL):
            yield Check("schema", "warning", f"{name} is not there yet", "tables need it", "set create-schema = true")
        else:
            yield _absent("schema", name, f"CREATE SCHEMA {name}, or ask for the right to")
        return
    held = {each.replace("_", " ") for each in workspace.privileges("schema", name, workspace.user)}
    lacking = sorted(NEEDED - held) if not held & {"ALL PRIVILEGES"} else []
    if lacking:
        why = f"{workspace.user} may not: {', '.join(lacking)}; whoever updates run as needs it"
        yield Check(
            "schema", "warning", name, why, f"GRANT {', '.join(lacking)} ON SCHEMA {name} TO `{workspace.user}`"
        )
    else:
        yield Check("schema", "ok", f"{name}, with every right that is needed")


def _absent(kind: str, name: str, fix: str) -> Check:
    return Check(kind, "error", f"there is no {kind} {name}", "tables cannot be made in it", fix)


def _unsure(error: WorkspaceError) -> Check:
    if error.status == 403:
        why = f"{error.said}; whoever updates run as may have the rights"
        return Check("rights", "warning", "they may not be looked at", why, "ask an owner of the catalog")
    return Check("rights", "error", error.what, error.why, error.fix)
