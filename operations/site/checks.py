"""System checks of the public site's address."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from operations.site.addresses import is_site_url

HINT = "SITE_URL=https://blog.example.com 처럼 경로 없이 주세요."


@register(Tags.urls)
def check_site_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """site.E002: an address that is none."""
    if not settings.SITE_URL or is_site_url(settings.SITE_URL):
        return []
    return [Error(f"SITE_URL: '{settings.SITE_URL}'은(는) 사이트의 주소가 아닙니다.", hint=HINT, id="site.E002")]


@register(Tags.urls, deploy=True)
def check_site_url_is_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """site.E001: canonical links, sitemap and feed would name this machine."""
    if settings.SITE_URL:
        return []
    return [Error("SITE_URL이 비어 있어 공개 글의 대표 주소를 알 수 없습니다.", hint=HINT, id="site.E001")]
