"""Bringing files of figures into the table: what a file would do first, then all of it in one transaction.

Lines are staged in a temporary table, by COPY on PostgreSQL, so that memory stays bounded; doubles, unknown pages and what
would change are then found by the database. The newest import wins; the same file again changes nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from content.refresh.metricfiles import FIGURES, FileFault, MetricRow, RowFault, read_rows
from content.refresh.models import ImportState, MetricImport, MetricSource
from content.refresh.scoresql import DIFFERS
from content.times import korean_today
from perfhooks.trace import current_trace_id, new_trace_id

ERRORS_KEPT = 500
UNKNOWN_SHOWN = 50
DRAFT_DAYS = 7
STAGED_AT_ONCE = 1_000
FOLDER = "imports/metrics"
STAGE = "refresh_metric_stage"
STAGE_COLUMNS = ("line", "address", "slug", "day", "variant", *FIGURES)
_STAGE_TYPES = ("bigint", "text", "text", "date", "text", "bigint", "bigint", "double precision", *["bigint"] * 3)


class ImportRefused(ValueError):
    """An import that cannot be applied any more; says why and what to do."""


@dataclass(slots=True)
class ImportOutcome:
    """What a file did, or would do. added, changed, unchanged: days of posts; unknown: lines about no post of ours.

    errors: the first of {"line", "column", "value", "fix"}; bad: all lines that have one, doubles among them.
    """

    source: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    unknown: int = 0
    bad: int = 0
    first_day: date | None = None
    last_day: date | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def note(self, faults: Iterable[RowFault]) -> None:
        """Keep the first faults, by their lines."""
        room = ERRORS_KEPT - len(self.errors)
        self.errors += [asdict(fault) for fault in islice(faults, max(0, room))]


class _DryRun(Exception):
    """Ends the transaction of a preview."""


def import_metrics(
    *, file: BinaryIO, source: str, is_dry_run: bool = False, today: date | None = None
) -> ImportOutcome:
    """Read the file and write what it says, all or nothing; with is_dry_run, only find out what it would do.

    Lines with faults are left out and told. Raises FileFault where the file as a whole cannot be read.
    """
    outcome = ImportOutcome(MetricSource(source))
    try:
        with transaction.atomic(), _stage() as copy_in:
            copy_in(_sift(file, outcome, today or korean_today()))
            _drop_doubles(outcome)
            _find_unknown(outcome)
            _count_changes(outcome)
            if is_dry_run:
                raise _DryRun
            _write(outcome.source)
    except _DryRun:
        pass
    except IntegrityError as error:
        raise FileFault("한 글의 하루 합계가 너무 큽니다. 같은 날이 여러 번 들어 있지 않은지 확인하세요.") from error
    outcome.errors.sort(key=lambda fault: fault["line"])
    return outcome


def draft_import(*, file: Any, name: str, source: str, actor: str = "") -> MetricImport:
    """Find out what an uploaded file would do and keep it until somebody decides. Raises FileFault, with nothing kept."""
    outcome = import_metrics(file=_as_binary(file), source=source, is_dry_run=True)
    file.seek(0)
    stored = default_storage.save(f"{FOLDER}/{new_trace_id()}.csv", file)
    return _record(outcome, name=name, actor=actor, stored=stored)


def record_import(outcome: ImportOutcome, *, name: str, actor: str = "") -> MetricImport:
    """Keep what an import from the shell did."""
    return _record(outcome, name=name, actor=actor, applied_at=timezone.now())


def apply_import(*, import_id: int) -> ImportOutcome:
    """Write what a kept file says. Raises ImportRefused when that was decided already, FileFault when it cannot be read."""
    with transaction.atomic():
        row = _hold_draft(import_id)
        with default_storage.open(row.stored) as file:
            outcome = import_metrics(file=_as_binary(file), source=row.source)
        values = _describe(outcome)
        MetricImport.objects.filter(pk=row.pk).update(**values, state=ImportState.APPLIED, applied_at=timezone.now())
        transaction.on_commit(lambda: default_storage.delete(row.stored))
    return outcome


def drop_import(*, import_id: int) -> None:
    """Let a kept file go unused. Raises ImportRefused when that was decided already."""
    with transaction.atomic():
        row = _hold_draft(import_id)
        MetricImport.objects.filter(pk=row.pk).update(state=ImportState.DROPPED)
        transaction.on_commit(lambda: default_storage.delete(row.stored))


def drop_old_drafts(*, now: datetime | None = None) -> int:
    """Let go of the files that nobody decided about for DRAFT_DAYS; returns how many. For the schedule."""
    before = (now or timezone.now()) - timedelta(days=DRAFT_DAYS)
    old = MetricImport.objects.filter(state=ImportState.DRAFT, created_at__lt=before)
    ids = list(old.order_by("id").values_list("id", flat=True))
    for import_id in ids:
        drop_import(import_id=import_id)
    return len(ids)


def _hold_draft(import_id: int) -> MetricImport:
    row = MetricImport.objects.select_for_update().get(pk=import_id)
    if row.state != ImportState.DRAFT:
        raise ImportRefused(f"이미 끝난 가져오기입니다({row.get_state_display()}). 파일을 다시 올리세요.")
    return row


def _describe(outcome: ImportOutcome) -> dict[str, Any]:
    return {key: value for key, value in asdict(outcome).items() if key != "source"}


def _record(
    outcome: ImportOutcome, *, name: str, actor: str, stored: str = "", applied_at: datetime | None = None
) -> MetricImport:
    return MetricImport.objects.create(
        source=outcome.source,
        file_name=name[-200:],
        stored=stored,
        state=ImportState.APPLIED if applied_at else ImportState.DRAFT,
        created_by=actor,
        created_at=timezone.now(),
        applied_at=applied_at,
        trace_id=current_trace_id(),
        **_describe(outcome),
    )


def _as_binary(file: Any) -> BinaryIO:
    """The open file beneath Django's own wrapper, which cannot be read as text."""
    inner: BinaryIO = getattr(file, "file", file)
    return inner


