"""Which code runs: the commit, whether files beside it hold changes of their own, and what counts as code."""

from __future__ import annotations

import os
import re
import subprocess
from functools import lru_cache
from pathlib import Path

from perfhooks.machine import COMMIT_VARIABLE, current_commit

ROOT = Path(__file__).resolve().parents[2]
GIT_SECONDS = 20
NOT_CODE = ("docs", "*.md", "config/baselines.toml")
"""What a measurement does not depend on: documents, and the limits of warnings that are written after measuring."""
DIRTY_MARK = "-dirty"

_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_UNTRACKED = "?? "


def measured_commit() -> str:
    """Return the name under which a measurement of the running code is stored: its commit, marked where it is dirty."""
    return name_commit(current_commit(), is_dirty=has_own_changes())


def name_commit(commit: str, *, is_dirty: bool) -> str:
    """Return a commit as measurements name it: `<commit>-dirty` where files beside it were changed."""
    return commit + DIRTY_MARK if commit and is_dirty else commit


def is_dirty_name(commit: str) -> bool:
    """Whether `name_commit` marked it."""
    return commit.endswith(DIRTY_MARK)


def has_own_changes() -> bool:
    """Whether the running code differs from its commit; what was deployed under JANGBU_COMMIT is taken at its word."""
    return not os.environ.get(COMMIT_VARIABLE) and bool(current_commit()) and has_uncommitted_code(ROOT)


def has_uncommitted_code(root: Path) -> bool:
    """Whether code of a checkout differs from its commit, or holds a Python file that git does not know yet.

    A checkout whose state git does not tell counts as changed: nobody knows that it is not.
    """
    state = _run_git(root, "status", "--porcelain", "--untracked-files=all", "--", ".", *_exclusions())
    if state is None or state.returncode:
        return True
    return any(
        not line.startswith(_UNTRACKED) or line.rstrip('"').endswith(".py") for line in state.stdout.splitlines()
    )


@lru_cache(maxsize=256)
def is_same_code(one: str, other: str, root: Path) -> bool:
    """Whether two commits of the checkout at `root` are one, or differ in documents only."""
    if not (_COMMIT.fullmatch(one) and _COMMIT.fullmatch(other)):
        return False
    compared = _run_git(root, "diff", "--quiet", one, other, "--", ".", *_exclusions())
    return compared is not None and compared.returncode == 0


def _exclusions() -> list[str]:
    return [f":(exclude){path}" for path in NOT_CODE]


def _run_git(root: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    """Run git in a checkout; None where there is no git or it does not answer in time."""
    try:
        return subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
