"""Public pages: found by their address, right, cheap while nothing changed, and harmless whatever a post holds."""

import json
import re
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from content.comparison.services import renew_many, save_table
from content.comparison.spec import TableSpec
from content.matching.models import MatchDecision
from content.packages.models import Package
from content.posts.models import Post
from content.posts.publishing import SYSTEM, change_status
from content.refresh.models import RefreshEntry
from operations.pipeline.work import process_entry
from operations.site.models import SitePage
from operations.site.services import renew_page
from products.catalog.models import CatalogueScan, Placement
from tests.content.conftest import PictureShop
from tests.content.factories import change_products, draw_picture, make_post, make_shop, new_images, process
from tests.support.structured_data import list_problems, read_structured_data

pytestmark = pytest.mark.django_db

ATTACK = "<script>alert(1)</script>\"'>"
PAGE = "/posts/cleaner-guide/"
SITE = "https://blog.example.com"


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path) -> None:
    """A site with an address of its own."""
    settings.SITE_URL = SITE
    settings.SITE_NAME = "장부 블로그"
    settings.MEDIA_ROOT = tmp_path / "media"


def read(client: Client, address: str = PAGE, **headers: str) -> Any:
    return client.get(address, headers=headers)


def find_data(html: str) -> list[Any]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    return [json.loads(text) for text in found]


@pytest.mark.parametrize(
    ("state", "status"), [("draft", 404), ("ready", 404), ("scheduled", 404), ("published", 200), ("archived", 410)]
)
def test_only_a_published_post_is_there(client: Client, state: str, status: int) -> None:
    post = make_post(status="ready", title="비밀 제목")
    later = timezone.now() + timedelta(days=1)
    if state != "ready":
        change_status(post_id=post.pk, target=state, actor=SYSTEM, publish_at=later if state == "scheduled" else None)
    response = read(client)
    assert response.status_code == status
    assert ("비밀 제목" in response.content.decode()) == (status == 200)
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "address", ["/posts/none/", "/posts/%00/", "/posts/%EA%B0%80%EA%B0%80/", "/posts/%ED%A0%BD/", "/posts/a%2F..%2Fb/"]
)
def test_an_unknown_address_is_a_page_that_leads_on(client: Client, address: str) -> None:
    response = read(client, address)
    assert response.status_code == 404
    assert "/posts/" in response.content.decode()


def test_a_korean_slug_is_served_under_both_forms_and_named_by_one(client: Client) -> None:
    make_post(slug="무선-청소기", status="published")
    composed = "/posts/%EB%AC%B4%EC%84%A0-%EC%B2%AD%EC%86%8C%EA%B8%B0/"
    decomposed = "/posts/%E1%84%86%E1%85%AE%E1%84%89%E1%85%A5%E1%86%AB-%E1%84%8E%E1%85%A5%E1%86%BC%E1%84%89%E1%85%A9%E1%84%80%E1%85%B5/"
    for address in (composed, decomposed):
        response = read(client, address)
        assert response.status_code == 200
        assert f'<link rel="canonical" href="{SITE}{composed}">' in response.content.decode()


def test_head_is_as_it_should_be(client: Client) -> None:
    make_post("이 글은 무선 청소기를 고르는 방법을 차근차근 알려 줍니다.", title=f"청소기 {ATTACK}", status="published")
    html = read(client).content.decode()
    assert ATTACK not in html
    assert "<title>청소기 &lt;script&gt;" in html
    assert f'<link rel="canonical" href="{SITE}{PAGE}">' in html
    assert '<meta name="description" content="이 글은 무선 청소기를 고르는 방법을 차근차근 알려 줍니다.">' in html
    assert "직접 판매하는 상품입니다" in html
    article = find_data(html)[0]
    assert (article["@type"], article["headline"], article["mainEntityOfPage"]) == (
        "BlogPosting",
        f"청소기 {ATTACK}",
        f"{SITE}{PAGE}",
    )
    assert article["datePublished"] <= article["dateModified"]
    assert not re.search(r"<script(?! type=\"application/ld\+json\")|\son\w+=|style=", html)


