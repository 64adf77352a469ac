"""The verbs of the Makefile as a newcomer types them: they say what they do, and none harms another that runs."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.ledger import open_ledger, wait_until

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
TARGETS_ALLOWED = 12
DEAD = "counter_999999999.db"
Environment = dict[str, str]


def make(*words: str) -> list[str]:
    """The command for these targets and variables, in the environment that the tests run in."""
    return ["make", "-o", f"{sys.prefix}/base.stamp", f"VENV={sys.prefix}", "WORKERS=1", *words]


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(environment: Environment, *words: str) -> Iterator[psutil.Popen]:
    """A verb that runs on, and at the end neither it nor what it started."""
    started = psutil.Popen(make(*words), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield started
    finally:
        family = [started, *started.children(recursive=True)] if started.poll() is None else []
        for member in reversed(family):
            member.terminate()
        _gone, alive = psutil.wait_procs(family, timeout=15)
        for member in alive:
            member.kill()
        started.stdout.close()


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    """A data folder and a database that nobody has used yet."""
    with open_ledger(tmp_path / "fresh", CELERY_BROKER_URL="") as ledger:
        yield {
            key: value
            for key, value in ledger.environment.items()
            if key not in ("DJANGO_SETTINGS_MODULE", "SOURCE_DATE_EPOCH")
        }


def list_files(environment: Environment) -> set[str]:
    """The names of the files of metrics."""
    return {file.name for file in (Path(environment["JANGBU_DATA_DIR"]) / "metrics").glob("*.db")}


def is_answering(port: int) -> bool:
    """Whether a desk stands there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/admin/login/", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def count_logins(port: int) -> float:
    """How often the server says that its login page was asked for."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    found = re.search(r'http_request_seconds_count\{[^}]*view="admin:login"\} (\S+)', text)
    return float(found[1]) if found else 0


def test_there_are_few_verbs_and_help_says_them_all() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)
    assert targets[0] == "help"
    assert len(targets) <= TARGETS_ALLOWED
    said = subprocess.run(["make", "PORT=8123"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z-]+)", said, re.MULTILINE) == targets
    assert "http://127.0.0.1:8123/admin/" in said


@pytest.mark.slow
@pytest.mark.django_db
def test_a_worker_starts_where_no_server_ever_ran(environment: Environment) -> None:
    with running(environment, "worker") as worker:
        wait_until(
            lambda: any(name.startswith("counter_") for name in list_files(environment)) or worker.poll() is not None,
            seconds=90,
            what="the worker's own metrics",
        )
        assert worker.poll() is None, worker.stdout.read()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_second_server_or_a_worker_leaves_the_first_one_s_metrics_alone(environment: Environment) -> None:
    port, other = find_port(), find_port()
    with running(environment, "serve", f"PORT={port}"):
        wait_until(lambda: is_answering(port), seconds=90, what="the first server")
        logins, own = count_logins(port), list_files(environment)
        assert logins >= 1
        (Path(environment["JANGBU_DATA_DIR"]) / "metrics" / DEAD).touch()

        with running(environment, "serve", f"PORT={port}") as refused:
            assert refused.wait(timeout=90) != 0
            assert f"포트 {port}" in refused.stdout.read().decode()
        assert list_files(environment) == own | {DEAD}

        with running(environment, "serve", f"PORT={other}"):
            wait_until(lambda: is_answering(other), seconds=90, what="the second server")
            assert own < list_files(environment)
            assert DEAD not in list_files(environment)
            before = list_files(environment)
            with running(environment, "worker"):
                wait_until(lambda: list_files(environment) > before, seconds=90, what="the worker")
        assert is_answering(port)
        assert count_logins(port) >= logins + 1
