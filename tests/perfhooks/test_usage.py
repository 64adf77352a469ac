"""What is logged and counted of a list request, and the page that shows it."""

import json
import os
import subprocess
import sys
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from perfhooks import usage, usagebuffer
from perfhooks.models import ListUsage, UsageKind
from perfhooks.queries import count_queries
from perfhooks.usage import ListRequest, flush_usage, record_list_request
from perfhooks.usageadmin import read_used_lists
from tests.perfhooks.conftest import Lines
from tests.products.catalog.rows import make_category, make_product

pytestmark = pytest.mark.django_db
PRODUCTS = "admin:catalog_product_changelist"
WORKER = """
import sys
import django
django.setup()
from perfhooks.usage import ListRequest, record_list_request
for _ in range(int(sys.argv[1])):
    record_list_request(ListRequest("admin:probe"))
"""


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    usagebuffer.buffer.forget()
    for module in (usage, usagebuffer):  # a logger keeps the stream of its first line
        monkeypatch.setattr(module, "log", structlog.get_logger())


def counted(list_name: str, day: date | None = None) -> dict[tuple[str, str], int]:
    rows = ListUsage.objects.filter(list_name=list_name, day=day or timezone.localdate())
    return {(kind, key): uses for kind, key, uses in rows.values_list("kind", "key", "uses")}


def listed(lines: Lines) -> list[dict[str, object]]:
    fields = ("list", "filters", "page", "sort_key", "has_search", "search_length")
    return [{name: line[name] for name in fields} for line in lines() if line["event"] == "list_request"]


def test_a_list_of_the_admin_logs_its_filters_page_and_sort_key(admin_client: Client, lines: Lines) -> None:
    category = make_category()
    for number in range(60):
        make_product(number)

    asked = {"status__exact": "SALE", "category": str(category.pk), "o": "-6", "p": "2", "q": "무선 이어폰"}
    assert admin_client.get(reverse(PRODUCTS), asked).status_code == 200
    assert listed(lines) == [
        {
            "list": "admin:catalog.product",
            "filters": {"status__exact": "SALE", "category": str(category.pk)},
            "page": 2,
            "sort_key": "-stock",
            "has_search": True,
            "search_length": "6-10",
        }
    ]
    assert "이어폰" not in json.dumps([line for line in lines() if line["event"] == "list_request"], ensure_ascii=False)

    flush_usage()
    assert counted("admin:catalog.product") == {
        ("request", ""): 1,
        ("filter", "status__exact=SALE"): 1,
        ("filter", f"category={category.pk}"): 1,
        ("page", "2"): 1,
        ("sort", "-stock"): 1,
        ("search", "6-10"): 1,
    }


def test_a_plain_list_counts_its_first_page_in_its_own_order(admin_client: Client, lines: Lines) -> None:
    admin_client.get(reverse(PRODUCTS), {"p": "77"})
    flush_usage()
    assert counted("admin:catalog.product") == {("request", ""): 1, ("page", "1"): 1, ("sort", "default"): 1}
    (line,) = listed(lines)
    assert (line["filters"], line["page"], line["search_length"]) == ({}, 1, None)


def test_what_somebody_writes_into_the_address_is_counted_without_its_value(admin_client: Client) -> None:
    admin_client.get(reverse(PRODUCTS), {"brand__exact": "010-1234-5678"})
    flush_usage()
    assert counted("admin:catalog.product")[("filter", "brand__exact=*")] == 1


def test_saving_a_list_or_asking_wrongly_is_no_use_of_it(admin_client: Client, client: Client) -> None:
    admin_client.post(reverse(PRODUCTS), {"_save": "저장"})
    admin_client.get(reverse(PRODUCTS), {"category__nonsense": "1"})
    client.get(reverse(PRODUCTS))
    flush_usage()
    assert counted("admin:catalog.product") == {}


def test_a_list_of_the_api_logs_its_filters_and_cursor(admin_client: Client, lines: Lines) -> None:
    make_product(1)
    make_product(2)
    address = reverse("api-product-list")
    first = admin_client.get(address, {"status": "SALE", "q": "이어폰", "page_size": "1"}).json()
    assert admin_client.get(first["next"]).status_code == 200
    assert admin_client.get(address, {"page_size": "0"}).status_code == 400

    assert [(line["list"], line["filters"], line["page"], line["sort_key"]) for line in listed(lines)] == [
        ("api:products", {"status": "SALE"}, 1, "updated_at,id"),
        ("api:products", {"status": "SALE"}, "cursor", "updated_at,id"),
    ]
    flush_usage()
    assert counted("api:products") == {
        ("request", ""): 2,
        ("filter", "status=SALE"): 2,
        ("page", "1"): 1,
        ("page", "cursor"): 1,
        ("sort", "updated_at,id"): 2,
        ("search", "3-5"): 2,
    }


