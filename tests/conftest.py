"""What tests of several rooms share."""

import threading
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from project.celery import app
from tests.support.ledger import Ledger, open_ledger

USES_DATABASE = {"db", "transactional_db", "migrated"}
TOGETHER = {
    "tests/browser/test_errors.py": "errors",
    "tests/house/test_tools.py": "tools",
    "tests/locustfiles/test_loads.py": "load",
    "tests/operations/pipeline/test_flow.py": "pipeline",
    "tests/operations/pipeline/test_kill.py": "pipeline",
    "tests/operations/pipeline/test_workers.py": "workers",
    "tests/perfhooks/test_silk.py": "silk",
}
"""Modules whose tests share what takes long to prepare: each group runs in one process of the suite."""


class TogetherScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Every test goes to whoever is free, but a group stays together.

    By modules, since the marks that the plugin offers for it are not seen under this version of pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherScheduling:
    """How the tests are given to the processes of the suite."""
    return TogetherScheduling(config, log)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with all tables and no rows, to copy; made once in each process of the suite."""
    with open_ledger(tmp_path_factory.mktemp("migrated")) as ledger:
        ledger.migrate()
        yield ledger


@pytest.fixture(autouse=True)
def _forget_what_is_kept() -> None:
    """Each test begins with an empty cache: what lists keep for a while is of the test before."""
    cache.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Work that a request handed over (`perfhooks.handover`) ends before its database is emptied under it."""
    for thread in threading.enumerate():
        if thread.name in app.tasks:
            thread.join(60)
            assert not thread.is_alive(), f"{thread.name} goes on after its test"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse `once` on a test that uses the suite's database: the gate would not run it on PostgreSQL.

    How a page looks in a browser, and which role may open it, is no matter of the database; what stands on it is tested on
    both without that.
    """
    once = [item for item in items if item.get_closest_marker("once") and not is_free_of_database(item)]
    wrong = [item.nodeid for item in once if USES_DATABASE & set(fixtures(item))]
    if wrong:
        raise pytest.UsageError(f"marked `once`, but on the suite's database: {', '.join(wrong)}")


def is_free_of_database(item: pytest.Item) -> bool:
    """Whether the test asks something that no database answers otherwise than another."""
    return any(item.get_closest_marker(name) for name in ("browser", "rights"))


def fixtures(item: pytest.Item) -> list[str]:
    """The names of all fixtures that a test uses, also through others."""
    return list(getattr(item, "fixturenames", ()))
