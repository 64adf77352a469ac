"""`manage.py set_role` in a process of its own: what it does, says, and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from operations.roles.services import sync_roles
from operations.roles.table import ROLES
from tests.operations.gates.test_command import name_test_database
from tests.operations.roles.people import make_person

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise]


@pytest.fixture(autouse=True)
def roles() -> None:
    """The seven, which other tests' emptying of the database may have taken along."""
    sync_roles()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.test",
        "DATABASE_URL": name_test_database(),
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "set_role", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def roles_of(username: str) -> list[str]:
    connection.close_if_unusable_or_obsolete()
    return sorted(Group.objects.filter(user__username=username).values_list("name", flat=True))


def test_role_is_given_replaced_and_taken_away() -> None:
    Group.objects.create(name="야간 당번")
    make_person("haneul", "야간 당번", is_staff=False)

    done = run("haneul", "viewer")
    assert (done.returncode, done.stdout.strip()) == (0, "haneul: 역할 없음 → 뷰어")
    assert User.objects.get(username="haneul").is_staff
    done = run("haneul", "발행자", "--json")
    answer = {"user": "haneul", "before": ["viewer"], "after": ["publisher"], "is_change": True}
    assert done.returncode == 0
    assert json.loads(done.stdout) == {**answer, "is_staff": True, "is_active": True, "is_superuser": False}
    assert roles_of("haneul") == ["publisher", "야간 당번"]
    assert run("haneul", "publisher").stdout.strip() == "haneul: 발행자 (그대로)"
    done = run("haneul", "none")
    assert done.stdout.splitlines() == ["haneul: 발행자 → 역할 없음", "이제 데스크에 들어올 수 없습니다."]
    assert roles_of("haneul") == ["야간 당번"]


def test_unknown_user_or_role_is_refused_and_told_what_exists() -> None:
    for number in range(12):
        make_person(f"person-{number:02d}", "viewer")
    done = run("nobody", "editor", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "사용자 'nobody'이(가) 없습니다. 있는 사용자: person-00, person-01" in done.stderr
    assert "외 2명" in done.stderr
    done = run("person-00", "king")
    assert done.returncode == 1
    assert "역할 'king'이(가) 없습니다" in done.stderr
    assert all(f"{row.code}({row.label})" in done.stderr for row in ROLES.values())
    assert roles_of("person-00") == ["viewer"]
    assert run("person-00").returncode == 2


def test_a_superuser_stays_one_and_is_told_so() -> None:
    User.objects.create_superuser("root", is_active=False)
    done = run("root", "none")
    assert done.returncode == 0
    assert "최고 관리자라서" in done.stdout
    assert "비활성" in done.stdout
    assert User.objects.get(username="root").is_staff
