"""An inverted index over several fields of many texts, as arrays: token -> the documents that hold it and their weights.

The weight of a token in a document is BM25F's (Robertson, Zaragoza and Taylor 2004): each field's count is divided by
the field's own relative length and multiplied by the field's weight before the sum is saturated once. It is computed
when the index is built, so that a query only adds arrays.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Documents: TypeAlias = NDArray[np.int32]
Weights: TypeAlias = NDArray[np.float32]
Found: TypeAlias = tuple[Documents, Weights]
"""Documents in ascending order, each with its weight."""

K1 = 1.2
NOTHING: Found = (np.empty(0, np.int32), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Field:
    """How much a word in this field counts, and how far a long field weakens its words (0 not at all, 1 fully)."""

    name: str
    weight: float
    length_share: float


class Postings:
    """What every token is found in. size: documents.

    documents: for each its fields in the order of `fields`, each a sequence of tokens.
    """

    def __init__(self, documents: Iterable[Sequence[Sequence[str]]], fields: Sequence[Field]) -> None:
        self.vocabulary: dict[str, int] = {}
        tokens, lengths = self._read(documents)
        self.size = len(lengths) // len(fields)
        self._lay_out(tokens, np.array(lengths, np.int32).reshape(self.size, len(fields)), fields)

    def find(self, token: str) -> Found:
        """The documents of a token; none for an unknown one."""
        number = self.vocabulary.get(token)
        if number is None:
            return NOTHING
        place = slice(self._starts[number], self._starts[number + 1])
        return self._documents[place], self._weights[place]

    def find_all(self, tokens: Sequence[str]) -> Found:
        """The documents that hold every one of these tokens, with the sum of their weights."""
        if len(tokens) == 1:
            return self.find(tokens[0])
        documents, weights = NOTHING
        for at, (others, added) in enumerate(sorted(map(self.find, tokens), key=lambda found: len(found[0]))):
            if at == 0:
                documents, weights = others, added
                continue
            places = np.searchsorted(others, documents)
            places[places == len(others)] = 0
            held = others[places] == documents if len(others) else np.zeros(len(documents), np.bool_)
            documents, weights = documents[held], weights[held] + added[places[held]]
        return documents, weights

    def rate(self, count: int) -> float:
        """The inverse document frequency of what `count` documents hold."""
        return float(np.log1p((self.size - count + 0.5) / (count + 0.5)))

    def _read(self, documents: Iterable[Sequence[Sequence[str]]]) -> tuple[NDArray[np.int32], "array[int]"]:
        numbers, lengths = array("i"), array("i")
        vocabulary = self.vocabulary
        for fields in documents:
            for tokens in fields:
                lengths.append(len(tokens))
                numbers.extend([vocabulary.setdefault(token, len(vocabulary)) for token in tokens])
        return np.frombuffer(numbers, np.int32) if numbers else np.empty(0, np.int32), lengths

    def _lay_out(self, tokens: NDArray[np.int32], lengths: NDArray[np.int32], fields: Sequence[Field]) -> None:
        average = np.maximum(lengths.mean(axis=0), 1e-9) if self.size else np.ones(len(fields))
        shares = np.array([field.length_share for field in fields])
        gain = np.array([field.weight for field in fields]) / (1 - shares + shares * lengths / average)
        size = max(1, self.size)
        owners = np.repeat(np.arange(lengths.size), lengths.ravel())
        keys = tokens.astype(np.int64) * size + owners // len(fields)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        sums = np.add.reduceat(gain.ravel()[owners[order]], first) if len(first) else np.empty(0)
        words, documents = np.divmod(keys[first], size)
        counts = np.bincount(words, minlength=len(self.vocabulary))
        self._starts: list[int] = [0, *np.cumsum(counts).tolist()]
        self._documents = documents.astype(np.int32)
        inverse = np.log1p((self.size - counts + 0.5) / (counts + 0.5))
        self._weights = (inverse[words] * sums * (K1 + 1) / (sums + K1)).astype(np.float32)
