"""Many edits at once: what is confirmed is what is done, nobody's edit is lost, and it can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from content.refresh.models import RefreshEntry
from perfhooks.queries import count_queries
from products.catalog.batches import (
    BatchError,
    apply_batch,
    draft_batch,
    drop_draft,
    undo_batch,
)
from products.catalog.models import ChangeBatch, ChangeBatchItem, Placement, Product
from products.catalog.priorities import PRIORITY_LIMIT
from products.catalog.selectors import latest_version
from tests.content.factories import drain, get_product, make_post, make_shop
from tests.operations.roles.people import log_in, make_person
from tests.products.catalog.rows import make_product, make_store
from tests.products.catalog.test_admin import LIST, read_inputs, read_messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    """Who edits."""
    return User.objects.create_superuser("editor", password="secret-of-a-test")


@pytest.fixture
def desk(editor: User) -> Client:
    """The editor at the desk."""
    client = Client()
    client.force_login(editor)
    return client


def everything() -> QuerySet[Product]:
    return Product.objects.all()


def read_priorities() -> list[tuple[int, int]]:
    """(priority, version) by id."""
    return list(Product.objects.order_by("id").values_list("priority", "version"))


@pytest.mark.parametrize(
    ("kind", "amount", "after"),
    [
        ("set", 7, [7, 7, 7]),
        ("raise", 10, [10, 17, PRIORITY_LIMIT]),
        ("lower", 5, [0, 2, PRIORITY_LIMIT - 8]),
    ],
)
def test_priorities_move_within_their_limits(editor: User, kind: str, amount: int, after: list[int]) -> None:
    for number, priority in enumerate([0, 7, PRIORITY_LIMIT - 3]):
        make_product(number, priority=priority)
    before = read_priorities()
    batch = draft_batch(products=everything(), kind=kind, amount=amount, actor_id=editor.pk)
    assert read_priorities() == before
    apply_batch(batch_id=batch.pk, actor_id=editor.pk, reason="기획전")
    assert [priority for priority, _version in read_priorities()] == after
    moved = sum(old != new for (old, _), new in zip(before, after, strict=True))
    batch.refresh_from_db()
    assert batch.counts == {
        "chosen": 3,
        "changing": moved,
        "changed": moved,
        "unchanged": 3 - moved,
        "refused": 0,
    }
    assert batch.reason == "기획전"
    undo_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert [priority for priority, _version in read_priorities()] == [priority for priority, _version in before]


def test_who_is_already_so_is_not_written(editor: User) -> None:
    make_product(1, priority=5)
    make_product(2)
    batch = draft_batch(products=everything(), kind="set", amount=5, actor_id=editor.pk)
    apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert read_priorities() == [(5, 0), (5, 1)]


def test_an_edit_between_the_draft_and_the_yes_is_respected(editor: User) -> None:
    first, second = make_product(1), make_product(2)
    batch = draft_batch(products=everything(), kind="set", amount=5, actor_id=editor.pk)
    Product.objects.filter(pk=second.pk).update(priority=99, version=1)
    batch = apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert read_priorities() == [(5, 1), (99, 1)]
    assert (batch.counts["changed"], batch.counts["refused"]) == (1, 1)
    undo_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert read_priorities() == [(0, 2), (99, 1)]
    assert first.pk < second.pk


def test_undo_restores_only_what_nobody_has_changed_since_and_names_the_rest(desk: Client, editor: User) -> None:
    make_product(1, priority=1)
    second = make_product(2, priority=2, name="휴대용 선풍기")
    batch = draft_batch(products=everything(), kind="set", amount=5, actor_id=editor.pk)
    apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    Product.objects.filter(pk=second.pk).update(priority=77, version=2)
    response = desk.post(reverse("admin:catalog_changebatch_undo", args=[batch.pk]), follow=True)
    assert read_priorities() == [(1, 2), (77, 2)]
    assert "상품 1개를 되돌렸습니다." in read_messages(response)
    html = response.content.decode()
    row = next(part for part in html.split("<tr>") if "휴대용 선풍기" in part)
    assert "이후 수정되어 유지" in row
    assert ">77<" in row
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by, batch.counts["kept"]) == ("undone", editor, 1)


def test_batches_on_the_same_products_are_undone_one_after_the_other(editor: User) -> None:
    make_product(1, priority=1)
    make_product(2, priority=2)
    first, second = [
        apply_batch(
            batch_id=draft_batch(products=everything(), kind="set", amount=amount, actor_id=editor.pk).pk,
            actor_id=editor.pk,
        )
        for amount in (5, 7)
    ]
    held = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    apply_batch(batch_id=held.pk, actor_id=editor.pk)
    Product.objects.filter(priority=7, sku="HB-00002").update(priority=9, version=F("version") + 1)
    undone = [undo_batch(batch_id=batch.pk, actor_id=editor.pk) for batch in (second, first, held)]
    assert [(batch.counts["restored"], batch.counts["kept"]) for batch in undone] == [(1, 1), (1, 1), (2, 0)]
    assert list(Product.objects.order_by("id").values_list("priority", "hold")) == [(1, False), (9, False)]


def test_undoing_a_hold_leaves_alone_who_was_released_since(editor: User) -> None:
    first, second = make_product(1), make_product(2)
    batch = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    Product.objects.filter(pk=second.pk).update(hold=False, version=2)
    undo_batch(batch_id=batch.pk, actor_id=editor.pk)
    states = dict(ChangeBatchItem.objects.values_list("product", "state"))
    assert states == {first.pk: "restored", second.pk: "kept"}


def test_a_reason_that_cannot_be_kept_is_refused_by_name(desk: Client, editor: User) -> None:
    make_product(1)
    batch = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    for reason in ("가\0나", "가" * 201):
        response = desk.post(
            reverse("admin:catalog_changebatch_apply", args=[batch.pk]), {"reason": reason}, follow=True
        )
        assert read_messages(response).startswith("이유: ")
        assert read_priorities() == [(0, 0)]
    desk.post(reverse("admin:catalog_changebatch_apply", args=[batch.pk]), {"reason": "가" * 200})
    assert read_priorities() == [(0, 1)]


def test_a_draft_is_cancelled_by_its_owner_or_who_is_over_everything(desk: Client) -> None:
    make_product(1)
    owner, other = make_person("owner", "editor"), make_person("other", "editor")
    batch = draft_batch(products=everything(), kind="hold", actor_id=owner.pk)
    cancel = reverse("admin:catalog_changebatch_cancel", args=[batch.pk])
    response = log_in(other).post(cancel, follow=True)
    assert "다른 사람이 만든 초안입니다" in read_messages(response)
    assert cancel not in response.content.decode()
    assert cancel in desk.get(reverse("admin:catalog_changebatch_change", args=[batch.pk])).content.decode()
    desk.post(cancel)
    assert not ChangeBatch.objects.exists()


def test_drafts_that_nobody_confirmed_for_a_day_go_whoever_made_them(editor: User) -> None:
    make_product(1)
    other = make_person("other", "editor")
    old, new = [draft_batch(products=everything(), kind="hold", actor_id=other.pk) for _ in range(2)]
    ChangeBatch.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    mine = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    assert set(ChangeBatch.objects.all()) == {new, mine}


def test_the_list_of_batches_does_not_read_their_errors(desk: Client, editor: User) -> None:
    ChangeBatch.objects.create(kind="import", actor=editor, errors=[{"row": 2, "column": "SKU", "message": "?"}])
    with CaptureQueriesContext(connection) as caught:
        desk.get("/admin/catalog/changebatch/")
    assert not [query for query in caught if '"catalog_changebatch"."errors"' in query["sql"]]


def test_holding_many_queues_their_posts_once_and_moves_each_stores_version(editor: User) -> None:
    make_shop({"number": 1}, {"number": 2})
    other = make_product(3, store=make_store("dasan"), hold=True)
    both, held_already = make_post(slug="both"), make_post(slug="held-already")
    for product in (get_product(1), get_product(2)):
        Placement.objects.create(product=product, content_id=both.pk, revision_shown=1)
    Placement.objects.create(product=other, content_id=held_already.pk, revision_shown=1)
    drain()
    before = latest_version()
    batch = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    assert latest_version() == before
    apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert list(RefreshEntry.objects.filter(state="queued").values_list("post_id", flat=True)) == [both.pk]
    assert latest_version() == before + 1
    assert set(Product.objects.values_list("hold", flat=True)) == {True}
    drain()
    undo_batch(batch_id=batch.pk, actor_id=editor.pk)
    assert list(Product.objects.filter(hold=True)) == [other]
    assert list(RefreshEntry.objects.filter(state="queued").values_list("post_id", flat=True)) == [both.pk]


def test_a_batch_takes_the_same_statements_for_three_and_for_three_hundred(editor: User) -> None:
    spent = []
    for count in (3, 300):
        for number in range(Product.objects.count() + 1, count + 1):
            make_product(number)
        with count_queries() as counted:
            batch = draft_batch(products=everything(), kind="raise", amount=5, actor_id=editor.pk)
            apply_batch(batch_id=batch.pk, actor_id=editor.pk)
            undo_batch(batch_id=batch.pk, actor_id=editor.pk)
        spent.append(counted.queries)
    assert spent[0] == spent[1] <= 40
    assert ChangeBatchItem.objects.filter(batch=batch, state="restored").count() == 300


def test_what_cannot_be_done_says_why(editor: User) -> None:
    with pytest.raises(BatchError, match="고른 상품이 없습니다"):
        draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    make_product(1)
    other = User.objects.create_user("other")
    batch = draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    with pytest.raises(BatchError, match="만든 사람만"):
        apply_batch(batch_id=batch.pk, actor_id=other.pk)
    with pytest.raises(BatchError, match="되돌릴 것이 없습니다"):
        undo_batch(batch_id=batch.pk, actor_id=editor.pk)
    apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    with pytest.raises(BatchError, match="다시 적용하지 않았습니다"):
        apply_batch(batch_id=batch.pk, actor_id=editor.pk)
    with pytest.raises(BatchError, match="되돌리기"):
        drop_draft(batch_id=batch.pk, actor_id=editor.pk)
    assert Product.objects.get().version == 1


def test_too_many_products_are_refused_before_anything_is_written(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("products.catalog.batches.BATCH_LIMIT", 1)
    make_product(1)
    make_product(2)
    with pytest.raises(BatchError, match="1개 이하로"):
        draft_batch(products=everything(), kind="hold", actor_id=editor.pk)
    assert not ChangeBatch.objects.exists()


def read_form(desk: Client, query: str = "") -> dict[str, str]:
    """The list's form without its button 저장."""
    inputs = read_inputs(desk.get(f"{LIST}?{query}").content.decode())
    return {name: value for name, value in inputs.items() if name != "_save"}


