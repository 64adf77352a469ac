"""System checks of the API's tokens and rates."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from operations.apitokens.secrets import make_token
from operations.apitokens.throttles import AddressThrottle, CallerThrottle, parse_rate
from perfhooks.logs import redact_text

LOCAL_CACHE = "django.core.cache.backends.locmem.LocMemCache"


@register()
def check_tokens_stay_out_of_logs(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """apitokens.E001: the log would show a token, because its shape was changed in one place only."""
    _prefix, token = make_token()
    if token not in redact_text(f"GET /?key={token}"):
        return []
    hint = "perfhooks.logs의 API_TOKEN 모양을 operations.apitokens.secrets에 맞추세요."
    return [Error("로그가 API 토큰을 가리지 않습니다.", hint=hint, id="apitokens.E001")]


@register()
def check_rates(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """apitokens.E002: a rate that cannot be read."""
    messages: list[CheckMessage] = []
    for setting in (CallerThrottle.setting, AddressThrottle.setting):
        try:
            parse_rate(getattr(settings, setting))
        except ValueError as error:
            messages.append(Error(f"{setting}: {error}", id="apitokens.E002"))
    return messages


@register(Tags.caches, deploy=True)
def check_shared_cache(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """apitokens.W001: each process counts for itself."""
    if settings.CACHES["default"]["BACKEND"] != LOCAL_CACHE:
        return []
    hint = "CACHE_URL=redis://127.0.0.1:6379/1 처럼 모든 프로세스가 함께 쓰는 캐시를 주세요."
    return [
        Warning("요청 수를 프로세스마다 따로 세므로 한도가 프로세스 수만큼 늘어납니다.", hint=hint, id="apitokens.W001")
    ]
