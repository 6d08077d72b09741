"""Who asks, and what a client wants to know of a workspace before it asks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from ldp_magic.emulator.http import Reply, Request, route

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

WORKSPACE_ID = "4242424242424242"


def number_of(user: str) -> str:
    """The id of a user: the same for the same name."""
    return str(uuid5(NAMESPACE_URL, user).int % 10**16)


@route("GET", "/.well-known/databricks-config")
def _config(w: Workspace, request: Request) -> Any:
    return {
        "oidc_endpoint": f"{w.url}/oidc",
        "workspace_id": WORKSPACE_ID,
        "account_id": str(uuid5(NAMESPACE_URL, w.url)),
    }


@route("GET", "/api/2.0/preview/scim/v2/Me", "attributes", "excludedAttributes")
def _me(w: Workspace, request: Request) -> Any:
    name = request.user
    said = {"id": number_of(name), "userName": name, "displayName": name.partition("@")[0], "active": True}
    said |= {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "groups": [{"display": "admins", "value": "1"}]}
    said |= {"emails": [{"type": "work", "value": name, "primary": True}]}
    body = Reply.of(said)
    return Reply(200, body.body, {"X-Databricks-Org-Id": WORKSPACE_ID})
