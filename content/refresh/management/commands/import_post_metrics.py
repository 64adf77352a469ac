"""`manage.py import_post_metrics FILE --source search_console|store`: bring daily figures of posts into the table."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from content.refresh.metricfiles import FileFault
from content.refresh.metricimports import import_metrics, record_import
from content.refresh.models import MetricSource

ERRORS_PRINTED = 20


class Command(BaseCommand):
    """Import a file. Exit status 1 when a line was left out because of a fault; lines about no post of ours are no fault."""

    help = (
        "서치 콘솔이나 스토어 리포트의 CSV에서 글마다 날마다의 성과를 가져옵니다. 같은 파일은 여러 번 넣어도 같습니다."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and where it comes from."""
        parser.add_argument("file", type=Path, help="CSV 파일")
        parser.add_argument("--source", choices=MetricSource.values, required=True, help="어디에서 온 파일인지")
        parser.add_argument("--dry-run", action="store_true", help="무엇이 바뀌는지만 보고 쓰지 않습니다")
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, write, and say what became of the lines."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                outcome = import_metrics(file=file, source=options["source"], is_dry_run=options["dry_run"])
        except (OSError, FileFault) as error:
            raise CommandError(f"{path}: {error}") from error
        if not options["dry_run"]:
            record_import(outcome, name=path.name)
        if options["json"]:
            told = asdict(outcome) | {"is_dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{outcome.rows:,}줄: 새로 {outcome.added:,}, 바뀜 {outcome.changed:,}, 그대로 {outcome.unchanged:,}, "
                f"글이 아닌 줄 {outcome.unknown:,}, 틀린 줄 {outcome.bad:,}"
                + (" (쓰지 않음)" if options["dry_run"] else "")
            )
            for fault in outcome.errors[:ERRORS_PRINTED]:
                self.stdout.write(f"  {fault['line']}줄 {fault['column']} '{fault['value']}': {fault['fix']}")
        if outcome.bad:
            raise SystemExit(1)
