"""System checks of the store's settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from products.storesync.accounts import find_account_problem

NAMES = ("STORE_API_URL", "STORE_CLIENT_ID", "STORE_CLIENT_SECRET")


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
