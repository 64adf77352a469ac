"""What a load bench measures, as the command line says it, with the defaults filled in."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from locustfiles.verdicts import SAMPLES_FOR_P95
from perfhooks.bench.options import count

STANDARD_LOAD = ("/admin/products", 20, 1.0)
"""Endpoint, users and requests a second of each, of the plan's own command."""
STANDARD_PRODUCTS = 100_000
STANDARD_SECONDS, STANDARD_SEARCH_SECONDS = 60, 15
STANDARD_DATABASE = "postgresql"
QUICK_SAMPLES, QUICK_PRODUCTS, QUICK_SECONDS = 5, 2_000, 5
LOADS = {"/admin/": "admin_products.py", "/api/": "api_products.py"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: as on the command line, with the defaults filled in."""

    endpoint: str
    concurrency: int
    duration: int
    search_duration: int
    warm_up: int
    rate_per_user: float
    products: int
    workers: int
    min_samples: int
    is_quick: bool
    database: str

    @property
    def locustfile(self) -> str:
        """The load of that endpoint."""
        return next(file for prefix, file in LOADS.items() if self.endpoint.startswith(prefix))

    @property
    def is_admin(self) -> bool:
        """Whether the list of the admin is looked at."""
        return self.endpoint.startswith("/admin/")

    @property
    def scenario(self) -> str:
        """What like is compared with like by."""
        pace = "" if self.rate_per_user == 1 else f"@{self.rate_per_user:g}"
        return f"{self.endpoint.strip('/')} {self.products}x{self.concurrency}{pace}"

    @property
    def is_standard(self) -> bool:
        """Whether it is the load that the plan's budgets are promised for; any other is a study."""
        asked = (self.endpoint.rstrip("/"), self.concurrency, self.rate_per_user)
        is_long = self.duration >= STANDARD_SECONDS and self.search_duration >= STANDARD_SEARCH_SECONDS
        is_large = self.products >= STANDARD_PRODUCTS and self.database == STANDARD_DATABASE
        return asked == STANDARD_LOAD and is_long and is_large and not self.is_quick

    @property
    def search_scenario(self) -> str:
        """The same for the searches, which have no pace."""
        return f"product search {self.products}x{self.concurrency}"


def read_plan(about: str, arguments: Sequence[str] | None = None) -> tuple[Plan, bool]:
    """Return the plan of the command line, and whether JSON is wanted; `about` is the script's own docstring."""
    given = _read_arguments(about, arguments)
    duration = given.duration or (QUICK_SECONDS if given.quick else STANDARD_SECONDS)
    plan = Plan(
        endpoint=given.endpoint,
        concurrency=given.concurrency,
        duration=duration,
        search_duration=given.search_duration or max(duration // 4, 3),
        warm_up=(2 if given.quick else 5) if given.warm_up is None else given.warm_up,
        rate_per_user=given.rate_per_user,
        products=given.products or (QUICK_PRODUCTS if given.quick else STANDARD_PRODUCTS),
        workers=given.workers,
        min_samples=given.min_samples or (QUICK_SAMPLES if given.quick else SAMPLES_FOR_P95),
        is_quick=given.quick,
        database=connection.vendor,
    )
    return plan, given.json


def _read_seconds(text: str) -> int:
    return 0 if text == "0" else count(text)


def _read_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise argparse.ArgumentTypeError(f"{text!r}: 0 이상의 수를 주세요")
    return rate


def _read_arguments(about: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="/admin/products", help="address of the list (default /admin/products)")
    parser.add_argument("--concurrency", type=count, default=20, help="users at once (default 20)")
    parser.add_argument("--duration", type=count, help="measured seconds (default 60; quick 5)")
    parser.add_argument(
        "--search-duration", type=count, help="seconds of nothing but searches (default a quarter of that)"
    )
    parser.add_argument("--warm-up", type=_read_seconds, help="seconds before, not measured (default 5; quick 2)")
    parser.add_argument(
        "--rate-per-user", type=_read_rate, default=1.0, help="requests a second (default 1; 0: no pause)"
    )
    parser.add_argument("--products", type=count, help="products in the database (default 100,000; quick 2,000)")
    parser.add_argument("--workers", type=count, default=2, help="processes of the server (default 2, as make serve)")
    parser.add_argument("--min-samples", type=count, help=f"samples that a p95 needs (default {SAMPLES_FOR_P95})")
    parser.add_argument("--quick", action="store_true", help="small and short, for CI: looks for failures only")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    given = parser.parse_args(arguments)
    if not given.endpoint.startswith(tuple(LOADS)):
        parser.error(f"--endpoint: {' 또는 '.join(LOADS)}로 시작해야 합니다.")
    return given
