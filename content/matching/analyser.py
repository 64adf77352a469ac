"""The optional morphological analyser (kiwipiepy): which nouns a glued Korean word is made of.

Loading takes seconds and some 500 MB, so it is loaded on first use, once in a process, and `learning.learn_words` lets only
one process use it at a time. Nothing else in the product imports it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

PACKAGE = "kiwipiepy"
NOUN_TAGS = ("NN", "SL", "SN", "XPN", "XR")
"""Nouns, Latin words, numbers, prefixes and roots, by the analyser's own tags."""
Analyse = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]


class AnalyserMissing(Exception):
    """The analyser is not installed; the message says how to."""


def analyse_words(words: Sequence[str]) -> dict[str, list[str]]:
    """{word: its nouns} of those that are made of at least two. Raises AnalyserMissing."""
    kiwi = _load()
    return dict(_read(words, kiwi.tokenize(words)))


def _read(words: Iterable[str], results: Iterable[Any]) -> Iterator[tuple[str, list[str]]]:
    for word, tokens in zip(words, results, strict=True):
        nouns = [token.form for token in tokens if token.tag.startswith(NOUN_TAGS)]
        if len(nouns) > 1 and all(noun in word for noun in nouns) and all(len(noun) > 1 for noun in nouns):
            yield word, nouns


@lru_cache(maxsize=1)
def _load() -> Any:
    try:
        return import_module(PACKAGE).Kiwi(num_workers=1)
    except ImportError as error:
        raise AnalyserMissing(
            "한국어 분석기가 없습니다. 이 일을 하는 프로세스에만 'pip install jangbu[korean]'으로 설치하세요. 없어도 매칭은 됩니다."
        ) from error
