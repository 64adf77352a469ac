"""Links in any Markdown: every rule holds as a plain checker sees it, and the bytes come back."""

import os
from collections import defaultdict
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.clusters.inserting import take_out
from content.clusters.limits import LinkLimits
from content.clusters.linking import hash_body
from content.clusters.linkplan import Held, LinkPlan, LinkPlanner, Page, write_links
from content.clusters.models import PlannedLink
from content.clusters.textmap import list_links
from content.posts.text import TextError, clean_body
from scripts.link_checker import Leaf, check_leaves

pytestmark = pytest.mark.once

EXAMPLES = int(os.environ.get("LINK_PROPERTY_EXAMPLES", "12"))
ANCHORS = {"무선 청소기": 1, "무선청소기": 1, "필터 관리": 2, "배터리 수명": 3, "lg tv": 4, "머그컵 세트": 5}
PLACES = {1: (1, True), 2: (1, False), 3: (1, False), 4: (2, True), 5: (None, False), 6: (2, False)}
DEAD = 5
SLUGS = {post: f"post-{post}" for post in PLACES}

WORDS = st.sampled_from(
    (
        "무선 청소기",
        "무선청소기를",
        "필터 관리가",
        "필터 관리법",
        "배터리 수명은",
        "LG TV를",
        "ＬＧ ＴＶ",
        "머그컵 세트",
        "새무선 청소기",
        "무선 청소기만들기",
    )
)
ODD = st.sampled_from(
    (
        "**무선 청소기**를",
        "*필터 관리*",
        "`무선 청소기`",
        "[무선 청소기](https://example.com/a)",
        "[배터리 수명](post:post-3)",
        "[필터 관리][ref]",
        "![무선 청소기](image:1)",
        "{{ price:SKU-1 }}",
        "{{ cta:SKU-1 }}",
        "<b>무선 청소기</b>",
        "\\[필터 관리\\]",
        "[필터 관리",
        "무선 청소기]",
        "https://example.com/무선 청소기",
        "😀👩‍👩‍👧",
        "שלום עולם",
        "مرحبا",
        "㎖ ① ﬁ",
        "&amp; &lt;",
        "수수료를 제공받습니다",
        "_무선 청소기_",
        "~~배터리 수명~~",
        "``",
    )
)
SENTENCE = st.lists(st.one_of(WORDS, ODD, st.text(max_size=12)), min_size=1, max_size=6).map(
    lambda parts: " ".join(parts) + "."
)
BLOCK = st.one_of(
    SENTENCE,
    st.lists(SENTENCE, min_size=1, max_size=3).map(" ".join),
    SENTENCE.map(lambda text: f"## {text}"),
    SENTENCE.map(lambda text: f"{text}\n==="),
    st.lists(SENTENCE, min_size=1, max_size=3).map(lambda rows: "\n".join(f"- {row}" for row in rows)),
    SENTENCE.map(lambda text: f"> {text}\n> 무선 청소기"),
    SENTENCE.map(lambda text: f"| 무선 청소기 | 값 |\n|---|---|\n| 필터 관리 | {text.replace(chr(124), ' ')} |"),
    SENTENCE.map(lambda text: f"```\n{text}\n```"),
    st.just("{{ product:SKU-1 }}"),
    st.just("[ref]: https://example.com"),
    st.just("무선 청소기와 필터 관리, 배터리 수명을 봅니다. " * 40),
)
BODY = st.lists(BLOCK, min_size=1, max_size=7).map(lambda blocks: "첫 문장입니다.\n\n" + "\n\n".join(blocks))


def clean(body: str) -> str:
    try:
        return clean_body(normalize("NFC", body.replace("\x00", "")))
    except TextError:
        return "본문입니다."


def plan(bodies: dict[int, str], blocks: set[tuple[int, int]]) -> LinkPlan:
    pages = [Page(post, SLUGS[post], bodies[post], post != DEAD, *PLACES[post]) for post in reversed(bodies)]
    ids = {slug: post for post, slug in SLUGS.items()}
    held = [
        Held(post, ids[slug], words)
        for post, body in bodies.items()
        for slug, words in dict(reversed(list_links(body))).items()
        if slug in ids
    ]
    planner = LinkPlanner(
        pages, held=held, anchors=ANCHORS, limits=LinkLimits(), near=lambda one, other: 0.5, blocks=blocks
    )
    return planner.plan()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bodies=st.tuples(*(BODY.map(clean) for _post in PLACES)),
    blocks=st.sets(st.tuples(st.sampled_from(sorted(PLACES)), st.sampled_from(sorted(PLACES))), max_size=3),
)
def test_every_rule_holds_text_stays_and_undoing_restores_the_bytes(
    bodies: tuple[str, ...], blocks: set[tuple[int, int]]
) -> None:
    before = dict(zip(PLACES, bodies, strict=True))
    drafted = plan(before, blocks)
    own: dict[int, list[PlannedLink]] = defaultdict(list)
    for it in drafted.proposals:
        slug, known = SLUGS[it.target], hash_body(before[it.source])
        link = PlannedLink(target_slug=slug, words=it.words, start=it.start, rule_id=it.rule_id, body_hash=known)
        own[it.source].append(link)
    after = {
        post: write_links(body, [(link.start, link.words, link.target_slug) for link in own[post]])
        for post, body in before.items()
    }

    leaves = [
        Leaf(
            post,
            SLUGS[post],
            before[post],
            after[post],
            post != DEAD,
            *PLACES[post],
            {link.target_slug: link.rule_id for link in own[post]},
        )
        for post in PLACES
    ]
    assert check_leaves(leaves, blocks=blocks) == []
    assert plan(after, blocks).proposals == ()
    assert {(it.source, it.target) for it in drafted.proposals}.isdisjoint(
        (it.source, it.target) for it in drafted.refusals
    )
    for post, links in own.items():
        assert take_out(after[post], links) == (before[post], links, []) if links else True
        edited = f"편집자가 앞에 썼습니다.\n\n{after[post]}\n\n뒤에도 썼습니다."
        undone, _out, stuck = take_out(edited, links) if links else (edited, [], [])
        assert undone == f"편집자가 앞에 썼습니다.\n\n{before[post]}\n\n뒤에도 썼습니다." or stuck
