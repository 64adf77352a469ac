"""What the tests of content share: folders of their own, and a shop that serves pictures over real HTTP."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

from content.matching.services import forget_index
from content.packages.ledger import forget_index as forget_ledger


@dataclass
class PictureShop:
    """A web server on 127.0.0.1. files: {path: (status, bytes)}; requests: (path, trace id) as they came."""

    url: str = ""
    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def put(self, path: str, data: bytes, *, status: int = 200) -> str:
        """Serve these bytes; returns the address."""
        self.files[path] = (status, data)
        return self.url + path


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, settings: Settings) -> None:
    settings.PACKAGE_DIR = tmp_path / "packages"
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _own_index() -> Iterator[None]:
    """Each test has its own catalogue and ledger, though their rows may carry the numbers of another test's."""
    forget_index()
    forget_ledger()
    yield
    forget_index()
    forget_ledger()


@pytest.fixture
def picture_shop() -> Iterator[PictureShop]:
    """A running picture server."""
    shop = PictureShop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.requests.append((self.path, self.headers.get("X-Trace-Id", "")))
            status, data = shop.files.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()
