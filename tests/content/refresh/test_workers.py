"""Several processes work the queue and some are killed: no entry is lost, none is held by two, each is ended once."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger import Ledger, open_ledger

pytestmark = pytest.mark.slow

ENTRIES = int(os.environ.get("QUEUE_ENTRIES", "900"))
WORKERS = int(os.environ.get("QUEUE_WORKERS", "2"))
KILLS = int(os.environ.get("QUEUE_KILLS", "2"))
"""QUEUE_ENTRIES=50000 QUEUE_WORKERS=6 QUEUE_KILLS=60 takes some minutes, and says the same."""
FILL = """
import django, sys
django.setup()
from content.posts.models import Post
from content.refresh.services import enqueue_posts
count = int(sys.argv[1])
Post.objects.bulk_create(
    (Post(slug=f"p-{n}", title=str(n), body="", status="ready", body_hash=str(n)) for n in range(count)), batch_size=1_000
)
assert enqueue_posts(post_ids=Post.objects.values_list("id", flat=True), reason="new_post") == count
"""
WORK = """
import django, os, random, sys, time
django.setup()
from django.db import OperationalError
from content.refresh.models import RefreshEntry
from content.refresh.services import claim_entries, finish_entries, finish_entry, release_dead_claims
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
dice = random.Random(os.getpid())
idle = 0
while idle < 40:
    release_dead_claims()
    taken = claim_entries(limit=dice.randint(1, 40))
    if not taken:
        idle += 1
        time.sleep(0.05)
        continue
    idle = 0
    numbers = dict(RefreshEntry.objects.filter(id__in=[it.id for it in taken]).values_list("id", "attempts"))
    # One write of all lines: whoever is killed has said all or nothing of what it holds.
    os.write(log, "".join(f"take {key} {number}\\n" for key, number in numbers.items()).encode())
    time.sleep(0.002)
    if dice.random() < 0.5:
        assert finish_entries(outcomes={it.id: "built" for it in taken}).lost == 0
    else:
        assert all(finish_entry(entry_id=it.id) for it in taken)
    os.write(log, "".join(f"end {key} {number}\\n" for key, number in numbers.items()).encode())
"""
READ = """
import django, json
django.setup()
from content.refresh.models import RefreshEntry
print(json.dumps(list(RefreshEntry.objects.values_list("id", "state", "outcome", "attempts"))))
"""


@pytest.fixture
def filled(tmp_path: Path, migrated: Ledger) -> Any:
    """A ledger whose queue is full."""
    with open_ledger(tmp_path / "ledger", like=migrated) as ledger:
        done = ledger.run("-c", FILL, str(ENTRIES))
        assert done.returncode == 0, done.stderr
        yield ledger


def read_log(path: Path) -> dict[str, Counter[tuple[int, int]]]:
    found: dict[str, Counter[tuple[int, int]]] = {"take": Counter(), "end": Counter()}
    for line in path.read_text().splitlines():
        word, entry, attempt = line.split()
        found[word][int(entry), int(attempt)] += 1
    return found


def kill_some(running: list[subprocess.Popen[str]], start: Any, log: Path) -> None:
    """Kill workers while they work, each time starting another one."""
    dice = random.Random(5)
    killed = 0
    while killed < KILLS:
        size = log.stat().st_size if log.exists() else 0
        while (log.stat().st_size if log.exists() else 0) <= size:  # somebody is at work just now
            assert any(it.poll() is None for it in running), [it.communicate() for it in running]
            time.sleep(0.005)
        victim = dice.choice([it for it in running if it.poll() is None])
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        killed += 1
        running.append(start())


@pytest.mark.promise
def test_nothing_is_lost_or_taken_twice_when_workers_are_killed(filled: Ledger, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def start() -> subprocess.Popen[str]:
        return filled.start("-c", WORK, str(log))

    running = [start() for _ in range(WORKERS)]
    try:
        kill_some(running, start, log)
        ends = [it.communicate(timeout=300) for it in running]
    finally:
        for process in running:
            process.kill()
    codes = Counter(it.returncode for it in running)
    assert codes == {0: WORKERS, -signal.SIGKILL: KILLS}, [err for _out, err in ends if err]
    done = filled.run("-c", READ)
    entries = json.loads(done.stdout)
    assert len(entries) == ENTRIES
    assert {(state, outcome) for _key, state, outcome, _attempts in entries} == {("done", "built")}
    said = read_log(log)
    assert max(said["take"].values()) == max(said["end"].values()) == 1, "an attempt belongs to one process"
    attempts = {key: number for key, _state, _outcome, number in entries}
    ended = Counter(key for key, _attempt in said["end"])
    assert max(ended.values()) == 1, "an entry is ended once"
    assert all(attempts[key] == number for key, number in said["end"]), "by its last holder"
