"""Locks: one holder at a time, and none after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from perfhooks.liveness import is_claim_abandoned, is_holder_alive, this_claim, this_holder
from perfhooks.models import RunLock
from perfhooks.services import LockHeld, hold_lock

SLEEPER = "from perfhooks.liveness import this_holder; print(this_holder(), flush=True); import time; time.sleep(60)"

# Holds (or tries) the lock as a process of its own, on the database in DATABASE_URL; makes the one table it needs.
LOCKER = """
import sys, time
import django, environ
from django.conf import settings
settings.configure(
    DATABASES={"default": environ.Env().db("DATABASE_URL")}, INSTALLED_APPS=["perfhooks"], USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from django.db import connection
from perfhooks.models import RunLock
from perfhooks.services import LockHeld, hold_lock
if RunLock._meta.db_table not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(RunLock)
try:
    with hold_lock("kill-probe") as lock:
        print("held", lock.holder, flush=True)
        time.sleep(float(sys.argv[1]))
except LockHeld as held:
    print("refused", held.holder, flush=True)
"""


@contextmanager
def process(code: str, *args: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run code in a Python of its own and make sure that it is gone afterwards."""
    env = {**os.environ, **environment}
    started = subprocess.Popen([sys.executable, "-c", code, *args], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


def first_line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    line: str = started.stdout.readline()
    return line.strip()


def test_this_process_lives_and_nonsense_does_not() -> None:
    assert is_holder_alive(this_holder())
    assert is_holder_alive(this_claim())
    for text in ("", "nobody", "a:b:c", ":1:1"):
        assert not is_holder_alive(text)


def test_a_process_that_was_given_a_dead_one_s_id_is_not_taken_for_it() -> None:
    host, pid, start = this_holder().rsplit(":", 2)
    with process(SLEEPER) as sleeper:
        _host, _pid, start_of_other = first_line(sleeper).rsplit(":", 2)
        assert start_of_other != start
        assert not is_holder_alive(f"{host}:{pid}:{start_of_other}")
    boot, _, ticks = start.rpartition("-")
    assert not is_holder_alive(f"{host}:{pid}:{boot}-{int(ticks) - 1}")
    assert not is_holder_alive(f"{host}:{pid}:{'0' * len(boot)}-{ticks}"), "the same tick of an earlier boot"


@pytest.mark.parametrize("jump_seconds", [-7_200, 7_200])
def test_no_step_of_the_wall_clock_ends_a_living_process(jump_seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with process(SLEEPER) as sleeper:
        holder = first_line(sleeper)
        # The system's boot time is the wall clock less the time since then, so that it jumps with it.
        stepped = psutil.boot_time() + jump_seconds
        monkeypatch.setattr("psutil._psplatform.boot_time", lambda: stepped)
        assert is_holder_alive(holder)
        assert not is_claim_abandoned(
            f"{holder}@{time.monotonic():.0f}",
            claimed_at=timezone.now() - timedelta(seconds=jump_seconds),
            lease_seconds=60,
        )
    assert not is_holder_alive(holder)


def test_a_claim_of_a_living_process_ends_by_the_clock_that_nobody_sets() -> None:
    now, held = timezone.now(), time.monotonic()
    assert is_claim_abandoned(f"{this_holder()}@{held - 70:.0f}", claimed_at=now, lease_seconds=60)
    assert not is_claim_abandoned(f"{this_holder()}@{held - 50:.0f}", claimed_at=now, lease_seconds=60)
    assert is_claim_abandoned("nobody", claimed_at=now, lease_seconds=60)


def test_a_claim_on_another_machine_ends_by_the_wall_clock() -> None:
    long_ago = timezone.now() - timedelta(seconds=61)
    assert is_claim_abandoned("another-host:1:1@5", claimed_at=long_ago, lease_seconds=60)
    assert not is_claim_abandoned("another-host:1:1@5", claimed_at=timezone.now(), lease_seconds=60)


def test_a_holder_on_another_machine_counts_as_alive() -> None:
    assert is_holder_alive("another-host:1:1")


def test_a_killed_process_is_dead_even_before_its_parent_noticed() -> None:
    with process(SLEEPER) as sleeper:
        holder = first_line(sleeper)
        assert is_holder_alive(holder)
        os.kill(sleeper.pid, signal.SIGKILL)
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert not is_holder_alive(holder)


@pytest.mark.django_db
def test_a_lock_is_held_within_its_block_only() -> None:
    with hold_lock("pipeline") as lock:
        assert RunLock.objects.get(name="pipeline").holder == lock.holder == this_holder()
        with hold_lock("another"):
            pass
    assert not RunLock.objects.exists()


@pytest.mark.django_db
def test_the_same_process_cannot_hold_it_twice_and_keeps_the_first() -> None:
    with hold_lock("pipeline"):
        with pytest.raises(LockHeld) as refused, hold_lock("pipeline"):
            pass
        assert refused.value.holder == this_holder()
        assert refused.value.since is not None
        assert "진행 중" in str(refused.value)
        assert RunLock.objects.filter(name="pipeline").exists()
    with hold_lock("pipeline"):
        pass


@pytest.mark.django_db
def test_an_error_in_the_block_frees_the_lock() -> None:
    with pytest.raises(KeyError), hold_lock("pipeline"):
        raise KeyError
    assert not RunLock.objects.exists()


@pytest.mark.django_db
def test_a_beat_moves_the_last_sign_of_life_only() -> None:
    with hold_lock("pipeline") as lock:
        long_ago = timezone.now() - timedelta(hours=1)
        RunLock.objects.update(heartbeat_at=long_ago)
        lock.beat()
        row = RunLock.objects.get(name="pipeline")
    assert row.heartbeat_at > long_ago
    assert row.acquired_at == lock.since


@pytest.mark.django_db
def test_a_row_that_this_process_failed_to_delete_does_not_block_it() -> None:
    now = timezone.now()
    RunLock.objects.create(name="pipeline", holder=this_holder(), acquired_at=now, heartbeat_at=now)

    with hold_lock("pipeline"):
        pass
    assert not RunLock.objects.exists()


@pytest.mark.django_db
def test_a_row_of_a_dead_process_does_not_block() -> None:
    with process(SLEEPER) as sleeper:
        holder = first_line(sleeper)
    now = timezone.now()
    RunLock.objects.create(name="pipeline", holder=holder, acquired_at=now, heartbeat_at=now)

    with hold_lock("pipeline") as lock:
        assert RunLock.objects.get(name="pipeline").holder == lock.holder


@pytest.mark.django_db
def test_kill_minus_nine_never_blocks_the_next_run(tmp_path: Path) -> None:
    database = database_for_processes(tmp_path)
    with process(LOCKER, "60", DATABASE_URL=database) as holder:
        word, name = first_line(holder).split()
        assert word == "held"
        with process(LOCKER, "0", DATABASE_URL=database) as second:
            assert first_line(second) == f"refused {name}"
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with process(LOCKER, "0", DATABASE_URL=database) as third:
            assert first_line(third).startswith("held ")
            assert third.wait(timeout=20) == 0


def database_for_processes(folder: Path) -> str:
    """Return the address of a database that other processes can reach: the suite's PostgreSQL, or a SQLite file."""
    if connection.vendor != "postgresql":
        return f"sqlite:///{folder / 'locks.sqlite3'}"
    given = connection.settings_dict
    access = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT'] or 5432}"
    return f"postgres://{access}/{given['NAME']}"
