"""The optional analyser: used by one process at a time, missed by nobody."""

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content.matching import analyser
from content.matching.learning import LOCK, learn_words
from content.matching.models import WordReading
from content.matching.services import match_post
from perfhooks.locks import LockHeld, hold_lock
from tests.content.factories import change_products, make_post, make_shop

pytestmark = pytest.mark.django_db(transaction=True)
READINGS = {"물걸레청소포": ["물걸레", "청소포"], "온가족칫솔": ["온가족", "칫솔"]}


def analyse(words: Sequence[str]) -> dict[str, list[str]]:
    return {word: READINGS[word] for word in words if word in READINGS}


def test_readings_are_kept_used_and_dropped() -> None:
    store = make_shop({"number": 1, "name": "물걸레 일회용 청소포"}, {"number": 2, "name": "온가족칫솔"})
    post = make_post("본문", title="물걸레청소포를 추천")
    first = learn_words(analyse=analyse)
    assert (first.added, first.changed, first.gone) == (2, 0, 0)
    assert match_post(post_id=post.pk).rule_id == "all_words"
    assert learn_words(analyse=analyse) == type(first)(first.words, 0, 0, 0)
    WordReading.objects.filter(word="물걸레청소포").update(reading="물 걸레")
    change_products(store, {"number": 2, "name": "칫솔"})
    again = learn_words(analyse=analyse)
    assert (again.added, again.changed, again.gone) == (0, 1, 1)


def test_only_one_process_learns() -> None:
    with hold_lock(LOCK), pytest.raises(LockHeld):
        learn_words(analyse=analyse)


def test_without_the_package_the_command_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop({"number": 1, "name": "무선청소기거치대"})
    monkeypatch.setitem(sys.modules, analyser.PACKAGE, None)
    analyser._load.cache_clear()
    with pytest.raises(CommandError, match=r"jangbu\[korean\]"):
        call_command("learn_words")
    assert not WordReading.objects.exists()


def test_the_analyser_itself_where_it_is_installed() -> None:
    pytest.importorskip(analyser.PACKAGE, reason="the optional Korean analyser is not installed")
    analyser._load.cache_clear()
    read: Any = analyser.analyse_words(["무선청소기거치대", "청소기"])
    assert read == {"무선청소기거치대": ["무선", "청소기", "거치대"]}
