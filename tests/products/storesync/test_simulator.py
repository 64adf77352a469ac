"""The simulated store keeps the contract: tokens, list, detail, limits, headers, errors and pictures."""

import io
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from products.storesync.simulator.process import SimulatorProcess
from products.storesync.simulator.tokens import LIFETIME_SECONDS, REISSUE_BELOW_SECONDS
from tests.products.storesync.shop import DEMO_CATALOGUE, Shop, build_token_form

pytestmark = pytest.mark.once

PRODUCTS = 60


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(DEMO_CATALOGUE, products=PRODUCTS) as running:
        yield running


@pytest.fixture
def shop(simulator: SimulatorProcess) -> Shop:
    shop = Shop(simulator)
    assert shop.ask_token().status_code == 200
    return shop


def test_token_is_issued_for_a_right_signature(shop: Shop) -> None:
    body = shop.ask_token().json()
    assert body["token_type"] == "Bearer"
    assert 0 < body["expires_in"] <= LIFETIME_SECONDS


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_secret_sign": "JDJhJDA0JHdyb25n"}, "client_secret_sign"),
        ({"client_secret_sign": "not base64 !"}, "client_secret_sign"),
        ({"client_id": "someone-else"}, "client_id"),
        ({"grant_type": "password"}, "grant_type"),
        ({"type": "OTHER"}, "type"),
        ({"type": "SELLER"}, "account_id"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"client_secret_sign": ""}, "client_secret_sign"),
    ],
)
def test_token_refusal_names_the_field(shop: Shop, changes: dict[str, str], field: str) -> None:
    reply = shop.ask_token(**changes)
    body = reply.json()
    assert reply.status_code == 400
    assert body["code"] == "BAD_REQUEST"
    assert [entry["name"] for entry in body["invalidInputs"]] == [field]


def test_signature_of_another_moment_is_refused(shop: Shop) -> None:
    earlier = str(int(time.time() * 1000) - 1000)
    now = str(int(time.time() * 1000))
    reply = shop.ask_token(signed_timestamp=earlier, timestamp=now)
    assert reply.json()["invalidInputs"][0]["name"] == "client_secret_sign"


@pytest.mark.parametrize("offset_seconds", [-301, 30])
def test_timestamp_too_old_or_in_the_future_is_refused(shop: Shop, offset_seconds: int) -> None:
    reply = shop.ask_token(signed_timestamp=str(int((time.time() + offset_seconds) * 1000)))
    assert reply.status_code == 400
    assert reply.json()["invalidInputs"][0]["name"] == "timestamp"


def test_timestamp_of_four_minutes_ago_is_accepted(shop: Shop) -> None:
    assert shop.ask_token(signed_timestamp=str(int((time.time() - 240) * 1000))).status_code == 200


def test_token_in_the_query_string_is_not_read(shop: Shop) -> None:
    url = f"{shop.simulator.url}/v1/oauth2/token"
    assert shop.client.post(url, params=build_token_form(shop.simulator)).status_code == 400


def test_same_token_until_thirty_minutes_remain_then_a_new_one_beside_the_old(shop: Shop) -> None:
    first = shop.ask_token().json()["access_token"]
    shop.simulator.expire_token(REISSUE_BELOW_SECONDS + 60)
    same = shop.ask_token().json()
    assert same["access_token"] == first
    assert REISSUE_BELOW_SECONDS < same["expires_in"] <= REISSUE_BELOW_SECONDS + 60
    shop.simulator.expire_token(REISSUE_BELOW_SECONDS - 60)
    assert shop.ask_token().json()["access_token"] != first
    shop.client.headers["Authorization"] = f"Bearer {first}"
    assert shop.search().status_code == 200


def test_seller_has_a_token_of_its_own(shop: Shop) -> None:
    own = shop.ask_token().json()["access_token"]
    assert shop.ask_token(type="SELLER", account_id="ncp_1").json()["access_token"] != own


def test_expired_and_missing_tokens_get_gateway_authn(shop: Shop) -> None:
    shop.simulator.expire_token()
    for header in (shop.client.headers["Authorization"], "Bearer unknown", "Basic abc", ""):
        shop.client.headers["Authorization"] = header
        reply = shop.search()
        assert reply.status_code == 401
        assert reply.json()["code"] == "GW.AUTHN"
        assert reply.json()["traceId"] == reply.headers["GNCP-GW-Trace-ID"]


