"""Long batches as a job: the request returns, the page shows how far it is, and a death in the middle loses nothing."""

import time
from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from products.catalog import batchwork
from products.catalog.batches import BatchError, draft_batch
from products.catalog.batchwork import carry_out, pick_up, start_apply, start_undo
from products.catalog.models import BatchState, ChangeBatch, Product
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_admin import read_messages

NUMBER = 7


@pytest.fixture(autouse=True)
def few_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three products are many, and two are done at a time."""
    monkeypatch.setattr(batchwork, "LONG_PRODUCTS", 3)
    monkeypatch.setattr(batchwork, "PART_ITEMS", 2)


@pytest.fixture
def editor() -> User:
    """Who edits."""
    return User.objects.create_superuser("editor", password="secret-of-a-test")


def draft(editor: User, *, amount: int = 5, number: int = NUMBER) -> ChangeBatch:
    """A draft of a priority for so many new products."""
    for at in range(number):
        make_product(at)
    return draft_batch(products=Product.objects.all(), kind="set", amount=amount, actor_id=editor.pk)


def read_priorities() -> list[tuple[int, int]]:
    """(priority, version) by id."""
    return list(Product.objects.order_by("id").values_list("priority", "version"))


def address(page: str, batch: ChangeBatch) -> str:
    return reverse(f"admin:catalog_changebatch_{page}", args=[batch.pk])


@pytest.mark.django_db
def test_a_short_batch_is_done_at_once(editor: User) -> None:
    batch = start_apply(batch_id=draft(editor, number=3).pk, actor_id=editor.pk)
    assert batch.state == "applied"
    assert read_priorities() == [(5, 1)] * 3
    assert start_undo(batch_id=batch.pk, actor_id=editor.pk).state == "undone"


@pytest.mark.django_db
def test_a_long_batch_is_begun_and_then_done_and_undone_in_parts(editor: User) -> None:
    batch = start_apply(batch_id=draft(editor).pk, actor_id=editor.pk, reason="기획전")
    assert (batch.state, batch.reason) == ("applying", "기획전")
    assert read_priorities() == [(0, 0)] * NUMBER
    carry_out(batch_id=batch.pk)
    assert read_priorities() == [(5, 1)] * NUMBER
    batch.refresh_from_db()
    assert (batch.state, batch.counts["changed"], batch.counts["refused"]) == ("applied", NUMBER, 0)
    Product.objects.filter(pk=Product.objects.order_by("id")[3].pk).update(priority=9, version=F("version") + 1)
    assert start_undo(batch_id=batch.pk, actor_id=editor.pk).state == "undoing"
    carry_out(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by, batch.counts["kept"]) == ("undone", editor, 1)
    assert [priority for priority, _version in read_priorities()] == [0, 0, 0, 9, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_what_died_in_the_middle_goes_on_without_doing_anything_twice(
    editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = start_apply(batch_id=draft(editor).pk, actor_id=editor.pk)
    job = batchwork.JOBS[BatchState.APPLYING]
    parts: list[object] = []

    def act_twice_then_die(items: object) -> None:
        if len(parts) == 2:
            raise KeyboardInterrupt
        parts.append(items)
        job.act(items)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        dying = batchwork.Job(job.waiting, act_twice_then_die, job.finish)
        patch.setitem(batchwork.JOBS, BatchState.APPLYING, dying)
        with pytest.raises(KeyboardInterrupt):
            carry_out(batch_id=batch.pk)
    assert read_priorities() == [(5, 1)] * 4 + [(0, 0)] * 3
    overtaken = Product.objects.order_by("id")[5]
    Product.objects.filter(pk=overtaken.pk).update(priority=3, version=F("version") + 1)
    with pytest.raises(BatchError, match="진행하고 있습니다"):
        pick_up(batch_id=batch.pk)
    ChangeBatch.objects.update(worked_at=timezone.now() - timedelta(minutes=2))
    pick_up(batch_id=batch.pk)
    carry_out(batch_id=batch.pk)
    assert read_priorities() == [(5, 1)] * 5 + [(3, 1), (5, 1)]
    batch.refresh_from_db()
    assert (batch.state, batch.counts["changed"], batch.counts["refused"]) == ("applied", 6, 1)
    with pytest.raises(BatchError, match="적용됨"):
        pick_up(batch_id=batch.pk)
    carry_out(batch_id=batch.pk)
    assert read_priorities() == [(5, 1)] * 5 + [(3, 1), (5, 1)]


@pytest.mark.django_db(transaction=True)
def test_two_that_work_on_the_same_batch_do_it_once(editor: User) -> None:
    batch = start_apply(batch_id=draft(editor, number=20).pk, actor_id=editor.pk)

    def work() -> None:
        try:
            carry_out(batch_id=batch.pk)
        finally:
            connections.close_all()

    workers = [Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert read_priorities() == [(5, 1)] * 20
    batch.refresh_from_db()
    assert (batch.state, batch.counts["changed"]) == ("applied", 20)


@pytest.mark.django_db(transaction=True)
def test_the_desk_returns_at_once_and_the_job_ends_beside_it(editor: User, client: Client) -> None:
    batch = draft(editor)
    client.force_login(editor)
    response = client.post(address("apply", batch), {"reason": "기획전"})
    assert (response.status_code, response.headers["Location"]) == (302, address("change", batch))
    end = time.monotonic() + 30
    while ChangeBatch.objects.get(pk=batch.pk).state != "applied":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert read_priorities() == [(5, 1)] * NUMBER
    page = client.get(address("change", batch)).content.decode()
    assert "적용됨" in page
    assert 'http-equiv="refresh"' not in page


@pytest.mark.django_db
def test_the_page_shows_how_far_a_job_is_and_offers_to_go_on_when_it_died(editor: User, client: Client) -> None:
    batch = start_apply(batch_id=draft(editor).pk, actor_id=editor.pk)
    batchwork._do_part(batch.pk)
    client.force_login(editor)
    page = client.get(address("change", batch)).content.decode()
    assert '<progress id="progress" max="7" value="2">' in page
    assert 'http-equiv="refresh"' in page
    assert "이어서 하기" not in page
    response = client.post(address("pick_up", batch), follow=True)
    assert "진행하고 있습니다" in read_messages(response)
    ChangeBatch.objects.update(worked_at=timezone.now() - timedelta(minutes=2))
    page = client.get(address("change", batch)).content.decode()
    assert "이어서 하기" in page
    assert 'http-equiv="refresh"' not in page
    for refused in ("undo", "cancel"):
        client.post(address(refused, batch))
    batch.refresh_from_db()
    assert batch.state == "applying"
