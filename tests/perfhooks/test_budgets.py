"""The budgets file: the plan's numbers, clear errors, and verdicts."""

from dataclasses import replace
from pathlib import Path

import pytest

from perfhooks.budgets import Budget, BudgetError, budgets_for, judge, load_budgets

ENTRY = {
    "id": '"probe"',
    "plan": '"2C"',
    "metric": '"zip_seconds"',
    "statistic": '"p95"',
    "unit": '"seconds"',
    "limit": "3",
    "direction": '"max"',
    "kind": '"slo"',
    "level": '"block"',
    "min_samples": "20",
    "why": '"because"',
}


def written(folder: Path, *changes: dict[str, str | None]) -> Path:
    entries = [{**ENTRY, **change} for change in changes or ({},)]
    tables = ["\n".join(f"{key} = {text}" for key, text in entry.items() if text is not None) for entry in entries]
    path = folder / "budgets.toml"
    path.write_text("".join(f"[[budget]]\n{table}\n" for table in tables), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("budget_id", "limit", "direction", "level"),
    [
        ("sync-1000-skus", 600, "max", "block"),
        ("detail-fetch-p95", 0.5, "max", "block"),
        ("api-429-share", 0.01, "max", "block"),
        ("upsert-10k", 120, "max", "block"),
        ("upsert-batch-over-row", 3, "min", "block"),
        ("package-10-images-p95", 3, "max", "block"),
        ("package-video-p95", 10, "max", "block"),
        ("no-regression", 1.15, "max", "block"),
        ("admin-list-p95", 800, "max", "block"),
        ("match-fallback", 0.2, "max", "block"),
        ("event-loss-weekly", 0.005, "max", "warn"),
        ("event-loss-block", 0.02, "max", "block"),
        ("experiment-traffic-weekly", 0.3, "min", "warn"),
        ("stale-content-weekly", 0.05, "max", "warn"),
        ("unsafe-ad-slots", 0, "max", "block"),
        ("ads-txt-valid", 1, "min", "block"),
    ],
)
def test_the_plans_numbers_stand_in_the_file(budget_id: str, limit: float, direction: str, level: str) -> None:
    budget = {budget.id: budget for budget in load_budgets()}[budget_id]
    assert (budget.limit, budget.direction, budget.level) == (limit, direction, level)


def test_budgets_are_found_by_metric() -> None:
    assert [budget.id for budget in budgets_for("experiment_event_loss_ratio")] == [
        "event-loss-weekly",
        "event-loss-block",
    ]
    assert budgets_for("zip_seconds") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"limit": '"3"'}, r"budget 'probe':.*limit"),
        ({"limit": None}, r"budget 'probe':.*limit"),
        ({"limits": "3"}, r"budget 'probe': unknown field 'limits'"),
        ({"direction": '"upwards"'}, r"budget 'probe':.*direction"),
        ({"metric": '"zip_second"'}, r"budget 'probe':.*zip_second.*not registered"),
        ({"unit": '"ms"'}, r"budget 'probe': unit:.*'seconds'"),
        ({"statistic": '"value"'}, r"budget 'probe': statistic:.*histogram"),
        ({"statistic": '"ratio"'}, r"budget 'probe': statistic:.*relative"),
        ({"metric": '"*"'}, r"budget 'probe': metric:.*relative"),
        ({"min_samples": "0"}, r"budget 'probe': min_samples"),
        ({"why": '""'}, r"budget 'probe': why"),
        ({"labels": '{ video = "no" }'}, r"budget 'probe': labels:.*video"),
        ({"id": None}, r"budget 'number 1':.*id"),
    ],
)
def test_a_mistake_names_the_entry_and_the_field(tmp_path: Path, change: dict[str, str | None], message: str) -> None:
    with pytest.raises(BudgetError, match=message):
        load_budgets(written(tmp_path, change))


def test_the_same_id_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="budget 'probe': id: used twice"):
        load_budgets(written(tmp_path, {}, {}))


def test_a_missing_file_broken_toml_and_a_foreign_table_are_named(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match=r"absent\.toml"):
        load_budgets(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[[budget]\n")
    with pytest.raises(BudgetError, match=r"broken\.toml.*line 1"):
        load_budgets(broken)
    foreign = tmp_path / "foreign.toml"
    foreign.write_text("[budgets]\n")
    with pytest.raises(BudgetError, match=r"budgets.*only \[\[budget\]\]"):
        load_budgets(foreign)


@pytest.fixture
def budget(tmp_path: Path) -> Budget:
    return load_budgets(written(tmp_path))[0]


@pytest.mark.parametrize(
    ("value", "samples", "verdict"),
    [(None, 0, "no data"), (1.0, 0, "no data"), (9.0, 19, "not enough"), (3.0, 20, "ok"), (3.1, 20, "breach")],
)
def test_verdicts_of_an_upper_limit(budget: Budget, value: float | None, samples: int, verdict: str) -> None:
    assert judge(budget, value, samples) == verdict


def test_a_lower_limit_and_a_warning(budget: Budget) -> None:
    gentle = replace(budget, direction="min", level="warn")
    assert judge(gentle, 3.0, 20) == "ok"
    assert judge(gentle, 2.9, 20) == "warn"
