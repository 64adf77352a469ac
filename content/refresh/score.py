"""The score of a post: how much a refresh of it is worth now. Whole numbers only, so that every database orders alike.

Five parts, each 0 to ONE (a million), from figures of 28 days beside those of a base window (content.md, section 6):

    loss   max(0, base - now) / base, clicks per exposure day, x min(1, base / 100) by the base's clicks in 28 days;
           0 below 10 of them. An exposure day is one that the source has figures of and on which the post was public.
    conv   the same for the conversion rate, x n / (n + 50) with n the visits of the smaller window
    fresh  1 - 0.5^(days since readers first saw the post, an editor changed it, or it was refreshed / half-life of its kind)
    stale  share of the products shown whose price nobody confirmed for 24 hours or that cannot be bought;
           1 when the disclosure fails
    value  log(1 + won) / log(1 + 10,000,000) of the revenue in 28 days, by its first two digits

The base is the same 28 days of last year (364 days before, so that weekdays agree) when the source and the post are old
enough, else the 28 days before: a page that falls each year at this time is not raised.

    score  sum of weight x part, weights in thousandths: 0 to 1,000,000,000; 0 within the cooldown after a refresh

Order: score, then revenue, both from the highest, then the post's id. Every division rounds down.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType

ONE = 1_000_000
THOUSAND = 1_000
SCORE_MOST = ONE * THOUSAND
WINDOW_DAYS = 28
YEAR_DAYS = 364
CLICKS_FLOOR = 10
CLICKS_FULL = 100
VISITS_HALF = 50
VALUE_FULL_WON = 10_000_000
FIGURE_LIMIT = 1_000_000_000
"""Of one day: 28 of them, times 28 days, times a million, stay within 64 bits."""
DIGITS_MOST = 13
SHIFT_MOST = 20
BUCKETS = 10_000

PARTS = ("loss", "conv", "fresh", "stale", "value")
"""In the order in which the first of equally heavy ones names the reason."""
NO_REASON = "none"
KINDS = ("price", "guide", "evergreen")


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """What editors set. weights: thousandths by part, 1,000 in all; half_lives: days by kind; threshold: thousandths."""

    version: int = 1
    weights: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"loss": 350, "conv": 200, "fresh": 150, "stale": 200, "value": 100})
    )
    half_lives: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"price": 30, "guide": 180, "evergreen": 365})
    )
    cooldown_days: int = 21
    holdout_percent: int = 10
    threshold: int = 200

    @property
    def score_least(self) -> int:
        """The lowest score that is worth a refresh."""
        return self.threshold * ONE


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a post. kind: index in KINDS; *_day: ordinals of Korean days; rates: millionths; revenue: won."""

    post_id: int
    kind: int = 1
    fresh_day: int = 0
    refreshed_day: int | None = None
    clicks_now: int = 0
    days_now: int = 0
    clicks_base: int = 0
    days_base: int = 0
    rate_now: int = 0
    rate_base: int = 0
    visits: int = 0
    placements: int = 0
    stale_placements: int = 0
    is_disclosure_failing: int = 0
    revenue: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A post's score with its parts and the reason."""

    post_id: int
    parts: tuple[int, int, int, int, int]
    score: int
    reason: str
    is_cooling: bool
    revenue: int

    @property
    def order(self) -> tuple[int, int, int]:
        """Its place: the smaller the earlier."""
        return (-self.score, -self.revenue, self.post_id)


def score_post(signals: Signals, spec: ScoreSpec, *, today: int) -> Scored:
    """The reference: one post, in plain words."""
    parts = (
        measure_loss(signals),
        measure_conversion(signals),
        measure_age(signals, spec, today),
        measure_staleness(signals),
        measure_value(signals.revenue),
    )
    total, reason = weigh(parts, spec)
    is_cooling = signals.refreshed_day is not None and today - signals.refreshed_day < spec.cooldown_days
    return Scored(signals.post_id, parts, 0 if is_cooling else total, reason, is_cooling, signals.revenue)


def rank_posts(posts: Iterable[Signals], spec: ScoreSpec, *, today: int, limit: int | None = None) -> list[Scored]:
    """The reference's order of all posts, the first `limit` of it."""
    return sorted((score_post(post, spec, today=today) for post in posts), key=lambda it: it.order)[:limit]


def weigh(parts: tuple[int, ...], spec: ScoreSpec) -> tuple[int, str]:
    """The score of these parts, and which of them weighs most."""
    weighed = [spec.weights[name] * part for name, part in zip(PARTS, parts, strict=True)]
    highest = max(weighed)
    return sum(weighed), PARTS[weighed.index(highest)] if highest else NO_REASON


