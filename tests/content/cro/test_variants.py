"""Variants as data: only what templates know, made once and never changed, and remembered by what was made of them."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from content.cro.models import TemplateVariant
from content.cro.selectors import get_variant, list_variants
from content.cro.services import compose_post
from content.cro.variants import BUILT_IN, DEFAULT, VARIANT_LABELS, Variant, VariantError
from content.cro.variation import create_variant, update_variant
from content.matching.services import match_post
from content.packages.models import Package
from content.packages.services import build_package
from perfhooks.logs import configure_logging
from tests.content.factories import make_post, make_shop

pytestmark = pytest.mark.django_db
LIST = "/admin/cro/templatevariant/"


def fill_form(**changes: Any) -> dict[str, Any]:
    return {
        "label": "큰 링크",
        "key": "big-link",
        "lede": "price",
        "cta_positions": ["top", "end"],
        "cta_text": "{name} 사러 가기",
        "table_form": "compact",
        "trust": ["delivery"],
        **changes,
    }


def make_variant(**changes: Any) -> TemplateVariant:
    return create_variant(**fill_form(**changes))


def test_the_built_in_ones_are_rows_after_a_migration_and_usable_without() -> None:
    rows = {row.key: row for row in TemplateVariant.objects.all()}
    assert {key: row.read() for key, row in rows.items()} == {variant.key: variant for variant in BUILT_IN}
    assert {key: row.label for key, row in rows.items()} == VARIANT_LABELS
    TemplateVariant.objects.all().delete()
    assert [named.variant for named in list_variants()] == list(BUILT_IN)
    assert get_variant("early-link") == BUILT_IN[1]


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lede": "shout"}, "lede"),
        ({"cta_positions": ("left",)}, "cta_positions"),
        ({"cta_positions": ("end", "end")}, "cta_positions"),
        ({"table": "none"}, "table"),
        ({"trust": ("stars",)}, "trust"),
        ({"cta_text": ""}, "cta_text"),
        ({"cta_text": "가" * 61}, "cta_text"),
        ({"cta_text": "{name.__class__}"}, "cta_text"),
        ({"cta_text": "{0}"}, "cta_text"),
        ({"cta_text": "{name!r}"}, "cta_text"),
        ({"cta_text": "{name"}, "cta_text"),
        ({"cta_text": "{name:>99999999}"}, "cta_text"),
    ],
)
def test_what_no_template_knows_is_no_variant(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(VariantError) as refusal:
        Variant(**changes)
    assert refusal.value.field == field


def test_a_variant_is_made_named_closed_and_never_changed(admin_client: Client) -> None:
    assert admin_client.post(f"{LIST}add/", fill_form()).status_code == 302
    row = TemplateVariant.objects.get(key="big-link")
    wanted = Variant("big-link", "price", ("top", "end"), "{name} 사러 가기", "compact", ("delivery",))
    assert row.read() == get_variant("big-link") == wanted
    page = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "맨 위, 맨 끝" in page
    assert (
        admin_client.post(f"{LIST}{row.pk}/change/", {**fill_form(label="새 이름"), "lede": "none"}).status_code == 302
    )
    row.refresh_from_db()
    assert (row.label, row.is_active, row.read()) == ("새 이름", False, wanted)
    assert "big-link" not in [named.variant.key for named in list_variants()]
    assert get_variant("big-link") == wanted, "what was made of it can be made again"
    assert admin_client.get(f"{LIST}{row.pk}/delete/").status_code == 403
    assert "새 이름" in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cta_text": "{price} 보기"}, "{name} 하나만"),
        ({"cta_positions": []}, "하나 이상 고르세요"),
        ({"key": "default"}, "이미"),
        ({"key": "큰 링크"}, ""),
        ({"lede": "shout"}, ""),
    ],
)
def test_a_wrong_form_is_answered_at_its_field(admin_client: Client, changes: dict[str, Any], words: str) -> None:
    response = admin_client.post(f"{LIST}add/", fill_form(**changes))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert TemplateVariant.objects.count() == len(BUILT_IN)


def test_services_refuse_by_field() -> None:
    for changes, field in (({"table_form": "none"}, "table_form"), ({"key": "early-link"}, "key")):
        with pytest.raises(ValidationError) as refusal:
            make_variant(**changes)
        assert field in refusal.value.message_dict
    for values in (
        {"key": "default", "label": "기본", "is_active": False},
        {"key": "early-link", "label": " ", "is_active": True},
    ):
        with pytest.raises(ValidationError):
            update_variant(**values)  # type: ignore[arg-type]
    assert update_variant(key="early-link", label=VARIANT_LABELS["early-link"], is_active=True).changed == 0


def test_a_package_remembers_its_variant_and_the_default_leaves_its_bytes_alone() -> None:
    make_shop({"number": 1})
    post = make_post("본문")
    match_post(post_id=post.pk)
    built = build_package(post_id=post.pk)
    assert Package.objects.get(is_current=True).variant == "default"
    assert "variant" not in read_manifest(built.path)["template"]
    other = build_package(post_id=post.pk, rendered=compose_post(post_id=post.pk, variant="early-link"))
    assert (other.status, other.sha256 != built.sha256) == ("built", True)
    assert Package.objects.get(is_current=True).variant == "early-link"
    assert read_manifest(other.path)["template"]["variant"] == "early-link"
    twin = make_variant(key="twin", lede="none", table_form="full", trust=[], cta_text="{name} 보러 가기")
    third = build_package(post_id=post.pk, rendered=compose_post(post_id=post.pk, variant=twin.key))
    assert (third.status, Package.objects.get(is_current=True).variant) == ("built", "twin")


def read_manifest(path: str) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return dict(json.loads(archive.read("manifest.json")))


def test_a_rendering_logs_what_the_plan_asks_for(settings: Settings) -> None:
    post = make_post("본문")
    stream = io.BytesIO()
    configure_logging(level="INFO", stream=stream)
    try:
        compose_post(post_id=post.pk, variant="short-table")
    finally:
        configure_logging(level=settings.LOG_LEVEL)
    line = next(line for line in stream.getvalue().decode().splitlines() if "template_render_seconds" in line)
    logged = json.loads(line)
    wanted = {"variant": "short-table", "cta_position": "after_table,end", "table_form": "compact", "lede": "summary"}
    assert {name: logged[name] for name in wanted} == wanted
    assert DEFAULT.log_tags["variant"] == "default"
