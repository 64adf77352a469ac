"""A database of its own for a bench, on the engine that DATABASE_URL names."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def own_database() -> Iterator[None]:
    """Make an empty database with all tables, use it within the block, and drop it; Django must be set up."""
    given = connection.settings_dict["NAME"]
    if connection.vendor != "sqlite":
        # A name of its own: benches may run side by side, and beside the test suite.
        connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(given, verbosity=0)
