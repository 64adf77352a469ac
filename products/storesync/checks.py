"""System checks of the store's settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from products.storesync.accounts import find_account_problem

NAMES = ("STORE_API_URL", "STORE_CLIENT_ID", "STORE_CLIENT_SECRET")

AGES = ("STORE_DETAIL_MAX_AGE_HOURS", "STORE_OLD_DETAILS_PER_RUN")


@register()
def check_store_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """storesync.W001: an address without its credentials, half of the credentials, or a value that cannot be right.

    Credentials without an address are no fault: the address may be given with each run.
    """
    url, *credentials = [str(getattr(settings, name, "")) for name in NAMES]
    is_begun = bool(url) or any(credentials) != all(credentials)
    problem = find_account_problem(url, *credentials) if is_begun else ""
    if not problem:
        return []
    hint = "환경 변수 STORE_API_URL, STORE_CLIENT_ID, STORE_CLIENT_SECRET을 모두 API 센터의 값으로 넣으세요."
    return [Warning(problem, hint=hint, id="storesync.W001")]


@register()
def check_detail_ages(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """storesync.E002: a greatest age of details, or a number of old ones per run, below 0."""
    wrong = [name for name in AGES if getattr(settings, name) < 0]
    hint = "0 이상의 정수로 고치세요. 0이면 오래되었다는 까닭만으로는 다시 읽지 않습니다."
    return [Error(f"{name}: 0보다 작습니다.", hint=hint, id="storesync.E002") for name in wrong]
