"""The production server as a program of its own, for loads: started, waited for, and stopped with all of its workers."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which

import httpx

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 20
THREADS_A_WORKER = 4
"""As `make serve`: each thread keeps a connection to the database, and granian would start up to 256 of them."""
PROBE = "/admin/login/"


def production_environment(*, database_url: str, folder: Path, **others: str) -> dict[str, str]:
    """The environment of production with throw-away secrets, everything that is written in `folder`, and no broker."""
    metrics = folder / "metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": database_url,
        "JANGBU_DATA_DIR": str(folder),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "CELERY_BROKER_URL": "",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_HTTPS": "false",
        "API_RATE_CALLER": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform"), os.environ.get("PYTHONPATH", "")]).rstrip(
            ":"
        ),
        **others,
    }


def pick_generator_core() -> list[int]:
    """The core that the generator is held to, so that it cannot spread over the server's; empty on a machine of one core."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[-1:] if len(cores) > 1 and which("taskset") is not None else []


def pinned(command: Sequence[str], cores: Sequence[int]) -> list[str]:
    """The command, held to these cores; as it is where there are none."""
    return [*(["taskset", "-c", ",".join(map(str, cores))] if cores else []), *command]


def run_quietly(command: Sequence[str], environment: Mapping[str, str], *, accepted: Sequence[int] = (0,)) -> str:
    """Run a command to its end and return what it printed; RuntimeError with its complaint for any other exit status."""
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in accepted:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


@contextmanager
def serve(environment: Mapping[str, str], *, workers: int = 1) -> Iterator[str]:
    """Collect the static files, serve within the block, and yield the server's address on 127.0.0.1.

    Raises RuntimeError with the server's own words where it does not come up.
    """
    run_quietly([sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"], environment)
    port = _free_port()
    granian = str(Path(sys.executable).parent / "granian")
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    options += ["--blocking-threads", str(THREADS_A_WORKER)]
    log = Path(environment["JANGBU_DATA_DIR"]) / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [granian, *options, "project.wsgi:application"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process, log)
        yield address
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(address + PROBE, timeout=30).status_code == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start: {log.read_text('utf-8', errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers, which share its process group and nobody else's."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_SECONDS_MAX)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=STOP_SECONDS_MAX)
