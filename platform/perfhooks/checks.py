"""System checks of the ground floor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.core.checks import CheckMessage, Error, register

from perfhooks import catalogue as catalogue
from perfhooks.budgets import BUDGETS_FILE, BudgetError, load_budgets
from perfhooks.registry import Metric, all_metrics, forbidden_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE_ROOT = Path(__file__).resolve().parents[1]


@register
def check_source_root(**_kwargs: object) -> list[CheckMessage]:
    """platform/ is a source root: a module in it would shadow the standard library's `platform`."""
    return find_modules(SOURCE_ROOT)


@register
def check_labels(**_kwargs: object) -> list[CheckMessage]:
    """No metric carries a label without bounded values."""
    return find_forbidden_labels(all_metrics().values())


@register
def check_budgets(**_kwargs: object) -> list[CheckMessage]:
    """The budgets file can be read and names registered metrics."""
    try:
        load_budgets(BUDGETS_FILE)
    except BudgetError as error:
        return [Error(str(error), hint="config/budgets.toml을 고치세요.", id="perfhooks.E003")]
    return []


def find_modules(source_root: Path) -> list[CheckMessage]:
    """Return an error for each Python file that lies directly in the source root, where it is called `platform`."""
    if source_root.name != "platform":
        return []
    hint = "파일을 지우거나 platform/project, platform/perfhooks 안으로 옮기세요."
    return [
        Error(f"platform/{module.name}이(가) 표준 라이브러리 platform을 가립니다.", hint=hint, id="perfhooks.E001")
        for module in sorted(source_root.glob("*.py"))
    ]


def find_forbidden_labels(metrics: Iterable[Metric]) -> list[CheckMessage]:
    """Return an error for each metric that carries a forbidden label."""
    hint = "값의 수가 정해지지 않은 태그는 로그 필드로만 남기세요."
    return [
        Error(f"지표 {metric.name}에 쓸 수 없는 라벨: {', '.join(sorted(labels))}", hint=hint, id="perfhooks.E002")
        for metric in metrics
        if (labels := forbidden_labels(metric))
    ]
