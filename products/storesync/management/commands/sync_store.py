"""`manage.py sync_store`: bring the catalogue to what the store has."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from perfhooks.services import LockHeld
from products.storesync.errors import StoreSyncError
from products.storesync.selectors import RunFacts
from products.storesync.services import DEFAULT_WORKERS, start_run, sync_store

DEFAULT_STORE_NAME = "내 스토어"
EXIT_PARKED = 75
"""The run goes on at the next start (sysexits: temporary failure)."""


class Command(BaseCommand):
    """Exit status 0 when the run is done, 75 when it is parked, 1 when it failed."""

    help = "스토어의 상품을 원장으로 가져옵니다. 멈춘 실행이 있으면 이어서 합니다."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The store, the number of threads, and JSON for machines."""
        parser.add_argument("--store", default=settings.STORE_CODE, help="스토어 코드(기본: STORE_CODE)")
        parser.add_argument("--workers", type=int, default=DEFAULT_WORKERS, help="동시에 보낼 요청 수(기본 4)")
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start or resume a run and print its counts."""
        try:
            run_id = start_run(store_code=options["store"], store_name=DEFAULT_STORE_NAME)
            facts = sync_store(run_id=run_id, workers=max(1, options["workers"]))
        except (StoreSyncError, LockHeld) as error:
            is_resumable = getattr(error, "is_resumable", True)
            raise CommandError(str(error), returncode=EXIT_PARKED if is_resumable else 1) from error
        self.stdout.write(
            json.dumps(asdict(facts), ensure_ascii=False, default=str) if options["json"] else describe(facts)
        )


def describe(facts: RunFacts) -> str:
    """The counts in one Korean line, with what else there is to say below it."""
    line = (
        f"상품 {facts.listed:,}개 확인: 추가 {facts.created:,}, 변경 {facts.updated:,}, 변경 없음 {facts.skipped:,}, "
        f"거부 {facts.refused:,}, 삭제 {facts.deleted:,} (API 호출 {facts.calls:,}회, 429 {facts.rate_limited:,}회)"
    )
    stale = f"그사이 더 새로 고친 기록이 있어 남긴 상품 {facts.stale:,}개" if facts.stale else ""
    return "\n".join(filter(None, [line, stale, facts.error]))
