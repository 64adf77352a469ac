"""The settings of disclosures, checked when the program starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from content.disclosure.rules import RulesError, load_rules


@register()
def check_disclosure_settings(**_kwargs: Any) -> list[CheckMessage]:
    """The rules can be read, and a price is stale before its number is hidden."""
    found: list[CheckMessage] = []
    try:
        load_rules()
    except RulesError as error:
        found.append(Error(str(error), id="disclosure.E001", hint="config/disclosure_rules.toml을 고치세요."))
    stale, hidden = settings.PRICE_STALE_HOURS, settings.PRICE_HIDDEN_HOURS
    if stale < 1 or hidden < 0 or 0 < hidden < stale:
        words = f"PRICE_STALE_HOURS={stale}, PRICE_HIDDEN_HOURS={hidden}: 숨기는 시간이 오래된 것으로 보는 시간보다 짧습니다."
        found.append(Error(words, id="disclosure.E002", hint="1 이상, 숨김은 그보다 길게 (0: 숨기지 않음) 두세요."))
    if settings.EARLIER_PRICE_DAYS < 1:
        words = f"EARLIER_PRICE_DAYS={settings.EARLIER_PRICE_DAYS}: 1 이상의 날수를 쓰세요."
        found.append(Error(words, id="disclosure.E003"))
    return found
