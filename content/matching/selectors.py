"""Reads of match decisions."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from content.matching.models import MatchDecision


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
