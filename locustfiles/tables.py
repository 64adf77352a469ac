"""A verdict for people: the requests by name, the plan's metrics beside their budgets, and the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from locustfiles.verdicts import Verdict

WORDS = {
    "ok": "예산 안",
    "warn": "주의",
    "breach": "예산 초과",
    "not enough": "표본 부족",
    "no data": "자료 없음",
    "": "",
}


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print the tables of one verdict and every reason of a status other than 0."""
    console.print(tabulate_requests(verdict), tabulate_metrics(verdict))
    console.print(f"{verdict.requests_per_second:,.1f} 요청/초, {verdict.seconds:,.1f}초, 실패 {verdict.failures:,}건")
    for reason in verdict.reasons:
        console.print(Text(f"- {reason}"))


def tabulate_requests(verdict: Verdict) -> Table:
    """Return the requests by name with their percentiles."""
    table = Table("요청", *right_aligned("횟수", "실패", "p50 ms", "p95 ms", "p99 ms"))
    for group in verdict.groups:
        times = (f"{time:,.1f}" for time in (group.p50, group.p95, group.p99))
        table.add_row(Text(f"{group.method} {group.name}"), f"{group.requests:,}", f"{group.failures:,}", *times)
    return table


def tabulate_metrics(verdict: Verdict) -> Table:
    """Return the plan's metrics over all of their requests, and by name where one name alone has enough samples."""
    table = Table("지표", *right_aligned("표본", "값", "예산"), "판정")
    for figure in [figure for figure in verdict.figures if figure.value is not None or not figure.name]:
        value = "" if figure.value is None else f"{figure.value:,.1f}"
        limit = f"{figure.budget.limit:,.10g}" if figure.budget else ""
        table.add_row(
            Text(f"{figure.metric} {figure.name}"), f"{figure.samples:,}", value, limit, WORDS[figure.verdict]
        )
    return table


def right_aligned(*headings: str) -> list[Column]:
    """Return columns for figures."""
    return [Column(heading, justify="right") for heading in headings]
