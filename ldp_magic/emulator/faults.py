"""What goes wrong on purpose: the next requests to an address meet with an error, a delay or silence."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ldp_magic.emulator.http import Reply, Request

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_CONFLICT",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(slots=True)
class Fault:
    """One rule: which requests, how many of them, and what becomes of them."""

    method: str  # or `*`
    path: str  # what the address begins with
    status: int = 0  # 0: the true answer
    code: str = ""
    message: str = "this was asked for"
    retry_after: str = ""
    delay: float = 0.0  # seconds before the answer
    drop: bool = False  # no answer: the connection ends
    body: bytes | None = None  # in place of a true body
    after: bool = False  # what was asked for is done first
    skip: int = 0  # so many requests pass before it begins
    times: int = 1  # so many requests meet with it
    met: int = 0

    def fits(self, request: Request) -> bool:
        """Is it about that request?"""
        return self.method in ("*", request.method) and request.path.startswith(self.path)

    def reply(self) -> Reply | None:
        """The answer in place of the true one, if there is one."""
        if not self.status and self.body is None:
            return None
        status = self.status or 200
        if self.body is not None:
            kind = "text/html" if status >= 400 else "application/json"
            return Reply(status, self.body, self._headers(), kind)
        said = {"error_code": self.code or _CODES.get(status, "UNKNOWN"), "message": self.message}
        plain = Reply.of(said, status)
        return Reply(status, plain.body, self._headers())

    def wait(self) -> None:
        """Let the client wait."""
        if self.delay:
            time.sleep(self.delay)

    def _headers(self) -> dict[str, str]:
        return {"Retry-After": self.retry_after} if self.retry_after else {}


@dataclass(slots=True)
class Faults:
    """`faults.add("POST /api/2.0/pipelines", status=504, after=True)`: the next create works and answers 504."""

    rules: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, where: str, **said: Any) -> Fault:
        """A rule for `METHOD /path` (or `* /path`): status, code, message, retry_after, delay, drop, body, after, skip,
        times."""
        method, _, path = where.partition(" ")
        fault = Fault(method, path or "/", **said)
        with self._lock:
            self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self.rules.clear()

    def meet(self, request: Request) -> Fault | None:
        """The rule that a request meets with; it counts."""
        with self._lock:
            for fault in self.rules:
                if not fault.fits(request) or fault.met >= fault.times:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.met += 1
                return fault
        return None
