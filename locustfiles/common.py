"""What every load shares: its options, the login, the pace, raw timings, and the verdict that ends it.

A load runs in one process of its own, headless, against this machine only:

    locust -f locustfiles/mixed.py --headless -u 20 -t 60s --host http://127.0.0.1:8000

Exit status: 0 kept, 1 a budget broken or requests failed, 2 wrong use, 3 cannot judge (`verdicts`). Locust rounds times
above 100 ms; the verdict stands on the raw ones, which lie in --timings-csv. Name and password come from LOAD_USER and
LOAD_PASSWORD, by default the first administrator's. LOAD_BUDGETS names another budgets file.
"""

from __future__ import annotations

import ipaddress
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

if "django" in sys.modules:
    raise ImportError("locust patches the whole process: run a load in a process of its own, never in Django's")

import gevent  # type: ignore[import-untyped]
from gevent.lock import BoundedSemaphore  # type: ignore[import-untyped]
from locust import FastHttpUser, constant_throughput, events
from locust.exception import StopTest
from locust.runners import LocalRunner
from rich.console import Console

from locustfiles.forms import read_login_token
from locustfiles.tables import print_verdict
from locustfiles.timings import LOGIN, Timing, TimingFile, read_timings, select_window
from locustfiles.verdicts import SAMPLES_FOR_P95, Generator, Verdict, judge_load
from perfhooks.budgets import BUDGETS_FILE, load_budgets

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from locust.env import Environment

ROOT = Path(__file__).resolve().parents[1]
DATA_DIR = Path(os.environ.get("JANGBU_DATA_DIR") or ROOT / "var")
WRONG_USE = 2
STOP_TIMEOUT_SECONDS = 30
SPREAD = 2_654_435_761
"""Knuth's multiplier: products that a list shows together, such as every tenth, belong to different users."""
LOGIN_PATH = "/admin/login/"
FORM_TYPE = "application/x-www-form-urlencoded"


def is_loopback(address: str) -> bool:
    """Whether a target's address is this machine itself, by a name or number that no resolver can turn elsewhere."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_options(environment: Environment) -> Any:
    """Return the options of the command line, Locust's own and those of `add_options`."""
    return environment.parsed_options


class Run:
    """The one run of this process: its measured time, its users' time at work, and where its timings go."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.options = read_options(environment)
        self.path = Path(self.options.timings_csv)
        self.timings = TimingFile(self.path)
        self.shifts: list[tuple[float, float]] = []
        self.began_at = self.ended_at = 0.0
        self.core_share = 0.0
        self._processor_seconds = 0.0

    def begin(self) -> None:
        """Begin the measured time."""
        self.began_at, self._processor_seconds = time.time(), time.process_time()

    def end(self) -> None:
        """End the measured time; a run that was stopped before it began has none."""
        self.ended_at = time.time()
        self.began_at = self.began_at or self.ended_at
        if self.ended_at > self.began_at and self._processor_seconds:
            used = time.process_time() - self._processor_seconds
            self.core_share = used / (self.ended_at - self.began_at)

    def describe_generator(self) -> Generator:
        """Return what the generator did in the measured time."""
        warned = bool(self.environment.runner and self.environment.runner.cpu_warning_emitted)
        worked = sum(max(0.0, min(end, self.ended_at) - max(begin, self.began_at)) for begin, end in self.shifts)
        return Generator(self.began_at, self.ended_at, self.core_share, warned, worked * self.options.rate_per_user)

    def judge(self) -> Verdict:
        """Return the verdict on the timings as they lie in the file."""
        self.timings.close()
        if not self.ended_at:  # interrupted: Locust reports before it stops the users
            self.end()
        generator = self.describe_generator()
        if self.options.generator_json:
            Path(self.options.generator_json).write_text(json.dumps(asdict(generator)), encoding="utf-8")
        measured = select_window(read_timings(self.path), generator.began_at, generator.ended_at)
        budgets = load_budgets(Path(os.environ.get("LOAD_BUDGETS") or BUDGETS_FILE))
        return judge_load(measured, generator, budgets, samples_min=self.options.min_samples)


_run: Run


class LoadUser(FastHttpUser):
    """Somebody logged in through the admin's login page; one login serves all users, as its hash takes a core's time.

    A task sends one request; its pace is --rate-per-user, from a moment of its own on.
    """

    abstract = True
    _counted: ClassVar[int] = 0
    _cookies: ClassVar[list[Any]] = []
    _logging_in: ClassVar[BoundedSemaphore] = BoundedSemaphore(1)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.number = LoadUser._counted
        LoadUser._counted += 1
        self.random = Random(self.number)  # noqa: S311 - chooses what to look at, protects nothing
        self.began_at = 0.0
        rate: float = read_options(environment).rate_per_user
        self._pause = constant_throughput(rate) if rate else None
        self._first_pause = self.random.uniform(0, 1 / rate) if rate else 0.0

    def on_start(self) -> None:
        """Log in, or join who has, and wait for one's own moment: users in step would queue behind each other."""
        with self._logging_in:
            if not LoadUser._cookies:
                self.log_in()
                LoadUser._cookies = list(self.client.cookiejar)
        for cookie in LoadUser._cookies:
            self.client.cookiejar.set_cookie(cookie)
        gevent.sleep(self._first_pause)
        self.began_at = time.time()

    def on_stop(self) -> None:
        """Note for how long requests were asked of this user."""
        if self.began_at:
            _run.shifts.append((self.began_at, time.time()))

    def wait_time(self) -> float:
        """Seconds until the next task."""
        return self._pause(self) if self._pause else 0.0

    def log_in(self) -> None:
        """Log in through the page with its CSRF token and a Referer; stops the run where that is refused."""
        name, password = read_credentials()
        page = self.client.get(LOGIN_PATH, name=LOGIN)
        form = {"csrfmiddlewaretoken": read_login_token(page.text or ""), "username": name, "password": password}
        with self.post_form(LOGIN_PATH, urlencode({**form, "next": "/admin/"}), name=LOGIN) as answer:
            if answer.status_code != 302 or not self.read_cookie("sessionid"):
                answer.failure(f"로그인하지 못했습니다(사용자 {name}, 응답 {answer.status_code}).")
        if not self.read_cookie("sessionid"):
            raise StopTest(f"login refused for {name}: set LOAD_USER and LOAD_PASSWORD")

    def post_form(self, path: str, body: str, *, name: str) -> Any:
        """Send a form as a browser does, without following the answer's redirect; to be used in a `with`."""
        headers = {"Content-Type": FORM_TYPE, "Referer": f"{self.host}{path}"}
        return self.client.post(path, body, headers=headers, name=name, allow_redirects=False, catch_response=True)

    def owns(self, product: int) -> bool:
        """Whether a product is this user's alone to change, among the users that there are now; spread as by chance."""
        users = max(self.environment.runner.target_user_count, 1) if self.environment.runner else 1
        return (product * SPREAD >> 16) % users == self.number % users

    def read_cookie(self, name: str) -> str:
        """Return a cookie's value, empty where there is none."""
        return next((cookie.value or "" for cookie in self.client.cookiejar if cookie.name == name), "")


