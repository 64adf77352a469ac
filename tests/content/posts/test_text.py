"""The fingerprint of a post changes with everything that readers see."""

from typing import Any

import pytest

from content.posts.text import TextError, clean_body, clean_title, hash_content


def test_each_part_counts_and_order_of_pictures_is_their_position() -> None:
    base: dict[str, Any] = {"title": "가", "body": "나", "relationship": "own_product"}
    pictures = [(1, "a", "x"), (2, "b", "y")]
    first = hash_content(**base, images=pictures)
    assert first == hash_content(**base, images=pictures[::-1])
    others = [
        hash_content(**{**base, "title": "나", "body": "가"}, images=pictures),
        hash_content(**base, images=pictures[:1]),
        hash_content(**base, images=[(1, "a", "y"), (2, "b", "x")]),
    ]
    assert len({first, *others}) == 4


def test_half_a_surrogate_pair_does_not_reach_the_database() -> None:
    assert clean_body("앞\ud83d뒤") == "앞뒤"


def test_a_title_turns_no_direction_and_holds_no_placeholder() -> None:
    assert clean_title("\u202e청소기 \u2066שלום\u2069 🧹") == "청소기 שלום 🧹"
    with pytest.raises(TextError, match="자리표시를 쓸 수 없습니다"):
        clean_title("청소기 {{ price:AB-1 }}")
