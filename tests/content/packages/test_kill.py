"""Two workers build packages while one of them is killed every now and then: every package is whole and as if undisturbed."""

import hashlib
import json
import os
import random
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger import Ledger, open_ledger

pytestmark = [pytest.mark.slow, pytest.mark.promise]

POSTS = int(os.environ.get("KILLED_PACKAGES", "12"))
KILL_SECONDS = float(os.environ.get("KILL_SECONDS", "0.1"))
"""KILLED_PACKAGES=200 KILL_SECONDS=3 is the whole proof; some three minutes on two busy cores."""
POSTS_PER_KILL = 50
SIGNAL = "begin"
WRITE = """
import django, io, sys
django.setup()
import numpy as np
from PIL import Image
from content.posts.services import NewImage, save_post
dice = np.random.default_rng(5)
for number in range(int(sys.argv[1])):
    images = []
    for at in (1, 2):
        pixels = dice.integers(0, 255, (90, 120, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).resize((1600, 1200)).save(buffer, "JPEG", quality=85)
        images.append(NewImage(at, buffer.getvalue(), f"사진 {at}"))
    save_post(slug=f"post-{number:03d}", title=f"글 {number}", body="앞 ![사진](image:1) 뒤", status="ready", images=images)
"""
WORK = """
import django, pathlib, sys, time
django.setup()
from content.packages.services import build_package
from content.refresh.models import RefreshEntry
from content.refresh.services import claim_entries, finish_entry, release_dead_claims
print("ready", flush=True)
while sys.argv[1:] and not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.005)
while RefreshEntry.objects.exclude(state="done").exists():
    taken = claim_entries(limit=1)
    for entry in taken:
        finish_entry(entry_id=entry.id, outcome=build_package(post_id=entry.post_id).status)
    if not taken:
        release_dead_claims()
        time.sleep(0.05)
"""
READ = """
import django, json
django.setup()
from content.packages.models import AssetUse, Package
from content.packages.storage import sweep_strays
from content.refresh.models import RefreshEntry
print(json.dumps({
    "packages": {p.post.slug: [p.storage_path, p.sha256, p.size_bytes, p.is_current]
        for p in Package.objects.select_related("post")},
    "uses": AssetUse.objects.count(),
    "outcomes": sorted(set(RefreshEntry.objects.values_list("state", "outcome"))),
    "strays": sweep_strays(),
}))
"""


def read(ledger: Ledger, *, after: str = "") -> dict[str, Any]:
    """What the database holds, once this script has run in the same process."""
    done = ledger.run("-c", after + READ)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def start(ledger: Ledger) -> subprocess.Popen[str]:
    """A worker that begins as soon as the signal is there."""
    worker = ledger.start("-c", WORK, str(ledger.folder / SIGNAL))
    assert worker.stdout is not None
    line = worker.stdout.readline()
    assert line == "ready\n", worker.communicate()
    return worker


def work_and_kill(ledger: Ledger) -> int:
    """Two workers until all is done; every KILL_SECONDS one of them, chosen by chance, dies and another takes its place."""
    dice, kills = random.Random(11), 0
    workers = [start(ledger), start(ledger)]
    # Together, or one would be done before the other is there to be killed.
    (ledger.folder / SIGNAL).touch()
    killed_at = time.monotonic()
    while any(worker.poll() is None for worker in workers):
        if time.monotonic() - killed_at > KILL_SECONDS:
            victim = dice.randrange(2)
            if workers[victim].poll() is None:
                workers[victim].kill()
                workers[victim].communicate()
                kills += 1
                workers[victim] = start(ledger)
            killed_at = time.monotonic()
        time.sleep(0.02)
    for worker in workers:
        _out, err = worker.communicate()
        assert worker.returncode == 0, err[-2_000:]
    return kills


def list_files(ledger: Ledger) -> dict[str, str]:
    """{path: SHA-256} of all that lies in the package folder."""
    root = ledger.folder / "jangbu-test" / "packages"
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_package_is_whole_and_as_if_nobody_had_been_killed(tmp_path: Path, migrated: Ledger) -> None:
    with open_ledger(tmp_path / "calm", like=migrated) as calm:
        assert calm.run("-c", WRITE, str(POSTS)).returncode == 0
        with open_ledger(tmp_path / "killed", like=calm) as killed:
            undisturbed, files = read(calm, after=WORK), list_files(calm)
            kills = work_and_kill(killed)
            disturbed = read(killed)
            strays = disturbed.pop("strays") + undisturbed.pop("strays")
            assert {state for state, _outcome in disturbed.pop("outcomes")} == {"done"}
            assert undisturbed.pop("outcomes") == [["done", "built"]]
            assert disturbed == undisturbed
            assert list_files(killed) == files
        print(f"{POSTS} packages, {kills} kills, {strays} temporary files were swept")
        assert kills >= max(1, POSTS // POSTS_PER_KILL)
    assert len(files) == POSTS == len(undisturbed["packages"])
    assert undisturbed["uses"] == 2 * POSTS
    root = tmp_path / "calm" / "jangbu-test" / "packages"
    for path in root.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == 5
