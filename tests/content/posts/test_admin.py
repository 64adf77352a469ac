"""The editor's desk for posts: saving through the service, errors at their fields, previews that can do no harm."""

import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from content.posts.forms import mark_version
from content.posts.models import Post, PostFinding
from content.refresh.models import RefreshEntry
from products.catalog.models import Placement
from tests.content.conftest import PictureShop
from tests.content.factories import draw_picture, make_post, make_shop, new_images, process

pytestmark = pytest.mark.django_db

LIST = "/admin/posts/post/"
ATTACK = "<script>alert(1)</script>\"'>"


def fill_form(post: Post | None = None, **changes: Any) -> dict[str, Any]:
    """What a browser sends back."""
    return {
        "title": post.title if post else "무선 청소기 추천",
        "slug": "cleaner-guide",
        "body": post.body if post else "본문",
        "relationship": "own_product",
        "status": "ready",
        "seen": mark_version(post) if post else "",
        "videos-TOTAL_FORMS": "0",
        "videos-INITIAL_FORMS": "0",
        "images-TOTAL_FORMS": "0",
        "images-INITIAL_FORMS": "0",
        **changes,
    }


def image_rows(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    sent = {f"images-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}
    return {"images-TOTAL_FORMS": str(len(rows)), "images-INITIAL_FORMS": str(initial), **sent}


def page_of(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])


def read_errors(response: Any) -> str:
    assert response.status_code == 200
    html = response.content.decode()
    return " ".join(re.findall(r'<ul class="errorlist[^"]*"[^>]*>(.*?)</ul>', html, re.S))


def test_a_new_post_is_saved_through_the_service(admin_client: Client) -> None:
    response = admin_client.post(f"{LIST}add/", fill_form(body="{{ price:JB-404 }}"), follow=True)
    assert response.status_code == 200
    post = Post.objects.get()
    assert (post.slug, post.author and post.author.username, len(post.body_hash)) == ("cleaner-guide", "admin", 64)
    assert RefreshEntry.objects.get().reason == "new_post"
    assert PostFinding.objects.get().kind == "unknown_sku"
    assert "점검할 것이 1건" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "Big-Slug"}, "소문자"),
        ({"slug": "taken"}, "이미"),
        ({"title": ""}, "필수"),
        ({"body": "본문\x00"}, "null"),
        ({"body": "   "}, "필수"),
    ],
)
def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    admin_client: Client, changes: dict[str, str], words: str
) -> None:
    make_post(slug="taken")
    response = admin_client.post(f"{LIST}add/", fill_form(title="타자한 제목 그대로") | changes)
    assert words in read_errors(response)
    assert "타자한 제목 그대로" in response.content.decode() or "title" in changes
    assert Post.objects.count() == 1


def test_an_edit_in_between_shows_both_versions_and_is_meant_the_second_time(admin_client: Client) -> None:
    post = make_post("처음 본문")
    sent = fill_form(post, body="나의 본문")
    make_post("남의 본문")
    response = admin_client.post(page_of(post), sent)
    html = response.content.decode()
    assert "그사이 다른 사람이" in read_errors(response)
    assert "나의 본문" in html
    assert "남의 본문" in html
    assert Post.objects.get().body == "남의 본문"
    seen = re.search(r'name="seen" value="([0-9a-f.]+)"', html)
    assert seen is not None
    assert admin_client.post(page_of(post), sent | {"seen": seen[1]}).status_code == 302
    assert Post.objects.get().body == "나의 본문"


@pytest.mark.parametrize(
    ("other", "label", "stored"),
    [
        ({"status": "published"}, "상태", "게시됨"),
        ({"title": "남의 제목"}, "제목", "남의 제목"),
        ({"relationship": "paid_ad"}, "판매자와의 관계", "유료 광고"),
        ({"images": new_images(draw_picture("red"))}, "이미지와 동영상", "1. 사진 1"),
    ],
    ids=["status", "title", "relationship", "pictures"],
)
def test_no_field_that_another_editor_changed_is_lost_silently(
    admin_client: Client, other: dict[str, Any], label: str, stored: str
) -> None:
    post = make_post("처음 본문", title="처음 제목")
    sent = fill_form(post, body="나의 본문")
    make_post("처음 본문", **{"title": "처음 제목", **other})
    response = admin_client.post(page_of(post), sent)
    assert f"바꿨습니다({label})" in read_errors(response)
    html = response.content.decode()
    assert f"{label}: 지금 저장된 값" in html
    assert stored in html
    assert f"{label}: 입력한 값" in html
    assert Post.objects.get().body == "처음 본문"
    seen = re.search(r'name="seen" value="([0-9a-f.]+)"', html)
    assert seen is not None
    assert admin_client.post(page_of(post), sent | {"seen": seen[1]}).status_code == 302
    assert Post.objects.get().body == "나의 본문"


