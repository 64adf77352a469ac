"""System checks of the release gate."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error, register

from perfhooks.budgets import BudgetError, find_uncovered


@register
def check_coverage(**_kwargs: object) -> list[CheckMessage]:
    """Every metric of the plan has a budget; a file that cannot be read is reported by perfhooks."""
    try:
        uncovered = find_uncovered()
    except BudgetError:
        return []
    hint = "config/budgets.toml에 [[budget]]을 추가하세요. 계획에 수치가 없으면 origin은 baseline입니다."
    return [Error(f"지표 {name}에 예산이 없습니다.", hint=hint, id="gates.E001") for name in uncovered]
