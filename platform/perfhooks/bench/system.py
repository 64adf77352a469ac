"""What the machine does beside a block of work, and what holds the work back."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERVAL_SECONDS = 0.25
BUSY_CORE = 0.85
BUSY_MACHINE = 0.90
BUSY_DISK = 0.50
WAITING_FOR_DISK = 0.15


@dataclass(frozen=True, slots=True)
class SystemUse:
    """Means over the block. `own_cores`: cores that this process kept busy; shares run 0 to 1, `disk_*` bytes a second.

    `crowded_share` is the share of the time in which no core was free, `neighbour` the other program that used most of
    the processor, with `neighbour_cores` cores of it.
    """

    seconds: float
    cores: int
    cpu_share: float
    crowded_share: float
    own_cores: float
    io_wait_share: float
    disk_busy_share: float
    disk_read: float
    disk_written: float
    neighbour: str
    neighbour_cores: float

    @property
    def bottleneck(self) -> str:
        """One sentence (in Korean) that names what held the work back."""
        if self.io_wait_share >= WAITING_FOR_DISK or (self.disk_busy_share >= BUSY_DISK and self.own_cores < BUSY_CORE):
            return (
                f"병목은 디스크입니다: I/O 대기 {self.io_wait_share:.0%}, 디스크 사용 {self.disk_busy_share:.0%}, "
                f"초당 {self.disk_read / 1e6:.1f}MB 읽기와 {self.disk_written / 1e6:.1f}MB 쓰기."
            )
        if self.own_cores >= BUSY_CORE:
            return f"병목은 이 프로세스의 CPU입니다: 코어 {self.own_cores:.2f}개를 쓰고 있습니다."
        if self.neighbour_cores >= max(self.own_cores, 0.5):
            return (
                f"병목은 다른 프로세스입니다: {self.neighbour}이(가) 코어 {self.neighbour_cores:.2f}개, "
                f"이 프로세스는 {self.own_cores:.2f}개를 쓰고 있습니다."
            )
        if self.crowded_share >= 0.5:
            return f"병목은 붐비는 장비입니다: {self.crowded_share:.0%}의 시간 동안 비어 있는 코어가 없었습니다."
        return (
            f"병목은 기다림입니다(잠금, 네트워크, 잠들기): 이 프로세스는 코어 {self.own_cores:.2f}개만 쓰고, "
            f"CPU는 {1 - self.cpu_share:.0%} 비어 있습니다."
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """The counters at one moment: seconds of all cores, and of this process; bytes and busy seconds of the disks."""

    when: float
    total: float
    idle: float
    io_wait: float
    own: float
    disk_read: float
    disk_written: float
    disk_busy: float


class SystemWatch:
    """The readings of a block; `use` is there once the block is left."""

    def __init__(self) -> None:
        self.use: SystemUse | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep_reading, name="system-watch", daemon=True)
        self._processes = _read_processes()
        self._readings = [_read()]
        self._thread.start()

    def stop(self) -> None:
        """End the readings and work out `use`."""
        self._is_over.set()
        self._thread.join()
        self._readings.append(_read())
        self.use = _summarise(self._readings, _find_neighbour(self._processes))

    def _keep_reading(self) -> None:
        while not self._is_over.wait(INTERVAL_SECONDS):
            self._readings.append(_read())


@contextmanager
def watch_system() -> Iterator[SystemWatch]:
    """Watch processor, disk and I/O wait within the block from a thread; read `use` of what is yielded afterwards."""
    watch = SystemWatch()
    try:
        yield watch
    finally:
        watch.stop()


def _read() -> _Reading:
    cores, own = psutil.cpu_times(), psutil.Process().cpu_times()
    disks = (psutil.disk_io_counters(perdisk=True) or {}).values()
    return _Reading(
        when=perf_counter(),
        total=sum(cores),
        idle=cores.idle,
        io_wait=getattr(cores, "iowait", 0.0),
        own=own.user + own.system + own.children_user + own.children_system,
        disk_read=sum(disk.read_bytes for disk in disks),
        disk_written=sum(disk.write_bytes for disk in disks),
        disk_busy=max((getattr(disk, "busy_time", 0) / 1e3 for disk in disks), default=0.0),
    )


def _summarise(readings: list[_Reading], neighbour: tuple[str, float]) -> SystemUse:
    first, last = readings[0], readings[-1]
    seconds = max(last.when - first.when, 1e-9)
    crowded = sum(after.when - before.when for before, after in pairwise(readings) if _is_crowded(before, after))
    return SystemUse(
        seconds=seconds,
        cores=os.cpu_count() or 1,
        cpu_share=_busy_share(first, last),
        crowded_share=crowded / seconds,
        own_cores=(last.own - first.own) / seconds,
        io_wait_share=(last.io_wait - first.io_wait) / max(last.total - first.total, 1e-9),
        disk_busy_share=min((last.disk_busy - first.disk_busy) / seconds, 1.0),
        disk_read=(last.disk_read - first.disk_read) / seconds,
        disk_written=(last.disk_written - first.disk_written) / seconds,
        neighbour=neighbour[0],
        neighbour_cores=neighbour[1] / seconds,
    )


def _is_crowded(before: _Reading, after: _Reading) -> bool:
    return _busy_share(before, after) >= BUSY_MACHINE


def _busy_share(before: _Reading, after: _Reading) -> float:
    total = after.total - before.total
    free = (after.idle - before.idle) + (after.io_wait - before.io_wait)
    return 1 - free / total if total > 0 else 0.0


def _read_processes() -> dict[int, tuple[str, float]]:
    """Return name and processor seconds of every other process by its id."""
    found = {}
    for process in psutil.process_iter(["name", "cpu_times"]):
        times = process.info["cpu_times"]
        if process.pid != os.getpid() and times is not None:
            found[process.pid] = (process.info["name"] or "?", times.user + times.system)
    return found


def _find_neighbour(before: dict[int, tuple[str, float]]) -> tuple[str, float]:
    """Return the program that used most processor since then, and the seconds of all its processes together."""
    used: dict[str, float] = {}
    for pid, (name, seconds) in _read_processes().items():
        used[name] = used.get(name, 0.0) + seconds - before.get(pid, (name, 0.0))[1]
    return max(used.items(), key=lambda pair: pair[1], default=("", 0.0))
