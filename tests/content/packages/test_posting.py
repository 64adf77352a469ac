"""Packages that were posted at Naver: an address that is one, who said so and when, and the way back."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client

from content.packages.models import Package
from content.packages.naver import NotANaverAddress, clean_address
from content.packages.posting import mark_posted, unmark_posted
from content.posts.models import Post
from tests.content.factories import make_post, process
from tests.operations.roles.people import log_in, make_person

ADDRESS = "https://blog.naver.com/our_shop/223123456789"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (ADDRESS, ADDRESS),
        (f"  {ADDRESS}/ ", ADDRESS),
        ("https://m.blog.naver.com/our_shop/223123456789?from=search#comment", ADDRESS),
        ("https://BLOG.NAVER.COM/PostView.naver?blogId=our_shop&logNo=223123456789&from=x", ADDRESS),
        ("https://m.blog.naver.com/PostView.nhn?blogId=our_shop&logNo=223123456789", ADDRESS),
        ("https://cafe.naver.com/ourcafe/123", "https://cafe.naver.com/ourcafe/123"),
        (
            "https://m.cafe.naver.com/ca-fe/web/cafes/77/articles/8?x=1",
            "https://cafe.naver.com/ca-fe/cafes/77/articles/8",
        ),
        ("https://cafe.naver.com/f-e/cafes/77/articles/8", "https://cafe.naver.com/ca-fe/cafes/77/articles/8"),
        (
            "https://cafe.naver.com/ArticleRead.nhn?clubid=77&articleid=8",
            "https://cafe.naver.com/ca-fe/cafes/77/articles/8",
        ),
    ],
)
def test_each_way_to_write_an_address_becomes_one(text: str, kept: str) -> None:
    assert clean_address(text) == kept
    assert clean_address(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "네이버",
        "http://blog.naver.com/our_shop/223123456789",
        "//blog.naver.com/our_shop/223123456789",
        "javascript:alert(1)//blog.naver.com/our_shop/1",
        "https://blog.naver.com",
        "https://blog.naver.com/our_shop",
        "https://blog.naver.com/our_shop/abc",
        "https://blog.naver.com.example.com/our_shop/223123456789",
        "https://example.com/blog.naver.com/our_shop/1",
        "https://user:word@blog.naver.com/our_shop/223123456789",
        "https://blog.naver.com:8443/our_shop/223123456789",
        "https://blog.naver.com\\@example.com/our_shop/1",
        "https://blog.naver.com/our_shop/2231\x0023",
        "https://blog.naver.com/our shop/1",
        "https://shopping.naver.com/our_shop/1",
        "https://blog.naver.com/Other.naver?blogId=our_shop&logNo=1",
        "https://[::1/our_shop/1",
        "https://blog.naver.com/our_shop/" + "1" * 300,
    ],
)
def test_what_is_no_address_of_a_post_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotANaverAddress, match=r"예: https://blog\.naver\.com/"):
        clean_address(text)


def make_package(slug: str = "cleaner-guide") -> Package:
    post = make_post(slug=slug, title=f"글 {slug}")
    process(post)
    return Package.objects.get(post=post)


@pytest.mark.django_db
def test_a_package_has_one_address_and_the_mark_can_be_taken_back(admin_user: Any) -> None:
    package = make_package()
    done = mark_posted(package_id=package.pk, address=ADDRESS, actor_id=admin_user.pk)
    assert (done.url, done.before, done.is_changed) == (ADDRESS, "", True)
    package.refresh_from_db()
    assert (package.posted_url, package.posted_by, package.posted_at is not None) == (ADDRESS, admin_user, True)
    stamp = package.posted_at
    assert not mark_posted(package_id=package.pk, address=f"{ADDRESS}?x=1", actor_id=None).is_changed
    package.refresh_from_db()
    assert package.posted_at == stamp
    undone = unmark_posted(package_id=package.pk, actor_id=admin_user.pk)
    assert (undone.url, undone.before) == ("", ADDRESS)
    package.refresh_from_db()
    assert (package.posted_url, package.posted_by, package.posted_at) == ("", None, None)
    assert not unmark_posted(package_id=package.pk, actor_id=None).is_changed


@pytest.mark.django_db
def test_an_address_belongs_to_one_post_and_to_all_its_packages() -> None:
    package, other = make_package(), make_package("another")
    mark_posted(package_id=package.pk, address=ADDRESS, actor_id=None)
    with pytest.raises(ValidationError, match="'글 cleaner-guide'의 패키지에 이미 쓴 주소"):
        mark_posted(package_id=other.pk, address=ADDRESS, actor_id=None)
    process(make_post("고친 본문", title="글 cleaner-guide"))
    renewed = Package.objects.get(post=package.post, is_current=True)
    assert renewed.pk != package.pk
    assert mark_posted(package_id=renewed.pk, address=ADDRESS, actor_id=None).is_changed


@pytest.mark.django_db
def test_the_mark_outlives_a_package_that_is_built_again() -> None:
    package = make_package()
    mark_posted(package_id=package.pk, address=ADDRESS, actor_id=None)
    process(make_post("다른 본문", title="글 cleaner-guide"))
    process(make_post("본문입니다.", title="글 cleaner-guide"))
    package.refresh_from_db()
    assert (package.is_current, package.posted_url) == (True, ADDRESS)


@pytest.mark.django_db
def test_the_desk_marks_shows_and_undoes_it(admin_client: Client) -> None:
    package = make_package()
    page = f"/admin/packages/package/{package.pk}/"
    refused = admin_client.post(f"{page}posted/", {"address": "https://example.com/1"}).content.decode()
    assert "blog.naver.com이나 cafe.naver.com의 글 주소를 쓰세요" in refused
    assert 'value="https://example.com/1"' in refused
    done = admin_client.post(f"{page}posted/", {"address": ADDRESS}, follow=True).content.decode()
    assert f"네이버 주소: 없음 → {ADDRESS}" in done
    assert "표시 되돌리기" in done
    post = Post.objects.get()
    assert ADDRESS in admin_client.get(f"/admin/posts/post/{post.pk}/change/").content.decode()
    assert ADDRESS in admin_client.get("/admin/packages/package/?posted=yes").content.decode()
    assert ADDRESS not in admin_client.get("/admin/packages/package/?posted=no").content.decode()
    undone = admin_client.post(f"{page}unposted/", follow=True).content.decode()
    assert f"네이버 주소: {ADDRESS} → 없음" in undone
    assert [entry.user.username for entry in LogEntry.objects.all()] == ["admin", "admin"]
    assert f"{ADDRESS} → 없음" in admin_client.get(f"{page}history/").content.decode()


@pytest.mark.django_db
def test_only_a_publisher_marks() -> None:
    package = make_package()
    editor = log_in(make_person("writer", "editor"))
    page = f"/admin/packages/package/{package.pk}/"
    assert "posted-form" not in editor.get(f"{page}change/").content.decode()
    assert editor.post(f"{page}posted/", {"address": ADDRESS}).status_code == 403
    publisher = log_in(make_person("poster", "publisher"))
    assert "posted-form" in publisher.get(f"{page}change/").content.decode()
    assert publisher.post(f"{page}posted/", {"address": ADDRESS}).status_code == 302
    package.refresh_from_db()
    assert package.posted_url == ADDRESS