def test_every_template_says_valid_things_to_machines_whatever_the_catalogue_holds(
    client: Client, picture_shop: PictureShop
) -> None:
    url, attack = picture_shop.put("/a.jpg", draw_picture("red")), f"{ATTACK}</script><!--<script>\u2028"
    hostile = {"brand": attack, "model_name": attack, "description": attack, "attributes": {attack: attack}}
    make_shop(
        {"number": 1, "name": f"무선 청소기 {attack}", "image_url": url, "discounted_price": 79_000, **hostile},
        {"number": 2, "name": "무선 청소기 둘", "stock": 0, "status": "OUTOFSTOCK"},
    )
    titles = {"cro_buy": "무선 청소기 사용법", "cro_review": "무선 청소기 후기", "cro_compare": "무선 청소기 비교"}
    titles |= {"cro_best": "무선 청소기 추천 순위", "cro_deal": "무선 청소기 특가"}
    for template_id, title in titles.items():
        slug = template_id.replace("_", "-")
        body = "고르는 방법을 차근차근 알려 줍니다.\n\n{{ product:JB-1 }}\n\n{{ product:JB-2 }}"
        process(make_post(body, slug=slug, title=f"{title} {attack}", status="published"))
        MatchDecision.objects.filter(post__slug=slug).update(template_id=template_id)
        article, shown = read_structured_data(read(client, f"/posts/{slug}/").content.decode())
        assert [*list_problems(article), *list_problems(shown)] == [], template_id
        assert {"image", "description"} <= set(article)
        first, second = (element["item"] for element in shown["itemListElement"])
        assert {"brand", "image", "description", "sku", "mpn"} <= set(first)
        assert (first["offers"]["price"], first["offers"]["availability"]) == (79_000, "https://schema.org/InStock")
        assert second["offers"]["availability"] == "https://schema.org/OutOfStock"


def test_an_unchanged_page_takes_three_queries_and_one_without_products_two(
    client: Client, django_assert_num_queries: Any, picture_shop: PictureShop
) -> None:
    url = picture_shop.put("/a.jpg", draw_picture("red"))
    make_shop(*({"number": number, "image_url": url} for number in range(1, 9)))
    body = "\n\n".join(f"{{{{ product:JB-{number} }}}}" for number in range(1, 9))
    process(make_post(body, status="published"))
    make_post("본문", slug="plain", status="published")
    first = read(client), read(client, "/posts/plain/")
    with django_assert_num_queries(3):
        assert read(client).content == first[0].content
    with django_assert_num_queries(2):
        assert read(client, "/posts/plain/").content == first[1].content


def test_a_page_that_hides_an_old_price_takes_three_queries_too(
    client: Client, django_assert_num_queries: Any, settings: Settings
) -> None:
    settings.PRICE_HIDDEN_HOURS = 48
    make_shop({"number": 1})
    CatalogueScan.objects.update(scanned_at=timezone.now() - timedelta(hours=49))
    process(make_post("{{ price:JB-1 }}", status="published"))
    assert "매장에 표시된 가격" in read(client).content.decode()
    with django_assert_num_queries(3):
        read(client)


def test_no_price_stands_where_search_engines_keep_it(client: Client) -> None:
    make_shop({"number": 1})
    make_post("오늘은 {{ price:JB-1 }}에 파는 물건을 보았습니다. 그 이야기입니다.", status="published")
    html = read(client).content.decode()
    assert "99,000원" in html
    assert "99,000원" not in html[: html.index("<body")]
    assert SitePage.objects.get().summary == ""


