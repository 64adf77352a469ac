"""One decision: what the engine chooses, held against the catalogue as it is now and weighed by the rules.

The index may be a moment older than the catalogue: whatever has been sold out, suspended or held since then is dropped
here, and the product is chosen among the rest.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from content.cro.environment import TEMPLATE_VERSIONS
from content.matching.engine import CANDIDATE_LIMIT, FALLBACK_RULES, Choice, MatchQuery, choose_product
from content.matching.index import MatchIndex
from content.matching.intents import TEMPLATE_BUY
from content.matching.rules import (
    NO_RULES,
    PostFeatures,
    ProductFeatures,
    RulesetSpec,
    Verdict,
    is_in_season,
    name_stock,
)
from content.posts.placeholders import ParsedBody, parse_body, strip_placeholders
from products.catalog.selectors import ProductFacts, get_facts_by_id, list_category_best

RUNNER_UP_LIMIT = 5
PRICE_BANDS_WON = (10_000, 30_000, 100_000, 300_000)
TEXT_LENGTH_MOST = 200_000
"""What a text says further on does not tell any more what it is about."""
WORD_STAGES = frozenset({"all_words", "any_word"})
WEIGHED_STAGES = WORD_STAGES | {"category_best"}
NONE_SELLS = "고른 카테고리에 판매 중인 상품이 없습니다."


class PostText(Protocol):
    """What a decision reads of a post."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """The catalogue as it is now: the products of ids, and the best of a category."""

    find: Callable[[Iterable[int]], Mapping[int, ProductFacts]] = get_facts_by_id
    list_best: Callable[[int, int], Sequence[ProductFacts]] = list_category_best


@dataclass(frozen=True, slots=True)
class Ruling:
    """Under what a post is decided. day: today in Korea."""

    index: MatchIndex
    ruleset: RulesetSpec
    day: date
    shelf: Shelf = field(default_factory=Shelf)
    templates: Collection[str] = frozenset(TEMPLATE_VERSIONS)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sellable product with its score and what the rules say of it."""

    product: ProductFacts
    score: float
    verdict: Verdict

    @property
    def weighed(self) -> float:
        """The score that counts."""
        return round(self.score * self.verdict.weight, 4)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided and everything that explains it. product: None when nothing fits.

    changes_on: the day in Korea on which a season may change it; None: none will.
    """

    product: ProductFacts | None
    rule_id: str
    template_id: str
    ruleset_version: int
    intent: str
    score: float
    score_parts: dict[str, Any]
    is_fallback: bool
    fallback_reason: str
    features: dict[str, Any]
    runner_ups: list[dict[str, Any]]
    changes_on: date | None

    @property
    def sku(self) -> str:
        """The product's SKU; "" without one."""
        return self.product.sku if self.product else ""


def choose(post: PostText, ruling: Ruling, *, pinned: int | None = None) -> tuple[ParsedBody, Choice]:
    """What the index alone says of a post."""
    parsed = parse_body(post.body)
    query = MatchQuery(
        post.title,
        strip_placeholders(post.body)[:TEXT_LENGTH_MOST],
        parsed.skus,
        pinned,
        ignored=ruling.ruleset.ignored_words,
        readings=ruling.ruleset.readings,
    )
    return parsed, choose_product(query, ruling.index)


def decide(
    post: PostText, ruling: Ruling, *, pinned: int | None = None, chosen: tuple[ParsedBody, Choice] | None = None
) -> Decision:
    """Decide on a post. Reads the products that are in question; writes nothing. chosen: what `choose` gave already."""
    parsed, choice = chosen or choose(post, ruling, pinned=pinned)
    intent = ruling.ruleset.read_intent(post.title, has_table=parsed.has_table)
    features = PostFeatures(intent.code, ruling.day)
    ranked = rank_live(choice, ruling, features)
    if not ranked and choice.candidates:
        choice = _give_up(choice)
        ranked = rank_live(choice, ruling, features)
    winner = ranked[0] if ranked else None
    rule_id = choice.rule_id if winner else "none"
    is_fallback = rule_id in FALLBACK_RULES
    verdict = winner.verdict if winner else NO_RULES
    template_id = verdict.template_id or intent.template_id
    return Decision(
        product=winner.product if winner else None,
        rule_id=rule_id,
        template_id=template_id if template_id in ruling.templates else TEMPLATE_BUY,
        ruleset_version=ruling.ruleset.version,
        intent=intent.code,
        score=winner.weighed if winner else 0.0,
        score_parts=_list_parts(choice, winner, ruling) if winner else {},
        is_fallback=is_fallback,
        fallback_reason=(choice.reason or NONE_SELLS) if is_fallback else "",
        features=_list_features(intent.code, parsed, choice, winner, ruling),
        runner_ups=[{"sku": it.product.sku, "score": it.weighed} for it in ranked[1 : RUNNER_UP_LIMIT + 1]],
        changes_on=ruling.ruleset.find_turn(intent.code, ruling.day, weighs=choice.rule_id in WEIGHED_STAGES),
    )


