"""Typed-in prices of posts: found on saving, listed with line and span, mended by one click, never by mistake."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.disclosure.fixing import LiteralConflict, replace_literal
from content.disclosure.models import PriceLiteral
from content.disclosure.scanning import LITERALS_KEPT, scan_post, scan_posts
from content.disclosure.selectors import select_live_with_literals
from content.posts.models import Post
from content.posts.statuses import Cause, set_status
from content.refresh.models import RefreshEntry
from perfhooks.recorder import Recorder
from tests.content.factories import drain, make_post, make_shop

pytestmark = pytest.mark.django_db
BODY = "첫 줄\n\n{{ product:JB-1 }}는 **29,900**원, 무료배송!\n지금 최저가예요."


def rows(post: Post) -> list[tuple[Any, ...]]:
    held = PriceLiteral.objects.filter(post=post).order_by("line", "start")
    return [(row.line, row.kind, post.body[row.start : row.end] if row.part == "body" else row.text) for row in held]


def click(client: Client, post: Post, literal: PriceLiteral, seen: str) -> Any:
    where = reverse("admin:posts_post_literal", args=[post.pk])
    return client.post(where, {"literal": literal.pk, "seen": seen}, follow=True)


def test_saving_finds_them_with_line_and_place() -> None:
    post = make_post(BODY, title="29,900원 청소기")
    assert rows(post) == [
        (0, "price", "29,900원"),
        (3, "price", "29,900**원"),
        (3, "benefit", "무료배송"),
        (4, "claim", "최저가"),
    ]
    price = PriceLiteral.objects.get(text="29,900**원")
    assert (price.value, price.rule_id, price.placeholder) == (29_900, "price.won", "{{ price:JB-1 }}")
    assert PriceLiteral.objects.get(kind="benefit").placeholder == "{{ benefit:JB-1 }}"


def test_what_is_mended_goes_and_what_stands_keeps_its_row() -> None:
    make_post("10,000원\n\n20,000원")
    first = PriceLiteral.objects.get(value=10_000)
    make_post("10,000원\n\n20,000원", title="다른 제목")
    assert PriceLiteral.objects.get(value=10_000).found_at == first.found_at
    make_post("10,000원")
    assert list(PriceLiteral.objects.values_list("value", flat=True)) == [10_000]
    make_post("없음")
    assert not PriceLiteral.objects.exists()


def test_live_posts_are_counted_once_when_they_begin_to_hold_literals() -> None:
    with Recorder() as recorder:
        make_post("10,000원")
        make_post("10,000원 그리고 20,000원")
        make_post("30,000원", slug="draft", status="draft")
    assert recorder.totals()["price_fixed_literal_detected_total"] == 1
    assert list(select_live_with_literals().values_list("slug", flat=True)) == ["cleaner-guide"]


def test_a_post_is_counted_when_it_leaves_the_drafts_and_while_it_is_scheduled() -> None:
    post = make_post("10,000원", status="draft")
    with Recorder() as recorder:
        set_status(post, "ready", cause=Cause())
        set_status(post, "scheduled", cause=Cause(), publish_at=timezone.now() + timedelta(days=1))
        make_post("20,000원", slug="plain")
        set_status(Post.objects.get(slug="plain"), "scheduled", cause=Cause(), publish_at=timezone.now())
    assert recorder.totals()["price_fixed_literal_detected_total"] == 2
    assert select_live_with_literals().count() == 2


def test_a_draft_is_looked_at_again_when_it_becomes_ready() -> None:
    post = make_post("10,000원", status="draft")
    PriceLiteral.objects.all().delete()
    make_post("10,000원", status="ready")
    assert rows(post) == [(1, "price", "10,000원")]


def test_all_posts_are_scanned_and_a_second_scan_writes_nothing() -> None:
    for slug in ("a", "b"):
        make_post("10,000원", slug=slug)
    make_post("없음", slug="c")
    PriceLiteral.objects.all().delete()
    scan = scan_posts()
    assert (scan.posts, scan.holding, scan.literals, scan.changed) == (3, 2, 2, 2)
    assert scan_posts().changed == 0
    assert scan_post(post_id=999).posts == 0


def test_a_post_of_nothing_but_prices_is_kept_within_bounds() -> None:
    make_post("1,000원 " * 2_000)
    assert PriceLiteral.objects.count() == LITERALS_KEPT


@pytest.mark.parametrize(
    "line",
    [
        "{{ {{ price:JB-1 }} }} 29,900원",
        "{{ prce:JB-1 }} 29,900원",
        "{{ price:JB-1 29,900원",
        "<div><p>29,900원</b></div><script",
        "\u202e\u200f29,900원\u202c 🎉👨‍👩‍👧",
        "<b <b <b 29,900원",
        "&#9999999999; &nbsp 29,900원 &bad;",
    ],
)
def test_hostile_lines_get_their_finding_on_the_right_line(line: str) -> None:
    post = make_post(f"🎉 앞\n\n{line}\n\n{{{{ product:JB-1 }}}}\n\n끝 5,000원")
    assert [(at, text) for at, _kind, text in rows(post)] == [(3, "29,900원"), (7, "5,000원")]


def test_one_click_replaces_it_and_keeps_the_markup(admin_client: Client) -> None:
    make_shop({"number": 1})
    post = make_post(BODY)
    drain()
    html = admin_client.get(reverse("admin:posts_post_change", args=[post.pk])).content.decode()
    assert "고정 가격 문구 3건" in html
    assert "3번째 줄" in html
    assert "{{ price:JB-1 }}" in html
    literal = PriceLiteral.objects.get(kind="price")
    html = click(admin_client, post, literal, post.body_hash).content.decode()
    assert "고쳤습니다" in html
    post.refresh_from_db()
    assert "**{{ price:JB-1 }}**, 무료배송" in post.body
    assert rows(post) == [(3, "benefit", "무료배송"), (4, "claim", "최저가")]
    assert RefreshEntry.objects.filter(post=post, state="queued").count() == 1
    assert (
        "고정 가격 문구를 고침"
        in admin_client.get(reverse("admin:posts_post_history", args=[post.pk])).content.decode()
    )


def test_a_claim_is_taken_out(admin_client: Client) -> None:
    post = make_post("여기가 최저가 입니다")
    click(admin_client, post, PriceLiteral.objects.get(), post.body_hash)
    post.refresh_from_db()
    assert post.body == "여기가  입니다"


def test_a_post_that_changed_meanwhile_is_left_alone(admin_client: Client) -> None:
    post = make_post("지금 10,000원")
    literal = PriceLiteral.objects.get()
    make_post("이제 10,000원")
    html = click(admin_client, post, literal, post.body_hash).content.decode()
    assert "남은 문구를 보세요" in html or "그사이 글이 바뀌었습니다" in html
    assert Post.objects.get().body == "이제 10,000원"
    newest = PriceLiteral.objects.get()
    with pytest.raises(LiteralConflict, match="그사이"):
        replace_literal(literal_id=newest.pk, post_id=post.pk, seen="f" * 64)
    with pytest.raises(LiteralConflict, match="이미"):
        replace_literal(literal_id=newest.pk, post_id=post.pk + 1, seen=post.body_hash)


def test_a_title_is_mended_by_hand_and_a_body_is_never_left_empty(admin_client: Client) -> None:
    post = make_post("본문", title="29,900원 청소기")
    html = click(admin_client, post, PriceLiteral.objects.get(), post.body_hash).content.decode()
    assert "제목에서 이 문구를 직접 지우세요" in html
    only = make_post("최저가", slug="only")
    html = click(admin_client, only, PriceLiteral.objects.get(post=only), only.body_hash).content.decode()
    assert "본문: 내용을 쓰세요" in html
    assert Post.objects.get(slug="only").body == "최저가"


@pytest.mark.parametrize("literal", ["", "x", "9" * 30])
def test_a_forged_click_changes_nothing(admin_client: Client, literal: str) -> None:
    post = make_post("10,000원")
    where = reverse("admin:posts_post_literal", args=[post.pk])
    assert admin_client.post(where, {"literal": literal, "seen": post.body_hash}).status_code == 302
    assert admin_client.get(where).status_code == 403
    assert Post.objects.get().body == "10,000원"


def test_who_may_only_see_posts_gets_no_button_and_no_right(client: Client) -> None:
    post = make_post("10,000원")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_post"))
    client.force_login(reader)
    html = client.get(reverse("admin:posts_post_change", args=[post.pk])).content.decode()
    assert "고정 가격 문구 1건" in html
    assert not re.search(r"/literal/", html)
    assert click(client, post, PriceLiteral.objects.get(), post.body_hash).status_code == 403


def test_the_lists_lead_to_them(admin_client: Client) -> None:
    make_post("10,000원", title="가격을 쓴 글")
    make_post("없음", slug="clean", title="깨끗한 글")
    html = admin_client.get("/admin/posts/post/?literals=live").content.decode()
    assert "가격을 쓴 글" in html
    assert "깨끗한 글" not in html
    listed = admin_client.get("/admin/disclosure/priceliteral/").content.decode()
    assert "price.won" in listed
    assert "10,000" in listed


def test_the_command_tells_and_fails_when_asked() -> None:
    make_post("10,000원")
    out = io.StringIO()
    call_command("scan_price_literals", "--json", stdout=out)
    assert json.loads(out.getvalue())["live_holding"] == 1
    with pytest.raises(CommandError, match="1개에 가격을"):
        call_command("scan_price_literals", "cleaner-guide", "--fail", stdout=io.StringIO())
    with pytest.raises(CommandError, match="none: 글이 없습니다"):
        call_command("scan_price_literals", "none", stdout=io.StringIO())
