"""The scratch database of the load bench, on the database that DATABASE_URL names.

    python scripts/bench_database.py prepare --products 100000     prints what it did as JSON
    python scripts/bench_database.py queries --endpoint /admin/products

Every product is made from its number alone, so that two runs meet the same catalogue. A database that holds it already
is used again, with its priorities put back. The name must begin with jangbu_bench, since whatever else it holds is lost.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.prod")

import django

django.setup()

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import timezone

from perfhooks.models import ListUsage
from perfhooks.queries import copy_rows, count_queries
from products.catalog.indexing import rebuild_index
from products.catalog.models import CatalogueRevision, CatalogueScan, Category, PriceObservation, Product, Store

NAME_PREFIX = "jangbu_bench"
MADE_BY = 1
"""Counts up whenever `make_product` makes something else."""
MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
ROWS_A_BATCH = 5_000
EDITOR = "bench_editor"
WORDS = {
    "brand": "온담 한빛 새봄 누리 다온 가람 해솔 미르 보늬 아라 나래 도담 라온 소담 여울 이든 초록 푸른 하람 휘연",
    "kind": "청소기 이어폰 선풍기 가습기 전기포트 믹서기 다리미 스탠드 의자 책상 매트리스 베개 이불 수건 텐트 침낭 랜턴 물병 "
    "배낭 운동화 양말 티셔츠 바지 외투 모자 장갑 우산 지갑 시계 안경 칫솔 샴푸 로션 향수 비누 세제 휴지 냄비 프라이팬 도마 칼 "
    "접시 컵 수저 쌀 김치 라면 커피 차 과자 사료 간식 장난감 블록 퍼즐 공책 연필 가방 키보드 마우스",
    "quality": "무선 초경량 저소음 대용량 접이식 휴대용 방수 친환경 고급 실속 국산 저자극 빠른 따뜻한 시원한 튼튼한",
}
BRANDS, KINDS, QUALITIES = (WORDS[of].split() for of in ("brand", "kind", "quality"))
STATUSES = ("SALE",) * 88 + ("OUTOFSTOCK",) * 6 + ("SUSPENSION",) * 3 + ("CLOSE",) * 2 + ("DELETE",)
PAGES = {
    "[first]": "",
    "[filter]": "?status__exact=SALE",
    "[sort]": "?o=-6",
    "[search]": "?q=JB-0000007",
    "[page]": "?p=2",
}


def scatter(number: int, salt: int, size: int) -> int:
    """A number below `size` that looks like chance and is always the same."""
    mixed = (number * 2_654_435_761 + salt * 40_503) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 15) * 2_246_822_519) & 0xFFFFFFFF
    return (mixed ^ mixed >> 13) % size


def make_priority(number: int) -> int:
    """Editors have ranked one product in ten."""
    return 1 + scatter(number, 9, 999) if number % 10 == 0 else 0


def make_product(number: int, store: int, categories: list[int]) -> dict[str, Any]:
    """The column values of product `number`, counted from 1."""
    kind = scatter(number, 1, len(KINDS))
    brand = BRANDS[scatter(number, 2, len(BRANDS))]
    quality = " ".join(QUALITIES[scatter(number, salt, len(QUALITIES))] for salt in (3, 4))
    price = 5_000 + scatter(number, 5, 9_950) * 100
    discounted = price * (100 - scatter(number, 6, 41)) // 1_000 * 10
    return {
        "store_id": store,
        "origin_product_no": 10_000_000_000 + number,
        "channel_product_nos": json.dumps([11_000_000_000 + number]),
        "sku": f"JB-{number:07d}",
        "seller_code": f"JB-{number:07d}",
        "barcode": f"880{number:010d}",
        "name": f"{brand} {quality} {KINDS[kind]} {chr(65 + number % 26)}{number % 1_000}",
        "brand": brand,
        "manufacturer": f"{brand}산업",
        "model_name": f"{chr(65 + number % 26)}{number % 1_000}",
        "category_id": categories[kind],
        "status": STATUSES[scatter(number, 7, len(STATUSES))],
        "price": price,
        "discounted_price": discounted,
        "discount_starts_at": None,
        "discount_ends_at": None,
        "benefits": json.dumps({"purchase_point": discounted // 100}),
        "stock": scatter(number, 8, 1_000),
        "image_url": "",
        "description": "한 번 쓰면 다른 것은 못 씁니다. 자세한 사용법은 상자 안의 설명서를 보세요. " * 4,
        "attributes": json.dumps({"무게": f"{number % 90 / 10}kg", "색상": "흰색"}, ensure_ascii=False),
        "summary_hash": f"{number:032x}",
        "content_hash": f"{number:032x}",
        "revision": 1,
        "source_modified_at": MADE_AT,
        "updated_at": MADE_AT + timedelta(minutes=number // ROWS_A_BATCH),
        "priority": make_priority(number),
        "version": 0,
        "hold": False,
    }


def describe_shape(products: int) -> str:
    """What a prepared database is known by: how many products, how made, on which migrations."""
    migrations = sorted(MigrationLoader(None).disk_migrations)
    digest = hashlib.sha256(repr(migrations).encode()).hexdigest()[:16]
    return f"{products} {MADE_BY} {digest}"


def is_prepared(shape: str) -> bool:
    """Whether the database holds this shape already."""
    try:
        with transaction.atomic():
            return Store.objects.filter(code="bench", name=shape).exists()
    except DatabaseError:
        return False


def empty_database() -> None:
    """Leave nothing, not even tables."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        return
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{connection.settings_dict['NAME']}{suffix}").unlink(missing_ok=True)