def test_the_same_edit_sent_twice_is_no_conflict(admin_client: Client) -> None:
    post = make_post("처음 본문")
    sent = fill_form(post, body="나의 본문")
    assert [admin_client.post(page_of(post), sent).status_code for _time in range(2)] == [302, 302]


@pytest.mark.parametrize("position", ["0", "10000", "30000", "99999999999", "둘"])
def test_a_position_out_of_range_is_told_with_its_field_and_limit(admin_client: Client, position: str) -> None:
    post = make_post("본문")
    upload = SimpleUploadedFile("a.png", draw_picture("red", kind="PNG"), "image/png")
    rows = image_rows({"position": position, "alt": "빨강", "image": upload})
    errors = read_errors(admin_client.post(page_of(post), fill_form(post) | rows))
    assert "순서: 1부터 9,999까지" in errors
    assert not post.images.exists()


def test_a_torn_picture_is_replaced_by_uploading_it_again(admin_client: Client) -> None:
    data = draw_picture("red")
    post = make_post("본문", images=new_images(data))
    RefreshEntry.objects.all().delete()
    image = post.images.get()
    Path(image.image.path).write_bytes(data[:20])
    row = {"id": image.pk, "post": post.pk, "position": "1", "alt": image.alt}
    upload = SimpleUploadedFile("a.jpg", data, "image/jpeg")
    sent = fill_form(post) | image_rows(row | {"image": upload}, initial=1)
    assert admin_client.post(page_of(post), sent).status_code == 302
    assert post.images.get().image.read() == data
    assert RefreshEntry.objects.filter(state="queued").count() == 1


def test_the_slug_stays(admin_client: Client) -> None:
    post = make_post("본문")
    admin_client.post(page_of(post), fill_form(post, slug="another"))
    assert Post.objects.get().slug == "cleaner-guide"


def test_pictures_are_verified_kept_and_moved(admin_client: Client) -> None:
    post = make_post("본문")
    upload = SimpleUploadedFile("../../그림 파일.png", draw_picture("red", kind="PNG"), "image/png")
    rows = image_rows({"position": "1", "alt": "빨강", "image": upload})
    assert admin_client.post(page_of(post), fill_form(post) | rows).status_code == 302
    image = post.images.get()
    assert re.fullmatch(r"posts/../[0-9a-f]{32}\.png", str(image.image.name))
    assert len(image.sha256) == 64
    forged = SimpleUploadedFile("a.jpg", b"not a picture", "image/jpeg")
    post.refresh_from_db()
    rows = image_rows({"position": "2", "alt": "거짓", "image": forged})
    answer = admin_client.post(page_of(post), fill_form(post) | rows)
    assert "이미지 'a.jpg': JPEG, PNG, WebP가 아닌" in unescape(read_errors(answer))
    assert post.images.count() == 1


def test_an_upload_that_needs_too_much_memory_is_refused_by_its_name(admin_client: Client, settings: Settings) -> None:
    settings.MEDIA_CHILD_MB = 180
    post = make_post("본문")
    upload = SimpleUploadedFile("huge.png", draw_picture(kind="PNG", size=(6_900, 7_200)), "image/png")
    rows = image_rows({"position": "1", "alt": "큰 그림", "image": upload})
    answer = admin_client.post(page_of(post), fill_form(post) | rows)
    assert "이미지 'huge.png': 처리에 필요한 메모리가 한도를 넘습니다" in unescape(read_errors(answer))
    assert not post.images.exists()


def test_pictures_can_change_places_and_go(admin_client: Client) -> None:
    post = make_post("본문", images=new_images(draw_picture("red"), draw_picture("blue")))
    first, second = post.images.order_by("position")
    rows = image_rows(
        {"id": first.pk, "post": post.pk, "position": "2", "alt": first.alt},
        {"id": second.pk, "post": post.pk, "position": "1", "alt": second.alt, "DELETE": "on"},
        initial=2,
    )
    assert admin_client.post(page_of(post), fill_form(post) | rows).status_code == 302
    assert [(row.pk, row.position) for row in post.images.all()] == [(first.pk, 2)]