def run_action(desk: Client, action: str, chosen: list[Product], query: str = "", **more: Any) -> Any:
    """Choose rows of the list and an action, as the browser sends it; follows to where it leads."""
    sent = {
        **read_form(desk, query),
        "action": action,
        "index": "0",
        "_selected_action": [row.pk for row in chosen],
        **more,
    }
    return desk.post(f"{LIST}?{query}", sent, follow=True)


def test_an_editor_sets_priorities_of_chosen_rows(desk: Client, editor: User) -> None:
    first, second, _third = make_product(1), make_product(2, priority=50), make_product(3)
    asked = run_action(desk, "set_priority", [first, second])
    assert "고른 상품 2개" in asked.content.decode()
    context = asked.context
    answer = {
        "action": "set_priority",
        "select_across": "0",
        "seen": context["seen"],
        "_selected_action": context["selected"],
    }
    wrong = desk.post(LIST, {**answer, "amount": "-4"})
    assert 'value="-4"' in wrong.content.decode()
    draft = desk.post(LIST, {**answer, "amount": "50"}, follow=True)
    html = draft.content.decode()
    assert "상품 1개 바꾸기" in html
    assert [(word, number) for word, number in draft.context["page"].counts if number] == [
        ("고른 상품", 2),
        ("바뀔 상품", 1),
        ("변경 없음", 1),
    ]
    assert read_priorities() == [(0, 0), (50, 0), (0, 0)]
    batch = ChangeBatch.objects.get()
    done = desk.post(reverse("admin:catalog_changebatch_apply", args=[batch.pk]), {"reason": "기획전"}, follow=True)
    assert f"일괄 변경 번호는 {batch.pk}입니다" in read_messages(done)
    assert read_priorities() == [(50, 1), (50, 0), (0, 0)]
    assert desk.get("/admin/catalog/changebatch/").status_code == 200


