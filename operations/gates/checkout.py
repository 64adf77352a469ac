"""Which code is about to be released, and whether a measured commit is the same code."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from perfhooks.machine import COMMIT_VARIABLE, current_commit

ROOT = Path(__file__).resolve().parents[2]
GIT_SECONDS = 20
NOT_CODE = ("docs", "*.md", "config/baselines.toml")
"""What a measurement does not depend on: documents, and the limits of warnings that are written after measuring."""

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True, slots=True)
class Checkout:
    """The commit that is judged (empty when unknown), and whether the files beside it hold changes of their own."""

    commit: str
    is_dirty: bool

    def has_same_code(self, commit: str) -> bool:
        """Whether that commit is this one, or differs from it in documents only."""
        return bool(self.commit) and (commit == self.commit or _is_same_tree(commit, self.commit))


def read_checkout() -> Checkout:
    """Return the code that runs: by JANGBU_COMMIT where it was deployed without git, else the checkout's own state."""
    if os.environ.get(COMMIT_VARIABLE):
        return Checkout(current_commit(), is_dirty=False)
    changed = _run_git("status", "--porcelain", "--untracked-files=no", "--", ".", *_exclusions())
    return Checkout(current_commit(), is_dirty=changed is not None and bool(changed.stdout.strip()))


@lru_cache(maxsize=256)
def _is_same_tree(one: str, other: str) -> bool:
    if not (_COMMIT.fullmatch(one) and _COMMIT.fullmatch(other)):
        return False
    compared = _run_git("diff", "--quiet", one, other, "--", ".", *_exclusions())
    return compared is not None and compared.returncode == 0


def _exclusions() -> list[str]:
    return [f":(exclude){path}" for path in NOT_CODE]


def _run_git(*words: str) -> subprocess.CompletedProcess[str] | None:
    """Run git in the checkout; None where there is no git or it does not answer in time."""
    try:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
