"""Running the simulator as a child process, for tests and for the pipeline's own store."""

import json
import os
import selectors
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

import httpx

from products.storesync.simulator.messages import encode_json
from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

REPOSITORY_ROOT = Path(__file__).resolve().parents[3]
STOP_TIMEOUT_SECONDS = 5.0
CONTROL_TIMEOUT_SECONDS = 60.0


class SimulatorStartError(RuntimeError):
    """The simulator died or stayed silent at its start; the message carries what it wrote to stderr."""


class SimulatorProcess:
    """A simulator that lives as long as its `with` block, and never longer than this process.

    `rate` is in requests per second and API (0 = no limit), `port` 0 picks a free one, `speed` makes the store's
    durations so many times shorter, `scenario` is in play from the first request on. `image_origin` replaces
    `http://host:port` in picture addresses, so that they stay equal from one free port to the next.
    """

    def __init__(
        self,
        catalogue: Path | str,
        *,
        products: int | None = None,
        rate: int = 0,
        burst: int | None = None,
        seed: int = 1,
        port: int = 0,
        latency_ms: int = 0,
        speed: float = 1,
        scenario: str | None = None,
        image_origin: str | None = None,
        client_id: str = DEMO_CLIENT_ID,
        client_secret: str = DEMO_CLIENT_SECRET,
        start_timeout_seconds: float = 30.0,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.start_timeout_seconds = start_timeout_seconds
        self.url = self.control_url = ""
        self.product_count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        # Plain HTTP only: an empty TLS context saves the 50 ms that loading the machine's certificates takes.
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx.Client(timeout=CONTROL_TIMEOUT_SECONDS, trust_env=False, verify=tls)
        self._options = {
            "catalogue": Path(catalogue).absolute(),
            "products": products,
            "rate": rate,
            "burst": burst,
            "seed": seed,
            "port": port,
            "latency-ms": latency_ms,
            "speed": speed,
            "scenario": scenario,
            "image-origin": image_origin,
            "client-id": client_id,
            "client-secret": client_secret,
            "parent-pid": os.getpid(),
        }

    @property
    def pid(self) -> int:
        """The child's process id; raises RuntimeError before the start."""
        if self._process is None:
            raise RuntimeError("시뮬레이터가 실행 중이 아닙니다. start()를 먼저 부르세요.")
        return self._process.pid

    def start(self) -> Self:
        """Start the program and wait for its ready line; raises SimulatorStartError."""
        command = [sys.executable, "-m", "products.storesync.simulator"]
        command += [f"--{name}={value}" for name, value in self._options.items() if value is not None]
        # A file, not a pipe: nobody would read a pipe, and a full one would stop the child. stop() closes it.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        search_path = os.pathsep.join(filter(None, [str(REPOSITORY_ROOT), os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": search_path},
        )
        line = self._read_ready_line(self._process)
        if not line:
            self._fail(self._process, self._stderr)
        ready = json.loads(line)
        self.url, self.control_url, self.product_count = ready["url"], ready["control"], ready["products"]
        return self

    def _read_ready_line(self, process: subprocess.Popen[bytes]) -> bytes:
        if process.stdout is None:
            return b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            return process.stdout.readline() if selector.select(self.start_timeout_seconds) else b""

    def _fail(self, process: subprocess.Popen[bytes], stderr: IO[bytes]) -> NoReturn:
        process.terminate()
        status = process.wait(STOP_TIMEOUT_SECONDS)
        stderr.seek(0)
        written = stderr.read().decode("utf-8", "replace").strip()
        self.stop()
        raise SimulatorStartError(f"시뮬레이터가 시작하지 못했습니다(종료 상태 {status}).\n{written}")

    def stop(self) -> None:
        """End the child, by SIGKILL when SIGTERM is not enough; harmless when it is not running."""
        self._client.close()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def counters(self) -> dict[str, Any]:
        """Return what the simulator saw since the start or the last reset."""
        return self._call("GET", "counters")

    def reset_counters(self) -> None:
        """Set every counter to zero."""
        self._call("POST", "reset-counters")

    def reset(self, *, seed: int | None = None) -> None:
        """Bring the store back to its start: products, settings, tokens, faults, events, counters."""
        self._call("POST", "reset", {} if seed is None else {"seed": seed})

    def play(self, scenario: str) -> None:
        """Put a named scenario into play; raises ValueError for an unknown name."""
        self._call("POST", "scenario", {"scenario": scenario})

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change some settings (camelCase, see `simulator.settings`) and return them all."""
        return self._call("POST", "settings", values)

    def event(self, route: str, *, after: int = 1, times: int | None = 1, **do: Any) -> None:
        """Plan actions (`settings`, `mutate`, `faults`, `expireTokens`) for each `after`-th request of a route."""
        self._call("POST", "events", {"route": route, "after": after, "times": times, "do": do})

    def mutate(
        self,
        products: Sequence[Mapping[str, Any]] = (),
        *,
        random: Mapping[str, Any] | None = None,
        add: Sequence[Mapping[str, Any]] | Mapping[str, Any] = (),
        delete: Sequence[int] | Mapping[str, Any] = (),
        touch: bool = True,
    ) -> dict[str, list[int]]:
        """Edit the products on sale; return the numbers under `changed`, `added` and `deleted`.

        `products` holds `{"originProductNo" or "pick", "set": {...}, "unset": [...], "shapes": [...]}`, `random` holds
        `count`, `seed`, `fields`; `add` and `delete` may also be `{"count", "at": "start" or "end"}` of the list.
        `touch=False` leaves modifiedDate alone. Raises ValueError with the simulator's message when it refuses.
        """
        plan: dict[str, Any] = {"products": list(products), "add": add, "delete": delete, "touch": touch}
        return self._call("POST", "mutate", plan | ({"random": dict(random)} if random else {}))

    def change_random(self, count: int, *, seed: int = 1, fields: Sequence[str] = ("salePrice",)) -> list[int]:
        """Give so many products new values; return their numbers."""
        return self.mutate(random={"count": count, "seed": seed, "fields": list(fields)})["changed"]

    def faults(self, fault: str, route: str | None = None, **plan: Any) -> None:
        """Put a fault into play; `plan` takes its aim, how often it strikes, and the kind's own parameters."""
        self._call("POST", "faults", {"fault": fault, "route": route, **plan})

    def clear_faults(self) -> None:
        """Take every fault out of play."""
        self._call("DELETE", "faults")

    def expire_token(self, remaining_seconds: float = 0) -> int:
        """Let every live token end in so many seconds; return how many there were."""
        return int(self._call("POST", "expire-token", {"remainingSeconds": remaining_seconds})["expired"])

    def catalogue(self) -> dict[int, dict[str, Any]]:
        """Return the whole truth by origin product number: `list` and `detail` as they are served now."""
        reply = self._client.get(f"{self.control_url}/catalogue")
        entries = [json.loads(line) for line in reply.content.split(b"\n") if line]
        return {entry["originProductNo"]: entry for entry in entries}

    def _call(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        reply = self._client.request(method, f"{self.control_url}/{name}", content=encode_json(body) if body else None)
        if reply.is_error:
            raise ValueError(reply.json()["message"])
        answer: dict[str, Any] = reply.json()
        return answer
