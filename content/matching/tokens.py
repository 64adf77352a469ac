"""Words and their index tokens, for Korean and Latin text alike.

A Hangul word becomes its overlapping pairs of syllables, so that 무선청소기 and 무선 청소기 meet without a dictionary; Latin
letters and digits stay whole words with their plural s removed. Text is NFKC and lower case throughout.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

_LATIN = r"\d+(?:\.\d+)+[^\W_가-힣]*|[^\W_가-힣]+"  # 1.5L is one word
_WORD = re.compile(rf"[가-힣]+|{_LATIN}")
_RUN = re.compile(rf"[가-힣]+(?:\s+[가-힣]+)*|{_LATIN}")
_SKU = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z_-]*[0-9A-Za-z])?")
SKU_LENGTH_LEAST, SKU_LENGTH_MOST = 5, 40
"""What is shorter may be any number or word of a text."""
_HYPHENED = re.compile(r"(?<![^\W_])[a-z0-9]+(?:-[a-z0-9]+)+(?![^\W_])")
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_PLAIN = {
    code: plain[0]
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if (plain := unicodedata.normalize("NFD", chr(code)))[0].isascii() and len(plain) > 1
}
_MODEL_PIECE = re.compile(r"[a-z0-9]+")

# Case particles of Korean, longest first: 청소기에서 is asked for as 청소기.
_LONG_PARTICLES = ("으로는", "에서는", "이랑", "에서", "으로", "부터", "까지", "처럼", "보다", "하고")
_PARTICLES = (*_LONG_PARTICLES, *"을를이가은는의에와과도로만랑")
_STEM_LENGTH_LEAST = 2
PAIR_LENGTH = 2


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word that is looked for. required: a product covers the word when it holds all of these tokens.

    joined: the token of this word written together with a neighbour, which covers it too.
    """

    text: str
    required: tuple[str, ...]
    joined: tuple[str, ...] = ()


def normalise(text: str) -> str:
    """NFKC and lower case, Latin letters without their accents: who looks for cafe means Café."""
    lowered = unicodedata.normalize("NFKC", text).lower()
    if lowered.isascii() or not _ACCENTED.search(lowered):
        return lowered
    return lowered.translate(_PLAIN)


def split_words(text: str) -> list[str]:
    """The Hangul and other words of a text, in order, normalised."""
    return _WORD.findall(normalise(text))


def list_hyphened(text: str) -> list[list[str]]:
    """The pieces of each word with hyphens, normalised: [["wh", "1000xm5"]] of "Sony WH-1000XM5"."""
    return [word.split("-") for word in _HYPHENED.findall(normalise(text))] if "-" in text else []


def index_tokens(text: str) -> list[str]:
    """The tokens under which a product's text is found.

    Hangul words with only blanks between them are joined first: a query word that is written together then finds them.
    The longer ones are kept whole too, to tell 선스틱 from 무선 스틱.
    """
    tokens: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if is_hangul(run):
            pieces = run.split()
            tokens += split_pairs("".join(pieces))
            tokens += [piece for piece in pieces if len(piece) == 1 and len(pieces) > 1]
            tokens += [piece for piece in pieces if len(piece) > PAIR_LENGTH]
        else:
            tokens.append(stem_latin(run))
    return tokens


def query_words(text: str, *, ignored: frozenset[str] = frozenset()) -> list[QueryWord]:
    """The words that a text asks for, each once, in reading order, without particles and without the ignored ones."""
    return [make_query_word(word) for word in count_words(text, ignored=ignored)]


def frequent_words(text: str, *, ignored: frozenset[str] = frozenset()) -> list[QueryWord]:
    """The same words, the most repeated first; ties in reading order."""
    return [make_query_word(word) for word, _times in count_words(text, ignored=ignored).most_common()]


def count_words(text: str, *, ignored: frozenset[str] = frozenset()) -> Counter[str]:
    """How often a text uses each word, particles and plural endings left off."""
    counted: Counter[str] = Counter()
    for raw in split_words(text):
        word = _strip_suffixes(strip_particle(raw), ignored) if is_hangul(raw) else stem_latin(raw)
        if raw not in ignored and word not in ignored:
            counted[word] += 1
    return counted


def make_query_word(word: str) -> QueryWord:
    """A word, already without particle or plural ending, with the tokens that it needs."""
    return QueryWord(word, tuple(dict.fromkeys(split_pairs(word) if is_hangul(word) else (word,))))


def split_pairs(word: str) -> list[str]:
    """A Hangul word's overlapping pairs of syllables; a single syllable stays as it is."""
    return [word] if len(word) == 1 else [word[at : at + 2] for at in range(len(word) - 1)]


def strip_particle(word: str) -> str:
    """A Hangul word without its case particle, where two syllables remain (one before 를, which ends no noun).

    A noun that only looks like one with a particle (고양이) is asked for by its beginning, which it holds too.
    """
    for particle in _PARTICLES:
        stem = word.removesuffix(particle)
        if len(stem) < len(word) and len(stem) >= (1 if particle == "를" else _STEM_LENGTH_LEAST):
            return stem
    return word


@lru_cache(maxsize=65_536)
def stem_latin(word: str) -> str:
    """An English word without its plural ending; words with digits and short ones stay."""
    if len(word) < 4 or not word.isascii() or not word.isalpha() or not word.endswith("s"):
        return word
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def sku_mentions(text: str) -> list[str]:
    """What may be a SKU in a text, each once, in reading order: Latin letters, hyphens and at least one digit."""
    found = (word for word in _SKU.findall(text) if SKU_LENGTH_LEAST <= len(word) <= SKU_LENGTH_MOST)
    return list(dict.fromkeys(word for word in found if any(sign.isdigit() for sign in word)))


def model_key(text: str) -> str:
    """A model name as its letters and digits alone: "DV7-1211 ea" and "dv7 1211EA" are both "dv71211ea"."""
    return "".join(_MODEL_PIECE.findall(normalise(text)))


def model_mentions(text: str, *, longest: int = 4) -> dict[str, int]:
    """{possible model key: place of its first word} of up to `longest` neighbouring words."""
    pieces = _MODEL_PIECE.findall(normalise(text))
    mentions: dict[str, int] = {}
    for at in range(len(pieces)):
        key = ""
        for piece in pieces[at : at + longest]:
            key += piece
            mentions.setdefault(key, at)
    return mentions


def _strip_suffixes(word: str, ignored: frozenset[str]) -> str:
    # 무선청소기추천 is a search for 무선청소기.
    for suffix in _list_suffixes(ignored):
        stem = word.removesuffix(suffix)
        if _STEM_LENGTH_LEAST <= len(stem) < len(word):
            return _strip_suffixes(stem, ignored)
    return word


@lru_cache(maxsize=4)
def _list_suffixes(ignored: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in ignored if is_hangul(word)))


def is_hangul(word: str) -> bool:
    """Whether a word (never empty) is Hangul."""
    return "가" <= word[0] <= "힣"
