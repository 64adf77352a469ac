"""A small store that speaks HTTP, and a ledger to run the product on."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, migrated: Ledger, catalogue: Path) -> Iterator[Ledger]:
    """A ledger with a dozen posts about the catalogue, to copy."""
    with open_ledger(tmp_path_factory.mktemp("seeded"), like=migrated) as ledger:
        ledger.write_posts(catalogue, posts=POSTS)
        yield ledger


@pytest.fixture
def ledger(tmp_path: Path, seeded: Ledger, simulator: SimulatorProcess) -> Iterator[Ledger]:
    """A ledger of the test's own with a dozen posts and no products yet."""
    with open_ledger(tmp_path / "ledger", like=seeded, STORE_API_URL=simulator.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, seeded: Ledger, simulator: SimulatorProcess
) -> dict[str, Any]:
    """The state that a run leaves when nobody disturbs it."""
    with open_ledger(tmp_path_factory.mktemp("calm"), like=seeded, STORE_API_URL=simulator.url) as calm:
        calm.pipeline()
        state = calm.read_state()
    assert len(state["products"]) == 63
    assert len(state["packages"]) == len(state["files"]) == POSTS
    return state


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
