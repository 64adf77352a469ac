"""The slowest statements of a program, kept for `explain --slowest`."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest

from perfhooks.slow_statements import SlowList, read_slow_statements
from perfhooks.sqltext import normalise_statement

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
COUNT_FAR = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT count(*) FROM n"
PROGRAM = f"""
import django; django.setup()
from django.db import connection
from perfhooks.trace import bind_trace
with bind_trace("slow-trace-1"), connection.cursor() as cursor:
    cursor.execute("CREATE TABLE jots (i integer)")
    cursor.execute("SELECT 1")
    for number in (100, 400_000):
        cursor.execute({COUNT_FAR!r}, [number])
        cursor.fetchall()
"""


def test_a_program_keeps_its_slowest_and_explain_finds_it(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "JANGBU_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'product.sqlite3'}",
        "SLOW_STATEMENTS": "3",
    }
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, check=True, timeout=120)
    environment["SLOW_STATEMENTS"] = "0"
    command = [sys.executable, "manage.py", "explain", "--slowest", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    assert plan["sql"] == COUNT_FAR
    assert "slow-trace-1" in plan["name"]
    (file,) = (tmp_path / "slow").glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "JANGBU_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'product.sqlite3'}",
        "SLOW_STATEMENTS": "0",
    }
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, check=True, timeout=120)
    assert not (tmp_path / "slow").exists()
    done = subprocess.run(
        [sys.executable, "manage.py", "explain", "--slowest"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "SLOW_STATEMENTS" in done.stderr


def run(slow: SlowList, sql: str, seconds: float, *, params: object = (), many: bool = False) -> None:
    connection = SimpleNamespace(alias="default")
    slow.time_statement(lambda *_: sleep(seconds), sql, params, many, {"connection": connection})


def test_one_shape_keeps_its_slowest_run_and_the_list_its_length(tmp_path: Path) -> None:
    slow = SlowList(size=2, folder=tmp_path, floor_seconds=0.001)
    run(slow, "SELECT 1", 0)
    run(slow, "SELECT a FROM t WHERE id = 1", 0.03)
    run(slow, "SELECT a FROM t WHERE id = 2", 0.06, params=(2,))
    run(slow, "SELECT a FROM t WHERE id = 3", 0.01)
    run(slow, "SELECT b FROM t", 0.02)
    run(slow, "INSERT INTO t VALUES (%s)", 0.04, params=[(1,), (2,)], many=True)

    kept = read_slow_statements(tmp_path)
    assert [(statement.sql, statement.params) for statement in kept] == [
        ("SELECT a FROM t WHERE id = 2", [2]),
        ("INSERT INTO t VALUES (%s)", None),
    ]


def test_a_failing_statement_still_fails(tmp_path: Path) -> None:
    slow = SlowList(size=2, folder=tmp_path, floor_seconds=0.0)

    def fail(*_args: object) -> None:
        raise ValueError("the database said no")

    with pytest.raises(ValueError, match="said no"):
        slow.time_statement(fail, "SELECT 1", (), False, {"connection": SimpleNamespace(alias="default")})


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT  a\n FROM t1 WHERE id = 17", "SELECT a FROM t1 WHERE id = ?"),
        ("SELECT a FROM t WHERE id IN (%s, %s, %s)", "SELECT a FROM t WHERE id IN (?)"),
        ("SELECT a FROM t WHERE id IN (SELECT b FROM u)", "SELECT a FROM t WHERE id IN (SELECT b FROM u)"),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%s, %s)", "INSERT INTO t (a, b) VALUES (?)"),
        ("SELECT a FROM t WHERE name = 'it''s' LIMIT 5", "SELECT a FROM t WHERE name = ? LIMIT ?"),
    ],
)
def test_statements_are_told_by_their_shape(sql: str, shape: str) -> None:
    assert normalise_statement(sql) == shape
