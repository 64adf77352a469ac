"""Deciding which product a post is about. An unchanged decision costs no write."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.db import transaction

from content.matching.engine import CANDIDATE_LIMIT, FALLBACK_RULES, Choice, MatchQuery, choose_product
from content.matching.index import MatchIndex
from content.matching.intents import choose_template, read_intent
from content.matching.models import MatchDecision
from content.posts.placeholders import ParsedBody, parse_body, strip_placeholders
from content.posts.selectors import PostFacts, get_post, hold_post
from perfhooks.clock import business_now
from perfhooks.metrics import count
from perfhooks.spans import span
from perfhooks.trace import current_trace_id
from products.catalog.selectors import (
    ProductFacts,
    get_facts_by_id,
    iter_match_rows,
    latest_revision,
    latest_version,
    list_category_best,
)

RUNNER_UP_LIMIT = 5
PRICE_BANDS_WON = (10_000, 30_000, 100_000, 300_000)
LOW_STOCK_LIMIT = 5
WORD_RULES = frozenset({"all_words", "any_word"})

_building = threading.Lock()


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
class Ranked:
    """A sellable product with its score."""

    product: ProductFacts
    score: float


def match_post(*, post_id: int) -> MatchOutcome:
    """Decide on the post's product by the catalogue as it is now and keep the decision. Raises Post.DoesNotExist."""
    post = get_post(post_id)
    index, revision = read_index()
    with span("match_engine_latency_seconds", content_id=post_id) as timed:
        started = perf_counter()
        parsed = parse_body(post.body)
        query = MatchQuery(post.title, strip_placeholders(post.body), parsed.skus)
        choice = choose_product(query, index)
        ranked = _rank_live(choice)
        latency_ms = (perf_counter() - started) * 1_000
        values = _describe(post, parsed, choice, ranked)
        timed.set(rule_id=values["rule_id"], template_id=values["template_id"], fallback=values["is_fallback"])
    count("match_decisions_total", outcome=values["rule_id"])
    is_changed = _keep(post_id, values, revision=revision, latency_ms=latency_ms)
    sku = ranked[0].product.sku if ranked else ""
    outcome = ("product_id", "rule_id", "template_id", "score", "is_fallback", "fallback_reason")
    return MatchOutcome(post_id=post_id, sku=sku, is_changed=is_changed, **{name: values[name] for name in outcome})


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
    return MatchIndex(iter_match_rows())


def _rank_live(choice: Choice) -> list[Ranked]:
    """The choice's products as the catalogue has them now: editors' priorities change without a revision."""
    if choice.category_id is not None:
        best = list_category_best(choice.category_id, CANDIDATE_LIMIT)
        return [Ranked(product, 0.0) for product in best]
    facts = get_facts_by_id([candidate.row.id for candidate in choice.candidates])
    held = [(facts.get(candidate.row.id), candidate.score) for candidate in choice.candidates]
    ranked = [Ranked(product, score) for product, score in held if product is not None and product.is_sellable]
    if choice.rule_id in WORD_RULES:
        ranked.sort(key=lambda it: (-it.score, -it.product.priority, it.product.origin_product_no))
    return ranked


def _describe(post: PostFacts, parsed: ParsedBody, choice: Choice, ranked: Sequence[Ranked]) -> dict[str, Any]:
    """The decision's fields that tell whether it changed."""
    intent = read_intent(post.title, has_table=parsed.has_table)
    rule_id = choice.rule_id if ranked else "none"
    winner = ranked[0].product if ranked else None
    return {
        "product_id": winner.id if winner else None,
        "rule_id": rule_id,
        "template_id": choose_template(intent),
        "score": ranked[0].score if ranked else 0.0,
        "is_fallback": rule_id in FALLBACK_RULES,
        "fallback_reason": (choice.reason or "고른 카테고리에 판매 중인 상품이 없습니다.")
        if rule_id in FALLBACK_RULES
        else "",
        "features": _list_features(intent, parsed, choice, winner),
        "runner_ups": [{"sku": it.product.sku, "score": it.score} for it in ranked[1 : RUNNER_UP_LIMIT + 1]],
    }


def _list_features(intent: str, parsed: ParsedBody, choice: Choice, winner: ProductFacts | None) -> dict[str, Any]:
    features: dict[str, Any] = {"intent": intent, "terms": list(choice.terms), "skus": list(parsed.skus)}
    if winner is not None:
        features |= {
            "category": winner.category_path,
            "price_band": name_price_band(winner.sale_price),
            "stock": "low" if winner.stock <= LOW_STOCK_LIMIT else "enough",
        }
    return features


def name_price_band(price: int) -> str:
    """The band of a price in won, such as "10000-30000"; the last one is open."""
    edges = (0, *PRICE_BANDS_WON)
    lower = max(edge for edge in edges if price >= edge)
    upper = next((edge for edge in PRICE_BANDS_WON if edge > price), None)
    return f"{lower}-{upper or ''}"


@transaction.atomic
def _keep(post_id: int, values: dict[str, Any], *, revision: int, latency_ms: float) -> bool:
    held = MatchDecision.objects.select_for_update().filter(post_id=post_id).first()
    if held is not None and all(getattr(held, name) == value for name, value in values.items()):
        return False
    hold_post(post_id)
    measured = {
        "revision": revision,
        "latency_ms": round(latency_ms, 3),
        "trace_id": current_trace_id(),
        "decided_at": business_now(),
    }
    MatchDecision.objects.update_or_create(post_id=post_id, defaults={**values, **measured})
    return True
