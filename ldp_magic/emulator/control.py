"""Addresses of our own, for tests in other languages than Python: the clock, faults, scripts, the log of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ldp_magic.emulator.http import Reply, Request, invalid, route
from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace


@route("GET", "/emulator/clock")
def _clock(w: Workspace, request: Request) -> Any:
    return {"now": w.clock.now().isoformat()}


@route("POST", "/emulator/clock", alone=False)
def _advance(w: Workspace, request: Request) -> Any:
    """`{"seconds": 86400}`; the answer comes when everything that was due on the way is done."""
    w.clock.advance(timedelta(seconds=request.body["seconds"]))
    return {"now": w.clock.now().isoformat()}


@route("POST", "/emulator/faults")
def _fault(w: Workspace, request: Request) -> None:
    said = dict(request.body)
    try:
        w.faults.add(said.pop("where"), **said)
    except TypeError as error:
        raise invalid(str(error)) from None


@route("DELETE", "/emulator/faults")
def _no_faults(w: Workspace, request: Request) -> None:
    w.faults.clear()


@route("POST", "/emulator/scripts")
def _script(w: Workspace, request: Request) -> None:
    try:
        w.script(request.body["outcome"], request.body.get("pipeline", ""))
    except LdpError as error:
        raise invalid(str(error)) from None


@route("GET", "/emulator/requests")
def _requests(w: Workspace, request: Request) -> Any:
    told = [{"method": e.method, "path": e.path, "query": dict(e.query), "status": e.status} for e in w.requests]
    return Reply.of({"requests": told})
