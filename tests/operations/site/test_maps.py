"""What search engines and feed readers fetch, and the settings that it hangs on."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from content.posts.models import Post
from operations.site import sitemap
from operations.site.addresses import get_post_url, is_site_url
from operations.site.checks import check_site_url, check_site_url_is_there
from tests.content.factories import make_post

pytestmark = pytest.mark.django_db

SITE = "https://blog.example.com"
ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    """A site with an address of its own."""
    settings.SITE_URL = SITE
    settings.SITE_NAME = "장부 & 블로그"


def parse(client: Client, address: str) -> ElementTree.Element:
    response = client.get(address)
    assert response.status_code == 200, address
    return ElementTree.fromstring(response.content)  # noqa: S314  (our own answer)


def publish(*slugs: str) -> None:
    for slug in slugs:
        make_post(slug=slug, title=f"글 {slug} & <b>", status="published")


def test_the_map_holds_published_posts_with_their_last_change(client: Client) -> None:
    publish("one", "무선-청소기")
    make_post(slug="draft", status="draft")
    urls = parse(client, "/sitemap.xml").findall(f"{MAPS}url")
    found = {str(url.findtext(f"{MAPS}loc")): str(url.findtext(f"{MAPS}lastmod")) for url in urls}
    stamps = dict(Post.objects.values_list("slug", "updated_at"))
    assert found == {get_post_url(slug): stamps[slug].isoformat(timespec="seconds") for slug in ("one", "무선-청소기")}
    assert all(address.isascii() for address in found)


def test_the_map_is_in_parts_of_so_many_addresses(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "PART_SIZE", 2)
    publish(*(f"post-{number}" for number in range(5)))
    places = [str(part.findtext(f"{MAPS}loc")) for part in parse(client, "/sitemap.xml").findall(f"{MAPS}sitemap")]
    assert places == [f"{SITE}/sitemap-{number}.xml" for number in (1, 2, 3)]
    parts = [parse(client, place.removeprefix(SITE)).findall(f"{MAPS}url") for place in places]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert client.get("/sitemap-4.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404


def test_an_empty_site_has_an_empty_map_and_feed(client: Client) -> None:
    assert parse(client, "/sitemap.xml").findall(f"{MAPS}url") == []
    assert parse(client, "/feed/").findall("channel/item") == []
    assert "아직 게시한 글이 없습니다" in client.get("/posts/").content.decode()


def test_the_map_takes_two_queries_for_any_number_of_posts(client: Client, django_assert_num_queries: Any) -> None:
    publish(*(f"post-{number}" for number in range(7)))
    with django_assert_num_queries(2):
        client.get("/sitemap.xml")


def test_the_feed_holds_the_newest_posts_under_their_addresses(client: Client) -> None:
    publish(*(f"post-{number:02}" for number in range(32)))
    client.get("/posts/post-31/")
    channel = parse(client, "/feed/").find("channel")
    assert channel is not None
    assert (channel.findtext("title"), channel.findtext("link")) == ("장부 & 블로그", f"{SITE}/posts/")
    own = channel.find(f"{ATOM}link")
    assert own is not None
    assert own.attrib["href"] == f"{SITE}/feed/"
    items = channel.findall("item")
    assert len(items) == 30
    assert (items[0].findtext("title"), items[0].findtext("link")) == ("글 post-31 & <b>", f"{SITE}/posts/post-31/")
    assert items[0].findtext("guid") == f"{SITE}/posts/post-31/"


def test_no_text_of_a_post_breaks_the_feed(client: Client) -> None:
    title = "]]> <b>&amp; \u202eمرحبا\u202c 👩‍👩‍👧 \x0b\ufffe\ud83d 끝"
    make_post("본문", title=title, status="published")
    client.get("/posts/cleaner-guide/")
    assert parse(client, "/feed/").findtext("channel/item/title") == "]]> <b>&amp; مرحبا 👩‍👩‍👧 끝"
    assert len(parse(client, "/sitemap.xml")) == 1


def test_a_reader_who_has_the_feed_is_told_so(client: Client, django_assert_num_queries: Any) -> None:
    publish("one", "two")
    with django_assert_num_queries(2):
        first = client.get("/feed/")
    again = client.get("/feed/", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_robots_are_told_where_the_map_is_and_where_they_have_no_business(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {SITE}/sitemap.xml" in text
    assert re.findall("Disallow: (.+)", text) == ["/admin/", "/api/"]


def test_production_without_an_address_is_told(settings: Settings) -> None:
    assert check_site_url_is_there(None) == []
    settings.SITE_URL = ""
    assert [message.id for message in check_site_url_is_there(None)] == ["site.E001"]
    assert check_site_url(None) == []


@pytest.mark.parametrize(
    "address",
    ["blog.example.com", "ftp://a.example", "https://a.example/blog", "https://", "https://u@a.example", "x:[1"],
)
def test_an_address_that_is_none_is_told(settings: Settings, address: str) -> None:
    settings.SITE_URL = address
    assert [message.id for message in check_site_url(None)] == ["site.E002"]


@pytest.mark.parametrize("address", [SITE, f"{SITE}/", "http://127.0.0.1:8000", "https://블로그.한국"])
def test_an_address_that_is_one(address: str) -> None:
    assert is_site_url(address)
