"""Processor time of this process and of the database server's processes that work for it, where those are near.

A bench of a database that counted its own process only would call work free that it has moved into the server, and one
that forgot the helpers of a parallel query would call half of its work free.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import psutil
from django.conf import settings
from django.db import connection

LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})
_NANOSECONDS = 1e-9


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """Seconds so far. `backend` is the server's process, 0 where there is none near.

    Its parallel helpers count from their end on, and with them whatever else the server has ended meanwhile: measure where
    nobody else works.
    """

    own: float
    backend: int = 0
    backend_seconds: float = 0.0

    def since(self, earlier: ProcessorTime) -> float:
        """Return the seconds between two readings, those of the server only where one process of it served both."""
        served = self.backend_seconds - earlier.backend_seconds if self.backend == earlier.backend else 0.0
        return self.own - earlier.own + served


def read_processor_time() -> ProcessorTime:
    """Read it now; asks the operating system, and the database nothing."""
    backend = _find_backend()
    seconds = 0.0
    with suppress(OSError):
        if backend:
            # proc(5): /proc/pid/schedstat begins with the time spent on the processor.
            text = Path(f"/proc/{backend}/schedstat").read_text(encoding="ascii")
            seconds = int(text.split()[0]) * _NANOSECONDS + _read_helpers(backend)
    return ProcessorTime(process_time(), backend, seconds)


def _read_helpers(backend: int) -> float:
    """Seconds of all processes that the server has started and that have ended; 0 where it does not let us look."""
    with suppress(psutil.Error):
        ended = psutil.Process(psutil.Process(backend).ppid()).cpu_times()
        return float(ended.children_user + ended.children_system)
    return 0.0


def _find_backend() -> int:
    """The process id of the server's process behind the open connection; 0 without one on this machine."""
    if not settings.configured or connection.vendor != "postgresql" or connection.connection is None:
        return 0
    host = str(connection.settings_dict["HOST"] or "")
    if host not in LOCAL_HOSTS and not host.startswith("/"):
        return 0
    pid: int = connection.connection.info.backend_pid
    return pid
