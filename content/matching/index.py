"""The search index of the catalogue, held in memory by one process: words to products, models and SKUs to products."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from content.matching.lexicon import Lexicon
from content.matching.postings import Field, Found, Postings, Weights
from content.matching.tokens import (
    PAIR_LENGTH,
    QueryWord,
    index_tokens,
    is_hangul,
    make_query_word,
    model_key,
    stem_latin,
)

FIELDS = (
    Field("name", 3.0, 0.5),
    Field("brand", 1.0, 0.5),
    Field("model_name", 1.0, 0.5),
    Field("category_name", 2.0, 0.5),
    Field("attributes", 0.7, 0.7),
    Field("description", 1.0, 0.6),
)
JOINED_SHARE = 0.6
"""A word that is found only joined with its neighbour (smart watch in smartwatch) counts this much."""
ADJACENT_SHARE = 0.3
"""What Hangul words standing together as in the query add, in shares of the weight of the pair between them."""
WHOLE_SHARE = 0.5
"""What a Hangul word of three syllables or more adds where a product writes it by itself."""
MODEL_KEY_LENGTH_LEAST = 4
DISTINCTIVE_SHARE = 0.2
"""A word that more than this share of all products hold does not make a match by itself."""
SMALL_CATALOGUE = 50
SCORE_DIGITS = 4


class IndexRow(Protocol):
    """What the index reads of a product."""

    @property
    def id(self) -> int: ...
    @property
    def origin_product_no(self) -> int: ...
    @property
    def sku(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def brand(self) -> str: ...
    @property
    def model_name(self) -> str: ...
    @property
    def category_id(self) -> int: ...
    @property
    def category_name(self) -> str: ...
    @property
    def attributes(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def is_sellable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product found. score: comparable within one query only."""

    row: IndexRow
    score: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The products that hold every word, and those that hold at least one distinctive word, both best first.

    any_word: empty where enough products hold every word.
    """

    all_words: tuple[Candidate, ...]
    any_word: tuple[Candidate, ...]


class MatchIndex:
    """The catalogue as matching searches it. Build it once per catalogue version; it never changes afterwards.

    rows: where two share a SKU, the first one has it. readings: see `Lexicon`.
    """

    def __init__(self, rows: Iterable[IndexRow], readings: Mapping[str, Sequence[str]] | None = None) -> None:
        self.rows: Sequence[IndexRow] = tuple(rows)
        self.categories: dict[str, int] = {}
        self._models: dict[str, list[int]] = defaultdict(list)
        self._skus: dict[str, int] = {}
        self._places = {row.id: place for place, row in enumerate(self.rows)}
        for place, row in enumerate(self.rows):
            self._add_keys(place, row)
        self._postings = Postings(map(_read_fields, self.rows), FIELDS)
        texts = chain.from_iterable((row.name, row.brand, row.category_name, row.attributes) for row in self.rows)
        self._lexicon = Lexicon(texts, readings)
        self._sellable = np.array([row.is_sellable for row in self.rows], np.bool_)
        self._order = _order_ties(self.rows)

    def search(self, words: Sequence[QueryWord], *, limit: int, is_sellable: bool | None = None) -> SearchResult:
        """Look the words up; at most `limit` products of each kind. is_sellable None: whether they sell or not."""
        size = len(self.rows)
        scores, shares = np.zeros(size, np.float32), np.zeros(size, np.float32)
        times, distinctive = np.zeros(size, np.uint16), np.zeros(size, np.bool_)
        whole = 0.0
        wanted = self.read_words(words)
        for word in wanted:
            documents, weights = self._find(word)
            rate = self._postings.rate(len(documents))
            whole += rate
            scores[documents] += weights
            shares[documents] += rate
            times[documents] += 1
            if len(documents) <= max(SMALL_CATALOGUE, DISTINCTIVE_SHARE * size):
                distinctive[documents] = True
        self._reward_spelling(wanted, scores)
        scores *= shares / (whole or 1.0)
        holds_all = times == len(wanted) if wanted else distinctive
        if is_sellable is not None:
            allowed = self._sellable if is_sellable else ~self._sellable
            holds_all, distinctive = holds_all & allowed, distinctive & allowed
        best = self._rank(holds_all, scores, limit)
        return SearchResult(best, self._rank(distinctive, scores, limit) if len(best) < limit else ())

    def read_words(self, words: Sequence[QueryWord]) -> list[QueryWord]:
        """The words as the catalogue writes them: glued ones taken apart, neighbours with their joined spelling."""
        parts = [part for word in words for part in self._split(word)]
        apart = list({part.text: part for part in parts}.values())
        joins: dict[str, list[str]] = defaultdict(list)
        for one, other in pairwise(apart):
            joined = stem_latin(one.text + other.text)
            if not (is_hangul(one.text) or is_hangul(other.text)) and joined in self._postings.vocabulary:
                joins[one.text].append(joined)
                joins[other.text].append(joined)
        return [QueryWord(word.text, word.required, tuple(joins.get(word.text, ()))) for word in apart]

    def find_model(self, key: str) -> list[IndexRow]:
        """The products of this model key (`tokens.model_key`), by origin number."""
        return [self.rows[place] for place in self._models.get(key, ())]

    def find_sku(self, sku: str) -> IndexRow | None:
        """The product of this SKU."""
        place = self._skus.get(sku)
        return None if place is None else self.rows[place]

    def find_product(self, product_id: int) -> IndexRow | None:
        """The product of this id."""
        place = self._places.get(product_id)
        return None if place is None else self.rows[place]

    def explain(self, words: Sequence[QueryWord], product_id: int) -> dict[str, float]:
        """What each word of a query adds to a product's score; 0 for one that it does not hold."""
        place, parts = self._places[product_id], {}
        for word in self.read_words(words):
            documents, weights = self._find(word)
            at = int(np.searchsorted(documents, place))
            held = at < len(documents) and documents[at] == place
            parts[word.text] = round(float(weights[at]), SCORE_DIGITS) if held else 0.0
        return parts

    def holds(self, word: QueryWord) -> bool:
        """Whether any product has this word, be it written otherwise."""
        return any(all(token in self._postings.vocabulary for token in part.required) for part in self._split(word))

    def _add_keys(self, place: int, row: IndexRow) -> None:
        self._skus.setdefault(row.sku, place)
        self.categories.setdefault(row.category_name, row.category_id)
        key = model_key(row.model_name)
        if len(key) >= MODEL_KEY_LENGTH_LEAST and any(sign.isdigit() for sign in key):
            self._models[key].append(place)

    def _split(self, word: QueryWord) -> Sequence[QueryWord]:
        pieces = self._lexicon.split(word.text)
        return [word] if list(pieces) == [word.text] else [make_query_word(stem_latin(piece)) for piece in pieces]

    def _find(self, word: QueryWord) -> Found:
        found = self._postings.find_all(word.required)
        for token in word.joined:
            documents, weights = self._postings.find(token)
            merged = np.zeros(len(self.rows), np.float32)
            merged[documents] = JOINED_SHARE * weights
            merged[found[0]] = np.maximum(merged[found[0]], found[1])
            held = np.flatnonzero(merged).astype(np.int32)
            found = held, merged[held]
        return found

    def _reward_spelling(self, words: Sequence[QueryWord], scores: Weights) -> None:
        for word in words:
            if is_hangul(word.text) and len(word.text) > PAIR_LENGTH:
                documents, weights = self._postings.find(word.text)
                scores[documents] += WHOLE_SHARE * weights
        for one, other in pairwise(words):
            if is_hangul(one.text) and is_hangul(other.text):
                documents, weights = self._postings.find(one.text[-1] + other.text[0])
                scores[documents] += ADJACENT_SHARE * weights

    def _rank(self, wanted: NDArray[np.bool_], scores: Weights, limit: int) -> tuple[Candidate, ...]:
        """The best, by score, then the editors' priority, then the store's own product number."""
        places = np.flatnonzero(wanted)
        values = scores[places]
        if len(places) > limit:
            least = np.partition(values, len(values) - limit)[len(values) - limit] - 10.0**-SCORE_DIGITS
            places, values = places[values >= least], values[values >= least]
        values = np.round(values, SCORE_DIGITS)
        best = np.lexsort((self._order[places], -values))[:limit]
        return tuple(Candidate(self.rows[places[at]], round(float(values[at]), SCORE_DIGITS)) for at in best)


def _read_fields(row: IndexRow) -> list[list[str]]:
    return [index_tokens(getattr(row, field.name)) for field in FIELDS]


def _order_ties(rows: Sequence[IndexRow]) -> NDArray[np.int64]:
    """Each row's place among equals."""
    order = np.empty(len(rows), np.int64)
    ranked = sorted(range(len(rows)), key=lambda place: (-rows[place].priority, rows[place].origin_product_no))
    order[ranked] = np.arange(len(rows))
    return order
