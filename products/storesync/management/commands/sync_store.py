"""`manage.py sync_store`: bring the catalogue to what the store has."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from perfhooks.services import LockHeld
from products.storesync.errors import StoreSyncError
from products.storesync.failures import request_retries
from products.storesync.models import Reason
from products.storesync.preview import SyncPreview, preview_sync
from products.storesync.selectors import RunFacts
from products.storesync.services import DEFAULT_WORKERS, start_run, sync_store

DEFAULT_STORE_NAME = "내 스토어"
EXIT_PARKED = 75
"""The run goes on at the next start (sysexits: temporary failure)."""


class Command(BaseCommand):
    """Exit status 0 when the run is done, 75 when it is parked, 1 when it failed."""

    help = "스토어의 상품을 원장으로 가져옵니다. 멈춘 실행이 있으면 이어서 합니다."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The store, the number of threads, the ways of reading, and JSON for machines."""
        parser.add_argument("--store", default=settings.STORE_CODE, help="스토어 코드(기본: STORE_CODE)")
        parser.add_argument("--workers", type=int, default=DEFAULT_WORKERS, help="동시에 보낼 요청 수(기본 4)")
        parser.add_argument(
            "--no-incremental", action="store_true", help="바뀌지 않은 상품까지 모든 상세를 다시 읽습니다"
        )
        parser.add_argument("--no-cache", action="store_true", help="호출마다 토큰과 연결을 새로 만듭니다(비교 측정용)")
        parser.add_argument(
            "--retry-failed", action="store_true", help="여러 번 실패해 쉬고 있는 상품까지 모두 다시 읽습니다"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="목록만 읽어 예정된 호출, 기록, 시간을 보이고 아무것도 쓰지 않습니다"
        )
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or resume a run and print its counts, or print what it would do."""
        try:
            facts = preview(options) if options["dry_run"] else run(options)
        except (StoreSyncError, LockHeld) as error:
            is_resumable = getattr(error, "is_resumable", True)
            raise CommandError(str(error), returncode=EXIT_PARKED if is_resumable else 1) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(facts), ensure_ascii=False, default=str))
        else:
            self.stdout.write(describe_preview(facts) if isinstance(facts, SyncPreview) else describe(facts))


def run(options: dict[str, Any]) -> RunFacts:
    """Carry a run out; raises StoreSyncError, LockHeld."""
    if options["retry_failed"]:
        request_retries(store_code=options["store"])
    run_id = start_run(
        store_code=options["store"],
        store_name=DEFAULT_STORE_NAME,
        is_incremental=not options["no_incremental"],
        is_cached=not options["no_cache"],
    )
    return sync_store(run_id=run_id, workers=max(1, options["workers"]))


def preview(options: dict[str, Any]) -> SyncPreview:
    """What a run would do; raises StoreSyncError."""
    return preview_sync(store_code=options["store"], is_incremental=not options["no_incremental"])


def describe(facts: RunFacts) -> str:
    """The counts in one Korean line, with what else there is to say below it."""
    line = (
        f"상품 {facts.listed:,}개 확인: 추가 {facts.created:,}, 변경 {facts.updated:,}, 변경 없음 {facts.skipped:,}, "
        f"거부 {facts.refused:,}, 삭제 {facts.deleted:,} (API 호출 {facts.calls:,}회, 429 {facts.rate_limited:,}회)"
    )
    stale = f"그사이 더 새로 고친 기록이 있어 남긴 상품 {facts.stale:,}개" if facts.stale else ""
    return "\n".join(filter(None, [line, stale, facts.error]))


def describe_preview(preview: SyncPreview) -> str:
    """The planned calls, writes and time in Korean, a line for each."""
    reasons = ", ".join(f"{Reason(name).label} {number:,}" for name, number in preview.reasons.items())
    lines = [
        f"상품 {preview.listed:,}개 확인: 변경 없음 {preview.unchanged:,}, 거부 {preview.refused:,}",
        f"예정된 호출: 상세 {preview.detail_calls:,}회{f' ({reasons})' if reasons else ''}, "
        f"삭제 확인 {preview.confirm_calls:,}회 (목록 {preview.list_calls:,}회는 읽음)",
        f"예정된 기록: 추가 {preview.insert_rows:,}, 변경 최대 {preview.update_rows:,}, 삭제 최대 {preview.delete_rows:,}",
        f"예상 시간: {preview.seconds:,.1f}초 (초당 {preview.rate_per_second:,.0f}회)",
        preview.doubt,
        "아무것도 쓰지 않았습니다.",
    ]
    return "\n".join(filter(None, lines))
