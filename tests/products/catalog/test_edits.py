"""Holding products back: from the list and the page, with a conflict said, and felt by matching and the posts."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from content.matching.services import forget_index, match_post
from content.refresh.models import RefreshEntry
from products.catalog.edits import edit_product
from products.catalog.models import Placement, Product
from products.catalog.selectors import latest_version, list_category_best
from products.catalog.services import PriorityConflict
from tests.content.factories import drain, get_product, make_post, make_shop
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_admin import LIST, read_inputs, read_messages, type_priority

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_index() -> None:
    forget_index()


def hold(product: Product, *, is_held: bool = True) -> Product:
    """Hold the product back or release it."""
    product.refresh_from_db()
    return edit_product(
        product_id=product.pk,
        priority=product.priority,
        hold=is_held,
        expected_version=product.version,
        actor="kim",
    )


def test_a_held_product_never_wins_until_it_is_released() -> None:
    make_shop({"number": 1, "name": "무선 청소기"}, {"number": 2, "name": "무선 청소기"})
    post = make_post("{{ product:JB-1 }}", title="무선 청소기")
    assert match_post(post_id=post.pk).sku == "JB-1"
    hold(get_product(1))
    assert match_post(post_id=post.pk).sku == "JB-2"
    assert [facts.sku for facts in list_category_best(get_product(1).category_id, 5)] == ["JB-2"]
    hold(get_product(1), is_held=False)
    assert match_post(post_id=post.pk).sku == "JB-1"


def test_holding_queues_the_live_posts_that_show_the_product_and_no_others() -> None:
    make_shop({"number": 1}, {"number": 2})
    showing, taken_down, other = (make_post(slug=slug) for slug in ("showing", "taken-down", "other"))
    for post, number, is_live in ((showing, 1, True), (taken_down, 1, False), (other, 2, True)):
        Placement.objects.create(product=get_product(number), content_id=post.pk, revision_shown=1, is_live=is_live)
    drain()
    before = latest_version()
    hold(get_product(1))
    waiting = RefreshEntry.objects.filter(state="queued")
    assert [(entry.post_id, entry.reason) for entry in waiting] == [(showing.pk, "product_changed")]
    assert latest_version() == before + 1


def test_a_new_priority_alone_queues_nothing() -> None:
    make_shop({"number": 1})
    post = make_post()
    Placement.objects.create(product=get_product(1), content_id=post.pk, revision_shown=1)
    drain()
    before = latest_version()
    edit_product(product_id=get_product(1).pk, priority=7, hold=False, expected_version=0, actor="kim")
    assert not RefreshEntry.objects.filter(state="queued").exists()
    assert latest_version() == before


def test_an_old_version_is_refused_with_both_values_and_nothing_happens() -> None:
    product = make_product(priority=3, hold=True, version=2)
    with pytest.raises(PriorityConflict, match="3 · 보류"):
        edit_product(product_id=product.pk, priority=9, hold=False, expected_version=1, actor="kim")
    product.refresh_from_db()
    assert (product.priority, product.hold, product.version) == (3, True, 2)


def test_hold_is_saved_from_the_list_and_noted(admin_client: Client) -> None:
    first, second = make_product(1), make_product(2, hold=True)
    inputs = read_inputs(admin_client.get(LIST).content.decode())
    rows = {value: name.removesuffix("-id") for name, value in inputs.items() if name.endswith("-id")}
    del inputs[f"{rows[str(second.pk)]}-hold"]
    inputs[f"{rows[str(first.pk)]}-hold"] = "on"
    response = admin_client.post(LIST, {**inputs, "_save": "저장"}, follow=True)
    assert "상품 2개의 변경을 저장했습니다." in read_messages(response)
    assert list(Product.objects.order_by("id").values_list("hold", "version")) == [(True, 1), (False, 1)]
    notes = {int(str(note.object_id)): note.change_message for note in LogEntry.objects.all()}
    assert notes[first.pk].startswith("보류 (추적 ")
    assert notes[second.pk].startswith("보류 해제 (추적 ")


def test_the_longest_list_is_saved_with_every_box_ticked(admin_client: Client) -> None:
    for number in range(200):
        make_product(number, hold=True)
    inputs = read_inputs(admin_client.get(f"{LIST}?all=").content.decode())
    last = type_priority(inputs, Product.objects.latest("pk"), 7)
    chosen = list(Product.objects.values_list("pk", flat=True))
    sent = {**last, "_selected_action": chosen, "_save": "저장"}
    assert admin_client.post(f"{LIST}?all=", sent).status_code == 302
    assert Product.objects.latest("pk").priority == 7


def test_a_hold_that_somebody_else_was_quicker_with_is_a_conflict(admin_client: Client) -> None:
    product = make_product(1)
    inputs = type_priority(read_inputs(admin_client.get(LIST).content.decode()), product, 4)
    Product.objects.update(hold=True, version=1)
    response = admin_client.post(LIST, {**inputs, "_save": "저장"}, follow=True)
    said = read_messages(response)
    assert "0 · 보류(으)로 바꿨습니다" in said
    assert "입력한 값 4" in said
    product.refresh_from_db()
    assert (product.priority, product.hold) == (0, True)


def test_hold_is_saved_on_the_page(admin_client: Client) -> None:
    product = make_product()
    address = reverse("admin:catalog_product_change", args=[product.pk])
    sent: dict[str, Any] = {"initial-priority": "0", "priority": "0", "initial-hold": "False", "version": "0"}
    admin_client.post(address, {**sent, "hold": "on"})
    product.refresh_from_db()
    assert (product.hold, product.version) == (True, 1)
    html = admin_client.get(address).content.decode()
    assert "<td>보류</td>" in html
    assert 'name="hold" id="id_hold" aria-label="무선 이어폰 1호 보류" checked' in html
