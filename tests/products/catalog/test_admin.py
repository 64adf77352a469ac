"""The catalogue's pages as an editor meets them: what is found, what is saved, what a conflict says."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import pre_save
from django.test import Client, RequestFactory
from django.urls import reverse

from perfhooks.queries import count_queries
from products.catalog.models import CatalogueFinding, CatalogueRevision, Placement, Product
from tests.products.catalog.rows import make_category, make_observation, make_product, make_scan, make_store

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"


@pytest.fixture
def desk(admin_client: Client) -> Client:
    """Somebody who may do everything."""
    return admin_client


def read_inputs(html: str) -> dict[str, str]:
    """{name: value} of the inputs of the list's form, as a browser would send them."""
    form = html[html.index('id="changelist-form"') :]
    inputs = [tag for tag in re.findall(r"<input[^>]*>", form) if 'type="checkbox"' not in tag or " checked" in tag]
    pairs = [(re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in inputs]
    return {name.group(1): value.group(1) if value else "" for name, value in pairs if name}


def type_priority(inputs: dict[str, str], product: Product, priority: object) -> dict[str, str]:
    """The same inputs after somebody typed a priority for the product."""
    row = next(
        name.removesuffix("-id") for name, value in inputs.items() if name.endswith("-id") and value == str(product.pk)
    )
    return {**inputs, f"{row}-priority": str(priority)}


def read_messages(response: Any) -> str:
    """All messages of the page that followed."""
    return " ".join(str(message) for message in response.context["messages"])


def read_names(desk: Client, query: str) -> list[str]:
    """The SKUs of the list under this query."""
    response = desk.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return [product.sku for product in response.context["cl"].result_list]


def test_list_shows_products_the_way_editors_read_them(desk: Client) -> None:
    make_product(price=1_234_500, discounted_price=999_000, stock=1_200, status="OUTOFSTOCK")
    html = desk.get(LIST).content.decode()
    assert '<s class="num below" title="판매가">1,234,500원</s>' in html
    assert '<span class="num">999,000원</span>' in html
    assert '<span class="num">1,200</span>' in html
    assert '<span class="pill pill-warn">품절</span>' in html
    assert "여기서 더하거나 지우지 않으며" in html


def test_favourites_come_first(desk: Client) -> None:
    for number, priority in enumerate([0, 7, 3, 7]):
        make_product(number, priority=priority)
    assert read_names(desk, "") == ["HB-00003", "HB-00001", "HB-00002", "HB-00000"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=HB-00002", ["HB-00002"]),
        ("q=양말", ["HB-00003"]),
        ("q=9000000001", ["HB-00001"]),
        ("q=세트+양말", ["HB-00003"]),
        ("q=없는말", []),
        ("status__exact=CLOSE", ["HB-00002"]),
        ("category={socks}", ["HB-00003"]),
        ("category=abc", []),
        ("category=" + "9" * 23, []),
        ("price=stale", ["HB-00003", "HB-00001"]),
        ("price=fresh", []),
    ],
)
def test_search_and_filters_find(desk: Client, query: str, found: list[str]) -> None:
    make_scan(hours_ago=25)
    socks = make_category("50000999", "양말")
    make_product(1)
    make_product(2, status="CLOSE")
    make_product(3, name="면 양말 세트", category=socks)
    assert read_names(desk, query.format(socks=socks.pk)) == found


def test_price_of_a_fresh_scan_is_not_stale(desk: Client) -> None:
    make_product(1)
    make_scan(hours_ago=23)
    assert read_names(desk, "price=stale") == []


def test_priorities_are_saved_from_the_list(desk: Client) -> None:
    first, second, third = (make_product(number) for number in range(3))
    inputs = read_inputs(desk.get(LIST).content.decode())
    inputs = type_priority(type_priority(inputs, first, 40), third, 10)
    response = desk.post(LIST, {**inputs, "_save": "저장"}, follow=True)
    assert "상품 2개의 변경을 저장했습니다." in read_messages(response)
    assert list(Product.objects.order_by("id").values_list("priority", "version")) == [(40, 1), (0, 0), (10, 1)]
    assert LogEntry.objects.filter(object_id=first.pk, change_message__contains="우선순위 0 → 40").exists()
    assert not LogEntry.objects.filter(object_id=second.pk).exists()


