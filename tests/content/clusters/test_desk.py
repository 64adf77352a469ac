"""Clusters and links on the desk: looked at, decided, inserted and taken back by those who may."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from content.clusters.health import measure_links
from content.clusters.linking import plan_links
from content.clusters.models import Anchor, Cluster, ClusterMember, LinkBatch, LinkRule
from content.clusters.planning import plan_clusters
from content.posts.models import Post
from tests.content.clusters.garden import FILLER, LONG, make_live, plant_cleaners
from tests.content.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("kim"))
    return client


def read_text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def plant_two() -> None:
    """The cleaners, and cups beside them."""
    plant_cleaners()
    make_live("cup-guide", "유리 머그컵 추천", f"먼저 유리 머그컵 세척 순서를 봅니다. {LONG}", LONG)
    make_live("cup-wash", "유리 머그컵 세척 순서", f"자주 유리 머그컵을 씻습니다. {FILLER}")
    make_live("cup-gift", "유리 머그컵 선물 포장", f"예쁜 유리 머그컵을 담습니다. {FILLER}")


def test_the_way_from_a_plan_to_links_and_back(desk: Client) -> None:
    plant_two()
    desk.post(reverse("admin:clusters_cluster_plan"))
    assert Cluster.objects.count() == 2
    answer = desk.post(reverse("admin:clusters_linkbatch_plan"), {"reason": "시험"}, follow=True)
    text = answer.content.decode()
    assert "아직 아무 글도 바뀌지 않았습니다" in text
    assert "<ins>무선 청소기 필터 관리</ins>가" in text
    batch = LinkBatch.objects.get()
    do = "admin:clusters_linkbatch_do"
    text = desk.post(reverse(do, args=[batch.pk, "apply"]), follow=True).content.decode()
    assert f"링크 {batch.planned}개를 넣었습니다" in text
    assert "(post:filter)" in Post.objects.get(slug="cordless-guide").body
    overview = read_text(desk, reverse("admin:clusters_cluster_map"))
    assert overview.count("<circle") == 4 + 7
    for cluster in Cluster.objects.all():
        drawn = read_text(desk, reverse("admin:clusters_cluster_change", args=[cluster.pk]))
        assert 'class="arc arc-down"' in drawn
        for post_id in cluster.members.values_list("post_id", flat=True):
            assert reverse("admin:posts_post_change", args=[post_id]) in drawn
    text = desk.post(reverse(do, args=[batch.pk, "undo"]), follow=True).content.decode()
    assert "되돌렸습니다" in text
    assert "(post:" not in Post.objects.get(slug="cordless-guide").body
    assert "자료 없음" in read_text(desk, reverse("admin:clusters_linkhealth_changelist"))


def test_decisions_survive_the_next_plan(desk: Client) -> None:
    plant_two()
    plan_clusters()
    cups = Cluster.objects.get(members__post__slug="cup-guide")
    cleaners = Cluster.objects.get(members__post__slug="cordless-guide")
    decide = reverse("admin:clusters_cluster_decide", args=[cups.pk])
    ids = dict(Post.objects.values_list("slug", "pk"))
    desk.post(decide, {"deed": "rename", "name": "컵 이야기"})
    desk.post(decide, {"deed": "move", "post": ids["cup-wash"], "to": cleaners.pk})
    desk.post(decide, {"deed": "hub", "post": ids["cup-gift"]})
    desk.post(reverse("admin:clusters_cluster_decide", args=[cleaners.pk]), {"deed": "block", "post": ids["noise"]})

    def stand() -> set[tuple[str, int, str, str]]:
        return set(ClusterMember.objects.values_list("post__slug", "cluster_id", "role", "standing"))

    plan_clusters()
    first = stand()
    assert {
        ("cup-wash", cleaners.pk, "spoke", "pinned"),
        ("cup-gift", cups.pk, "hub", "pinned"),
        ("noise", cleaners.pk, "spoke", "blocked"),
    } <= first
    assert ("noise", cleaners.pk, "spoke", "planned") not in first
    assert Cluster.objects.get(pk=cups.pk).name == "컵 이야기"
    assert plan_clusters().added == 0
    assert stand() == first
    desk.post(reverse("admin:clusters_cluster_decide", args=[cleaners.pk]), {"deed": "release", "post": ids["noise"]})
    plan_clusters()
    assert ("noise", cleaners.pk, "spoke", "planned") in stand()


def test_the_hub_of_a_cluster_is_neither_blocked_nor_moved_away(desk: Client) -> None:
    plant_two()
    plan_clusters()
    cups = Cluster.objects.get(members__post__slug="cup-guide")
    cleaners = Cluster.objects.get(members__post__slug="cordless-guide")
    hub = Post.objects.get(slug="cup-guide").pk
    decide = reverse("admin:clusters_cluster_decide", args=[cups.pk])
    assert "허브는 막을 수 없습니다" in desk.post(decide, {"deed": "block", "post": hub}, follow=True).content.decode()
    moved = desk.post(decide, {"deed": "move", "post": hub, "to": cleaners.pk}, follow=True).content.decode()
    assert "허브를 먼저 바꾸세요" in moved
    assert ClusterMember.objects.get(post=hub).cluster_id == cups.pk


def test_pages_take_the_same_queries_for_any_number_of_clusters(desk: Client, django_assert_num_queries: Any) -> None:
    plant_two()
    plan_clusters()
    plan_links()
    measure_links()
    own = "admin:clusters_"
    cluster = ClusterMember.objects.values_list("cluster_id", flat=True)[0]
    pages = {
        reverse(f"{own}cluster_changelist"): 6,
        reverse(f"{own}linkbatch_changelist"): 4,
        reverse(f"{own}plannedlink_changelist"): 4,
        reverse(f"{own}linkhealth_changelist"): 5,
        reverse(f"{own}linkrule_changelist"): 4,
        reverse(f"{own}anchor_changelist"): 4,
        reverse(f"{own}cluster_map"): 9,
        reverse(f"{own}cluster_change", args=[cluster]): 8,
        reverse(f"{own}linkbatch_change", args=[LinkBatch.objects.get().pk]): 7,
    }
    for address, queries in pages.items():
        with django_assert_num_queries(queries):
            read_text(desk, address)


def test_who_may_only_look_changes_nothing() -> None:
    plant_cleaners()
    plan_clusters()
    batch_id = plan_links().batch_id
    viewer = User.objects.create_user("seer", is_staff=True)
    viewer.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="clusters", codename__startswith="view")
    )
    client = Client()
    client.force_login(viewer)
    batch, cluster = LinkBatch.objects.get(batch_id=batch_id), Cluster.objects.get()
    assert "링크 3개 넣기" not in read_text(client, reverse("admin:clusters_linkbatch_change", args=[batch.pk]))
    assert "모두 승인" not in read_text(client, reverse("admin:clusters_cluster_change", args=[cluster.pk]))
    for address in (
        reverse("admin:clusters_linkbatch_do", args=[batch.pk, "apply"]),
        reverse("admin:clusters_linkbatch_plan"),
        reverse("admin:clusters_cluster_plan"),
        reverse("admin:clusters_cluster_decide", args=[cluster.pk]),
    ):
        assert client.post(address, {"deed": "accept_all"}).status_code == 403
    assert not ClusterMember.objects.exclude(standing="planned").exists()
    assert "(post:" not in Post.objects.get(slug="cordless-guide").body


def test_wishes_and_words_are_kept_through_their_forms(desk: Client) -> None:
    one, other = make_post(slug="one", title="하나"), make_post(slug="two", title="둘")
    add = reverse("admin:clusters_linkrule_add")
    values = {"source": one.pk, "target": one.pk, "kind": "pin", "words": "x" * 80, "note": ""}
    assert "다른 글을 고르세요" in desk.post(add, values).content.decode()
    assert desk.post(add, {**values, "target": other.pk, "words": "좋은 말"}).status_code == 302
    rule = LinkRule.objects.get()
    assert (rule.words, rule.made_by) == ("좋은 말", User.objects.get(username="kim"))

    anchor = reverse("admin:clusters_anchor_add")
    assert desk.post(anchor, {"target": one.pk, "text": "[괄호]"}).status_code == 200
    assert desk.post(anchor, {"target": one.pk, "text": "예쁜 컵"}).status_code == 302
    assert (
        "이미 &#x27;하나&#x27; 글의 앵커입니다"
        in desk.post(anchor, {"target": other.pk, "text": "예쁜  컵"}).content.decode()
    )
    kept = Anchor.objects.get()
    desk.post(reverse("admin:clusters_anchor_delete", args=[kept.pk]), {"post": "yes"})
    assert not Anchor.objects.exists()


def test_a_hostile_title_is_only_words(desk: Client) -> None:
    plant_cleaners()
    Post.objects.filter(slug="filter").update(title="<script>alert(1)</script> 무선 청소기")
    plan_clusters()
    cluster = Cluster.objects.get()
    for address in (reverse("admin:clusters_cluster_map"), reverse("admin:clusters_cluster_change", args=[cluster.pk])):
        assert "<script>alert" not in read_text(desk, address)
