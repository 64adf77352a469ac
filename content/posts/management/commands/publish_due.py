"""`manage.py publish_due`: publish the scheduled posts whose time has come. The schedule does so every minute."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from content.posts.publishing import publish_due


class Command(BaseCommand):
    """Publish what is due. Exit status 1 when a post failed for a defect."""

    help = "예약 시각이 된 글을 게시합니다. 여러 번, 여러 곳에서 함께 실행해도 됩니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to print."""
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish, and say what became of them."""
        done = publish_due()
        words = f"게시 {done.published}건, 점검 사항 때문에 미룸 {done.blocked}건, 실패 {done.failed}건"
        self.stdout.write(json.dumps(asdict(done)) if options["json"] else words)
        if done.failed:
            raise SystemExit(1)