def test_the_list_says_how_each_post_stands(admin_client: Client, picture_shop: PictureShop) -> None:
    make_shop({"number": 1})
    process(make_post("{{ price:JB-1 }}", title=f"청소기 {ATTACK}"))
    make_post("{{ price:JB-404 }}", slug="broken", title="고장 난 글")
    html = admin_client.get(LIST).content.decode()
    assert "온담 무선 청소기 1" in html
    assert '<span class="pill pill-bad">1건</span>' in html
    assert ATTACK not in html
    only = admin_client.get(f"{LIST}?findings__isnull=False").content.decode()
    assert "고장 난 글" in only
    assert "온담 무선 청소기 1" not in only
    assert "고장 난 글" in admin_client.get(f"{LIST}?package=no").content.decode()
    assert "고장 난 글" not in admin_client.get(f"{LIST}?q=cleaner").content.decode()


def test_the_page_says_what_blocks_and_what_happened(admin_client: Client) -> None:
    post = make_post("{{ price:JB-404 }}")
    html = admin_client.get(page_of(post)).content.decode()
    assert "1번째 줄" in html
    assert "JB-404" in html
    assert "처리 이력" in html
    assert reverse("admin:posts_post_preview", args=[post.pk]) in html


def test_the_preview_is_the_real_page_in_a_frame_that_may_do_nothing(
    admin_client: Client, picture_shop: PictureShop
) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture("red", size=(2000, 900)))})
    post = make_post(
        f"{{{{ product:JB-1 }}}}\n\n{ATTACK}\n\n![내 사진](image:1)",
        title=f"청소기 {ATTACK}",
        images=new_images(draw_picture("blue", kind="PNG")),
    )
    frame = reverse("admin:posts_post_preview_frame", args=[post.pk])
    before = admin_client.get(frame).content.decode()
    assert before.count('src="data:,"') == 1, "a picture that was never fetched shows its words"
    assert picture_shop.requests == []
    process(post)
    response = admin_client.get(frame)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src 'self' data:; style-src 'self'")
    assert "script-src" not in policy
    html = response.content.decode()
    assert html.count('src="data:image/jpeg;base64,') == 2
    assert len(html) < 200_000
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "직접 판매하는 상품입니다" in html


@pytest.mark.parametrize(("query", "shown"), [("", "mobile"), ("?width=desktop", "desktop"), ("?width=%22x", "mobile")])
def test_the_preview_switches_its_width_by_a_link(admin_client: Client, query: str, shown: str) -> None:
    post = make_post("본문")
    html = admin_client.get(reverse("admin:posts_post_preview", args=[post.pk]) + query).content.decode()
    assert re.search(rf'<iframe class="frame-{shown}"[^>]* sandbox></iframe>', html)
    assert "?width=desktop" in html


def test_the_preview_shows_the_chosen_template_variant_and_target(admin_client: Client) -> None:
    make_shop({"number": 1}, {"number": 2})
    post = make_post("본문", title="온담 무선 청소기 1")
    process(post)
    look = "template=cro_best&variant=early-link&target=page&width=desktop"
    page = admin_client.get(f"{reverse('admin:posts_post_preview', args=[post.pk])}?{look}").content.decode()
    for option in ("cro_best", "early-link", "page"):
        assert f'<option value="{option}" selected>' in page
    address = re.search(r'<iframe class="frame-desktop"[^>]* src="([^"]+)" sandbox>', page)
    assert address is not None
    response = admin_client.get(address[1].replace("&amp;", "&"))
    assert response.headers["Content-Security-Policy"].endswith("; sandbox")
    html = response.content.decode()
    assert "<h3>1. " in html
    assert html.count('<p class="cta">') == 2


@pytest.mark.parametrize("name", ["template", "variant", "target", "width"])
@pytest.mark.parametrize("value", ["", "none", "../x", "%00", '"><script>', "%ED%A0%80"])
def test_a_choice_that_stands_for_nothing_is_as_if_not_given(admin_client: Client, name: str, value: str) -> None:
    post = make_post("본문")
    addresses = [reverse(f"admin:posts_post_preview{part}", args=[post.pk]) for part in ("", "_frame")]
    page, frame = (admin_client.get(f"{address}?{name}={value}") for address in addresses)
    assert (page.status_code, frame.status_code) == (200, 200)
    assert f'src="{addresses[1]}?"' in page.content.decode()
    assert frame.content == admin_client.get(addresses[1]).content


