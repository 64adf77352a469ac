"""The mixed load in a shape of config/load_shapes.toml: step, spike or soak.

locust -f locustfiles/shapes.py --headless --shape step --host http://127.0.0.1:8000

LOAD_SHAPES names another file of shapes.
"""

from __future__ import annotations

import os
import tomllib
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from locust import LoadTestShape, events

from locustfiles import mixed
from locustfiles.common import ROOT, read_options

SHAPES_FILE = Path(os.environ.get("LOAD_SHAPES") or ROOT / "config" / "load_shapes.toml")
DEFAULT_SHAPE = "step"


@dataclass(frozen=True, slots=True)
class Stage:
    """So many users for so many seconds; `spawn_rate` is how many come or go per second until there are so many."""

    seconds: float
    users: int
    spawn_rate: float


def load_shapes(path: Path = SHAPES_FILE) -> dict[str, list[Stage]]:
    """Return the stages of every shape; raises ValueError that names the field at fault."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, list[Stage]])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def add_shape_option(parser: ArgumentParser) -> None:
    """Let the shape be chosen, from those in the file."""
    parser.add_argument(
        "--shape", choices=sorted(load_shapes()), default=DEFAULT_SHAPE, help="a shape of load_shapes.toml"
    )


class Editors(mixed.Editors):
    """Those at the desk."""


class Machines(mixed.Machines):
    """Those at the API."""


class Staged(LoadTestShape):
    """The chosen shape, stage by stage."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be now; None after the last stage."""
        assert self.runner is not None  # noqa: S101 - Locust sets it before the first tick
        passed = perf_counter() - self.start_time
        for stage in load_shapes()[read_options(self.runner.environment).shape]:
            passed -= stage.seconds
            if passed < 0:
                return stage.users, stage.spawn_rate
        return None


def add_listeners(hooks: Any) -> None:
    """Tie the option to the command line."""
    hooks.init_command_line_parser.add_listener(add_shape_option)


add_listeners(events)
