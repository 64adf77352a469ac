"""A budget of one label: only a figure of the scenario that fixes it keeps the promise."""

from typing import Any

import pytest

from operations.gates.checkout import Checkout
from operations.gates.readings import collect_readings
from operations.gates.services import Decision, decide, record_measurement
from operations.gates.verdicts import Line
from perfhooks.budgets import find_budget
from tests.operations.gates.planting import COMMIT, good_value, plant, plant_run

pytestmark = pytest.mark.django_db


def decide_here() -> Decision:
    return decide(checkout=Checkout(COMMIT, is_dirty=False))


def line_of(decision: Decision, budget_id: str) -> Line:
    return next(line for line in decision.lines if line.entry.id == budget_id)


def test_packages_of_one_image_do_not_keep_the_promise_for_ten_nor_those_without_a_clip_that_for_one() -> None:
    ten, clip = find_budget("package-10-images-p95"), find_budget("package-video-p95")
    plant_run(ten, 0.1, samples=100)
    for scenario in ("3 photographs", ""):
        values: dict[str, Any] = {"value": 0.1, "samples": 100, "scenario": scenario, "commit": COMMIT}
        record_measurement(metric=ten.metric, source="bench_package", **values)
    assert line_of(decide_here(), ten.id).verdict == "cannot judge"
    plant(ten, 0.9)
    decision = decide_here()
    assert (line_of(decision, ten.id).verdict, line_of(decision, clip.id).verdict) == ("pass", "cannot judge")
    plant(clip, 10.1)
    assert line_of(decide_here(), clip.id).verdict == "block"


def test_a_bench_of_too_few_packages_proves_nothing() -> None:
    budget = find_budget("package-10-images-p95")
    plant(budget, 0.9, samples=12)
    line = line_of(decide_here(), budget.id)
    assert (line.verdict, line.reason) == ("cannot judge", "표본이 12개뿐입니다. 20개부터 판정합니다.")


def test_a_run_keeps_no_figure_of_one_label_once_another_is_measured_too() -> None:
    budget, rival = find_budget("package-10-images-p95"), find_budget("package-video-p95")
    assert budget.labels
    plant_run(budget, good_value(budget), samples=20)
    alone = collect_readings([budget])[budget.id]
    beside = collect_readings([budget, rival])[budget.id]
    assert [reading.doubt for reading in alone] == [""]
    assert "라벨별 값" in beside[0].doubt
