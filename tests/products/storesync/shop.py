"""A bare caller of the store's contract, written from the documents and not from the product's own client."""

import base64
import ssl
import time
from pathlib import Path
from typing import Any

import bcrypt
import httpx

from products.storesync.simulator.process import REPOSITORY_ROOT, SimulatorProcess

DEMO_CATALOGUE: Path = REPOSITORY_ROOT / "operations/demo/catalogue.jsonl"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each client the loading of certificates that plain HTTP never uses."""


def build_token_form(simulator: SimulatorProcess, **changes: str) -> dict[str, str]:
    """Return a right token request, with some values changed after signing."""
    timestamp = changes.pop("signed_timestamp", str(int(time.time() * 1000)))
    password = f"{simulator.client_id}_{timestamp}".encode()
    signature = base64.b64encode(bcrypt.hashpw(password, simulator.client_secret.encode())).decode()
    form = {
        "client_id": simulator.client_id,
        "timestamp": timestamp,
        "grant_type": "client_credentials",
        "client_secret_sign": signature,
        "type": "SELF",
    }
    return form | changes


class Shop:
    """One HTTP client with a token."""

    def __init__(self, simulator: SimulatorProcess) -> None:
        self.simulator = simulator
        self.client = httpx.Client(trust_env=False, timeout=10, verify=NO_TLS)

    def ask_token(self, **changes: str) -> httpx.Response:
        """Ask for a token and use it from now on when it is given."""
        reply = self.client.post(
            f"{self.simulator.url}/v1/oauth2/token", data=build_token_form(self.simulator, **changes)
        )
        if reply.is_success:
            self.client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return reply

    def search(self, **query: Any) -> httpx.Response:
        """Ask for a page of the list."""
        return self.client.post(f"{self.simulator.url}/v1/products/search", json=query)

    def fetch(self, product_no: int, kind: str = "origin") -> httpx.Response:
        """Ask for a product's detail."""
        return self.client.get(f"{self.simulator.url}/v2/products/{kind}-products/{product_no}")

    def fetch_picture(self, product_no: int) -> httpx.Response:
        """Ask for a product's picture."""
        return self.client.get(f"{self.simulator.url.removesuffix('/external')}/images/{product_no}.jpg")

    def list_numbers(self, **query: Any) -> list[int]:
        """Return the numbers on one page of the list."""
        return [entry["originProductNo"] for entry in self.search(**query).json()["contents"]]
