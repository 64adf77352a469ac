"""Reads of the refresh queue."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from content.batches import split_batches
from content.packages.selectors import select_current
from content.posts.selectors import select_processable
from content.refresh.models import LIVE_STATES, EntryState, Outcome, RefreshEntry


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


def count_by_state() -> dict[str, int]:
    """{state: number of entries}, every state named."""
    counted = RefreshEntry.objects.order_by().values_list("state").annotate(number=Count("id"))
    return {**dict.fromkeys(EntryState.values, 0), **dict(counted)}


def count_outcomes(entry_ids: Iterable[int]) -> dict[str, int]:
    """{outcome, or "dead": number} of those of the entries that have ended."""
    counted: Counter[str] = Counter()
    for batch in split_batches(entry_ids):
        ended = RefreshEntry.objects.filter(id__in=batch).exclude(state__in=LIVE_STATES).values_list("state", "outcome")
        counted.update(outcome if state == EntryState.DONE else str(state) for state, outcome in ended)
    return dict(counted)


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
    """The waiting entries, the longest waiting first."""
    return list(select_queued().values_list("id", flat=True))


def read_states(entry_ids: Iterable[int]) -> dict[int, EntryFacts]:
    """{entry id: where it stands}."""
    states: dict[int, EntryFacts] = {}
    for batch in split_batches(entry_ids):
        rows = RefreshEntry.objects.filter(id__in=batch).values_list("id", "state", "attempts")
        states |= {entry_id: EntryFacts(state, attempts) for entry_id, state, attempts in rows}
    return states


def select_queued() -> QuerySet[RefreshEntry]:
    """The waiting entries in the order in which they are taken."""
    return RefreshEntry.objects.filter(state=EntryState.QUEUED).order_by("enqueued_at", "id")


def select_live() -> QuerySet[RefreshEntry]:
    """Entries that wait or are being worked on, at most one a post."""
    return RefreshEntry.objects.filter(state__in=LIVE_STATES)


def select_dead() -> QuerySet[RefreshEntry]:
    """Entries that were given up and wait for a person."""
    return RefreshEntry.objects.filter(state=EntryState.DEAD)


def list_next(limit: int) -> QuerySet[RefreshEntry]:
    """The entries whose turn comes next, with their posts."""
    return select_queued().select_related("post")[:limit]


def list_unpackaged_ids() -> list[int]:
    """Posts to be packaged that no live entry will bring up to date, though something calls for it.

    Either the post has no current package and was not tried since it changed, or its newest entry was refused for a
    reason outside of the post (a full disk, a silent picture server). A post that was refused for its own fault is left
    in peace until it is edited or the SKU that it waits for appears; one that was given up waits for a person.
    """
    own = RefreshEntry.objects.filter(post=OuterRef("pk"))
    live = own.filter(state__in=LIVE_STATES)
    tried = own.filter(finished_at__gte=OuterRef("updated_at"))
    packaged = select_current().filter(post=OuterRef("pk"))
    dead = own.filter(state=EntryState.DEAD)
    newest_error = own.order_by("-id").values("error")[:1]
    posts = (
        select_processable().annotate(newest_error=Subquery(newest_error)).exclude(Exists(live)).exclude(Exists(dead))
    )
    never = ~Exists(packaged) & ~Exists(tried)
    return list(posts.filter(never | Q(newest_error__gt="")).order_by("id").values_list("id", flat=True))
