"""System checks of the ground floor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from perfhooks import catalogue as catalogue
from perfhooks import listchecks as listchecks
from perfhooks.access import AccessError, parse_networks
from perfhooks.budgets import BUDGETS_FILE, BudgetError, load_budgets
from perfhooks.otel import is_exporter_installed
from perfhooks.recording import is_silk_installed, is_silk_recording
from perfhooks.registry import Metric, all_metrics, forbidden_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE_ROOT = Path(__file__).resolve().parents[1]
SETTINGS_WITH_SILK = frozenset({"project.settings.dev", "project.settings.perf"})


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


@register
def check_silk(**_kwargs: object) -> list[CheckMessage]:
    """Silk stands in development only, executes nothing twice, and never slows a run that is held against SLOs."""
    if not is_silk_installed():
        return find_missing_silk(is_wanted=getattr(settings, "SILK", False))
    return [
        *find_silk_outside(settings.SETTINGS_MODULE or ""),
        *find_analysing(is_analysing=getattr(settings, "SILKY_ANALYZE_QUERIES", False)),
        *find_recorded_slo_run(is_slo_run=getattr(settings, "SLO_RUN", False), is_recording=is_silk_recording()),
    ]


@register
def check_observing(**_kwargs: object) -> list[CheckMessage]:
    """The addresses that may read /metrics can be read, and spans are exported only by an installed exporter."""
    found: list[CheckMessage] = []
    try:
        parse_networks(getattr(settings, "METRICS_ALLOW", ()))
    except AccessError as error:
        found.append(Error(str(error), hint="예: METRICS_ALLOW=127.0.0.0/8,10.0.0.5", id="perfhooks.E007"))
    if getattr(settings, "OTEL_EXPORTER_OTLP_ENDPOINT", "") and not is_exporter_installed():
        hint = "opentelemetry-sdk와 opentelemetry-exporter-otlp-proto-http를 설치하세요 (requirements/dev.lock)."
        found.append(Warning("OTEL_EXPORTER_OTLP_ENDPOINT가 있지만 보낼 수 없습니다.", hint=hint, id="perfhooks.W002"))
    return found


def find_missing_silk(*, is_wanted: bool) -> list[CheckMessage]:
    """Return a warning where SILK=1 asks for what is not installed."""
    hint = "make test가 설치하는 requirements/dev.lock에 들어 있습니다."
    return [Warning("SILK=1이지만 django-silk이 없습니다.", hint=hint, id="perfhooks.W001")] if is_wanted else []


def find_silk_outside(settings_module: str) -> list[CheckMessage]:
    """Return an error where silk is installed by any settings but those of development and measuring."""
    if settings_module in SETTINGS_WITH_SILK:
        return []
    hint = "silk은 SQL의 값과 요청의 머리글을 그대로 남깁니다. INSTALLED_APPS에서 빼세요."
    where = settings_module or "이 설정"
    return [Error(f"{where}에서 django-silk을 쓸 수 없습니다.", hint=hint, id="perfhooks.E004")]


def find_analysing(*, is_analysing: bool) -> list[CheckMessage]:
    """Return an error where silk would execute each recorded statement, writes too, a second time."""
    hint = "SILKY_ANALYZE_QUERIES를 지우고 manage.py explain을 쓰세요."
    message = "SILKY_ANALYZE_QUERIES는 기록하는 쓰기 쿼리를 두 번 실행합니다."
    return [Error(message, hint=hint, id="perfhooks.E005")] if is_analysing else []


def find_recorded_slo_run(*, is_slo_run: bool, is_recording: bool) -> list[CheckMessage]:
    """Return an error where figures for SLOs would be taken while silk records."""
    hint = "SILK=0 또는 SILK_PERCENT=0으로 다시 실행하세요."
    message = "SLO_RUN=1인데 silk이 요청을 기록합니다. 시간이 몇 배로 늘어납니다."
    return [Error(message, hint=hint, id="perfhooks.E006")] if is_slo_run and is_recording else []


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
