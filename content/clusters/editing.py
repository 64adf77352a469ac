"""What editors decide about clusters and links. Their word wins over every later plan."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from content.clusters.anchors import find_problem, fold
from content.clusters.models import Anchor, Cluster, ClusterMember, LinkRule, Role, Standing
from content.clusters.planning import NAME_LENGTH_LIMIT
from content.posts.models import Post
from content.posts.selectors import PROCESSABLE_STATUSES, hold_post


class EditRefused(ValueError):
    """A decision that cannot be kept; names the field, the value and what to do, in Korean."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision changed. changed: rows."""

    changed: int


@transaction.atomic
def accept_members(*, cluster_id: int, post_ids: list[int] | None = None, actor_id: int | None = None) -> Decided:
    """Let these planned places, by default all of the cluster, stay in every later plan."""
    rows = ClusterMember.objects.filter(cluster=cluster_id, standing=Standing.PLANNED)
    if post_ids is not None:
        rows = rows.filter(post__in=post_ids)
    return Decided(rows.update(standing=Standing.ACCEPTED, decided_by=actor_id, decided_at=timezone.now()))


@transaction.atomic
def move_member(*, post_id: int, cluster_id: int, role: str = Role.SPOKE, actor_id: int | None = None) -> Decided:
    """Put a post into a cluster and keep it there. As its hub: the hub before becomes a spoke.

    Raises Post.DoesNotExist, Cluster.DoesNotExist, EditRefused.
    """
    hold_post(post_id)
    Cluster.objects.select_for_update().get(pk=cluster_id)
    post = Post.objects.get(pk=post_id)
    if post.status not in PROCESSABLE_STATUSES:
        raise EditRefused(f"글 '{post.title}': {post.get_status_display()} 글은 클러스터에 넣지 않습니다.")
    before = ClusterMember.objects.filter(post=post_id).exclude(standing=Standing.BLOCKED).first()
    if before is not None and before.cluster_id != cluster_id and before.role == Role.HUB:
        others = ClusterMember.objects.filter(cluster=before.cluster_id).exclude(standing=Standing.BLOCKED)
        if others.exclude(pk=before.pk).exists():
            raise EditRefused(
                f"글 '{post.title}': '{before.cluster.name}'의 허브입니다. 그 클러스터의 허브를 먼저 바꾸세요."
            )
    if role == Role.HUB:
        hubs = ClusterMember.objects.filter(cluster=cluster_id, role=Role.HUB).exclude(post=post_id)
        hubs.exclude(standing=Standing.BLOCKED).update(role=Role.SPOKE)
    ClusterMember.objects.filter(post=post_id).exclude(standing=Standing.BLOCKED).exclude(cluster=cluster_id).delete()
    values = {"role": role, "standing": Standing.PINNED, "decided_by_id": actor_id, "decided_at": timezone.now()}
    ClusterMember.objects.update_or_create(cluster_id=cluster_id, post_id=post_id, defaults=values)
    _drop_empty(before.cluster_id if before else 0)
    return Decided(1)


@transaction.atomic
def block_member(*, post_id: int, cluster_id: int, actor_id: int | None = None) -> Decided:
    """Keep a post out of a cluster, now and in every later plan. Raises EditRefused for its hub."""
    hold_post(post_id)
    row = ClusterMember.objects.select_for_update().filter(cluster=cluster_id, post=post_id).first()
    if row is not None and row.standing != Standing.BLOCKED and row.role == Role.HUB:
        raise EditRefused("허브는 막을 수 없습니다. 다른 글을 허브로 고정한 뒤 막으세요.")
    values = {
        "role": Role.SPOKE,
        "standing": Standing.BLOCKED,
        "decided_by_id": actor_id,
        "decided_at": timezone.now(),
    }
    ClusterMember.objects.update_or_create(cluster_id=cluster_id, post_id=post_id, defaults=values)
    return Decided(1)


@transaction.atomic
def release_member(*, post_id: int, cluster_id: int) -> Decided:
    """Leave a place to the planner again: a fixed one becomes planned, a blocked one goes."""
    rows = ClusterMember.objects.filter(cluster=cluster_id, post=post_id)
    freed = rows.filter(standing__in=(Standing.ACCEPTED, Standing.PINNED)).update(
        standing=Standing.PLANNED, decided_by=None, decided_at=None
    )
    gone, _each = rows.filter(standing=Standing.BLOCKED).delete()
    return Decided(freed + gone)


@transaction.atomic
def rename_cluster(*, cluster_id: int, name: str) -> Decided:
    """Give a cluster a name that planning leaves alone; an empty one lets planning name it again."""
    words = " ".join(name.split())
    if len(words) > NAME_LENGTH_LIMIT:
        raise EditRefused(f"이름: {NAME_LENGTH_LIMIT}자까지 쓸 수 있습니다. 지금 {len(words)}자입니다.")
    rows = Cluster.objects.filter(pk=cluster_id)
    return Decided(rows.update(name=words, is_named=True) if words else rows.update(is_named=False))


@transaction.atomic
def set_link_rule(
    *, source_id: int, target_id: int, kind: str, words: str = "", note: str = "", actor_id: int | None = None
) -> Decided:
    """Want a link from one post to another (pin), or never one (block). Raises EditRefused, Post.DoesNotExist."""
    if source_id == target_id:
        raise EditRefused("연결할 글: 같은 글끼리는 연결하지 않습니다. 다른 글을 고르세요.")
    problem = find_problem(words) if words and kind == LinkRule.Kind.PIN else ""
    if problem:
        raise EditRefused(problem)
    hold_post(min(source_id, target_id))
    hold_post(max(source_id, target_id))
    values = {
        "kind": kind,
        "words": words if kind == LinkRule.Kind.PIN else "",
        "note": note[:200],
        "made_by_id": actor_id,
    }
    LinkRule.objects.update_or_create(source_id=source_id, target_id=target_id, defaults=values)
    return Decided(1)


@transaction.atomic
def add_anchor(*, target_id: int, text: str) -> Decided:
    """Let these words link to a post. They win over those of titles. Raises EditRefused, Post.DoesNotExist."""
    words = " ".join(text.split())
    problem = find_problem(words)
    if problem:
        raise EditRefused(problem)
    hold_post(target_id)
    key = fold(words)
    held = Anchor.objects.select_for_update(of=("self",)).select_related("target").filter(key=key).first()
    if held is not None and held.origin == Anchor.Origin.EDITOR:
        if held.target_id == target_id:
            return Decided(0)
        raise EditRefused(f"낱말: '{words}'은(는) 이미 '{held.target.title}' 글의 앵커입니다. 다른 낱말을 쓰세요.")
    if held is not None:
        held.delete()
    Anchor.objects.create(target_id=target_id, text=words, key=key, origin=Anchor.Origin.EDITOR)
    return Decided(1)


@transaction.atomic
def remove_anchor(*, anchor_id: int) -> Decided:
    """Take an editor's anchor away. Those of titles come back with the next plan, so they are not removed."""
    return Decided(Anchor.objects.filter(pk=anchor_id, origin=Anchor.Origin.EDITOR).delete()[0])


def _drop_empty(cluster_id: int) -> None:
    Cluster.objects.filter(pk=cluster_id, members__isnull=True, is_named=False).delete()
