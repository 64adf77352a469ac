"""A small store that speaks HTTP, and a sync of it into the suite's own database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from products.catalog.models import Store
from products.storesync.selectors import RunFacts
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
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


def find_store() -> Store:
    """The store that `sync` reads."""
    return Store.objects.get(code=STORE_CODE)


def assert_equal_to_store(store: SimulatorProcess, *without: int) -> None:
    """The ledger holds exactly what the store serves, apart from the products left out."""
    assert find_differences(store.catalogue(), store_id=find_store().pk, leave=without) == []
