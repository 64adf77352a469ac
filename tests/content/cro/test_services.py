"""Composing: the right words at the right place, nothing foreign in the page, and faults told instead of hidden."""

import re
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from content.comparison.services import build_table
from content.cro.environment import TEMPLATE_VERSIONS
from content.cro.plaintext import write_text
from content.cro.rendered import RenderedPost
from content.cro.services import compose_post
from content.cro.subset import ATTRIBUTES, TAGS
from content.matching.services import match_post
from content.posts.models import Post
from perfhooks.recorder import Recorder
from products.catalog.models import CatalogueScan
from tests.content.factories import (
    CHECKED_AT,
    change_products,
    draw_picture,
    get_product,
    make_post,
    make_shop,
    new_images,
)

pytestmark = pytest.mark.django_db

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>"


def compose(post: Post) -> RenderedPost:
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    return compose_post(post_id=post.pk)


def list_foreign(html: str) -> list[str]:
    """Tags and attributes of the page that the subset does not know."""
    body = LexborHTMLParser(f"<body>{html}</body>").css_first("body")
    assert body is not None
    foreign: list[str] = []
    for node in body.css("*"):
        tag = str(node.tag)
        if tag != "body" and tag not in TAGS:
            foreign.append(tag)
        foreign += [f"{tag}.{name}" for name in node.attributes if name not in ATTRIBUTES.get(tag, set())]
    return foreign


def kinds(rendered: RenderedPost) -> list[str]:
    return [finding.kind for finding in rendered.findings]


def test_every_placeholder_shows_what_the_catalogue_knows() -> None:
    make_shop({"number": 1, "image_url": "https://shop.example/1.jpg"}, {"number": 2, "name": "한빛 청소기"})
    body = "{{ product:JB-1 }}\n\n{{ product:JB-2 }}는 {{ price:JB-2 }}입니다.\n\n{{ table }}\n\n{{ ad:side }}\n\n{{ cta:JB-2 }}"
    rendered = compose(make_post(body, title="한빛 청소기"))
    assert rendered.findings == ()
    html = rendered.html
    link = "https://smartstore.naver.com/my-store/products/1000000002"
    assert f'<p><a href="{link}">한빛 청소기</a>는 99,000원입니다.</p>' in html
    assert f'<p><strong><a href="{link}">한빛 청소기 보러 가기</a></strong></p>' in html
    assert '<img src="01_jb-1.jpg" alt="온담 무선 청소기 1">' in html
    assert html.count("<table>") == 1
    assert "{{" not in html
    assert "side" not in html
    assert rendered.products == {get_product(1).pk: 1, get_product(2).pk: 1}
    assert (rendered.catalogue_revision, rendered.table_version, rendered.as_of) == (1, 1, CHECKED_AT)


def test_the_disclosure_stands_first_in_page_and_text() -> None:
    make_shop({"number": 1, "image_url": "https://shop.example/1.jpg"})
    rendered = compose(make_post("{{ product:match }}", relationship="family_or_staff"))
    assert rendered.html.startswith("<!--disclosure family_or_staff.1--><p><strong>[광고]")
    assert rendered.text.startswith("[광고] 글쓴이는")
    assert "가격은 2026-11-22 09:00 기준이며 이후 바뀔 수 있습니다." in rendered.text


def test_a_post_without_products_has_no_price_line() -> None:
    rendered = compose(make_post("우주여행 이야기", title="우주여행"))
    assert (rendered.as_of, rendered.catalogue_revision, rendered.products) == (None, 0, {})
    assert "기준이며" not in rendered.html


def test_the_template_adds_what_the_body_does_not_place() -> None:
    make_shop({"number": 1})
    bare = compose(make_post("본문", title="무선 청소기 추천", slug="bare")).html
    placed = compose(make_post("본문\n\n{{ product:match }}\n\n{{ cta:JB-1 }}", slug="placed")).html
    for html in (bare, placed):
        assert html.count("<h3>") == 1
        assert html.count("보러 가기") == 1
    assert bare.index("<h3>") < bare.index("본문") < bare.index("보러 가기")
    assert placed.index("본문") < placed.index("<h3>")


def test_a_comparison_brings_its_table() -> None:
    make_shop({"number": 1}, {"number": 2})
    rendered = compose(make_post("본문", title="무선 청소기 비교"))
    assert (rendered.template_id, rendered.template_version) == ("cro_compare", TEMPLATE_VERSIONS["cro_compare"])
    assert rendered.html.index("<table>") < rendered.html.index("본문")
    assert len(rendered.products) == 2


def test_nothing_foreign_gets_into_the_page() -> None:
    make_shop({"number": 1, "name": f"청소기 {ATTACK}", "brand": ATTACK, "benefits": {"gift": ATTACK}})
    body = (
        f"# 큰 제목\n\n{ATTACK}\n\n[나쁜](javascript:alert(3)) [좋은](https://a.example/?a=1&b=2)\n\n"
        "```\n코드\n```\n\n{{ product:JB-1 }}\n\n{{ table }}\n\n<!--disclosure own_product.1--><!--/disclosure-->\n\n"
        "<iframe src=//evil.example></iframe>"
    )
    rendered = compose(make_post(body, title=f"청소기 {ATTACK}"))
    assert list_foreign(rendered.html) == []
    addresses = re.findall(r'(?:href|src)="([^"]*)"', rendered.html)
    assert [address for address in addresses if not address.startswith("https://")] == []
    assert "청소기 &lt;script&gt;alert(1)&lt;/script&gt;" in rendered.html
    assert "직접 판매하는 상품입니다" in rendered.html.split("\n")[0]
    assert rendered.html.count("<h2>") == 1


