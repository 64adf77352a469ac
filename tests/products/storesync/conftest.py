"""A small store that speaks HTTP, and a sync of it into the suite's own database."""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from perfhooks.logs import configure_logging
from products.catalog.models import Store
from products.storesync import errors
from products.storesync.retries import RetryRules
from products.storesync.selectors import RunFacts
from products.storesync.services import start_run, sync_store
from products.storesync.signature import sign_request
from products.storesync.simulator.process import SimulatorProcess
from products.storesync.tokens import IssuedToken
from tests.support.equality import find_differences
from tests.support.ledger import write_small_catalogue

STORE_CODE = "my-store"

Sync = Callable[..., RunFacts]


@pytest.fixture(scope="session")
def small_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """63 products from all categories of the demo."""
    return write_small_catalogue(tmp_path_factory.mktemp("store") / "small.jsonl")


@pytest.fixture
def store(small_catalogue: Path) -> Iterator[SimulatorProcess]:
    """A store of its own for each test, so that it may be changed and troubled."""
    with SimulatorProcess(small_catalogue) as process:
        yield process


@pytest.fixture
def sync(transactional_db: None, store: SimulatorProcess) -> Sync:
    """Start or resume a run against the store, and carry it out."""

    def run(**options: Any) -> RunFacts:
        return sync_store(run_id=start_run(store_code=STORE_CODE, api_url=store.url), **options)

    return run


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of attempts, in no time."""
    quick = RetryRules(first_wait_seconds=0.01, longest_wait_seconds=0.02, limited_wait_seconds=0.01)
    monkeypatch.setattr("products.storesync.client.RetryRules", lambda: quick)
    for kind in (errors.AddressRefusedError, errors.GatewayBlockedError):
        monkeypatch.setattr(kind, "wait_seconds", 0.01)


@pytest.fixture
def log(settings: Settings) -> Iterator[io.BytesIO]:
    """Everything that any logger of the process writes, at the lowest level."""
    stream = io.BytesIO()
    configure_logging(level="DEBUG", stream=stream)
    logging.getLogger().setLevel(logging.DEBUG)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.DEBUG)
    yield stream
    configure_logging(level=getattr(settings, "LOG_LEVEL", "WARNING"))


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every signature that was made, by the real function."""
    made: list[str] = []

    def sign_and_remember(**values: object) -> str:
        made.append(sign_request(**values))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr("products.storesync.client.sign_request", sign_and_remember)
    return made


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every token that the store gave."""
    given: list[str] = []

    def remember_token(token: str, life: int) -> IssuedToken:
        given.append(token)
        return IssuedToken(token, life)

    monkeypatch.setattr("products.storesync.client.IssuedToken", remember_token)
    return given


def find_store() -> Store:
    """The store that `sync` reads."""
    return Store.objects.get(code=STORE_CODE)


def assert_equal_to_store(store: SimulatorProcess, *without: int) -> None:
    """The ledger holds exactly what the store serves, apart from the products left out."""
    assert find_differences(store.catalogue(), store_id=find_store().pk, leave=without) == []
