"""Korean wall-clock time in the store's own notation, `yyyy-MM-dd'T'HH:mm:ss.SSSXXX`."""

import datetime
import re
import time

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


class StoreClock:
    """The store's two clocks. Durations (buckets, token lives, latency, idle sockets) run `speed` times as fast as the
    machine's clock, moments (timestamps of callers and edits) are the machine's own, `offset_seconds` beside it.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.offset_seconds = 0.0

    def read_seconds(self) -> float:
        """Return the store's seconds since an arbitrary moment, never going back."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Wait for so many of the store's seconds."""
        if seconds > 0:
            time.sleep(seconds / self.speed)

    def read_unix(self) -> float:
        """Return the present moment as Unix seconds."""
        return time.time() + self.offset_seconds

    def read_now(self) -> datetime.datetime:
        """Return the present moment, aware, in KST."""
        return datetime.datetime.fromtimestamp(self.read_unix(), KST)
