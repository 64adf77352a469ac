"""Asking a store for a few products: each filter finds what it says, and each detail belongs to the number asked for."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from products.catalog.models import Product
from products.storesync.lookup import look_up
from products.storesync.mapping import KST
from products.storesync.queries import ListQuery, QueryError
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import STORE_CODE, Sync


def list_found(store: SimulatorProcess, **conditions: Any) -> list[int]:
    found = look_up(store_code=STORE_CODE, query=ListQuery(**conditions), limit=100, api_url=store.url)
    assert all(answer.problem == "" for answer in found.answers)
    assert found.found == len(found.answers)
    return [answer.origin_product_no for answer in found.answers]


def read_channels(store: SimulatorProcess, number: int) -> list[int]:
    return [channel["channelProductNo"] for channel in store.catalogue()[number]["list"]["channelProducts"]]


@pytest.mark.django_db
def test_each_condition_finds_what_it_names(store: SimulatorProcess) -> None:
    numbers = sorted(store.catalogue())
    first, second, third = numbers[:3]
    store.mutate(
        [
            {"originProductNo": first, "set": {"sellerManagementCode": "CODE-ALONE"}},
            {"originProductNo": second, "set": {"statusType": "PROHIBITION"}},
        ]
    )
    today = datetime.now(KST).date()
    assert sorted(list_found(store, origin_product_nos=[third, first])) == [first, third]
    assert list_found(store, channel_product_nos=read_channels(store, second)) == [second]
    assert list_found(store, seller_code="CODE-ALONE") == [first]
    assert list_found(store, statuses=["PROHIBITION"]) == [second]
    assert {first, second} <= set(list_found(store, since=today - timedelta(days=1), until=today))
    assert list_found(store, since=date(2001, 1, 1), until=date(2001, 1, 2)) == []
    assert sorted(list_found(store, order="LOW_PRICE")) == numbers != list_found(store, order="LOW_PRICE")


@pytest.mark.django_db
def test_a_detail_is_asked_by_the_kind_of_number_that_was_given(store: SimulatorProcess) -> None:
    number = min(store.catalogue())
    (channel, *_others) = read_channels(store, number)
    for query in (ListQuery(origin_product_nos=[number]), ListQuery(channel_product_nos=[channel])):
        found = look_up(store_code=STORE_CODE, query=query, api_url=store.url)
        (answer,) = found.answers
        assert (answer.origin_product_no, answer.is_known) == (number, False)
        assert answer.said["description"]
        assert answer.trace_id
    requests = store.counters()["requests"]
    paths = ("/v2/products/origin-products/{originProductNo}", "/v2/products/channel-products/{channelProductNo}")
    assert [requests[path] for path in paths] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_only_what_differs_from_the_ledger_is_said(
    store: SimulatorProcess, sync: Sync, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sync()
    settings.STORE_API_URL = store.url
    number, other = sorted(store.catalogue())[:2]
    held = Product.objects.get(origin_product_no=number)
    store.mutate([{"originProductNo": number, "set": {"salePrice": 54_320}}])
    call_command("ask_store", "--store", STORE_CODE, "--number", str(number), str(other))
    shown = capsys.readouterr().out
    assert f"판매가: 스토어 54,320 / 원장 {held.price:,}" in shown
    assert shown.count("원장과 같습니다.") == 1
    call_command("ask_store", "--store", STORE_CODE, "--number", str(number), "--json")
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["differences"]["price"] == [54_320, held.price]
    held.refresh_from_db()
    assert held.price != 54_320


@pytest.mark.django_db
def test_a_product_that_cannot_be_kept_is_shown_with_the_reason(store: SimulatorProcess) -> None:
    number = min(store.catalogue())
    store.mutate([{"originProductNo": number, "set": {"salePrice": 0}}])
    found = look_up(store_code=STORE_CODE, query=ListQuery(origin_product_nos=[number]), api_url=store.url)
    assert "0원은" in found.answers[0].problem


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"origin_product_nos": [1], "seller_code": "A"}, "originProductNos"),
        ({"channel_product_nos": [1], "statuses": ["SALE"]}, "channelProductNos"),
        ({"seller_code": "A", "since": date(2026, 11, 1)}, "sellerManagementCode"),
        ({"origin_product_nos": range(501)}, "originProductNos"),
        ({"statuses": ["SOLD"]}, "statuses"),
        ({"order": "BEST"}, "order"),
        ({"period": "YESTERDAY"}, "period"),
        ({"since": date(2026, 11, 2), "until": date(2026, 11, 1)}, "since"),
    ],
)
def test_what_the_store_would_refuse_or_ignore_is_refused_before(conditions: dict[str, Any], field: str) -> None:
    with pytest.raises(QueryError) as caught:
        ListQuery(**conditions)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--number", "1", "--status", "SALE"], "originProductNos"),
        (["--limit", "501"], "--limit"),
        (["--number", "1"], "STORE_API_URL"),
    ],
)
@pytest.mark.django_db
def test_a_question_that_cannot_be_asked_says_what_to_change(words: list[str], said: str, settings: Any) -> None:
    settings.STORE_API_URL = ""
    with pytest.raises(CommandError, match=said):
        call_command("ask_store", *words)