def test_a_page_is_made_by_the_variant_that_its_post_names(client: Client) -> None:
    make_shop({"number": 1})
    body = "{{ product:JB-1 }}\n\n처음 문단입니다.\n\n다음 문단입니다."
    process(make_post(body, status="published"))
    read(client)
    make_post(body, status="published", variant="short-table")
    assert RefreshEntry.objects.filter(state="queued").exists()
    process(Post.objects.get())
    assert Package.objects.get(is_current=True).variant == "short-table"
    before = SitePage.objects.get().rendered_at
    read(client)
    assert SitePage.objects.get().rendered_at > before
    make_post(body, status="published")
    assert Post.objects.get().variant == "short-table", "left as it is"
    make_post(body, status="published", variant="")
    process(Post.objects.get())
    assert Package.objects.get(is_current=True).variant == "default"
    with pytest.raises(ValidationError, match="변형"):
        make_post(body, variant="missing")


def test_a_post_that_was_taken_back_before_its_turn_shows_nothing(client: Client) -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}", status="published")
    entry = RefreshEntry.objects.get(post=post)
    change_status(post_id=post.pk, target="archived", actor=SYSTEM)
    assert process_entry(entry_id=entry.pk).status == "refused"
    assert not Package.objects.exists()
    process(post)
    assert not Placement.objects.exists(), "a worker that had begun before"


def test_who_has_the_page_already_is_told_so(client: Client) -> None:
    make_post(status="published")
    first = read(client)
    etag, stamp = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"if-none-match": etag}, {"if-modified-since": stamp}):
        again = read(client, **headers)
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["ETag"], again.headers["Cache-Control"]) == (etag, "public, max-age=0, must-revalidate")
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")
    assert read(client, **{"if-none-match": '"other"'}).status_code == 200
    Post.objects.update(title="고친 제목")
    assert read(client, **{"if-none-match": etag}).status_code == 200


def test_head_is_answered_and_everything_else_is_not(client: Client) -> None:
    make_post(status="published")
    assert client.head(PAGE).status_code == 200
    for address in (PAGE, "/posts/", "/feed/", "/sitemap.xml", "/robots.txt"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address).status_code == 405, (method, address)


def test_a_changed_price_is_on_the_page_at_once_and_nothing_else_is_made_anew(client: Client) -> None:
    store = make_shop({"number": 1, "discounted_price": 50_000}, {"number": 2, "discounted_price": 70_000})
    make_post("{{ price:JB-1 }}", status="published")
    make_post("{{ price:JB-2 }}", slug="other", status="published")
    assert "50,000원" in read(client).content.decode()
    read(client, "/posts/other/")
    before = dict(SitePage.objects.values_list("post__slug", "rendered_at"))
    change_products(store, {"number": 1, "discounted_price": 43_000})
    html = read(client).content.decode()
    assert "43,000원" in html
    assert "50,000원" not in html
    read(client, "/posts/other/")
    after = dict(SitePage.objects.values_list("post__slug", "rendered_at"))
    assert after["other"] == before["other"]
    assert after["cleaner-guide"] > before["cleaner-guide"]


def test_a_new_version_of_a_named_table_is_on_the_page_at_once(client: Client) -> None:
    make_shop({"number": 1, "brand": "온담"}, {"number": 2, "brand": "한빛"})
    spec = TableSpec(skus=("JB-1", "JB-2"), columns=("name", "price"))
    table = save_table(table_id=None, name="best", title="", spec=spec)
    process(make_post("{{ table:best }}", status="published"))
    assert "브랜드" not in read(client).content.decode()
    save_table(table_id=table, name="best", title="", spec=replace(spec, columns=("name", "brand", "price")))
    renew_many([table])
    assert '<th scope="col">브랜드</th>' in read(client).content.decode()


def test_a_page_that_says_the_same_keeps_its_dates(client: Client, settings: Settings) -> None:
    make_post(status="published")
    first = read(client)
    SitePage.objects.update(rendered_at=timezone.now() - timedelta(seconds=settings.SITE_PAGE_MAX_AGE_SECONDS + 1))
    stamp = SitePage.objects.get().changed_at
    again = read(client)
    page = SitePage.objects.get()
    assert (again.headers["ETag"], page.changed_at) == (first.headers["ETag"], stamp)
    assert page.rendered_at > stamp


