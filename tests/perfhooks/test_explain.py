"""Plans: what is flagged, what is refused, and that explaining leaves nothing behind."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from perfhooks import named_queries
from perfhooks.explain import ExplainError, Statement, explain_statement
from perfhooks.models import RunLock
from perfhooks.named_queries import NamedQuery, catch_statements, find_query, load_queries

pytestmark = pytest.mark.django_db

ROWS = 3_000
HERE = "tests.perfhooks.selectors_to_explain"
QUERIES = f"""
[[query]]
name = "by-holder"
selector = "{HERE}.by_holder"
arguments = {{ holder = "h:1:2" }}

[[query]]
name = "by-holder-as-meant"
selector = "{HERE}.by_holder"
arguments = {{ holder = "h:1:2" }}
scans = ["perfhooks_runlock"]

[[query]]
name = "by-name"
selector = "{HERE}.by_name"
arguments = {{ name = "lock-7" }}
"""


@pytest.fixture
def locks() -> None:
    now = timezone.now()
    RunLock.objects.bulk_create(
        RunLock(name=f"lock-{number}", holder="h:1:1", acquired_at=now, heartbeat_at=now) for number in range(ROWS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE perfhooks_runlock")


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "explain.toml"
    file.write_text(QUERIES)
    monkeypatch.setattr(named_queries.load_queries, "__defaults__", (file,))


def explain(*words: str, rows: int = 1_000) -> tuple[int, list[dict[str, Any]]]:
    """The command's exit status and what it printed as JSON."""
    output, status = io.StringIO(), 0
    try:
        call_command("explain", *words, "--json", f"--rows={rows}", stdout=output)
    except SystemExit as end:
        status = int(str(end.code))
    return status, json.loads(output.getvalue())


def catch(selector: str, **arguments: object) -> list[Statement]:
    return catch_statements(NamedQuery(name=selector, selector=f"{HERE}.{selector}", arguments=arguments))


@pytest.mark.parametrize("name", load_queries())
def test_every_named_query_of_the_product_can_be_explained(name: str) -> None:
    query = find_query(name)
    for statement in catch_statements(query):
        plan = explain_statement(statement, name=name)
        assert plan.lines
        assert not plan.is_flagged


@pytest.mark.usefixtures("locks", "queries")
class TestLargeTable:
    def test_reading_it_from_end_to_end_is_flagged_with_its_rows(self) -> None:
        status, (plan,) = explain("by-holder")
        assert status == 2
        assert plan["scans"] == [{"table": "perfhooks_runlock", "rows": ROWS, "is_expected": False}]
        assert (plan["milliseconds"] is not None) == (connection.vendor == "postgresql")

    def test_below_the_limit_it_is_not(self) -> None:
        assert explain("by-holder", rows=ROWS)[0] == 0

    def test_an_index_is_fine(self) -> None:
        status, (plan,) = explain("by-name")
        assert (status, plan["scans"]) == (0, [])
        assert "runlock" in " ".join(plan["lines"])

    def test_what_is_meant_is_shown_and_not_flagged(self) -> None:
        status, (plan,) = explain("by-holder-as-meant")
        assert (status, plan["is_flagged"]) == (0, False)
        assert plan["scans"][0]["is_expected"]

    def test_all_of_them_at_once(self) -> None:
        status, plans = explain("--all")
        assert status == 2
        assert [plan["is_flagged"] for plan in plans] == [True, False, False]

    def test_the_table_is_found_behind_an_alias(self) -> None:
        sql = 'SELECT U0."id" FROM "perfhooks_runlock" U0 WHERE U0."holder" = %s'
        plan = explain_statement(Statement(sql, ("x",), "default"), name="alias", large_rows=1_000)
        assert [scan.table for scan in plan.scans] == ["perfhooks_runlock"]

    def test_people_read_the_plan_and_the_finding(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("explain", "by-holder", "--rows=1000")
        printed = capsys.readouterr().out
        assert "순차 스캔: perfhooks_runlock 3,000행" in printed
        assert "SELECT" in printed


@pytest.mark.usefixtures("locks")
def test_selectors_of_every_manner_are_caught() -> None:
    assert len(catch("by_name", name="lock-1")) == 1
    assert "COUNT" in catch("count_held")[0].sql
    (names,) = catch("iter_names")
    assert explain_statement(names, name="names").lines
    (locked,) = catch("lock_one")
    assert explain_statement(locked, name="locked").lines


@pytest.mark.usefixtures("locks")
def test_a_selector_that_writes_is_refused_and_writes_nothing() -> None:
    with pytest.raises(ExplainError, match=r"SELECT 하나만 설명합니다.*UPDATE"):
        catch("take_over", holder="h:2:2")
    assert RunLock.objects.filter(holder="h:2:2").count() == 0


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM perfhooks_runlock",
        "WITH gone AS (DELETE FROM perfhooks_runlock RETURNING id) SELECT * FROM gone",
        "DROP TABLE perfhooks_runlock",
        "EXPLAIN ANALYZE DELETE FROM perfhooks_runlock",
        "SELECT 1; COMMIT; DELETE FROM perfhooks_runlock",
        "SELECT 1; SELECT 2",
    ],
)
def test_anything_but_a_select_is_refused(sql: str) -> None:
    with pytest.raises(ExplainError, match="SELECT 하나만 설명합니다"):
        explain_statement(Statement(sql, (), "default"), name="x")


@pytest.mark.postgresql
@pytest.mark.usefixtures("locks")
def test_a_select_that_would_change_something_is_refused_by_the_transaction() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite runs nothing while it explains")
    sql = "SELECT nextval('perfhooks_runlock_id_seq')"
    with pytest.raises(ExplainError, match="read-only"):
        explain_statement(Statement(sql, (), "default"), name="x")
    assert RunLock.objects.count() == ROWS


def test_a_page_is_explained_as_it_is_served_and_leaves_nobody_behind() -> None:
    status, plans = explain("--path=/admin/perfhooks/perfrun/")
    assert status == 0
    assert any("perfhooks_perfrun" in plan["sql"] for plan in plans)
    assert (User.objects.count(), Session.objects.count()) == (0, 0)


def test_what_cannot_be_explained_is_named() -> None:
    with pytest.raises(CommandError, match="product-list"):
        call_command("explain", "nothing-of-that-name")
    with pytest.raises(CommandError, match="상태 404"):
        call_command("explain", "--path=/nowhere/")
    with pytest.raises(CommandError, match="--list"):
        call_command("explain")
    with pytest.raises(ExplainError, match="아무것도 묻지"):
        catch("ask_nothing")
    with pytest.raises(ExplainError, match="gone"):
        catch_statements(NamedQuery(name="gone", selector=f"{HERE}.gone"))


def test_an_entry_with_both_ways_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "explain.toml"
    file.write_text('[[query]]\nname = "both"\nselector = "a.b"\npath = "/"\n')
    with pytest.raises(ExplainError, match="both: selector와 path"):
        load_queries(file)
