"""Details that are read although the list says nothing new: too old, or past a boundary; and what is read first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from products.catalog.models import Placement, Product
from products.storesync.checks import check_detail_ages
from products.storesync.client import StoreClient
from products.storesync.decoding import decode_detail
from products.storesync.mapping import list_price_boundaries
from products.storesync.models import DetailReading, SyncRun
from products.storesync.simulator.process import SimulatorProcess
from tests.products.storesync.conftest import Sync, assert_equal_to_store, find_store

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SetTime = Callable[[timedelta], None]


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> SetTime:
    """Set the time of record to so much after the start; called once with nothing at the start itself."""

    def move(passed: timedelta) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int((START + passed).timestamp())))

    move(timedelta())
    return move


def read_asked(store: SimulatorProcess) -> list[int]:
    return sorted(map(int, store.counters()["details"]))


def discount(start: str, end: str) -> dict[str, object]:
    window = {"startDate": start, "endDate": end}
    return {"immediateDiscountPolicy": {"discountMethod": {"value": 10, "unitType": "PERCENT", **window}}}


def test_every_kept_detail_has_its_reading(sync: Sync, pass_time: SetTime) -> None:
    sync()
    readings = DetailReading.objects.filter(store=find_store(), read_at=START)
    assert set(readings.values_list("origin_product_no", flat=True)) == set(
        Product.objects.values_list("origin_product_no", flat=True)
    )


def test_old_details_are_read_again_a_few_at_a_time_the_oldest_first(
    sync: Sync, store: SimulatorProcess, settings: Settings, pass_time: SetTime
) -> None:
    settings.STORE_OLD_DETAILS_PER_RUN = 25
    sync()
    pass_time(timedelta(days=7))
    assert sync().planned == 0, "not older than a week yet"
    pass_time(timedelta(days=7, minutes=1))
    counts: list[int] = []
    asked: set[int] = set()
    for _run in range(4):
        store.reset_counters()
        counts.append(sync().planned)
        again = set(read_asked(store))
        assert not again & asked, "no detail twice before all were read"
        asked |= again
    assert counts == [25, 25, 13, 0]
    assert SyncRun.objects.order_by("pk")[2].reasons == {"old": 25}


def test_an_edit_that_left_no_trace_in_the_list_is_found_by_age(
    sync: Sync, store: SimulatorProcess, pass_time: SetTime
) -> None:
    sync()
    number = store.mutate([{"pick": 1, "set": {"description": "조용히 고친 설명입니다."}}], touch=False)["changed"][0]
    pass_time(timedelta(days=8))
    facts = sync()
    assert (facts.planned, facts.updated, facts.skipped) == (63, 1, 62)
    assert Product.objects.get(origin_product_no=number).description.count("조용히 고친 설명입니다.") == 1
    assert_equal_to_store(store)


def test_a_greatest_age_of_nothing_is_no_age(
    sync: Sync, store: SimulatorProcess, settings: Settings, pass_time: SetTime
) -> None:
    settings.STORE_DETAIL_MAX_AGE_HOURS = 0
    sync()
    pass_time(timedelta(days=400))
    sync()
    assert SyncRun.objects.latest("pk").reasons.keys() == {"boundary"}


def test_a_product_whose_reading_is_unknown_counts_as_the_oldest(
    sync: Sync, store: SimulatorProcess, settings: Settings, pass_time: SetTime
) -> None:
    settings.STORE_OLD_DETAILS_PER_RUN = 1
    sync()
    number = sorted(store.catalogue())[30]
    DetailReading.objects.filter(origin_product_no=number).delete()
    store.reset_counters()
    assert sync().planned == 1
    assert read_asked(store) == [number]


def test_a_product_that_is_gone_has_no_reading(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    gone = store.mutate(delete={"count": 2, "at": "end"})["deleted"]
    sync()
    assert DetailReading.objects.count() == 61
    assert not DetailReading.objects.filter(origin_product_no__in=gone).exists()


def test_a_failed_product_takes_no_place_among_the_old_ones(
    sync: Sync, store: SimulatorProcess, settings: Settings, pass_time: SetTime
) -> None:
    settings.STORE_OLD_DETAILS_PER_RUN = 1
    sync()
    (number,) = store.mutate([{"pick": 1, "set": {"salePrice": 0}}])["changed"]
    DetailReading.objects.filter(origin_product_no=number).update(read_at=START - timedelta(days=30))
    pass_time(timedelta(days=8))
    sync()
    facts = sync()
    assert (facts.planned, facts.refused) == (1, 1)


@pytest.mark.parametrize(
    ("window", "before", "after"),
    [
        (("2026-11-23T10:20:00.000+09:00", "2027-11-23T10:49:00.000+09:00"), 19, 20),
        (("2026-11-22T10:20:00.000+09:00", "2026-11-23T10:49:00.000+09:00"), 49, 50),
    ],
    ids=["start", "end"],
)
def test_a_boundary_that_has_passed_is_a_reason_once(
    sync: Sync, store: SimulatorProcess, pass_time: SetTime, window: tuple[str, str], before: int, after: int
) -> None:
    number = store.mutate([{"pick": 1, "set": discount(*window)}])["changed"][0]
    sync()
    pass_time(timedelta(minutes=before))
    assert sync().planned == 0
    pass_time(timedelta(minutes=after))
    store.reset_counters()
    assert sync().planned == 1
    assert read_asked(store) == [number]
    assert SyncRun.objects.latest("pk").reasons == {"boundary": 1}
    assert sync().planned == 0


def test_the_boundaries_of_a_detail() -> None:
    body = """{"originProduct": {"statusType": "SALE",
        "saleStartDate": "2026-12-01T00:00:00+09:00", "saleEndDate": "9999-12-31T23:59:00+09:00",
        "customerBenefit": {
            "immediateDiscountPolicy": {"discountMethod": {"startDate": "2026-11-24T10:10:00"}},
            "reservedDiscountPolicy": {"discountMethod": {"endDate": "2026-11-24T10:19:00+09:00"}},
            "multiPurchaseDiscountPolicy": {"discountMethod": {"startDate": "2026-11-26T00:00:00+09:00"}, "orderValue": 2},
            "promotionDiscountPolicies": [null, {"promotionName": "연말",
                "discountMethod": {"startDate": "2026-12-24T00:00:00+09:00", "endDate": "2026-12-25T23:59:00+09:00"}}]}}}"""
    assert sorted(
        moment.astimezone(UTC).isoformat() for moment in list_price_boundaries(decode_detail(body.encode()))
    ) == [
        "2026-11-24T01:10:00+00:00",
        "2026-11-24T01:20:00+00:00",
        "2026-11-25T15:00:00+00:00",
        "2026-11-30T15:00:00+00:00",
        "2026-12-23T15:00:00+00:00",
        "2026-12-25T15:00:00+00:00",
    ]


def test_a_switch_of_the_seller_is_read_in_the_order_of_what_would_be_missed_most(
    sync: Sync, store: SimulatorProcess, settings: Settings, pass_time: SetTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORE_OLD_DETAILS_PER_RUN = 2
    sync()
    numbers = sorted(store.catalogue(), reverse=True)
    old, urgent_old, plain, cheaper, shown, favourite = numbers[:6]
    products = {product.origin_product_no: product for product in Product.objects.all()}
    Product.objects.filter(origin_product_no__in=[favourite, urgent_old]).update(priority=5)
    Placement.objects.create(product=products[shown], content_id=1, revision_shown=1)
    Placement.objects.create(product=products[plain], content_id=1, revision_shown=1, is_live=False)
    DetailReading.objects.exclude(origin_product_no__in=[old, urgent_old]).update(read_at=START + timedelta(days=8))
    store.mutate(
        [
            *(
                {"originProductNo": number, "set": {"name": f"새 이름 {number}"}}
                for number in (plain, shown, favourite)
            ),
            {"originProductNo": cheaper, "set": {"salePrice": 1_000, "discountedPrice": 900}},
        ]
    )
    asked: list[int] = []
    fetch = StoreClient.fetch_detail

    def fetch_and_note(client: StoreClient, number: int, **options: str) -> object:
        asked.append(number)
        return fetch(client, number, **options)

    monkeypatch.setattr(StoreClient, "fetch_detail", fetch_and_note)
    pass_time(timedelta(days=8))
    sync(workers=1)
    assert asked == [favourite, shown, cheaper, plain, urgent_old, old]
    assert SyncRun.objects.latest("pk").reasons == {"changed": 4, "old": 2}


def test_ages_below_nothing_are_errors(settings: Settings) -> None:
    assert check_detail_ages(None) == []
    settings.STORE_DETAIL_MAX_AGE_HOURS = -1
    assert [(found.id, "STORE_DETAIL_MAX_AGE_HOURS" in str(found.msg)) for found in check_detail_ages(None)] == [
        ("storesync.E002", True)
    ]
