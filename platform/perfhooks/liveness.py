"""Who holds a lock or a claim, and whether that process still lives.

A holder is written as `host:pid:start`. A process id alone is not enough, since the system gives it away again; start
tells its processes apart, and no step of the wall clock moves it. A claim is a holder and when it took the thing, by the
machine's own clock: `host:pid:start@seconds`.
"""

from __future__ import annotations

import os
import re
import socket
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import psutil

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
_BOOT_ID_LENGTH = 8
_START_FIELD = 19
"""Counted from the state, which follows the command's closing bracket: field 22 of proc_pid_stat(5)."""
_HOLDER = re.compile(r"(?P<host>.+):(?P<pid>\d+):(?P<start>[0-9a-f-]+)(?:@(?P<seconds>\d+))?")


def this_holder() -> str:
    """Return the name of this process as a holder."""
    return _holder_of(os.getpid())


def this_process() -> str:
    """Return what tells this process from every other one of this machine: `pid-start`."""
    return _process_of(os.getpid())


def this_claim() -> str:
    """Return the name of this process as somebody who takes something now."""
    return f"{this_holder()}@{time.monotonic():.0f}"


def is_holder_alive(holder: str) -> bool:
    """Whether the process of a holder or of a claim may still be at work.

    One of another machine cannot be looked at and counts as alive; a zombie, a reused process id or text that names no
    holder counts as dead.
    """
    named = _HOLDER.fullmatch(holder)
    if named is None:
        return False
    return named["host"] != socket.gethostname() or is_process_alive(int(named["pid"]), named["start"])


def is_claim_abandoned(claim: str, *, claimed_at: datetime, lease_seconds: float) -> bool:
    """Whether a claim's process is dead, or so long silent that it counts as dead.

    On this machine the silence is measured by the clock that nobody sets; only for another one by the wall clock.
    """
    named = _HOLDER.fullmatch(claim)
    if named is None or not is_holder_alive(claim):
        return True
    if named["host"] != socket.gethostname():
        return claimed_at < datetime.now(UTC) - timedelta(seconds=lease_seconds)
    return named["seconds"] is not None and time.monotonic() - int(named["seconds"]) > lease_seconds


def is_process_alive(pid: int, start: str | None = None) -> bool:
    """Whether a process of this machine runs, and is the one that began at `start` where that is given."""
    try:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
        return start is None or _read_start(pid) == start
    except psutil.NoSuchProcess:
        return False


@lru_cache(maxsize=4)
def _holder_of(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_read_start(pid)}"


@lru_cache(maxsize=4)
def _process_of(pid: int) -> str:
    return f"{pid}-{_read_start(pid)}"


def _read_start(pid: int) -> str:
    """Which boot of the machine, and how many ticks after it; where the system does not say, when by the wall clock."""
    if not _BOOT_ID.exists():
        return f"{psutil.Process(pid).create_time() * 100:.0f}"
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as gone:
        raise psutil.NoSuchProcess(pid) from gone
    return f"{_read_boot_id()}-{fields[_START_FIELD]}"


@lru_cache(maxsize=1)
def _read_boot_id() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip()[:_BOOT_ID_LENGTH]