def read_credentials() -> tuple[str, str]:
    """Return the name and password to log in with; exits where there is no password to be found."""
    password = os.environ.get("LOAD_PASSWORD", "")
    file = DATA_DIR / "admin_password"
    if not password and file.is_file():
        password = file.read_text(encoding="ascii").strip()
    if not password:
        raise StopTest("LOAD_PASSWORD is not set")
    return os.environ.get("LOAD_USER", "admin"), password


def add_options(parser: ArgumentParser) -> None:
    """Add the options of every load to Locust's own."""
    default = DATA_DIR / "bench" / "load_timings.csv"
    parser.add_argument("--timings-csv", default=str(default), help=f"raw timings of every request (default {default})")
    parser.add_argument("--generator-json", default="", help="file for what the generator says of itself")
    parser.add_argument("--rate-per-user", type=float, default=1.0, help="requests per second of a user; 0: no pause")
    parser.add_argument("--warm-up", type=float, default=0.0, help="seconds at the start that are not measured")
    parser.add_argument("--min-samples", type=int, default=SAMPLES_FOR_P95, help="samples that a p95 needs")
    parser.add_argument("--endpoint", default="/admin/products", help="address of the admin's product list")


def prepare(environment: Environment, **_kwargs: Any) -> None:
    """Refuse what cannot be measured rightly, and open the file of the timings."""
    global _run
    if not environment.host or not is_loopback(environment.host):
        refuse(f"--host {environment.host}: 이 기계(127.0.0.1) 밖으로는 부하를 보내지 않습니다.")
    if not isinstance(environment.runner, LocalRunner):
        refuse("--master, --worker, --processes: 한 프로세스로만 잽니다.")
    # Slow answers that are under way at the end belong to the measured time.
    environment.stop_timeout = environment.stop_timeout or STOP_TIMEOUT_SECONDS
    _run = Run(environment)


def refuse(reason: str) -> None:
    """End the process as wrongly used."""
    print(reason, file=sys.stderr)
    sys.exit(WRONG_USE)


def begin_run(environment: Environment, **_kwargs: Any) -> None:
    """Measure from the end of the warm-up on."""
    gevent.spawn_later(read_options(environment).warm_up, _run.begin)


def end_run(**_kwargs: Any) -> None:
    """Measure until the users are told to stop."""
    _run.end()


def keep_timing(
    request_type: str,
    name: str,
    response_time: float,
    response_length: int,
    exception: BaseException | None,
    start_time: float,
    response: Any = None,
    **_kwargs: Any,
) -> None:
    """Write one raw timing."""
    status = int(getattr(response, "status_code", 0) or 0)
    error = f"{type(exception).__name__}: {exception}" if exception else ""
    _run.timings.write(Timing(start_time, request_type, name, response_time, status, response_length, error))


def report_run(environment: Environment, **_kwargs: Any) -> None:
    """Print the verdict and end with its status."""
    verdict = _run.judge()
    environment.process_exit_code = verdict.status
    print_verdict(Console(width=120), verdict)


def add_listeners(hooks: Any) -> None:
    """Tie the above to the course of a run."""
    hooks.init_command_line_parser.add_listener(add_options)
    hooks.init.add_listener(prepare)
    hooks.test_start.add_listener(begin_run)
    hooks.test_stopping.add_listener(end_run)
    hooks.request.add_listener(keep_timing)
    hooks.quitting.add_listener(report_run)


add_listeners(events)
