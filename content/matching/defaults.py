"""The ruleset that a new ledger starts with, also named `default`."""

from content.matching.intents import TEMPLATE_BUY, TEMPLATE_COMPARE, IntentSpec
from content.matching.rules import RulesetSpec

FIRST_VERSION = 1
DEFAULT_NAME = "default"

# In order: the first intent with a cue wins, so that "비교 후기" is a comparison.
DEFAULT_INTENTS = (
    IntentSpec(
        "compare",
        "비교",
        ("비교", "차이!", "대결", "compare", "comparison", "versus", "vs"),
        TEMPLATE_COMPARE,
        takes_tables=True,
    ),
    IntentSpec(
        "howto",
        "사용법",
        (
            *("방법", "사용법", "하는법", "고르는", "가이드", "설치법", "청소법", "관리법"),
            *("howto", "guide", "tutorial"),
        ),
        TEMPLATE_BUY,
    ),
    IntentSpec("review", "후기", ("후기", "리뷰", "사용기", "써보니", "써본", "review", "reviews"), TEMPLATE_BUY),
    IntentSpec(
        "buy",
        "구매",
        ("추천", "구매", "구입", "할인", "특가", "최저가", "buy", "best", "deal", "deals", "cheap"),
        TEMPLATE_BUY,
    ),
)
DEFAULT_RULESET = RulesetSpec(FIRST_VERSION, DEFAULT_NAME, DEFAULT_INTENTS)
