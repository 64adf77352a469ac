"""Scheduled posts: published once, late rather than never, never with a blocking finding, whoever dies or races."""

import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from content.cro.services import compose_post
from content.posts import publishing
from content.posts.models import Post, PostFinding, StatusChange
from content.posts.publishing import SYSTEM, change_status, publish_due
from tests.content.factories import make_post
from tests.support.ledger import Ledger, open_ledger

pytestmark = pytest.mark.django_db

SOON = timedelta(minutes=5)
SEED = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from content.posts.models import Post
from content.posts.services import save_post
for slug in ("one", "two"):
    save_post(slug=slug, title=slug, body="본문", status="ready")
Post.objects.update(status="scheduled", publish_at=timezone.now() - timedelta(hours=7))
"""
READ = """
import django, json
django.setup()
from content.posts.models import Post, StatusChange
print(json.dumps([list(Post.objects.order_by("slug").values_list("status", flat=True)), StatusChange.objects.count()]))
"""


def schedule(body: str = "본문", **changes: Any) -> Post:
    """A post that is to be published in five minutes."""
    post = make_post(body, **changes)
    change_status(post_id=post.pk, target="scheduled", actor=SYSTEM, publish_at=timezone.now() + SOON)
    return Post.objects.get(pk=post.pk)


def test_a_post_is_published_when_its_time_has_come_and_only_once() -> None:
    post = schedule()
    assert publish_due().published == 0
    later = timezone.now() + SOON
    assert publish_due(now=later).published == 1
    assert publish_due(now=later) == publishing.DueCounts()
    post.refresh_from_db()
    assert (post.status, post.publish_at, post.published_at is not None) == ("published", None, True)
    step = StatusChange.objects.latest("pk")
    assert (step.source, step.target, step.changed_by, step.reason) == (
        "scheduled",
        "published",
        None,
        "예약한 시각이 되었습니다",
    )


def test_after_a_long_downtime_all_are_published_late_the_earliest_first() -> None:
    for slug in ("one", "two", "three"):
        schedule(slug=slug)
    assert publish_due(now=timezone.now() + timedelta(days=40)).published == 3
    order = StatusChange.objects.filter(target="published").order_by("pk").values_list("post__slug", flat=True)
    assert list(order) == ["one", "two", "three"]


def test_a_post_that_broke_meanwhile_waits_says_why_and_is_published_once_it_is_mended(admin_client: Any) -> None:
    post = schedule(title="고장 난 글")
    schedule(slug="sound")
    make_post("{{ price:JB-404 }}", title="고장 난 글", status=None)
    later = timezone.now() + SOON
    assert publish_due(now=later) == publishing.DueCounts(published=1, blocked=1)
    post.refresh_from_db()
    assert post.status == "scheduled"
    assert "SKU 'JB-404'" in post.publish_note
    assert PostFinding.objects.get(post=post).kind == "unknown_sku"
    page = admin_client.get(f"/admin/posts/post/{post.pk}/change/").content.decode()
    assert "예약 시각이 지났지만 게시하지 않았습니다" in page
    assert "게시 예약 · 막힘" in admin_client.get("/admin/posts/post/").content.decode()
    stamp = post.updated_at
    assert publish_due(now=later).blocked == 1
    post.refresh_from_db()
    assert post.updated_at == stamp
    make_post("고친 본문", title="고장 난 글", status=None)
    assert publish_due(now=later).published == 1
    post.refresh_from_db()
    assert (post.status, post.publish_note) == ("published", "")


def test_one_that_fails_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    first = schedule(slug="one")
    schedule(slug="two")
    compose = compose_post

    def fail_for_first(*, post_id: int) -> Any:
        if post_id == first.pk:
            raise RuntimeError("defect")
        return compose(post_id=post_id)

    monkeypatch.setattr(publishing, "compose_post", fail_for_first)
    assert publish_due(now=timezone.now() + SOON) == publishing.DueCounts(published=1, failed=1)
    first.refresh_from_db()
    assert first.status == "scheduled"


def test_the_command_says_what_became_of_them(capsys: Any) -> None:
    schedule()
    Post.objects.update(publish_at=datetime(2026, 1, 1, tzinfo=UTC))
    call_command("publish_due", "--json")
    assert json.loads(capsys.readouterr().out) == {"published": 1, "blocked": 0, "failed": 0, "skipped": 0}
    call_command("publish_due")
    assert "게시 0건" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_each_post_once() -> None:
    for number in range(12):
        schedule(slug=f"post-{number}")
    later, start = timezone.now() + SOON, threading.Barrier(2)
    counts: list[publishing.DueCounts] = []

    def work() -> None:
        start.wait(10)
        try:
            counts.append(publish_due(now=later))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(done.published for done in counts) == 12
    assert sum(done.failed for done in counts) == 0
    assert StatusChange.objects.filter(target="published").count() == 12
    assert not Post.objects.exclude(status="published").exists()


@pytest.mark.django_db(transaction=True)
def test_an_editor_and_the_clock_publish_the_same_post_once() -> None:
    post = schedule()
    later, start = timezone.now() + SOON, threading.Barrier(2)

    def by_hand() -> None:
        start.wait(10)
        try:
            change_status(post_id=post.pk, target="published", actor=SYSTEM)
        finally:
            connections.close_all()

    def by_clock() -> None:
        start.wait(10)
        try:
            publish_due(now=later)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=by_hand), threading.Thread(target=by_clock)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert StatusChange.objects.filter(target="published").count() == 1
    assert connection.vendor in ("sqlite", "postgresql")


@pytest.mark.slow
def test_killed_between_claim_and_publishing_the_next_call_does_it(migrated: Ledger, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger", like=migrated) as ledger:
        seeded = ledger.run("-c", SEED)
        assert seeded.returncode == 0, seeded.stderr
        killed = ledger.run(
            *("manage.py", "publish_due"),
            DJANGO_SETTINGS_MODULE="tests.support.kill_settings",
            KILL_AT="template_render_seconds:2",
            SOURCE_DATE_EPOCH="",
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert json.loads(ledger.run("-c", READ).stdout) == [["published", "scheduled"], 1]
        done = ledger.run("manage.py", "publish_due", "--json", SOURCE_DATE_EPOCH="")
        assert json.loads(done.stdout) == {"published": 1, "blocked": 0, "failed": 0, "skipped": 0}, done.stderr
        assert json.loads(ledger.run("-c", READ).stdout) == [["published", "published"], 2]