def measure_loss(post: Signals) -> int:
    """The share of clicks that was lost."""
    if not post.days_now or not post.days_base:
        return 0
    usual = post.clicks_base * WINDOW_DAYS // post.days_base
    if usual < CLICKS_FLOOR:
        return 0
    was, now = post.clicks_base * post.days_now, post.clicks_now * post.days_base
    return max(0, was - now) * ONE // was * min(CLICKS_FULL, usual) // CLICKS_FULL


def measure_conversion(post: Signals) -> int:
    """The share of the conversion rate that was lost."""
    if not post.rate_base:
        return 0
    return max(0, post.rate_base - post.rate_now) * ONE // post.rate_base * post.visits // (post.visits + VISITS_HALF)


def measure_age(post: Signals, spec: ScoreSpec, today: int) -> int:
    """How much of its freshness is gone."""
    half_life = spec.half_lives[KINDS[post.kind]]
    halvings, days = divmod(max(0, today - post.fresh_day), half_life)
    return ONE - (halve(days, half_life) >> min(halvings, SHIFT_MOST))


def measure_staleness(post: Signals) -> int:
    """How much of what it shows is no longer so."""
    if post.is_disclosure_failing:
        return ONE
    return post.stale_placements * ONE // post.placements if post.placements else 0


def measure_value(revenue: int) -> int:
    """What it earns, in millionths of the full value. revenue: won."""
    if revenue <= 0:
        return 0
    text = f"{revenue}0"
    return list_values()[locate_value(len(text) - 1, int(text[:2]))]


def locate_value(digits: int, lead: int) -> int:
    """Where in `list_values` an amount of so many digits stands. lead: its first two, 10 to 99."""
    return min(digits - 1, DIGITS_MOST - 1) * 90 + lead - 10


def halve(days: int, half_life: int) -> int:
    """ONE x 0.5^(days / half_life), rounded, for less than one half-life."""
    return round(ONE * math.pow(0.5, days / half_life))


@lru_cache(maxsize=1)
def list_values() -> tuple[int, ...]:
    """The value by the number of digits and the first two of them."""
    amounts = (lead * 10**digits // 10 for digits in range(DIGITS_MOST) for lead in range(10, 100))
    return tuple(min(ONE, int(ONE * math.log1p(won) / math.log1p(VALUE_FULL_WON))) for won in amounts)


def list_decay(spec: ScoreSpec) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What is left of ONE after each day of a half-life, of all kinds one after the other; and where each kind begins."""
    lives = [spec.half_lives[kind] for kind in KINDS]
    starts = (0, *accumulate(lives))
    return tuple(halve(day, life) for life in lives for day in range(life)), starts[: len(KINDS)]


def draw_bucket(post_id: int, round_name: str) -> int:
    """A number below BUCKETS that is the same whenever it is drawn, and of another round another one."""
    digest = hashlib.blake2b(f"{round_name}:{post_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def is_held_back(bucket: int, spec: ScoreSpec) -> bool:
    """Whether a post with this number is left alone, to be compared with those that are refreshed."""
    return bucket < spec.holdout_percent * BUCKETS // 100


def find_spec_faults(spec: ScoreSpec) -> list[tuple[str, str]]:
    """(field, what to do) of everything that must not be saved."""
    faults = []
    total = sum(spec.weights.values())
    if total != THOUSAND:
        faults.append(("가중치", f"합이 {total / THOUSAND:.3f}입니다. 다섯 가중치의 합이 1이 되게 고치세요."))
    if any(weight < 0 for weight in spec.weights.values()):
        faults.append(("가중치", "0보다 작은 값이 있습니다. 0 이상으로 고치세요."))
    if any(not 1 <= days <= 3_650 for days in spec.half_lives.values()):
        faults.append(("반감기", "1일부터 3,650일까지로 고치세요."))
    if not 0 <= spec.cooldown_days <= 365:
        faults.append(("쉬는 기간", f"{spec.cooldown_days}일은 쓸 수 없습니다. 0일부터 365일까지로 고치세요."))
    if not 0 <= spec.holdout_percent <= 50:
        faults.append(("남겨 두는 비율", f"{spec.holdout_percent}%는 쓸 수 없습니다. 0%부터 50%까지로 고치세요."))
    if not 0 <= spec.threshold <= THOUSAND:
        faults.append(("최저 점수", f"{spec.threshold / 10:g}점은 쓸 수 없습니다. 0점부터 100점까지로 고치세요."))
    return faults
