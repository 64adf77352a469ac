"""What tests of several rooms share."""

from collections.abc import Iterator

import pytest

from tests.support.ledger import Ledger, open_ledger


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with all tables and no rows, to copy; made once in each process of the suite."""
    with open_ledger(tmp_path_factory.mktemp("migrated")) as ledger:
        ledger.migrate()
        yield ledger
