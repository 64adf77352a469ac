"""A store on 127.0.0.1 that answers what a test wrote down, for replies that an honest store never gives."""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from products.storesync.accounts import StoreAccount
from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

LIMITS = {
    "GNCP-GW-RateLimit-Replenish-Rate": "1000",
    "GNCP-GW-RateLimit-Burst-Capacity": "2000",
    "GNCP-GW-RateLimit-Remaining": "1999",
    "GNCP-GW-Trace-ID": "cr3-000000-aaaaaa^1730711073284^6745261",
}
DETAIL: dict[str, Any] = {"originProduct": {"statusType": "SALE", "detailContent": "<p>안녕</p>"}}


@dataclass(frozen=True)
class Answer:
    """One reply: status, body (bytes, or anything JSON) and headers beside the limits."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


def refuse(status: int, code: str, **headers: str) -> Answer:
    """An error as the store words it."""
    return Answer(
        status, {"code": code, "message": "거절"}, {name.replace("_", "-"): text for name, text in headers.items()}
    )


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int = 0


class ScriptedStore:
    """Answers each route ("token", "list", "detail") with its answers in order; the last one is repeated."""

    def __init__(self, **script: Sequence[Answer]) -> None:
        self.script: dict[str, list[Answer]] = {
            "token": [issue("t-1")],
            **{key: list(value) for key, value in script.items()},
        }
        self.seen: dict[str, list[Seen]] = defaultdict(list)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def account(self) -> StoreAccount:
        """Credentials for this store."""
        url = f"http://127.0.0.1:{self._server.server_port}/external"
        return StoreAccount(url, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take_answer(self, route: str, seen: Seen) -> Answer:
        """The next answer of a route."""
        with self._lock:
            self.seen[route].append(seen)
            answers = self.script[route]
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def _make_handler(store: Self) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (the handler has its own self)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer("detail")

            def do_POST(self) -> None:
                self._answer("token" if self.path.endswith("/token") else "list")

            def _answer(self, route: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = store.take_answer(route, Seen(self.path, dict(self.headers), body, self.client_address[1]))
                content = answer.encode()
                send = self.send_response_only if "Date" in answer.headers else self.send_response
                send(answer.status)
                for name, text in {**LIMITS, **answer.headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        return Handler


def issue(token: str, expires_in: int = 10_800) -> Answer:
    """A token reply."""
    return Answer(200, {"access_token": token, "expires_in": expires_in, "token_type": "Bearer"})
