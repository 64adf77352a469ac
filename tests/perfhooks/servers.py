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


@dataclass(frozen=True)
class Server:
    """Where it listens, and its first process."""

    url: str
    pid: int

    def worker_pids(self) -> set[int]:
        """The processes that serve."""
        living = [child for child in psutil.Process(self.pid).children() if child.status() != psutil.STATUS_ZOMBIE]
        return {child.pid for child in living if "resource_tracker" not in " ".join(child.cmdline())}


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
        workers_left = psutil.Process(process.pid).children()
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # the server forgets a signal that meets a worker while it starts
            for child in workers_left:
                child.kill()
            process.kill()
            raise