def test_list_pages_cover_every_product_once(shop: Shop) -> None:
    pages = [shop.search(page=page, size=25, orderType="NO").json() for page in (1, 2, 3, 4)]
    numbers = [entry["originProductNo"] for page in pages for entry in page["contents"]]
    assert numbers == sorted(shop.simulator.catalogue(), reverse=True)
    assert [(page["first"], page["last"]) for page in pages] == [
        (True, False),
        (False, False),
        (False, True),
        (False, True),
    ]
    assert {page["totalElements"] for page in pages} == {PRODUCTS}
    assert {page["totalPages"] for page in pages} == {3}
    assert pages[3]["contents"] == []
    assert pages[0]["sort"] == {"sorted": True, "fields": [{"name": "NO", "direction": "DESC"}]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"size": 501}, "size"),
        ({"size": 0}, "size"),
        ({"page": 0}, "page"),
        ({"page": "1"}, "page"),
        ({"orderType": "FAVOURITE"}, "orderType"),
        ({"productStatusTypes": ["SOLD"]}, "productStatusTypes"),
        ({"periodType": "PROD_MOD_DAY", "fromDate": "2026/11/01"}, "fromDate"),
        ({"searchKeywordType": "PRODUCT_NO"}, "originProductNos"),
    ],
)
def test_list_refuses_bad_values_by_name(shop: Shop, query: dict[str, object], field: str) -> None:
    reply = shop.search(**query)
    body = reply.json()
    assert reply.status_code == 400
    assert body["code"] == "BAD_REQUEST"
    assert [entry["name"] for entry in body["invalidInputs"]] == [field]
    assert "traceId" not in body


def test_list_accepts_five_hundred_and_needs_a_body(shop: Shop) -> None:
    assert shop.search(size=500).status_code == 200
    assert shop.client.post(f"{shop.simulator.url}/v1/products/search").status_code == 400


