"""Taking glued words apart without a morphological analyser: by the words that the catalogue itself writes apart.

무선청소기거치대 becomes 무선, 청소기, 거치대 where products write these by themselves. What a dictionary of readings
says (editors' words, or an analyser's) goes before that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from content.matching.tokens import is_hangul, list_hyphened, split_words, strip_particle

PIECE_LENGTH_LEAST, PIECE_LENGTH_MOST = 2, 8
LATIN_PIECE_LENGTH_LEAST = 3
WORD_LENGTH_MOST = 40
"""What is longer is no word that somebody wrote, and would take long to try."""
_NUMBER_OR_LETTERS = re.compile(r"\d+(?:\.\d+)?|[^\d.]+")
ENDINGS = frozenset("용형식제들별급")
"""Syllables that only say how the noun before them is meant: 여행용, 접이식."""


class Lexicon:
    """The words known to a catalogue. readings: {word: the words to look for instead}."""

    def __init__(self, texts: Iterable[str], readings: Mapping[str, Sequence[str]] | None = None) -> None:
        self._readings = dict(readings or {})
        known: set[str] = set()
        self._hyphened: dict[str, list[str]] = {}
        for text in texts:
            known.update(split_words(text))
            for pieces in list_hyphened(text):
                self._hyphened.setdefault("".join(pieces), pieces)
        self._hangul = {word for word in known if is_hangul(word) and len(word) >= PIECE_LENGTH_LEAST}
        self._latin = {word for word in known if not is_hangul(word)}

    def split(self, word: str) -> Sequence[str]:
        """The words that this one stands for; itself when it cannot be taken apart."""
        reading = self._readings.get(word)
        if reading is not None:
            return reading
        if len(word) > WORD_LENGTH_MOST:
            return [word]
        return self._split_hangul(word) if is_hangul(word) else self._split_latin(word)

    def _split_hangul(self, word: str) -> Sequence[str]:
        # best[end]: fewest unknown syllables, then most pieces, of the word up to there.
        best: list[tuple[int, int, tuple[tuple[str, bool], ...]]] = [(0, 0, ())]
        for end in range(1, len(word) + 1):
            unknown, pieces, held = best[end - 1]
            options = [(unknown + 1, pieces, (*held, (word[end - 1], False)))]
            for start in range(max(0, end - PIECE_LENGTH_MOST), end - PIECE_LENGTH_LEAST + 1):
                if word[start:end] in self._hangul:
                    unknown, pieces, held = best[start]
                    options.append((unknown, pieces - 1, (*held, (word[start:end], True))))
            best.append(min(options))
        unknown, pieces, found = best[-1]
        return _join_unknown(found) if pieces and unknown <= len(word) // 2 else [word]

    def _split_latin(self, word: str) -> Sequence[str]:
        if word in self._latin:
            return [word]
        if word in self._hyphened:  # wh1000xm5 where the catalogue writes WH-1000XM5
            return list(dict.fromkeys(self._hyphened[word]))
        parts = _NUMBER_OR_LETTERS.findall(word)  # 30kg where the catalogue writes 30 kg
        if len(parts) > 1 and self._latin.issuperset(parts):
            return list(dict.fromkeys(parts))
        for at in range(LATIN_PIECE_LENGTH_LEAST, len(word) - LATIN_PIECE_LENGTH_LEAST + 1):
            if word[:at] in self._latin and word[at:] in self._latin:
                return [word[:at], word[at:]]
        return [word]


def _join_unknown(found: Iterable[tuple[str, bool]]) -> list[str]:
    """The known pieces, and each run of unknown syllables as one word unless it is only an ending."""
    words: list[str] = []
    run = ""
    for piece, is_known in (*found, ("", True)):
        if is_known:
            if run and run not in ENDINGS and (strip_particle("가나" + run) != "가나" or not words):
                words.append(run)
            run = ""
            words += [piece] if piece else []
        else:
            run += piece
    return words
