"""Limits from the first measurement: written once, kept, replaced only when asked."""

import tomllib
from pathlib import Path

import pytest
from django.utils import timezone

from operations.gates import baselines
from operations.gates.baselines import derive_limit, set_baselines
from operations.gates.checkout import Checkout
from operations.gates.services import decide
from perfhooks.budgets import BUDGETS_FILE, Budget, BudgetError, Entry, find_budget, load_entries
from perfhooks.models import PerfRun
from tests.operations.gates.planting import COMMIT, plant

pytestmark = pytest.mark.django_db


@pytest.fixture
def budgets(tmp_path: Path) -> Path:
    """The real entries in a folder of their own, where no baseline has been measured yet."""
    copy = tmp_path / "budgets.toml"
    copy.write_text(BUDGETS_FILE.read_text("utf-8"), "utf-8")
    return copy


def limit_of(path: Path, budget_id: str) -> float | None:
    return next(entry.limit for entry in load_entries(path) if entry.id == budget_id)


def find_entry(path: Path, budget_id: str) -> Entry:
    return next(entry for entry in load_entries(path) if entry.id == budget_id)


def test_a_first_measurement_becomes_the_limit(budgets: Path) -> None:
    tolerated = find_budget("no-regression").limit
    entry = find_entry(budgets, "zip-p95")
    assert entry.limit is None
    plant(entry, 0.2)

    counts = set_baselines(path=budgets)
    assert counts.written == ("zip-p95",)
    assert "image-copy-p95" in counts.without_figure
    after = find_entry(budgets, "zip-p95")
    assert isinstance(after, Budget)
    assert after.limit == pytest.approx(0.2 * tolerated)
    assert after.scenario == "demo"
    table = tomllib.loads(budgets.with_name("baselines.toml").read_text("utf-8"))["zip-p95"]
    assert (table["measured"], table["samples"], table["commit"]) == (0.2, entry.min_samples, COMMIT)


def test_a_limit_stands_until_it_is_named(budgets: Path) -> None:
    plant(find_entry(budgets, "zip-p95"), 0.2)
    set_baselines(path=budgets)
    before = limit_of(budgets, "zip-p95")
    plant(find_entry(budgets, "zip-p95"), 0.4)
    plant(find_entry(budgets, "retries"), 7)

    counts = set_baselines(path=budgets)
    assert (counts.written, counts.kept) == (("retries",), ("zip-p95",))
    assert limit_of(budgets, "zip-p95") == before
    assert set_baselines(path=budgets, again=["zip-p95"]).written == ("zip-p95",)
    assert limit_of(budgets, "zip-p95") == pytest.approx((before or 0) * 2)


def test_only_a_measured_limit_can_be_replaced(budgets: Path) -> None:
    with pytest.raises(BudgetError, match="'admin-list-p95'"):
        set_baselines(path=budgets, again=["admin-list-p95"])


def test_what_does_not_count_for_the_gate_is_no_baseline_either(budgets: Path) -> None:
    entry = find_entry(budgets, "zip-p95")
    plant(entry, 0.2, kind="bench")
    plant(entry, 0.2, samples=entry.min_samples - 1)
    assert set_baselines(path=budgets).written == ()


@pytest.mark.parametrize("value", [0.0, 10.0, -10.0])
def test_a_limit_leaves_room_on_the_worse_side_only(value: float) -> None:
    assert derive_limit(value, "min") <= value <= derive_limit(value, "max")
    room = (find_budget("no-regression").limit - 1) * abs(value)
    assert derive_limit(value, "max") - value == pytest.approx(room)
    assert value - derive_limit(value, "min") == pytest.approx(room)


def test_a_baseline_speaks_for_its_own_scenario_and_warns(budgets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(find_entry(budgets, "zip-p95"), 0.2)
    set_baselines(path=budgets)
    monkeypatch.setattr("operations.gates.services.load_entries", lambda: load_entries(budgets))
    PerfRun.objects.all().delete()

    plant(find_entry(budgets, "zip-p95"), 9.0, scenario="twenty times as large")
    elsewhere = next(line for line in decide(checkout=Checkout(COMMIT, False)).lines if line.entry.id == "zip-p95")
    assert elsewhere.verdict == "cannot judge"
    plant(find_entry(budgets, "zip-p95"), 9.0, at=timezone.now())
    here = next(line for line in decide(checkout=Checkout(COMMIT, False)).lines if line.entry.id == "zip-p95")
    assert here.verdict == "warn"


def test_the_file_is_the_same_however_often_it_is_written(budgets: Path) -> None:
    for budget_id in ("zip-p95", "retries", "image-copy-p95"):
        plant(find_entry(budgets, budget_id), 0.2)
    set_baselines(path=budgets)
    file = budgets.with_name("baselines.toml")
    first = file.read_text("utf-8")
    set_baselines(path=budgets)
    assert file.read_text("utf-8") == first
    assert first.startswith(baselines.HEADER)
