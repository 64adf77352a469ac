"""Letting the analyser read the words that the catalogue and the posts glue together."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.db import transaction

from content.matching.analyser import Analyse, analyse_words
from content.matching.models import WordReading
from content.matching.services import forget_index
from content.matching.tokens import is_hangul, split_words, strip_particle
from content.posts.models import Post
from perfhooks.locks import hold_lock
from products.catalog.selectors import iter_match_rows

LOCK = "learn-words"
WORD_LENGTH_LEAST, WORD_LENGTH_MOST = 4, 30
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class LearnedWords:
    """words: looked at; added, changed, gone: readings."""

    words: int
    added: int
    changed: int
    gone: int


def learn_words(*, analyse: Analyse = analyse_words) -> LearnedWords:
    """Keep a reading of every glued word of products and titles, and drop those that nobody uses any more.

    Other processes read them when they next build their index. Raises AnalyserMissing, LockHeld while another process
    is at it. Run again, it changes nothing.
    """
    with hold_lock(LOCK):
        words = sorted(set(_list_words()))
        readings: dict[str, str] = {}
        for start in range(0, len(words), BATCH):
            found = analyse(words[start : start + BATCH])
            readings |= {word: " ".join(nouns) for word, nouns in found.items()}
        counts = _keep(readings)
    forget_index()
    return LearnedWords(len(words), *counts)


def _list_words() -> Iterator[str]:
    texts = chain((row.name for row in iter_match_rows()), Post.objects.values_list("title", flat=True).iterator())
    for text in texts:
        for raw in split_words(text):
            word = strip_particle(raw) if is_hangul(raw) else ""
            if WORD_LENGTH_LEAST <= len(word) <= WORD_LENGTH_MOST:
                yield word


@transaction.atomic
def _keep(readings: dict[str, str]) -> tuple[int, int, int]:
    held = dict(WordReading.objects.select_for_update().values_list("word", "reading"))
    new = {word: reading for word, reading in readings.items() if word not in held}
    moved = {word: reading for word, reading in readings.items() if held.get(word, reading) != reading}
    gone = sorted(held.keys() - readings.keys())
    WordReading.objects.bulk_create(
        (WordReading(word=word, reading=text) for word, text in new.items()), batch_size=BATCH
    )
    for word, text in moved.items():
        WordReading.objects.filter(word=word).update(reading=text)
    for start in range(0, len(gone), BATCH):
        WordReading.objects.filter(word__in=gone[start : start + BATCH]).delete()
    return len(new), len(moved), len(gone)
