"""A ledger of its own for tests that run the product as other processes: database, files, and the commands on it."""

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from operations.demo.articles import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "1795305600"
"""SOURCE_DATE_EPOCH of every run: 2026-11-22 00:00 UTC."""
READ_STATE = """
import django, json
django.setup()
from tests.support.state import read_state
print(json.dumps(read_state(), ensure_ascii=False))
"""
SEED = """
import django, sys
django.setup()
from pathlib import Path
from content.posts.services import save_post
from operations.demo.articles import write_articles
for article in write_articles(Path(sys.argv[1]))[: int(sys.argv[2])]:
    save_post(slug=article.slug, title=article.title, body=article.body, relationship=article.relationship, status="ready")
"""


def write_small_catalogue(path: Path, *, every: int = 16) -> Path:
    """Every n-th row of the demo catalogue, so that all its categories are there."""
    lines = CATALOGUE.read_text("utf-8").splitlines()
    path.write_text("\n".join(lines[::every]) + "\n", "utf-8")
    return path


class Ledger:
    """One database and one data folder; `run` starts a command of the product on them."""

    def __init__(self, folder: Path, database_url: str, **environment: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "project.settings.test",
            "DATABASE_URL": database_url,
            "JANGBU_DATA_DIR": str(folder),
            "JANGBU_TEST_DIR": str(folder),
            "SOURCE_DATE_EPOCH": AS_OF,
            **environment,
        }

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start `python <command>` at the root of the repository."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `python <command>` to its end, whatever that is."""
        process = self.start(*command, **environment)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def pipeline(self, *options: str, **environment: str) -> dict[str, Any]:
        """Run the pipeline, which must end well, and return its report."""
        done = self.run("manage.py", "pipeline", "--json", *options, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def migrate(self) -> None:
        """Make the tables."""
        done = self.run("manage.py", "migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    def write_posts(self, catalogue: Path, *, posts: int) -> None:
        """Write the first of the demo's posts about this catalogue."""
        done = self.run("-c", SEED, str(catalogue), str(posts))
        assert done.returncode == 0, done.stderr

    def read_state(self) -> dict[str, Any]:
        """The ledger's state, see tests.support.state."""
        done = self.run("-c", READ_STATE)
        assert done.returncode == 0, done.stderr
        state: dict[str, Any] = json.loads(done.stdout)
        return state


@contextmanager
def open_ledger(folder: Path, *, like: Ledger | None = None, **environment: str) -> Iterator[Ledger]:
    """A ledger on the same kind of database as the suite runs on, removed afterwards.

    It is empty, or a copy of another, which nobody uses just now: copying is much quicker than making the tables again.
    """
    if like is not None:
        shutil.copytree(like.folder, folder, dirs_exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    if connection.vendor != "postgresql":
        yield Ledger(folder, f"sqlite:///{folder / 'ledger.sqlite3'}", **environment)
        return
    given = connection.settings_dict
    name = f"jangbu_test_{uuid.uuid4().hex[:12]}"
    server = f"{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}"
    template = like.database_url.rpartition("/")[2] if like else "template1"
    with psycopg.connect(f"postgres://{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield Ledger(folder, f"postgres://{server}/{name}", **environment)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def wait_until(is_so: Any, *, seconds: float, what: str) -> None:
    """Look every 50 ms until it is so; fail with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)
