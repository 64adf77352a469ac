"""Why links are refused: every limit says its own name, and what readers cannot reach is served first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from content.clusters.limits import LinkLimits
from content.clusters.linkplan import Held, LinkPlan, LinkPlanner, Page, Pin
from content.clusters.reasons import CONFLICTS, REFUSALS

pytestmark = pytest.mark.once
LIMITS = LinkLimits(first_sentences=0)
HUB, SPOKE, THIRD, FAR, OTHER = 1, 2, 3, 4, 5
ANCHORS = {"무선 청소기": HUB, "필터 관리": SPOKE, "배터리 수명": THIRD, "머그컵 세트": FAR, "원목 책상": OTHER}
LONG = " ".join(["집에서 쓰는 물건 이야기를 천천히 풀어 봅니다."] * 60)
HUB_WORDS = "먼저 필터 관리를 봅니다.\n\n그리고 배터리 수명도 봅니다."


def make_page(key: int, body: str = LONG, **values: Any) -> Page:
    clusters = {HUB: 1, SPOKE: 1, THIRD: 1}
    own: dict[str, Any] = {"cluster": clusters.get(key), "is_hub": key == HUB}
    return Page(key, f"post-{key}", body, **{**own, **values})


def plan(*pages: Page, limits: LinkLimits = LIMITS, near: float = 0.5, **values: Any) -> LinkPlan:
    known = {page.id: page for page in pages}
    every = [known.get(key, make_page(key)) for key in (HUB, SPOKE, THIRD, FAR, OTHER)]
    own: dict[str, Any] = {"held": (), "anchors": ANCHORS}
    return LinkPlanner(every, limits=limits, near=lambda _one, _other: near, **{**own, **values}).plan()


def list_reasons(drafted: LinkPlan) -> dict[tuple[int, int], str]:
    return {(it.source, it.target): it.reason for it in drafted.refusals}


def list_pairs(drafted: LinkPlan) -> list[tuple[int, int]]:
    return [(it.source, it.target) for it in drafted.proposals]


def say(words: str, behind: str = LONG) -> str:
    """A text that names them, and goes on."""
    return f"여기서 {words} 이야기를 봅니다.\n\n{behind}"


CASES: dict[str, tuple[tuple[Page, ...], tuple[int, int], dict[str, Any]]] = {
    "no_anchor": ((), (HUB, SPOKE), {}),
    "not_whole_word": ((make_page(HUB, say("새필터 관리법")),), (HUB, SPOKE), {}),
    "page_cap": (
        (make_page(HUB, "먼저 필터 관리를 봅니다.\n\n그리고 배터리 수명도 봅니다."),),
        (HUB, THIRD),
        {},
    ),
    "paragraph": ((make_page(HUB, f"필터 관리와 배터리 수명을 봅니다.\n\n{LONG}"),), (HUB, THIRD), {}),
    "place": ((make_page(HUB, f"## 필터 관리\n\n{LONG}"),), (HUB, SPOKE), {}),
    "first_sentences": ((make_page(HUB, say("필터 관리")),), (HUB, SPOKE), {"limits": LinkLimits()}),
    "anchor_shared": (
        (make_page(HUB, say("원목 책상")), make_page(OTHER, cluster=1)),
        (HUB, OTHER),
        {"held": [Held(FAR, THIRD, "원목 책상")]},
    ),
    "anchor_share": (
        tuple(make_page(key, say("무선 청소기"), cluster=1) for key in (SPOKE, THIRD, FAR)),
        (FAR, HUB),
        {},
    ),
    "cross_cap": (
        (make_page(HUB, f"여기서 머그컵 세트를 봅니다.\n\n저기서 원목 책상을 봅니다.\n\n{LONG}"),),
        (HUB, OTHER),
        {},
    ),
    "near_cap": (
        (make_page(SPOKE, say("배터리 수명")),),
        (SPOKE, THIRD),
        {"limits": replace(LIMITS, near_most=0), "held": [Held(OTHER, THIRD, "수명")]},
    ),
    "depth": ((make_page(SPOKE, say("배터리 수명")),), (SPOKE, THIRD), {"held": [Held(OTHER, THIRD, "수명")]}),
    "blocked": ((make_page(HUB, say("필터 관리")),), (HUB, SPOKE), {"blocks": [(HUB, SPOKE)]}),
    "not_live": ((make_page(FAR, is_live=False),), (HUB, FAR), {"pins": [Pin(HUB, FAR)]}),
    "self": ((), (HUB, HUB), {"pins": [Pin(HUB, HUB)]}),
    "text_changed": ((make_page(HUB, f"여기서 **필터 관리**를 봅니다.\n\n{LONG}"),), (HUB, SPOKE), {}),
}


@pytest.mark.parametrize("reason", CASES)
def test_a_refused_link_says_which_limit_it_met(reason: str) -> None:
    pages, pair, values = CASES[reason]
    drafted = plan(*pages, **values)
    assert list_reasons(drafted).get(pair) == reason
    assert pair not in list_pairs(drafted)


def test_what_is_there_already_and_a_post_s_own_words_are_only_counted() -> None:
    pages = (make_page(HUB, say("무선 청소기와 필터 관리")),)
    drafted = plan(*pages, held=[Held(HUB, SPOKE, "필터 관리")])
    assert drafted.counts == {"self": 1, "pair": 1}
    assert list_pairs(drafted) == []


def test_every_reason_has_a_case() -> None:
    assert set(CASES) | {"pair"} | CONFLICTS == set(REFUSALS)


@pytest.mark.parametrize("is_live", [True, False])
def test_a_link_that_readers_do_not_see_leaves_a_post_an_orphan(is_live: bool) -> None:
    """The far post's only link stands in a draft: one more is found for it before the hub's deficits take the room."""
    pages: Sequence[Page] = (
        make_page(HUB, "먼저 머그컵 세트를 봅니다.\n\n그리고 필터 관리도 봅니다."),
        make_page(THIRD, say("필터 관리"), is_live=is_live),
        make_page(OTHER, is_live=is_live),
    )
    drafted = plan(*pages, held=[Held(OTHER, FAR, "머그컵 세트"), Held(FAR, SPOKE, "필터 관리")])
    assert list_pairs(drafted)[0] == ((HUB, SPOKE) if is_live else (HUB, FAR))
