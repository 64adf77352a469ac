"""Saving posts: one form, no needless write, and the queue told of every difference that a reader would see."""

import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from content.posts.findings import Finding
from content.posts.images import POSITION_LIMIT, verify_picture
from content.posts.models import Post, PostFinding, PostImage
from content.posts.services import NewImage, delete_post, fill_image, replace_findings, save_post, store_images
from content.refresh.models import RefreshEntry
from content.refresh.services import claim_entries, finish_entry
from products.catalog.models import Placement
from tests.content.factories import draw_picture, make_post, make_shop, new_images, process

pytestmark = pytest.mark.django_db


def drain() -> None:
    for entry in claim_entries(limit=100):
        finish_entry(entry_id=entry.id)


def count_waiting() -> int:
    return RefreshEntry.objects.filter(state="queued").count()


def test_text_is_kept_in_one_form() -> None:
    decomposed = unicodedata.normalize("NFD", "무선 청소기")
    post = make_post(f"\r\n{decomposed}\r\n둘째\x07 줄\r\n", title=f"  {decomposed}   추천 ")
    assert (post.title, post.body) == ("무선 청소기 추천", "무선 청소기\n둘째 줄")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": "청소기\x00"}, "title", "NUL"),
        ({"title": "  "}, "title", "한 글자"),
        ({"title": "가" * 201}, "title", "200자"),
        ({"slug": "Über/../etc"}, "slug", "소문자"),
        ({"relationship": "friend"}, "relationship", "own_product"),
        ({"status": "gone"}, "status", "draft"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make_post(**changes)
    assert words in refused.value.message_dict[field][0]
    assert not Post.objects.exists()


def test_nul_in_the_body_is_refused() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        make_post("본문\x00")


def test_saving_the_same_again_writes_nothing(django_assert_max_num_queries: Any) -> None:
    make_post("본문", images=new_images(draw_picture()))
    before = Post.objects.get()
    with django_assert_max_num_queries(10) as captured:
        after = make_post("본문", images=new_images(draw_picture()))
    assert [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []
    assert after.updated_at == before.updated_at


def test_a_new_post_waits_once() -> None:
    make_post("하나")
    make_post("둘")
    assert list(RefreshEntry.objects.values_list("reason", "state")) == [("new_post", "queued")]


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "다른 본문"},
        {"title": "다른 제목"},
        {"relationship": "paid_ad"},
        {"images": [NewImage(1, draw_picture("red"), "빨강")]},
        {"images": [NewImage(1, draw_picture(), "다른 설명")]},
        {"images": []},
    ],
    ids=["body", "title", "relationship", "picture", "alternative text", "no pictures"],
)
def test_what_readers_would_see_queues_the_post(changes: dict[str, Any]) -> None:
    values: dict[str, Any] = {"body": "본문", "images": [NewImage(1, draw_picture(), "설명")]}
    make_post(**values)
    drain()
    make_post(**{**values, **changes})
    assert count_waiting() == 1


def test_what_readers_would_not_see_does_not() -> None:
    make_post("본문")
    drain()
    post = make_post("본문", status="published")
    assert count_waiting() == 0
    assert post.published_at is not None


def test_a_draft_waits_for_its_editor() -> None:
    make_post("본문", status="draft")
    assert count_waiting() == 0
    make_post("본문", status="ready")
    assert count_waiting() == 1


def test_faults_are_noted_at_once_and_go_when_mended() -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}\n{{ price:JB-404 }}\n{{ prce:JB-1 }}")
    found = PostFinding.objects.filter(post=post).order_by("line").values_list("line", "kind", "sku")
    assert list(found) == [(2, "unknown_sku", "JB-404"), (3, "unknown_placeholder", "")]
    make_post("{{ price:JB-1 }}")
    assert not PostFinding.objects.exists()


def test_unchanged_findings_keep_their_time() -> None:
    post = make_post("본문")
    finding = Finding("no_match", 1, "없음")
    replace_findings(post_id=post.pk, findings=[finding])
    first = PostFinding.objects.get()
    assert replace_findings(post_id=post.pk, findings=[finding, finding]) == 1
    assert PostFinding.objects.get().pk == first.pk
    assert replace_findings(post_id=post.pk, findings=[]) == 0


def test_pictures_may_change_places() -> None:
    post = make_post(images=new_images(draw_picture("red"), draw_picture("blue")))
    drain()
    first, second = post.images.order_by("position")
    first.position, second.position = 2, 1
    store_images(post_id=post.pk, changed=[first, second], deleted=[])
    assert [row.pk for row in post.images.order_by("position")] == [second.pk, first.pk]
    assert count_waiting() == 1


def test_the_uploaders_file_name_is_not_used() -> None:
    post = make_post()
    data = draw_picture()
    image = PostImage(post=post, position=1, alt="설명", sha256=verify_picture(data).sha256)
    image.image.save("../../../etc/passwd.php.jpg", ContentFile(data))
    assert image.image.name == f"posts/{image.sha256[:2]}/{image.sha256[:32]}.jpg"


def test_a_picture_that_is_none_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(ValidationError, match="JPEG, PNG, WebP"):
        make_post(images=new_images(b"GIF89a<script>"))
    assert not Post.objects.exists()


def test_a_deleted_post_shows_nothing_any_more() -> None:
    make_shop({"number": 1})
    post = make_post("{{ price:JB-1 }}")
    process(post)
    assert Placement.objects.count() == 1
    delete_post(post_id=post.pk)
    assert (Placement.objects.count(), Post.objects.count(), RefreshEntry.objects.count()) == (0, 0, 0)


def test_slug_is_the_key() -> None:
    first = save_post(slug="a", title="하나", body="본문")
    second = save_post(slug="a", title="둘", body="본문")
    assert (first.post_id, first.is_created, second.post_id, second.is_created) == (
        second.post_id,
        True,
        first.post_id,
        False,
    )


@pytest.mark.parametrize("position", [0, -1, POSITION_LIMIT + 1, 30_000, 40_000])
def test_a_position_that_cannot_be_kept_is_refused_with_its_limit(position: int) -> None:
    with pytest.raises(ValidationError, match="순서: 1부터 9,999까지"):
        make_post(images=[NewImage(position, draw_picture(), "설명")])
    assert not Post.objects.exists()
    post = make_post()
    image = fill_image(PostImage(post=post, position=position, alt="설명"), draw_picture())
    with pytest.raises(ValidationError, match="순서: 1부터 9,999까지"):
        store_images(post_id=post.pk, changed=[image], deleted=[])
    assert not PostImage.objects.exists()


def test_a_picture_kept_at_a_high_position_before_can_be_moved() -> None:
    post = make_post(images=new_images(draw_picture("red"), draw_picture("blue")))
    PostImage.objects.filter(position=2).update(position=32_767)
    first, second = post.images.order_by("position")
    first.position, second.position = POSITION_LIMIT, 1
    store_images(post_id=post.pk, changed=[first, second], deleted=[])
    assert [row.pk for row in post.images.order_by("position")] == [second.pk, first.pk]
