"""A small store that speaks HTTP, and a ledger to run the product on."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from products.storesync.simulator.process import SimulatorProcess
from tests.support.ledger import Ledger, open_ledger, write_small_catalogue

POSTS = 12


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """63 products from all categories of the demo."""
    return write_small_catalogue(tmp_path_factory.mktemp("catalogue") / "small.jsonl")


@pytest.fixture(scope="module")
def simulator(catalogue: Path) -> Iterator[SimulatorProcess]:
    """A store that sells them; a test that changes it makes its own."""
    with SimulatorProcess(catalogue) as process:
        yield process


@pytest.fixture
def ledger(tmp_path: Path, catalogue: Path, simulator: SimulatorProcess) -> Iterator[Ledger]:
    """An empty ledger with a dozen posts about the catalogue."""
    with open_ledger(tmp_path / "ledger", STORE_API_URL=simulator.url) as opened:
        opened.prepare(catalogue, posts=POSTS)
        yield opened


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
