"""Fields that nothing reads are counted by name, and there are never too many names."""

import json

import pytest

from products.storesync.client import StoreClient
from products.storesync.decoding import ListPage, ProductDetail, decode_detail
from products.storesync.models import SyncRun
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.unknown import FIELDS_KEPT, OTHERS, add_unknown, count_unknown
from tests.products.storesync.conftest import Sync
from tests.products.storesync.scripted import Answer, ScriptedStore


def test_fields_are_counted_by_where_they_stand() -> None:
    channel = {"channelProductNo": 1, "salePrice": 2, "colour": "red", "representativeImage": {"url": "", "alt": ""}}
    page = {"contents": [{"originProductNo": 1, "channelProducts": [channel, channel]}, {"new": {"salePrice": 1}}]}
    assert count_unknown(json.dumps({**page, "sort": {}}).encode(), ListPage) == {
        "contents.channelProducts.colour": 2,
        "contents.channelProducts.representativeImage.alt": 2,
        "contents.new": 1,
        "sort": 1,
    }
    detail = {"originProduct": {"statusType": "SALE", "detailAttribute": {"minorPurchasable": True}}, "extra": None}
    assert count_unknown(json.dumps(detail).encode(), ProductDetail) == {
        "originProduct.detailAttribute.minorPurchasable": 1,
        "extra": 1,
    }
    assert count_unknown(b"{}", dict) == {}


@pytest.mark.parametrize(
    "odd", [b"1e999", b"9" * 5_000, b"[" * 900 + b"]" * 900, b'"\\ud800"', b'"\xed\x95"', b"{}", b"[1]"]
)
def test_what_an_unknown_field_holds_is_not_looked_at(odd: bytes) -> None:
    body = b'\xef\xbb\xbf{"originProduct": {"statusType": "SALE", "odd": ' + odd + b"}}"
    assert decode_detail(body).origin_product.status_type == "SALE"
    assert count_unknown(body, ProductDetail) == {"originProduct.odd": 1}


def test_a_broken_entry_does_not_hide_what_its_neighbours_hold() -> None:
    body = b'{"contents": [{"\xed\x95": 1}, 5, null, {"originProductNo": 1, "new": 2}]}'
    assert count_unknown(body, ListPage) == {"contents.new": 1}


def test_names_beyond_the_most_are_counted_as_one() -> None:
    kept = add_unknown({}, {f"field{number}": 1 for number in range(FIELDS_KEPT)})
    total = add_unknown(kept, {"field0": 5, "one": 2, "another": 3})
    assert (len(total), total["field0"], total[OTHERS]) == (FIELDS_KEPT + 1, 6, 5)


def test_a_client_tells_what_it_has_met_since_it_was_last_asked() -> None:
    detail = Answer(200, {"originProduct": {"statusType": "SALE", "isNew": True}})
    with ScriptedStore(detail=[detail]) as store, StoreClient(store.account) as client:
        for number in (1, 2):
            client.fetch_detail(number)
        assert client.take_counts().unknown_fields == {"originProduct.isNew": 2}
        assert client.take_counts().unknown_fields == {}


def test_a_run_says_what_the_store_sends_beside_what_is_read(sync: Sync, store: SimulatorProcess) -> None:
    sync()
    found = SyncRun.objects.get().unknown_fields
    assert found["originProduct.images"] == 63
    channels = sum(len(entry["list"]["channelProducts"]) for entry in store.catalogue().values())
    assert found["contents.channelProducts.channelProductDisplayStatusType"] == channels
    assert not any("salePrice" in path or "detailContent" in path for path in found if "contents" in path)
