"""The sentences in their versions: by day, by relationship and language, written once."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from content.disclosure.models import DisclosureVersion
from content.disclosure.placement import inspect_placement
from content.disclosure.selectors import get_current_text, list_current_versions
from content.disclosure.services import add_version, ensure_first_versions, insert_disclosure
from content.disclosure.texts import TEXTS
from content.times import korean_today

pytestmark = pytest.mark.django_db
ADD = "/admin/disclosure/disclosureversion/add/"
SENTENCE = "[광고] 이 블로그에서 직접 판매하는 상품입니다."


def test_the_migration_wrote_the_first_ones_and_a_second_time_writes_none() -> None:
    assert DisclosureVersion.objects.count() == 12
    assert ensure_first_versions() == 0
    assert import_module("content.disclosure.migrations.0002_first_sentences")


def test_without_rows_the_first_ones_still_hold() -> None:
    DisclosureVersion.objects.all().delete()
    assert get_current_text("paid_ad", on=korean_today()) == TEXTS["paid_ad"]
    assert "paid_ad.1" in list_current_versions()


def test_a_new_version_holds_from_its_day() -> None:
    tomorrow = korean_today() + timedelta(days=1)
    saved = add_version(relationship="own_product", sentence=f"  {SENTENCE} ", effective_from=tomorrow)
    assert saved.version == "own_product.2"
    assert get_current_text("own_product", on=korean_today()).version == "own_product.1"
    assert get_current_text("own_product", on=tomorrow).sentence == SENTENCE
    assert "own_product.1" in list_current_versions()


def test_languages_count_by_themselves_and_tell_their_version() -> None:
    add_version(relationship="own_product", sentence=SENTENCE, effective_from=korean_today())
    english = add_version(
        relationship="own_product", sentence="We sell this product.", effective_from=korean_today(), language="en"
    )
    assert english.version == "own_product.en.2"
    html, version, _problems = insert_disclosure("<p>hello</p>", relationship="own_product", as_of=None, language="en")
    assert (version, html.startswith("<!--disclosure own_product.en.2--><p><strong>We sell")) == (english.version, True)
    again, _version, _problems = insert_disclosure(html, relationship="own_product", as_of=None, language="en")
    assert again == html
    korean, _version, _problems = insert_disclosure(html, relationship="own_product", as_of=None)
    assert "We sell" not in korean


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sentence": "수수료를 받을 수 있습니다."}, "sentence"),
        ({"relationship": "friend"}, "relationship"),
        ({"language": "fr"}, "language"),
        ({"effective_from": date(2020, 1, 1)}, "effective_from"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(changes: dict[str, object], field: str) -> None:
    values = {"relationship": "own_product", "sentence": SENTENCE, "effective_from": korean_today(), **changes}
    with pytest.raises(ValidationError) as refused:
        add_version(**values)  # type: ignore[arg-type]
    assert field in refused.value.message_dict
    assert DisclosureVersion.objects.count() == 12


def test_an_editor_adds_a_version_and_is_refused_vague_wording_at_the_field(admin_client: Client) -> None:
    form = {"relationship": "own_product", "language": "ko", "effective_from": str(korean_today())}
    refused = admin_client.post(ADD, {**form, "sentence": "직접 판매하는 상품으로 수익이 발생할 수 있습니다."})
    html = refused.content.decode()
    assert refused.status_code == 200
    assert "받을 수 있습니다" in html
    assert "수익이 발생할 수 있습니다" in html, "nothing typed is lost"
    assert admin_client.post(ADD, {**form, "sentence": SENTENCE}).status_code == 302
    row = DisclosureVersion.objects.get(number=2)
    assert (row.sentence, row.author) == (SENTENCE, User.objects.get())
    page = reverse("admin:disclosure_disclosureversion_change", args=[row.pk])
    shown = admin_client.get(page).content.decode()
    assert "2019두36001" in shown
    assert 'name="sentence"' not in shown
    assert admin_client.post(page, {**form, "sentence": "다른 판매하는 상품입니다."}).status_code == 403


@pytest.mark.parametrize("relationship", sorted(TEXTS))
def test_what_is_inserted_stands_where_it_must(relationship: str) -> None:
    page = '<h2>제목</h2><p><img src="a.jpg" alt=""></p><p><a href="https://shop.example">사기</a></p>'
    placed = insert_disclosure(page, relationship=relationship, as_of=None)
    assert placed.problems == []
    sentence = get_current_text(relationship, on=korean_today()).sentence
    late = f"{page}<p>{sentence}</p>"
    assert [problem.rule for problem in inspect_placement(late, sentences=[sentence])] == ["kr-first-part"]


def test_the_list_says_which_is_in_force(admin_client: Client) -> None:
    add_version(relationship="own_product", sentence=SENTENCE, effective_from=korean_today() + timedelta(days=2))
    html = admin_client.get("/admin/disclosure/disclosureversion/").content.decode()
    assert html.count("적용 중") == 12
    assert html.count("예정") == 1
