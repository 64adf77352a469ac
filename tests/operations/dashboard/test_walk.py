"""Every page of the desk, empty and full: it opens, in Korean, with a number of queries that rows do not move."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import results
from django.contrib.auth.models import Permission, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from perfhooks.rows import BETWEEN_ROWS, read_columns, render_rows
from tests.support.rows import make_row

pytestmark = pytest.mark.django_db
QUERIES_A_PAGE = 8
TERMS = {"SKU", "SHA-256", "dHash", "wHash", "p50", "p95", "p99"}
DESK = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
PAGES_OF_THEIR_OWN = {"gates.gatedecision", "perfhooks.listusage", "perfhooks.perfrun"}
"""Instead of a list."""
HOUSE = [model for model in DESK if not model.__module__.startswith("django.")]


def list_address(model: type[models.Model]) -> str:
    """Where the model's list is."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def count_queries(client: Client, address: str) -> int:
    """How many queries the page took; the statements are printed, so that a failure shows them."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200, address
    print(address, *[query["sql"][:200] for query in captured], sep="\n  ")
    return len(captured)


@pytest.mark.parametrize("model", DESK, ids=lambda model: model._meta.label_lower)
def test_list_takes_the_same_few_queries_with_any_number_of_rows(
    admin_client: Client, model: type[models.Model]
) -> None:
    address = list_address(model)
    count_queries(admin_client, address)  # content types and the like are read once a process
    empty = count_queries(admin_client, address)
    make_row(model)
    one = count_queries(admin_client, address)
    for _ in range(59):
        make_row(model)
    full = count_queries(admin_client, address)
    assert empty <= one == full <= QUERIES_A_PAGE


@pytest.mark.parametrize("model", DESK, ids=lambda model: model._meta.label_lower)
def test_list_stays_within_the_limit_for_who_has_every_right_by_name(client: Client, model: type[models.Model]) -> None:
    member = User.objects.create_user("member", password="secret-of-a-test", is_staff=True)
    member.user_permissions.set(Permission.objects.all())
    client.force_login(member)
    make_row(model)
    count_queries(client, list_address(model))
    assert count_queries(client, list_address(model)) <= QUERIES_A_PAGE


@pytest.mark.parametrize("model", DESK, ids=lambda model: model._meta.label_lower)
def test_list_shows_the_cells_that_django_would_write(admin_client: Client, model: type[models.Model]) -> None:
    for _ in range(3):
        make_row(model)
    context = admin_client.get(f"{list_address(model)}?o=1").context
    if "cl" not in context:
        assert model._meta.label_lower in PAGES_OF_THEIR_OWN
        return
    changes = context["cl"]
    shown = render_rows(changes).split(BETWEEN_ROWS)
    assert shown == ["".join(cells) for cells in results(changes)]
    assert len(shown) >= 3


def test_no_list_of_the_house_is_left_to_django(admin_client: Client) -> None:
    lists = [model for model in HOUSE if model._meta.label_lower not in PAGES_OF_THEIR_OWN]
    shown = {model: admin_client.get(list_address(model)).context["cl"] for model in lists}
    assert [model for model, changes in shown.items() if read_columns(changes) is None] == []


@pytest.mark.parametrize("model", DESK, ids=lambda model: model._meta.label_lower)
def test_page_of_a_row_opens(admin_client: Client, model: type[models.Model]) -> None:
    row = make_row(model)
    meta = model._meta
    count_queries(admin_client, reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label_lower)
def test_list_has_at_most_eight_columns_with_korean_headings(admin_client: Client, model: type[models.Model]) -> None:
    make_row(model)
    html = admin_client.get(list_address(model)).content.decode()
    content = html[html.index('id="content"') :]
    headings = re.findall(r'<th[^>]*scope="col"[^>]*>(.*?)</th>', content[: content.index("</thead>")], re.S)
    shown = [re.sub(r"<div class=.sortoptions.*?</div>", "", heading, flags=re.S) for heading in headings]
    words = [" ".join(re.sub(r"<[^>]+>", " ", heading).split()) for heading in shown if "action-toggle" not in heading]
    assert len(words) <= 8
    assert [word for word in words if not re.search("[가-힣]", word) and word not in TERMS] == []


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label_lower)
def test_the_tab_of_a_list_names_the_page(admin_client: Client, model: type[models.Model]) -> None:
    title = re.search(r"<title>(.*?)</title>", admin_client.get(list_address(model)).content.decode(), re.S)
    assert title is not None
    assert "선택" not in title[1]
    if model._meta.label_lower not in PAGES_OF_THEIR_OWN:
        assert title[1].strip() == f"{model._meta.verbose_name_plural} | 장부"


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label_lower)
def test_every_table_and_field_has_a_korean_name(model: type[models.Model]) -> None:
    fields = [str(field.verbose_name) for field in model._meta.concrete_fields if not field.primary_key]
    names = [str(model._meta.verbose_name), *fields]
    plain = [name for name in names if not re.search("[가-힣]", name)]
    assert [name for name in plain if name not in TERMS] == []


@pytest.mark.parametrize("model", HOUSE, ids=lambda model: model._meta.label_lower)
def test_no_page_carries_inline_script_or_style(admin_client: Client, model: type[models.Model]) -> None:
    make_row(model)
    html = admin_client.get(list_address(model)).content.decode()
    assert re.findall(r"<style|<script>|\sstyle=|\son[a-z]+=", html) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []
