"""Limits from the first measurement: written once, kept, replaced only when asked."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
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


@pytest.mark.parametrize("value", [10.0, -10.0])
def test_a_limit_leaves_room_on_the_worse_side_only(value: float) -> None:
    assert derive_limit(value, "min", "seconds") <= value <= derive_limit(value, "max", "seconds")
    room = (find_budget("no-regression").limit - 1) * abs(value)
    assert derive_limit(value, "max", "seconds") - value == pytest.approx(room)
    assert value - derive_limit(value, "min", "seconds") == pytest.approx(room)


def test_no_share_is_limited_above_the_whole(budgets: Path) -> None:
    plant(find_entry(budgets, "changed-sku-share"), 0.95)
    set_baselines(path=budgets)
    assert limit_of(budgets, "changed-sku-share") == 1.0


def test_a_figure_of_zero_is_no_limit_and_hides_no_earlier_figure(budgets: Path) -> None:
    plant(find_entry(budgets, "zip-p95"), 0.2, at=timezone.now() - timedelta(hours=1))
    for budget_id in ("zip-p95", "lock-wait-p95", "changed-sku-share"):
        plant(find_entry(budgets, budget_id), 0.0)
    counts = set_baselines(path=budgets)
    assert counts.written == ("zip-p95",)
    assert {"lock-wait-p95", "changed-sku-share"} <= set(counts.without_figure) - set(counts.never_counted)


def test_counters_that_never_fired_are_named(
    budgets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(find_entry(budgets, "retries"), 3)
    plant(find_entry(budgets, "api-429-count"), 0.0)
    counts = set_baselines(path=budgets)
    assert {"write-conflicts", "api-429-count"} <= set(counts.never_counted)
    assert {"retries", "zip-p95", "changed-sku-share"}.isdisjoint(counts.never_counted)

    monkeypatch.setattr("operations.gates.management.commands.set_baselines.set_baselines", lambda again: counts)
    call_command("set_baselines")
    told = capsys.readouterr().out.splitlines()
    assert any("한 번도 세지 않아" in line and "write-conflicts" in line for line in told)
    assert any("측정이 없거나 0" in line and "zip-p95" in line and "write-conflicts" not in line for line in told)


def test_what_was_measured_beside_uncommitted_code_is_no_baseline(budgets: Path) -> None:
    plant(find_entry(budgets, "zip-p95"), 0.2, commit=f"{COMMIT}-dirty")
    assert set_baselines(path=budgets).written == ()


def test_broken_baselines_are_named(budgets: Path) -> None:
    budgets.with_name("baselines.toml").write_bytes(b"\xff")
    with pytest.raises(BudgetError, match=r"baselines\.toml"):
        set_baselines(path=budgets)


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
