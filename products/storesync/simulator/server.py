"""HTTP/1.1 on a socket: keep-alive, no Nagle delay, one write per reply, one thread per connection."""

import os
import socket
import socketserver
import struct
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from products.storesync.simulator.messages import Reply, Request

MAX_BODY_BYTES = 64 * 1024 * 1024
REASONS = {int(status): status.phrase for status in HTTPStatus}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on with 0 s: close() sends RST instead of FIN


class SimulatorHandler(BaseHTTPRequestHandler):
    """Turns one connection's bytes into requests and replies into bytes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "SimulatorServer"

    def handle_one_request(self) -> None:
        """Wait for the next request; a connection that is idle for too long is closed."""
        self.connection.settimeout(self.server.read_idle_seconds())
        super().handle_one_request()

    def answer(self) -> None:
        """Read one request, let the application answer it, and send the reply or cut the connection."""
        self.connection.settimeout(None)
        body = self._read_body()
        if body is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        reply = self.server.application(Request(self.command, path, headers, body, self.client_address[0]))
        if reply.is_reset:
            self._reset_connection(reply)
        elif reply.chunks is not None:
            self._send_stream(reply)
        else:
            head = self._build_head(reply, f"Content-Length: {len(reply.body)}")
            self.wfile.write(head if self.command == "HEAD" else head + reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 (the base class's names)

    def _read_body(self) -> bytes | None:
        text = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not text.isdecimal() or int(text) > MAX_BODY_BYTES:
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            self.close_connection = True
            return None
        return self.rfile.read(int(text))

    def _build_head(self, reply: Reply, framing: str) -> bytes:
        reason = REASONS.get(reply.status, "")
        lines = [f"HTTP/1.1 {reply.status} {reason}", f"Content-Type: {reply.content_type}", framing]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _send_stream(self, reply: Reply) -> None:
        self.wfile.write(self._build_head(reply, "Transfer-Encoding: chunked"))
        for chunk in reply.chunks or ():
            if chunk:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _reset_connection(self, reply: Reply) -> None:
        if reply.is_head_sent:
            head = self._build_head(reply, f"Content-Length: {len(reply.body)}")
            self.wfile.write(head + reply.body[: len(reply.body) // 2])
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        # socket.close() would wait for rfile and wfile, and the server's own shutdown would send a FIN first.
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line per request would cost more than the request."""


class SimulatorServer(ThreadingHTTPServer):
    """The listening socket; `application` answers each request in the connection's own thread.

    `read_idle_seconds` tells how long a connection may be silent between two requests; None is for ever.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int]) -> None:
        """Binds at once; raises OSError when the port is taken. `application` is set before serving."""
        self.application: Callable[[Request], Reply] = lambda _: Reply(503)
        self.read_idle_seconds: Callable[[], float | None] = lambda: None
        super().__init__(address, SimulatorHandler)

    def server_bind(self) -> None:
        """Bind without the base class's reverse DNS look-up, which can hang for seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet when a client has gone away; any other error is printed with its traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
