"""The store's credentials and the product's own keys: planted, and then looked for on every page and in every log line."""

import json
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.perfhooks.conftest import lines as lines  # the fixture
from tests.products.catalog.rows import make_product
from tests.support.rows import make_row

pytestmark = pytest.mark.django_db
PLANTED = {
    "STORE_CLIENT_ID": "planted-client-id",
    "STORE_CLIENT_SECRET": "$2a$04$PlantedMarkerSecret00u",
    "METRICS_TOKEN": "planted-metrics-token",
}


def list_addresses() -> list[str]:
    """Every list and every row's page of the desk, the API, and addresses that nobody has."""
    product = make_product()
    pages = ["/admin/", "/admin/products", f"/api/v1/products/{product.pk}/", "/api/v1/products/", "/api/v1/schema/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = make_row(model)
        pages += [
            reverse(f"{name}_changelist"),
            *(reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")),
        ]
    return [*pages, "/nowhere/", "/api/v1/nowhere/", "/admin/nowhere/", "/metrics"]


def test_no_page_and_no_log_line_shows_a_secret(settings: Any, lines: Any) -> None:
    for name, value in PLANTED.items():
        setattr(settings, name, value)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("over-all"))
    secrets = {*PLANTED.values(), settings.SECRET_KEY}
    shown = {address: client.get(address) for address in list_addresses()}
    assert {answer.status_code for answer in shown.values()} <= {200, 404}
    for address, answer in shown.items():
        text = f"{answer.content.decode()}{dict(answer.headers)}"
        assert [secret for secret in secrets if secret in text] == [], address
    written = json.dumps(lines())
    assert "Not Found" in written
    assert [secret for secret in secrets if secret in written] == []
