"""The child processes that decode, kept between calls: as many as there are cores, started when there is work for them.

Children are started anew as programs, never forked: whatever threads and connections the caller has stay its own. A child
that takes too long, too much memory, or dies costs the one file that it worked on.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from content.media.recipe import ClipFacts, ClipRecipe, MediaRefused, PictureFacts, PictureRecipe, SourceFacts

DIED = "파일을 처리하던 프로세스가 멈췄습니다. 다른 프로그램에서 다시 저장해 올리세요."
TOO_SLOW = "처리 시간이 {seconds:.0f}초를 넘습니다. 크기를 줄여 올리세요."
JOBS_PER_CHILD = 500
CHILD = [sys.executable, "-m", "content.media.worker"]
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


@contextmanager
def stay_at(path: str = "") -> Iterator[str]:
    """A file that lies where it lies."""
    yield path


@dataclass(frozen=True, slots=True)
class Job:
    """One file for a child.

    op: "inspect" decodes a picture and makes nothing of it. load: reads a picture, only when its turn comes; place: has a
    clip lie at a path for as long as it is read; copy_to: for the clip's copy without metadata.
    """

    op: Literal["picture", "inspect", "clip"]
    recipe: PictureRecipe | ClipRecipe
    load: Callable[[], bytes] = bytes
    place: Callable[[], AbstractContextManager[str]] = stay_at
    copy_to: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a child made. blobs: the picture, or a clip's frames; seconds: of the child's own work."""

    facts: dict[str, Any]
    blobs: list[bytes]
    seconds: float = 0.0

    @property
    def picture(self) -> PictureFacts:
        """The facts of a picture."""
        return PictureFacts(**self.facts)

    @property
    def source(self) -> SourceFacts:
        """The facts of a picture that was only inspected."""
        return SourceFacts(**self.facts)

    @property
    def clip(self) -> ClipFacts:
        """The facts of a clip."""
        return ClipFacts(**{**self.facts, "frames": tuple(PictureFacts(**each) for each in self.facts["frames"])})


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    jobs: int = 0
    is_slow: bool = False
    is_spent: bool = False

    def work(self, job: Job, seconds: float, *, data: bytes, path: str) -> Made:
        self.jobs += 1
        started = perf_counter()
        timer = threading.Timer(seconds, self._stop)
        timer.start()
        try:
            head = self._exchange(job, data, path)
            blobs = [self._read(size) for size in head["sizes"]]
        except (OSError, ValueError) as error:
            self.is_spent = True
            raise MediaRefused(TOO_SLOW.format(seconds=seconds) if self.is_slow else DIED) from error
        finally:
            timer.cancel()
        if "fault" in head:
            # What a child could not get once it may lack again: its memory is full of holes.
            self.is_spent = bool(head.get("is_over"))
            raise MediaRefused(head["fault"])
        return Made(head["facts"], blobs, perf_counter() - started)

    def _exchange(self, job: Job, data: bytes, path: str) -> dict[str, Any]:
        order = {"op": job.op, "recipe": asdict(job.recipe), "size": len(data), "path": path, "copy_to": job.copy_to}
        sink, source = self.process.stdin, self.process.stdout
        if sink is None or source is None:
            raise OSError("the child has no pipes")
        sink.write(json.dumps(order).encode() + b"\n")
        sink.write(data)
        sink.flush()
        head: dict[str, Any] = json.loads(source.readline())
        return head

    def _read(self, size: int) -> bytes:
        data = self.process.stdout.read(size) if self.process.stdout else b""
        if len(data) < size:
            raise OSError("the child ended early")
        return data

    def _stop(self) -> None:
        self.is_slow = True
        self.process.kill()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    continue


class MediaPool:
    """Children for one process. memory_bytes: address space of each; seconds: for one file."""

    def __init__(self, *, size: int, memory_bytes: int, seconds: float) -> None:
        self._memory, self._seconds = memory_bytes, seconds
        self._idle: queue.LifoQueue[_Child] = queue.LifoQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="media")

    def run(self, jobs: Sequence[Job]) -> list[Made | Exception]:
        """Every job's result in order: what was made, MediaRefused, or what `load` and `place` raised."""
        if len(jobs) == 1:
            return [self._run(jobs[0])]
        return list(self._threads.map(self._run, jobs))

    def close(self) -> None:
        """End the children that have nothing to do."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def list_pids(self) -> list[int]:
        """The children that wait for work."""
        return [child.process.pid for child in list(self._idle.queue)]

    def _run(self, job: Job) -> Made | Exception:
        try:
            data = job.load()
            with job.place() as path:
                return self._work(job, data, path)
        except Exception as error:  # the caller gets it in the job's place
            return error

    def _work(self, job: Job, data: bytes, path: str) -> Made:
        child = self._take()
        try:
            return child.work(job, self._seconds, data=data, path=path)
        finally:
            if child.is_spent or child.jobs >= JOBS_PER_CHILD:
                child.close()
            else:
                self._idle.put(child)

    def _take(self) -> _Child:
        while True:
            try:
                child = self._idle.get_nowait()
            except queue.Empty:
                return self._start()
            if child.process.poll() is None:
                return child
            child.close()

    def _start(self) -> _Child:
        known = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        # One arena and one thread: every further one takes 64 MB of the address space.
        environment = {**known, "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [*CHILD, str(self._memory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=HOUSE
        )
        return _Child(process)


HOUSE = Path(__file__).resolve().parents[2]


def count_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def get_pool(*, memory_bytes: int, seconds: float) -> MediaPool:
    """This process's pool; a forked process gets one of its own."""
    return _get_pool(os.getpid(), memory_bytes, seconds)


@lru_cache(maxsize=4)
def _get_pool(_pid: int, memory_bytes: int, seconds: float) -> MediaPool:
    return MediaPool(size=count_cores(), memory_bytes=memory_bytes, seconds=seconds)
