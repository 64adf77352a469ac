"""Versions kept before rows were shared are read as they were, and go back whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from content.comparison.drafting import TableRow
from content.comparison.models import TableRowContent
from content.comparison.selectors import get_tables, read_versions, select_table_versions
from content.comparison.services import renew_tables
from content.posts.models import Post
from tests.content.factories import make_post, make_shop

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("comparison", "0001_initial"), ("comparison", "0004_drop_copied_rows")
COLUMNS = ["상품", "브랜드", "가격", "할인", "혜택", "재고", "무게"]


def migrate(target: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """A shop and two posts with the tables as they were; afterwards as they are."""
    make_shop({"number": 1}, {"number": 2})
    make_post("{{ table }}", slug="a")
    make_post(slug="b")
    yield migrate(BEFORE)
    migrate(AFTER)


def make_old_row(number: int, price: str, *, store: str | None = "my-store") -> dict[str, Any]:
    row = {
        "sku": f"JB-{number}",
        "origin_product_no": number,
        "cells": ["이름 '\"🍵", "-", price, "-", "-", "있음", "1kg"],
    }
    return row if store is None else {**row, "store_code": store}


def test_every_version_keeps_its_cells(old_apps: Any) -> None:
    post = Post.objects.get(slug="a")
    table = old_apps.get_model("comparison", "ComparisonTable").objects.create(
        post_id=post.pk, spec={"named": [], "match": "JB-1", "category": "디지털/가전>생활가전>청소기"}
    )
    empty = old_apps.get_model("comparison", "ComparisonTable").objects.create(
        post_id=Post.objects.get(slug="b").pk, spec={}
    )
    old = old_apps.get_model("comparison", "TableVersion")
    contents = [
        [make_old_row(1, "1,000원", store=None)],
        [make_old_row(1, "1,000원"), make_old_row(2, "2,000원")],
        [make_old_row(1, "900원"), make_old_row(2, "2,000원")],
        [],
    ]
    for number, rows in enumerate(contents, start=1):
        old.objects.create(
            table_id=table.pk, number=number, revision=number, columns=COLUMNS, rows=rows, content_hash=f"{number:064}",
            trace_id="t", built_at=timezone.now(),
        )  # fmt: skip
    before = list(old.objects.order_by("id").values("id", "number", "rows", "content_hash", "columns"))
    new_apps = migrate(AFTER)
    versions = list(select_table_versions(table.pk).select_related("table").order_by("number"))
    read = read_versions(versions)
    assert [list(facts.rows) for facts in read] == [
        [TableRow(row["sku"], row.get("store_code", ""), row["origin_product_no"], tuple(row["cells"])) for row in rows]
        for rows in contents
    ]
    assert TableRowContent.objects.count() == 4, "one row is said by two versions"
    assert read[0].keys == ("name", "brand", "price", "discount", "benefits", "stock", "attr:무게")
    facts = get_tables(post.pk, ()).get("")
    assert facts is not None
    assert facts.number == 4
    kept = new_apps.get_model("comparison", "ComparisonTable").objects.in_bulk()
    assert (kept[table.pk].number, kept[empty.pk].number) == (4, 0)
    assert kept[table.pk].rule_category == "디지털/가전>생활가전>청소기"
    back = migrate(BEFORE).get_model("comparison", "TableVersion")
    returned = list(back.objects.order_by("id").values("id", "number", "rows", "content_hash", "columns"))
    for row in before[0]["rows"]:
        row["store_code"] = ""
    assert returned == before


def test_what_was_shown_is_found_by_its_products(old_apps: Any) -> None:
    post = Post.objects.get(slug="a")
    table = old_apps.get_model("comparison", "ComparisonTable").objects.create(post_id=post.pk, spec={})
    old_apps.get_model("comparison", "TableVersion").objects.create(
        table_id=table.pk, number=1, revision=1, columns=COLUMNS, content_hash="0" * 64, trace_id="t",
        built_at=timezone.now(), rows=[make_old_row(1, "1원"), make_old_row(2, "2원", store=None), make_old_row(9, "3원")],
    )  # fmt: skip
    links = migrate(AFTER).get_model("comparison", "TableLink")
    assert sorted(links.objects.values_list("sku", "revision")) == [("JB-1", 1), ("JB-2", 1)]
    assert renew_tables().failed == 0
