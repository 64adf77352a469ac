"""Reads of matching: decisions, the rules in force, how the mix of intents moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from content.matching.chart import DayShare
from content.matching.defaults import DEFAULT_RULESET
from content.matching.drift import Drift, measure_drift
from content.matching.intents import IntentSpec
from content.matching.models import MatchDecision, MatchHistory, Ruleset, WordReading
from content.matching.rules import RulesetSpec, RuleSpec
from content.posts.models import Post

DRIFT_DAYS, DRIFT_BASE_DAYS = 7, 28
"""The mix of intents of the newest days is held against that of the days before them."""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """What was decided for a post. product_id: None when nothing fits or the product is gone."""

    product_id: int | None
    rule_id: str
    template_id: str
    is_fallback: bool


def get_decision(post_id: int) -> DecisionFacts | None:
    """The newest decision for a post; None before the first."""
    row = MatchDecision.objects.filter(post_id=post_id).values_list(*DecisionFacts.__dataclass_fields__).first()
    return DecisionFacts(*row) if row else None


def select_unmatched() -> QuerySet[MatchDecision]:
    """Decisions that found no product of the post's own: fallbacks, and those whose product is gone."""
    return MatchDecision.objects.filter(Q(is_fallback=True) | Q(product__isnull=True))


def select_turning(day: date) -> QuerySet[MatchDecision]:
    """Decisions that were made before a season started or ended that may change them. day: today in Korea."""
    return MatchDecision.objects.filter(changes_on__lte=day)


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """How many posts have a decision, how many of these a product, and how many a fallback."""

    total: int
    matched: int
    fallback: int

    @property
    def fallback_ratio(self) -> float:
        """The share of fallbacks, 0 to 1; 0 without any decision."""
        return self.fallback / self.total if self.total else 0.0


def count_decisions() -> DecisionCounts:
    """The newest decisions, counted."""
    counted = MatchDecision.objects.aggregate(
        total=Count("id"), matched=Count("product_id"), fallback=Count("id", filter=Q(is_fallback=True))
    )
    return DecisionCounts(**counted)


@dataclass(frozen=True, slots=True)
class PostWords:
    """What matching reads of a post. pinned: the id of the product that an editor has fixed for it."""

    id: int
    title: str
    body: str
    pinned: int | None


def select_post_words(posts: QuerySet[Post]) -> list[PostWords]:
    """The words of these posts, in one query."""
    return [PostWords(*row) for row in posts.values_list("id", "title", "body", "match_pin__product_id")]


def get_post_text(post_id: int) -> PostWords:
    """The words of a post. Raises Post.DoesNotExist."""
    found = select_post_words(Post.objects.filter(pk=post_id))
    if not found:
        raise Post.DoesNotExist(f"post {post_id} does not exist")
    return found[0]


def get_active_ruleset() -> RulesetSpec:
    """The version in force; the default one while there is none. One query while it stays the same."""
    active = Ruleset.objects.filter(is_active=True).values_list("id", "created_at").first()
    return _read_ruleset(*active) if active else DEFAULT_RULESET


def get_ruleset(version: int) -> RulesetSpec:
    """That version. Raises Ruleset.DoesNotExist."""
    row = Ruleset.objects.get(version=version)
    return _read_ruleset(row.pk, row.created_at)


@lru_cache(maxsize=32)
def _read_ruleset(ruleset_id: int, _created_at: datetime) -> RulesetSpec:
    # A version never changes; the moment tells apart two databases with the same ids.
    row = Ruleset.objects.prefetch_related("intents", "rules").get(pk=ruleset_id)
    intents = [
        IntentSpec(it.code, it.name, tuple(it.words), it.template_id, takes_tables=it.takes_tables)
        for it in row.intents.all()
    ]
    own = [name for name in RuleSpec.__dataclass_fields__ if name != "season"]
    rules = [
        RuleSpec(**{name: getattr(it, name) for name in own}, season=(it.season_first, it.season_last))
        for it in row.rules.all()
    ]
    return RulesetSpec(row.version, row.name, tuple(intents), tuple(rules), dict(row.readings))


def list_readings() -> dict[str, Sequence[str]]:
    """{word: the words that an analyser reads in it}."""
    return {word: reading.split() for word, reading in WordReading.objects.values_list("word", "reading")}


def list_fallback_days(*, now: datetime, days: int) -> list[DayShare]:
    """The decisions of each day in Korea and version, and the fallbacks among them; by day and version."""
    since = timezone.localdate(now) - timedelta(days=days - 1)
    start = timezone.make_aware(datetime.combine(since, datetime.min.time()))
    counted = (
        MatchHistory.objects.filter(decided_at__gte=start, decided_at__lte=now)
        .annotate(day=TruncDate("decided_at"))
        .values("day", "ruleset_version")
        .annotate(total=Count("id"), part=Count("id", filter=Q(is_fallback=True)))
        .order_by("day", "ruleset_version")
    )
    return [DayShare(row["day"], row["ruleset_version"], row["total"], row["part"]) for row in counted]


def count_intents(*, since: datetime, until: datetime) -> dict[str, int]:
    """{intent: decisions} from since (inclusive) to until (exclusive)."""
    rows = MatchHistory.objects.filter(decided_at__gte=since, decided_at__lt=until).values("intent").order_by("intent")
    return {row["intent"]: row["number"] for row in rows.annotate(number=Count("id"))}


def read_intent_mixes(now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """The newest days' intents and those of the 28 days before them, counted."""
    until = now + timedelta(microseconds=1)
    edge = until - timedelta(days=DRIFT_DAYS)
    newer = count_intents(since=edge, until=until)
    return newer, count_intents(since=edge - timedelta(days=DRIFT_BASE_DAYS), until=edge)


def measure_intent_drift(now: datetime) -> Drift | None:
    """How far the newest days' mix has moved; None while one side has no decisions."""
    return measure_drift(*read_intent_mixes(now))


def select_templates() -> QuerySet[MatchDecision, Any]:
    """(post_id, intent, template_id) of every decision."""
    return MatchDecision.objects.order_by().values("post_id", "intent", "template_id")
