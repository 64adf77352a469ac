"""Korean wall-clock time in the store's own notation, `yyyy-MM-dd'T'HH:mm:ss.SSSXXX`."""

import datetime
import re

KST = datetime.timezone(datetime.timedelta(hours=9))
TIMESTAMP_PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+09:00")


def format_timestamp(moment: datetime.datetime) -> str:
    """Return an aware moment in KST with milliseconds, for example 2026-11-23T17:41:00.120+09:00."""
    return moment.astimezone(KST).isoformat(timespec="milliseconds")


def read_timestamp(text: str) -> datetime.datetime:
    """Return the aware moment of a KST timestamp; raises ValueError when it is not one."""
    if not TIMESTAMP_PATTERN.fullmatch(text):
        raise ValueError(f"{text!r}: yyyy-MM-ddTHH:mm:ss.SSS+09:00 형식이어야 합니다.")
    return datetime.datetime.fromisoformat(text)


def read_now() -> datetime.datetime:
    """Return the present moment, aware, in KST."""
    return datetime.datetime.now(KST)
