"""Batches of many posts as a job: the request returns, the page shows how far it is, and a death in the middle loses nothing."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.clusters import batchwork, inserting
from content.clusters.batchwork import carry_out
from content.clusters.linking import LINK_LOCK, BatchRefused, plan_links
from content.clusters.models import LinkBatch, LinkHealth, PlannedLink
from content.clusters.planning import plan_clusters
from content.clusters.services import insert_links
from content.posts.models import Post
from perfhooks.locks import hold_lock
from tests.content.clusters.garden import plant_cleaners
from tests.support.ledger import Ledger, open_ledger

METER = "internal_link_insert_latency_seconds"
PLANT = """
import django
django.setup()
from content.clusters.linking import plan_links
from content.clusters.planning import plan_clusters
from tests.content.clusters.garden import plant_cleaners
plant_cleaners()
plan_clusters()
print(plan_links().batch_id)
"""
WORK = """
import django, sys
django.setup()
from content.clusters.batchwork import carry_out
carry_out(batch_id=sys.argv[1])
"""
READ = """
import django, json
django.setup()
from content.clusters.models import LinkBatch, PlannedLink
from content.posts.models import Post
print(json.dumps([
    LinkBatch.objects.get().state,
    dict(Post.objects.values_list("slug", "body")),
    PlannedLink.objects.filter(state="inserted").count(),
]))
"""
BEGIN = """
import django, sys
django.setup()
from content.clusters.inserting import begin_batch
begin_batch(batch_id=sys.argv[1], state=sys.argv[2])
"""


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Somebody who may, where more than one post is many."""
    monkeypatch.setattr(batchwork, "LONG_POSTS", 1)
    client = Client()
    client.force_login(User.objects.create_superuser("kim"))
    return client


def plan() -> LinkBatch:
    plant_cleaners()
    plan_clusters()
    return LinkBatch.objects.get(batch_id=plan_links().batch_id)


def read_bodies() -> dict[str, str]:
    return dict(Post.objects.values_list("slug", "body"))


def count_links() -> int:
    return sum(body.count("(post:") for body in read_bodies().values())


def do(client: Client, batch: LinkBatch, deed: str) -> Any:
    return client.post(reverse("admin:clusters_linkbatch_do", args=[batch.pk, deed]), follow=True)


def read_page(client: Client, batch: LinkBatch) -> str:
    return client.get(reverse("admin:clusters_linkbatch_change", args=[batch.pk])).content.decode()


def wait_for(batch: LinkBatch, state: str) -> None:
    end = time.monotonic() + 30
    while LinkBatch.objects.get(pk=batch.pk).state != state:
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def death_at_post(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """Whoever changes posts by links dies at the n-th of them."""
    save, seen = inserting._save, []

    def save_or_die(*arguments: Any) -> Any:
        seen.append(arguments)
        if len(seen) == number:
            raise KeyboardInterrupt
        return save(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(inserting, "_save", save_or_die)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.django_db(transaction=True)
def test_the_desk_returns_at_once_and_the_job_ends_beside_it(desk: Client) -> None:
    batch, before = plan(), read_bodies()
    answer = do(desk, batch, "apply")
    assert answer.redirect_chain[-1] == (reverse("admin:clusters_linkbatch_change", args=[batch.pk]), 302)
    wait_for(batch, "applied")
    assert count_links() == batch.planned
    page = read_page(desk, batch)
    assert f"넣은 링크 {batch.planned}개 되돌리기" in page
    assert "data-busy" not in page
    do(desk, batch, "undo")
    wait_for(batch, "undone")
    assert read_bodies() == before
    end = time.monotonic() + 10
    while LinkHealth.objects.filter(batch=batch).count() < 2:
        assert time.monotonic() < end, "each of both is measured"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_died_goes_on_without_inserting_twice(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = plan()
    total = PlannedLink.objects.filter(state="planned").count()
    inserting.begin_batch(batch_id=batch.batch_id, state=LinkBatch.State.APPLYING)
    with death_at_post(monkeypatch, 2):
        carry_out(batch_id=batch.batch_id)
    done = count_links()
    assert 0 < done < total
    page = read_page(desk, batch)
    assert f'<progress id="progress" max="{total}" value="{done}">' in page
    assert "data-busy" in page
    assert "이어서 넣기" not in page, "it may be alive"
    with pytest.raises(BatchRefused, match="끝나지 않았습니다"):
        plan_links()
    LinkBatch.objects.update(worked_at=timezone.now() - timedelta(minutes=2))
    page = read_page(desk, batch)
    assert "진행이 멈췄습니다" in page
    assert f"넣은 링크 {done}개 되돌리기" in page
    do(desk, batch, "apply")
    wait_for(batch, "applied")
    assert count_links() == total == PlannedLink.objects.filter(state="inserted").count()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_died_is_undone_to_the_byte(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, before = plan(), read_bodies()
    inserting.begin_batch(batch_id=batch.batch_id, state=LinkBatch.State.APPLYING)
    with death_at_post(monkeypatch, 3):
        carry_out(batch_id=batch.batch_id)
    assert count_links()
    do(desk, batch, "undo")
    wait_for(batch, "undone")
    assert read_bodies() == before


@pytest.mark.django_db(transaction=True)
def test_a_run_finishes_what_a_job_left_and_then_plans_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = plan()
    with death_at_post(monkeypatch, 2):
        inserting.apply_batch(batch_id=batch.batch_id)
    left = batch.planned - count_links()
    assert insert_links().resumed == left > 0
    assert count_links() == batch.planned


@pytest.mark.django_db(transaction=True)
def test_a_job_at_work_is_neither_begun_again_nor_undone_beside_itself(desk: Client) -> None:
    batch, before = plan(), read_bodies()
    inserting.begin_batch(batch_id=batch.batch_id, state=LinkBatch.State.APPLYING)
    with hold_lock(LINK_LOCK):
        for deed in ("apply", "undo"):
            assert "진행 중입니다" in do(desk, batch, deed).content.decode()
        carry_out(batch_id=batch.batch_id)
    assert read_bodies() == before
    assert LinkBatch.objects.get().state == "applying"


@pytest.mark.slow
@pytest.mark.promise
@pytest.mark.parametrize("number", [1, 3])
def test_a_killed_process_leaves_whole_posts_and_is_gone_on_with(tmp_path: Path, migrated: Ledger, number: int) -> None:
    with open_ledger(tmp_path / "ledger", like=migrated) as ledger:

        def run(script: str, *arguments: str, **environment: str) -> str:
            done = ledger.run("-c", script, *arguments, **environment)
            assert done.returncode in (0, -signal.SIGKILL), done.stderr
            assert (done.returncode == 0) != ("KILL_AT" in environment)
            return done.stdout

        def read() -> tuple[str, dict[str, str], int]:
            state, bodies, inserted = json.loads(run(READ).splitlines()[-1])
            assert sum(body.count("(post:") for body in bodies.values()) == inserted
            return state, bodies, inserted

        kill = {"DJANGO_SETTINGS_MODULE": "tests.support.kill_settings", "KILL_AT": f"{METER}:{number}"}
        batch_id = run(PLANT).split()[-1]
        _state, before, _none = read()
        run(BEGIN, batch_id, "applying")
        run(WORK, batch_id, **kill)
        assert read()[0] == "applying"
        run(WORK, batch_id)
        state, _bodies, inserted = read()
        assert (state, inserted > number) == ("applied", True)
        run(BEGIN, batch_id, "undoing")
        run(WORK, batch_id, **kill)
        assert read()[0] == "undoing"
        run(WORK, batch_id)
        assert read()[:2] == ("undone", before)
