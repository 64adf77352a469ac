"""Reads of the refresh queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce
from django.utils import timezone

from content.batches import split_batches
from content.matching.selectors import select_turning, select_unmatched
from content.packages.outdated import select_outdated
from content.packages.selectors import select_current
from content.posts.models import Post, PostFinding
from content.posts.selectors import select_processable
from content.refresh.models import LIVE_STATES, EntryState, Outcome, RefreshEntry
from content.times import korean_today
from products.catalog.selectors import latest_wording

RETRY_REFUSED_AFTER = timedelta(hours=6)
"""Soon enough for a picture server that gave one bad answer, seldom enough for a picture that stays bad."""


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """Where an entry stands: its state, and how often it has been taken so far."""

    state: str
    attempts: int

    def is_waiting(self, *, since_attempt: int) -> bool:
        """Whether nobody has taken it since it had this many attempts."""
        return self.state == EntryState.QUEUED and self.attempts == since_attempt

    def is_open(self, *, since_attempt: int) -> bool:
        """Whether the attempt after this many has yet to be made or to end."""
        return self.state == EntryState.CLAIMED or self.is_waiting(since_attempt=since_attempt)


def _select_newest() -> QuerySet[RefreshEntry]:
    """The newest entry of each post that is to be processed."""
    later = RefreshEntry.objects.filter(post=OuterRef("post"), id__gt=OuterRef("pk"))
    return RefreshEntry.objects.exclude(Exists(later)).filter(post__in=select_processable())


def count_refused() -> int:
    """Posts whose newest entry was refused: their editor has something to mend."""
    return _select_newest().filter(state=EntryState.DONE, outcome=Outcome.REFUSED).count()


def count_open() -> int:
    """How many entries wait or are being worked on: the queue's depth."""
    return select_live().count()


def count_retrying() -> int:
    """Entries that failed and wait for another attempt."""
    return RefreshEntry.objects.filter(state=EntryState.QUEUED, failures__gt=0).count()


def count_by_state() -> dict[str, int]:
    """{state: number of entries}, every state named."""
    counted = RefreshEntry.objects.order_by().values_list("state").annotate(number=Count("id"))
    return {**dict.fromkeys(EntryState.values, 0), **dict(counted)}


def read_outcomes(entry_ids: Iterable[int]) -> dict[int, str]:
    """{post id: outcome, or "dead"} of those of the entries that have ended.

    Of several entries of one post the newest counts, unless one of them built a package.
    """
    outcomes: dict[int, str] = {}
    for batch in split_batches(sorted(entry_ids)):
        ended = RefreshEntry.objects.filter(id__in=batch).exclude(state__in=LIVE_STATES).order_by("id")
        for post_id, state, outcome in ended.values_list("post_id", "state", "outcome"):
            if outcomes.get(post_id) != Outcome.BUILT:
                outcomes[post_id] = outcome if state == EntryState.DONE else str(state)
    return outcomes


def list_queued_ids() -> list[int]:
    """The waiting entries that may be taken now, in their order."""
    return list(select_due().values_list("id", flat=True))


def read_states(entry_ids: Iterable[int]) -> dict[int, EntryFacts]:
    """{entry id: where it stands}."""
    states: dict[int, EntryFacts] = {}
    for batch in split_batches(entry_ids):
        rows = RefreshEntry.objects.filter(id__in=batch).values_list("id", "state", "attempts")
        states |= {entry_id: EntryFacts(state, attempts) for entry_id, state, attempts in rows}
    return states


def select_queued() -> QuerySet[RefreshEntry]:
    """The waiting entries in the order in which they are taken: readers' pages, then by score, then as they came."""
    return RefreshEntry.objects.filter(state=EntryState.QUEUED).order_by("urgency", "-score", "enqueued_at", "id")


def select_due() -> QuerySet[RefreshEntry]:
    """Those of them whose backoff is over."""
    return select_queued().filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))


def select_live() -> QuerySet[RefreshEntry]:
    """Entries that wait or are being worked on, at most one a post."""
    return RefreshEntry.objects.filter(state__in=LIVE_STATES)


def select_dead() -> QuerySet[RefreshEntry]:
    """Entries that were given up and wait for a person."""
    return RefreshEntry.objects.filter(state=EntryState.DEAD)


def list_next(limit: int) -> QuerySet[RefreshEntry]:
    """The entries whose turn comes next, with their posts; `depth` of each is how many wait in all."""
    return select_queued().annotate(depth=Window(Count("id"))).select_related("post")[:limit]


def _own_entries() -> QuerySet[RefreshEntry]:
    return RefreshEntry.objects.filter(post=OuterRef("pk"))


def _newest(field: str) -> Subquery:
    """This field of the post's newest entry."""
    return Subquery(_own_entries().order_by("-id").values(field)[:1])


def _select_idle() -> QuerySet[Post]:
    """Posts to be packaged that no entry stands for. One that was given up waits for a person."""
    standing = _own_entries().filter(state__in=[*LIVE_STATES, EntryState.DEAD])
    return select_processable().exclude(Exists(standing)).order_by("id")


def _select_patient() -> QuerySet[Post]:
    """Idle posts, without those that were refused a short while ago: their editor may be mending them."""
    lately = _own_entries().filter(outcome=Outcome.REFUSED, finished_at__gte=timezone.now() - RETRY_REFUSED_AFTER)
    return _select_idle().exclude(Exists(lately))


def list_unpackaged_ids() -> list[int]:
    """Idle posts without a package that were not tried since they changed, or that disk or network kept from one.

    A post that was refused for its own fault is left in peace until it is edited or the SKU that it waits for appears.
    """
    tried = _own_entries().filter(finished_at__gte=OuterRef("updated_at"))
    packaged = select_current().filter(post=OuterRef("pk"))
    never = ~Exists(packaged) & ~Exists(tried)
    posts = _select_idle().annotate(newest_error=_newest("error"))
    return list(posts.filter(never | Q(newest_error__gt="")).values_list("id", flat=True))


def list_outdated_ids() -> list[int]:
    """Idle posts whose current package was made by an older recipe, template or disclosure than the code now has."""
    outdated = select_outdated().filter(post=OuterRef("pk"))
    return list(_select_patient().filter(Exists(outdated)).values_list("id", flat=True))


def list_picture_retry_ids() -> list[int]:
    """Idle posts that a picture keeps from their package: the answer of a server may be another one by now."""
    refused = PostFinding.objects.filter(post=OuterRef("pk"), kind="bad_image")
    return list(_select_patient().filter(Exists(refused)).values_list("id", flat=True))


def list_unmatched_ids() -> list[int]:
    """Idle posts without a product of their own (a fallback or none), last processed before others could be found."""
    unmatched = select_unmatched().filter(post=OuterRef("pk"))
    posts = _select_idle().annotate(seen=Coalesce(_newest("catalogue_wording"), 0))
    return list(posts.filter(Exists(unmatched), seen__lt=latest_wording()).values_list("id", flat=True))


def list_turning_ids() -> list[int]:
    """Idle posts that were decided before a season of a rule started or ended."""
    turning = select_turning(korean_today()).filter(post=OuterRef("pk"))
    return list(_select_idle().filter(Exists(turning)).values_list("id", flat=True))
