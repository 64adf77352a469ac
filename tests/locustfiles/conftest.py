"""A production server of its own on a scratch database, and Locust in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from locustfiles.timings import Timing, read_timings
from scripts.load_server import ROOT, production_environment, run_quietly, serve

PRODUCTS = 120
BUDGET = """
[[budget]]
id = "probe"
plan = "6.5"
metric = "admin_product_list_p95_ms"
statistic = "value"
unit = "ms"
limit = {limit}
direction = "max"
kind = "slo"
level = "block"
min_samples = 1
why = "a limit for this test"
"""


@dataclass(frozen=True)
class Load:
    """How a run of Locust ended."""

    status: int
    output: str
    timings: list[Timing]
    lines: list[str]


@dataclass(frozen=True)
class Target:
    """The server under load; `database` is the scratch database's file."""

    address: str
    folder: Path
    database: Path
    environment: dict[str, str]

    def run(self, locustfile: str, *options: str, limit_ms: float = 600_000, **environment: str) -> Load:
        """Run a load against the server, with this limit of the list's p95."""
        budgets, timings = self.folder / "budgets.toml", self.folder / "timings.csv"
        budgets.write_text(BUDGET.format(limit=limit_ms), encoding="utf-8")
        timings.unlink(missing_ok=True)
        command = [sys.executable, "-m", "locust", "-f", f"locustfiles/{locustfile}", "--headless", "--only-summary"]
        command += ["--host", self.address, "--timings-csv", str(timings), *options]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, "LOAD_BUDGETS": str(budgets), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        rows = read_timings(timings) if timings.exists() else []
        lines = timings.read_text("utf-8").splitlines() if timings.exists() else []
        return Load(done.returncode, done.stdout + done.stderr, rows, lines)

    def prepare(self) -> str:
        """Bring the scratch database to its shape; returns what the command says."""
        command = [sys.executable, "scripts/bench_database.py", "prepare", "--products", str(PRODUCTS)]
        return run_quietly(command, self.environment)


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server, once for all tests of this folder."""
    folder = tmp_path_factory.mktemp("load")
    database = folder / "jangbu_bench_tests.sqlite3"
    environment = production_environment(
        database_url=f"sqlite:///{database}",
        folder=folder,
        LOAD_USER="bench_editor",
        LOAD_PASSWORD="nobody-else-knows",
    )
    target = Target("", folder, database, environment)
    target.prepare()
    with serve(environment) as address:
        yield Target(address, folder, database, environment)
