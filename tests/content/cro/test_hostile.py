"""Hostile and huge posts: safe output, a clear finding on the line, and work that does not grow faster than the post."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from content.comparison.services import build_table
from content.cro import rendering
from content.cro.environment import TEMPLATE_VERSIONS, Target
from content.cro.services import compose_post, inspect_source, read_source
from content.cro.subset import ATTRIBUTES, PAGE_ATTRIBUTES, PAGE_CLASSES, PAGE_TAGS, TAGS
from content.cro.variants import BUILT_IN
from content.matching.services import match_post
from content.posts.models import Post
from content.posts.text import BODY_LENGTH_LIMIT
from tests.content.factories import draw_picture, make_post, make_shop, new_images

pytestmark = pytest.mark.django_db

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>\"'></bdi></table>"
BODY = f"""# 제목 {ATTACK}

{ATTACK} [가](javascript:alert(1)) [나](JaVaScRiPt&colon;alert(1)) [다](data:text/html;base64,PHNjcmlwdD4=)

<div><p><table><tr><b>닫지 않은 것

![{ATTACK}](image:1)

{{{{ product:JB-1 }}}}

{{{{ table }}}}

{{{{ ad:side }}}}

> <style>*{{display:none}}</style> <meta http-equiv=refresh content=0> <base href=//evil.example>
"""


def list_foreign(html: str, target: Target) -> list[str]:
    """Tags, attributes and classes that the target does not know."""
    tags, attributes = (PAGE_TAGS, PAGE_ATTRIBUTES) if target == "page" else (TAGS, ATTRIBUTES)
    body = LexborHTMLParser(f"<body>{html}</body>").body
    assert body is not None
    found: list[str] = []
    for node in body.css("*"):
        tag, own = str(node.tag), attributes.get(str(node.tag), set())
        if tag != "body" and tag not in tags:
            found.append(tag)
        for name, value in node.attributes.items():
            is_class = (
                name == "class" and target == "page" and set((value or "").split()) <= PAGE_CLASSES.get(tag, set())
            )
            if name not in own and not is_class:
                found.append(f"{tag}.{name}={value}")
    return found


@pytest.mark.parametrize("target", ["package", "page"])
def test_nothing_foreign_by_any_template_and_variant(target: Target) -> None:
    facts = {"name": f"청소기 {ATTACK}", "brand": ATTACK, "attributes": {ATTACK: ATTACK}, "benefits": {"gift": ATTACK}}
    make_shop({"number": 1, **facts, "image_url": f"https://a.example/{ATTACK}.jpg"[:200]}, {"number": 2, **facts})
    post = make_post(BODY, title=f"청소기 비교 {ATTACK}", images=new_images(draw_picture()))
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    for template_id in TEMPLATE_VERSIONS:
        for variant in BUILT_IN:
            rendered = compose_post(post_id=post.pk, target=target, variant=variant, template_id=template_id)
            assert list_foreign(rendered.html, target) == [], (template_id, variant.key)
            addresses = re.findall(r'(?:href|src)="([^"]*)"', rendered.html)
            names = {ref.name for ref in rendered.images}
            assert [one for one in addresses if not one.startswith("https://") and one not in names] == []
            assert "alert(1)" not in "".join(addresses)
            assert "{{" not in rendered.html


@pytest.mark.once
def test_the_cleaning_is_a_second_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even markup that a template let through by mistake does not reach the page."""
    raw = '<p onclick="a()" style="x" class="evil">가<script>나</script><svg onload=a()>다</svg><a href="javascript:a()">라</a></p>'
    monkeypatch.setattr(rendering, "render_page", lambda *_args: raw)
    post = make_post("본문")
    for target in ("package", "page"):
        html = compose_post(post_id=post.pk, target=target).html
        assert list_foreign(html, target) == []
        assert re.search(r"<p(?: class=\"\")?>가다<a>라</a></p>", html)


@pytest.mark.once
def test_direction_overrides_cannot_turn_a_price_and_letters_stay() -> None:
    name = "청소기 \u202e\u2066000,1\u2069 שלום مرحبا 🧹👨‍👩‍👧"
    make_shop({"number": 1, "name": name})
    post = make_post("\u202d본문 {{ product:JB-1 }}는 {{ price:JB-1 }}\n\n{{ table }}", title="\u202e청소기")
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    for target in ("package", "page"):
        rendered = compose_post(post_id=post.pk, target=target)
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", rendered.html + rendered.text + rendered.description)
        assert "000,1 שלום مرحبا 🧹👨‍👩‍👧" in rendered.html


