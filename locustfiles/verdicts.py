"""What a load proves: its figures held against the budgets, and whether the generator itself stood in the way.

Plain Python, as `timings`. Exit status: 0 kept, 1 a budget broken or requests failed, 3 cannot judge.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from locustfiles.timings import METRICS, SEARCH_QPS
from perfhooks.budgets import Budget, judge
from perfhooks.percentiles import Percentiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from locustfiles.timings import Timing

KEPT, BROKEN, CANNOT_JUDGE = 0, 1, 3
CORE_SHARE_MAX = 0.90
"""Above this share of a core the generator measures itself: Locust warns at the same value."""
RATE_SHARE_MIN = 0.95
"""Below this share of the asked rate slow answers held back the requests that would have been slow too."""
SAMPLES_FOR_P95 = 400
"""20 samples beyond the percentile: 20 / (1 - 0.95)."""
SAMPLES_FOR_RATE = 100
"""A rate counted from so many requests is right to some 10 %: 1 / sqrt(100)."""


@dataclass(frozen=True, slots=True)
class Generator:
    """What the generator says of its own run: the measured time (Unix), its share of a core, what was asked of it.

    `asked_requests` is how many the users' pace asked for in that time; 0 where they go as fast as they can.
    """

    began_at: float
    ended_at: float
    core_share: float
    has_warned: bool
    asked_requests: float

    @property
    def seconds(self) -> float:
        """The length of the measured time."""
        return self.ended_at - self.began_at

    @property
    def is_bottleneck(self) -> bool:
        """Whether the generator was too busy for its times to be those of the server."""
        return self.has_warned or self.core_share > CORE_SHARE_MAX


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric over all of its requests (`name` empty), or over those of one name; None: not enough samples."""

    metric: str
    name: str
    samples: int
    value: float | None
    budget: Budget | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one name: how many, how many failed, and their percentiles in milliseconds."""

    method: str
    name: str
    requests: int
    failures: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The exit status of a load, with its reasons in words."""

    status: int
    reasons: tuple[str, ...]
    figures: tuple[Figure, ...]
    groups: tuple[Group, ...]
    requests: int
    failures: int
    seconds: float

    @property
    def requests_per_second(self) -> float:
        """The achieved rate, whatever was asked."""
        return self.requests / self.seconds if self.seconds else 0.0

    def value_of(self, metric: str) -> float | None:
        """The metric's figure over all of its requests; None where nothing was, or too little."""
        return next((figure.value for figure in self.figures if figure.metric == metric and not figure.name), None)


def judge_load(
    timings: Sequence[Timing], generator: Generator, budgets: Iterable[Budget], *, samples_min: int = SAMPLES_FOR_P95
) -> Verdict:
    """Judge the timings of the measured time; a p95 needs `samples_min` samples, whatever its budget is content with.

    Failures always break it. A busy generator proves nothing. A broken budget stays broken where the rate was missed,
    since the requests that were not sent would have been slow ones; a kept one does not count as kept then.
    """
    figures = tuple(_measure_all(timings, generator, list(budgets), samples_min))
    failures = sum(1 for timing in timings if timing.error)
    broken = [_describe_figure(figure) for figure in figures if figure.verdict == "breach"]
    doubts = [*_doubt_rate(timings, generator), *_doubt_samples(figures, samples_min)]
    if failures:
        status, reasons = BROKEN, [f"요청 {failures:,}건이 실패했습니다.", *broken]
    elif generator.is_bottleneck:
        status, reasons = CANNOT_JUDGE, [_describe_bottleneck(generator)]
    elif broken:
        status, reasons = BROKEN, broken
    else:
        status, reasons = (CANNOT_JUDGE, doubts) if doubts else (KEPT, [])
    groups = tuple(_group(timings))
    return Verdict(status, tuple(reasons), figures, groups, len(timings), failures, generator.seconds)


