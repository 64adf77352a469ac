"""`manage.py insert_links`: propose and insert links between posts as one batch, or take a batch back."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.clusters.linking import BatchRefused, plan_links
from content.clusters.models import LinkBatch
from content.clusters.reasons import REFUSALS
from content.clusters.services import insert_links, undo_batch
from perfhooks.locks import LockHeld


class Command(BaseCommand):
    """Insert, or only propose, or undo."""

    help = "글과 글 사이의 내부 링크를 한 묶음으로 넣습니다. 끊긴 묶음이 있으면 먼저 끝냅니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether anything is written, which batch is undone, and how the counts are said."""
        parser.add_argument("--dry-run", action="store_true", help="몇 개를 넣을지만 말하고 아무것도 쓰지 않습니다")
        parser.add_argument("--plan-only", action="store_true", help="묶음으로 계획만 하고 넣지 않습니다")
        parser.add_argument("--undo", metavar="BATCH", default="", help="이 묶음의 링크를 되돌립니다")
        parser.add_argument("--reason", default="", help="묶음에 남길 이유")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what changed."""
        try:
            done = self._run(options)
        except (LockHeld, BatchRefused) as error:
            raise CommandError(str(error)) from error
        except LinkBatch.DoesNotExist as error:
            raise CommandError(
                f"묶음 '{options['undo']}'이(가) 없습니다. 관리 화면의 링크 묶음에서 확인하세요."
            ) from error
        self.stdout.write(json.dumps(done, ensure_ascii=False) if options["json"] else self._say(done))

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["undo"]:
            return asdict(undo_batch(batch_id=options["undo"]))
        if options["dry_run"] or options["plan_only"]:
            return asdict(plan_links(reason=options["reason"], is_dry_run=options["dry_run"]))
        return asdict(insert_links(reason=options["reason"]))

    def _say(self, done: dict[str, Any]) -> str:
        lines = [f"묶음 {done['batch_id'] or '없음'}"]
        names = {
            "planned": "계획",
            "inserted": "넣음",
            "links": "링크",
            "posts": "글",
            "refused": "거부",
            "resumed": "이어서",
        }
        lines.append(" · ".join(f"{label} {done[name]:,}" for name, label in names.items() if name in done))
        lines += [f"  {REFUSALS.get(code, code)}: {number:,}" for code, number in done.get("refusals", {}).items()]
        lines += [f"  충돌: {title}" for title in done.get("conflicts", ())]
        return "\n".join(lines)
