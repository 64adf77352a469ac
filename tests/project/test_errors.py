"""Errors outside of the pages themselves: in Korean with a way on for people, as a problem document for machines."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from project import urls as urls

TRACE = "trace-of-a-reader"
BROKEN_STORAGE = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


@contextmanager
def broken_products() -> Iterator[None]:
    """Every reading of the product list and of the API fails with a defect."""
    with pytest.MonkeyPatch.context() as patch:

        def fail(*_args: object, **_kwargs: object) -> None:
            raise ZeroDivisionError("a defect with a secret in its text")

        patch.setattr("products.catalog.admin.ProductAdmin.get_queryset", fail)
        patch.setattr("products.catalog.api.ProductList.get_queryset", fail, raising=False)
        patch.setattr("rest_framework.views.APIView.initial", fail)
        yield


def ask(client: Client, case: str) -> HttpResponse:
    """One request that ends in the error of that name."""
    client.raise_request_exception = False
    header = {"X-Trace-Id": TRACE}
    if case == "400":
        return client.get("/admin/", headers={**header, "Host": "evil.example"})  # type: ignore[return-value]
    if case == "403":
        client.force_login(User.objects.create_user("staff", is_staff=True))
        return client.get("/admin/catalog/product/", headers=header)  # type: ignore[return-value]
    if case == "csrf":
        strict = Client(enforce_csrf_checks=True)
        return strict.post("/admin/login/", {"username": "x", "password": "y"}, headers=header)  # type: ignore[return-value]
    if case in ("404", "404 in the admin"):
        client.force_login(User.objects.create_superuser("chief"))
        return client.get("/nowhere" if case == "404" else "/admin/nothing/", headers=header)  # type: ignore[return-value]
    client.force_login(User.objects.create_superuser("chief"))
    if case == "413":
        return client.post("/admin/posts/post/add/", {"body": "ab " * 1_000_000}, headers=header)  # type: ignore[return-value]
    with broken_products():
        return client.get("/admin/catalog/product/", headers=header)  # type: ignore[return-value]


CASES = {
    "400": (400, "잘못된 요청"),
    "403": (403, "권한이 없습니다"),
    "csrf": (403, "보안 확인"),
    "404": (404, "찾는 화면이 없습니다"),
    "404 in the admin": (404, "찾는 화면이 없습니다"),
    "413": (413, "2.6 MB까지"),
    "500": (500, "서버에서 오류가 났습니다"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES)
def test_an_error_says_in_korean_what_happened_and_where_to_go(client: Client, case: str) -> None:
    status, words = CASES[case]
    answer = ask(client, case)
    html = answer.content.decode()
    assert answer.status_code == status
    assert '<html lang="ko"' in html
    assert words in html
    assert TRACE in html
    assert 'href="/admin/"' in html
    assert "desk/desk.css" in html
    assert re.findall(r"<style|<script|\sstyle=|\son[a-z]+=", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []
    assert "secret in its text" not in html


@pytest.mark.django_db
def test_a_page_whose_style_sheets_nobody_collected_still_says_it(client: Client, settings: Settings) -> None:
    settings.STORAGES = BROKEN_STORAGE
    answer = ask(client, "404")
    assert answer.status_code == 404
    assert TRACE in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("/api/v1/nowhere/", 404), ("/api/v1/products/", 500)])
def test_the_api_answers_with_a_problem_document(client: Client, address: str, status: int) -> None:
    client.raise_request_exception = False
    client.force_login(User.objects.create_superuser("chief"))
    with broken_products():
        answer = client.get(address, headers={"X-Trace-Id": TRACE})
    problem = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["trace_id"], problem["errors"]) == (status, TRACE, [])
    assert re.search("[가-힣]", problem["title"])
    assert re.search("[가-힣]", problem["detail"])


@pytest.mark.django_db
def test_a_foreign_host_gets_a_problem_document_from_the_api_too(client: Client) -> None:
    answer = client.get("/api/v1/products/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
