"""Child processes: kept, limited, and one that dies costs one file."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from content.media.pool import DIED, TOO_SLOW, Job, Made, MediaPool, stay_at
from content.media.recipe import ClipRecipe, MediaRefused, PictureRecipe
from tests.content.media.clips import write_clip

pytestmark = pytest.mark.once

MEMORY = 1 << 30


def draw(size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize(size).save(buffer, "JPEG")
    return buffer.getvalue()


def picture(data: bytes) -> Job:
    return Job("picture", PictureRecipe(), load=lambda: data)


def test_results_come_in_order_children_are_kept_and_a_bad_file_costs_itself_only() -> None:
    pool = MediaPool(size=2, memory_bytes=MEMORY, seconds=20)
    sizes = [(64, 48), (32, 32), (20, 30), (50, 10)]
    jobs = [picture(draw(size)) for size in sizes]
    results = pool.run([*jobs[:2], picture(b"none"), *jobs[2:]])
    made = [each for each in results if isinstance(each, Made)]
    assert [(each.picture.width, each.picture.height) for each in made] == sizes
    assert isinstance(results[2], MediaRefused)
    pids = set(pool.list_pids())
    pool.run(jobs)
    assert set(pool.list_pids()) == pids
    pool.close()


def test_a_child_that_was_killed_is_replaced_and_one_that_dies_at_work_is_a_clear_refusal() -> None:
    pool = MediaPool(size=1, memory_bytes=MEMORY, seconds=20)
    pool.run([picture(draw())])
    [pid] = pool.list_pids()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    assert isinstance(pool.run([picture(draw())])[0], Made)
    [pid] = pool.list_pids()
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    result = pool.run([picture(draw())])[0]
    assert isinstance(result, MediaRefused)
    assert str(result) == DIED
    assert isinstance(pool.run([picture(draw())])[0], Made)
    pool.close()


def test_a_child_that_hangs_is_ended_and_the_refusal_says_so() -> None:
    pool = MediaPool(size=1, memory_bytes=MEMORY, seconds=0.5)
    pool.run([picture(draw())])
    [pid] = pool.list_pids()
    os.kill(pid, signal.SIGSTOP)
    result = pool.run([picture(draw())])[0]
    assert isinstance(result, MediaRefused)
    assert str(result) == TOO_SLOW.format(seconds=0.5)
    assert isinstance(pool.run([picture(draw())])[0], Made)
    pool.close()


def test_too_little_memory_is_a_refusal_and_not_a_crash_of_ours() -> None:
    pool = MediaPool(size=1, memory_bytes=240 << 20, seconds=20)
    buffer = io.BytesIO()
    Image.new("RGB", (6_900, 7_200)).save(buffer, "PNG")
    result = pool.run([picture(buffer.getvalue())])[0]
    assert isinstance(result, MediaRefused)
    assert isinstance(pool.run([picture(draw())])[0], Made)
    pool.close()


def test_children_know_no_secret_and_end_with_their_parent(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from content.media.pool import *; from content.media.recipe import *\n"
        "os.environ['SECRET_KEY'] = 'do-not-tell'\n"
        "pool = MediaPool(size=1, memory_bytes=1 << 30, seconds=20)\n"
        "print(type(pool.run([Job('picture', PictureRecipe(), load=lambda: b'x')])[0]).__name__)\n"
        "[pid] = pool.list_pids(); print(pid)\n"
        "print('do-not-tell' in open(f'/proc/{pid}/environ').read(), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    refused, pid, is_told = done.stdout.split()
    assert (refused, is_told) == ("MediaRefused", "False")
    for _attempt in range(100):
        if not Path(f"/proc/{pid}").exists() or ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def test_a_clip_gives_a_poster_a_bounded_number_of_keyframes_and_a_copy_without_place(tmp_path: Path) -> None:
    given, copy = tmp_path / "clip.mp4", tmp_path / "copy.mp4"
    write_clip(given, seconds=4, location="+37.5665+126.9780/")
    assert b"+37.5665" in given.read_bytes()
    pool = MediaPool(size=1, memory_bytes=MEMORY, seconds=20)
    job = Job("clip", ClipRecipe(frames=3), place=partial(stay_at, str(given)), copy_to=str(copy))
    made = pool.run([job])[0]
    assert isinstance(made, Made), made
    assert made.clip.seconds == pytest.approx(4, abs=0.1)
    assert (made.clip.width, made.clip.height, made.clip.codec, len(made.blobs)) == (320, 180, "h264", 3)
    assert b"+37.5665" not in copy.read_bytes()
    first = copy.read_bytes()
    assert isinstance(pool.run([job])[0], Made)
    assert copy.read_bytes() == first
    poster = Image.open(io.BytesIO(made.blobs[0])).convert("L")
    assert max(poster.tobytes()) > 100, "the first frames are black, the poster is not"
    pool.close()


@pytest.mark.parametrize(
    ("damage", "words"), [("cut", "잘렸거나 손상"), ("playlist", "MP4, MOV가 아닌"), ("long", "한도 1초")]
)
def test_clips_that_cannot_be_used_are_refused(tmp_path: Path, damage: str, words: str) -> None:
    given = tmp_path / "clip.mp4"
    write_clip(given, seconds=2)
    data = given.read_bytes()
    if damage == "cut":
        given.write_bytes(data[: len(data) // 2])
    elif damage == "playlist":
        given.write_bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    pool = MediaPool(size=1, memory_bytes=MEMORY, seconds=20)
    recipe = ClipRecipe(seconds_limit=1 if damage == "long" else 600)
    result = pool.run([Job("clip", recipe, place=partial(stay_at, str(given)))])[0]
    assert isinstance(result, MediaRefused)
    assert words in str(result)
    pool.close()
