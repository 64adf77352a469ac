"""Time as readers get it: Korean, to the minute."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from perfhooks.clock import business_now

KOREA = ZoneInfo("Asia/Seoul")


def tell_time(moment: datetime) -> str:
    """2026-11-22 09:00."""
    return f"{moment.astimezone(KOREA):%Y-%m-%d %H:%M}"


def korean_today() -> date:
    """The day of record in Korea."""
    return business_now().astimezone(KOREA).date()
