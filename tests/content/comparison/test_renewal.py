"""The renewal of many tables: its cost, its measures, and that no note of a change is lost."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from content.comparison import drafting, renewal
from content.comparison.models import ComparisonTable, TableTouch, TableVersion
from content.comparison.selectors import read_price_times
from content.comparison.services import measure_table_ages, renew_tables
from content.refresh.models import RefreshEntry
from perfhooks.queries import count_queries
from perfhooks.recorder import Recorder
from products.catalog.models import CatalogueScan
from tests.content.comparison.teashop import HAND, make_tea_shop, rows, save, show, tea
from tests.content.factories import CHECKED_AT, change_products, drain, make_post, process

pytestmark = pytest.mark.django_db


def test_tables_are_renewed_by_a_number_of_statements_that_does_not_grow() -> None:
    store = make_tea_shop()
    counted = []
    for size in (2, 12):
        for at in range(size):
            save(replace(HAND, limit=at + 1), f"t-{size}-{at}")
        change_products(store, tea(1, discounted_price=1_000 + size))
        with count_queries() as queries:
            assert renew_tables().renewed >= size
        counted.append(queries.queries)
    assert counted[0] == counted[1]


def test_a_table_that_fails_keeps_its_note_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_tea_shop()
    broken = save(name="broken")
    save()
    change_products(store, tea(1, discounted_price=4_000))
    draft = drafting.draft_table

    def fail(products: Any, spec: Any = None) -> Any:
        if len(TableVersion.objects.filter(table=broken)) and spec and spec.limit == 3:
            raise RuntimeError("broken plan")
        return draft(products, spec)

    ComparisonTable.objects.filter(pk=broken.pk).update(spec={**broken.spec, "limit": 3})
    monkeypatch.setattr(renewal, "draft_table", fail)
    counts = renew_tables()
    assert (counts.renewed, counts.failed) == (1, 1)
    assert list(TableTouch.objects.values_list("table_id", flat=True)) == [broken.pk]
    monkeypatch.undo()
    assert renew_tables().renewed == 1


def test_propagation_and_staleness_are_measured() -> None:
    store = make_tea_shop()
    table = save()
    show()
    change_products(store, tea(1, discounted_price=4_000))
    with Recorder() as recorder:
        renew_tables()
        assert measure_table_ages() == 1
    [took] = recorder.samples("table_update_propagation_seconds")
    assert 0 <= took < 60
    [age] = recorder.samples("table_staleness_seconds")
    assert age == pytest.approx((timezone.now() - CHECKED_AT).total_seconds(), abs=60)
    assert read_price_times([table.pk]) == {table.pk: CHECKED_AT}
    CatalogueScan.objects.all().delete()
    assert read_price_times([table.pk]) == {table.pk: None}
    version = TableVersion.objects.get(table=table, number=2)
    assert version.touched_at is not None


def test_a_posts_own_table_is_left_to_the_posts_processing_while_it_waits() -> None:
    store = make_tea_shop()
    post = make_post("{{ table }}\n\n{{ price:JB-1 }}", title="녹차 비교")
    process(post)
    drain()
    change_products(store, tea(1, discounted_price=4_000))
    assert renew_tables().looked == 0
    process(post)
    assert not TableTouch.objects.exists()
    assert TableVersion.objects.count() == 2
    drain()
    change_products(store, tea(9, discounted_price=1_000))
    assert renew_tables().renewed == 1, "a product that enters it is nobody else's to see"
    assert RefreshEntry.objects.filter(state="queued", post=post).count() == 1


def test_a_change_noted_while_its_table_is_renewed_is_looked_at_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_tea_shop()
    save()
    plan = renewal.plan_tables

    def change_after(tables: Any, since: Any = None) -> Any:
        planned = plan(tables, since)
        change_products(store, tea(1, discounted_price=3_000))
        return planned

    change_products(store, tea(1, discounted_price=4_000))
    monkeypatch.setattr(renewal, "plan_tables", change_after)
    assert renew_tables().renewed == 1
    monkeypatch.undo()
    assert TableTouch.objects.count() == 1
    assert renew_tables().renewed == 1
    assert rows()[1][1] == "3,000원"


def test_an_overtaken_table_is_renewed_though_nobody_noted_it() -> None:
    store = make_tea_shop()
    save()
    change_products(store, tea(1, discounted_price=4_000))
    TableTouch.objects.all().delete()
    assert renew_tables().renewed == 1
    assert renew_tables().looked == 0
