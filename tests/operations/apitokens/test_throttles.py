"""Rates: by caller and by address, one count for all processes, and a time to come back."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.checks import run_checks
from django.test import Client

from operations.apitokens.checks import LOCAL_CACHE
from operations.apitokens.throttles import parse_rate
from tests.operations.apitokens.test_tokens import LIST, call, issue
from tests.products.catalog.test_api import read_problem
from tests.support.services import require

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.mark.django_db
def test_a_caller_over_the_rate_is_told_when_to_come_back(settings: Any) -> None:
    settings.API_RATE_CALLER = "3/day"
    _row, token = issue("products:read")
    assert [call(token).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = call(token)
    problem = read_problem(refused, 429)
    assert 0 < int(refused["Retry-After"]) <= 86_400
    assert refused["Retry-After"] in problem["detail"]
    _row, other = issue("products:read", role="viewer")
    assert call(other).status_code == 200


@pytest.mark.django_db
def test_who_does_not_say_who_they_are_is_counted_by_address(settings: Any) -> None:
    settings.API_RATE_ADDRESS = "3/day"
    _row, token = issue("products:read")
    tries = [Client().get(LIST), call("jb_wrong"), Client().get(LIST, headers={"X-Forwarded-For": "203.0.113.9"})]
    assert [answer.status_code for answer in tries] == [401, 401, 401]
    refused = [Client().get(LIST), call("jb_wrong"), Client().get(LIST, headers={"X-Forwarded-For": "203.0.113.10"})]
    assert [answer.status_code for answer in refused] == [429, 429, 429]
    assert Client(REMOTE_ADDR="203.0.113.9").get(LIST).status_code == 401
    assert call(token).status_code == 200


@pytest.mark.django_db
def test_while_redis_is_away_the_process_counts_for_itself(settings: Any) -> None:
    nobody = {"BACKEND": "perfhooks.sharedcache.SteadyRedisCache", "LOCATION": "redis://127.0.0.1:9/1"}
    settings.CACHES = {"default": nobody}
    settings.API_RATE_CALLER = "3/day"
    _row, token = issue("products:read")
    assert [call(token).status_code for _ in range(4)] == [200, 200, 200, 429]


ASK = """
import django
django.setup()
from django.test import Client
print(*[Client().get("/api/v1/products/", headers={"Host": "localhost"}).status_code for _ in range(10)])
"""


def test_all_processes_count_together() -> None:
    address = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/1")
    require("Redis", _answers(address), "start one and name it by TEST_REDIS_URL")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings.dev",
        "CACHE_URL": address,
        "CACHE_PREFIX": uuid4().hex,
        "API_RATE_ADDRESS": "12/day",
    }
    start = {"cwd": ROOT, "env": environment, "stdout": subprocess.PIPE, "text": True}
    askers: list[Any] = [subprocess.Popen([sys.executable, "-c", ASK], **start) for _ in range(2)]  # type: ignore[call-overload]
    statuses = " ".join(asker.communicate()[0] for asker in askers).split()
    assert sorted(statuses) == ["401"] * 12 + ["429"] * 8


def _answers(address: str) -> bool:
    import redis

    try:
        return bool(redis.Redis.from_url(address, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


@pytest.mark.parametrize(
    ("text", "rate"),
    [("600/min", (600, 60)), ("5/s", (5, 1)), ("1/hour", (1, 3_600)), ("9/day", (9, 86_400)), ("", None)],
)
def test_a_rate_is_read(text: str, rate: tuple[int, int] | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["fast", "0/min", "-1/min", "10", "10/year", "10/min/min"])
def test_a_rate_that_cannot_be_read_stops_the_start(settings: Any, text: str) -> None:
    settings.API_RATE_ADDRESS = text
    (message,) = [message for message in run_checks() if message.id == "apitokens.E002"]
    assert "API_RATE_ADDRESS" in message.msg


def test_processes_that_count_apart_are_warned_of_before_deploying(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": LOCAL_CACHE}}
    warned = [message.id for message in run_checks(include_deployment_checks=True)]
    assert "apitokens.W001" in warned
