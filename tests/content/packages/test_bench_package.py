"""What the bench of packages hands to the release gate is what the budgets ask for."""

import pytest

from perfhooks.budgets import find_budget
from scripts.bench_package import list_goals, name_scenario

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("has_clip", "budget_id"), [(False, "package-10-images-p95"), (True, "package-video-p95")])
def test_ten_photographs_stand_for_the_budget_under_its_scenario(has_clip: bool, budget_id: str) -> None:
    budget = find_budget(budget_id)
    assert name_scenario(10, has_clip=has_clip) == budget.scenario
    assert [goal.limit for goal in list_goals(10, has_clip=has_clip) if goal.budget_id == budget_id] == [budget.limit]
    assert list_goals(3, has_clip=has_clip) == (), "three photographs keep no promise for ten"
