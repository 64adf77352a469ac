"""A database of its own for a bench, on the engine that DATABASE_URL names."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection
from django.test import override_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def own_database() -> Iterator[None]:
    """Make an empty database with all tables, use it within the block, and drop it; Django must be set up."""
    given = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # A name of its own: benches may run side by side, and beside the test suite. A file on SQLite, as in use:
        # threads then wait for each other's locks, which an in-memory database refuses.
        file = Path(folder) / "bench.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = (
            str(file) if connection.vendor == "sqlite" else f"bench_{os.getpid()}"
        )
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            # Else what the bench's own requests asked for would later be counted in the real database.
            with override_settings(LIST_USAGE_FLUSH_SECONDS=0):
                yield
        finally:
            connection.creation.destroy_test_db(given, verbosity=0)
