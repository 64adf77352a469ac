"""Deciding which product a post is about, and pinning one to it. An unchanged decision costs no write."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from content.matching.decision import Decision, Ruling, decide
from content.matching.index import MatchIndex
from content.matching.models import MatchDecision, MatchHistory, Pin
from content.matching.selectors import get_active_ruleset, get_post_text, list_readings
from content.posts.selectors import hold_post, keep_processable
from content.refresh.services import enqueue_posts
from perfhooks.clock import business_now
from perfhooks.metrics import count
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.selectors import get_facts_by_sku, iter_match_rows, latest_revision, latest_version

_building = threading.Lock()


class PinRefused(Exception):
    """A pin that cannot be set; the message says what to do."""


@dataclass(frozen=True, slots=True)
class MatchOutcome:
    """What was decided for a post, and whether that is news. product_id and sku: None and "" when nothing fits."""

    post_id: int
    product_id: int | None
    sku: str
    rule_id: str
    template_id: str
    score: float
    is_fallback: bool
    fallback_reason: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class PinOutcome:
    """is_changed: whether the pin moved; enqueued: refresh entries added."""

    post_id: int
    sku: str
    is_changed: bool
    enqueued: int


def match_post(*, post_id: int) -> MatchOutcome:
    """Decide on the post's product by the catalogue as it is now and keep the decision. Raises Post.DoesNotExist."""
    post = get_post_text(post_id)
    ruling, revision = read_ruling()
    with span("match_engine_latency_seconds", content_id=post_id) as timed:
        started = perf_counter()
        decision = decide(post, ruling, pinned=post.pinned)
        latency_ms = (perf_counter() - started) * 1_000
        timed.set(rule_id=decision.rule_id, template_id=decision.template_id, fallback=decision.is_fallback)
    count("match_decisions_total", outcome=decision.rule_id)
    is_changed = _keep(post_id, decision, revision=revision, latency_ms=latency_ms)
    outcome = ("rule_id", "template_id", "score", "is_fallback", "fallback_reason", "sku")
    return MatchOutcome(
        post_id=post_id,
        product_id=decision.product.id if decision.product else None,
        is_changed=is_changed,
        **{name: getattr(decision, name) for name in outcome},
    )


@transaction.atomic
def pin_product(*, post_id: int, sku: str, actor: str, note: str = "") -> PinOutcome:
    """Fix a product for a post, or take the pin away with an empty SKU. Raises Post.DoesNotExist, PinRefused."""
    hold_post(post_id)
    held = Pin.objects.select_for_update().filter(post_id=post_id).select_related("product").first()
    product = get_facts_by_sku([sku]).get(sku) if sku else None
    if sku and product is None:
        raise PinRefused(f"SKU '{sku}'인 상품이 없습니다. 상품 목록에서 SKU를 확인하세요.")
    if product and (product.hold or not product.is_sellable):
        raise PinRefused(
            f"상품 '{product.name}'({sku})은(는) 지금 팔지 않습니다. 판매 중이고 보류하지 않은 상품을 고르세요."
        )
    if (held.product_id if held else None) == (product.id if product else None):
        return PinOutcome(post_id, sku, is_changed=False, enqueued=0)
    if product is None:
        Pin.objects.filter(post_id=post_id).delete()
    else:
        values = {"product_id": product.id, "note": note, "pinned_by": actor, "pinned_at": timezone.now()}
        Pin.objects.update_or_create(post_id=post_id, defaults=values)
    enqueued = enqueue_posts(post_ids=keep_processable([post_id]), reason="body_changed")
    return PinOutcome(post_id, sku, is_changed=True, enqueued=enqueued)


def read_ruling() -> tuple[Ruling, int]:
    """Under what posts are decided now, and the newest revision."""
    index, revision = read_index()
    return Ruling(index, get_active_ruleset(), timezone.localdate(business_now())), revision


def read_index() -> tuple[MatchIndex, int]:
    """This process's index of the catalogue as it is now, and the newest revision.

    Built anew after every write of products: a revision is shared by all batches of a sync run, so an index that was
    built between two of them would else stay partial.
    """
    # Read before the products: what is committed in between is then seen at the next look.
    version = latest_version()
    with _building:
        return _index_at(version), latest_revision()


def forget_index() -> None:
    """Drop this process's index, for instance after its database was exchanged."""
    with _building:
        _index_at.cache_clear()


@lru_cache(maxsize=1)
def _index_at(_version: int) -> MatchIndex:
    return MatchIndex(iter_match_rows(), list_readings())


@transaction.atomic
def _keep(post_id: int, decision: Decision, *, revision: int, latency_ms: float) -> bool:
    values: dict[str, Any] = {
        name: getattr(decision, name) for name in Decision.__dataclass_fields__ if name != "product"
    }
    values["product_id"] = decision.product.id if decision.product else None
    held = MatchDecision.objects.select_for_update().filter(post_id=post_id).first()
    if held is not None and all(getattr(held, name) == value for name, value in values.items()):
        return False
    if held is not None and all(getattr(held, name) == value for name, value in values.items() if name != "changes_on"):
        MatchDecision.objects.filter(pk=held.pk).update(changes_on=decision.changes_on)
        return False
    hold_post(post_id)
    decided_at = business_now()
    measured = {
        "revision": revision,
        "latency_ms": round(latency_ms, 3),
        "trace_id": current_trace_id(),
        "decided_at": decided_at,
    }
    MatchDecision.objects.update_or_create(post_id=post_id, defaults={**values, **measured})
    told = ("rule_id", "template_id", "ruleset_version", "intent", "is_fallback")
    MatchHistory.objects.create(
        post_id=post_id,
        sku=decision.sku,
        decided_at=decided_at,
        **{name: values[name] for name in told},
    )
    return True
