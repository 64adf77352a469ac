"""What a post is for, told from the cues in its title; the intent chooses the template."""

from collections.abc import Sequence
from dataclasses import dataclass

TEMPLATE_BUY = "cro_buy"
TEMPLATE_COMPARE = "cro_compare"

_FILLERS = (
    "가장 좋은 어떤 무엇 이번 오늘 요즘 그리고 정리 총정리 모음 인기 순위 가격 상품 제품 완벽 알아보기 사야 할까 위한 "
    "a an and are at by for from how in is it of on or our the to what which with your"
)
FILLERS = frozenset(_FILLERS.split())
"""Words that say nothing about a product."""


@dataclass(frozen=True, slots=True)
class IntentSpec:
    """A class of posts. words: its cues; one that ends in ! must stand as a word of its own (차이!, not 차이나).

    takes_tables: whether a post without a cue that asks for a table is of this class.
    """

    code: str
    name: str
    words: tuple[str, ...]
    template_id: str
    takes_tables: bool = False

    def is_shown_by(self, words: Sequence[str], joined: str) -> bool:
        """Whether a title has a cue. Latin cues are whole words ("dealer" is no deal), Korean ones stand glued too."""
        return any(
            cue.removesuffix("!") in words if cue.isascii() or cue.endswith("!") else cue in joined
            for cue in self.words
        )
