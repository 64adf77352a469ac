"""A post that goes while it waits or is worked on takes its entry along, and nobody fails of it."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from content.comparison.services import build_table
from content.cro.services import compose_post
from content.matching.services import match_post
from content.packages.services import build_package
from content.posts.models import Post
from content.posts.services import delete_post
from content.refresh.models import RefreshEntry
from content.refresh.selectors import read_states
from content.refresh.services import (
    claim_entries,
    claim_entry,
    enqueue_posts,
    fail_entry,
    finish_entry,
    release_dead_claims,
)
from products.catalog.models import Placement
from tests.content.factories import drain, make_post, make_shop

pytestmark = pytest.mark.django_db


def test_an_entry_goes_with_its_post() -> None:
    post = make_post()
    [entry] = claim_entries(limit=1)
    delete_post(post_id=post.pk)
    assert read_states([entry.id]) == {}
    assert not finish_entry(entry_id=entry.id)
    assert not fail_entry(entry_id=entry.id, error="고장")
    assert (claim_entry(entry_id=entry.id), release_dead_claims()) == (None, 0)
    assert enqueue_posts(post_ids=[post.pk], reason="product_changed", revision=1) == 0


@pytest.mark.parametrize("step", ["match", "table", "package", "cached", "refused"])
def test_every_step_says_so_and_leaves_nothing(step: str) -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}\n\n{{ table }}" + ("{{ prize:JB-1 }}" if step == "refused" else ""))
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    rendered = compose_post(post_id=post.pk)
    if step == "cached":
        build_package(post_id=post.pk)
    steps: dict[str, Callable[[], object]] = {
        "match": lambda: match_post(post_id=post.pk),
        "table": lambda: build_table(post_id=post.pk),
    }
    delete_post(post_id=post.pk)
    with pytest.raises(Post.DoesNotExist):
        steps.get(step, lambda: build_package(post_id=post.pk, rendered=rendered))()
    assert not Placement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_post_deleted_while_an_upsert_queues_it_fails_neither() -> None:
    post = make_post()
    drain()
    is_queued = threading.Event()
    errors: list[Exception] = []

    def delete() -> None:
        try:
            is_queued.wait(10)
            delete_post(post_id=post.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    editor = threading.Thread(target=delete)
    editor.start()
    with transaction.atomic():
        assert enqueue_posts(post_ids=[post.pk], reason="product_changed", revision=2) == 1
        is_queued.set()
        time.sleep(0.5)  # the editor's deletion is under way and has not seen the entry
    editor.join(30)
    assert errors == []
    assert (Post.objects.count(), RefreshEntry.objects.count()) == (0, 0)
