"""What a load bench keeps: stored runs under the plan's names, its history, the scenario that it is compared under."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from locustfiles.verdicts import BROKEN, CANNOT_JUDGE, KEPT, judge_load
from operations.gates.readings import collect_readings
from perfhooks.bench.conditions import note_conditions
from perfhooks.budgets import find_budget
from perfhooks.models import PerfRun
from scripts.load_plan import Plan, read_plan
from scripts.load_results import Measured, Phase, append_row, describe_results, judge_phase, make_row, store_phases
from tests.locustfiles.test_verdicts import IDLE, LIST, SAVE, SEARCH, limit

COMMAND = ("--endpoint", "/admin/products", "--concurrency", "20", "--duration", "60")
QUERIES = {"/admin/products [first]": 7, "/admin/products [search]": 6}


def planned(*arguments: str) -> Plan:
    return replace(read_plan("about", arguments)[0], database="postgresql")


def make_measured(plan: Plan, lists: int = 400, limit_ms: float = 800, failed: int = 0) -> Measured:
    failure = replace(LIST, milliseconds=9.0, error="500")
    timings = [*[replace(LIST, milliseconds=float(at)) for at in range(lists)], *[SAVE] * 500, *[failure] * failed]
    searches = [SEARCH] * 300
    paced = judge_load(timings, IDLE, [limit(limit_ms)], samples_min=plan.min_samples)
    free = judge_load(searches, IDLE, [], samples_min=plan.min_samples)
    return Measured(
        Phase(plan.scenario, ("admin_product_list_p95_ms", "admin_priority_update_p95_ms"), timings, IDLE, paced),
        Phase(plan.search_scenario, ("product_search_qps",), searches, IDLE, free),
        QUERIES,
    )


def test_a_quick_run_looks_for_failures_only() -> None:
    quick, slow = planned("--quick"), [replace(LIST, milliseconds=5_000.0)] * 20
    late = replace(IDLE, asked_requests=1_000)
    assert judge_phase(quick, quick.scenario, (), slow, late).verdict.status == KEPT
    assert judge_phase(quick, quick.scenario, (), [replace(LIST, error="500")], late).verdict.status == BROKEN
    assert judge_phase(planned(*COMMAND), "", (), slow * 20, late).verdict.status == BROKEN
    assert judge_phase(planned(*COMMAND), "", (), [LIST] * 400, late).verdict.status == CANNOT_JUDGE


@pytest.mark.django_db
def test_both_loads_are_stored_under_the_plans_names() -> None:
    plan = planned(*COMMAND)
    editors, searches = (PerfRun.objects.get(pk=number) for number in store_phases(plan, make_measured(plan)))

    assert (editors.kind, editors.scenario, editors.is_slo_run) == ("load", "admin/products 100000x20", True)
    stages = {stage.metric: stage for stage in editors.stages.all()}
    listed = stages["admin_product_list_p95_ms"]
    assert (listed.count, listed.verdict, listed.budget_id) == (400, "ok", "admin-list-p95")
    assert listed.value == pytest.approx(379.05)
    assert stages["admin_priority_update_p95_ms"].value == pytest.approx(100)
    assert "product_search_qps" not in stages
    assert editors.notes["queries"] == QUERIES

    (rate,) = [stage for stage in searches.stages.all() if stage.metric == "product_search_qps"]
    assert (searches.scenario, rate.value, rate.count) == ("product search 100000x20", 30.0, 300)
    assert searches.seconds == pytest.approx(10.0)


@pytest.mark.django_db
def test_too_few_samples_are_not_stored_as_a_figure() -> None:
    plan = planned(*COMMAND)
    measured = make_measured(plan, lists=399)
    assert (measured.status, measured.values["admin_product_list_p95_ms"]) == (CANNOT_JUDGE, None)
    run = PerfRun.objects.get(pk=store_phases(plan, measured)[0])
    assert not run.is_slo_run
    assert {stage.metric for stage in run.stages.all()} == {
        "admin_priority_update_p95_ms",
        "admin_priority_update_seconds",
    }


@pytest.mark.django_db
def test_failed_requests_make_no_slo_run() -> None:
    plan = planned(*COMMAND)
    measured = make_measured(plan, failed=1)
    assert (measured.status, measured.failures) == (BROKEN, 1)
    editors, searches = (PerfRun.objects.get(pk=number) for number in store_phases(plan, measured))
    assert (editors.is_slo_run, editors.notes["status"], searches.is_slo_run) == (False, "failed", True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other",
    [
        ("--quick",),
        ("--concurrency", "60"),
        ("--rate-per-user", "0"),
        ("--products", "5000"),
        ("--duration", "59"),
        ("--search-duration", "1"),
    ],
    ids=" ".join,
)
def test_another_load_than_the_promised_one_is_a_study(other: tuple[str, ...]) -> None:
    plan = planned(*other)
    is_short = plan.duration < 60 or plan.search_duration < 15
    assert plan.scenario != planned(*COMMAND).scenario or plan.is_quick or is_short
    assert not PerfRun.objects.get(pk=store_phases(plan, make_measured(plan))[0]).is_slo_run


@pytest.mark.django_db
def test_the_release_gate_believes_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfhooks.services.measured_commit", lambda: "c0ffee")
    plan = planned(*COMMAND)
    store_phases(plan, make_measured(plan))
    budget = find_budget("admin-list-p95")
    (reading,) = collect_readings([budget])[budget.id]
    assert (reading.doubt, reading.samples) == ("", 400)


def test_json_and_history_say_the_same(tmp_path: Path) -> None:
    plan = planned(*COMMAND)
    measured, conditions = make_measured(plan, limit_ms=100), note_conditions()
    row = make_row(plan, measured, conditions)
    for _ in range(2):
        append_row(tmp_path / "admin_api.csv", row)
    with (tmp_path / "admin_api.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert float(rows[1]["admin_product_list_p95_ms"]) == pytest.approx(379.05)
    assert (rows[0]["products"], rows[0]["queries_max"], rows[0]["exit_status"]) == ("100000", "7", str(BROKEN))

    told = describe_results(plan, measured, conditions, runs=[7])
    assert told["product_search_qps"] == 30.0
    assert told["requests_per_second"] == 90.0
    assert told["reasons"] == ["admin_product_list_p95_ms: 379.1이(가) 예산 100을(를) 넘었습니다."]
    with pytest.raises(ValueError, match="열이 지금 형식과"):
        append_row(tmp_path / "admin_api.csv", {"date": 1})


def test_the_command_line_fills_in_what_it_leaves_open() -> None:
    plan = planned(*COMMAND)
    assert (plan.products, plan.duration, plan.search_duration, plan.rate_per_user) == (100_000, 60, 15, 1.0)
    assert (plan.min_samples, plan.is_standard, plan.locustfile) == (400, True, "admin_products.py")
    quick = planned("--quick")
    assert (quick.products, quick.duration, quick.is_standard) == (2_000, 5, False)
    assert planned("--endpoint", "/api/v1/products/").locustfile == "api_products.py"
    with pytest.raises(SystemExit):
        planned("--endpoint", "https://example.com/admin/products")


def test_what_is_promised_is_promised_for_postgresql() -> None:
    plan = planned(*COMMAND)
    assert plan.is_standard
    assert not replace(plan, database="sqlite").is_standard
    assert read_plan("about", COMMAND)[0].database == connection.vendor


@pytest.mark.parametrize(
    "wrong",
    [
        ("--concurrency", "0"),
        ("--concurrency", "-3"),
        ("--duration", "-5"),
        ("--duration", "0"),
        ("--search-duration", "0"),
        ("--warm-up", "-1"),
        ("--rate-per-user", "-1"),
        ("--rate-per-user", "nan"),
        ("--rate-per-user", "inf"),
        ("--products", "0"),
        ("--workers", "0"),
        ("--min-samples", "0"),
        ("--duration", "x"),
    ],
    ids=" ".join,
)
def test_a_wrong_number_is_refused_by_its_option(wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        planned(*wrong)
    assert caught.value.code == 2
    assert f"argument {wrong[0]}:" in capsys.readouterr().err


def test_no_pause_and_no_warm_up_are_numbers_too() -> None:
    plan = planned("--rate-per-user", "0", "--warm-up", "0")
    assert (plan.rate_per_user, plan.warm_up) == (0.0, 0)
