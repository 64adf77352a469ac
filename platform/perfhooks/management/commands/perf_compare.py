"""`manage.py perf_compare`: whether a commit is slower than another, judged so that a noisy machine does not decide."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from perfhooks.bench.options import count
from perfhooks.budgets import BudgetError, find_budget
from perfhooks.comparison.pairing import (
    PAIRS,
    PAIRS_MAX,
    Comparison,
    Plan,
    UnequalWork,
    compare_scenario,
    worst_verdict,
)
from perfhooks.comparison.report import print_comparisons
from perfhooks.comparison.sides import Bench, RunError, Side, have_same_code, open_sides
from perfhooks.comparison.verdicts import EXIT_STATUS
from perfhooks.comparison.worktrees import GitError, ending_on_sigterm
from perfhooks.measurements import measurement_port
from perfhooks.statuses import StatusCommand

ROOT = Path(__file__).resolve().parents[4]
SCENARIO_FILE = Path("scripts/paired_scenarios.py")
SECONDS_PER_RUN = 0.5
REGRESSION_BUDGET = "no-regression"
FAILED, INTERRUPTED = 4, 130


class Command(StatusCommand):
    """Compare two commits; exit status 0 ok, 1 regress, 2 suspect, 3 too noisy, 4 not carried out."""

    failed_status = FAILED

    help = "두 커밋에서 같은 일을 번갈아 실행해 느려졌는지 판정합니다 (0 이상 없음, 1 느려짐, 2 의심, 3 판정 불가, 4 비교하지 못함)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What is compared, and how thoroughly."""
        parser.add_argument("--base", required=True, help="기준 커밋")
        parser.add_argument("--head", default="", help="비교할 커밋 (기본: 지금의 작업 폴더 그대로)")
        parser.add_argument(
            "--scenario", action="append", default=[], metavar="NAME", help="이 시나리오만 (여러 번 가능)"
        )
        parser.add_argument("--pairs", type=count, default=PAIRS, help=f"실행 쌍의 수 (기본 {PAIRS})")
        parser.add_argument(
            "--pairs-max", type=count, default=PAIRS_MAX, help=f"판정이 서지 않을 때 (기본 {PAIRS_MAX})"
        )
        parser.add_argument(
            "--seconds", type=read_seconds, default=SECONDS_PER_RUN, help="한 프로세스에서 반복할 시간(초)"
        )
        parser.add_argument("--file", type=Path, default=SCENARIO_FILE, help=f"시나리오 파일 (기본 {SCENARIO_FILE})")
        parser.add_argument("--repository", type=Path, default=ROOT, help="비교할 저장소 (기본: 이 제품)")
        parser.add_argument("--json", action="store_true", help="결과를 JSON으로 출력합니다")
        parser.add_argument("--record", action="store_true", help="릴리즈 게이트가 읽도록 결과를 저장합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, report, and end with the verdict's status."""
        root = options["repository"].resolve()
        try:
            plan = make_plan(root, options)
            with ending_on_sigterm(), open_sides(root, options["base"], options["head"]) as sides:
                if options["record"]:
                    refuse_worthless(sides, plan)
                comparisons = self._compare(plan, sides, options)
        except (BudgetError, GitError, RunError, UnequalWork, subprocess.TimeoutExpired) as error:
            raise CommandError(str(error), returncode=FAILED) from error
        except KeyboardInterrupt:
            raise CommandError("중단했습니다. 임시 작업 폴더는 지웠습니다.", returncode=INTERRUPTED) from None
        self._report(comparisons, sides, plan, options)
        if options["record"]:
            record_comparisons(comparisons, sides)
        if status := EXIT_STATUS[worst_verdict(comparisons)]:
            sys.exit(status)

    def _compare(self, plan: Plan, sides: tuple[Side, Side], options: dict[str, Any]) -> list[Comparison]:
        known = plan.bench.list_scenarios(sides[1])
        names = options["scenario"] or known
        if unknown := [name for name in names if name not in known]:
            raise CommandError(f"--scenario {unknown[0]}: 있는 것은 {', '.join(known)}", returncode=FAILED)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        comparisons = []
        with Progress(*columns, console=Console(stderr=True), transient=True, disable=options["json"]) as progress:
            for name in names:
                bar = progress.add_task(name, total=plan.pairs)

                def advance(done: int, planned: int, bar: Any = bar) -> None:
                    progress.update(bar, completed=done, total=planned)

                comparisons.append(compare_scenario(plan, sides, name, advance))
        return comparisons

    def _report(
        self, comparisons: list[Comparison], sides: tuple[Side, Side], plan: Plan, options: dict[str, Any]
    ) -> None:
        if options["json"]:
            document = {
                "verdict": worst_verdict(comparisons),
                "base": sides[0].commit,
                "head": sides[1].commit,
                "is_dirty": sides[1].is_dirty,
                "limit": plan.limit,
                "scenarios": [comparison.as_json() for comparison in comparisons],
            }
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
        print_comparisons(comparisons, sides, limit=plan.limit, console=console)


def read_seconds(text: str) -> float:
    """Return a length of time above 0, as argparse takes it."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise ArgumentTypeError(f"{text!r}: 0보다 큰 초를 주세요")
    return seconds


def make_plan(root: Path, options: dict[str, Any]) -> Plan:
    """Return how the comparison is made; raises `BudgetError` where there is no limit to compare with."""
    bench = Bench(root, options["file"], options["seconds"])
    return Plan(bench, find_budget(REGRESSION_BUDGET).limit, options["pairs"], options["pairs_max"])


def refuse_worthless(sides: tuple[Side, Side], plan: Plan) -> None:
    """Raise CommandError where the figures would prove nothing to the release gate."""
    if have_same_code(sides, plan.bench.root):
        message = f"--record: --base {sides[0].label}은(는) 비교할 코드와 같은 코드입니다. 앞선 릴리즈의 커밋을 주세요."
        raise CommandError(message, returncode=FAILED)
    if plan.bench.seconds < SECONDS_PER_RUN or plan.pairs < PAIRS:
        message = f"--record: --seconds {SECONDS_PER_RUN}, --pairs {PAIRS} 이상으로 재야 저장합니다."
        raise CommandError(message, returncode=FAILED)


def record_comparisons(comparisons: list[Comparison], sides: tuple[Side, Side]) -> None:
    """Hand the worst ratio of each scenario to the release gate; no value where the verdict does not stand."""
    metric = find_budget(REGRESSION_BUDGET).metric
    for comparison in comparisons:
        judged = comparison.judgement
        measurement_port.call(
            metric=metric,
            value=judged.worst_ratio if judged.verdict in ("ok", "regress") else None,
            samples=judged.pairs,
            source="perf_compare",
            scenario=comparison.scenario,
            commit=sides[1].measured,
            base=sides[0].measured,
        )
