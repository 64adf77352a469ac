"""A request that is sent again under its key is carried out once, also when two come together or a process dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models.signals import pre_delete
from django.utils import timezone
from rest_framework.test import APIClient

from products.catalog.models import Product
from products.idempotency.models import KeptAnswer
from products.idempotency.services import Answer, KeyInUse, carry_out_once, forget_expired
from tests.products.catalog.rows import make_product
from tests.products.catalog.test_api import ADDRESS, make_client, read_problem

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
KEY = "0b6c1b0e-5f0e-4a39-9c5e-0d6f9a1f0a01"
DONE = Answer(200, "{}")


@pytest.fixture
def editor() -> APIClient:
    """May read and change."""
    return make_client("view_product", "change_product")


def set_priority(client: APIClient, product: Product, priority: int, key: str = KEY, **body: Any) -> Any:
    given = {"priority": priority, "version": 0, **body}
    return client.patch(f"{ADDRESS}{product.pk}/", given, format="json", headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer_and_changes_nothing_more(
    editor: APIClient, django_assert_num_queries: Any
) -> None:
    product = make_product()
    first = set_priority(editor, product, 30)
    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert not first.has_header("Idempotency-Replayed")
    Product.objects.filter(pk=product.pk).update(priority=7)
    with django_assert_num_queries(4 if connection.vendor == "postgresql" else 3):  # a savepoint, a lock, a look-up
        again = set_priority(editor, product, 30)
    assert (again.status_code, again.content, again["ETag"]) == (200, first.content, first["ETag"])
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert again["Idempotency-Replayed"] == "true"
    product.refresh_from_db()
    assert (product.priority, product.version) == (7, 1)
    assert LogEntry.objects.count() == KeptAnswer.objects.count() == 1


def test_a_key_is_of_one_request(editor: APIClient) -> None:
    product, other = make_product(1), make_product(2)
    set_priority(editor, product, 30)
    for answer in (set_priority(editor, product, 31), set_priority(editor, other, 30)):
        assert read_problem(answer, 422)["errors"][0]["field"] == "Idempotency-Key"
    other.refresh_from_db()
    assert other.version == 0


def test_a_key_is_of_one_caller(editor: APIClient) -> None:
    product = make_product()
    set_priority(editor, product, 30)
    colleague = make_client("view_product", "change_product", name="colleague")
    assert set_priority(colleague, product, 40, version=1).json()["priority"] == 40
    assert KeptAnswer.objects.count() == 2


def test_a_refused_request_may_be_mended_under_its_key(editor: APIClient) -> None:
    product = make_product(version=4)
    read_problem(set_priority(editor, product, 30), 409)
    assert not KeptAnswer.objects.exists()
    assert set_priority(editor, product, 30, version=4).json()["version"] == 5


def test_a_key_can_be_used_again_when_its_time_is_over(
    editor: APIClient, django_capture_on_commit_callbacks: Any
) -> None:
    product = make_product()
    with django_capture_on_commit_callbacks(execute=True):
        set_priority(editor, product, 30)
        set_priority(editor, product, 31, key="another", version=1)
    KeptAnswer.objects.filter(key=KEY).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert set_priority(editor, product, 32, version=2).json()["priority"] == 32
    KeptAnswer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert forget_expired() == 2
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "a" * 256, "two words", "열쇠"])
def test_what_is_no_key_is_refused(editor: APIClient, key: str) -> None:
    product = make_product()
    assert read_problem(set_priority(editor, product, 30, key=key), 400)["errors"][0]["field"] == "Idempotency-Key"
    product.refresh_from_db()
    assert product.version == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_at_one_time_one_is_carried_out() -> None:
    begun, may_end, acts = Event(), Event(), []

    def act() -> Answer:
        acts.append(1)
        begun.set()
        assert may_end.wait(30)
        return DONE

    def run(act: Callable[[], Answer]) -> Answer:
        try:
            return carry_out_once(caller="user:1", key=KEY, request_hash="0" * 32, act=act)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, act)
        assert begun.wait(30)
        second = pool.submit(run, act)
        if connection.vendor == "postgresql":
            with pytest.raises(KeyInUse):
                second.result(30)
        may_end.set()
        assert not first.result(30).is_replayed
        if connection.vendor != "postgresql":
            assert second.result(30).is_replayed
        assert pool.submit(run, act).result(30).is_replayed
    assert acts == [1]


@pytest.mark.django_db(transaction=True)
def test_what_is_done_is_answered_though_old_answers_cannot_be_removed(editor: APIClient) -> None:
    product = make_product()

    def break_off(**_given: Any) -> None:
        raise InterruptedError

    KeptAnswer.objects.create(caller="x", key=KEY, status=200, body="{}", expires_at=timezone.now())
    pre_delete.connect(break_off, sender=KeptAnswer)
    try:
        assert set_priority(editor, product, 30).status_code == 200
    finally:
        pre_delete.disconnect(break_off, sender=KeptAnswer)
    assert set_priority(editor, product, 30)["Idempotency-Replayed"] == "true"


DYING = f"""
import os, signal, sys
import django
django.setup()
from products.catalog.edits import edit_product
from products.idempotency.services import carry_out_once

def act():
    edit_product(product_id=int(sys.argv[1]), priority=30, expected_version=0, actor="editor")
    os.kill(os.getpid(), signal.SIGKILL)

carry_out_once(caller="user:1", key="{KEY}", request_hash="0" * 32, act=act)
"""


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_at_work_leaves_neither_change_nor_answer() -> None:
    product = make_product()
    database = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT']}/" if connection.vendor == "postgresql" else "/"
    login = f"{database['USER']}:{database['PASSWORD']}@" if connection.vendor == "postgresql" else ""
    scheme = "postgres" if connection.vendor == "postgresql" else "sqlite"
    environment = {**os.environ, "DATABASE_URL": f"{scheme}://{login}{place}{database['NAME']}"}
    killed = subprocess.run(
        [sys.executable, "-c", DYING, str(product.pk)],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "project.settings.test"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    product.refresh_from_db()
    assert (product.priority, product.version) == (0, 0)
    assert not KeptAnswer.objects.exists()
    again = carry_out_once(caller="user:1", key=KEY, request_hash="0" * 32, act=lambda: DONE)
    assert not again.is_replayed
