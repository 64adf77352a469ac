"""Rules with a season: they begin and end by themselves, and days between leave no trace."""

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module

import pytest
from django.apps import apps

from content.matching.models import MatchDecision, MatchHistory
from content.matching.rules import RuleSpec, find_turn
from content.matching.rulesets import save_ruleset
from content.matching.selectors import get_active_ruleset
from content.posts.models import Post
from content.refresh.models import RefreshEntry
from content.refresh.services import enqueue_unpackaged
from content.times import KOREA
from tests.content.factories import drain, make_post, make_shop, process

WINTER = RuleSpec("winter", "겨울 특가", intent="buy", season=("12-01", "02-28"), template_id="cro_deal")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """The time of record, moved by the test."""
    return Clock(monkeypatch)


class Clock:
    """Moves the day of record in Korea."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def set(self, day: str) -> None:
        """It is the first second of this day in Korea."""
        moment = datetime.fromisoformat(day).replace(tzinfo=KOREA).astimezone(UTC)
        self._monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))


def save(*rules: RuleSpec) -> None:
    ruleset = get_active_ruleset()
    save_ruleset(draft=replace(ruleset, rules=rules), based_on=ruleset.version, actor="kim")


def make_two() -> tuple[Post, Post]:
    """A post of the rule's intent, and one of another; both processed."""
    make_shop({"number": 1})
    posts = make_post("본문", title="무선 청소기 추천"), make_post("본문", title="무선 청소기 비교", slug="compare")
    for post in posts:
        process(post)
    drain()
    return posts


def get_decision(post: Post) -> MatchDecision:
    return MatchDecision.objects.get(post=post)


@pytest.mark.django_db
def test_a_season_starts_and_ends_by_itself(clock: Clock) -> None:
    clock.set("2026-11-01")
    save(WINTER)
    buy, _compare = make_two()
    assert (get_decision(buy).template_id, get_decision(buy).changes_on) == ("cro_buy", date(2026, 12, 1))
    for day, template, turns in (
        ("2026-12-01", "cro_deal", date(2027, 3, 1)),
        ("2027-03-01", "cro_buy", date(2027, 12, 1)),
    ):
        assert enqueue_unpackaged() == 0
        clock.set(day)
        assert enqueue_unpackaged() == 1, "the other post has another intent"
        entry = RefreshEntry.objects.latest("id")
        assert (entry.post, entry.reason) == (buy, "season_turned")
        process(buy)
        drain()
        assert (get_decision(buy).template_id, get_decision(buy).changes_on) == (template, turns)


@pytest.mark.django_db
def test_days_of_the_same_season_add_no_history(clock: Clock) -> None:
    clock.set("2026-11-01")
    save(WINTER)
    buy, compare = make_two()
    for day in ("2026-11-02", "2026-11-30", "2026-12-01", "2026-12-02", "2027-01-05"):
        clock.set(day)
        for post in (buy, compare):
            process(post)
    assert get_decision(buy).features["season"] == ["겨울 특가"]
    assert "season" not in get_decision(compare).features
    assert MatchHistory.objects.filter(post=buy).count() == 2
    assert MatchHistory.objects.filter(post=compare).count() == 1


@pytest.mark.django_db
def test_a_season_saved_later_reaches_posts_that_were_decided_before(clock: Clock) -> None:
    clock.set("2026-11-01")
    buy, compare = make_two()
    save(WINTER)
    assert enqueue_unpackaged() == 0
    clock.set("2026-12-01")
    assert enqueue_unpackaged() == 1
    assert RefreshEntry.objects.latest("id").post == buy
    process(buy)
    drain()
    save()
    process(buy)
    drain()
    clock.set("2027-03-01")
    assert enqueue_unpackaged() == 0, "no rule has a season any more"
    assert get_decision(compare).changes_on is None


@pytest.mark.django_db
def test_weights_do_not_concern_a_post_that_names_its_product(clock: Clock) -> None:
    clock.set("2026-11-01")
    save(replace(WINTER, template_id="", weight=2.0))
    buy, _compare = make_two()
    make_post("{{ price:JB-1 }}", title=buy.title)
    process(buy)
    drain()
    assert get_decision(buy).changes_on is None
    clock.set("2026-12-01")
    assert enqueue_unpackaged() == 0


@pytest.mark.django_db
def test_decisions_of_before_that_kept_a_date_are_tried_once_more() -> None:
    buy, compare = make_two()
    MatchDecision.objects.filter(post=buy).update(features={"season": "11-30"})
    import_module("content.matching.migrations.0005_look_at_seasons_again").look_again(apps, None)
    assert get_decision(compare).changes_on is None
    assert enqueue_unpackaged() == 1
    process(buy)
    drain()
    assert enqueue_unpackaged() == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("day", "season", "turn"),
    [
        ("2026-11-30", ("12-01", "02-28"), "2026-12-01"),
        ("2026-12-01", ("12-01", "02-28"), "2027-03-01"),
        ("2028-02-28", ("12-01", "02-28"), "2028-02-29"),
        ("2027-02-28", ("12-01", "02-29"), "2027-03-01"),
        ("2097-01-01", ("02-29", "02-29"), "2104-02-29"),
        ("2026-05-05", ("01-01", "12-31"), None),
        ("2026-05-05", ("", ""), None),
    ],
)
def test_the_day_on_which_a_season_turns(day: str, season: tuple[str, str], turn: str | None) -> None:
    assert find_turn(date.fromisoformat(day), season) == (date.fromisoformat(turn) if turn else None)