def write_rows(table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """Write rows the quickest way that the database has."""
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy_rows(cursor, f"COPY {table} ({names}) FROM STDIN", rows)
            return
        marks = ", ".join(["%s"] * len(columns))
        while batch := list(islice(rows, ROWS_A_BATCH)):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)  # noqa: S608 - names of our models


def fill_database(products: int) -> None:
    """Make the categories, the products, and one observed price for each."""
    store = Store.objects.create(code="bench", name="bench").pk
    CatalogueRevision.objects.create(number=1, store_id=store, trace_id="bench-database")
    kinds = [Category(source_id=str(50_000_000 + at), name=kind, path=f"생활>{kind}") for at, kind in enumerate(KINDS)]
    categories = [category.pk for category in Category.objects.bulk_create(kinds)]
    columns = [str(column.column) for column in Product._meta.concrete_fields if not column.primary_key]
    adapt: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value

    def iter_rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, products + 1):
            values = make_product(number, store, categories)
            yield tuple(adapt(v) if isinstance(v, datetime) else v for v in (values[column] for column in columns))

    write_rows(Product._meta.db_table, columns, iter_rows())
    seen, product = PriceObservation._meta.db_table, Product._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {seen} (product_id, revision, observed_at, price, discounted_price, benefits, trace_id)"  # noqa: S608 - names of our models
            f" SELECT id, 1, updated_at, price, discounted_price, benefits, 'bench-database' FROM {product}"
        )
    with without_word_index():
        rebuild_index()


@contextmanager
def without_word_index() -> Iterator[None]:
    """The word index of PostgreSQL is made at the end, which is quicker than keeping it."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'product_search_terms'"
        )
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX product_search_terms")
        yield
        cursor.execute(definition)


def put_back() -> None:
    """Undo what earlier runs have left: priorities, history, sessions, counts; prices are confirmed as of now."""
    edited = list(Product.objects.filter(version__gt=0).only("pk", "origin_product_no"))
    for row in edited:
        row.priority, row.version = make_priority(row.origin_product_no - 10_000_000_000), 0
    Product.objects.bulk_update(edited, ["priority", "version"], batch_size=500)
    for model in (LogEntry, Session, ListUsage, CatalogueScan):
        model._default_manager.all().delete()
    CatalogueScan.objects.create(store=Store.objects.get(code="bench"), scanned_at=timezone.now(), is_complete=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def ensure_editor(password: str) -> None:
    """A member of staff who may look at everything and change products, as an editor may."""
    editor, _is_new = User.objects.get_or_create(username=EDITOR, defaults={"is_staff": True})
    editor.set_password(password)
    editor.save()
    allowed = Permission.objects.filter(codename__startswith="view_") | Permission.objects.filter(
        codename="change_product", content_type__app_label="catalog"
    )
    editor.user_permissions.set(allowed)


def prepare(products: int, password: str) -> dict[str, Any]:
    """Bring the database to its shape; says how many products it holds and whether they were there already."""
    shape = describe_shape(products)
    is_reused = is_prepared(shape)
    if not is_reused:
        empty_database()
        call_command("migrate", verbosity=0, interactive=False)
        fill_database(products)
        Store.objects.filter(code="bench").update(name=shape)
    put_back()
    ensure_editor(password)
    return {"products": Product.objects.count(), "is_reused": is_reused, "database": connection.vendor}


def count_page_queries(endpoint: str) -> dict[str, int]:
    """{kind of page: statements that its second call sends}, counted in this process on the same data."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=EDITOR))
    counts = {}
    for name, query in PAGES.items():
        client.get(f"{endpoint}{query}")
        with count_queries() as counted:
            status = client.get(f"{endpoint}{query}").status_code
        if status != 200:
            raise SystemExit(f"{endpoint}{query}: 응답 {status}")
        counts[f"{endpoint} {name}"] = counted.queries
    return counts


def main() -> int:
    """Do what the command line asks; refuses a database that is no scratch database with 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["prepare", "queries"])
    parser.add_argument("--products", type=int, default=100_000, help="default 100,000")
    parser.add_argument("--endpoint", default="/admin/products", help="default /admin/products")
    options = parser.parse_args()
    name = Path(str(connection.settings_dict["NAME"])).name
    if not name.startswith(NAME_PREFIX):
        print(f"DATABASE_URL: {name}은(는) {NAME_PREFIX}로 시작하지 않아 건드리지 않습니다.", file=sys.stderr)
        return 2
    if options.action == "prepare":
        done: dict[str, Any] = prepare(options.products, os.environ["LOAD_PASSWORD"])
    else:
        done = count_page_queries(options.endpoint)
    print(json.dumps(done, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
