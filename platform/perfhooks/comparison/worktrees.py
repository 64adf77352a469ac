"""Commits on disk: a git worktree in a temporary folder, gone again whatever happens."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIT_TIMEOUT_SECONDS = 120


class GitError(RuntimeError):
    """Git refused; the message carries its own words."""


def find_commit(root: Path, revision: str) -> str:
    """Return the full id of a commit (a branch, a tag, `HEAD~3` ...) of the repository at `root`; raises `GitError`."""
    try:
        return run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except GitError:
        raise GitError(f"{revision!r}: {root}에 그런 커밋이 없습니다. git log로 이름을 확인하세요.") from None


@contextmanager
def open_worktree(root: Path, commit: str, folder: Path) -> Iterator[Path]:
    """Check a commit out into `folder`, which must not exist, and remove it on leaving; raises `GitError`."""
    try:
        run_git(root, "worktree", "add", "--detach", "--quiet", str(folder), commit)
        yield folder
    finally:
        with _undisturbed():
            shutil.rmtree(folder, ignore_errors=True)
            run_git(root, "worktree", "prune")


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block like Ctrl-C, so that what it opened is closed; also where nohup has Ctrl-C ignored."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Finish the block although Ctrl-C is pressed again."""
    before = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def run_git(root: Path, *words: str) -> str:
    """Return what a git command printed; raises `GitError`."""
    try:
        # In a session of its own, so that a second Ctrl-C does not reach a git that is tidying up.
        done = subprocess.run(
            ["git", *words],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_SECONDS,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git {words[0]}: {error}") from error
    if done.returncode:
        raise GitError(f"git {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
