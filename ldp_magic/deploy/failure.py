"""Whatever a workspace or the way to it does wrong, as one error without tokens, headers or settings of the client."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from ldp_magic.errors import LdpError

__all__ = ["Outcome", "WorkspaceError", "explained", "plain"]

# refused: nothing was done; throttled: not now, nothing was done; unsure: it may have been done all the same
Outcome: TypeAlias = Literal["refused", "throttled", "unsure"]
_STATUSES = (
    *(("Unauthenticated", 401), ("PermissionDenied", 403), ("NotFound", 404), ("ResourceConflict", 409)),
    *(("TooManyRequests", 429), ("Cancelled", 499), ("InternalError", 500), ("NotImplemented", 501)),
    *(("TemporarilyUnavailable", 503), ("DeadlineExceeded", 504), ("BadRequest", 400)),
)
_SETTINGS = re.compile(r"\.? *\b(?:Config|Env): (?:\w+=|[A-Z][A-Z_]+\b).*", re.DOTALL)
_SECRETS = (
    re.compile(r"\b(?:dapi|dkea|dose|dsapi)[0-9a-f]{16,}(?:-\d+)?\b"),
    re.compile(r"(?i)(?<=bearer )[^\s\"',]+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"),
    re.compile(r"(?i)(?<=token=)[^\s&;,]+"),
)
_SECRET_VARIABLES = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "ARM_CLIENT_SECRET")
_BUSY = ("RPC token bucket limit has been exceeded", "Please try again later")
_LOGIN = re.compile(
    r"(?i)\b(?:invalid|expired|revoked)\W+(?:\w+\W+)?token\b|\btoken\W+(?:\w+\W+){0,2}(?:invalid|expired)\b"
)
_LONGEST = 600


class WorkspaceError(LdpError):
    """A request that did not do what it should: its address, the status, and what became of it."""

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        request: str = "",
        status: int = 0,
        code: str = "",
        said: str = "",
        outcome: Outcome = "refused",
        after: float | None = None,
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.request, self.status, self.code, self.said = request, status, code, said
        self.outcome: Outcome = outcome
        self.after = after  # seconds after which the service wants to be asked again

    @property
    def missing(self) -> bool:
        """Whether what was asked for is not there."""
        return not self.unknown and (self.status == 404 or self.code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"))

    @property
    def unknown(self) -> bool:
        """Whether the workspace does not know such a request at all."""
        return self.code == "ENDPOINT_NOT_FOUND" or self.status in (405, 501)

    @property
    def conflict(self) -> bool:
        """Whether something is there already, or changed meanwhile."""
        return self.status == 409 or "ALREADY_EXISTS" in self.code or self.said.rstrip(".").endswith("already exists")


def plain(text: object, secrets: Iterable[str] = ()) -> str:
    """What somebody said without the settings that the client adds, and without anything that is secret."""
    found = _SETTINGS.sub("", str(text))
    known = [*secrets, *(os.environ.get(name, "") for name in _SECRET_VARIABLES)]
    for secret in sorted(filter(None, known), key=len, reverse=True):
        if len(secret) > 3:
            found = found.replace(secret, "***")
    for pattern in _SECRETS:
        found = pattern.sub("***", found)
    found = " ".join(found.split()).strip().rstrip(".")
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…"


def explained(error: BaseException, request: str, host: str, secrets: Iterable[str] = ()) -> WorkspaceError:
    """Any exception of a request as the one error of ours."""
    cause = error.__cause__ if isinstance(error, TimeoutError) and error.__cause__ else error
    status, code = _status(cause), str(getattr(cause, "error_code", "") or "")
    said = plain(cause.args[0] if cause.args else cause, secrets)
    shape: dict[str, Any] = {"request": request, "status": status, "code": code, "said": said}
    if status or code:
        return _answered(shape, getattr(cause, "retry_after_secs", None), host)
    return _unanswered(cause, shape, host)


def _status(error: BaseException) -> int:
    """The status of the answer; the client keeps it in the class of the error."""
    if type(error).__module__.split(".")[:2] != ["databricks", "sdk"]:
        return 0
    names = [each.__name__ for each in type(error).__mro__]
    return next((status for name, status in _STATUSES if name in names), 502)


def _answered(shape: dict[str, Any], after: object, host: str) -> WorkspaceError:
    status, said, request = shape["status"], shape["said"], shape["request"]
    if said.startswith("unable to parse response"):
        said = shape["said"] = "the answer is not one of a workspace"
    tail = f" ({shape['code']})" if shape["code"] and shape["code"] not in said else ""
    busy = status == 429 or any(text in said for text in _BUSY)
    outcome: Outcome = "throttled" if busy else "unsure" if status >= 500 and status != 501 else "refused"
    login = status == 403 and _LOGIN.search(said) is not None  # of an expired token some workspaces say that
    what, fix = _WORDS.get(401 if login else status, ("{host} refused {request}", ""))
    return WorkspaceError(
        what.format(host=host, request=request),
        why=(said or "it does not say why") + tail,
        fix=fix,
        outcome=outcome,
        after=float(after) if isinstance(after, (int, float)) else None,
        **shape,
    )


_WORDS = {
    401: ("{host} does not take this login", "log in again: databricks auth login, or set a new DATABRICKS_TOKEN"),
    403: ("{host} does not allow {request}", "ask an administrator for the right, or use another --profile"),
    429: ("{host} is asked too often, last by {request}", "wait a minute and run the same command again"),
    500: ("{host} failed at {request}", "run the same command again: it goes on where this one ended"),
    502: ("{host} failed at {request}", "run the same command again: it goes on where this one ended"),
    503: ("{host} is not available for {request}", "run the same command again: it goes on where this one ended"),
    504: ("{host} took too long for {request}", "run the same command again: it goes on where this one ended"),
}


def _unanswered(error: BaseException, shape: dict[str, Any], host: str) -> WorkspaceError:
    name = type(error).__name__
    odd = isinstance(error, (ValueError, TypeError, AttributeError)) and "Invalid URL" not in str(error)
    why = "what came back is not JSON" if odd else _why_not(error)
    what = (
        f"{host} answered {shape['request']} with something else"
        if odd
        else f"{host} did not answer {shape['request']}"
    )
    fix = "check the host and the network, then run the same command again"
    return WorkspaceError(what, why=why, fix=fix, outcome="unsure", **(shape | {"said": shape["said"] or name}))


def _why_not(error: BaseException) -> str:
    """Why there was no answer, without the inner words of a network library."""
    said = f"{type(error).__name__} {error}"
    for sign, words in _NETWORK:
        if sign in said:
            return words
    return "the connection broke"


_NETWORK = (
    ("Name or service not known", "nobody knows that name"),
    ("nodename nor servname", "nobody knows that name"),
    ("getaddrinfo failed", "nobody knows that name"),
    ("NameResolutionError", "nobody knows that name"),
    ("Temporary failure in name resolution", "nobody knows that name, or there is no network"),
    ("Connection refused", "nothing listens there"),
    ("No route to host", "there is no way to it from here"),
    ("Network is unreachable", "there is no network"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted here"),
    ("SSLError", "it does not speak TLS as it should"),
    ("ProxyError", "the proxy does not let it through"),
    ("Timeout", "no answer came in time"),
    ("timed out", "no answer came in time"),
    ("RemoteDisconnected", "the connection was closed before an answer came"),
    ("Connection aborted", "the connection was closed before an answer came"),
)
