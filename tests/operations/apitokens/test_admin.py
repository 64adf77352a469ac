"""The page API 토큰: a token is shown once, nobody makes one for who may do more, and revoking asks first."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone

from operations.apitokens.models import ApiToken
from operations.apitokens.services import create_token
from tests.operations.apitokens.test_tokens import call
from tests.operations.roles.people import log_in, make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/apitokens/apitoken/"
ADD = f"{LIST}add/"
SHOWN = re.compile(r"jb_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def keeper() -> Client:
    """Somebody who manages tokens."""
    return log_in(make_person("keeper", "admin"))


def fill(user: User, **changes: Any) -> dict[str, Any]:
    return {"user": user.pk, "name": "창고", "scopes": ["products:read"], "days": "90", **changes}


def test_a_token_is_shown_once(keeper: Client) -> None:
    machine = make_person("machine", "viewer")
    answer = keeper.post(ADD, fill(machine))
    (token,) = set(SHOWN.findall(answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    assert call(token).status_code == 200
    row = ApiToken.objects.get()
    assert (row.user, row.scopes) == (machine, ["products:read"])
    assert "창고" in LogEntry.objects.get().object_repr
    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", "/admin/"):
        html = keeper.get(address).content.decode()
        assert not SHOWN.search(html)
        assert row.hash not in html
    again = keeper.post(ADD, fill(machine)).content.decode()
    assert not SHOWN.search(again)
    assert "이미" in again
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("changes", [{"scopes": []}, {"scopes": ["products:all"]}, {"days": "9999"}, {"name": ""}])
def test_a_wrong_form_makes_nothing(keeper: Client, changes: dict[str, Any]) -> None:
    answer = keeper.post(ADD, fill(User.objects.get(), **changes))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_name_that_another_request_took_meanwhile_is_refused_beside_what_was_typed(keeper: Client) -> None:
    machine = make_person("machine", "viewer")
    twin = ApiToken(user=machine, name="창고", prefix="00000000", hash="0" * 64, expires_at=timezone.now())

    def come_between(**_given: Any) -> None:
        ApiToken.objects.bulk_create([twin])

    pre_save.connect(come_between, sender=ApiToken)
    try:
        answer = keeper.post(ADD, fill(machine))
    finally:
        pre_save.disconnect(come_between, sender=ApiToken)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "이미 있습니다. 다른 이름을 쓰세요." in html
    assert 'value="창고"' in html
    assert not SHOWN.search(html)


def test_nobody_makes_a_token_of_who_may_do_more(keeper: Client) -> None:
    above = User.objects.create_superuser("above")
    assert "권한이 많은" in keeper.post(ADD, fill(above)).content.decode()
    assert not ApiToken.objects.exists()
    assert SHOWN.search(log_in(above).post(ADD, fill(above)).content.decode())


def test_tokens_are_found_by_their_state(keeper: Client) -> None:
    machine = make_person("machine", "viewer")
    rows = [create_token(user=machine, name=name, scopes=["products:read"]).row for name in ("가", "나", "다")]
    ApiToken.objects.filter(pk=rows[1].pk).update(expires_at=timezone.now())
    ApiToken.objects.filter(pk=rows[2].pk).update(revoked_at=timezone.now())
    for state, row in zip(("open", "expired", "revoked"), rows, strict=True):
        shown = keeper.get(LIST, {"state": state}).context["cl"].result_list
        assert [each.pk for each in shown] == [row.pk]
    assert len(keeper.get(LIST).context["cl"].result_list) == 3


def test_revoking_asks_first_and_is_noted(keeper: Client) -> None:
    machine = make_person("machine", "viewer")
    made = [create_token(user=machine, name=name, scopes=["products:read"]) for name in ("하나", "둘", "셋")]
    chosen = {"action": "revoke", "_selected_action": [made[0].row.pk, made[1].row.pk]}
    asked = keeper.post(LIST, chosen)
    assert "2개를 폐기합니다" in asked.content.decode()
    assert call(made[0].text).status_code == 200
    done = keeper.post(LIST, {**chosen, "post": "yes"}, follow=True)
    assert "토큰 2개를 폐기했습니다" in done.content.decode()
    assert [call(each.text).status_code for each in made] == [401, 401, 200]
    assert LogEntry.objects.filter(change_message="폐기").count() == 2
    assert "2개 가운데 0개" in keeper.post(LIST, chosen).content.decode()
