"""The queue: no change is lost, no post is worked on twice at once, and what dies is seen."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from content.posts.models import Post
from content.refresh.models import EntryState, RefreshEntry
from content.refresh.selectors import count_by_state, read_outcomes, read_states
from content.refresh.services import (
    FAILURE_LIMIT,
    claim_entries,
    claim_entry,
    count_open,
    enqueue_for_products,
    enqueue_posts,
    enqueue_unpackaged,
    fail_entry,
    finish_entry,
    release_dead_claims,
    retry_dead,
)
from perfhooks.recorder import Recorder
from perfhooks.trace import bind_trace
from products.catalog.models import Product
from products.upsert.ports import ProductChange
from tests.content.factories import change_products, drain, make_post, make_shop, process

pytestmark = pytest.mark.django_db


def get_entry() -> RefreshEntry:
    return RefreshEntry.objects.latest("id")


def test_a_post_waits_once_whatever_happens_to_it() -> None:
    post = make_post()
    assert enqueue_posts(post_ids=[post.pk, post.pk], reason="product_changed", revision=7) == 0
    assert enqueue_posts(post_ids=[post.pk], reason="product_changed", revision=5) == 0
    entry = get_entry()
    assert (RefreshEntry.objects.count(), entry.reason, entry.revision) == (1, "new_post", 7)


def test_the_database_itself_refuses_a_second_live_entry() -> None:
    post = make_post()
    with pytest.raises(IntegrityError), transaction.atomic():
        RefreshEntry.objects.create(post=post, reason="retry", enqueued_at=timezone.now(), trace_id="x")


def test_the_longest_waiting_is_taken_first_and_only_once() -> None:
    posts = [make_post(slug=f"post-{number}") for number in range(3)]
    with bind_trace("trace-of-the-worker"):
        first = claim_entries(limit=2)
    assert [entry.slug for entry in first] == ["post-0", "post-1"]
    assert [entry.post_id for entry in claim_entries(limit=9)] == [posts[2].pk]
    assert claim_entries(limit=9) == []
    taken = RefreshEntry.objects.get(id=first[0].id)
    assert (taken.attempts, taken.trace_id) == (1, "trace-of-the-worker")


def test_one_entry_is_claimed_by_its_id_once() -> None:
    make_post()
    entry_id = get_entry().pk
    claimed = claim_entry(entry_id=entry_id)
    assert claimed is not None
    assert claim_entry(entry_id=entry_id) is None
    assert finish_entry(entry_id=entry_id, outcome="cached")
    assert claim_entry(entry_id=entry_id) is None
    assert list(read_outcomes([entry_id]).values()) == ["cached"]
    assert count_open() == 0


def test_a_change_during_the_work_puts_the_entry_back() -> None:
    post = make_post()
    [entry] = claim_entries(limit=1)
    assert enqueue_posts(post_ids=[post.pk], reason="product_changed", revision=3) == 0
    with Recorder() as recorder:
        assert not finish_entry(entry_id=entry.id)
    assert recorder.totals() == {"refresh_queue_enqueue_total": 1}
    held = get_entry()
    assert (held.state, held.is_dirty, held.outcome, held.revision) == ("queued", False, "", 3)
    [again] = claim_entries(limit=1)
    assert finish_entry(entry_id=again.id)


def test_three_failures_and_it_is_dead_with_its_error() -> None:
    make_post()
    for number in range(1, FAILURE_LIMIT + 1):
        [entry] = claim_entries(limit=1)
        assert fail_entry(entry_id=entry.id, error=f"고장 {number}\x00") == (number < FAILURE_LIMIT)
    held = get_entry()
    assert (held.state, held.failures, held.error) == ("dead", 3, "고장 3")
    assert claim_entries(limit=1) == []


def test_a_change_gives_a_failing_post_three_new_attempts() -> None:
    post = make_post()
    for _number in range(2):
        [entry] = claim_entries(limit=1)
        fail_entry(entry_id=entry.id, error="고장")
    [entry] = claim_entries(limit=1)
    enqueue_posts(post_ids=[post.pk], reason="body_changed")
    assert fail_entry(entry_id=entry.id, error="고장")
    assert get_entry().failures == 0


def test_a_dead_entry_comes_back_by_hand_or_by_a_change_and_leaves_no_second_row() -> None:
    post = make_post()
    for _round in range(2):
        for _number in range(FAILURE_LIMIT):
            [entry] = claim_entries(limit=1)
            fail_entry(entry_id=entry.id, error="고장")
        assert count_by_state()["dead"] == 1
        assert enqueue_unpackaged() == 0, "who is dead waits for a person"
        assert retry_dead(post_ids=[post.pk]) == 1
    held = get_entry()
    assert (RefreshEntry.objects.count(), held.state, held.reason, held.finished_at) == (1, "queued", "retry", None)


@pytest.mark.parametrize(
    ("holder", "age_seconds", "released"),
    [
        ("dead", 1, 1),
        ("alive", 1, 0),
        ("alive", 86_400, 0),
        ("silent", 1, 1),
        ("elsewhere", 1, 0),
        ("elsewhere", settings.CLAIM_LEASE_SECONDS + 1, 1),
    ],
)
def test_only_abandoned_claims_are_released(holder: str, age_seconds: int, released: int) -> None:
    make_post()
    [entry] = claim_entries(limit=1)
    host, pid, start = get_entry().claimed_by.rsplit(":", 2)
    own, _, moment = start.partition("@")
    names = {
        "dead": f"{host}:999999999:{start}",
        "alive": f"{host}:{pid}:{start}",
        "silent": f"{host}:{pid}:{own}@{int(moment) - settings.CLAIM_LEASE_SECONDS - 2}",
        "elsewhere": "other-host:1:1",
    }
    since = timezone.now() - timedelta(seconds=age_seconds)
    RefreshEntry.objects.update(claimed_by=names[holder], claimed_at=since)
    before = read_states([entry.id])[entry.id]
    assert before.is_open(since_attempt=0)
    assert release_dead_claims() == released
    after = read_states([entry.id])[entry.id]
    assert (after.state == "queued") == bool(released)
    assert after.is_open(since_attempt=0) != bool(released)


def test_who_lost_a_claim_cannot_end_it() -> None:
    make_post()
    [entry] = claim_entries(limit=1)
    RefreshEntry.objects.update(claimed_by="other-host:1:1")
    assert not finish_entry(entry_id=entry.id)
    assert not fail_entry(entry_id=entry.id, error="고장")
    assert get_entry().state == EntryState.CLAIMED


def test_a_process_that_dies_of_a_post_gives_it_up_in_the_end() -> None:
    make_post()
    for _number in range(10):
        claim_entries(limit=1)
        RefreshEntry.objects.update(claimed_by="gone")
        release_dead_claims()
    held = get_entry()
    assert (held.state, held.attempts) == ("dead", 10)
    assert "응답하지 않아" in held.error


def test_a_changed_product_queues_exactly_the_posts_that_show_it() -> None:
    store = make_shop({"number": 1}, {"number": 2})
    one, two = make_post("{{ price:JB-1 }}", slug="one"), make_post("{{ price:JB-2 }}", slug="two")
    draft = make_post("{{ price:JB-1 }}", slug="draft")
    for post in (one, two, draft):
        process(post)
    drain()
    make_post("{{ price:JB-1 }}", slug="draft", status="draft")
    change_products(store, {"number": 1, "discounted_price": 90_000}, {"number": 2})
    waiting = RefreshEntry.objects.filter(state="queued")
    assert [(entry.post_id, entry.reason, entry.revision) for entry in waiting] == [(one.pk, "product_changed", 2)]


def test_a_sku_that_appears_queues_the_post_that_waits_for_it() -> None:
    store = make_shop({"number": 1})
    post = make_post("{{ price:JB-2 }}")
    assert process(post).status == "refused"
    drain("refused")
    change_products(store, {"number": 3})
    assert count_open() == 0
    change_products(store, {"number": 2})
    assert get_entry().reason == "sku_appeared"
    assert process(post).status == "built"


def test_enqueuing_for_many_products_takes_the_same_few_queries(django_assert_max_num_queries: Any) -> None:
    make_shop(*({"number": number} for number in range(1, 31)))
    for number in range(1, 31):
        process(make_post(f"{{{{ price:JB-{number} }}}}", slug=f"post-{number}"))
    drain()
    changes = [
        ProductChange(product.pk, product.origin_product_no, product.sku, is_new=False, is_price_moved=True)
        for product in Product.objects.all()
    ]
    with django_assert_max_num_queries(16):
        assert enqueue_for_products(changes=changes, revision=9) == 30


@pytest.mark.django_db(transaction=True)
def test_two_threads_leave_one_live_entry_and_share_the_work() -> None:
    posts = [make_post(slug=f"post-{number}", status="draft") for number in range(20)]
    ids = [post.pk for post in posts]
    barrier = threading.Barrier(2)
    added: list[int] = []
    claimed: list[int] = []
    errors: list[Exception] = []

    def work(order: list[int]) -> None:
        try:
            barrier.wait()
            added.append(enqueue_posts(post_ids=order, reason="product_changed", revision=1))
            barrier.wait()
            while entries := claim_entries(limit=3):
                claimed.extend(entry.id for entry in entries)
        except Exception as error:
            errors.append(error)
            barrier.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(order,)) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert RefreshEntry.objects.count() == 20
    assert sorted(claimed) == sorted(RefreshEntry.objects.values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_entry_cannot_be_taken_before_the_change_that_it_stands_for_is_visible() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writing transaction at a time: this race is PostgreSQL's, set DATABASE_URL")
    post = make_post()
    is_noted, is_tried = threading.Event(), threading.Event()
    taken: list[Any] = []

    def try_to_take() -> None:
        is_noted.wait(10)
        taken.append(claim_entries(limit=1))
        connections.close_all()
        is_tried.set()

    thread = threading.Thread(target=try_to_take)
    thread.start()
    with transaction.atomic():
        Post.objects.filter(pk=post.pk).update(title="아직 보이지 않는 제목")
        enqueue_posts(post_ids=[post.pk], reason="body_changed")
        is_noted.set()
        assert is_tried.wait(10)
    thread.join()
    assert taken == [[]]
    assert len(claim_entries(limit=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_editor_who_saves_while_an_upsert_queues_the_same_post_waits_and_nobody_fails() -> None:
    post = make_post("본문")
    drain()
    is_queued = threading.Event()
    errors: list[Exception] = []

    def save() -> None:
        try:
            is_queued.wait(10)
            make_post("다른 본문")
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    editor = threading.Thread(target=save)
    editor.start()
    with transaction.atomic():
        enqueue_posts(post_ids=[post.pk], reason="product_changed", revision=2)
        is_queued.set()
        time.sleep(0.5)  # the editor now holds the post and waits for the entry that this transaction has added
    editor.join(30)
    assert errors == []
    assert Post.objects.get().body == "다른 본문"
    assert RefreshEntry.objects.filter(state="queued").count() == 1


def test_the_time_from_the_change_to_the_new_package_is_measured() -> None:
    make_post()
    with Recorder() as recorder:
        drain("cached")
        assert recorder.samples("time_to_refresh_publish_seconds") == []
        make_post("다른 본문")
        drain("built")
        [took] = recorder.samples("time_to_refresh_publish_seconds")
    assert 0 <= took < 60
