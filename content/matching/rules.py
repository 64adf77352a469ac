"""A ruleset: what editors decide about matching, as data that the engine reads. Nothing here touches the database.

Intents tell from the words of a title what a post is for and which template it gets. Rules weigh products, or choose
another template, where all their conditions hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

from content.matching.intents import FILLERS, IntentSpec
from content.matching.tokens import normalise, split_words, strip_particle

LOW_STOCK_LIMIT = 5
WEIGHT_MOST = 10.0
DAYS_TO_ANY_DATE = 8 * 366
"""Within so many days each date comes, 29 February too: about 2100 it is eight years away."""


@dataclass(frozen=True, slots=True)
class ProductFeatures:
    """What rules read of a product. price: what a buyer pays, in won."""

    category_path: str
    price: int
    stock: int
    store_code: str


@dataclass(frozen=True, slots=True)
class PostFeatures:
    """What rules read of a post. day: in Korea, when it is decided."""

    intent: str
    day: date


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """Conditions (empty: any), a weight that multiplies the score (0: never by words), and a template (empty: the intent's).

    category: the beginning of a category path; price_below: exclusive; season: ("MM-DD", "MM-DD"), both inclusive, over
    the new year where the first is later.
    """

    code: str
    name: str
    intent: str = ""
    category: str = ""
    price_least: int | None = None
    price_below: int | None = None
    stock: str = ""
    season: tuple[str, str] = ("", "")
    store: str = ""
    weight: float = 1.0
    template_id: str = ""

    def holds(self, post: PostFeatures, product: ProductFeatures) -> bool:
        """Whether every condition holds."""
        return (
            (not self.intent or self.intent == post.intent)
            and (not self.category or is_below(product.category_path, self.category))
            and (self.price_least is None or product.price >= self.price_least)
            and (self.price_below is None or product.price < self.price_below)
            and (not self.stock or self.stock == name_stock(product.stock))
            and (not self.store or self.store == product.store_code)
            and is_in_season(post.day, self.season)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a product for a post. codes: the rules that held, in their order."""

    weight: float
    template_id: str
    codes: tuple[str, ...]


NO_RULES = Verdict(1.0, "", ())


@dataclass(frozen=True)
class RulesetSpec:
    """A version of the rules. The first intent with a cue wins; without any, the one that takes tables or the last.

    readings: {a word of a post: the words to look for instead, with blanks between them}.
    """

    version: int
    name: str
    intents: tuple[IntentSpec, ...]
    rules: tuple[RuleSpec, ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def ignored_words(self) -> frozenset[str]:
        """Words that say what a post is for, not what it is about."""
        return FILLERS | {cue.removesuffix("!") for intent in self.intents for cue in intent.words}

    def list_seasonal(self, intent: str, *, weighs: bool = True) -> list[RuleSpec]:
        """The rules with a season that posts of this intent may meet. weighs: whether weights count, or templates alone."""
        seasonal = (rule for rule in self.rules if any(rule.season) and rule.intent in ("", intent))
        return [rule for rule in seasonal if weighs or rule.template_id]

    def find_turn(self, intent: str, day: date, *, weighs: bool = True) -> date | None:
        """The first day after this one on which such a rule starts or ends to hold; None without any."""
        turns = (find_turn(day, rule.season) for rule in self.list_seasonal(intent, weighs=weighs))
        return min((turn for turn in turns if turn), default=None)

    def read_intent(self, title: str, *, has_table: bool = False) -> IntentSpec:
        """The intent that a title shows."""
        words = [strip_particle(word) for word in split_words(title)]
        joined = normalise(title).replace(" ", "")
        shown = (intent for intent in self.intents if intent.is_shown_by(words, joined))
        tables = (intent for intent in self.intents if intent.takes_tables and has_table)
        return next(shown, None) or next(tables, None) or self.intents[-1]

    def judge(self, post: PostFeatures, product: ProductFeatures) -> Verdict:
        """All rules that hold: their weights multiplied, the first template among them."""
        if not self.rules:
            return NO_RULES
        held = [rule for rule in self.rules if rule.holds(post, product)]
        weight = 1.0
        for rule in held:
            weight *= rule.weight
        template_id = next((rule.template_id for rule in held if rule.template_id), "")
        return Verdict(weight, template_id, tuple(rule.code for rule in held))


def is_below(path: str, beginning: str) -> bool:
    """Whether a category path is this one or below it: 식품>음료 holds 식품>음료>차, not 식품>음료수."""
    return path == beginning or path.startswith(f"{beginning}>")


def is_in_season(day: date, season: tuple[str, str]) -> bool:
    """Whether the day is in the season; any day is in none."""
    first, last = season
    today = f"{day:%m-%d}"
    if not first or not last:
        return True
    return first <= today <= last if first <= last else today >= first or today <= last


@lru_cache(maxsize=1_000)
def find_turn(day: date, season: tuple[str, str]) -> date | None:
    """The first later day that is in the season though this day is not, or the other way; None for all the year."""
    is_now = is_in_season(day, season)
    later = (day + timedelta(days=number) for number in range(1, DAYS_TO_ANY_DATE))
    return next((it for it in later if is_in_season(it, season) != is_now), None)


def name_stock(stock: int) -> str:
    """`low` or `enough`."""
    return "low" if stock <= LOW_STOCK_LIMIT else "enough"


def find_faults(ruleset: RulesetSpec, *, templates: Iterable[str]) -> list[tuple[str, str]]:
    """(where, what to do) of everything that a ruleset must not say. templates: the known ids."""
    known = frozenset(templates)
    codes = [intent.code for intent in ruleset.intents]
    faults = [] if codes else [("의도", "의도가 하나는 있어야 합니다.")]
    faults += [(f"의도 {code}", "코드가 겹칩니다.") for code in sorted({c for c in codes if codes.count(c) > 1})]
    faults += [
        (
            f"의도 {intent.code}",
            f"템플릿 '{intent.template_id}'이(가) 없습니다. 다음 가운데 고르세요: {', '.join(sorted(known))}",
        )
        for intent in ruleset.intents
        if intent.template_id not in known
    ]
    names = [rule.code for rule in ruleset.rules]
    faults += [(f"규칙 {name}", "코드가 겹칩니다.") for name in sorted({n for n in names if names.count(n) > 1})]
    for rule in ruleset.rules:
        faults += [(f"규칙 {rule.code}", text) for text in _find_rule_faults(rule, codes, known)]
    return faults


def _find_rule_faults(rule: RuleSpec, intents: Sequence[str], templates: frozenset[str]) -> list[str]:
    first, last = rule.season
    checks: Mapping[str, Any] = {
        f"의도 '{rule.intent}'이(가) 이 판에 없습니다.": rule.intent and rule.intent not in intents,
        f"템플릿 '{rule.template_id}'이(가) 없습니다.": rule.template_id and rule.template_id not in templates,
        f"가중치는 0부터 {WEIGHT_MOST:g}까지입니다.": not 0 <= rule.weight <= WEIGHT_MOST,
        "가격 하한이 상한보다 낮아야 합니다.": None not in (rule.price_least, rule.price_below)
        and (rule.price_least or 0) >= (rule.price_below or 0),
        "계절은 시작과 끝을 함께 MM-DD로 적습니다.": bool(first) != bool(last)
        or not all(is_month_day(text) for text in (first, last) if text),
        "재고는 low 또는 enough입니다.": rule.stock not in ("", "low", "enough"),
        "가중치를 1이 아니게 하거나 템플릿을 고르세요. 지금은 아무것도 바꾸지 않습니다.": rule.weight == 1
        and not rule.template_id,
    }
    return [text for text, is_wrong in checks.items() if is_wrong]


def is_month_day(text: str) -> bool:
    """Whether a text is a day of a year, as MM-DD; 02-29 is one."""
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError:
        return False
    return len(text) == len("MM-DD")
