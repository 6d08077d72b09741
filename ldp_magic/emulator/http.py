"""What is asked and what is answered, as plain values; and which function answers what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from ldp_magic.emulator.workspace import Workspace

_PART = re.compile(r"\{(\w+)(\.\.\.)?\}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its query decoded, its JSON or form read."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # of JSON: its value; of a form: its fields; else the bytes
    user: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)  # what stood in the address

    def flag(self, name: str) -> bool:
        """A yes or no of the query."""
        said = self.query.get(name, "false")
        if said not in ("true", "false"):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"{name} must be true or false, not '{said}'")
        return said == "true"

    def number(self, name: str, usual: int, least: int, most: int) -> int:
        """A whole number of the query, between two others."""
        said = self.query.get(name)
        if said is None:
            return usual
        if not re.fullmatch(r"\d{1,18}", said) or not least <= int(said) <= most:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"{name} must be from {least} to {most}, not '{said}'")
        return int(said)

    def needed(self, name: str) -> str:
        """A text of the query that has to be there."""
        if not self.query.get(name):
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Missing required field: {name}")
        return self.query[name]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    @classmethod
    def of(cls, value: object, status: int = 200) -> Reply:
        """A value as JSON."""
        return cls(status, json.dumps(value, ensure_ascii=False).encode())


class Form(dict[str, Any]):
    """The fields of a form, with the bytes of its file."""

    data: bytes = b""


class Refusal(Exception):
    """An answer that is an error, as the service words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def reply(self) -> Reply:
        """The same as an answer."""
        return Reply.of({"error_code": self.code, "message": self.message}, self.status)


def invalid(message: str) -> Refusal:
    """A value that the service does not take."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


Handler: TypeAlias = "Callable[[Workspace, Request], Any]"


@dataclass(frozen=True, slots=True)
class Route:
    """An address, what its query may hold, and who answers."""

    method: str
    address: str
    pattern: re.Pattern[str]
    query: frozenset[str]
    handler: Handler
    alone: bool = True  # does nothing else happen meanwhile?


ROUTES: list[Route] = []


def route(method: str, address: str, *query: str, alone: bool = True) -> Callable[[Handler], Handler]:
    """The function below answers that address; `{id}` is one part of it, `{path...}` all that is left."""
    parts = _PART.split(address)  # text, name, dots, text, ...
    pattern = re.escape(parts[0])
    for name, dots, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.*' if dots else '[^/]+'})" + re.escape(text)

    def taken(handler: Handler) -> Handler:
        ROUTES.append(Route(method, address, re.compile(pattern), frozenset(query), handler, alone))
        return handler

    return taken


def found(request: Request) -> tuple[Route, Mapping[str, str]]:
    """Who answers a request; the address is the one that was sent, so that a part may hold a `/` of its own."""
    for each in ROUTES:
        match = each.pattern.fullmatch(request.path)
        if match and each.method == request.method:
            unknown = sorted(set(request.query) - each.query)
            if unknown:
                raise invalid(f"Unknown query parameter '{unknown[0]}' of {each.method} {each.address}")
            return each, {name: unquote(said) for name, said in match.groupdict().items()}
    raise Refusal(404, "ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {request.path}'")
