"""Saved views keep the column by which they sort when the list loses one."""

from importlib import import_module

import pytest

move = import_module("products.catalog.migrations.0009_one_price_column").move


@pytest.mark.parametrize(
    ("before", "after"),
    [("1", "1"), ("-5", "-5"), ("-6", "-5"), ("7", "6"), ("-8.2", "-7.2"), ("5.6", "5"), ("", ""), ("x.7", "x.6")],
)
def test_order_names_the_same_column(before: str, after: str) -> None:
    assert move(before) == after