def test_saving_the_list_costs_no_query_for_each_row(desk: Client) -> None:
    ContentType.objects.get_for_model(Product)  # the history's note asks for it once in the life of a process
    spent = []
    for rows in (2, 50):
        for number in range(Product.objects.count() + 1, rows + 1):
            make_product(number)
        inputs = type_priority(read_inputs(desk.get(LIST).content.decode()), Product.objects.latest("id"), rows)
        with count_queries() as counted:
            assert desk.post(LIST, {**inputs, "_save": "저장"}).status_code == 302
        spent.append(counted.queries)
    assert spent[0] == spent[1] <= 16


@pytest.mark.parametrize("key", ["9" * 30, "abc", "", "77"])
def test_a_row_that_is_no_product_saves_nothing_and_says_so(desk: Client, key: str) -> None:
    products = [make_product(number) for number in range(3)]
    sent = type_priority(read_inputs(desk.get(LIST).content.decode()), products[1], 5)
    response = desk.post(LIST, {**sent, "form-0-id": key}, follow=True)
    assert "찾을 수 없어 저장하지 않았습니다" in read_messages(response)
    assert not Product.objects.exclude(priority=0, version=0).exists()


def test_only_the_rows_that_were_sent_are_read(desk: Client) -> None:
    for number in range(3):
        make_product(number)
    inputs = read_inputs(desk.get(LIST).content.decode())
    request = RequestFactory().post(LIST, {**inputs, "form-1-id": "abc", "form-2-id": "9" * 30})
    request.user = User.objects.get()
    admin = site._registry[Product]
    assert [str(row.pk) for row in admin._get_list_editable_queryset(request, "form")] == [inputs["form-0-id"]]


def test_an_edit_of_which_no_history_can_be_written_is_not_made(desk: Client) -> None:
    product = make_product()
    sent = type_priority(read_inputs(desk.get(LIST).content.decode()), product, 5)

    def break_off(**_given: Any) -> None:
        raise InterruptedError

    pre_save.connect(break_off, sender=LogEntry)
    try:
        with pytest.raises(InterruptedError):
            desk.post(LIST, sent)
    finally:
        pre_save.disconnect(break_off, sender=LogEntry)
    product.refresh_from_db()
    assert (product.priority, product.version) == (0, 0)


def test_conflict_in_the_list_names_both_values_and_saves_the_rest(desk: Client) -> None:
    mine, theirs, untouched = make_product(1), make_product(2, name="휴대용 선풍기"), make_product(3)
    inputs = read_inputs(desk.get(LIST).content.decode())
    Product.objects.filter(pk__in=[theirs.pk, untouched.pk]).update(priority=55, version=1)
    inputs = type_priority(type_priority(inputs, mine, 40), theirs, 66)
    response = desk.post(LIST, {**inputs, "_save": "저장"}, follow=True)
    said = read_messages(response)
    assert "휴대용 선풍기" in said
    assert "55" in said
    assert "66" in said
    assert "상품 1개의 변경을 저장했습니다." in said
    assert "무선 이어폰 3호" not in said
    assert list(Product.objects.order_by("id").values_list("priority", flat=True)) == [40, 55, 55]
    assert LogEntry.objects.count() == 1


def test_wrong_value_is_refused_beside_its_product_and_nothing_typed_is_lost(desk: Client) -> None:
    first, second = make_product(1), make_product(2, name="휴대용 선풍기")
    inputs = read_inputs(desk.get(LIST).content.decode())
    Product.objects.filter(pk=second.pk).update(priority=5, version=1)  # it now stands before the first
    inputs = type_priority(type_priority(inputs, first, -3), second, 77)
    response = desk.post(LIST, {**inputs, "_save": "저장"})
    html = response.content.decode()
    rows = {name: part for part in html.split("<tr>") for name in (first.name, second.name) if f">{name}<span" in part}
    assert 'value="-3"' in rows[first.name]
    assert "errorlist" in rows[first.name]
    assert 'value="77"' in rows[second.name]
    assert list(Product.objects.order_by("id").values_list("priority", flat=True)) == [0, 5]


