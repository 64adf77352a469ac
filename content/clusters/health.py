"""How the links stand: one row a measurement, so that the desk shows where orphans and anchors are going."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from content.clusters.graph import Edge, Place, measure_graph
from content.clusters.models import LinkBatch, LinkHealth, PlannedLink, PostLink, Role, Standing
from content.clusters.selectors import list_memberships, list_public_links, read_link_limits
from content.clusters.textmap import TextMap, read_text
from content.clusters.verification import see
from content.cro.services import read_links
from content.posts.models import Post, PostStatus
from content.posts.postlinks import SCHEME
from perfhooks.trace import current_trace_id

SLUGS_PER_QUERY = 5_000


@transaction.atomic
def measure_links(*, batch_id: str = "") -> LinkHealth:
    """Measure the published posts and the links among them, and keep the figures. batch_id: of the run that this follows."""
    posts = list(Post.objects.filter(status=PostStatus.PUBLISHED).order_by("id").values_list("id", flat=True))
    edges = [Edge(*row) for row in list_public_links()]
    places = {
        row.post: Place(row.cluster, row.role == Role.HUB)
        for row in list_memberships()
        if row.standing != Standing.BLOCKED
    }
    figures = measure_graph(posts, edges, places)
    batch = LinkBatch.objects.filter(batch_id=batch_id).first() if batch_id else None
    dormant, broken = count_dead_links()
    return LinkHealth.objects.create(
        measured_at=timezone.now(),
        batch=batch,
        dormant=dormant,
        broken=broken,
        violations=sum(count_violations().values()),
        inserted=batch.inserted if batch else 0,
        failed=batch.refused if batch else 0,
        conflicts=batch.conflicts if batch else 0,
        trace_id=current_trace_id(),
        **asdict(figures),
    )


def count_dead_links() -> tuple[int, int]:
    """(links whose target readers cannot open and that are plain words, links that are rendered all the same).

    The second is 0 as long as rendering asks the same question as this does.
    """
    live = set(Post.objects.filter(status=PostStatus.PUBLISHED).values_list("slug", flat=True))
    linked = Counter(
        PostLink.objects.filter(source__status=PostStatus.PUBLISHED).values_list("target_slug", flat=True).order_by()
    )
    addressed = set(_find_addressed(sorted(linked)))
    dormant = sum(number for slug, number in linked.items() if slug not in live)
    return dormant, sum(number for slug, number in linked.items() if slug in addressed - live)


def count_violations() -> Counter[str]:
    """{rule: links} of the links that batches inserted and that break a rule as their pages are now.

    An editor may write more links by hand: only what stands beside an inserted one is counted.
    """
    limits = read_link_limits()
    inserted: dict[int, set[str]] = {}
    rows = PlannedLink.objects.filter(state=PlannedLink.State.INSERTED).values_list("source_id", "target_slug")
    for source, slug in rows:
        inserted.setdefault(source, set()).add(slug)
    found: Counter[str] = Counter()
    posts = Post.objects.filter(pk__in=PlannedLink.objects.filter(state=PlannedLink.State.INSERTED).values("source"))
    for key, slug, body in posts.order_by("pk").values_list("pk", "slug", "body").iterator(chunk_size=500):
        text = read_text(body)
        own = [target for target, _words in text.links if target in inserted[key]]
        found["self"] += slug in own
        found["pair"] += sum(number > 1 for number in Counter(own).values())
        found["page_cap"] += bool(own) and len(own) > max(1, limits.cap_page(text.words))
        found["place"] += _count_misplaced(body, text)
    return found


def _find_addressed(slugs: Sequence[str]) -> Iterable[str]:
    for at in range(0, len(slugs), SLUGS_PER_QUERY):
        yield from read_links(" ".join(SCHEME + slug for slug in slugs[at : at + SLUGS_PER_QUERY]), target="page")


def _count_misplaced(body: str, text: TextMap) -> int:
    return see(body).misplaced if text.links else 0