def test_the_worker_renews_the_page_with_the_package(client: Client) -> None:
    post = make_post(status="published")
    entry = RefreshEntry.objects.get(post=post)
    assert process_entry(entry_id=entry.pk).status == "built"
    page = SitePage.objects.get()
    assert renew_page(post_id=post.pk) is False
    make_post("고친 본문", status="published")
    assert renew_page(post_id=post.pk) is True
    assert SitePage.objects.get().etag != page.etag
    draft = make_post(slug="draft", status="draft")
    assert renew_page(post_id=draft.pk) is False
    assert renew_page(post_id=987_654) is False
    assert SitePage.objects.count() == 1


def test_pictures_come_from_our_own_storage_and_missing_ones_leave_no_hole(
    client: Client, picture_shop: PictureShop
) -> None:
    make_shop({"number": 1, "image_url": picture_shop.put("/a.jpg", draw_picture("red"))})
    post = make_post(
        "{{ product:JB-1 }}\n\n![내 사진](image:1)", images=new_images(draw_picture("blue")), status="published"
    )
    early = read(client).content.decode()
    assert early.count("<img") == 1
    process(post)
    assert renew_page(post_id=post.pk)
    html = read(client).content.decode()
    sources = re.findall(r'<img src="([^"]+)"', html)
    assert len(sources) == 2
    assert f'<meta property="og:image" content="{SITE}{sources[0]}">' in html
    assert find_data(html)[0]["image"] == [f"{SITE}{source}" for source in sources]
    for source in sources:
        answer = read(client, source)
        assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert "immutable" in answer.headers["Cache-Control"]
        assert read(client, source, **{"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert read(client, f"/media/posts/aa/{'0' * 32}.jpg").status_code == 404


@pytest.mark.parametrize(
    "name", ["../secret_key", "posts/../../secret_key", "packages/x.zip", "posts/aa/short.jpg", "jangbu.sqlite3"]
)
def test_nothing_but_pictures_is_sent(client: Client, name: str, settings: Settings) -> None:
    Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    (Path(settings.MEDIA_ROOT) / "jangbu.sqlite3").write_bytes(b"secret")
    response = client.get(f"/media/{name}")
    assert response.status_code in (404, 301)


def test_the_list_of_posts_has_pages(client: Client) -> None:
    for number in range(21):
        make_post(slug=f"post-{number}", title=f"글 {number}", status="published")
    make_post(slug="draft", title="초안", status="draft")
    first, second = (read(client, f"/posts/?page={number}").content.decode() for number in (1, 2))
    assert first.count("<li>") == 20
    assert second.count("<li>") == 1
    assert "초안" not in first + second
    assert read(client, "/posts/?page=둘").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_readers_who_come_at_once_to_a_page_that_nobody_rendered_yet_all_get_it() -> None:
    make_post(status="published")
    start, seen = threading.Barrier(4), list[tuple[int, str]]()

    def visit() -> None:
        start.wait(10)
        try:
            response = read(Client())
            seen.append((response.status_code, response.headers["ETag"]))
        finally:
            connections.close_all()

    readers = [threading.Thread(target=visit) for _reader in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert len(seen) == 4
    assert set(seen) == {(200, f'"{SitePage.objects.get().etag}"')}


def test_a_post_of_many_products_still_takes_three_queries(client: Client, django_assert_num_queries: Any) -> None:
    make_shop(*({"number": number} for number in range(1, 121)))
    make_post("\n\n".join(f"{{{{ price:JB-{number} }}}}" for number in range(1, 121)), status="published")
    first = read(client)
    with django_assert_num_queries(3):
        assert read(client).content == first.content
