"""Nothing but product searches through the API, to see how many a second the server can answer.

locust -f locustfiles/search_products.py --headless -u 20 -t 15s --rate-per-user 0 --host http://127.0.0.1:8000
"""

from __future__ import annotations

from locust import task

from locustfiles.api_products import ApiUser


class Searcher(ApiUser):
    """One machine that searches."""

    @task
    def search_products(self) -> None:
        """A search."""
        self.search()
