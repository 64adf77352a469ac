"""Which seller's codes become SKUs: unique in a store, whoever else is in it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from products.upsert.codes import choose_skus
from tests.products.factories import make_product_row, make_store, upsert

OTHERS = {21: ("A", "A", "SALE"), 22: ("22", "", "SALE"), 23: ("GONE", "GONE", "DELETE"), 24: ("24", "", "DELETE")}
"""{origin product number: (SKU, seller's code, state)} of products that are not among those asked about."""


def test_which_codes_become_skus(db: None) -> None:
    codes = {11: "A", 12: "A", 13: "", 14: "B", 15: "11", 16: "16", 17: "x" * 41, 18: "x" * 40}
    assert choose_skus(store_id=make_store().pk, codes=codes) == {
        11: "11", 12: "12", 13: "13", 14: "B", 15: "15", 16: "16", 17: "17", 18: "x" * 40,
    }  # fmt: skip


def test_codes_and_numbers_of_the_store_s_other_products_are_taken(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store = make_store()
    rows = [
        make_product_row(number, sku=sku, seller_code=code, status=status)
        for number, (sku, code, status) in OTHERS.items()
    ]
    upsert(store, *rows)
    with django_assert_num_queries(2):
        skus = choose_skus(store_id=store.pk, codes={11: "A", 12: "22", 13: "GONE", 14: "24", 15: "B"})
    assert skus == {11: "11", 12: "12", 13: "GONE", 14: "14", 15: "B"}


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    codes=st.dictionaries(st.integers(1, 40), st.sampled_from(["", "A", "B", "C", "1", "2", "3", "40"]), max_size=40)
)
def test_skus_of_a_scan_are_unique(db: None, codes: dict[int, str]) -> None:
    skus = choose_skus(store_id=make_store().pk, codes=codes)
    assert skus.keys() == codes.keys()
    assert len(set(skus.values())) == len(skus)
