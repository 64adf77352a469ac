"""May this be released?

    python manage.py release_gate [--json] [--board]

Judges every budget by what was measured and stored, stores the decision, and says what bears on the verdict. Exit status: 0 pass,
1 block, 2 warn, 3 cannot judge (figures are missing, too old, too few or of other code; the gate was called wrongly, or could
not work).
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.gates.services import Decision, decide
from operations.gates.verdicts import EXIT_STATUS, Line
from operations.gates.wording import RELEASE_WORDS, VERDICT_WORDS, show_commit, show_limit, show_value
from perfhooks.budgets import BudgetError, samples_needed
from perfhooks.statuses import StatusCommand

STYLES = {"block": "bold red", "cannot judge": "yellow", "warn": "yellow", "pass": "green", "not built": "dim"}
WIDTH_OF_A_PIPE = 160


class Command(StatusCommand):
    """Judge the release."""

    failed_status = EXIT_STATUS["cannot judge"]

    help = "저장된 측정값으로 릴리즈를 판정합니다. 종료 상태: 0 통과, 1 차단, 2 주의, 3 판정 불가"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="판정을 JSON으로 출력합니다")
        parser.add_argument("--board", action="store_true", help="통과한 예산까지 모두 표로 출력합니다")

    def handle(self, *args: object, **options: Any) -> None:
        """Decide, print, and exit with the verdict's status."""
        try:
            decision = decide()
        except (BudgetError, DatabaseError) as error:
            raise CommandError(str(error), returncode=self.failed_status) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(decision), ensure_ascii=False))
        else:
            console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
            print_decision(decision, console, is_whole=options["board"])
        if EXIT_STATUS[decision.verdict]:
            sys.exit(EXIT_STATUS[decision.verdict])


def as_json(decision: Decision) -> dict[str, Any]:
    """Return the decision for a machine."""
    return {
        "decision": decision.number,
        "verdict": decision.verdict,
        "exit_status": EXIT_STATUS[decision.verdict],
        "decided_at": decision.decided_at.isoformat(),
        "commit": decision.checkout.commit,
        "is_dirty": decision.checkout.is_dirty,
        "counts": {verdict: decision.count(verdict) for verdict in VERDICT_WORDS},
        "budgets": [_line_as_json(line) for line in decision.lines],
    }


def print_decision(decision: Decision, console: Console, *, is_whole: bool) -> None:
    """Print the verdict and a line for each budget that bears on it, or for every one."""
    console.print(
        f"[{STYLES[decision.verdict]}]{VERDICT_WORDS[decision.verdict]}[/]: {RELEASE_WORDS[decision.verdict]}. "
        f"커밋 {show_commit(decision.checkout.commit)}, 판정 #{decision.number}",
        highlight=False,
    )
    if not decision.checkout.commit:
        console.print("판정할 코드의 커밋을 알 수 없습니다. git 저장소에서 실행하거나 JANGBU_COMMIT에 커밋을 주세요.")
    if decision.checkout.is_dirty:
        console.print("커밋하지 않은 변경이 있습니다. 판정은 커밋한 코드에 대한 것입니다.")
    shown = [line for line in decision.lines if is_whole or is_telling(line)]
    if shown:
        console.print(_make_table(shown))
    counts = ", ".join(f"{word} {decision.count(verdict)}" for verdict, word in VERDICT_WORDS.items())
    console.print(counts if is_whole else f"{counts} (모두 보기: --board)", highlight=False)


def is_telling(line: Line) -> bool:
    """Whether a line bears on the verdict: what blocks or warns, and what a blocking budget lacks."""
    return line.verdict in ("block", "warn") or (line.verdict == "cannot judge" and line.entry.level == "block")


def _line_as_json(line: Line) -> dict[str, Any]:
    entry, reading = line.entry, line.reading
    return {
        "id": entry.id,
        "plan": entry.plan,
        "metric": entry.metric,
        "statistic": entry.statistic,
        "unit": entry.unit,
        "direction": entry.direction,
        "level": entry.level,
        "limit": entry.limit,
        "verdict": line.verdict,
        "reason": line.reason,
        "samples_needed": samples_needed(entry),
        "reading": reading
        and {
            "value": reading.value,
            "samples": reading.samples,
            "measured_at": reading.measured_at.isoformat(),
            "commit": reading.commit,
            "scenario": reading.scenario,
            "source": reading.source,
            "link": reading.link,
        },
        "command": entry.command,
    }


def _make_table(lines: Sequence[Line]) -> Table:
    table = Table("판정", "예산", "값", "한도", "표본", "커밋", "이유 또는 출처")
    for column in table.columns[2:5]:
        column.justify = "right"
    for line in lines:
        table.add_row(*_describe(line))
    return table


def _describe(line: Line) -> tuple[str, ...]:
    entry, reading = line.entry, line.reading
    return (
        f"[{STYLES[line.verdict]}]{VERDICT_WORDS[line.verdict]}[/]",
        entry.id if entry.level == "block" else f"[dim]{entry.id}[/]",
        show_value(reading.value if reading else None, statistic=entry.statistic, unit=entry.unit),
        show_limit(limit=entry.limit, statistic=entry.statistic, direction=entry.direction, unit=entry.unit),
        f"{reading.samples:,}" if reading else "",
        show_commit(reading.commit) if reading else "",
        escape(" · ".join(filter(None, (line.reason, *((reading.source, reading.scenario) if reading else ()))))),
    )
