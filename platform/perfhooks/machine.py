"""What a measurement should say about the machine that made it."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import lru_cache
from pathlib import Path

import psutil

COMMIT_VARIABLE = "JANGBU_COMMIT"
_ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def describe_machine() -> str:
    """Return processor count, memory, system and Python in a few words."""
    gibibytes = round(psutil.virtual_memory().total / 2**30)
    return f"{os.cpu_count()} CPU, {gibibytes} GiB, {platform.system()} {platform.machine()}, {python_version()}"


def python_version() -> str:
    """Return the running Python as in `Python 3.11.7`."""
    return f"Python {platform.python_version()}"


def load_average() -> float:
    """Return the load of the last minute."""
    return psutil.getloadavg()[0]


@lru_cache(maxsize=1)
def current_commit() -> str:
    """Return the commit in JANGBU_COMMIT, else that of the checkout, else an empty text."""
    if named := os.environ.get(COMMIT_VARIABLE, ""):
        return named
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], cwd=_ROOT, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
