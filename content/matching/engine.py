"""Which product a post is about: the stages of matching, on the index alone and without the database.

    exact_sku      a placeholder, else the title or the text, names a sellable product by its SKU
    pinned         an editor has pinned a sellable product to the post
    brand_model    the title, else the text, names a product's brand and model
    all_words      a product holds every word of the title
    any_word       a product holds at least one distinctive word of the title, else of the text
    category_best  fallback: the editors' favourite of the category that the words point to
    none           nothing fits

The first stage with a sellable product decides. The same index and the same post give the same decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from content.matching.defaults import DEFAULT_RULESET
from content.matching.index import Candidate, IndexRow, MatchIndex
from content.matching.tokens import (
    QueryWord,
    frequent_words,
    index_tokens,
    model_mentions,
    query_words,
    sku_mentions,
    split_words,
)

RuleId = Literal["exact_sku", "pinned", "brand_model", "all_words", "any_word", "category_best", "none"]
FALLBACK_RULES = frozenset({"category_best", "none"})
CANDIDATE_LIMIT = 30
BODY_WORD_LIMIT = 12
NAMED_SCORE = 1.0
"""The score of a product that a post names by SKU or model: nothing was weighed."""


@dataclass(frozen=True, slots=True)
class MatchQuery:
    """What matching reads of a post. text: its own words without placeholders; skus: named, in reading order.

    pinned: the id of the product that an editor has pinned to it; ignored: words that say nothing about a product;
    readings: {a word: the words to look for instead}.
    """

    title: str
    text: str
    skus: tuple[str, ...] = ()
    pinned: int | None = None
    ignored: frozenset[str] = DEFAULT_RULESET.ignored_words
    readings: Mapping[str, str] = field(default_factory=dict)

    def read(self, words: Sequence[QueryWord]) -> list[QueryWord]:
        """The words with the readings in their places, each once."""
        parts = [part for word in words for part in (query_words(self.readings.get(word.text, "")) or [word])]
        return list({part.text: part for part in parts}.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """What the engine decided. candidates: sellable, best first, at most 30; category_id: where a fallback looks.

    words: those that were looked up, at the stages that weigh words.
    """

    rule_id: RuleId
    candidates: tuple[Candidate, ...]
    terms: tuple[str, ...]
    category_id: int | None = None
    reason: str = ""
    words: tuple[QueryWord, ...] = ()


def choose_product(query: MatchQuery, index: MatchIndex) -> Choice:
    """Run the stages in order."""
    named = _choose_named(query, index)
    if named:
        return named
    title_words = query.read(query_words(query.title, ignored=query.ignored))
    found, gone = _search(title_words, index)
    if found is None:
        body_words = _frequent_words(query, index)
        found, gone_too = _search(body_words, index, is_body=True)
        gone = gone or gone_too
    return found or _fall_back(query, index, title_words, gone)


def rank_products(text: str, index: MatchIndex, *, limit: int) -> list[IndexRow]:
    """The sellable products for a search text, each once: brand and model, then all words, then any word."""
    named = _find_models(text, index)
    found = index.search(query_words(text, ignored=DEFAULT_RULESET.ignored_words), limit=limit, is_sellable=True)
    rows = [*named, *(candidate.row for candidate in (*found.all_words, *found.any_word))]
    return list({row.id: row for row in rows}.values())[:limit]


def _choose_named(query: MatchQuery, index: MatchIndex) -> Choice | None:
    for skus in (query.skus, sku_mentions(f"{query.title}\n{query.text}")):
        rows = [row for row in map(index.find_sku, skus) if row is not None and row.is_sellable]
        if rows:
            return Choice("exact_sku", _as_candidates(rows), terms=tuple(row.sku for row in rows))
    pinned = _find_pinned(query, index)
    if pinned is not None and pinned.is_sellable:
        return Choice("pinned", _as_candidates([pinned]), terms=(pinned.sku,))
    for text in (query.title, query.text):
        rows = _find_models(text, index)
        if rows:
            return Choice(
                "brand_model", _as_candidates(rows), terms=tuple(dict.fromkeys(row.model_name for row in rows))
            )
    return None


def _find_pinned(query: MatchQuery, index: MatchIndex) -> IndexRow | None:
    return None if query.pinned is None else index.find_product(query.pinned)


def _find_models(text: str, index: MatchIndex) -> list[IndexRow]:
    words = set(split_words(text))
    places: dict[int, tuple[int, int, int, int, IndexRow]] = {}
    for key, place in model_mentions(text).items():
        for row in index.find_model(key):
            if row.is_sellable and words.issuperset(split_words(row.brand)):
                order = (place, -len(key), -row.priority, row.origin_product_no, row)
                places[row.id] = min(places.get(row.id, order), order, key=lambda held: held[:4])
    return [held[4] for held in sorted(places.values(), key=lambda held: held[:4])]


def _search(
    words: Sequence[QueryWord], index: MatchIndex, *, is_body: bool = False
) -> tuple[Choice | None, Candidate | None]:
    """The choice among sellable products, and the best product of all when it cannot be sold."""
    if not words:
        return None, None
    result = index.search(words, limit=CANDIDATE_LIMIT, is_sellable=True)
    terms = tuple(word.text for word in words)
    if result.all_words and not is_body:
        return Choice("all_words", result.all_words, terms, words=tuple(words)), None
    if result.any_word:
        return Choice("any_word", result.any_word, terms, words=tuple(words)), None
    gone = index.search(words, limit=1, is_sellable=False)
    return None, next(iter(gone.all_words or gone.any_word), None)


def _frequent_words(query: MatchQuery, index: MatchIndex) -> list[QueryWord]:
    """The words that the text repeats most and the catalogue knows; ties in reading order."""
    words = query.read(frequent_words(query.text, ignored=query.ignored))
    return [word for word in words if index.holds(word)][:BODY_WORD_LIMIT]


def _fall_back(query: MatchQuery, index: MatchIndex, words: Sequence[QueryWord], gone: Candidate | None) -> Choice:
    terms = tuple(word.text for word in words)
    rows = (*map(index.find_sku, query.skus), _find_pinned(query, index))
    named = next((row for row in rows if row is not None), None)
    unsold = named or (gone.row if gone else None)
    if unsold is not None:
        reason = f"맞는 상품 '{unsold.name}'({unsold.sku})이(가) 지금 판매 중이 아닙니다."
        return Choice("category_best", (), terms, unsold.category_id, reason)
    category = _find_category(f"{query.title}\n{query.text}", index)
    if category:
        reason = f"제목과 본문의 낱말로 찾은 상품이 없어 카테고리 '{category}'에서 골랐습니다."
        return Choice("category_best", (), terms, index.categories[category], reason)
    return Choice("none", (), terms, reason="제목과 본문의 낱말로 찾은 상품도 카테고리도 없습니다.")


def _find_category(text: str, index: MatchIndex) -> str:
    tokens = set(index_tokens(text))
    held = [name for name in index.categories if _is_named(name, tokens)]
    return min(held, key=lambda name: (-len(name), name), default="")


def _is_named(category: str, tokens: set[str]) -> bool:
    words = query_words(category)
    return bool(words) and all(tokens.issuperset(word.required) for word in words)


def _as_candidates(rows: Iterable[IndexRow]) -> tuple[Candidate, ...]:
    return tuple(Candidate(row, NAMED_SCORE) for row in list(rows)[:CANDIDATE_LIMIT])
