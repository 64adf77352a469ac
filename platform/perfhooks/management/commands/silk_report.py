"""`manage.py silk_report`: the slowest views, those that ask most, and the queries that repeat themselves."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.table import Table

from perfhooks.recording import is_silk_installed
from perfhooks.silk_report import RepeatedQuery, SilkReport, ViewCost, read_report


class Command(BaseCommand):
    """Report what silk recorded."""

    help = "silk이 기록한 요청에서 느린 화면, 쿼리가 많은 화면, 반복되는 쿼리(N+1 의심)를 보여 줍니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options."""
        parser.add_argument("--requests", type=int, default=1_000, help="최근 몇 개의 요청을 읽을지 (기본 1000)")
        parser.add_argument("--repeats", type=int, default=3, help="한 요청에서 몇 번부터 반복으로 볼지 (기본 3)")
        parser.add_argument("--length", type=int, default=10, help="목록마다 몇 줄을 보일지 (기본 10)")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and print."""
        if not is_silk_installed():
            raise CommandError("silk이 꺼져 있습니다. dev나 perf 설정에서 SILK=1로 실행하세요.")
        for name in ("requests", "repeats", "length"):
            if options[name] < 1:
                raise CommandError(f"--{name}: 1 이상의 정수를 주세요.")
        try:
            report = read_report(requests=options["requests"], repeats=options["repeats"], length=options["length"])
        except DatabaseError as error:
            raise CommandError(
                f"silk의 표를 읽지 못했습니다. SILK=1 manage.py migrate를 실행하세요. ({error})"
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), ensure_ascii=False))
        else:
            self._print(report)

    def _print(self, report: SilkReport) -> None:
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
        console.print(
            f"요청 {report.requests:,}개, 쿼리 {report.queries:,}개. 시간에는 silk 자신의 비용이 들어 있습니다."
        )
        console.print(_view_table("느린 화면", report.slowest))
        console.print(_view_table("쿼리가 많은 화면", report.most_queries))
        if report.repeated:
            console.print(_repeat_table(report.repeated))
        else:
            console.print("한 요청에서 반복된 쿼리가 없습니다.")


def _view_table(title: str, views: tuple[ViewCost, ...]) -> Table:
    table = Table("화면", "방식", "요청", "p50 ms", "p95 ms", "최대 ms", "쿼리 p50", "쿼리 최대", title=title)
    for column in table.columns[2:]:
        column.justify = "right"
    for cost in views:
        times = (f"{figure:,.1f}" for figure in (cost.p50_ms, cost.p95_ms, cost.max_ms))
        asked = (f"{cost.queries_p50:,.0f}", f"{cost.queries_max:,}")
        table.add_row(cost.view or "(이름 없음)", cost.method, f"{cost.requests:,}", *times, *asked)
    return table


def _repeat_table(repeated: tuple[RepeatedQuery, ...]) -> Table:
    table = Table("화면", "한 요청 최대", "요청", "합계", "ms", "부른 곳", "SQL", title="반복되는 쿼리 (N+1 의심)")
    for column in table.columns[1:5]:
        column.justify = "right"
    table.columns[-1].overflow = "fold"
    for query in repeated:
        numbers = (f"{query.times:,}", f"{query.requests:,}", f"{query.total:,}", f"{query.milliseconds:,.1f}")
        table.add_row(query.view or "(이름 없음)", *numbers, query.where or "–", query.sql)
    return table
