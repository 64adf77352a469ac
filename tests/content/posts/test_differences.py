"""The comparison of two texts: what a Korean editor reads, whole and in order."""

import random

import pytest

from content.posts.differences import DiffLine, compare_lines, compare_texts

pytestmark = pytest.mark.once


def write(lines: list[DiffLine], side: str) -> dict[int, str]:
    return {getattr(line, side): "".join(piece.text for piece in line.pieces) for line in lines if getattr(line, side)}


def test_a_changed_word_is_marked_within_its_line() -> None:
    old, new = compare_lines("이 청소기는 가볍고 조용합니다.", "이 청소기는 무겁고 조용합니다.")
    assert [piece.text for piece in old if piece.kind == "old"] == ["가볍고"]
    assert [piece.text for piece in new if piece.kind == "new"] == ["무겁고"]


def test_lines_that_share_nothing_are_two_lines() -> None:
    old, new = compare_lines("가나다라 마바사", "전혀 다른 문장이 왔다")
    assert ([piece.kind for piece in old], [piece.kind for piece in new]) == (["old"], ["new"])


def test_equal_parts_are_folded_around_a_change() -> None:
    old = [f"{number}번째 줄" for number in range(1, 31)]
    new = [*old]
    new[14] = "고친 15번째 줄"
    lines = compare_texts("\n".join(old), "\n".join(new))
    assert [line.kind for line in lines] == ["fold", *["same"] * 3, "old", "new", *["same"] * 3, "fold"]
    assert [line.skipped for line in lines if line.kind == "fold"] == [11, 12]
    assert [(line.old, line.new) for line in lines if line.kind in ("old", "new")] == [(15, 0), (0, 15)]


@pytest.mark.parametrize("seed", range(20))
def test_both_texts_can_be_read_back_and_equal_lines_are_equal(seed: int) -> None:
    chance = random.Random(seed)
    words = ["청소기", "가격은", "12,900원", "입니다", "<b>", "{{ price:JB-1 }}", "👍", "", "  "]
    old = [" ".join(chance.choices(words, k=chance.randint(0, 5))) for _line in range(chance.randint(1, 40))]
    new = [line for line in old if chance.random() > 0.2]
    for _time in range(chance.randint(0, 6)):
        new.insert(chance.randint(0, len(new)), " ".join(chance.choices(words, k=3)))
    lines = compare_texts("\n".join(old), "\n".join(new))
    left, right = write(lines, "old"), write(lines, "new")
    assert all(old[number - 1] == text for number, text in left.items())
    assert all((new or [""])[number - 1] == text for number, text in right.items())
    folded = sum(line.skipped for line in lines)
    assert len(left) + folded == len(old)
    assert len(right) + folded == len(new or [""])


def test_a_text_of_the_largest_size_is_compared() -> None:
    old = "\n".join(f"- 항목 {number % 50} 가격 {number % 7}" for number in range(9_000))
    new = old.replace("항목 7 ", "항목 칠 ")
    assert sum(line.kind == "old" for line in compare_texts(old, new)) >= 180
    huge = "가" * 200_000
    assert [line.kind for line in compare_texts(huge, f"{huge}나")] == ["old", "new"]


def test_nothing_changed_is_one_fold() -> None:
    assert [(line.kind, line.skipped) for line in compare_texts("가\n나", "가\n나")] == [("fold", 2)]
