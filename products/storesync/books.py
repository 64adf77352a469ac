"""Lanes that processes share: a row on PostgreSQL, for workers on any machine; a file beside SQLite, which is on one.

Both are changed on their own, never within the caller's transaction: a sync's writing holds up nobody's turn, and what
is undone there does not give a turn back that the store has counted.
"""

import fcntl
import json
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections

from products.storesync.accounts import StoreAccount, identify_place
from products.storesync.lanes import Lane
from products.storesync.pacer import Change, TurnBook

READ = "SELECT state::text FROM storesync_calllane WHERE key = %s FOR UPDATE"
ADD = "INSERT INTO storesync_calllane (key, state) VALUES (%s, '{}') ON CONFLICT (key) DO NOTHING"
WRITE = "UPDATE storesync_calllane SET state = %s WHERE key = %s"
NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


def open_book(account: StoreAccount, endpoint: str) -> TurnBook:
    """The shared book of one application at one API; the store keeps a bucket for each such pair."""
    key = f"{identify_place(account.base_url, account.client_id)} {endpoint}"
    if connection.vendor == "postgresql":
        return RowBook(key)
    return FileBook(Path(settings.DATA_DIR) / "turns" / f"{key.replace(' ', '-')}.json")


def _read_lane(state: Any) -> Lane | None:
    """The lane that was written; None for anything else, as for a file that a killed process left half written."""
    try:
        return Lane(**{name: float(value) for name, value in state.items()})
    except (AttributeError, TypeError, ValueError):
        return None


class FileBook:
    """A lane in a small file, for all processes of one machine."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+", encoding="utf-8")
        self._lock = threading.Lock()

    def change(self, change: Change) -> Lane:
        """Replace the lane under a lock of the file, which ends with the process that holds it."""
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                lane = change(self._read(), time.time())
                self._file.seek(0)
                self._file.truncate()
                self._file.write(json.dumps(asdict(lane)))
                self._file.flush()
                return lane
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _read(self) -> Lane | None:
        self._file.seek(0)
        try:
            return _read_lane(json.loads(self._file.read()))
        except ValueError:
            return None

    def close(self) -> None:
        """Close the file; what it says stays for the next."""
        self._file.close()


class RowBook:
    """A lane in a row of PostgreSQL, changed over a connection of its own."""

    def __init__(self, key: str) -> None:
        self._key, self._lock = key, threading.Lock()
        self._session: psycopg.Connection[Any] | None = None

    def change(self, change: Change) -> Lane:
        """Replace the lane in a transaction of its own; a session that the server has ended is opened anew, once."""
        with self._lock:
            try:
                return self._change(self._open(), change)
            except psycopg.OperationalError:
                self._drop()
                return self._change(self._open(), change)

    def _change(self, session: "psycopg.Connection[Any]", change: Change) -> Lane:
        with session.transaction(), session.cursor() as cursor:
            cursor.execute(READ, [self._key])
            row = cursor.fetchone()
            if row is None:
                # Of two that come first at the same moment, the second waits here and then finds the row.
                cursor.execute(ADD, [self._key])
                cursor.execute(READ, [self._key])
                row = cursor.fetchone()
            # After the lock is held: the clock of the statement that waited for it would be behind.
            cursor.execute(NOW)
            now = cursor.fetchone()
            lane = change(_read_lane(json.loads(row[0] if row else "{}")), now[0] if now else time.time())
            cursor.execute(WRITE, [json.dumps(asdict(lane)), self._key])
        return lane

    def _open(self) -> "psycopg.Connection[Any]":
        if self._session is None:
            wrapper = connections.create_connection(DEFAULT_DB_ALIAS)
            self._session = wrapper.get_new_connection(wrapper.get_connection_params())
            self._session.autocommit = True
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def close(self) -> None:
        """End the session."""
        with self._lock:
            self._drop()