def _measure_all(
    timings: Sequence[Timing], generator: Generator, budgets: list[Budget], samples_min: int
) -> Iterable[Figure]:
    for metric in METRICS:
        by_name: dict[str, list[float]] = defaultdict(list)
        for timing in timings:
            if metric in timing.metrics and not timing.error:
                by_name[timing.name].append(timing.milliseconds)
        own = [budget for budget in budgets if budget.metric == metric and budget.statistic == "value"]
        if metric == SEARCH_QPS:
            yield from _measure_rate(metric, by_name, generator, own)
            continue
        required = [replace(budget, min_samples=samples_min) for budget in own]
        together = {"": [time for times in by_name.values() for time in times]} if by_name else {}
        for name, times in {**together, **(by_name if len(by_name) > 1 else {})}.items():
            value = Percentiles.of(times).p95 if len(times) >= samples_min else None
            yield from _hold_against(metric, name, len(times), value, required)


def _measure_rate(
    metric: str, by_name: Mapping[str, Sequence[float]], generator: Generator, budgets: list[Budget]
) -> Iterable[Figure]:
    number = sum(map(len, by_name.values()))
    if number and generator.seconds:
        # At a given pace the rate is what was asked for and says nothing of what the server can do.
        yield from _hold_against(
            metric, "", number, number / generator.seconds, [] if generator.asked_requests else budgets
        )


def _hold_against(metric: str, name: str, samples: int, value: float | None, budgets: list[Budget]) -> Iterable[Figure]:
    held: Sequence[Budget | None] = budgets or [None]
    for budget in held:
        verdict = judge(budget, value, samples) if budget else ""
        yield Figure(metric, name, samples, value, budget, "not enough" if value is None else verdict)


def _doubt_rate(timings: Sequence[Timing], generator: Generator) -> list[str]:
    if len(timings) >= RATE_SHARE_MIN * generator.asked_requests:
        return []
    asked, sent = generator.asked_requests / generator.seconds, len(timings) / generator.seconds
    return [f"요청한 속도 {asked:.1f}/s 가운데 {sent:.1f}/s만 보냈습니다. 사용자나 속도를 낮춰 다시 재세요."]


def _doubt_samples(figures: Sequence[Figure], least: int) -> list[str]:
    if not figures:
        return ["잰 요청이 없습니다."]
    whole = [figure for figure in figures if not figure.name]
    needed = {figure.metric: min(least, SAMPLES_FOR_RATE) if figure.metric == SEARCH_QPS else least for figure in whole}
    # The editors' own load searches too rarely for a rate, which is not asked of it; of some figure there must be enough.
    has_enough = any(figure.samples >= needed[figure.metric] for figure in whole)
    return [
        f"{figure.metric}: 표본 {figure.samples:,}개로는 부족합니다(필요 {needed[figure.metric]:,}개). 더 오래 재세요."
        for figure in whole
        if figure.verdict == "not enough" or not has_enough
    ]


def _describe_bottleneck(generator: Generator) -> str:
    warned = ", Locust가 CPU 경고를 냈습니다" if generator.has_warned else ""
    return f"부하 생성기가 코어의 {generator.core_share:.0%}를 썼습니다{warned}. 서버가 아니라 생성기를 잰 값입니다."


def _describe_figure(figure: Figure) -> str:
    named = f" {figure.name}" if figure.name else ""
    limit = figure.budget.limit if figure.budget else 0
    return f"{figure.metric}{named}: {figure.value or 0:,.1f}이(가) 예산 {limit:,.10g}을(를) 넘었습니다."


def _group(timings: Sequence[Timing]) -> Iterable[Group]:
    groups: dict[tuple[str, str], list[Timing]] = defaultdict(list)
    for timing in timings:
        groups[timing.name, timing.method].append(timing)
    for (name, method), members in sorted(groups.items()):
        times = Percentiles.of([member.milliseconds for member in members])
        failures = sum(1 for member in members if member.error)
        yield Group(method, name, len(members), failures, times.p50, times.p95, times.p99)
