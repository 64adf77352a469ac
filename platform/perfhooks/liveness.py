"""Who holds a lock or a claim, and whether that process still lives.

A holder is written as `host:pid:start`, where start is the process's start time in hundredths of a second since 1970.
A process id alone is not enough, since the system gives it away again.
"""

from __future__ import annotations

import os
import re
import socket
from functools import lru_cache

import psutil

START_TOLERANCE_SECONDS = 1.0
_PER_SECOND = 100
_HOLDER = re.compile(r"(?P<host>.+):(?P<pid>\d+):(?P<start>\d+)")


def this_holder() -> str:
    """Return the name of this process as a holder."""
    return _holder_of(os.getpid())


def is_holder_alive(holder: str) -> bool:
    """Whether the holder's process may still be at work.

    One of another machine cannot be looked at and counts as alive; a zombie, a reused process id or text that names no
    holder counts as dead.
    """
    named = _HOLDER.fullmatch(holder)
    if named is None:
        return False
    if named["host"] != socket.gethostname():
        return True
    return _is_process_alive(int(named["pid"]), int(named["start"]) / _PER_SECOND)


def _is_process_alive(pid: int, started_at: float) -> bool:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(process.create_time() - started_at) < START_TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return False


@lru_cache(maxsize=4)
def _holder_of(pid: int) -> str:
    started = round(psutil.Process(pid).create_time() * _PER_SECOND)
    return f"{socket.gethostname()}:{pid}:{started}"
