"""The page 성능: the stages of the newest run beside those of the run before, and the locks of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path

from perfhooks import selectors
from perfhooks import usageadmin as usageadmin  # the page 목록 사용
from perfhooks.desk import VERDICTS, ReadOnlyAdmin, ago, pill
from perfhooks.figures import NOTHING, format_figure
from perfhooks.liveness import is_holder_alive
from perfhooks.models import PerfRun, PerfStage, RunLock
from perfhooks.weeklyadmin import show_weeks

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from perfhooks.budgets import Budget
    from perfhooks.selectors import ComparedStage

RUNS_LISTED = 20
WEEKLY_PAGE = "perfhooks_perfrun_weekly"

STATISTICS = {"max": "최대 ", "total": "합계 ", "value": ""}


@dataclass(frozen=True, slots=True)
class StageRow:
    """One line of the page, every figure ready to be read; `value` stands where there are no percentiles."""

    metric: str
    facts: str
    count: str
    has_percentiles: bool
    p50: str
    p95: str
    p99: str
    value: str
    budget: str
    why: str
    verdict: SafeString
    before: str
    ratio: str


@admin.register(PerfRun)
class PerfRunAdmin(ReadOnlyAdmin[Any]):
    """The performance page: `?run=` or `?kind=` choose what is shown, the newest run by default."""

    change_list_template = "admin/perfhooks/perfrun/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """The page 주간 비교 stands before the pages of single runs."""
        return [path("weekly/", self.admin_site.admin_view(self.weekly_view), name=WEEKLY_PAGE), *super().get_urls()]

    def weekly_view(self, request: HttpRequest) -> HttpResponse:
        """Week against week."""
        return show_weeks(self, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show one run beside the one before it on the same scenario."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown, earlier = _choose_runs(request.GET.get("run", ""), request.GET.get("kind", ""))
        kind = shown.kind if shown else ""
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "kinds": selectors.kinds(),
            "kind": kind,
            "runs": [(run, ago(run.started_at), f"{run.seconds:,.1f}") for run in (shown, earlier) if run is not None],
            "rows": [describe_stage(stage) for stage in selectors.compare_runs(shown, earlier)],
            "history": [(run, ago(run.started_at)) for run in selectors.newest_runs(kind, RUNS_LISTED)],
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.change_list_template, context)


@admin.register(RunLock)
class RunLockAdmin(ReadOnlyAdmin[RunLock]):
    """Which runs hold a lock now; one of a dead process is taken over by the next run."""

    list_display = ("name", "holder", "acquired", "heartbeat", "state")
    search_fields = ("name", "holder")

    @admin.display(description="획득", ordering="acquired_at")
    def acquired(self, lock: RunLock) -> SafeString:
        """When it was taken."""
        return ago(lock.acquired_at)

    @admin.display(description="마지막 신호", ordering="heartbeat_at")
    def heartbeat(self, lock: RunLock) -> SafeString:
        """When its holder was last heard of."""
        return ago(lock.heartbeat_at)

    @admin.display(description="상태")
    def state(self, lock: RunLock) -> SafeString:
        """Whether its process still lives."""
        return pill("실행 중", "ok") if is_holder_alive(lock.holder) else pill("종료됨", "grey")


def describe_stage(compared: ComparedStage) -> StageRow:
    """Return the line of one compared stage."""
    now, budget = compared.now, compared.budget
    return StageRow(
        metric=now.metric,
        facts=_facts(compared),
        count=f"{now.count:,}",
        has_percentiles=now.p95 is not None,
        p50=format_figure(now.p50, now.unit),
        p95=format_figure(now.p95, now.unit),
        p99=format_figure(now.p99, now.unit),
        value=format_figure(now.value, now.unit),
        budget=_describe_limit(budget) if budget else NOTHING,
        why=budget.why if budget else "",
        verdict=pill(*VERDICTS[now.verdict]),
        before=_describe_before(compared.before),
        ratio="" if compared.ratio is None else f"×{compared.ratio:.2f}",
    )


def _facts(compared: ComparedStage) -> str:
    """Return what the metric is, its plan item, and what it asked of the database."""
    now = compared.now
    facts = [compared.help, compared.plan_item]
    if now.queries:
        facts.append(f"쿼리 {now.queries:,} · 기록 {now.rows:,}행")
    return " · ".join(filter(None, facts))


def _describe_limit(budget: Budget) -> str:
    word = STATISTICS.get(budget.statistic, f"{budget.statistic} ")
    sign = "≥" if budget.direction == "min" else "≤"
    return f"{word}{sign} {format_figure(budget.limit, budget.unit)}"


def _describe_before(stage: PerfStage | None) -> str:
    if stage is None:
        return NOTHING
    return format_figure(stage.value if stage.p95 is None else stage.p95, stage.unit)


def _choose_runs(run: str, kind: str) -> tuple[PerfRun | None, PerfRun | None]:
    """Return the run of that number, else the newest of that kind, else the newest of all; and its predecessor."""
    chosen = selectors.find_run(int(run)) if run.isdecimal() else None
    chosen = chosen or selectors.newest_run(kind) or selectors.newest_run()
    return chosen, selectors.run_before(chosen) if chosen else None
