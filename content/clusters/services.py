"""Clusters and links in one call each, for whoever leads: plan, propose, insert, measure."""

from dataclasses import dataclass, field

from content.clusters.health import measure_links
from content.clusters.inserting import BatchOutcome, apply_batch, discard_batch, undo_batch
from content.clusters.linking import BatchRefused, LinkPlanOutcome, plan_links
from content.clusters.models import LinkBatch
from content.clusters.planning import PlanOutcome, plan_clusters

__all__ = [
    "BatchOutcome",
    "BatchRefused",
    "LinkOutcome",
    "LinkPlanOutcome",
    "PlanOutcome",
    "apply_batch",
    "discard_batch",
    "insert_links",
    "measure_links",
    "plan_clusters",
    "plan_links",
    "undo_batch",
]


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """What a run of links did. batch_id: "" when there was nothing new to insert; refusals: {reason: how many}; resumed: links
    of batches that a killed process had left, inserted or taken back now.
    """

    batch_id: str
    planned: int
    inserted: int
    posts: int
    refused: int
    conflicts: tuple[str, ...] = ()
    refusals: dict[str, int] = field(default_factory=dict)
    resumed: int = 0


def insert_links(*, reason: str = "", actor_id: int | None = None) -> LinkOutcome:
    """Finish a batch that was cut off, propose links, insert them, and measure how they stand then.

    Raises `LockHeld` while another process does.
    """
    resumed = sum(done.links for done in resume_batches(actor_id=actor_id))
    planned = plan_links(reason=reason, actor_id=actor_id)
    done = apply_batch(batch_id=planned.batch_id, actor_id=actor_id) if planned.batch_id else BatchOutcome("")
    measure_links(batch_id=planned.batch_id)
    return LinkOutcome(
        batch_id=planned.batch_id,
        planned=planned.planned,
        inserted=done.links,
        posts=done.posts,
        refused=planned.refused + done.refused,
        conflicts=done.conflicts,
        refusals=planned.refusals,
        resumed=resumed,
    )


def resume_batches(*, actor_id: int | None = None) -> list[BatchOutcome]:
    """Go on with what a killed process left half inserted or half undone."""
    states = (LinkBatch.State.APPLYING, LinkBatch.State.UNDOING)
    cut_off = list(LinkBatch.objects.filter(state__in=states).order_by("pk").values_list("batch_id", "state"))
    return [
        (apply_batch if state == LinkBatch.State.APPLYING else undo_batch)(batch_id=batch_id, actor_id=actor_id)
        for batch_id, state in cut_off
    ]
