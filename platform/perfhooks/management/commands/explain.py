"""`manage.py explain`: how the database answers a named query, a page or the slowest statements seen."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from perfhooks.explain import LARGE_TABLE_ROWS, ExplainError, Plan, Statement, explain_statement
from perfhooks.named_queries import NamedQuery, catch_statements, find_query, load_queries
from perfhooks.slow_statements import read_slow_statements

FLAGGED_STATUS = 2


class Command(BaseCommand):
    """Print plans; exit status 0 fine, 2 when a large table is read from end to end, 1 on a refusal."""

    help = "쿼리의 실행 계획을 보이고, 큰 표를 처음부터 끝까지 읽는 곳을 짚어 냅니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to explain, and how."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="config/explain.toml의 이름")
        parser.add_argument("--list", action="store_true", help="아는 이름을 보여 줍니다")
        parser.add_argument("--all", action="store_true", help="이름 있는 쿼리를 모두 설명합니다")
        parser.add_argument("--path", help="이 주소의 화면이 보내는 SELECT를 모두 설명합니다")
        parser.add_argument(
            "--slowest", type=int, nargs="?", const=5, help="SLOW_STATEMENTS로 모은 가장 느린 문장 (기본 5)"
        )
        parser.add_argument("--rows", type=int, default=LARGE_TABLE_ROWS, help="큰 표로 볼 행 수 (기본 10000)")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Explain, print, and end with the true status."""
        try:
            if options["list"]:
                self._print_names()
                return
            plans = list(self._explain(options))
        except ExplainError as error:
            raise CommandError(str(error)) from error
        if not plans:
            raise CommandError("NAME, --all, --path, --slowest 가운데 하나를 주세요. 이름은 --list로 볼 수 있습니다.")
        if options["json"]:
            found = [{**asdict(plan), "is_flagged": plan.is_flagged} for plan in plans]
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self._print(plans)
        if any(plan.is_flagged for plan in plans):
            sys.exit(FLAGGED_STATUS)

    def _explain(self, options: dict[str, Any]) -> Iterator[Plan]:
        queries = list(load_queries().values()) if options["all"] else [find_query(name) for name in options["names"]]
        if options["path"]:
            queries.append(NamedQuery(name=options["path"], path=options["path"]))
        for query in queries:
            for statement in catch_statements(query):
                yield explain_statement(statement, name=query.name, large_rows=options["rows"], expected=query.scans)
        if options["slowest"]:
            yield from self._explain_slowest(options["slowest"], options["rows"])

    def _explain_slowest(self, number: int, large_rows: int) -> Iterator[Plan]:
        seen = read_slow_statements(settings.DATA_DIR / "slow")
        if not seen:
            raise ExplainError("모은 문장이 없습니다. SLOW_STATEMENTS=20으로 서버나 명령을 먼저 실행하세요.")
        for slow in seen[:number]:
            name = f"{slow.seconds * 1_000:,.1f}ms (trace {slow.trace_id})"
            try:
                if slow.params is None:
                    raise ExplainError(f"값이 여러 벌인 문장입니다: {slow.shape[:120]}")
                yield explain_statement(
                    Statement(slow.sql, tuple(slow.params), slow.alias), name=name, large_rows=large_rows
                )
            except ExplainError as error:
                self.stderr.write(f"{name}: {error}")

    def _print_names(self) -> None:
        for query in load_queries().values():
            self.stdout.write(f"{query.name:18} {query.why}")

    def _print(self, plans: list[Plan]) -> None:
        console = Console(file=sys.stdout, soft_wrap=True, highlight=False, markup=False)
        for plan in plans:
            took = "" if plan.milliseconds is None else f" · {plan.milliseconds:,.1f}ms"
            console.print(f"{plan.name}{took}", style="bold")
            console.print(f"  {plan.sql}", style="dim")
            for line in plan.lines:
                console.print(f"    {line}")
            for scan in plan.scans:
                word = "전체를 읽도록 되어 있음" if scan.is_expected else "순차 스캔"
                style = "dim" if scan.is_expected else "bold red"
                console.print(f"  ! {word}: {scan.table} {scan.rows:,}행", style=style)
