"""`manage.py silk_prune`: delete what silk recorded, but for the newest requests."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from perfhooks.recording import is_silk_installed
from perfhooks.silk_pruning import prune_silk


class Command(BaseCommand):
    """Prune silk's tables."""

    help = "silk의 기록을 최근 것만 남기고 지웁니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("--keep", type=int, help="남길 요청 수 (기본: SILK_KEEP). 0이면 모두 지웁니다")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete and say how many."""
        if not is_silk_installed():
            raise CommandError("silk이 꺼져 있습니다. dev나 perf 설정에서 SILK=1로 실행하세요.")
        if options["keep"] is not None and options["keep"] < 0:
            raise CommandError("--keep: 0 이상의 정수를 주세요.")
        counts = prune_silk(keep=options["keep"])
        text = f"요청 {counts.deleted:,}개를 지우고 {counts.kept:,}개를 남겼습니다."
        self.stdout.write(json.dumps(asdict(counts)) if options["json"] else text)
