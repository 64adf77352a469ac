"""Planning the links of a batch: everything is proposed, nothing is inserted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from content.batches import split_batches
from content.clusters.grouping import Nearness
from content.clusters.linkplan import LinkPlan, LinkPlanner, Page
from content.clusters.models import Anchor, LinkBatch, PlannedLink
from content.clusters.selectors import (
    list_anchors,
    list_blocks,
    list_held,
    list_pages,
    list_pins,
    list_topics,
    read_ignored_words,
    read_link_limits,
)
from content.posts.selectors import hold_posts
from perfhooks.locks import hold_lock
from perfhooks.trace import current_trace_id, new_trace_id

LINK_LOCK = "clusters.links"
REFUSALS_KEPT = 5_000
"""Of one batch; all of them are counted."""
OPEN = (LinkBatch.State.APPLYING, LinkBatch.State.UNDOING)


class BatchRefused(ValueError):
    """A batch cannot do that now; says why and what to do, in Korean."""


@dataclass(frozen=True, slots=True)
class LinkPlanOutcome:
    """What was planned. batch_id: "" when nothing was to be kept; refusals: {reason: how many}."""

    batch_id: str
    scanned: int
    planned: int
    refused: int
    refusals: dict[str, int]


def hash_body(body: str) -> str:
    """The fingerprint by which a body is known that was planned upon."""
    return sha256(body.encode()).hexdigest()


def plan_links(
    *, reason: str = "", actor_id: int | None = None, is_dry_run: bool = False, keeps_empty: bool = False
) -> LinkPlanOutcome:
    """Propose links by the clusters, anchors and editors' rules as they are, as one batch; an older proposal is discarded.

    is_dry_run: say how many and write nothing. keeps_empty: a batch also where no link is proposed. Raises BatchRefused
    while a batch is half inserted or half undone, and `LockHeld` while another process plans or inserts.
    """
    with hold_lock(LINK_LOCK):
        _refuse_open()
        pages, anchors = list_pages(), list_anchors()
        plan = draft_links(pages, anchors)
        refusals = dict(sorted((Counter(it.reason for it in plan.refusals) + Counter(plan.counts)).items()))
        batch_id = ""
        if not is_dry_run:
            batch_id = _keep(plan, pages, anchors, refusals, reason=reason, actor_id=actor_id, keeps_empty=keeps_empty)
    return LinkPlanOutcome(batch_id, plan.scanned, len(plan.proposals), len(plan.refusals), refusals)


def draft_links(pages: Sequence[Page], anchors: dict[str, int]) -> LinkPlan:
    """The plan for these pages; nothing is written."""
    limits = read_link_limits()
    nearness = Nearness(list_topics(), alike=limits.alike, ignored=read_ignored_words())
    planner = LinkPlanner(
        pages,
        held=list_held(),
        anchors=anchors,
        limits=limits,
        near=nearness.get,
        pins=list_pins(),
        blocks=list_blocks(),
    )
    return planner.plan()


def hold_in_batches(post_ids: Iterable[int]) -> set[int]:
    """Keep these posts, however many, from being deleted until the transaction ends; returns those that are there."""
    return {post_id for batch in split_batches(post_ids) for post_id in hold_posts(batch)}


def _refuse_open() -> None:
    stuck = LinkBatch.objects.filter(state__in=OPEN).order_by("pk").first()
    if stuck is not None:
        words = "넣는" if stuck.state == LinkBatch.State.APPLYING else "되돌리는"
        raise BatchRefused(
            f"묶음 {stuck.batch_id}을(를) {words} 일이 끝나지 않았습니다. 그 묶음을 먼저 이어서 끝내세요."
        )


@transaction.atomic
def _keep(
    plan: LinkPlan,
    pages: Sequence[Page],
    anchors: dict[str, int],
    refusals: dict[str, int],
    *,
    reason: str,
    actor_id: int | None,
    keeps_empty: bool,
) -> str:
    _keep_anchors(anchors)
    LinkBatch.objects.filter(state=LinkBatch.State.PLANNED).update(state=LinkBatch.State.DISCARDED)
    if not plan.proposals and not keeps_empty:
        return ""
    batch = LinkBatch.objects.create(
        batch_id=new_trace_id(),
        state=LinkBatch.State.PLANNED,
        reason=reason[:200],
        planned=len(plan.proposals),
        refused=len(plan.refusals),
        refusals=refusals,
        made_by_id=actor_id,
        made_at=timezone.now(),
        trace_id=current_trace_id(),
    )
    PlannedLink.objects.bulk_create(_list_rows(batch, plan, pages), batch_size=500)
    return batch.batch_id


def _list_rows(batch: LinkBatch, plan: LinkPlan, pages: Sequence[Page]) -> list[PlannedLink]:
    known = {page.id: page for page in pages}
    pairs = [(it.source, it.target) for it in plan.proposals] + [(it.source, it.target) for it in plan.refusals]
    alive = hold_in_batches(post for pair in pairs for post in pair)
    rows = [
        PlannedLink(
            batch=batch,
            source_id=it.source,
            target_id=it.target,
            target_slug=known[it.target].slug,
            words=it.words,
            start=it.start,
            line=it.line,
            rule_id=it.rule_id,
            score=it.score,
            body_hash=hash_body(known[it.source].body),
        )
        for it in plan.proposals
        if {it.source, it.target} <= alive
    ]
    rows += [
        PlannedLink(
            batch=batch,
            source_id=it.source,
            target_id=it.target,
            target_slug=known[it.target].slug,
            words=it.words[:160],
            rule_id=it.rule_id,
            state=PlannedLink.State.REFUSED,
            reason=it.reason,
        )
        for it in plan.refusals[:REFUSALS_KEPT]
        if {it.source, it.target} <= alive
    ]
    return rows


def _keep_anchors(anchors: dict[str, int]) -> None:
    """Let the rows of titles' anchors be these; editors' rows stay as they are."""
    own = set(Anchor.objects.filter(origin=Anchor.Origin.EDITOR).values_list("key", flat=True))
    wanted = {key: target for key, target in anchors.items() if key not in own}
    held = dict(Anchor.objects.filter(origin=Anchor.Origin.TITLE).values_list("key", "target_id"))
    stale = [key for key, target in held.items() if wanted.get(key) != target]
    for at in range(0, len(stale), 500):
        Anchor.objects.filter(origin=Anchor.Origin.TITLE, key__in=stale[at : at + 500]).delete()
    fresh = {key: target for key, target in wanted.items() if held.get(key) != target}
    alive = hold_in_batches(fresh.values())
    rows = [
        Anchor(target_id=target, text=key[:80], key=key, origin=Anchor.Origin.TITLE)
        for key, target in sorted(fresh.items())
        if target in alive
    ]
    Anchor.objects.bulk_create(rows, batch_size=500)