def rank_live(choice: Choice, ruling: Ruling, post: PostFeatures) -> list[Ranked]:
    """The choice's products that can be sold now, the best first; editors' priorities change without a revision."""
    if choice.category_id is not None:
        best = ruling.shelf.list_best(choice.category_id, CANDIDATE_LIMIT)
        held = [(product, 0.0) for product in best]
    else:
        facts = ruling.shelf.find([candidate.row.id for candidate in choice.candidates])
        found = ((facts.get(candidate.row.id), candidate.score) for candidate in choice.candidates)
        held = [(product, score) for product, score in found if product is not None]
    ranked = [
        Ranked(product, score, _judge(product, ruling.ruleset, post))
        for product, score in held
        if product.is_sellable and not product.hold
    ]
    if choice.rule_id not in WEIGHED_STAGES:
        return ranked
    ranked = [it for it in ranked if it.verdict.weight > 0]
    return sorted(ranked, key=lambda it: _order(it, choice.rule_id))


def _order(ranked: Ranked, stage: str) -> tuple[float, int, int]:
    """Sort key: the weighed score (of a fallback the weight alone), the editors' priority, the store's own number."""
    value = ranked.weighed if stage in WORD_STAGES else ranked.verdict.weight
    return (-value, -ranked.product.priority, ranked.product.origin_product_no)


def _judge(product: ProductFacts, ruleset: RulesetSpec, post: PostFeatures) -> Verdict:
    features = ProductFeatures(product.category_path, product.sale_price, product.stock, product.store_code)
    return ruleset.judge(post, features)


def _list_parts(choice: Choice, winner: Ranked, ruling: Ruling) -> dict[str, Any]:
    """The winner's score, taken apart: each word's share, the base, the rules and their weight."""
    parts: dict[str, Any] = {"base": winner.score, "weight": winner.verdict.weight, "rules": list(winner.verdict.codes)}
    if choice.words and choice.category_id is None:
        parts["words"] = ruling.index.explain(choice.words, winner.product.id)
    return parts


def _give_up(choice: Choice) -> Choice:
    """The fallback for a choice of which nothing can be sold any more, or that the rules forbid."""
    row = choice.candidates[0].row
    reason = f"찾은 상품 '{row.name}'({row.sku})이(가) 그사이 품절·판매 중지·보류되었거나 규칙이 막았습니다."
    return Choice("category_best", (), choice.terms, row.category_id, reason)


def _list_features(
    intent: str, parsed: ParsedBody, choice: Choice, winner: Ranked | None, ruling: Ruling
) -> dict[str, Any]:
    features: dict[str, Any] = {
        "intent": intent,
        "terms": list(choice.terms),
        "skus": list(parsed.skus),
        "has_table": parsed.has_table,
    }
    seasonal = ruling.ruleset.list_seasonal(intent, weighs=choice.rule_id in WEIGHED_STAGES)
    if seasonal:
        features["season"] = [rule.name for rule in seasonal if is_in_season(ruling.day, rule.season)]
    if winner is not None:
        product = winner.product
        features |= {
            "category": product.category_path,
            "price_band": name_price_band(product.sale_price),
            "stock": name_stock(product.stock),
            "store": product.store_code,
        }
    return features


def name_price_band(price: int) -> str:
    """The band of a price in won, such as "10000-30000"; the last one is open."""
    edges = (0, *PRICE_BANDS_WON)
    lower = max(edge for edge in edges if price >= edge)
    upper = next((edge for edge in PRICE_BANDS_WON if edge > price), None)
    return f"{lower}-{upper or ''}"
