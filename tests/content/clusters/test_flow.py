"""From posts to clusters, to links in their bodies, to the page, and back to the exact bytes."""

import pytest
from django.test import Client

from content.clusters.inserting import apply_batch, undo_batch
from content.clusters.linking import plan_links
from content.clusters.models import Cluster, ClusterMember, PlannedLink
from content.clusters.planning import plan_clusters
from content.posts.models import Post
from tests.content.clusters.garden import plant_cleaners

pytestmark = pytest.mark.django_db


def test_links_are_planned_inserted_read_and_taken_back(client: Client) -> None:
    hub, _spokes = plant_cleaners()
    before = dict(Post.objects.values_list("slug", "body"))

    plan_clusters()
    planned = plan_links()
    print(
        planned,
        [
            (it.source.slug, it.target_slug, it.words, it.rule_id, it.state, it.reason)
            for it in PlannedLink.objects.select_related("source")
        ],
    )
    assert dict(Post.objects.values_list("slug", "body")) == before
    done = apply_batch(batch_id=planned.batch_id)
    assert done.links == planned.planned > 0
    html = client.get("/posts/cordless-guide/").content.decode()
    assert '/posts/filter/">무선 청소기 필터 관리</a>가' in html
    assert Cluster.objects.get().name == "무선 청소기"
    assert ClusterMember.objects.filter(role="hub").get().post_id == hub.pk
    assert plan_links().planned == 0

    undo_batch(batch_id=planned.batch_id)
    assert dict(Post.objects.values_list("slug", "body")) == before