def test_all_pages_of_the_filtered_list_are_chosen_and_no_others(desk: Client) -> None:
    for number in range(1, 61):
        make_product(number, stock=number % 2)
    shown = Product.objects.filter(stock=0)[:1]
    page = run_action(desk, "hold_products", list(shown), "stock=out", select_across="1")
    batch = ChangeBatch.objects.get()
    assert batch.counts["changing"] == 30
    assert "stock=out" in batch.source
    assert page.context["page"].left == 0
    desk.post(reverse("admin:catalog_changebatch_apply", args=[batch.pk]))
    assert set(Product.objects.filter(hold=True)) == set(Product.objects.filter(stock=0))


def test_a_row_that_changed_after_the_list_was_shown_is_refused_and_counted(desk: Client) -> None:
    first, second = make_product(1), make_product(2)
    inputs = read_form(desk)
    Product.objects.filter(pk=second.pk).update(priority=9, version=1)
    sent = {**inputs, "action": "hold_products", "index": "0", "_selected_action": [first.pk, second.pk]}
    page = desk.post(LIST, sent, follow=True)
    counts = dict(page.context["page"].counts)
    assert (counts["바뀔 상품"], counts["다른 사람이 먼저 고침"]) == (1, 1)
    desk.post(reverse("admin:catalog_changebatch_apply", args=[ChangeBatch.objects.get().pk]))
    assert list(Product.objects.order_by("id").values_list("hold", flat=True)) == [True, False]


def test_a_cancelled_draft_leaves_nothing(desk: Client) -> None:
    run_action(desk, "hold_products", [make_product(1)])
    batch = ChangeBatch.objects.get()
    response = desk.post(reverse("admin:catalog_changebatch_cancel", args=[batch.pk]), follow=True)
    assert "아무것도 바뀌지 않았습니다" in read_messages(response)
    assert not ChangeBatch.objects.exists()
    assert read_priorities() == [(0, 0)]


def test_buttons_are_pressed_not_opened(desk: Client) -> None:
    run_action(desk, "hold_products", [make_product(1)])
    batch = ChangeBatch.objects.get()
    for name in ("apply", "cancel", "undo"):
        assert desk.get(reverse(f"admin:catalog_changebatch_{name}", args=[batch.pk])).status_code == 405
    assert read_priorities() == [(0, 0)]
