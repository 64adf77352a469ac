"""`manage.py perf_report`: week against week, from the benches' history file and the stored runs."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from perfhooks.bench.history import HistoryError
from perfhooks.bench.options import count
from perfhooks.bench.places import default_history
from perfhooks.weekly.chart import draw_file
from perfhooks.weekly.report import draw_weeks, write_csv
from perfhooks.weekly.selectors import WEEKS_SHOWN, read_weeks

WEEKS_MAX = 520


def count_weeks(text: str) -> int:
    """Return a number of weeks, as argparse takes it: ten years at the most."""
    weeks = count(text)
    if weeks > WEEKS_MAX:
        raise ArgumentTypeError(f"{text}: {WEEKS_MAX} 이하의 정수를 주세요")
    return weeks


class Command(BaseCommand):
    """Print the weeks, and write them as CSV and as a chart."""

    help = "벤치 기록과 저장된 측정을 주별로 비교해 표로 보이고, CSV와 SVG로 씁니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How far back, from where, and where to."""
        parser.add_argument("--weeks", type=count_weeks, default=WEEKS_SHOWN, help=f"볼 주의 수 (기본 {WEEKS_SHOWN})")
        parser.add_argument("--history", type=Path, help=f"벤치 기록 (기본 {default_history()})")
        parser.add_argument("--csv", type=Path, help="CSV를 쓸 곳 (기본: 보고서 폴더의 performance-weeks.csv)")
        parser.add_argument("--svg", type=Path, help="차트를 쓸 곳 (기본: 보고서 폴더의 performance-weeks.svg)")
        parser.add_argument("--json", action="store_true", help="표 대신 JSON을 출력합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, print, write."""
        history = options["history"] or default_history()
        try:
            weeks = read_weeks(now=timezone.now(), weeks=options["weeks"], history=history)
        except HistoryError as error:
            raise CommandError(str(error)) from error
        table, chart = (options[kind] or settings.REPORT_DIR / f"performance-weeks.{kind}" for kind in ("csv", "svg"))
        try:
            write_csv(table, weeks)
            chart.parent.mkdir(parents=True, exist_ok=True)
            chart.write_text(draw_file(weeks), encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"{error.filename}: 쓸 수 없습니다({error.strerror}). --csv, --svg를 고치세요."
            ) from error
        if options["json"]:
            document = [{**asdict(series), "change": series.change} for series in weeks]
            self.stdout.write(json.dumps(document, ensure_ascii=False, default=str))
            return
        if not weeks:
            self.stdout.write(
                f"지난 {options['weeks']}주 동안 잰 것이 없습니다. scripts/bench_*.py나 pipeline을 실행하세요."
            )
            return
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
        console.print(draw_weeks(weeks))
        console.print(
            "변화: 전 주의 몇 배 느려졌는지. 기준이 있으면 기준과의 비율로, 없으면 p95로 셉니다.", style="dim"
        )
        self.stdout.write(f"CSV: {table}\n차트: {chart}")