@pytest.mark.once
@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("{{ product:{{ price:JB-1 }} }}", "broken_placeholder", "하나씩 나누어"),
        ("{{ {{ price:JB-1 }} }}", "broken_placeholder", "하나씩 나누어"),
        ("{{{ price:JB-1 }}}", "broken_placeholder", "두 개씩"),
        ("{ price:JB-1 }", "broken_placeholder", "두 개씩"),
        ("｛｛ price:JB-1 ｝｝", "broken_placeholder", "반각"),
        ("{ { price:JB-1 } }", "broken_placeholder", "붙여 쓴"),
        ("price:JB-1 }}", "broken_placeholder", "앞에 {{"),
        ("{{ pirce:JB-1 }}", "unknown_placeholder", "{{ price:SKU }}"),
        ("{{ __class__.__mro__ }}", "unknown_placeholder", "쓸 수 있는 것"),
        ("{% include 'x' %} {{ config }}", "unknown_placeholder", "쓸 수 있는 것"),
    ],
)
def test_a_misshapen_placeholder_is_told_on_its_line(line: str, kind: str, words: str) -> None:
    make_shop({"number": 1})
    rendered = compose_post(post_id=make_post(f"첫 줄\n\n{line}\n\n끝").pk)
    [finding] = rendered.findings
    assert (finding.kind, finding.line) == (kind, 3)
    assert words in finding.message
    assert not rendered.is_publishable


@pytest.mark.once
def test_two_megabytes_are_refused_with_the_limit_before_anything_is_written() -> None:
    with pytest.raises(ValidationError) as refusal:
        make_post("무선 청소기 " * 300_000)
    assert "200,000자까지" in refusal.value.message_dict["body"][0]
    assert Post.objects.count() == 0


@pytest.mark.once
@pytest.mark.parametrize("piece", ["<div><p onclick=x>", "[a](", "> ", "{{ price:X }}\n", "a\u00a0", "| a |\n|---|\n"])
def test_the_longest_post_of_any_shape_is_composed(piece: str) -> None:
    body = (piece * (BODY_LENGTH_LIMIT // len(piece) + 1))[:BODY_LENGTH_LIMIT].strip("\n")
    rendered = compose_post(post_id=make_post(body).pk, target="page")
    assert list_foreign(rendered.html, "page") == []
    assert rendered.html.startswith("<!--disclosure")


@pytest.mark.once
def test_pictures_and_skus_are_looked_up_and_not_searched_for() -> None:
    """A body of thousands of faults is read once: no fault makes its own way through all lines."""
    reads = 0

    class Body(str):
        __slots__ = ()

        def split(self, *args: Any) -> list[str]:
            nonlocal reads
            reads += 1
            return super().split(*args)

    body = "\n\n".join(f"![그림](https://a.example/{number}.png) {{{{ price:X-{number} }}}}" for number in range(2_000))
    read = read_source(make_post(body).pk)
    held = replace(read, post=replace(read.post, body=Body(read.post.body)))
    rendered = rendering.Renderer(held).render()
    found = [*rendered.findings, *inspect_source(held, rendered)]
    assert reads <= 3
    assert sorted({finding.line for finding in found}) == list(range(1, 4_000, 2))


def test_five_hundred_products_take_as_many_queries_as_one() -> None:
    make_shop(*({"number": number, "image_url": f"https://a.example/{number}.jpg"} for number in range(1, 501)))
    counts = []
    for number in (1, 500):
        body = "\n\n".join(f"{{{{ product:JB-{place} }}}}" for place in range(1, number + 1))
        post = make_post(f"{body}\n\n{{{{ table }}}}", slug=f"post-{number}")
        match_post(post_id=post.pk)
        build_table(post_id=post.pk)
        for target in ("package", "page"):
            with CaptureQueriesContext(connection) as captured:
                rendered = compose_post(post_id=post.pk, target=target, template_id="cro_best")
            counts.append(len(captured))
        assert len(rendered.images) >= number
        assert rendered.is_publishable
    assert counts == [11, 11, 11, 11]


def test_what_readers_would_see_as_letters_is_told_on_its_line() -> None:
    make_shop({"number": 1})
    body = (
        "첫 줄 <script>alert(1)</script>\n\n5 < 7, <3, <갤럭시>, <https://a.example>, \\<b>\n\n"
        "[가](javascript:alert(1)) [나](post:other)\n\n```html\n\n</div>닫기만 함"
    )
    post = make_post(body)
    told = [found for found in compose_post(post_id=post.pk).findings if found.kind == "raw_markup"]
    assert [(found.line, found.message.split(":")[0]) for found in told] == [
        (1, "'<script>'"),
        (5, "'javascript"),
        (7, "'```'"),
        (9, "'</div>'"),
    ]
    assert not any(found.is_blocking for found in told)
    assert {(row.kind, row.line) for row in post.findings.all()} >= {("raw_markup", line) for line in (1, 5, 7, 9)}


def test_a_huge_post_of_tags_has_few_findings() -> None:
    post = make_post("<b>글</b>\n" * 20_000)
    assert post.findings.count() == 50