def test_a_view_only_editor_cannot_save(client: Client) -> None:
    product = make_product()
    viewer = User.objects.create_user("viewer", password="secret-of-a-test", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_product"))
    client.force_login(viewer)
    assert "form-0-priority" not in client.get(LIST).content.decode()
    assert client.post(LIST, {"_save": "저장", "form-TOTAL_FORMS": "0"}).status_code == 403
    address = reverse("admin:catalog_product_change", args=[product.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"priority": "5", "version": "0"}).status_code == 403
    assert Product.objects.get().priority == 0


def test_products_are_neither_added_nor_deleted_by_hand(desk: Client) -> None:
    product = make_product()
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(f"{LIST}{product.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [product.pk], "post": "yes"})
    assert Product.objects.count() == 1


def test_page_shows_facts_prices_posts_and_history(desk: Client) -> None:
    product = make_product(revision=12, attributes={"색상": "검정"})
    make_scan(hours_ago=3)
    make_observation(product, 10, 59_000, days_ago=9)
    make_observation(product, 12, 49_000, days_ago=2)
    Placement.objects.create(product=product, content_id=31, revision_shown=10)
    html = desk.get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()
    assert html.count("<polyline") == 2
    assert "59,000원" in html
    assert "44,100원" in html
    assert "글 31" in html
    assert "지난 리비전" in html
    assert product.content_hash in html
    assert "3시간 전" in html
    assert 'name="price"' not in html
    assert html.count('name="priority"') == 1


def test_page_saves_the_priority_and_writes_the_history(desk: Client) -> None:
    product = make_product()
    address = reverse("admin:catalog_product_change", args=[product.pk])
    desk.post(address, {"initial-priority": "0", "priority": "9", "version": "0", "reason": "행사"})
    product.refresh_from_db()
    assert (product.priority, product.version) == (9, 1)
    html = desk.get(address).content.decode()
    assert "우선순위 0 → 9" in html
    assert ">admin<" in html
    assert ">행사<" in html


def test_saving_the_page_unchanged_writes_nothing(desk: Client) -> None:
    product = make_product(priority=4)
    address = reverse("admin:catalog_product_change", args=[product.pk])
    sent = {"initial-priority": "4", "priority": "4", "version": "0", "reason": "행사"}
    assert desk.post(address, sent).status_code == 302
    assert Product.objects.get().version == 0
    assert not LogEntry.objects.exists()


def test_conflict_on_the_page_stands_beside_the_input_and_can_be_overruled(desk: Client) -> None:
    product = make_product(priority=50, version=1)
    address = reverse("admin:catalog_product_change", args=[product.pk])
    sent = {"initial-priority": "0", "priority": "9", "version": "0"}
    response = desk.post(address, sent)
    html = response.content.decode()
    assert "그사이 다른 사람이 50(으)로 바꿨습니다" in html
    assert 'name="priority" value="9"' in html
    assert 'name="version" value="1"' in html
    assert Product.objects.get().priority == 50
    desk.post(address, {**sent, "version": "1"})
    assert Product.objects.get().priority == 9


@pytest.mark.parametrize(("typed", "said"), [("-1", "0"), ("2147483648", "2147483647"), ("", "필수"), ("열", "정수")])
def test_wrong_priority_is_refused_on_the_page(desk: Client, typed: str, said: str) -> None:
    address = reverse("admin:catalog_product_change", args=[make_product().pk])
    response = desk.post(address, {"initial-priority": "0", "priority": typed, "version": "0"})
    assert said in " ".join(response.context["adminform"].form.errors["priority"])
    assert Product.objects.get().version == 0


def test_other_lists_say_what_they_hold(desk: Client) -> None:
    product = make_product()
    make_observation(product, 3, 59_000)
    CatalogueRevision.objects.create(number=1, store=make_store(), trace_id="f" * 32)
    CatalogueFinding.objects.create(
        store=make_store(), kind="duplicate_code", key="AB-1", detail={"origin_product_nos": [71, 72]}
    )
    texts = {
        "priceobservation": ["59,000원", "HB-00001"],
        "store": ["한빛상점", '<span class="num">1</span>'],
        "category": ["음향가전", f"?category={product.category_id}"],
        "cataloguerevision": ["f" * 32, "한빛상점"],
        "cataloguefinding": ["상품 2개가 같은 코드를 씁니다: 71, 72", "판매자 코드 중복"],
    }
    for page, wanted in texts.items():
        html = desk.get(f"/admin/catalog/{page}/").content.decode()
        assert [text for text in wanted if text not in html] == []
        assert "addlink" not in html[html.index('id="content"') :]


def test_empty_list_says_how_to_make_the_first(desk: Client) -> None:
    assert "make demo" in desk.get(LIST).content.decode()
    make_product()
    html = desk.get(f"{LIST}?q=없음").content.decode()
    assert "조건에 맞는 상품이(가) 없습니다" in html
    assert "make demo" not in html
    html = desk.get("/admin/catalog/changebatch/").content.decode()
    assert "상품 목록에서 상품을 고르고" in html
    assert "make demo" not in html, "the demo makes none of these"


def test_page_of_a_missing_product_leads_back(desk: Client) -> None:
    response: Any = desk.get(f"{LIST}999/change/")
    assert response.status_code == 302
