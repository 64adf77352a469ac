"""What a post is for, told from the cues in its title; the intent chooses the template."""

from typing import Literal

from content.matching.tokens import normalise, split_words, strip_particle

Intent = Literal["buy", "compare", "howto", "review"]

TEMPLATE_BUY = "cro_buy"
TEMPLATE_COMPARE = "cro_compare"

# In order: the first intent with a cue wins, so that "비교 후기" is a comparison.
CUES: dict[Intent, tuple[str, ...]] = {
    "compare": ("비교", "차이", "대결", "compare", "comparison", "versus", "vs"),
    "howto": (
        "방법",
        "사용법",
        "하는법",
        "고르는",
        "가이드",
        "설치법",
        "청소법",
        "관리법",
        "howto",
        "guide",
        "tutorial",
    ),
    "review": ("후기", "리뷰", "사용기", "써보니", "써본", "review", "reviews"),
    "buy": ("추천", "구매", "구입", "할인", "특가", "최저가", "buy", "best", "deal", "deals", "cheap"),
}
WHOLE_WORD_CUES = frozenset({"차이"})
CUE_WORDS = frozenset(cue for cues in CUES.values() for cue in cues)
_FILLERS = (
    "가장 좋은 어떤 무엇 이번 오늘 요즘 그리고 정리 총정리 모음 인기 순위 가격 상품 제품 완벽 알아보기 사야 할까 위한 "
    "a an and are at by for from how in is it of on or our the to what which with your"
)
STOP_WORDS = CUE_WORDS | frozenset(_FILLERS.split())


def read_intent(title: str, *, has_table: bool = False) -> Intent:
    """The intent that a title's cues show; a post that asks for a table compares; else people come to buy."""
    words = [strip_particle(word) for word in split_words(title)]
    joined = normalise(title).replace(" ", "")
    for intent, cues in CUES.items():
        if any(_has_cue(cue, words, joined) for cue in cues):
            return intent
    return "compare" if has_table else "buy"


def choose_template(intent: Intent) -> str:
    """The template of an intent."""
    return TEMPLATE_COMPARE if intent == "compare" else TEMPLATE_BUY


def _has_cue(cue: str, words: list[str], joined: str) -> bool:
    # Korean cues stand glued to other words; Latin ones are whole words ("dealer" is no deal), and so is 차이 (차이나).
    is_whole_word = cue.isascii() or cue in WHOLE_WORD_CUES
    return cue in words if is_whole_word else cue in joined
