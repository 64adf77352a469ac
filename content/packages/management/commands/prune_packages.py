"""`manage.py prune_packages`: remove superseded packages beyond settings.PACKAGES_KEPT, and what killed processes and older recipes left."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from content.packages.pruning import prune_packages


class Command(BaseCommand):
    """Remove old packages."""

    help = "오래된 패키지와 남은 임시 파일을 정리합니다. 현재 패키지와 올린 것으로 표시한 패키지는 남습니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--json."""
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력합니다")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prune and say what went."""
        done = prune_packages()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        self.stdout.write(
            f"패키지 {done.removed}개, 임시 파일 {done.strays}개, 주인 없는 파일 {done.orphans}개, "
            f"옛 방법으로 변환한 파일 {done.derivatives}개를 지웠습니다."
        )
        if done.failed:
            self.stderr.write(f"{done.failed}개는 지우지 못했습니다. 폴더의 권한을 고치면 다음에 지웁니다.")
