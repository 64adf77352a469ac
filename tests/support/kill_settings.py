"""The test settings, and a death at a chosen place: KILL_AT="<metric>:<n>" ends the process with SIGKILL as the n-th
span of that name closes, before anything that follows it.
"""

import os
import signal
from collections.abc import Mapping
from datetime import timedelta

from perfhooks.recorder import Recorder
from perfhooks.series import LabelValues
from project.settings.test import *  # noqa: F403
from project.settings.test import SCHEDULE

SCHEDULE = dict.fromkeys(SCHEDULE, timedelta(weeks=1))  # no due time passes between a death and what follows it

_name, _, _number = os.environ.get("KILL_AT", "").partition(":")


class Assassin(Recorder):
    """Counts the spans of one name and kills this process at the n-th."""

    left = int(_number or 0)

    def add_sample(
        self, name: str, value: float, labels: LabelValues, tags: Mapping[str, object], queries: int = 0, rows: int = 0
    ) -> None:
        """One span of `name` has closed."""
        if name == _name:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


if _name:
    Assassin().__enter__()
