"""The production server on a free port, in processes of its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
START_ATTEMPTS = 8
STOP_ATTEMPTS = 5


@dataclass(frozen=True)
class Server:
    """Where it listens, and its first process."""

    url: str
    pid: int

    def worker_pids(self) -> set[int]:
        """The processes that serve."""
        return {child.pid for child in psutil.Process(self.pid).children() if is_alive(child)}


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and was not noticed yet does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def open_server(environment: Mapping[str, str], *, workers: int = 1) -> Iterator[Server]:
    """The product under granian with these environment variables, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    granian = str(Path(sys.executable).parent / "granian")
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    command = [granian, *options, "--respawn-failed-workers", "project.wsgi:application"]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=START_ATTEMPTS)) as client:
            client.get(f"{url}/metrics", timeout=60)
        yield Server(url, process.pid)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server; a worker that was about to start while its parent passed the signal on is told itself."""
    process.terminate()
    for _attempt in range(STOP_ATTEMPTS):
        try:
            process.wait(timeout=3)
            return
        except subprocess.TimeoutExpired:
            for child in psutil.Process(process.pid).children():
                child.terminate()
    process.kill()
    raise TimeoutError("the server did not end")
