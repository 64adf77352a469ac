"""Tokens as machines meet them: what opens, what does not, what is kept and what no log ever shows."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.test import Client
from django.utils import timezone

from operations.apitokens.models import ApiToken
from operations.apitokens.services import TokenError, create_token, revoke_tokens
from tests.operations.roles.people import make_person
from tests.perfhooks.conftest import lines as lines  # the fixture
from tests.products.catalog.rows import make_product, make_store
from tests.products.catalog.test_api import read_problem
from tests.products.upsert.test_api import make_row

pytestmark = pytest.mark.django_db
LIST = "/api/v1/products/"
BULK = "/api/v1/products/bulk/"
EVERY_SCOPE = ("products:read", "products:priority", "products:write")


def issue(*scopes: str, role: str = "admin", days: int = 30) -> tuple[ApiToken, str]:
    """A token for these scopes of somebody in this role."""
    made = create_token(user=make_person(f"machine-{role}", role), name="창고", scopes=scopes or EVERY_SCOPE, days=days)
    return made.row, made.text


def call(token: str, method: str = "get", address: str = LIST, body: Any = None, **headers: str) -> Any:
    """An answer to a machine that has no session."""
    given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return getattr(Client(), method)(address, headers={"Authorization": f"Bearer {token}", **headers}, **given)


def test_a_token_opens_what_its_user_may_see(django_assert_num_queries: Any) -> None:
    product = make_product()
    _row, token = issue("products:read")
    assert call(token).json()["results"][0]["id"] == product.pk
    with django_assert_num_queries(3):  # the token with its user, the user's rights, the product
        assert call(token, address=f"{LIST}{product.pk}/").status_code == 200


def test_use_is_noted_once_a_minute(django_assert_num_queries: Any) -> None:
    row, token = issue("products:read")
    with django_assert_num_queries(4):
        call(token)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    call(token)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    call(token)
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at >= first


def spoil(token: str) -> list[str]:
    """Texts that look more or less like the token."""
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    return [other, token[:-1], f"{token}A", token.upper(), "jb_", "", "x" * 10_000, f"{token} {token}", "열쇠"]


def test_only_the_token_itself_opens() -> None:
    _row, token = issue()
    for text in spoil(token):
        problem = read_problem(call(text.encode().decode("latin-1")), 401)
        assert problem["title"] == "로그인 필요"
    assert call(token)["Content-Type"] == "application/json"


def test_who_shows_nothing_is_told_what_to_show() -> None:
    answer = Client().get(LIST)
    read_problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_token_ends() -> None:
    row, token = issue()
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "기간" in read_problem(call(token), 401)["detail"]
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    User.objects.update(is_active=False)
    assert "비활성" in read_problem(call(token), 401)["detail"]
    User.objects.update(is_active=True)
    assert call(token).status_code == 200
    assert revoke_tokens(token_ids=[row.pk]) == 1
    assert "폐기" in read_problem(call(token), 401)["detail"]
    assert revoke_tokens(token_ids=[row.pk]) == 0


@pytest.mark.parametrize("role", ["admin", "editor", "viewer", "reviewer"])
@pytest.mark.parametrize("scope", EVERY_SCOPE)
def test_scope_and_right_are_both_needed(role: str, scope: str) -> None:
    make_store()
    product = make_product()
    _row, token = issue(scope, role=role)
    where = f"{LIST}{product.pk}/"
    answers = {
        "products:read": call(token, address=where),
        "products:priority": call(token, "patch", where, {"priority": 7, "version": 0}),
        "products:write": call(token, "post", BULK, {"store": "hanbit", "rows": [make_row(5)]}),
    }
    rights = {
        "admin": set(EVERY_SCOPE),
        "editor": {"products:read", "products:priority"},
        "viewer": {"products:read"},
        "reviewer": {"products:read"},
    }
    for asked, answer in answers.items():
        if asked == scope and asked in rights[role]:
            assert answer.status_code == 200
        else:
            detail = read_problem(answer, 403)["detail"]
            assert (asked in detail) == (asked in rights[role])


def test_a_token_loses_what_its_user_loses() -> None:
    _row, token = issue("products:read")
    assert call(token).status_code == 200
    User.objects.get().groups.clear()
    read_problem(call(token), 403)


def test_a_token_needs_no_csrf_and_a_session_does() -> None:
    product = make_product()
    _row, token = issue("products:priority")
    where, body = f"{LIST}{product.pk}/", json.dumps({"priority": 7, "version": 0})
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    read_problem(client.patch(where, body, content_type="application/json"), 403)
    client.get("/admin/")
    secret = client.cookies["csrftoken"].value
    assert (
        client.patch(where, body, content_type="application/json", headers={"X-CSRFToken": secret}).status_code == 200
    )
    assert call(token, "patch", where, {"priority": 8, "version": 1}).status_code == 200


def test_keys_of_requests_are_told_apart_by_token() -> None:
    product = make_product()
    _row, first = issue("products:priority")
    second = create_token(user=User.objects.get(), name="다른 창고", scopes=["products:priority"]).text
    where, key = f"{LIST}{product.pk}/", {"Idempotency-Key": "the-same"}
    assert call(first, "patch", where, {"priority": 7, "version": 0}, **key).status_code == 200
    assert call(second, "patch", where, {"priority": 8, "version": 1}, **key).status_code == 200
    assert call(first, "patch", where, {"priority": 7, "version": 0}, **key)["Idempotency-Replayed"] == "true"


def test_the_token_is_kept_nowhere_and_logged_nowhere(lines: Any) -> None:
    _row, token = issue()
    secret = token.rpartition("_")[2] if token.count("_") == 2 else token[12:]
    for address in (LIST, f"{LIST}?key={token}", f"/api/v1/{token}/", f"/admin/{token}/", f"{LIST}?cursor={token}"):
        call(token, address=address, **{"X-Trace-Id": token, "Referer": f"http://testserver/{token}"})
    call(f"{token}A", "post", BULK, {"store": token, "rows": [{token: token}]})
    call(token, "patch", f"{LIST}1/", {"priority": token})
    written = json.dumps(lines(), ensure_ascii=False)
    assert "Bad Request" in written
    assert secret not in written
    models = [model for config in apps.get_app_configs() for model in config.get_models()]
    assert all(secret not in serialize("json", model._default_manager.all()) for model in models)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"scopes": []}, "범위"),
        ({"scopes": ["products:all"]}, "products:all"),
        ({"days": 0}, "기간"),
        ({"days": 367}, "기간"),
        ({"name": "창고"}, "이름"),
        ({"name": " "}, "이름"),
        ({"name": "가" * 81}, "이름"),
        ({"name": "가\0나"}, "이름"),
    ],
)
def test_a_wrong_wish_is_named(changes: dict[str, Any], word: str) -> None:
    row, _token = issue()
    with pytest.raises(TokenError, match=word):
        create_token(**{"user": row.user, "name": "새 창고", "scopes": ["products:read"], "days": 1, **changes})
    assert ApiToken.objects.count() == 1


def test_the_command_prints_the_token_alone() -> None:
    make_person("warehouse", "viewer")
    out = io.StringIO()
    call_command("create_api_token", "warehouse", name="창고", scope=["products:read"], stdout=out)
    assert call(out.getvalue().strip()).status_code == 200
    out = io.StringIO()
    call_command("create_api_token", "warehouse", name="둘째", scope=["products:read"], json=True, stdout=out)
    assert call(json.loads(out.getvalue())["token"]).status_code == 200
    with pytest.raises(CommandError, match="warehouse"):
        call_command("create_api_token", "nobody", name="창고", scope=["products:read"])
    with pytest.raises(CommandError, match="이미 있습니다"):
        call_command("create_api_token", "warehouse", name="창고", scope=["products:read"])
