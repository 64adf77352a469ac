"""A recorded run as it is stored, judged and compared."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from perfhooks import metrics
from perfhooks.budgets import budgets_for
from perfhooks.models import PerfRun, PerfStage
from perfhooks.recorder import Recorder
from perfhooks.selectors import compare_newest, compare_runs, list_stage_figures, newest_run, newest_runs, run_before
from perfhooks.services import store_run
from perfhooks.stages import measure_stages
from perfhooks.trace import bind_trace

pytestmark = pytest.mark.django_db


def recorded(*, detail_seconds: float = 0.1, fallback: float = 0.1, decisions: int = 40) -> Recorder:
    """Return a recorder that saw one of each kind of metric."""
    with Recorder() as recorder:
        for number in range(40):
            metrics.observe("detail_fetch_seconds", detail_seconds)
            metrics.observe("match_engine_latency_seconds", 0.001 * (number + 1))
            metrics.observe("product_search_seconds", 0.01)
        metrics.count("api_requests_total", 396, endpoint="detail", status=200)
        metrics.count("api_requests_total", 4, endpoint="detail", status=429)
        metrics.count("api_429_total", 8)
        metrics.count("match_decisions_total", decisions, outcome="words")
        metrics.set_gauge("fallback_ratio", fallback)
        metrics.observe("package_build_seconds", 2.0, video="no")
    return recorder


def stages_of(run: PerfRun) -> dict[str, PerfStage]:
    return {stage.metric: stage for stage in run.stages.all()}


def test_a_run_is_stored_with_its_trace_and_its_surroundings() -> None:
    with bind_trace("pipeline-trace"):
        run = store_run(recorded(), kind="pipeline", scenario="demo", notes={"workers": 4})

    run.refresh_from_db()
    assert (run.kind, run.scenario, run.trace_id, run.notes) == ("pipeline", "demo", "pipeline-trace", {"workers": 4})
    assert "CPU" in run.machine
    assert run.load_average >= 0
    assert run.database in {"sqlite", "postgresql"}
    assert run.started_at <= run.finished_at
    assert not run.is_slo_run


def test_plan_names_are_stored_beside_what_they_derive_from() -> None:
    stages = stages_of(store_run(recorded(), kind="pipeline", scenario="demo"))

    latency = stages["match_engine_latency_p95_ms"]
    assert (latency.unit, latency.count) == ("ms", 40)
    assert latency.value == pytest.approx(38.05)
    assert latency.value == latency.p95
    assert latency.total == pytest.approx(820)
    assert stages["match_engine_latency_seconds"].p95 == pytest.approx(0.03805)
    assert stages["api_429_ratio"].value == pytest.approx(0.02)
    assert stages["api_requests_total"].value == 400
    assert (stages["product_search_qps"].value or 0) > 0


def test_stages_are_judged_by_their_budgets() -> None:
    stages = stages_of(store_run(recorded(detail_seconds=0.6), kind="pipeline", scenario="demo"))

    verdicts = {name: (stage.budget_id, stage.verdict) for name, stage in stages.items() if stage.verdict}
    assert verdicts == {
        "detail_fetch_seconds": ("detail-fetch-p95", "breach"),
        "api_429_ratio": ("api-429-share", "breach"),
        "fallback_ratio": ("match-fallback", "ok"),
    }


def test_too_little_work_is_no_verdict_on_a_stage() -> None:
    few = stages_of(store_run(recorded(decisions=19), kind="pipeline", scenario="demo"))["fallback_ratio"]
    assert (few.budget_id, few.verdict) == ("match-fallback", "not enough")


@pytest.mark.parametrize(
    ("rows", "seconds", "verdict"),
    [(1_000, 1.0, "not enough"), (10_000, 119.0, "ok"), (10_000, 121.0, "breach"), (20_000, 239.0, "ok")],
)
def test_an_upsert_is_judged_by_the_rows_that_it_wrote(rows: int, seconds: float, verdict: str) -> None:
    with Recorder() as recorder:
        metrics.observe("db_upsert_seconds", seconds / 2)
        metrics.observe("db_upsert_seconds", seconds / 2)
        metrics.count("db_upsert_rows_total", rows)
    stage = stages_of(store_run(recorder, kind="pipeline", scenario="demo"))["db_upsert_seconds"]
    assert (stage.budget_id, stage.verdict, stage.total) == ("upsert-10k", verdict, seconds)


def test_a_part_that_is_not_built_has_no_verdict() -> None:
    assert stages_of(store_run(recorded(), kind="pipeline", scenario="demo"))["package_build_seconds"].verdict == ""


def test_of_two_budgets_the_worse_verdict_is_shown() -> None:
    budgets = [replace(budget, built=True) for budget in budgets_for("experiment_event_loss_ratio")]
    for loss, expected in ((0.001, "ok"), (0.01, "warn"), (0.03, "breach")):
        with Recorder() as recorder:
            metrics.set_gauge("experiment_event_loss_ratio", loss)
        (stage,) = measure_stages(recorder, budgets)
        assert stage.verdict == expected


def test_an_empty_recorder_is_a_run_without_stages() -> None:
    with Recorder() as recorder:
        pass
    assert store_run(recorder, kind="pipeline", scenario="nothing").stages.count() == 0


def test_the_newest_run_stands_beside_the_one_before_on_the_same_scenario() -> None:
    earlier = store_run(recorded(detail_seconds=0.2), kind="pipeline", scenario="demo")
    store_run(recorded(detail_seconds=0.9), kind="pipeline", scenario="large")
    store_run(recorded(), kind="bench", scenario="demo")
    newest = store_run(recorded(detail_seconds=0.1), kind="pipeline", scenario="demo")

    assert newest_run("pipeline") == newest
    assert run_before(newest) == earlier
    compared = {stage.now.metric: stage for stage in compare_newest("pipeline")}
    detail = compared["detail_fetch_seconds"]
    assert detail.ratio == pytest.approx(0.5)
    assert detail.before is not None
    assert detail.before.p95 == pytest.approx(0.2)
    assert detail.budget is not None
    assert detail.budget.limit == 0.5
    assert detail.plan_item == "2A"


def test_a_histogram_shown_under_the_plans_name_is_not_shown_twice() -> None:
    run = store_run(recorded(), kind="pipeline", scenario="demo")

    shown = [stage.now.metric for stage in compare_runs(run, None)]
    assert "match_engine_latency_p95_ms" in shown
    assert "match_engine_latency_seconds" not in shown
    assert "product_search_seconds" in shown


def test_the_first_run_has_nothing_beside_it_and_no_run_is_an_empty_table() -> None:
    assert compare_newest("pipeline") == []
    store_run(recorded(), kind="pipeline", scenario="demo")
    assert {stage.before for stage in compare_newest("pipeline")} == {None}
    assert {stage.ratio for stage in compare_newest("pipeline")} == {None}


def test_the_weeks_figures_are_listed_by_metric_within_their_time() -> None:
    now = timezone.now()
    for number, days in enumerate((0, 3, 9)):
        run = store_run(recorded(detail_seconds=0.1 + number), kind="pipeline", scenario="demo")
        PerfRun.objects.filter(pk=run.pk).update(started_at=now - timedelta(days=days, minutes=1))

    week = list_stage_figures(since=now - timedelta(days=7), until=now)
    assert [figures.p95 for figures in week["detail_fetch_seconds"]] == pytest.approx([1.1, 0.1])
    assert week["match_engine_latency_p95_ms"][0].unit == "ms"
    assert "fallback_ratio" not in week
    assert list_stage_figures(since=now, until=now + timedelta(days=7)) == {}


def test_newest_runs_come_newest_first() -> None:
    runs = [store_run(recorded(), kind="pipeline", scenario=str(number)) for number in range(3)]
    PerfRun.objects.filter(pk=runs[0].pk).update(started_at=timezone.now() + timedelta(hours=1))

    assert [run.pk for run in newest_runs("pipeline", 2)] == [runs[0].pk, runs[2].pk]
