"""/metrics of the real server with two workers, and who may read it."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from perfhooks import checks
from perfhooks.access import AccessError, parse_networks
from tests.perfhooks.servers import Server, open_server

REQUESTS_LIMIT = 1_000
COUNTED = 'http_request_seconds_count{method="GET",status_class="4xx",view="unknown"}'


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "metrics"
    folder.mkdir()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.perf",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'product.sqlite3'}",
        "JANGBU_DATA_DIR": str(tmp_path),
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[Server]:
    with open_server(environment, workers=2) as running:
        yield running


def read_counted(text: str) -> float:
    """How many requests the scraped text speaks of; each series stands in it once."""
    lines = [line for line in text.splitlines() if line.startswith(COUNTED)]
    assert len(lines) == 1, lines
    return float(lines[0].rpartition(" ")[2])


def count_by_worker(folder: Path) -> dict[str, float]:
    """The same requests, by the process that served them, read from the workers' own files."""
    found: dict[str, float] = {}
    for file in folder.glob("histogram_*.db"):
        for key, value, *_rest in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
            if "http_request_seconds_bucket" in key and '"unknown"' in key:  # each holds its own samples only
                found[file.stem] = found.get(file.stem, 0) + value
    return found


def send_until_served_by(workers: int, url: str, folder: Path) -> int:
    """Send requests, each on a connection of its own, until so many processes have served some; how many were answered."""
    answered = 0
    for number in range(REQUESTS_LIMIT):
        try:
            httpx.get(f"{url}/nowhere/{number}", headers={"Connection": "close"})
        except httpx.TransportError:  # it had been put into the queue of the worker that died
            continue
        answered += 1
        if answered >= 20 and len(count_by_worker(folder)) == workers:
            return answered
    pytest.fail(f"{workers} workers were to serve {REQUESTS_LIMIT} requests: {count_by_worker(folder)}")


def kill_worker(server: Server) -> None:
    """Kill one worker and wait until it is gone."""
    killed = min(server.worker_pids())
    os.kill(killed, signal.SIGKILL)
    while killed in server.worker_pids():
        time.sleep(0.05)


@pytest.mark.slow
def test_two_workers_are_summed_once_and_a_dead_one_is_not_forgotten(
    server: Server, environment: dict[str, str]
) -> None:
    folder = Path(environment["PROMETHEUS_MULTIPROC_DIR"])
    sent = send_until_served_by(2, server.url, folder)

    texts = [httpx.get(f"{server.url}/metrics", headers={"Connection": "close"}).text for _ in range(6)]
    assert {read_counted(text) for text in texts} == {sent}
    assert "pid=" not in texts[0]
    families = {family.name: family for family in text_string_to_metric_families(texts[0])}
    assert families["http_request_seconds"].type == "histogram"

    kill_worker(server)
    sent += send_until_served_by(3, server.url, folder)
    assert read_counted(httpx.get(f"{server.url}/metrics").text) == sent


STRANGER = "203.0.113.9"


@pytest.fixture
def _token(settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-long-token-for-scraping"


def test_this_machine_may_read_and_a_stranger_may_not(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    refused = client.get("/metrics", REMOTE_ADDR=STRANGER)
    assert refused.status_code == 403
    assert "METRICS_ALLOW" in refused.content.decode()
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_proxys_address_says_nothing_about_who_asks(client: Client, header: str) -> None:
    assert client.get("/metrics", headers={header: "for=127.0.0.1"}).status_code == 403


@pytest.mark.usefixtures("_token")
def test_the_token_opens_from_anywhere(client: Client) -> None:
    def ask(authorization: str) -> int:
        return client.get("/metrics", REMOTE_ADDR=STRANGER, headers={"Authorization": authorization}).status_code

    assert ask("Bearer a-long-token-for-scraping") == 200
    assert ask("bearer a-long-token-for-scraping") == 200
    assert ask("Bearer another") == 403
    assert ask("Bearer ") == 403
    assert ask("Bearer 토큰") == 403
    assert ask("Basic a-long-token-for-scraping") == 403


def test_no_token_set_means_that_none_opens(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR=STRANGER, headers={"Authorization": "Bearer "}).status_code == 403


@pytest.mark.django_db
def test_staff_may_read_from_anywhere(client: Client, django_user_model: type[User]) -> None:
    people = django_user_model.objects
    client.force_login(people.create_user("reader", is_staff=False))
    assert client.get("/metrics", REMOTE_ADDR=STRANGER).status_code == 403
    client.force_login(people.create_user("editor", is_staff=True))
    assert client.get("/metrics", REMOTE_ADDR=STRANGER).status_code == 200


def test_a_network_can_be_allowed_and_a_typing_error_is_named(client: Client, settings: Settings) -> None:
    settings.METRICS_ALLOW = ["203.0.113.0/24"]
    assert client.get("/metrics", REMOTE_ADDR=STRANGER).status_code == 200
    assert client.get("/metrics").status_code == 403
    with pytest.raises(AccessError, match=re.escape("'10.0.0.999'")):
        parse_networks(["10.0.0.999"])
    settings.METRICS_ALLOW = ["10.0.0.999"]
    assert [found.id for found in checks.check_observing()] == ["perfhooks.E007"]
