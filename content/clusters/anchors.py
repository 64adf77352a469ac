"""The words that may link to a post, and finding all of them in a text in one pass (Aho and Corasick 1975)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import ahocorasick

from content.clusters.particles import is_whole_word
from content.matching.tokens import is_hangul, strip_particle

WORDS_MOST = 6
SINGLE_SYLLABLES_LEAST = 4
"""A Hangul word alone is anchor enough from here on: shorter ones mean too many things."""
SINGLE_SIGNS_LEAST = 4
GLUED_SYLLABLES_MOST = 12
ANCHORS_OF_TITLE_MOST = 8
TEXT_LENGTH_LEAST, TEXT_LENGTH_MOST = 2, 80
VERB_STEMS = ("하", "되", "있", "없", "좋", "같")
"""What is left of a verb when its ending is taken for a particle: 관리하는, 되는, 있는."""

_SEGMENT = re.compile(r"[^\w\s.+-]+|(?<!\w)[.+-]|[.+-](?!\w)")
_WORD = re.compile(r"\w+(?:[.+-]\w+)*")
_USABLE = re.compile(r"\w(?:[\w .+-]*\w)?")


@dataclass(frozen=True, slots=True)
class Titled:
    """A post that may be linked to. cluster: None for one outside of all."""

    id: int
    title: str
    cluster: int | None = None
    is_hub: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Words of a text that mean a post; start and end are offsets in the text as it is written."""

    start: int
    end: int
    key: str
    target: int


def fold(text: str) -> str:
    """The form in which anchors are compared: NFKC, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def find_problem(text: str) -> str:
    """Why an editor's words can be no anchor, in Korean; "" when they can."""
    if not TEXT_LENGTH_LEAST <= len(text) <= TEXT_LENGTH_MOST:
        return f"낱말: {TEXT_LENGTH_LEAST}자에서 {TEXT_LENGTH_MOST}자까지 쓰세요. 지금 {len(text)}자입니다."
    if not _USABLE.fullmatch(text) or "_" in text:
        return f"낱말: '{text}' 대신 글자, 숫자, 빈칸, 하이픈만 쓰세요."
    if len(text.split()) > WORDS_MOST:
        return f"낱말: {WORDS_MOST}개까지 쓸 수 있습니다. 지금 {len(text.split())}개입니다."
    return ""


def split_title(title: str) -> list[list[str]]:
    """The words of each part between a title's signs, folded; a part without words is left out."""
    return [words for part in _SEGMENT.split(fold(title)) if (words := _WORD.findall(part))]


def list_phrases(title: str, *, ignored: frozenset[str] = frozenset()) -> list[str]:
    """The phrases of a title that may stand for it, the longest first, folded; words that say nothing begin none of them."""
    phrases: dict[str, int] = {}
    for words in split_title(title):
        for length in range(min(WORDS_MOST, len(words)), 0, -1):
            for at in range(len(words) - length + 1):
                phrase = _make_phrase(words[at : at + length], ignored)
                if phrase:
                    phrases.setdefault(phrase, len(phrases))
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase.split()), -len(phrase), phrases[phrase]))
    return ordered[:ANCHORS_OF_TITLE_MOST]


def choose_anchors(
    targets: Iterable[Titled], own: Mapping[str, int], *, ignored: frozenset[str] = frozenset()
) -> dict[str, int]:
    """{key: post that it means}. own: the editors' keys, which win.

    Words of several titles go to the one hub among them; without one, or with several, they mean nobody.
    """
    claims: dict[str, list[Titled]] = defaultdict(list)
    for target in targets:
        for phrase in list_phrases(target.title, ignored=ignored):
            for key in _spell(phrase):
                claims[key].append(target)
    chosen = dict(own)
    for key in sorted(claims):
        owner = _settle(claims[key])
        if owner is not None:
            chosen.setdefault(key, owner)
    return chosen


