"""Templates and variants: each block stands where it is asked for, once, in both targets, and says only what is known."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from content.comparison.services import build_table
from content.cro.contexts import Table, TableCell
from content.cro.environment import (
    TEMPLATE_LABELS,
    TEMPLATE_VERSIONS,
    Target,
    draw_table,
    get_environment,
    render_table,
)
from content.cro.rendered import RenderedPost
from content.cro.rendering import Renderer, Source
from content.cro.services import PAID_IN_MONEY, compose_post, read_source
from content.cro.variants import BUILT_IN, DEFAULT, CtaPosition, Variant, VariantError
from content.disclosure.claims import DiscountClaim
from content.matching.models import MatchDecision
from content.matching.services import match_post
from content.posts.models import Post
from perfhooks.clock import business_now
from products.catalog.models import Product
from tests.content.factories import draw_picture, get_product, make_post, make_shop, new_images

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LINK = "https://smartstore.naver.com/my-store/products/1000000001"


def make_processed(body: str = "본문", title: str = "온담 무선 청소기 1", **changes: Any) -> Post:
    post = make_post(body, title=title, **changes)
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    return post


def choose(post: Post, number: int) -> Post:
    """Let this product be the match, whatever matching found."""
    MatchDecision.objects.filter(post=post).update(product=get_product(number))
    return post


def compose(post: Post, *, target: Target = "package", template_id: str = "", **variant: Any) -> RenderedPost:
    return compose_post(
        post_id=post.pk, target=target, template_id=template_id, variant=Variant("own", **variant) if variant else None
    )


def draw(source: Source, **changes: Any) -> str:
    return Renderer(replace(source, **changes)).render().html


@pytest.mark.parametrize(("template_id", "target"), [*product(TEMPLATE_VERSIONS, ["package", "page"])])
def test_every_template_by_every_variant_is_whole(template_id: str, target: Target) -> None:
    make_shop({"number": 1, "image_url": "https://shop.example/1.jpg", "benefits": {"delivery_fee": 0}}, {"number": 2})
    post = make_processed(images=new_images(draw_picture()))
    for variant in BUILT_IN:
        rendered = compose_post(post_id=post.pk, target=target, variant=variant.key, template_id=template_id)
        assert (rendered.template_id, rendered.target, rendered.variant) == (template_id, target, variant)
        html = rendered.html
        assert html.startswith("<!--disclosure own_product.1-->")
        assert html.index("직접 판매하는 상품입니다") < html.index("본문")
        assert html.count("보러 가기") + html.count("지금 가격 보기") >= 1
        assert html.count("01_") == 1, "each picture once"
        assert rendered.is_publishable


def test_labels_and_files_go_with_the_versions() -> None:
    assert set(TEMPLATE_LABELS) == set(TEMPLATE_VERSIONS)
    files = {name.removesuffix(".html") for name in get_environment().list_templates()}
    assert files == {*TEMPLATE_VERSIONS, "parts", "parts_page", "tail"}


@pytest.mark.parametrize(
    ("positions", "around"),
    [
        (("top",), ["L", "가"]),
        (("middle",), ["나", "L", "다"]),
        (("end",), ["라", "L"]),
        (("top", "middle", "end"), ["L", "가", "나", "L", "다", "라", "L"]),
        (("after_table",), ["라", "L"]),
    ],
)
def test_the_link_stands_where_the_variant_wants_it(positions: tuple[CtaPosition, ...], around: list[str]) -> None:
    make_shop({"number": 1})
    post = make_processed("가\n\n나\n\n다\n\n라")
    text = compose(post, cta_positions=positions).text
    marks = [
        ("L" if "보러 가기" in line else line) for line in text.split("\n") if "보러 가기" in line or len(line) == 1
    ]
    assert [mark for mark in marks if mark in around] == around
    assert marks.count("L") == around.count("L")


def test_the_link_follows_the_table_of_body_or_template() -> None:
    make_shop({"number": 1}, {"number": 2})
    for body, title in (("앞\n\n{{ table }}\n\n뒤", "무선 청소기 추천"), ("앞\n\n뒤", "무선 청소기 비교")):
        html = compose(make_processed(body, title), cta_positions=("after_table",)).html
        assert html.count("보러 가기") == 1
        assert html.index("</table>") < html.index("보러 가기") < html.index("뒤")


def test_a_link_below_a_heading_would_part_it_from_its_text() -> None:
    make_shop({"number": 1})
    html = compose(make_processed("하나\n\n## 제목\n\n둘"), cta_positions=("middle",)).html
    assert html.index("제목") < html.index("둘") < html.index("보러 가기")


def test_the_editors_own_link_is_the_only_one() -> None:
    make_shop({"number": 1})
    post = make_processed("앞\n\n{{ cta:match }}\n\n뒤")
    html = compose(post, cta_positions=("top", "middle", "end"), cta_text="{name} 사기").html
    assert html.count("온담 무선 청소기 1 사기") == 1
    assert html.index("앞") < html.index("사기") < html.index("뒤")


def test_ledes_say_what_is_known_and_nothing_else() -> None:
    make_shop({"number": 1, "benefits": {"delivery_fee": 0}}, {"number": 2, "name": "한빛 청소기"})
    post = choose(make_processed("본문 {{ product:JB-2 }}"), 1)
    assert "온담 무선 청소기 1: 지금 가격은 99,000원입니다." in compose(post, lede="price").text
    assert "온담 무선 청소기 1: 무료 배송 혜택이 있습니다." in compose(post, lede="benefit").text
    assert "이 글에서 다루는 상품: 온담 무선 청소기 1, 한빛 청소기." in compose(post, lede="summary").text
    bare = make_processed("우주여행 이야기", "우주여행", slug="space")
    MatchDecision.objects.filter(post=bare).delete()
    for lede in ("price", "benefit", "summary"):
        assert "<p></p>" not in compose(bare, lede=lede).html


def test_trust_shows_what_the_catalogue_knows_and_a_check_time_only_on_pages() -> None:
    make_shop({"number": 1, "benefits": {"delivery_fee": 3_000, "free_delivery_from": 50_000}})
    post = make_processed()
    trust = ("seller", "delivery", "returns", "checked")
    page = compose(post, target="page", trust=trust).html
    for words in (
        "판매자: <bdi>",
        "배송비 3,000원(50,000원 이상 무료)",
        "7일 안에",
        "가격 확인 시각: <bdi>2026-11-22 09:00",
    ):
        assert words in page
    assert "가격 확인 시각" not in compose(post, trust=trust).html
    Product.objects.update(benefits={})
    assert "배송" not in compose(post, trust=trust).html.partition("확인하세요</h3>")[2].partition("교환")[0]


def test_a_compact_table_keeps_names_prices_and_benefits() -> None:
    make_shop({"number": 1}, {"number": 2})
    post = make_processed("{{ table }}")
    html = compose(post, table="compact").html
    heads = [node.text() for node in LexborHTMLParser(html).css("th")]
    assert heads == ["상품", "가격", "혜택"]
    assert len(LexborHTMLParser(html).css("td")) == 6


def test_a_page_is_made_for_readers_and_machines() -> None:
    make_shop({"number": 1, "image_url": "https://shop.example/1.jpg"}, {"number": 2})
    post = make_processed(
        "# 제목\n\n첫 문단입니다.\n\n{{ price:JB-1 }}부터\n\n{{ table }}\n\n{{ ad:side }}\n\n3. 셋\n4. 넷"
    )
    page = compose(post, target="page")
    tree = LexborHTMLParser(page.html)
    assert [node.attributes.get("scope") for node in tree.css("thead th")] == ["col"] * 7
    assert {node.attributes.get("scope") for node in tree.css("tbody th")} == {"row"}
    assert [node.text() for node in tree.css("caption")] == ["상품 비교. 표의 가격은 2026-11-22 09:00 기준입니다."]
    assert [node.attributes for node in tree.css("aside")] == [{"data-ad-slot": "side"}]
    assert [node.attributes for node in tree.css("figure img")] == [
        {"src": "01_jb-1.jpg", "alt": "온담 무선 청소기 1", "loading": "lazy"}
    ]
    assert tree.css_first("ol").attributes == {"start": "3"}  # type: ignore[union-attr]
    assert page.description == "첫 문단입니다."
    assert [data["@type"] for data in page.json_ld] == ["ItemList"]
    package = compose(post)
    assert (package.description, package.json_ld) == ("", ())
    assert package.products == page.products


def test_words_alone_on_a_line_are_a_paragraph_and_links_do_not_nest() -> None:
    make_shop({"number": 1, "benefits": {"delivery_fee": 0}})
    alone = "{{ benefit:JB-1 }}\n\n{{ discount:JB-1 }}"
    post = make_processed(f"앞\n\n{alone}\n\n[{{{{ product:JB-1 }}}} & {{{{ price:JB-1 }}}}](https://a.example/)\n\n뒤")
    for target in ("package", "page"):
        html = compose(post, target=target, template_id="cro_best").html
        assert "<p>앞</p>\n<p>무료 배송</p>\n<p><a href" in html
        assert re.search(r'<a href="https://a.example/">[^<]*무선 청소기 1[^<]* &amp; 99,000원</a>', html)
        assert not re.search(r"<p></p>|<a [^>]*></a>", html)


def test_a_best_of_list_counts_what_can_be_bought_and_is_not_in_the_body() -> None:
    make_shop(*({"number": number} for number in range(1, 5)), {"number": 5, "stock": 0, "status": "OUTOFSTOCK"})
    post = make_processed("앞 {{ price:JB-3 }} {{ price:JB-5 }}\n\n{{ product:JB-2 }}\n\n뒤")
    choose(post, 1)
    html = compose(post, template_id="cro_best", target="page").html
    heads = [node.text() for node in LexborHTMLParser(html).css("h3")]
    assert heads == ["온담 무선 청소기 2", "1. 온담 무선 청소기 1", "2. 온담 무선 청소기 3"]


def test_a_review_lists_the_products_own_attributes() -> None:
    make_shop({"number": 1, "brand": "온담", "attributes": {"흡입력": "25,000Pa", "빈 것": ""}})
    text = compose(make_processed(), template_id="cro_review").text
    assert "브랜드: 온담" in text
    assert "흡입력: 25,000Pa" in text
    assert "빈 것" not in text


@pytest.mark.parametrize(
    ("hours", "is_proven", "shown", "hidden"),
    [
        (5, True, ["할인 안내", "이전 판매가 120,000원에서 25% 할인", "까지입니다(한국 시각)"], ["끝난 할인"]),
        (5, False, ["할인 안내", "90,000원", "까지입니다(한국 시각)"], ["120,000원", "25%"]),
        (-5, True, ["끝난 할인", "에 끝났습니다"], ["이전 판매가"]),
        (None, True, ["끝나는 때가 정해져 있지 않습니다"], ["까지입니다"]),
    ],
)
def test_a_deal_claims_no_more_than_is_proven(
    hours: int | None, is_proven: bool, shown: list[str], hidden: list[str]
) -> None:
    make_shop({"number": 1, "price": 120_000, "discounted_price": 90_000})
    now = business_now()
    Product.objects.update(discount_ends_at=now + timedelta(hours=hours) if hours else None)
    post = make_processed()
    source = read_source(post.pk, template_id="cro_deal")
    claim = DiscountClaim(is_proven, 120_000 if is_proven else None, "" if is_proven else "이력이 없습니다.")
    html = draw(source, now=now, claims=dict.fromkeys(Product.objects.values_list("pk", flat=True), claim))
    assert [words for words in shown if words not in html] == []
    assert [words for words in hidden if words in html] == []


@pytest.mark.parametrize(
    ("relationship", "target", "is_marked"),
    [
        ("affiliate_commission", "page", True),
        ("own_product", "page", False),
        ("affiliate_commission", "package", False),
    ],
)
def test_links_that_pay_the_writer_say_so(relationship: str, target: Target, is_marked: bool) -> None:
    make_shop({"number": 1})
    typed = "[다른 곳](https://elsewhere.example/) [제휴](https://link.coupang.com/a/x)"
    post = make_post(f"{{{{ product:JB-1 }}}}\n\n{typed}", relationship=relationship)
    tree = LexborHTMLParser(compose(post, target=target).html)
    links = {link.attributes["href"]: link.attributes.get("rel") for link in tree.css("a")}
    assert links.pop("https://elsewhere.example/") is None
    assert links.pop("https://link.coupang.com/a/x") == ("sponsored" if target == "page" else None)
    assert links
    assert set(links.values()) == {"sponsored" if is_marked else None}
    told = [found for found in compose(post, target=target).findings if "제휴 링크" in found.message]
    assert [(found.line, found.is_blocking) for found in told] == ([] if relationship in PAID_IN_MONEY else [(3, True)])


def test_a_deal_that_nobody_checked_claims_nothing() -> None:
    make_shop({"number": 1, "price": 120_000, "discounted_price": 90_000})
    html = compose(make_processed(), template_id="cro_deal").html
    assert "이전 판매가" not in html


def test_unknown_variants_and_templates_are_refused_with_the_fix() -> None:
    post = make_post("본문")
    with pytest.raises(VariantError, match="변형 목록에서 고르세요"):
        compose_post(post_id=post.pk, variant="nothing")
    with pytest.raises(VariantError, match="cro_buy, cro_compare"):
        compose_post(post_id=post.pk, template_id="cro_buy.html")


def test_equal_tables_are_rendered_once_and_others_apart() -> None:
    def make(price: str, as_of: str = "", address: str = LINK) -> Table:
        return Table(("상품", "가격"), ((TableCell("<청소기>", address), TableCell(price)),), as_of)

    assert make("1원") == make("1원")
    assert render_table(make("1원")) is render_table(make("1원"))
    others = [make("2원"), make("1원", "2026-11-22"), make("1원", address=LINK + "0")]
    assert len({make("1원"), *others}) == 4
    assert "1원" not in render_table(others[0])
    assert render_table(make("1원"), "page") == draw_table(make("1원"), "page") != render_table(make("1원"))
    huge = Table(("상품",), ((TableCell("하나"),),) * 101)
    assert render_table(huge) is not render_table(huge)
    assert make("1원") != "1원"


def test_the_default_adds_nothing() -> None:
    make_shop({"number": 1})
    post = make_processed()
    assert compose_post(post_id=post.pk, variant=DEFAULT) == compose_post(post_id=post.pk)
