"""The loopback server: reads requests, lets them meet with faults, has them answered and logs them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ldp_magic.emulator import shape
from ldp_magic.emulator.http import Form, Refusal, Reply, Request, found
from ldp_magic.errors import LdpError

if TYPE_CHECKING:
    from ldp_magic.emulator.faults import Fault
    from ldp_magic.emulator.workspace import Workspace

LARGEST = 64_000_000  # bytes of a body
MOST_LOGGED = 20_000  # requests that are remembered
OPEN = ("/.well-known/databricks-config",)  # what is answered before anybody has said who they are


@dataclass(frozen=True, slots=True)
class Logged:
    """A request as it came, and the status of its answer; 0 where the connection was dropped."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    user: str = ""

    @property
    def changes(self) -> bool:
        """Does it ask for more than to be told something?"""
        return self.method != "GET"


class Server(ThreadingHTTPServer):
    """Serves one workspace."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, workspace: Workspace, port: int) -> None:
        self.workspace = workspace
        self._open: set[socket.socket] = set()
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise LdpError(
                f"port {port} cannot be had: {error.strerror}",
                why="another program may listen there",
                fix="say another --port, or none for any that is free",
            ) from None

    @property
    def url(self) -> str:
        """The address of it."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection: one that is kept alive would outlive the server."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A connection has ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True, name="ldp-emulator").start()

    def stop(self) -> None:
        """Serve no more, and end what is connected."""
        self.shutdown()
        self.server_close()
        for each in list(self._open):
            super().shutdown_request(each)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is not our trouble."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        """Answer any request."""
        try:
            request = self._request(self._raw())
        except Refusal as refusal:  # what comes behind it cannot be told from its body
            self.close_connection = True
            self._send(refusal.reply())
            return
        reply = self._answer(request, self.server.workspace.faults.meet(request))
        self._log(request, reply)
        if reply is not None:
            self._send(reply)
            return
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _log(self, request: Request, reply: Reply | None) -> None:
        log, body = self.server.workspace.requests, _shown(request.body)
        status = reply.status if reply else 0
        log.append(Logged(request.method, unquote(request.path), request.query, body, status, request.user))
        del log[:-MOST_LOGGED]

    def _raw(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        said = self.headers.get("Content-Length") or "0"
        if not (said.isascii() and said.isdecimal()) or int(said) > LARGEST:
            raise Refusal(400, "BAD_REQUEST", f"Content-Length cannot be {said[:40]}; it is at most {LARGEST}")
        return self.rfile.read(int(said)) if said != "0" else b""

    def _chunks(self) -> Iterator[bytes]:
        left = LARGEST
        while (size := self._size()) and size <= left:
            left -= size
            yield self.rfile.read(size)
            self.rfile.readline(3)
        if size:
            raise Refusal(400, "BAD_REQUEST", f"The body has more than {LARGEST} bytes")
        self.rfile.readline(3)

    def _size(self) -> int:
        said = self.rfile.readline(80).split(b";")[0].strip()
        try:
            return int(said, 16)
        except ValueError:
            raise Refusal(400, "BAD_REQUEST", "The body is not in chunks as it says") from None

    def _request(self, raw: bytes) -> Request:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        user = self.server.workspace.user_of(token.strip()) if scheme == "Bearer" else ""
        return Request(self.command, parts.path, query, _read(raw, kind, parts.path), user)

    def _answer(self, request: Request, fault: Fault | None) -> Reply | None:
        """What to send; None for nothing at all."""
        if fault is None:
            return answer(self.server.workspace, request)
        fault.wait()
        there = fault.reply()
        if there is None and not fault.drop:
            return answer(self.server.workspace, request)
        if fault.after:
            answer(self.server.workspace, request)
        return None if fault.drop else there

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def answer(workspace: Workspace, request: Request) -> Reply:
    """The answer of a workspace; one request is answered at a time."""
    try:
        if not request.user and request.path not in OPEN:
            raise Refusal(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")
        taken, parts = found(request)
        body = request.body
        if isinstance(body, Exception):
            raise Refusal(400, "MALFORMED_REQUEST", f"The body is no JSON: {body}")
        if isinstance(body, (dict, list)) and not isinstance(body, Form) and workspace.strict:
            shape.check(f"{taken.method} {taken.address}", body)
        with workspace.lock if taken.alone else nullcontext():
            value = taken.handler(workspace, replace(request, parts=parts))
    except Refusal as refusal:
        return refusal.reply()
    except Exception as error:  # a bug of ours: the client has to hear of it, and the server has to live
        return Refusal(500, "INTERNAL_ERROR", f"the emulator failed: {type(error).__name__}: {error}").reply()
    return value if isinstance(value, Reply) else Reply.of({} if value is None else value)


def _read(raw: bytes, kind: str, path: str) -> Any:
    """The body of a request as a value; what is no JSON, as the error that says so."""
    if kind.startswith("multipart/form-data"):
        return _form(raw, kind)
    if not raw:
        return None
    if not path.startswith(("/api/2.0/workspace-files/", "/api/2.0/fs/")):
        try:
            return json.loads(raw)
        except ValueError as error:
            return error
    return raw


def _form(raw: bytes, kind: str) -> Form:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw)
    fields = Form()
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        held = data if isinstance(data, bytes) else b""
        if name == "content":
            fields.data = held
        else:
            fields[str(name)] = held.decode("utf-8")
    return fields


def _shown(body: Any) -> Any:
    """A body as the log keeps it."""
    if isinstance(body, Exception):
        return str(body)
    return {**body, "content": body.data} if isinstance(body, Form) else body
