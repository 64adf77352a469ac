"""From posts to clusters, to links in their bodies, to the page, and back to the exact bytes."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from content.clusters.health import measure_links
from content.clusters.inserting import apply_batch, undo_batch
from content.clusters.linking import plan_links
from content.clusters.models import Cluster, ClusterMember, LinkHealth, PlannedLink, PostLink
from content.clusters.planning import plan_clusters
from content.clusters.services import insert_links
from content.cro.services import compose_post
from content.disclosure.literals import find_literals
from content.packages.models import Package
from content.posts.models import Post, PostRevision
from content.posts.placeholders import strip_placeholders
from content.posts.publishing import SYSTEM, change_status
from content.posts.services import delete_post, save_post
from content.refresh.models import RefreshEntry
from tests.content.clusters.garden import make_live, plant_cleaners, publish
from tests.content.factories import drain, make_post, process

pytestmark = pytest.mark.django_db


def read_bodies() -> dict[str, str]:
    return dict(Post.objects.values_list("slug", "body"))


def test_links_are_planned_inserted_read_and_taken_back(client: Client) -> None:
    hub, _spokes = plant_cleaners()
    before = read_bodies()

    plan_clusters()
    planned = plan_links()
    assert read_bodies() == before
    drain()
    done = apply_batch(batch_id=planned.batch_id)
    assert done.links == planned.planned > 0
    html = client.get("/posts/cordless-guide/").content.decode()
    assert '/posts/filter/">무선 청소기 필터 관리</a>가' in html
    assert Cluster.objects.get().name == "무선 청소기"
    assert ClusterMember.objects.filter(role="hub").get().post_id == hub.pk
    link = PlannedLink.objects.filter(state="inserted", source=hub).first()
    assert link is not None
    revision = PostRevision.objects.get(post=hub, number=link.revision_after)
    assert planned.batch_id[:12] in revision.reason
    assert RefreshEntry.objects.filter(post=hub, state="queued").exists()
    assert apply_batch(batch_id=planned.batch_id).links == 0
    assert plan_links().planned == 0

    undo_batch(batch_id=planned.batch_id)
    assert read_bodies() == before
    assert not PostLink.objects.exists()


def test_the_commands_say_what_they_did() -> None:
    plant_cleaners()

    def run(*words: str) -> dict[str, Any]:
        out = StringIO()
        call_command(*words, "--json", stdout=out)
        answer: dict[str, Any] = json.loads(out.getvalue())
        return answer

    before = read_bodies()
    assert run("plan_clusters", "--dry-run")["added"] == 4
    assert not Cluster.objects.exists()
    assert run("plan_clusters")["added"] == 4
    assert run("plan_clusters")["added"] == 0
    assert run("insert_links", "--dry-run")["planned"] > 0
    assert read_bodies() == before
    done = run("insert_links")
    assert done["inserted"] == done["planned"] > 0
    health = LinkHealth.objects.get()
    assert (health.inserted, health.broken, health.violations) == (done["inserted"], 0, 0)
    assert (health.orphan_share, health.pages_per_session) == (0.0, None)
    assert run("insert_links", "--undo", done["batch_id"])["links"] == done["inserted"]
    assert read_bodies() == before


def test_a_target_that_readers_cannot_open_is_only_words_until_it_is_published(client: Client) -> None:
    target = make_post("목표입니다.", slug="target", title="목표")
    make_live("source", "무선 청소기 이야기", "여기서 [무선 청소기](post:target)를 봅니다.")

    rendered = compose_post(post_id=Post.objects.get(slug="source").pk)
    assert "<a" not in rendered.html
    assert [(found.kind, found.is_blocking) for found in rendered.findings] == [("link_target", False)]
    assert "/posts/target/" not in client.get("/posts/source/").content.decode()
    drain()

    publish(target)
    assert list(RefreshEntry.objects.filter(state="queued").values_list("post__slug", flat=True)) == ["source"]
    assert '/posts/target/">무선 청소기</a>를' in client.get("/posts/source/").content.decode()

    change_status(post_id=target.pk, target="archived", actor=SYSTEM)
    assert "/posts/target/" not in client.get("/posts/source/").content.decode()
    delete_post(post_id=target.pk)
    assert "무선 청소기를 봅니다" in client.get("/posts/source/").content.decode()


def test_a_package_links_to_naver_where_the_target_stands_there(settings: Any) -> None:
    settings.SITE_URL = "https://blog.example.com"
    target = make_live("target", "목표")
    source = make_live("source", "무선 청소기 이야기", "여기서 [무선 청소기](post:target)를 봅니다.")
    assert 'href="https://blog.example.com/posts/target/"' in compose_post(post_id=source.pk).html

    process(target)
    Package.objects.filter(post=target).update(posted_url="https://blog.naver.com/shop/1", posted_at=target.updated_at)
    assert 'href="https://blog.naver.com/shop/1"' in compose_post(post_id=source.pk).html
    assert 'href="https://blog.example.com/posts/target/"' in compose_post(post_id=source.pk, target="page").html


def test_links_cost_one_query_and_posts_without_them_none(django_assert_num_queries: Any) -> None:
    make_live("target", "목표")
    with_link = make_live("source", "이야기", "[하나](post:target) [둘](post:none) [셋](post:target)")
    without = make_live("plain", "이야기", "링크가 없습니다.")
    with django_assert_num_queries(6):
        compose_post(post_id=without.pk)
    with django_assert_num_queries(7):
        compose_post(post_id=with_link.pk)


def test_a_slug_is_no_word_of_the_author() -> None:
    body = "여기서 [무선 청소기](post:dv7-1211-9900원)를 봅니다."
    assert strip_placeholders(body) == "여기서 무선 청소기를 봅니다."
    assert find_literals(body) == find_literals("여기서 무선 청소기를 봅니다.")


def test_nothing_to_link_makes_no_batch() -> None:
    make_live("alone", "혼자 있는 글")
    plan_clusters()
    assert insert_links().batch_id == ""
    assert LinkHealth.objects.get().orphans == 1


def test_links_that_break_a_rule_since_are_counted() -> None:
    plant_cleaners()
    plan_clusters()
    batch_id = insert_links().batch_id
    assert measure_links(batch_id=batch_id).violations == 0
    post = Post.objects.get(slug="cordless-guide")
    link = "[무선 청소기 필터 관리](post:filter)"
    assert post.body.count(link) == 1
    body = f"{post.body}\n\n## {link}"
    save_post(slug=post.slug, title=post.title, body=body, relationship=post.relationship)
    assert measure_links(batch_id=batch_id).violations == 2, "once more to the same post, and in a heading"
