"""The product list under its short address: the same page, with nothing lost on the way to an edit and back."""

import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from products.catalog.models import Product
from tests.products.catalog.rows import make_category, make_product

pytestmark = pytest.mark.django_db
SHORT = "/admin/products"


def read_rows(client: Client, address: str) -> list[str]:
    page = client.get(address)
    assert page.status_code == 200
    return re.findall(r"field-sku[^>]*>([^<]+)<", page.content.decode())


@pytest.mark.parametrize("address", [SHORT, SHORT + "/"])
def test_the_short_address_answers_the_list_itself(admin_client: Client, address: str) -> None:
    make_product(1)
    assert read_rows(admin_client, address) == read_rows(admin_client, reverse("admin:catalog_product_changelist"))


def test_filters_sort_search_and_pages_work_there(admin_client: Client) -> None:
    other = make_category("50000200", "청소기")
    for number in range(60):
        make_product(number, stock=number, category=other if number % 2 else make_category())

    assert len(read_rows(admin_client, SHORT)) == 50
    assert len(read_rows(admin_client, f"{SHORT}?p=2")) == 10
    assert read_rows(admin_client, f"{SHORT}?o=-5")[0] == "HB-00059"
    assert read_rows(admin_client, f"{SHORT}?q=HB-00007") == ["HB-00007"]
    assert len(read_rows(admin_client, f"{SHORT}?category={other.pk}")) == 30
    links = re.findall(r'href="(\?[^"]*category=[^"]*)"', admin_client.get(SHORT).content.decode())
    assert any(f"category={other.pk}" in link for link in links)


def test_a_priority_is_saved_there(admin_client: Client) -> None:
    product = make_product(1, priority=3)
    form = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(product.pk),
        "form-0-priority": "8",
        "initial-form-0-priority": "3",
        "form-0-version": "0",
        "_save": "저장",
    }
    answer = admin_client.post(f"{SHORT}?q=HB", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{SHORT}?q=HB")
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["상품 1개의 변경을 저장했습니다."]
    assert Product.objects.get(pk=product.pk).priority == 8


def test_the_way_back_from_a_product_keeps_the_filters(admin_client: Client) -> None:
    product = make_product(1)
    page = admin_client.get(f"{SHORT}?status__exact=SALE").content.decode()
    (link,) = set(re.findall(rf'href="(/admin/catalog/product/{product.pk}/change/[^"]*)"', page))
    assert link.endswith("?_changelist_filters=status__exact%3DSALE")


def test_strangers_are_asked_to_log_in_and_wrong_parameters_are_refused(admin_client: Client, client: Client) -> None:
    answer = client.get(SHORT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/products")
    assert admin_client.get(f"{SHORT}?nonsense__x=1").headers["Location"] == f"{SHORT}?e=1"