class AnchorBook:
    """All anchors, ready to be looked for."""

    def __init__(self, anchors: Mapping[str, int]) -> None:
        self.anchors = dict(anchors)
        self._automaton = ahocorasick.Automaton()
        for key in sorted(self.anchors):
            self._automaton.add_word(key, (len(key), key, self.anchors[key]))
        if self.anchors:
            self._automaton.make_automaton()

    def scan(self, text: str) -> list[Match]:
        """The anchors of a text that stand as whole words, in reading order; of overlapping ones the leftmost longest."""
        if not self.anchors:
            return []
        folded, places = fold_in_place(text)
        found = [
            (end + 1 - length, -length, key, target)
            for end, (length, key, target) in self._automaton.iter(folded)
            if is_whole_word(folded, end + 1 - length, end + 1)
        ]
        found.sort()
        return list(_keep_apart(found, places))

    def find_parts(self, text: str) -> set[int]:
        """The posts whose anchors stand in a text only as parts of other words."""
        if not self.anchors:
            return set()
        folded, _places = fold_in_place(text)
        parts, whole = set[int](), set[int]()
        for end, (length, _key, target) in self._automaton.iter(folded):
            (whole if is_whole_word(folded, end + 1 - length, end + 1) else parts).add(target)
        return parts - whole


def find_words(text: str, key: str, target: int) -> list[Match]:
    """Every place of one anchor in a text, as whole words."""
    folded, places = fold_in_place(text)
    starts = (found.start() for found in re.finditer(re.escape(key), folded))
    found = [(at, -len(key), key, target) for at in starts if is_whole_word(folded, at, at + len(key))]
    return list(_keep_apart(found, places))


def fold_in_place(text: str) -> tuple[str, Callable[[int], int]]:
    """The text folded sign by sign, and the way from a place in it to the place in the text."""
    lowered = text.lower()
    if len(lowered) == len(text) and (text.isascii() or unicodedata.is_normalized("NFKC", text)):
        return lowered, _stay
    pieces = [unicodedata.normalize("NFKC", sign).lower() for sign in text]
    origins = [at for at, piece in enumerate(pieces) for _ in piece]
    origins.append(len(text))
    return "".join(pieces), origins.__getitem__


def _stay(place: int) -> int:
    return place


def _keep_apart(found: Iterable[tuple[int, int, str, int]], places: Callable[[int], int]) -> Iterator[Match]:
    edge = 0
    for start, minus, key, target in found:
        if start >= edge:
            edge = start - minus
            yield Match(places(start), places(edge - 1) + 1, key, target)


def _make_phrase(words: Sequence[str], ignored: frozenset[str]) -> str:
    """The words as an anchor, the last one without its particle; "" when they say too little.

    Words that say nothing begin none, and end one only after others ("가습기 추천"); nor does half a verb ("관리하" of 관리하는).
    """
    last = strip_particle(words[-1]) if is_hangul(words[-1]) else words[-1]
    if any(word.isdigit() or "_" in word for word in (words[0], words[-1], last)) or words[0] in ignored:
        return ""
    if last != words[-1] and last.endswith(VERB_STEMS):
        return ""
    if len(words) == 1 and not _is_telling(last):
        return ""
    phrase = " ".join((*words[:-1], last))
    return phrase if TEXT_LENGTH_LEAST <= len(phrase) <= TEXT_LENGTH_MOST else ""


def _is_telling(word: str) -> bool:
    if is_hangul(word):
        return len(word) >= SINGLE_SYLLABLES_LEAST
    return len(word) >= SINGLE_SIGNS_LEAST and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _spell(phrase: str) -> tuple[str, ...]:
    """The phrase, and its words written together where Korean allows both."""
    glued = phrase.replace(" ", "")
    is_glued = glued != phrase and len(glued) <= GLUED_SYLLABLES_MOST and all("가" <= sign <= "힣" for sign in glued)
    return (phrase, glued) if is_glued and len(glued) >= SINGLE_SYLLABLES_LEAST else (phrase,)


def _settle(claimants: Sequence[Titled]) -> int | None:
    ids = {claimant.id for claimant in claimants}
    if len(ids) == 1:
        return next(iter(ids))
    hubs = {claimant.id for claimant in claimants if claimant.is_hub}
    return next(iter(hubs)) if len(hubs) == 1 else None
