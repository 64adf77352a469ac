"""The two sides of a comparison: a tree each, and processes that run a scenario in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfhooks.checkout import has_uncommitted_code, is_same_code, name_commit
from perfhooks.comparison.verdicts import Run
from perfhooks.comparison.worktrees import find_commit, open_worktree

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILD = Path(__file__).with_name("child.py")
SIDE_VARIABLE = "PERF_COMPARE_SIDE"
RUN_TIMEOUT_SECONDS = 300


class RunError(RuntimeError):
    """A process of one side ended without figures; the message carries what it wrote."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what is measured, where it lies, and a folder that its processes may fill."""

    name: Literal["base", "head"]
    commit: str
    is_dirty: bool
    tree: Path
    scratch: Path

    @property
    def label(self) -> str:
        """The commit as people read it."""
        return self.commit[:11] + (" (수정됨)" if self.is_dirty else "")

    @property
    def measured(self) -> str:
        """The name under which figures of this side are stored."""
        return name_commit(self.commit, is_dirty=self.is_dirty)


@contextmanager
def open_sides(root: Path, base: str, head: str = "") -> Iterator[tuple[Side, Side]]:
    """Check base and head out and yield both; without a head, the checkout at `root` is measured as it stands.

    Everything lies in a temporary folder that is removed on leaving. Raises `GitError`.
    """
    commits = find_commit(root, base), find_commit(root, head or "HEAD")
    with tempfile.TemporaryDirectory(prefix="perf-compare-") as name, ExitStack() as stack:
        folder = Path(name)
        tree = stack.enter_context(open_worktree(root, commits[0], folder / "base"))
        yield (
            Side("base", commits[0], False, tree, folder / "scratch-base"),
            _open_head(stack, root, commits[1], folder, is_checkout=not head),
        )


def have_same_code(sides: tuple[Side, Side], root: Path) -> bool:
    """Whether both sides run the same code: commits that differ in documents at most, and nothing changed beside them."""
    base, head = sides
    return not head.is_dirty and is_same_code(base.commit, head.commit, root)


def _open_head(stack: ExitStack, root: Path, commit: str, folder: Path, *, is_checkout: bool) -> Side:
    scratch = folder / "scratch-head"
    if is_checkout:
        return Side("head", commit, has_uncommitted_code(root), root, scratch)
    return Side("head", commit, False, stack.enter_context(open_worktree(root, commit, folder / "head")), scratch)


@dataclass(frozen=True, slots=True)
class Bench:
    """How runs are made: the scenario file relative to a tree, and for how many seconds each run repeats its work."""

    root: Path
    file: Path
    seconds: float

    def list_scenarios(self, head: Side) -> list[str]:
        """Return the names of the scenarios in the head's file; raises `RunError`."""
        names: list[str] = json.loads(self._start(head, head, "--list"))
        return names

    def run(self, side: Side, head: Side, scenario: str) -> Run:
        """Run a scenario once in a new process of a side; raises `RunError`.

        The scenario comes from the side's own tree, or from the head where that tree has no such file.
        """
        words = ("--scenario", scenario, "--seconds", str(self.seconds), "--scratch", str(side.scratch / scenario))
        return Run(**json.loads(self._start(side, head, *words)))

    def _start(self, side: Side, head: Side, *words: str) -> str:
        file = next((tree / self.file for tree in (side.tree, head.tree) if (tree / self.file).is_file()), None)
        if file is None:
            raise RunError(f"{self.file}: 이 파일이 {side.label}에도 {head.label}에도 없습니다.")
        command = [sys.executable, "-P", str(CHILD), "--file", str(file), *words]
        place = ["--tree", str(side.tree), "--checkout", str(self.root)]
        done = subprocess.run(
            [*command, *place],
            cwd=side.tree,
            env=_environment(side),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_SECONDS,
        )
        if done.returncode:
            raise RunError(f"{side.name} {side.label}에서 실행하지 못했습니다.\n{done.stderr.strip()[-2_000:]}")
        return done.stdout.splitlines()[-1]


def _environment(side: Side) -> dict[str, str]:
    # Equal hash seeds: set and dict order would otherwise differ from process to process, and with it the time.
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(side.tree), str(side.tree / "platform")]),
        "PYTHONHASHSEED": "0",
        SIDE_VARIABLE: side.name,
    }
