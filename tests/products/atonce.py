"""Several writers at once."""

import threading
from collections.abc import Callable

from django.db import connection, connections


def run_at_once(*jobs: Callable[[], object]) -> None:
    """Run each job in a thread with a connection of its own; raises what the first of them raised."""
    errors: list[Exception] = []
    barrier = threading.Barrier(len(jobs))

    def work(job: Callable[[], object]) -> None:
        try:
            barrier.wait()
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


def wait_for_a_blocked_one() -> None:
    """Until somebody in this database waits for a lock."""
    blocked = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    with connection.cursor() as cursor:
        while not cursor.execute(blocked).fetchone()[0]:
            # The view stands still within a transaction unless told.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
