"""The demo's figures: eight weeks of searches and sales per post, as the two files that editors import.

The same post and day always give the same figures. One post of three lost readers, one of six sells less than before.
"""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

DAYS = 56
TREND_DAYS = 28
SEARCH_HEADER = ("페이지", "날짜", "클릭수", "노출", "게재순위")
STORE_HEADER = ("글", "날짜", "유입", "주문", "매출")
ORDER_WON = 39_000


def write_search_console(slugs: Sequence[str], *, today: date) -> bytes:
    """Clicks, impressions and position of each post on each of the days before today, as UTF-8 CSV."""
    return _write(SEARCH_HEADER, (_search_row(slug, today, back) for slug in slugs for back in _days()))


def write_store_report(slugs: Sequence[str], *, today: date) -> bytes:
    """Visits, orders and won of each post on each of the days before today, as UTF-8 CSV."""
    return _write(STORE_HEADER, (_store_row(slug, today, back) for slug in slugs for back in _days()))


def count_clicks(slug: str, back: int) -> int:
    """The clicks of a post so many days ago: 6 to 35 a day, some less of late for one post of three."""
    usual = 6 + _draw(slug) % 20 + _draw(f"{slug}{back}") % 10
    is_falling = _draw(slug) % 3 == 0
    return usual * 2 // 5 if is_falling and back <= TREND_DAYS else usual


def count_orders(slug: str, back: int) -> int:
    """The orders that came of a post so many days ago."""
    share = 24 if _draw(slug) % 6 == 1 and back <= TREND_DAYS else 8
    return (count_clicks(slug, back) + _draw(f"{back}{slug}") % share) // share


def _search_row(slug: str, today: date, back: int) -> tuple[object, ...]:
    clicks = count_clicks(slug, back)
    position = 3 + _draw(slug) % 60 / 10
    return (f"/posts/{slug}/", today - timedelta(days=back), clicks, clicks * 28, f"{position:.1f}")


def _store_row(slug: str, today: date, back: int) -> tuple[object, ...]:
    orders = count_orders(slug, back)
    return (slug, today - timedelta(days=back), count_clicks(slug, back), orders, orders * ORDER_WON)


def _days() -> Iterator[int]:
    return iter(range(DAYS, 0, -1))


def _draw(text: str) -> int:
    return zlib.crc32(text.encode())


def _write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(header)
    out.writerows(rows)
    return text.getvalue().encode()
