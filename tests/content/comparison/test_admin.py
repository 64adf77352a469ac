"""An editor's desk of comparison tables: plan, preview, versions and what they differ in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from content.comparison.models import ComparisonTable, TableVersion
from content.comparison.services import renew_tables, save_table
from content.comparison.spec import TableSpec
from content.posts.models import Post
from products.upsert.rows import CategoryRef
from tests.content.factories import change_products, make_post, make_shop, process

pytestmark = pytest.mark.django_db
ADD = "admin:comparison_comparisontable_add"
TYPED = {
    "name": "cleaners",
    "title": "청소기",
    "skus": "JB-2\nJB-1",
    "category": "",
    "brand": "",
    "price_min": "",
    "price_max": "",
    "sort": "priority",
    "limit": "10",
    "columns": "상품, 가격, 단위가격, 속성:무게",
    "unit": "auto",
    "marks": ["price", "discount"],
    "seen": "",
}


def make() -> ComparisonTable:
    make_shop({"number": 1}, {"number": 2, "discounted_price": 50_000})
    spec = TableSpec(skus=("JB-2", "JB-1"), columns=("name", "price"))
    return ComparisonTable.objects.get(pk=save_table(table_id=None, name="cleaners", title="청소기", spec=spec))


def address(page: str, table: ComparisonTable) -> str:
    return reverse(f"admin:comparison_comparisontable_{page}", args=[table.pk])


def type_plan(client: Client, where: str, **changes: Any) -> Any:
    return client.post(where, {**TYPED, **changes})


def test_a_plan_is_saved_and_built(admin_client: Client) -> None:
    make_shop({"number": 1}, {"number": 2, "discounted_price": 50_000})
    response = type_plan(admin_client, reverse(ADD))
    assert response.status_code == 302, response.content.decode()
    table = ComparisonTable.objects.get()
    assert (table.name, table.number) == ("cleaners", 1)
    assert table.spec["columns"] == ["name", "price", "unit_price", "attr:무게"]
    html = admin_client.get(address("change", table)).content.decode()
    assert "<strong>50,000원</strong>" in html
    assert "상품, 가격, 단위 가격, 속성:무게" in html


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"skus": "JB-1 JB-7"}, "SKU &#x27;JB-7&#x27;: 원장에 없습니다"),
        ({"skus": ""}, "SKU를 적거나"),
        ({"columns": "상품, 가겨"}, "&#x27;가격&#x27;로 고치거나"),
        ({"columns": "상품, 속성:"}, "속성 이름을"),
        ({"name": "한글 이름"}, "name"),
        ({"limit": "0"}, "1"),
        ({"skus": "", "category": "없는>길"}, "없는 카테고리"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    admin_client: Client, typed: dict[str, str], words: str
) -> None:
    make_shop({"number": 1})
    values = {"skus": "JB-1", "title": "잃으면 안 되는 제목", **typed}
    response = type_plan(admin_client, reverse(ADD), **values)
    html = response.content.decode()
    assert response.status_code == 200
    assert words in html
    assert "잃으면 안 되는 제목" in html
    assert not ComparisonTable.objects.exists()


def test_a_plan_is_previewed_without_being_saved(admin_client: Client) -> None:
    make_shop({"number": 1}, {"number": 2, "name": "<script>x</script>", "discounted_price": 50_000})
    where = reverse("admin:comparison_comparisontable_preview")
    response = type_plan(admin_client, where)
    html = response.content.decode()
    assert "50,000원 <strong>(가장 낮은 가격)</strong>" in html
    assert "<script>" not in html
    post = make_post()
    of_post = admin_client.get(reverse("admin:posts_post_preview_frame", args=[post.pk]))
    policy = response.headers["Content-Security-Policy"]
    assert policy == of_post.headers["Content-Security-Policy"]
    assert policy.endswith("; sandbox")
    assert "원장에 없습니다" in type_plan(admin_client, where, skus="JB-9").content.decode()
    assert not ComparisonTable.objects.exists()
    assert admin_client.get(where).status_code == 200


def test_two_versions_are_compared(admin_client: Client) -> None:
    table = make()
    empty = admin_client.get(address("diff", table)).content.decode()
    assert "견줄 판이 둘이 되지 않습니다" in empty
    from products.catalog.models import Store

    change_products(Store.objects.get(), {"number": 1, "discounted_price": 40_000})
    renew_tables()
    html = admin_client.get(address("diff", table)).content.decode()
    assert "<td>99,000원</td><td>40,000원</td>" in html
    assert "가격: 가장 낮은 가격" in html
    for odd in ("?old=9&new=x", "?old=2&new=1", "?new=1"):
        assert admin_client.get(address("diff", table) + odd).status_code == 200
    version = TableVersion.objects.get(number=2)
    page = admin_client.get(reverse("admin:comparison_tableversion_change", args=[version.pk])).content.decode()
    assert "가장 낮은 가격" in page
    listed = admin_client.get(reverse("admin:comparison_comparisontable_changelist")).content.decode()
    assert "2판" in listed
    assert "최신" in listed


def test_an_edit_in_between_is_not_overwritten_unseen(admin_client: Client) -> None:
    table = make()
    form = admin_client.get(address("change", table)).context["adminform"].form
    seen = form.initial["seen"]
    other = TableSpec(skus=("JB-1",), columns=("name", "brand"))
    save_table(table_id=table.pk, name="cleaners", title="청소기", spec=other)
    response = type_plan(admin_client, address("change", table), seen=seen)
    html = response.content.decode()
    assert "그사이 다른 사람이" in html
    assert "JB-1 / 상품, 브랜드" in html
    shown = response.context["adminform"].form["seen"].value()
    assert type_plan(admin_client, address("change", table), seen=shown).status_code == 302
    table.refresh_from_db()
    assert table.spec["skus"] == ["JB-2", "JB-1"]


def test_a_posts_own_table_is_shown_and_not_edited(admin_client: Client) -> None:
    make_shop({"number": 1}, {"number": 2})
    process(make_post("{{ table }}", title="무선 청소기 비교"))
    table = ComparisonTable.objects.get()
    html = admin_client.get(address("change", table)).content.decode()
    assert 'name="skus"' not in html
    assert "채우는 카테고리" in html
    assert type_plan(admin_client, address("change", table)).status_code == 403
    assert admin_client.post(address("delete", table), {"post": "yes"}).status_code == 403
    assert Post.objects.get().comparison_table == table


def test_a_table_is_deleted_through_the_service(admin_client: Client) -> None:
    table = make()
    assert admin_client.post(address("delete", table), {"post": "yes"}).status_code == 302
    assert not ComparisonTable.objects.exists()


def test_an_empty_unit_price_says_why(admin_client: Client) -> None:
    tea = {"attributes": {}, "category": CategoryRef("50000009", "차", "식품>음료>차")}
    make_shop(
        {"number": 1, "name": "녹차 100g", **tea},
        {"number": 2, "name": "보리차 500g", **tea},
        {"number": 3, "name": "우롱차", **tea},
    )
    preview = reverse("admin:comparison_comparisontable_preview")
    plan = {"skus": "JB-1 JB-2 JB-3", "columns": "상품, 단위가격"}
    html = type_plan(admin_client, preview, **plan).content.decode()
    assert "단위 가격이 빈 까닭" in html
    assert "<strong>우롱차</strong>: " in html
    assert "<strong>녹차 100g</strong>: " not in html
    assert type_plan(admin_client, reverse(ADD), **plan).status_code == 302
    assert (
        "<strong>우롱차</strong>: "
        in admin_client.get(address("change", ComparisonTable.objects.get())).content.decode()
    )
    html = type_plan(admin_client, preview, skus="JB-1 JB-3", columns="상품, 단위가격").content.decode()
    assert "<strong>모든 상품</strong>: 둘 이상이 같은 단위로" in html
    html = type_plan(admin_client, preview, skus="JB-1 JB-2", columns="상품, 단위가격").content.decode()
    assert "단위 가격이 빈 까닭" not in html


@pytest.mark.parametrize(("hours", "is_old"), [(24, True), (1_000_000, False)])
def test_a_table_is_marked_old_by_the_setting(
    hours: int, is_old: bool, settings: Settings, admin_client: Client
) -> None:
    settings.PRICE_STALE_HOURS = hours
    make()
    html = admin_client.get(reverse("admin:comparison_comparisontable_changelist")).content.decode()
    assert (">오래됨<" in html) is is_old


def test_a_table_that_its_post_no_longer_asks_for_is_told_apart(admin_client: Client) -> None:
    make_shop({"number": 1})
    process(make_post("{{ table }}"))
    process(make_post("본문"))
    html = admin_client.get(reverse("admin:comparison_comparisontable_changelist")).content.decode()
    assert "안 씀" in html
    own = ComparisonTable.objects.get()
    assert admin_client.get(address("change", own)).status_code == 200
