"""Two megabytes of a post end in seconds and tell every price on its line."""

import pytest

from content.disclosure.literals import find_literals

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "paragraph",
    [
        "지난주에 산 청소기는 무게가 1.2kg이고 29,900원이었어요.\n",
        "２９，９００원　\n",
        '<b>29</b><i>,900</i>원 <a href="x">\n',
        "😀👨‍👩‍👧29,900원\u202e\n",
        "{{ {{ prce:JB-1 }} 29,900원 }}\n",
    ],
    ids=["plain", "full-width", "tags", "emoji and right-to-left", "nested placeholders"],
)
def test_two_megabytes_lose_no_price(paragraph: str) -> None:
    times = 2_000_000 // len(paragraph.encode())
    text = paragraph * times
    found = find_literals(text)
    assert len(found) == times
    assert {one.value for one in found} == {29_900}
    first, last = found[0], found[-1]
    assert last.start == first.start + len(paragraph) * (times - 1)