def test_a_page_costs_no_write_and_counts_add_up(admin_client: Client) -> None:
    admin_client.get(reverse(PRODUCTS))
    for _ in range(3):
        with count_queries() as page:
            admin_client.get(reverse(PRODUCTS))
        assert page.rows_written == 0
    assert not ListUsage.objects.exists()

    assert flush_usage() == 3
    admin_client.get(reverse(PRODUCTS))
    flush_usage()
    assert flush_usage() == 0
    assert counted("admin:catalog.product")[("request", "")] == 5


def test_no_count_is_lost_between_threads() -> None:
    def ask() -> None:
        for _ in range(500):
            record_list_request(ListRequest("admin:probe"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flush_usage()
    assert counted("admin:probe")[("request", "")] == 2_000


def test_counts_that_the_database_refuses_are_written_later(monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    def refuse(*_args: object) -> None:
        raise DatabaseError("disk full")

    record_list_request(ListRequest("admin:probe"))
    with monkeypatch.context() as patched:
        patched.setattr(usagebuffer, "_add_to_table", refuse)
        assert flush_usage() == 0
    assert [line["error"] for line in lines() if line["event"] == "list_usage_not_written"] == ["disk full"]

    record_list_request(ListRequest("admin:probe"))
    flush_usage()
    assert counted("admin:probe")[("request", "")] == 2


def test_endless_different_values_do_not_fill_the_memory() -> None:
    for number in range(usagebuffer.KEYS_HELD_MAX + 50):
        record_list_request(ListRequest("admin:probe", filters={"sku": str(number)}))
    assert flush_usage() <= usagebuffer.KEYS_HELD_MAX + 4
    assert counted("admin:probe")[("filter", "other")] >= 50


@pytest.mark.django_db(transaction=True)
def test_several_processes_write_what_they_counted_when_they_end(tmp_path: Path) -> None:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"sqlite:///{settings['NAME']}"
    else:
        who = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
        address = f"postgres://{who}@{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "JANGBU_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
    }
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, str(uses)], env=environment) for uses in (3, 40)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    assert counted("admin:probe")[("request", "")] == 43


def store_usage(list_name: str, kind: str, key: str, uses: int, days_ago: int = 0) -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    ListUsage.objects.create(day=day, list_name=list_name, kind=kind, key=key, uses=uses)


def test_the_page_shows_what_is_used_most_over_both_spans(admin_client: Client) -> None:
    store_usage("admin:catalog.product", UsageKind.REQUEST, "", 10)
    store_usage("admin:catalog.product", UsageKind.REQUEST, "", 30, days_ago=7)
    store_usage("admin:catalog.product", UsageKind.REQUEST, "", 500, days_ago=28)
    store_usage("admin:catalog.product", UsageKind.FILTER, "status__exact=SALE", 5)
    store_usage("admin:catalog.product", UsageKind.SORT, "default", 25, days_ago=7)
    store_usage("api:products", UsageKind.REQUEST, "", 2)
    store_usage("api:products", UsageKind.PAGE, "cursor", 1)

    products, api = read_used_lists(timezone.localdate())
    assert (products.title, products.short, products.long) == ("상품 (관리자)", 10, 40)
    assert [(row.kind, row.key, row.short, row.long, row.share) for row in products.rows] == [
        ("정렬", "기본 순서", 0, 25, 62.5),
        ("필터", "status__exact=SALE", 5, 5, 12.5),
    ]
    assert (api.title, [row.key for row in api.rows]) == ("products (API)", ["다음 쪽(cursor)"])

    page = admin_client.get(reverse("admin:perfhooks_listusage_changelist")).content.decode()
    for text in ("목록 사용", "상품 (관리자)", "status__exact=SALE", "기본 순서", "최근 7일", "최근 28일"):
        assert text in page


def test_the_page_keeps_to_the_twenty_most_used_of_a_list() -> None:
    for number in range(25):
        store_usage("api:products", UsageKind.FILTER, f"category={number}", 100 - number)
    (api,) = read_used_lists(timezone.localdate())
    assert [row.key for row in api.rows] == [f"category={number}" for number in range(20)]
    assert api.rows_left_out == 5


def test_without_any_use_the_page_says_so_and_strangers_do_not_see_it(admin_client: Client, client: Client) -> None:
    address = reverse("admin:perfhooks_listusage_changelist")
    assert "센 요청이 없습니다" in admin_client.get(address).content.decode()
    assert client.get(address).status_code == 302
