"""The gate on stored measurements: every budget of the file can stop a release, and none passes without proof."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.gates.checkout import Checkout
from operations.gates.models import GateDecision, GateLine, Measurement
from operations.gates.selectors import count_red, newest_verdict, read_board, select_red
from operations.gates.services import Decision, MeasurementRefused, decide, record_measurement
from operations.gates.verdicts import Line
from perfhooks.budgets import Budget, load_entries, samples_needed
from perfhooks.checkout import measured_commit
from perfhooks.measurements import measurement_port
from perfhooks.models import PerfRun, PerfStage
from perfhooks.queries import count_queries
from tests.operations.gates.planting import (
    ANOTHER_COMMIT,
    BASE,
    COMMIT,
    bad_value,
    built_blockers,
    good_value,
    make_run,
    plant,
    plant_all_well,
)

pytestmark = pytest.mark.django_db
HERE = Checkout(COMMIT, is_dirty=False)
each_blocker = pytest.mark.parametrize("budget", built_blockers(), ids=lambda budget: budget.id)


def decide_here() -> Decision:
    return decide(checkout=HERE)


def line_of(decision: Decision, budget_id: str) -> Line:
    return next(line for line in decision.lines if line.entry.id == budget_id)


def find(budget_id: str) -> Budget:
    return next(budget for budget in built_blockers() if budget.id == budget_id)


def test_all_well_passes() -> None:
    plant_all_well()
    decision = decide_here()
    assert decision.verdict == "pass"
    assert [line.verdict for line in decision.lines if line.entry in built_blockers()] == ["pass"] * len(
        built_blockers()
    )


@each_blocker
def test_a_planted_breach_blocks_and_is_named(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    plant(budget, bad_value(budget))
    decision = decide_here()
    assert decision.verdict == "block"
    assert [line.entry.id for line in decision.lines if line.verdict == "block"] == [budget.id]
    line = line_of(decision, budget.id)
    assert line.reading is not None
    assert line.reading.value == pytest.approx(bad_value(budget))
    assert line.reading.link.startswith("/admin/")


@each_blocker
def test_without_a_measurement_the_gate_cannot_judge(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    decision = decide_here()
    assert decision.verdict == "cannot judge"
    assert [
        line.entry.id
        for line in decision.lines
        if line.reason == "측정한 적이 없습니다." and line.entry in built_blockers()
    ] == [budget.id]


@each_blocker
def test_a_stale_measurement_proves_nothing(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    for value in (good_value(budget), bad_value(budget)):
        plant(budget, value, at=timezone.now() - timedelta(hours=budget.max_age_hours + 2))
        decision = decide_here()
        assert decision.verdict == "cannot judge"
        assert "전에 잰 값입니다" in line_of(decision, budget.id).reason


@each_blocker
def test_a_measurement_of_another_commit_proves_nothing(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    plant(budget, good_value(budget), commit=ANOTHER_COMMIT)
    decision = decide_here()
    assert decision.verdict == "cannot judge"
    assert "다른 커밋" in line_of(decision, budget.id).reason


@each_blocker
def test_too_few_samples_prove_nothing(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    plant(budget, good_value(budget), samples=0)
    decision = decide_here()
    assert decision.verdict == "cannot judge"
    assert "표본이 0개뿐" in line_of(decision, budget.id).reason


def test_a_newer_measurement_of_another_commit_does_not_hide_the_right_one() -> None:
    plant_all_well()
    for budget in built_blockers():
        plant(budget, bad_value(budget), commit=ANOTHER_COMMIT)
    assert decide_here().verdict == "pass"


def test_only_a_warning_is_a_warning() -> None:
    plant_all_well()
    record_measurement(metric="stale_price_content_ratio", value=0.5, samples=40, source="staleness", commit=COMMIT)
    decision = decide_here()
    assert decision.verdict == "warn"
    assert [line.entry.id for line in decision.lines if line.verdict == "warn"] == ["stale-content-weekly"]


def test_parts_that_are_not_built_are_listed_and_not_judged() -> None:
    plant_all_well()
    record_measurement(metric="unsafe_ad_proximity_count", value=3, samples=9, source="guard", commit=COMMIT)
    decision = decide_here()
    unbuilt = {line.entry.id for line in decision.lines if line.verdict == "not built"}
    assert "unsafe-ad-slots" in unbuilt
    assert unbuilt == {entry.id for entry in load_entries() if not entry.built}
    assert decision.verdict == "pass"


# ---- which runs count (ADR 2)


@pytest.mark.parametrize(
    ("run", "verdict", "reason"),
    [
        ({"kind": "locust", "is_slo_run": True}, "pass", ""),
        ({"kind": "locust"}, "cannot judge", "SLO 측정으로 표시하지 않은"),
        ({"kind": "bench"}, "cannot judge", "SLO 측정으로 표시하지 않은"),
        ({"kind": "locust", "is_slo_run": True, "notes": {"silk": True}}, "cannot judge", "프로파일러"),
        ({"kind": "pipeline", "notes": {"silk": True}}, "cannot judge", "프로파일러"),
        ({"kind": "pipeline", "notes": {"status": "refused"}}, "pass", ""),
        ({"kind": "pipeline", "notes": {"status": "failed"}}, "cannot judge", "실패한 실행"),
    ],
)
def test_which_run_counts_for_a_time(run: dict[str, Any], verdict: str, reason: str) -> None:
    budget = find("admin-list-p95")
    plant(budget, good_value(budget), **run)
    line = line_of(decide_here(), budget.id)
    assert line.verdict == verdict
    assert reason in line.reason


def test_a_ratio_counts_from_any_run_that_did_its_work() -> None:
    budget = find("match-fallback")
    plant(budget, bad_value(budget), kind="bench", notes={"silk": True})
    assert line_of(decide_here(), budget.id).verdict == "block"


def test_a_larger_run_is_brought_down_to_the_promised_amount() -> None:
    budget = find("sync-1000-skus")
    plant(budget, budget.limit * 3, samples=20_000)
    line = line_of(decide_here(), budget.id)
    assert line.verdict == "pass"
    assert line.reading is not None
    assert line.reading.value == pytest.approx(budget.limit * 3 / 20)
    assert line.reading.samples == 20_000


@pytest.mark.parametrize("done", [0, 19])
def test_a_share_of_too_few_decisions_proves_nothing(done: int) -> None:
    plant_all_well(besides=["match-fallback"])
    plant(find("match-fallback"), 0.0, samples=done)
    line = line_of(decide_here(), "match-fallback")
    assert line.verdict == "cannot judge"
    assert f"표본이 {done}개뿐입니다. 20개부터" in line.reason


def test_a_share_is_not_brought_down_by_the_amount_of_work() -> None:
    budget = find("match-fallback")
    plant(budget, 0.25, samples=2_000)
    line = line_of(decide_here(), budget.id)
    assert line.verdict == "block"
    assert line.reading is not None
    assert line.reading.value == 0.25


@pytest.mark.parametrize("budget_id", ["match-fallback", "upsert-10k", "sync-1000-skus"])
def test_an_idle_run_hides_no_earlier_one_that_did_the_work(budget_id: str) -> None:
    budget = find(budget_id)
    plant(budget, bad_value(budget), at=timezone.now() - timedelta(hours=2))
    plant(budget, good_value(budget), samples=1)
    line = line_of(decide_here(), budget_id)
    assert line.verdict == "block"
    assert line.reading is not None
    assert line.reading.samples == samples_needed(budget)


@each_blocker
def test_what_was_measured_beside_uncommitted_code_proves_nothing(budget: Budget) -> None:
    plant_all_well(besides=[budget.id])
    for value in (good_value(budget), bad_value(budget)):
        plant(budget, value, commit=f"{COMMIT}-dirty")
        decision = decide_here()
        assert decision.verdict == "cannot judge"
        line = line_of(decision, budget.id)
        assert "커밋하지 않은 변경이 있는 코드" in line.reason
        assert line.reading is not None
        assert GateLine.objects.get(decision=decision.number, budget_id=budget.id).commit == f"{COMMIT}-dirty"


@pytest.mark.parametrize("base", ["", COMMIT])
def test_a_comparison_with_itself_proves_nothing(base: str) -> None:
    plant_all_well(besides=["no-regression"])
    for scenario in find("no-regression").needs:
        record_measurement(
            metric="regression_ratio",
            value=1.0,
            samples=21,
            source="perf_compare",
            scenario=scenario,
            commit=COMMIT,
            base=base,
        )
    decision = decide_here()
    assert decision.verdict == "cannot judge"
    assert "다른 커밋과 비교한 값이 아닙니다" in line_of(decision, "no-regression").reason


def test_a_comparison_says_with_which_commit() -> None:
    plant_all_well()
    line = line_of(decide_here(), "no-regression")
    assert line.reading is not None
    assert line.reading.source == f"compare · 기준 {BASE[:10]}"
    assert {found.base for found in Measurement.objects.filter(metric="regression_ratio")} == {BASE}


# ---- recorded figures


def test_a_figure_is_recorded_with_the_code_that_runs() -> None:
    number = record_measurement(
        metric="regression_ratio", value=1.02, samples=21, source="perf_compare", scenario="upsert", link="/admin/x/"
    )
    stored = Measurement.objects.get(pk=number)
    assert (stored.metric, stored.scenario, stored.value, stored.samples) == ("regression_ratio", "upsert", 1.02, 21)
    assert stored.commit == measured_commit()
    assert abs(stored.measured_at - timezone.now()) < timedelta(minutes=1)


def test_what_a_bench_measures_reaches_the_gate() -> None:
    number = measurement_port.call(
        metric="upsert_batch_over_row_ratio", value=40.0, samples=5, source="bench_upsert", scenario="unchanged"
    )
    assert Measurement.objects.get(pk=number).source == "bench_upsert"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metric": "regresion_ratio"}, "metric"),
        ({"value": float("nan")}, "value"),
        ({"samples": -1}, "samples"),
        ({"source": " "}, "source"),
        ({"link": "https://example.com/"}, "link"),
        ({"link": "//example.com/"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"measured_at": timezone.now() + timedelta(hours=1)}, "measured_at"),
    ],
)
def test_a_wrong_figure_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    good = {"metric": "regression_ratio", "value": 1.0, "samples": 21, "source": "perf_compare"}
    with pytest.raises(MeasurementRefused, match=f"^{field}:"):
        record_measurement(**(good | change))  # type: ignore[arg-type]
    assert not Measurement.objects.exists()


def test_a_comparison_that_was_too_noisy_leaves_the_question_open() -> None:
    plant_all_well()
    record_measurement(
        metric="regression_ratio", value=None, samples=31, source="compare", scenario="render", commit=COMMIT, base=BASE
    )
    decision = decide_here()
    assert decision.verdict == "cannot judge"
    assert "값을 얻지 못했습니다" in line_of(decision, "no-regression").reason
    record_measurement(
        metric="regression_ratio", value=1.01, samples=31, source="compare", scenario="render", commit=COMMIT, base=BASE
    )
    assert decide_here().verdict == "pass"


def test_a_regression_of_one_scenario_is_not_hidden_by_the_others() -> None:
    plant_all_well()
    record_measurement(
        metric="regression_ratio", value=1.4, samples=21, source="compare", scenario="render", commit=COMMIT, base=BASE
    )
    decision = decide_here()
    line = line_of(decision, "no-regression")
    assert decision.verdict == "block"
    assert line.reading is not None
    assert line.reading.scenario == "render"


# ---- stored decisions


def test_a_decision_is_stored_with_its_inputs() -> None:
    plant_all_well(besides=["admin-list-p95"])
    budget = find("admin-list-p95")
    plant(budget, bad_value(budget), kind="locust", scenario="admin", is_slo_run=True)
    decision = decide(by="editor", checkout=Checkout(COMMIT, is_dirty=True))

    stored = GateDecision.objects.get(pk=decision.number)
    assert (stored.verdict, stored.commit, stored.is_dirty, stored.decided_by) == ("block", COMMIT, True, "editor")
    assert stored.lines.count() == len(load_entries())
    line = stored.lines.first()
    assert line is not None
    assert (line.budget_id, line.verdict, line.limit, line.value) == (
        budget.id,
        "block",
        budget.limit,
        bad_value(budget),
    )
    assert (line.samples, line.commit, line.scenario) == (budget.min_samples, COMMIT, "admin")
    run = PerfRun.objects.get(kind="locust")
    assert line.link.endswith(f"?run={run.pk}")
    assert line.measured_at == run.finished_at


def test_the_newest_decision_is_what_the_dashboard_reads() -> None:
    assert (read_board(), newest_verdict(), count_red()) == (None, None, 0)
    first = decide_here()
    plant_all_well(besides=["match-fallback", "api-429-share"])
    for budget_id in ("match-fallback", "api-429-share"):
        plant(find(budget_id), bad_value(find(budget_id)))
    second = decide_here()

    newest = newest_verdict()
    assert newest is not None
    assert (newest.verdict, newest.word, newest.commit) == ("block", "차단", COMMIT)
    assert count_red() == 2
    assert {line.budget_id for line in select_red()} == {"match-fallback", "api-429-share"}
    board, earlier = read_board(), read_board(first.number)
    assert board is not None
    assert earlier is not None
    assert (board.decision.pk, earlier.decision.pk) == (second.number, first.number)
    assert [decision.pk for decision in board.history] == [second.number, first.number]


def test_deciding_asks_the_database_the_same_few_questions_however_much_is_stored() -> None:
    counts = []
    for _ in range(2):
        for _ in range(10):
            plant_all_well()
        with count_queries() as counted:
            decide_here()
        counts.append(counted.queries)
    assert counts[0] == counts[1]
    assert GateLine.objects.count() == 2 * len(load_entries())


def test_a_stage_that_keeps_no_such_figure_says_nothing() -> None:
    budget = find("admin-list-p95")
    run = make_run(kind="locust", is_slo_run=True)
    PerfStage.objects.create(run=run, metric=budget.metric, unit="ms", count=budget.min_samples, value=None)
    assert line_of(decide_here(), budget.id).verdict == "cannot judge"
