"""The bench of every change: exact counts, and the cheap scenarios beside the commit before. Less than three minutes.

    python scripts/bench_quick.py [--base REV] [--no-compare] [--json]

Queries of each admin list and API page, of an upsert batch, and the calls of a sync with a small simulated store are
counted on a database of their own; a count above its limit fails. Then `perf_compare` runs with few pairs against the
merge base with main, or the parent where that is this commit; `regress` fails, doubt only warns. Exit status 0 or 1.
"""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import msgspec
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from operations.demo.articles import CATALOGUE
from operations.demo.services import seed_posts
from perfhooks.bench.database import own_database
from perfhooks.comparison.pairing import QUICK_PAIRS, QUICK_PAIRS_MAX
from perfhooks.comparison.worktrees import GitError, find_commit, run_git
from perfhooks.queries import count_queries
from products.catalog.services import get_or_create_store
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from products.upsert.rows import ProductRow, hash_row
from scripts.paired_scenarios import UPSERTED_ROWS, make_rows, upsert

ROOT = Path(__file__).resolve().parents[1]
PRODUCTS = 60
SECONDS_PER_RUN = 0.3
MAIN_BRANCHES = ("origin/main", "main")
ADMIN_LIST_QUERIES_MAX = 8
TIGHTER_LISTS = {"catalog.product": 7}
LOGIN_QUERIES = 2
API_QUERIES_MAX = 1 + LOGIN_QUERIES
UNCHANGED_QUERIES, UNCHANGED_ROWS_WRITTEN = 1, 0
CHANGED_QUERIES_MAX = {"sqlite": 13, "postgresql": 17}
WORDS = {"ok": "이상 없음", "suspect": "의심", "too noisy": "판정 불가", "regress": "느려졌습니다"}


@dataclass(frozen=True, slots=True)
class Count:
    """Something that was counted, and the most that it may be."""

    name: str
    value: int
    limit: int

    @property
    def is_kept(self) -> bool:
        """Whether the count stays within its limit."""
        return self.value <= self.limit


class CompareError(RuntimeError):
    """The two commits could not be compared."""


def count_sync() -> Iterator[Count]:
    """HTTP calls of a first sync, and of a second one with nothing changed, by the store's own count."""
    with SimulatorProcess(CATALOGUE, products=PRODUCTS) as shop:
        limits = {"첫 동기화": (PRODUCTS, PRODUCTS + 2), "변화 없는 동기화": (0, 2)}
        for name, (details, calls) in limits.items():
            shop.reset_counters()
            sync_store(run_id=start_run(store_code="quick", api_url=shop.url))
            requests = shop.counters()["requests"]
            asked = sum(number for route, number in requests.items() if "origin-products/" in route)
            yield Count(f"{name}: 상세 요청", asked, details)
            yield Count(f"{name}: 모든 요청", sum(requests.values()), calls)


def count_upsert() -> Iterator[Count]:
    """Queries and written rows of a batch of which nothing changed, and of one of which everything did."""
    store = get_or_create_store(code="batch", name="batch")
    rows = make_rows(UPSERTED_ROWS)
    upsert(store, rows)
    with count_queries() as counted:
        upsert(store, rows)
    yield Count(f"변화 없는 {UPSERTED_ROWS}행 upsert: 쿼리", counted.queries, UNCHANGED_QUERIES)
    yield Count(f"변화 없는 {UPSERTED_ROWS}행 upsert: 기록 행", counted.rows_written, UNCHANGED_ROWS_WRITTEN)
    with count_queries() as counted:
        upsert(store, [change(row) for row in rows])
    yield Count(f"모두 바뀐 {UPSERTED_ROWS}행 upsert: 쿼리", counted.queries, CHANGED_QUERIES_MAX[connection.vendor])


def change(row: ProductRow) -> ProductRow:
    """The row at another price."""
    dearer = msgspec.structs.replace(row, price=row.price + 1_000)
    return msgspec.structs.replace(dearer, content_hash=hash_row(dearer))


