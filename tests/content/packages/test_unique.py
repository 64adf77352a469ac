"""Unique packs: only pictures that no blog has shown; what collides is told, looked at, left out, never made to pass."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from PIL import Image, ImageOps
from pytest_django import Settings

from content.media.hashes import PictureHashes, to_signed
from content.packages import unique
from content.packages.ledger import get_index
from content.packages.likeness import Hit, LikenessIndex, judge
from content.packages.models import AssetUse, Package, UniquePicture
from content.packages.selectors import get_current, list_packaged_ids
from content.packages.services import settle_package
from content.packages.storage import get_storage
from content.packages.unique import build_pack, check_pack, decide_picture
from content.posts.models import Post
from tests.content.factories import make_post, make_shop, new_images, process


def draw_scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture with large shapes, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def make_scenes(slug: str, *images: Image.Image) -> Post:
    return make_post("글 [링크](https://a.example)", slug=slug, images=new_images(*map(encode, images)))


def read_pack(package: Package) -> tuple[dict[str, Any], dict[str, bytes]]:
    with get_storage().open(package.storage_path) as file, zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("manifest.json")), {name: archive.read(name) for name in archive.namelist()}


def list_verdicts(pack_id: int) -> list[tuple[str, bool]]:
    rows = UniquePicture.objects.filter(pack=pack_id).order_by("order")
    return [(row.verdict, row.is_mirrored and row.verdict != "new") for row in rows]


@pytest.mark.django_db
def test_used_copied_and_mirrored_pictures_are_told_from_new_ones() -> None:
    used = draw_scene(1)
    process(make_scenes("first", used))
    copies = (used.resize((160, 120)), ImageOps.mirror(used), draw_scene(2))
    post = make_scenes("second", used, *copies)
    checked = check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    assert list_verdicts(checked.pack_id) == [("same", False), ("same", False), ("same", True), ("new", False)]
    assert (checked.same, checked.look, checked.new) == (3, 0, 1)
    nearest = UniquePicture.objects.get(pack=checked.pack_id, order=1).nearest
    assert nearest is not None
    assert (nearest.slug, nearest.blog) == ("first", "naver")


@pytest.mark.django_db
def test_the_same_is_never_kept_and_only_left_out_pictures_let_a_pack_be_built() -> None:
    process(make_scenes("first", draw_scene(1)))
    post = make_scenes("second", draw_scene(1), draw_scene(2), draw_scene(3))
    checked = check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    picture = UniquePicture.objects.get(pack=checked.pack_id, order=1)
    with pytest.raises(ValidationError, match="정하지 않은 이미지"):
        build_pack(pack_id=checked.pack_id, actor_id=None)
    with pytest.raises(ValidationError, match="다시 쓸 수 없습니다"):
        decide_picture(picture_id=picture.pk, decision="keep", note="다름", actor_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        UniquePicture.objects.filter(pk=picture.pk).update(decision="keep")
    decide_picture(picture_id=picture.pk, decision="drop", note="", actor_id=None)
    package = build_pack(pack_id=checked.pack_id, actor_id=None)
    manifest, files = read_pack(package)
    assert (manifest["kind"], manifest["blog"], package.image_count) == ("unique", "home-note", 2)
    assert [image["name"] for image in manifest["images"]] == ["01_second.jpg", "02_second.jpg"]
    page = files["post.html"].decode()
    assert page.count("<img ") == 2
    assert "<p></p>" not in page
    assert files["post.txt"].decode().count("[이미지 ") == 2
    assert set(AssetUse.objects.filter(blog="home-note").values_list("package", flat=True)) == {package.pk}
    assert AssetUse.objects.filter(blog="home-note").count() == 2


@pytest.mark.django_db
def test_a_pack_is_no_part_of_the_flow_and_is_built_again_for_its_own_blog_only() -> None:
    post = make_scenes("own", draw_scene(1), draw_scene(2))
    first = check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    package = build_pack(pack_id=first.pack_id, actor_id=None)
    assert get_current(post.pk) is None
    assert list_packaged_ids() == []
    again = build_pack(pack_id=first.pack_id, actor_id=None)
    assert (again.pk, again.sha256) == (package.pk, package.sha256)
    other = check_pack(post_id=post.pk, blog="other-note", actor_id=None)
    assert other.same == 2
    assert process(post).status == "built", "the ordinary package is not held against the ledger"
    assert get_current(post.pk, kind="unique", blog="home-note") == package


@pytest.mark.django_db
def test_what_only_looks_alike_needs_an_editors_word(settings: Settings) -> None:
    used = draw_scene(1)
    process(make_scenes("first", used))
    cropped = used.crop((32, 24, 288, 216))
    settings.LEDGER_SAME_BITS, settings.LEDGER_LOOK_BITS = 0, 32
    settings.LEDGER_SAME_BITS = min(_distances(used, cropped))
    post = make_scenes("second", cropped)
    checked = check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    [picture] = UniquePicture.objects.filter(pack=checked.pack_id)
    assert picture.verdict == "look"
    with pytest.raises(ValidationError, match="이유를 쓰세요"):
        decide_picture(picture_id=picture.pk, decision="keep", note="  ", actor_id=None)
    decide_picture(picture_id=picture.pk, decision="keep", note="다른 날 찍은 사진", actor_id=None)
    check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    picture.refresh_from_db()
    assert picture.decision == "keep", "the same finding leaves the decision"
    assert build_pack(pack_id=checked.pack_id, actor_id=None).image_count == 1


def _distances(one: Image.Image, other: Image.Image) -> tuple[int, int]:
    from content.media.hashes import count_differing, hash_picture

    first, second = hash_picture(one), hash_picture(other)
    return count_differing(first.dhash, second.dhash), count_differing(first.whash, second.whash)


@pytest.mark.django_db
def test_a_picture_that_another_pack_takes_meanwhile_is_noticed_under_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    post, rival = make_scenes("own", draw_scene(1)), make_scenes("rival", draw_scene(1))
    checked = check_pack(post_id=post.pk, blog="home-note", actor_id=None)
    settle = settle_package

    def overtake(*args: Any, **kwargs: Any) -> Package:
        monkeypatch.setattr(unique, "settle_package", settle)
        process(rival)
        return settle(*args, **kwargs)

    monkeypatch.setattr(unique, "settle_package", overtake)
    with pytest.raises(ValidationError, match="그사이"):
        build_pack(pack_id=checked.pack_id, actor_id=None)
    assert not Package.objects.filter(kind="unique").exists()


@pytest.mark.django_db
def test_what_cannot_start_says_why() -> None:
    make_shop({"number": 1})
    post = make_post("글", slug="bare")
    for blog, words in (("", "2~40자"), ("집", "2~40자"), ("naver", "보통 패키지"), ("home-note", "이미지가 없습니다")):
        with pytest.raises(ValidationError, match=words):
            check_pack(post_id=post.pk, blog=blog, actor_id=None)
    broken = make_post("{{ price:JB-404 }}", slug="broken")
    with pytest.raises(ValidationError, match="JB-404"):
        check_pack(post_id=broken.pk, blog="home-note", actor_id=None)


@pytest.mark.django_db
def test_the_index_follows_the_ledger(django_assert_num_queries: Any) -> None:
    process(make_scenes("first", draw_scene(1)))
    assert len(get_index().ids) == 1
    process(make_scenes("second", draw_scene(2), draw_scene(3)))
    with django_assert_num_queries(2):
        assert len(get_index().ids) == 3
    with django_assert_num_queries(1):
        assert len(get_index().ids) == 3
    AssetUse.objects.all().delete()
    assert len(get_index().ids) == 0


@pytest.mark.once
def test_the_search_is_the_same_as_a_loop_over_all() -> None:
    dice = np.random.default_rng(3)
    bits = [(int(d), int(w)) for d, w in dice.integers(0, 2**64, (2_000, 2), dtype=np.uint64)]
    rows = [(at, to_signed(d), to_signed(w), f"{at:064x}", "a", f"post-{at % 7}") for at, (d, w) in enumerate(bits)]
    half = LikenessIndex.empty().extended(rows[:900])
    index = half.extended(rows[900:])
    assert len(half.ids) == 900
    for number in range(40):
        dhash, whash, dhash_mirrored, whash_mirrored = (int(n) for n in dice.integers(0, 2**64, 4, dtype=np.uint64))
        own = f"post-{number % 7}"
        hit = index.find_nearest("", PictureHashes(dhash, whash, dhash_mirrored, whash_mirrored), blog="a", slug=own)
        assert hit is not None
        wanted = min(
            (d ^ dh).bit_count() + (w ^ wh).bit_count()
            for at, (d, w) in enumerate(bits)
            if at % 7 != number % 7
            for dh, wh in ((dhash, whash), (dhash_mirrored, whash_mirrored))
        )
        assert hit.dhash_distance + hit.whash_distance == wanted
        assert hit.id % 7 != number % 7


@pytest.mark.once
@pytest.mark.parametrize(
    ("distances", "is_blank", "wanted"),
    [((0, 0), False, "same"), ((12, 12), False, "same"), ((0, 0), True, "look"), ((13, 12), False, "look"), ((22, 0), False, "look"), ((23, 0), False, "new"), ((13, 13), False, "new")],
)  # fmt: skip
def test_two_thresholds_make_three_verdicts(distances: tuple[int, int], is_blank: bool, wanted: str) -> None:
    for pair in (distances, distances[::-1]):
        hit = Hit(1, *pair, is_mirrored=False, is_same_file=False)
        assert judge(hit, is_blank=is_blank, same_bits=12, look_bits=22) == wanted
    assert judge(None, is_blank=False, same_bits=12, look_bits=22) == "new"
    same_file = Hit(1, 0, 0, is_mirrored=False, is_same_file=True)
    assert judge(same_file, is_blank=True, same_bits=12, look_bits=22) == "same"
