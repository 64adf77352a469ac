"""What follows the packages: posts are grouped and linked, and those that gain most by a refresh are queued."""

import structlog

from content.clusters.selectors import select_proposals
from content.clusters.services import BatchRefused, insert_links, measure_links, plan_clusters, plan_links
from content.refresh.picking import enqueue_by_score
from content.refresh.scoring import score_posts
from perfhooks.services import LockHeld

REASON = "파이프라인"

log = structlog.get_logger()


def weave_links(*, inserts: bool) -> dict[str, int]:
    """Group the posts and link them. inserts: at once; else links are proposed, unless a proposal waits for an editor.

    Returns counts by name; none while an editor plans or inserts, or a batch that was cut off waits for a person.
    """
    try:
        grouped = plan_clusters()
        linked = _insert() if inserts else _propose()
    except (LockHeld, BatchRefused) as busy:
        log.warning("links_left_alone", reason=str(busy))
        return {}
    return {"clusters": grouped.clusters, "posts_clustered": grouped.clustered, **linked}


def _insert() -> dict[str, int]:
    done = insert_links(reason=REASON)
    return {"links_inserted": done.inserted, "links_refused": done.refused}


def _propose() -> dict[str, int]:
    planned = None if select_proposals().exists() else plan_links(reason=REASON)
    measure_links()
    return {"links_proposed": planned.planned, "links_refused": planned.refused} if planned else {}


def pick_posts() -> dict[str, int]:
    """Score all posts and queue those that gain most; returns counts by name."""
    scored, picked = score_posts(), enqueue_by_score()
    return {"posts_scored": scored.posts, "posts_picked": picked.enqueued, "posts_held_back": picked.held_back}
