"""What is counted: the ORM, bulk writes, raw SQL and COPY; rows for writes only; per thread and per span."""

import pytest
from django.db import DataError, connection
from django.utils import timezone

from perfhooks.models import RunLock
from perfhooks.queries import copy_rows, count_queries
from perfhooks.recorder import Recorder
from perfhooks.spans import span
from tests.perfhooks.conftest import Lines

pytestmark = pytest.mark.django_db

COPY = "COPY perfhooks_runlock (name, holder, acquired_at, heartbeat_at) FROM STDIN"


def locks(number: int) -> list[RunLock]:
    now = timezone.now()
    return [RunLock(name=f"lock-{n}", holder="h:1:1", acquired_at=now, heartbeat_at=now) for n in range(number)]


def test_bulk_create_is_one_query_with_its_rows() -> None:
    with count_queries() as counted:
        RunLock.objects.bulk_create(locks(7))

    assert (counted.queries, counted.rows_written, counted.copies) == (1, 7, 0)
    assert counted.by_alias == {"default": 1}


def test_a_saved_object_counts_as_one_row_whether_its_key_is_read_back_or_not() -> None:
    with count_queries() as counted:
        (lock,) = locks(1)
        lock.save()
        assert counted.rows_written == 1
        RunLock.objects.bulk_create(locks(3)[1:], ignore_conflicts=True)

    assert (counted.queries, counted.rows_written) == (2, 3)


def test_reads_count_as_queries_but_not_as_rows() -> None:
    RunLock.objects.bulk_create(locks(3))
    with count_queries() as counted:
        assert len(RunLock.objects.all()) == 3
        assert RunLock.objects.count() == 3

    assert (counted.queries, counted.rows_written) == (2, 0)


def test_updates_deletes_and_raw_sql_count_their_rows() -> None:
    RunLock.objects.bulk_create(locks(5))
    with count_queries() as counted, connection.cursor() as cursor:
        RunLock.objects.filter(name__in=["lock-1", "lock-2"]).update(holder="other:1:1")
        cursor.execute("  update perfhooks_runlock SET holder = %s WHERE name = %s", ["raw:1:1", "lock-3"])
        cursor.executemany("DELETE FROM perfhooks_runlock WHERE name = %s", [["lock-0"], ["lock-1"]])

    assert (counted.queries, counted.rows_written) == (3, 5)


@pytest.mark.postgresql
def test_a_write_behind_a_common_table_expression_counts_its_rows() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not tell the rows of a write behind WITH")
    RunLock.objects.bulk_create(locks(4))
    with count_queries() as counted, connection.cursor() as cursor:
        cursor.execute(
            "WITH chosen AS (SELECT id FROM perfhooks_runlock WHERE name <> 'lock-0') "
            "UPDATE perfhooks_runlock SET holder = 'cte:1:1' WHERE id IN (SELECT id FROM chosen)"
        )

    assert (counted.queries, counted.rows_written) == (1, 3)


def test_the_count_stands_still_after_its_block() -> None:
    with count_queries() as counted:
        RunLock.objects.count()
    RunLock.objects.count()

    assert counted.queries == 1


def test_counts_nest() -> None:
    with count_queries() as outer:
        RunLock.objects.count()
        with count_queries() as inner:
            RunLock.objects.count()

    assert (outer.queries, inner.queries) == (2, 1)


def test_a_span_carries_its_queries_and_rows_into_line_and_summary(lines: Lines) -> None:
    with Recorder() as recorder, span("db_upsert_seconds"):
        RunLock.objects.bulk_create(locks(6))
        with span("db_txn_seconds"):
            RunLock.objects.count()

    stages = {stage.name: (stage.queries, stage.rows) for stage in recorder.summary()}
    assert stages == {"db_txn_seconds": (1, 0), "db_upsert_seconds": (2, 6)}
    assert [(line["queries"], line["rows_written"]) for line in lines()] == [(1, 0), (2, 6)]


@pytest.fixture
def copied_rows() -> list[tuple[str, str, object, object]]:
    if connection.vendor != "postgresql":
        pytest.skip("COPY exists on PostgreSQL only")
    now = timezone.now()
    return [(f"copied-{n}", "h:1:1", now, now) for n in range(250)]


@pytest.mark.postgresql
def test_copy_counts_itself_as_one_query_with_its_rows(copied_rows: list[tuple[str, str, object, object]]) -> None:
    with Recorder() as recorder, span("db_upsert_seconds"), count_queries() as counted, connection.cursor() as cursor:
        assert copy_rows(cursor, COPY, copied_rows) == 250

    assert (counted.queries, counted.rows_written, counted.copies) == (1, 250, 1)
    assert [(stage.queries, stage.rows) for stage in recorder.summary()] == [(1, 250)]
    assert RunLock.objects.filter(name__startswith="copied-").count() == 250


@pytest.mark.postgresql
def test_binary_copy_takes_the_column_types(copied_rows: list[tuple[str, str, object, object]]) -> None:
    with connection.cursor() as cursor:
        types = ["varchar", "varchar", "timestamptz", "timestamptz"]
        assert copy_rows(cursor, f"{COPY} (FORMAT BINARY)", copied_rows, types=types) == 250

    assert RunLock.objects.filter(name__startswith="copied-").count() == 250


@pytest.mark.postgresql
def test_a_bad_row_arrives_as_djangos_error(copied_rows: list[tuple[str, str, object, object]]) -> None:
    bad = ("x" * 81, *copied_rows[0][1:])
    with pytest.raises(DataError), connection.cursor() as cursor:
        copy_rows(cursor, COPY, [bad])