def count_pages() -> Iterator[Count]:
    """Queries of every list of the admin, and of the API's pages, as an administrator opens them."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(get_user_model().objects.create_superuser("quick", password=None))
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label_lower):
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield count_page(client, address, TIGHTER_LISTS.get(model._meta.label_lower, ADMIN_LIST_QUERIES_MAX))
    products = reverse("api-product-list")
    first = client.get(products).json()["results"][0]["id"]
    for address in (f"{products}?page_size=50", reverse("api-product-detail", args=[first])):
        yield count_page(client, address, API_QUERIES_MAX)


def count_page(client: Client, address: str, limit: int) -> Count:
    """Queries of a page at its second visit: content types and the like are read once a process."""
    client.get(address)
    with count_queries() as counted:
        answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}")
    return Count(f"{address}: 쿼리", counted.queries, limit)


def count_everything() -> list[Count]:
    """All counts, on a database of their own."""
    with own_database():
        seed_posts()
        return [*count_sync(), *count_upsert(), *count_pages()]


def find_base() -> str:
    """The commit to compare with: the merge base with main, or the parent; empty where there is none."""
    try:
        head = find_commit(ROOT, "HEAD")
        for branch in MAIN_BRANCHES:
            if run_git(ROOT, "branch", "--all", "--list", branch, f"remotes/{branch}"):
                base = run_git(ROOT, "merge-base", "HEAD", branch)
                if base != head:
                    return base
        return find_commit(ROOT, "HEAD^")
    except GitError:
        return ""


def compare(base: str) -> dict[str, Any]:
    """What `perf_compare` says, with few pairs; raises CompareError with its words where it could not compare."""
    plan = [f"--pairs={QUICK_PAIRS}", f"--pairs-max={QUICK_PAIRS_MAX}", f"--seconds={SECONDS_PER_RUN}", "--json"]
    done = subprocess.run(
        [sys.executable, "manage.py", "perf_compare", "--base", base, *plan], cwd=ROOT, capture_output=True, text=True
    )
    if not done.stdout:
        raise CompareError(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def report(counts: list[Count], comparison: dict[str, Any] | None, seconds: float) -> None:
    """Print the counts that matter and the verdicts."""
    table = Table("센 것", "값", "한도", "판정", title="횟수 예산", title_justify="left")
    for count in counts:
        table.add_row(count.name, str(count.value), str(count.limit), "통과" if count.is_kept else "[bold red]초과")
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    for each in comparison["scenarios"] if comparison else ():
        ratios = (each[figure]["ratio"]["median"] for figure in ("wall", "cpu"))
        figures = " · ".join(f"{name} {ratio:.3f}" for name, ratio in zip(("p50", "CPU"), ratios, strict=True))
        console.print(f"{each['scenario']}: {figures} ({each['pairs']}쌍) → {WORDS[each['verdict']]}", highlight=False)
    if comparison is None:
        console.print("비교하지 않았습니다: 앞선 커밋이 없거나 --no-compare입니다.")
    console.print(f"{seconds:.0f}초 걸렸습니다.", style="dim")


def main() -> int:
    """Count, compare, report."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="", help="비교할 커밋 (기본: main과 갈라진 곳, 아니면 부모)")
    parser.add_argument("--no-compare", action="store_true", help="횟수만 셉니다")
    parser.add_argument("--json", action="store_true", help="표 대신 JSON을 출력합니다")
    options = parser.parse_args()
    started = time.monotonic()
    counts = count_everything()
    base = "" if options.no_compare else options.base or find_base()
    try:
        comparison = compare(base) if base else None
    except CompareError as error:
        report(counts, None, time.monotonic() - started)
        print(error, file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    if options.json:
        rows = [{**asdict(count), "is_kept": count.is_kept} for count in counts]
        print(json.dumps({"counts": rows, "comparison": comparison, "seconds": seconds}, ensure_ascii=False))
    else:
        report(counts, comparison, seconds)
    is_slower = comparison is not None and comparison["verdict"] == "regress"
    return 0 if all(count.is_kept for count in counts) and not is_slower else 1


if __name__ == "__main__":
    sys.exit(main())
