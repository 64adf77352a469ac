"""The search index of the catalogue: an inverted index with BM25 weights, held in memory by one process.

The weight of a token in a product is computed when the index is built (Robertson and Zaragoza's BM25 over the product's
fields, as in BM25F with one length), so that a query only adds numbers.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from content.matching.tokens import QueryWord, index_tokens, model_key

K1 = 1.2
B = 0.6
FIELD_WEIGHTS = {"name": 3, "brand": 2, "model_name": 2, "category_name": 2, "description": 1}
MODEL_KEY_LENGTH_LEAST = 4
DISTINCTIVE_SHARE = 0.2
"""A word that more than this share of all products hold does not make a match by itself."""
SMALL_CATALOGUE = 50


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
    def description(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def is_sellable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product found. score: BM25, comparable within one query only."""

    row: IndexRow
    score: float

    @property
    def rank(self) -> tuple[float, int, int]:
        """Sort key: best score, then the editors' priority, then the store's own product number."""
        return (-self.score, -self.row.priority, self.row.origin_product_no)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The products that hold every word, and those that hold at least one distinctive word, both best first."""

    all_words: tuple[Candidate, ...]
    any_word: tuple[Candidate, ...]


class MatchIndex:
    """The catalogue as matching searches it. Build it once per catalogue version; it never changes afterwards.

    rows: where two share a SKU, the first one has it.
    """

    def __init__(self, rows: Iterable[IndexRow]) -> None:
        self.rows: Sequence[IndexRow] = tuple(rows)
        self._docs: dict[str, array[int]] = {}
        self._weights: dict[str, array[float]] = {}
        self._models: dict[str, list[int]] = defaultdict(list)
        self._skus: dict[str, int] = {}
        self.categories: dict[str, int] = {}
        self._build()

    def search(self, words: Sequence[QueryWord], *, limit: int, is_sellable: bool | None = None) -> SearchResult:
        """Look the words up; at most `limit` products of each kind. is_sellable None: whether they sell or not."""
        scores = self._add_scores(words)
        covered: Counter[int] = Counter()
        distinctive: set[int] = set()
        for word in words:
            found = self._find_covering(word)
            covered.update(found)
            if len(found) <= max(SMALL_CATALOGUE, DISTINCTIVE_SHARE * len(self.rows)):
                distinctive |= found
        holds_all = [doc for doc, times in covered.items() if times == len(words)]
        kept = [[doc for doc in docs if self._is_wanted(doc, is_sellable)] for docs in (holds_all, distinctive)]
        return SearchResult(*(self._rank(docs, scores, limit) for docs in kept))

    def find_model(self, key: str) -> list[IndexRow]:
        """The products of this model key (`tokens.model_key`), by origin number."""
        return [self.rows[doc] for doc in self._models.get(key, ())]

    def find_sku(self, sku: str) -> IndexRow | None:
        """The product of this SKU."""
        doc = self._skus.get(sku)
        return None if doc is None else self.rows[doc]

    def holds(self, token: str) -> bool:
        """Whether any product has this token."""
        return token in self._docs

    def _build(self) -> None:
        counted = [self._count_tokens(row) for row in self.rows]
        lengths = [sum(tokens.values()) for tokens in counted]
        average = sum(lengths) / max(1, len(lengths)) or 1.0
        postings: dict[str, list[int]] = defaultdict(list)
        for doc, (row, tokens) in enumerate(zip(self.rows, counted, strict=True)):
            for token in tokens:
                postings[token].append(doc)
            self._add_keys(doc, row)
        for token, docs in postings.items():
            inverse = math.log(1 + (len(counted) - len(docs) + 0.5) / (len(docs) + 0.5))
            self._docs[token] = array("I", docs)
            self._weights[token] = array(
                "f", [inverse * _saturate(counted[doc][token], lengths[doc] / average) for doc in docs]
            )

    def _add_keys(self, doc: int, row: IndexRow) -> None:
        self._skus.setdefault(row.sku, doc)
        self.categories.setdefault(row.category_name, row.category_id)
        key = model_key(row.model_name)
        if len(key) >= MODEL_KEY_LENGTH_LEAST and any(sign.isdigit() for sign in key):
            self._models[key].append(doc)

    @staticmethod
    def _count_tokens(row: IndexRow) -> dict[str, int]:
        tokens: dict[str, int] = defaultdict(int)
        for field, weight in FIELD_WEIGHTS.items():
            for token in index_tokens(getattr(row, field)):
                tokens[token] += weight
        return tokens

    def _add_scores(self, words: Sequence[QueryWord]) -> dict[int, float]:
        scores: dict[int, float] = defaultdict(float)
        for token in dict.fromkeys(token for word in words for token in word.required):
            if token in self._docs:
                for doc, weight in zip(self._docs[token], self._weights[token], strict=True):
                    scores[doc] += weight
        return scores

    def _find_covering(self, word: QueryWord) -> set[int]:
        postings = sorted((self._docs.get(token, ()) for token in word.required), key=len)
        found = set(postings[0])
        for docs in postings[1:]:
            found.intersection_update(docs)
        return found

    def _is_wanted(self, doc: int, is_sellable: bool | None) -> bool:
        return is_sellable is None or self.rows[doc].is_sellable == is_sellable

    def _rank(self, docs: Iterable[int], scores: dict[int, float], limit: int) -> tuple[Candidate, ...]:
        candidates = [Candidate(self.rows[doc], round(scores[doc], 4)) for doc in docs]
        return tuple(sorted(candidates, key=lambda candidate: candidate.rank)[:limit])


def _saturate(frequency: int, relative_length: float) -> float:
    return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * relative_length))