def test_list_filters_by_status_and_edit_day(shop: Shop) -> None:
    truth = {number: entry["list"]["channelProducts"][0] for number, entry in shop.simulator.catalogue().items()}
    on_sale = {number for number, row in truth.items() if row["statusType"] == "SALE"}
    assert set(shop.list_numbers(size=500, productStatusTypes=["SALE"])) == on_sale
    assert 0 < len(on_sale) < PRODUCTS
    day = sorted(row["modifiedDate"][:10] for row in truth.values())[PRODUCTS // 2]
    since = {number for number, row in truth.items() if row["modifiedDate"][:10] >= day}
    assert set(shop.list_numbers(size=500, periodType="PROD_MOD_DAY", fromDate=day)) == since
    same_day = {number for number, row in truth.items() if row["modifiedDate"][:10] == day}
    assert set(shop.list_numbers(periodType="PROD_MOD_DAY", fromDate=day, toDate=day)) == same_day


def test_search_by_number_or_code_ignores_every_other_condition(shop: Shop) -> None:
    number, other, *_ = shop.list_numbers()
    wanted = {"searchKeywordType": "PRODUCT_NO", "originProductNos": [number, other, 1]}
    assert shop.list_numbers(**wanted, productStatusTypes=["DELETE"]) == [number, other]
    code = shop.simulator.catalogue()[number]["list"]["channelProducts"][0]["sellerManagementCode"]
    found = shop.list_numbers(
        searchKeywordType="SELLER_CODE", sellerManagementCode=code[:-1].lower(), productStatusTypes=["DELETE"]
    )
    assert number in found


def test_detail_has_what_the_document_promises_and_none_of_the_numbers(shop: Shop) -> None:
    number = shop.list_numbers()[0]
    entry = shop.search(size=1).json()["contents"][0]["channelProducts"][0]
    reply = shop.fetch(number)
    origin = reply.json()["originProduct"]
    assert not [
        word for word in ("originProductNo", "channelProductNo", "modifiedDate", "regDate") if word in reply.text
    ]
    assert origin["salePrice"] == entry["salePrice"]
    assert origin["images"]["representativeImage"] == entry["representativeImage"]
    assert origin["detailContent"].startswith("<div")
    detail = origin["detailAttribute"]
    assert detail["sellerCodeInfo"]["sellerManagementCode"] == entry["sellerManagementCode"]
    assert detail["naverShoppingSearchInfo"]["brandName"] == entry["brandName"]
    assert all(
        isinstance(value["attributeSeq"], int) and value["attributeName"] and value["attributeRealValue"]
        for value in detail["productAttributes"]
    )


def test_discount_policy_explains_the_discounted_price(shop: Shop) -> None:
    for entry in shop.simulator.catalogue().values():
        row, benefit = entry["list"]["channelProducts"][0], entry["detail"]["originProduct"]["customerBenefit"]
        method = benefit.get("immediateDiscountPolicy", {}).get("discountMethod")
        assert (method is None) == ("discountedPrice" not in row)
        if method and method["unitType"] == "WON":
            assert row["discountedPrice"] == (row["salePrice"] - method["value"]) // 10 * 10
        elif method:
            assert row["discountedPrice"] == row["salePrice"] * (100 - method["value"]) // 1000 * 10


def test_channel_detail_has_the_origin_detail_s_body(shop: Shop) -> None:
    row = shop.search(size=1).json()["contents"][0]["channelProducts"][0]
    body = shop.fetch(row["originProductNo"]).content
    assert shop.fetch(row["channelProductNo"], kind="channel").content == body


def test_missing_product_and_unknown_route_differ(shop: Shop) -> None:
    missing, unknown = shop.fetch(1), shop.client.get(f"{shop.simulator.url}/v9/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")
    assert "traceId" not in missing.json()
    assert (unknown.status_code, unknown.json()["code"]) == (404, "GW.NOT_FOUND")
    assert unknown.json()["traceId"] == unknown.headers["GNCP-GW-Trace-ID"]


def test_every_reply_carries_the_gateway_s_headers(shop: Shop) -> None:
    number = shop.list_numbers()[0]
    replies = [shop.search(), shop.fetch(number), shop.fetch(1), shop.search(size=501), shop.ask_token()]
    names = ("Replenish-Rate", "Burst-Capacity", "Remaining")
    for reply in replies:
        assert all(int(reply.headers[f"GNCP-GW-RateLimit-{name}"]) > 0 for name in names)
        assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert int(reply.headers["GNCP-GW-HttpClient-ResponseTime"]) >= 0
    assert len({reply.headers["GNCP-GW-Trace-ID"] for reply in replies}) == len(replies)


def test_picture_is_a_jpeg_of_its_own_and_stands_where_the_list_says(shop: Shop) -> None:
    rows = [entry["channelProducts"][0] for entry in shop.search(size=2).json()["contents"]]
    pictures = [shop.client.get(row["representativeImage"]["url"]) for row in rows]
    for reply in pictures:
        image = Image.open(io.BytesIO(reply.content))
        assert (image.format, image.size) == ("JPEG", (640, 640))
    assert pictures[0].content != pictures[1].content
    assert shop.fetch_picture(1).status_code == 404


def test_bucket_of_each_api_empties_on_its_own() -> None:
    with SimulatorProcess(DEMO_CATALOGUE, products=5, rate=1, burst=4) as simulator:
        shop = Shop(simulator)
        shop.ask_token()
        replies = [shop.search() for _ in range(6)]
        assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429, 429]
        remaining = [int(reply.headers["GNCP-GW-RateLimit-Remaining"]) for reply in replies]
        assert remaining == [3, 2, 1, 0, 0, 0]
        assert replies[5].headers["GNCP-GW-RateLimit-Replenish-Rate"] == "1"
        assert replies[5].headers["GNCP-GW-RateLimit-Burst-Capacity"] == "4"
        assert replies[5].json()["code"] == "GW.RATE_LIMIT"
        assert replies[5].json()["traceId"]
        assert shop.fetch(replies[0].json()["contents"][0]["originProductNo"]).status_code == 200
        time.sleep(1.05)
        assert [shop.search().status_code for _ in range(2)] == [200, 429]
        seen = simulator.counters()
        assert (seen["rate_limited"], seen["rate_limited_by_bucket"]) == (3, 3)
        assert seen["statuses_by_route"]["/v1/products/search"] == {"200": 5, "429": 3}
