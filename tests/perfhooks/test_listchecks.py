"""The check of the lists: what would sort or count a whole table is named before anybody opens it."""

from typing import Any

import pytest
from django.contrib import admin

from perfhooks.desk import FastModelAdmin
from perfhooks.listchecks import check_lists, find_slow_lists, has_index
from products.catalog.models import Product


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        (("-priority", "-id"), True),
        (("priority", "pk"), True),
        (("-pk",), True),
        (("-priority", "id"), False),  # one index cannot give both directions
        (("-priority",), False),  # ties have no order
        (("brand", "id"), False),
        ((), False),
    ],
)
def test_an_order_is_held_by_an_index_down_to_the_key(ordering: tuple[str, ...], expected: bool) -> None:
    assert has_index(Product, ordering) is expected


@pytest.mark.parametrize(
    ("base", "attributes", "ids"),
    [
        (admin.ModelAdmin, {}, ["perfhooks.E008"]),
        (FastModelAdmin, {}, []),
        (FastModelAdmin, {"is_big": True, "ordering": ("brand", "id")}, ["perfhooks.E009"]),
        (FastModelAdmin, {"is_big": True, "ordering": ("-priority", "-id")}, []),
    ],
)
def test_a_slow_list_is_named(base: Any, attributes: dict[str, Any], ids: list[str]) -> None:
    desk = type("Desk", (base,), attributes)(Product, admin.site)
    found = find_slow_lists([desk])
    assert [message.id for message in found] == ids
    assert all("Desk" in message.msg for message in found)


def test_the_desk_has_no_slow_list() -> None:
    assert check_lists() == []