def test_another_post_is_chosen_by_its_slug_and_keeps_the_look(admin_client: Client) -> None:
    post, other = make_post("본문"), make_post("다른", slug="other")
    here, there = (reverse("admin:posts_post_preview", args=[each.pk]) for each in (post, other))
    response = admin_client.get(f"{here}?post=other&variant=early-link&width=desktop")
    assert (response.status_code, response.headers["Location"]) == (302, f"{there}?variant=early-link&width=desktop")
    for unknown in ("nothing", "%00", "가" * 200):
        response = admin_client.get(f"{here}?post={unknown}", follow=True)
        assert "글이 없습니다. 목록에서 슬러그를 고르세요." in response.content.decode()
    assert admin_client.get(f"{here}?post=cleaner-guide").status_code == 200


def test_the_preview_takes_few_queries_whatever_there_is(admin_client: Client) -> None:
    counts = []
    for number in (1, 30):
        for place in range(number):
            make_post("본문", slug=f"post-{number}-{place}")
        post = Post.objects.latest("pk")
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(reverse("admin:posts_post_preview", args=[post.pk]))
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 8


def test_previews_are_for_those_who_may_see_posts(client: Client) -> None:
    post = make_post("본문")
    addresses = [reverse(f"admin:posts_post_preview{part}", args=[post.pk]) for part in ("", "_frame")]
    assert [client.get(address).status_code for address in addresses] == [302, 302]
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_post"))
    client.force_login(reader)
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert client.get("/admin/posts/post/999/preview/").status_code == 404


def test_deleting_goes_through_the_service(admin_client: Client) -> None:
    make_shop({"number": 1})
    process(make_post("{{ price:JB-1 }}"))
    post = Post.objects.get()
    response = admin_client.post(reverse("admin:posts_post_delete", args=[post.pk]), {"post": "yes"})
    assert response.status_code == 302
    assert (Post.objects.count(), Placement.objects.count()) == (0, 0)


def test_a_package_is_downloaded_under_its_name_by_staff_only(
    admin_client: Client, client: Client, picture_shop: PictureShop
) -> None:
    outcome = process(make_post("본문"))
    package = Post.objects.get().packages.get()
    address = reverse("admin:packages_package_download", args=[package.pk])
    response = admin_client.get(address)
    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert io.BytesIO(data).read(2) == b"PK"
    assert len(data) == outcome.size_bytes
    assert (
        response.headers["Content-Disposition"] == f'attachment; filename="{package.storage_path.rpartition("/")[2]}"'
    )
    assert address in admin_client.get("/admin/packages/package/").content.decode()
    assert client.get(address).status_code == 302
    for spoil in (lambda: Path(outcome.path).write_bytes(b"PK"), Path(outcome.path).unlink):
        spoil()
        lost = admin_client.get(address)
        assert lost.status_code == 404
        assert f"파일 {package.storage_path}이(가) 없거나 손상되었습니다" in lost.content.decode()
        assert "새로 만듭니다" in lost.content.decode()
    assert admin_client.get(f"/admin/packages/package/?post__id__exact={package.post_id}").status_code == 200


def test_dead_entries_are_queued_again_from_the_list(admin_client: Client) -> None:
    make_post("하나")
    make_post("둘", slug="two")
    RefreshEntry.objects.filter(post__slug="two").update(state="dead", finished_at="2026-11-22T00:00:00Z")
    ids = list(RefreshEntry.objects.values_list("pk", flat=True))
    response = admin_client.post(
        "/admin/refresh/refreshentry/", {"action": "retry", "_selected_action": ids}, follow=True
    )
    html = response.content.decode()
    assert "고른 2개 가운데 1개를 다시 대기열에 넣었습니다" in html
    assert "1개는" in html
    assert RefreshEntry.objects.filter(state="queued").count() == 2


def test_a_decision_and_a_table_show_their_reasons(admin_client: Client) -> None:
    make_shop({"number": 1, "name": f"청소기 {ATTACK}"}, {"number": 2})
    post = make_post("{{ table }}", title="무선 청소기 비교")
    process(post)
    decision = admin_client.get(
        reverse("admin:matching_matchdecision_change", args=[post.match_decision.pk])
    ).content.decode()
    assert "상품이 제목의 낱말을 모두 담고 있습니다" in decision
    assert "찾은 낱말" in decision
    version = post.comparison_table.versions.get()
    table = admin_client.get(reverse("admin:comparison_tableversion_change", args=[version.pk])).content.decode()
    assert "99,000원" in table
    for html in (decision, table):
        assert ATTACK not in html