def test_an_unknown_sku_is_told_with_line_and_fix_and_does_not_crash() -> None:
    make_shop({"number": 1})
    rendered = compose(make_post("첫 줄\n{{ price:JB-1 }}\n{{ price:JB-404 }}"))
    [finding] = rendered.findings
    assert (finding.kind, finding.line, finding.sku) == ("unknown_sku", 3, "JB-404")
    assert "동기화하세요" in finding.message
    assert not rendered.is_publishable


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{{ product:match }}", "no_match"),
        ("{{ table }}", "no_table"),
        ("{{ prise:JB-1 }}", "unknown_placeholder"),
        ("![그림](image:7)", "unknown_image"),
        ("![그림](https://evil.example/a.png)", "external_image"),
        ("![그림](image:../../etc)", "unknown_image"),
    ],
)
def test_what_a_post_asks_for_in_vain_is_a_finding(body: str, kind: str) -> None:
    rendered = compose(make_post(f"우주여행\n\n{body}", title="우주여행"))
    assert kinds(rendered) == [kind]
    assert rendered.findings[0].line == 3
    assert not rendered.is_publishable
    assert "<img" not in rendered.html


def test_a_product_off_sale_is_shown_as_such_and_told_but_does_not_block() -> None:
    make_shop({"number": 1, "stock": 0, "status": "OUTOFSTOCK"}, {"number": 2})
    rendered = compose(make_post("{{ product:JB-1 }}\n\n{{ cta:JB-1 }}"))
    assert kinds(rendered) == ["not_sellable"]
    assert rendered.is_publishable
    assert "지금은 판매하지 않습니다" in rendered.html


def test_a_price_that_nobody_confirmed_is_told() -> None:
    make_shop({"number": 1})
    CatalogueScan.objects.all().delete()
    rendered = compose(make_post("{{ price:JB-1 }}"))
    assert (kinds(rendered), rendered.as_of) == (["price_unchecked"], None)


def test_pictures_are_numbered_in_reading_order_and_leftovers_follow_the_text() -> None:
    make_shop({"number": 1, "image_url": "https://shop.example/1.jpg"})
    post = make_post(
        "![둘째](image:2)\n\n{{ product:JB-1 }}\n\n{{ product:JB-1 }}",
        images=new_images(draw_picture("red"), draw_picture("blue"), draw_picture("green")),
    )
    rendered = compose(post)
    assert [(ref.name, ref.kind, ref.alt) for ref in rendered.images] == [
        ("01_cleaner-guide.jpg", "post", "둘째"),
        ("02_jb-1.jpg", "product", "온담 무선 청소기 1"),
        ("03_cleaner-guide.jpg", "post", "사진 1"),
        ("04_cleaner-guide.jpg", "post", "사진 3"),
    ]
    shown = re.findall(r'src="([^"]+)"', rendered.html)
    assert list(dict.fromkeys(shown)) == [ref.name for ref in rendered.images]


def test_a_korean_sku_still_gives_an_ascii_name() -> None:
    make_shop({"number": 1, "sku": "무선 1호", "seller_code": "무선 1호", "image_url": "https://shop.example/1.jpg"})
    [ref] = compose(make_post("{{ product:무선 1호 }}")).images
    assert re.fullmatch(r"01_[a-z0-9-]+\.jpg", ref.name)


def test_a_table_older_than_the_catalogue_counts_as_an_older_revision() -> None:
    store = make_shop({"number": 1})
    post = make_post("{{ table }}\n\n{{ price:JB-1 }}")
    compose(post)
    change_products(store, {"number": 1, "discounted_price": 50_000})
    assert compose_post(post_id=post.pk).products == {get_product(1).pk: 1}
    assert compose(post).products == {get_product(1).pk: 2}


def test_composing_writes_nothing_and_takes_the_same_few_queries(django_assert_max_num_queries: Any) -> None:
    make_shop(*({"number": number} for number in range(1, 7)))
    body = "{{ table }}\n\n" + "\n\n".join(f"{{{{ product:JB-{number} }}}}" for number in range(1, 7))
    post = make_post(body, title="무선 청소기 비교")
    compose(post)
    with django_assert_max_num_queries(11) as captured, Recorder() as recorder:
        compose_post(post_id=post.pk)
    assert all(query["sql"].startswith("SELECT") for query in captured)
    assert len(recorder.samples("template_render_seconds", template="cro_compare")) == 1


def test_reading_and_rendering_a_post_is_one_sample_with_its_queries() -> None:
    post = make_post("본문")
    with Recorder() as recorder:
        page = compose_post(post_id=post.pk)
    [stage] = [stage for stage in recorder.summary() if stage.name == "post_render_seconds"]
    assert (stage.count, page.slug) == (1, post.slug)
    assert stage.total >= recorder.samples("template_render_seconds")[0]


def test_the_text_says_the_same_in_the_same_order() -> None:
    html = (
        '<h2>제목</h2>\n<p>앞 <strong>굵게</strong><br>뒤 <a href="https://a.example">곳</a></p>\n'
        "<ul>\n<li>하나</li>\n<li><p>둘</p><ul><li>안</li></ul></li>\n</ul>\n<ol><li>첫째</li></ol>\n"
        '<blockquote><p>인용</p></blockquote><hr><p><img src="01_a.jpg" alt="사진"></p>\n'
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    )
    assert write_text(html) == (
        "제목\n\n앞 굵게\n뒤 곳 (https://a.example)\n\n- 하나\n- 둘\n  - 안\n\n1. 첫째\n\n> 인용\n\n---\n\n"
        "[이미지 01_a.jpg: 사진]\n\na | b\n1 | 2\n"
    )
    assert write_text("") == "\n"