def _sift(file: BinaryIO, outcome: ImportOutcome, today: date) -> Iterator[MetricRow]:
    for row in read_rows(file, source=outcome.source, today=today):
        outcome.rows += 1
        if isinstance(row, MetricRow):
            yield row
        else:
            outcome.bad += 1
            outcome.note([row])


@contextmanager
def _stage() -> Iterator[Any]:
    """An empty temporary table for the block, and how to fill it."""
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(STAGE_COLUMNS, _STAGE_TYPES, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {STAGE} ({columns})")
        try:
            yield _copy_postgres if connection.vendor == "postgresql" else _copy_sqlite
        finally:
            if not connection.needs_rollback and not (connection.vendor == "postgresql" and _is_broken()):
                cursor.execute(f"DROP TABLE {STAGE}")


def _is_broken() -> bool:
    """Whether the transaction has failed, so that the server takes no statement but the rollback."""
    return bool(connection.connection.info.transaction_status.name == "INERROR")


def _cells(row: MetricRow) -> tuple[Any, ...]:
    return (row.line, row.address[:500], row.slug[:200], row.day, row.variant, *row.figures)


def _copy_postgres(rows: Iterable[MetricRow]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {STAGE} ({', '.join(STAGE_COLUMNS)}) FROM STDIN") as out,
    ):
        for row in rows:
            out.write_row(_cells(row))


def _copy_sqlite(rows: Iterable[MetricRow]) -> None:
    marks = ", ".join(["%s"] * len(STAGE_COLUMNS))
    source = iter(rows)
    with connection.cursor() as cursor:
        while batch := [_cells(row) for row in islice(source, STAGED_AT_ONCE)]:
            cursor.executemany(f"INSERT INTO {STAGE} VALUES ({marks})", batch)  # noqa: S608


def _run(sql: str, parameters: dict[str, Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or {})
        return list(cursor.fetchall()) if cursor.description else []


def _drop_doubles(outcome: ImportOutcome) -> None:
    """Of lines that say the same of the same page and day, the first counts."""
    _run(f"CREATE INDEX {STAGE}_key ON {STAGE} (slug, day)")
    numbered = f"""SELECT line, address, MIN(line) OVER same AS first,
        ROW_NUMBER() OVER (PARTITION BY variant, day ORDER BY line) AS number
        FROM {STAGE} WINDOW same AS (PARTITION BY variant, day)"""  # noqa: S608
    ((doubles,),) = _run(f"SELECT COUNT(*) FROM ({numbered}) numbered WHERE number > 1")  # noqa: S608
    if not doubles:
        return
    told = _run(
        f"SELECT line, address, first FROM ({numbered}) numbered WHERE number > 1 ORDER BY line LIMIT {ERRORS_KEPT}"  # noqa: S608
    )
    outcome.note(
        RowFault(line, "주소", address[:80], f"{first:,}줄과 같은 주소와 날짜입니다. 한 줄만 남기세요.")
        for line, address, first in told
    )
    outcome.bad += doubles
    _run(f"DELETE FROM {STAGE} WHERE line IN (SELECT line FROM ({numbered}) numbered WHERE number > 1)")  # noqa: S608


def _find_unknown(outcome: ImportOutcome) -> None:
    strange = f"FROM {STAGE} WHERE NOT EXISTS (SELECT 1 FROM posts_post post WHERE post.slug = {STAGE}.slug)"  # noqa: S608
    ((outcome.unknown,),) = _run(f"SELECT COUNT(*) {strange}")
    told = _run(
        f"SELECT MIN(line), address {strange} GROUP BY address ORDER BY COUNT(*) DESC, MIN(line) LIMIT {UNKNOWN_SHOWN}"
    )
    outcome.note(
        RowFault(line, "주소", address[:80], "이 주소의 글이 없습니다. 글의 주소라면 슬러그를 확인하세요.")
        for line, address in told
    )
    ((outcome.first_day, outcome.last_day),) = _run(f"SELECT MIN(day), MAX(day) FROM {STAGE}")  # noqa: S608
    for name in ("first_day", "last_day"):
        day = getattr(outcome, name)
        setattr(outcome, name, date.fromisoformat(day) if isinstance(day, str) else day)


_WHOLE = tuple(name for name in FIGURES if name != "position")
_SUMMED = f"""SELECT post.id AS post_id, day, {", ".join(f"CAST(SUM({name}) AS bigint) AS {name}" for name in _WHOLE)},
    CAST(ROUND(CAST(COALESCE(
        SUM(position * impressions) / NULLIF(SUM(CASE WHEN position IS NULL THEN 0 ELSE impressions END), 0), AVG(position)
    ) AS numeric), 3) AS double precision) AS position
    FROM {STAGE} JOIN posts_post post ON post.slug = {STAGE}.slug GROUP BY post.id, day"""  # noqa: S608
"""Lines of one post and day together; the position weighs by impressions, rounded, so that sums in any order are alike."""


def _differs(other: str) -> str:
    return " OR ".join(f"kept.{name} {DIFFERS[connection.vendor]} {other}.{name}" for name in FIGURES)


def _count_changes(outcome: ImportOutcome) -> None:
    sql = f"""SELECT COUNT(*), COUNT(kept.id), COUNT(CASE WHEN kept.id IS NOT NULL AND ({_differs("summed")}) THEN 1 END)
        FROM ({_SUMMED}) summed LEFT JOIN refresh_postmetric kept
        ON kept.post_id = summed.post_id AND kept.day = summed.day AND kept.source = %(source)s"""  # noqa: S608
    ((found, known, changed),) = _run(sql, {"source": outcome.source})
    outcome.added, outcome.changed, outcome.unchanged = found - known, changed, known - changed


def _write(source: str) -> None:
    columns = ", ".join(("post_id", "day", *_WHOLE, "position"))
    updates = ", ".join(f"{name} = excluded.{name}" for name in FIGURES)
    # By key, so that two imports cannot wait for each other.
    _run(
        f"""INSERT INTO refresh_postmetric AS kept (source, {columns})
        SELECT %(source)s, {columns} FROM ({_SUMMED}) summed WHERE true ORDER BY post_id, day
        ON CONFLICT (post_id, source, day) DO UPDATE SET {updates} WHERE {_differs("excluded")}""",  # noqa: S608
        {"source": source},
    )
    _run(
        f"""INSERT INTO refresh_metricday (source, day) SELECT DISTINCT %(source)s, day FROM {STAGE} WHERE true
        ON CONFLICT (source, day) DO NOTHING""",  # noqa: S608
        {"source": source},
    )
