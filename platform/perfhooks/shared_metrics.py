"""The folder in which processes share their metrics: each writes files of its own there, whoever is asked adds them up.

A file is named by its process's id and start (perfhooks.liveness), so that what a dead process left can be told from what
a living one still writes, and no process goes on counting in the file of another.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from prometheus_client import values

from perfhooks.liveness import is_process_alive, this_process

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_FILE = re.compile(r"[a-z_]+_(?P<pid>\d+)(?:-(?P<start>[0-9a-f-]+))?\.db")


def open_folder() -> None:
    """Make the folder that PROMETHEUS_MULTIPROC_DIR names; without it the process keeps its metrics for itself.

    To be called before the first metric is made: its file is opened then.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        values.ValueClass = values.MultiProcessValue(this_process)  # type: ignore[no-untyped-call]


def remove_left_files(folder: Path) -> int:
    """Remove what dead processes left, which would be served for ever; returns how many files that was."""
    left = [file for file in folder.glob("*.db") if _is_left(file.name)]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def _is_left(name: str) -> bool:
    named = _FILE.fullmatch(name)
    return named is not None and not is_process_alive(int(named["pid"]), named["start"])
