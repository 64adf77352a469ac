"""Machines at the product API: searches, filters, cursor pages, one product, its priority.

    locust -f locustfiles/api_products.py --headless -u 20 -t 60s --host http://127.0.0.1:8000

By a session, as a page of the desk; with API_LOGIN=basic by name and password, which the server hashes at each request.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlencode, urlsplit

from locust import task

from locustfiles.common import LoadUser, read_credentials
from locustfiles.timings import API_DETAIL, API_LIST, PRIORITY, SEARCH

PATH = "/api/v1/products/"
PAGE_SIZE = 50
STATUSES = ("SALE", "OUTOFSTOCK", "SUSPENSION", "CLOSE")
FILTER, CURSOR = "[filter]", "[cursor]"
PRIORITIES = 1_000


class ApiUser(LoadUser):
    """One machine; `rows` is the newest page of the list, `following` the address of the page after it."""

    abstract = True
    is_basic = os.environ.get("API_LOGIN", "session") == "basic"

    def on_start(self) -> None:
        """Log in and read one page, to learn what there is to ask for."""
        super().on_start()
        self.rows: list[dict[str, Any]] = []
        self.following = ""
        self.known: list[dict[str, Any]] = []
        self.read_list(CURSOR, page_size=str(PAGE_SIZE))
        self.known = self.rows

    def log_in(self) -> None:
        """By session, unless every request carries name and password."""
        if not self.is_basic:
            super().log_in()

    def search(self) -> None:
        """By SKU, or by two words of a name, by turns of chance."""
        row = self.random.choice(self.known) if self.known else {"sku": "JB", "name": "JB"}
        words = str(row["name"]).split()[:2]
        text = str(row["sku"]) if self.random.random() < 0.5 else " ".join(words)
        self.read_list(SEARCH, q=text, page_size=str(PAGE_SIZE))

    def read_list(self, name: str, *, address: str = "", **query: str) -> None:
        """Read one page of the list."""
        answer = self.call("GET", address or f"{PATH}?{urlencode(query)}", name=f"{API_LIST} {name}")
        if answer is not None:
            self.rows = answer["results"]
            following = urlsplit(answer["next"] or "")
            self.following = f"{following.path}?{following.query}" if answer["next"] else ""

    def call(self, method: str, path: str, *, name: str, body: dict[str, Any] | None = None) -> Any:
        """Send one request and return its JSON; None, and a failure, for any other status than 200."""
        headers = {"Accept": "application/json", "X-CSRFToken": self.read_cookie("csrftoken")}
        auth = read_credentials() if self.is_basic else None
        with self.client.request(
            method, path, name=name, headers=headers, json=body, auth=auth, catch_response=True
        ) as answer:
            if answer.status_code == 200:
                return json.loads(answer.text or "")
            answer.failure(f"API 응답 {answer.status_code}")
            return None


class Machine(ApiUser):
    """One machine that does everything that the API offers."""

    @task(40)
    def search_products(self) -> None:
        """A search."""
        self.search()

    @task(10)
    def filter_products(self) -> None:
        """One state's products, or one category's."""
        row = self.random.choice(self.known) if self.known else {"category_number": "1"}
        if self.random.random() < 0.5:
            self.read_list(FILTER, status=self.random.choice(STATUSES))
        else:
            self.read_list(FILTER, category=str(row["category_number"]))

    @task(15)
    def follow_cursor(self) -> None:
        """The next page, or the first after the last."""
        self.read_list(CURSOR, address=self.following, page_size=str(PAGE_SIZE))

    @task(20)
    def read_product(self) -> None:
        """One product."""
        if self.known:
            row = self.random.choice(self.known)
            self.call("GET", f"{PATH}{row['id']}/", name=API_DETAIL)

    @task(15)
    def change_priority(self) -> None:
        """Read a product of one's own and set another priority for the version read."""
        own = [row for row in self.known if self.owns(row["id"])]
        if not own:
            self.read_product()
            return
        row = self.random.choice(own)
        wanted = {"priority": (row["priority"] + 1 + self.number) % PRIORITIES, "version": row["version"]}
        changed = self.call("PATCH", f"{PATH}{row['id']}/", name=f"{API_DETAIL} {PRIORITY}", body=wanted)
        if changed is not None:
            row.update(priority=changed["priority"], version=changed["version"])
