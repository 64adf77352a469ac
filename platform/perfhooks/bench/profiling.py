"""Looking into a block of work: cProfile's sorted table, or py-spy's flame graph of the own process.

Neither belongs into a timed run: cProfile slows Python code about twice, py-spy pauses the process at each sample.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

ProfilerKind = Literal["cprofile", "pyspy"]
PROFILERS: tuple[ProfilerKind, ...] = get_args(ProfilerKind)
SUFFIXES: dict[ProfilerKind, str] = {"cprofile": ".txt", "pyspy": ".svg"}
LINES_SHOWN = 60
SAMPLES_PER_SECOND = 200
ATTACH_TIMEOUT_SECONDS = 20.0
ATTACHED = "Sampling process"


class ProfileError(RuntimeError):
    """The profiler is not installed, may not look into this process, or saw nothing; the message says which."""


def default_profile_path(folder: Path, name: str, kind: ProfilerKind) -> Path:
    """Return where a profile of that name goes when nobody says."""
    return folder / f"{name}-{kind}{SUFFIXES[kind]}"


@contextmanager
def profile_block(kind: ProfilerKind, out_path: Path) -> Iterator[None]:
    """Profile the block and write the outcome to `out_path`.

    `cprofile` sees this thread only and writes a table sorted by cumulative and by own time, or the raw statistics
    where the name ends in `.prof`. `pyspy` sees all threads, and writes an SVG flame graph, or a speedscope document
    where the name ends in `.json`. Raises `ProfileError`.
    """
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with _profile_calls(out_path) if kind == "cprofile" else _sample_stacks(out_path):
        yield


@contextmanager
def _profile_calls(out_path: Path) -> Iterator[None]:
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        if out_path.suffix == ".prof":
            profiler.dump_stats(out_path)
        else:
            out_path.write_text(_format_calls(profiler), encoding="utf-8")


def _format_calls(profiler: cProfile.Profile) -> str:
    text = io.StringIO()
    calls = pstats.Stats(profiler, stream=text).strip_dirs()
    for order in ("cumulative", "tottime"):
        calls.sort_stats(order).print_stats(LINES_SHOWN)
    return text.getvalue()


@contextmanager
def _sample_stacks(out_path: Path) -> Iterator[None]:
    layout = "speedscope" if out_path.suffix == ".json" else "flamegraph"
    command = [find_py_spy(), "record", "--pid", str(os.getpid()), "--rate", str(SAMPLES_PER_SECOND)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as words:
        spy = subprocess.Popen(
            [*command, "--format", layout, "--output", str(out_path)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            # Ctrl-C at the terminal is for us; the sampler is told to end below, and then writes its file.
            start_new_session=True,
        )
        try:
            _wait_until_attached(spy, words)
            yield
        finally:
            _finish(spy)
        if spy.returncode or not out_path.exists():
            raise ProfileError(f"py-spy가 {out_path}을(를) 쓰지 못했습니다: {_read(words)}")


def find_py_spy() -> str:
    """Return where the sampler lies, beside this Python or on the PATH; raises `ProfileError`."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("py-spy", path=places)
    if found is None:
        raise ProfileError("py-spy가 없습니다. requirements/dev.lock을 설치하거나 --profile cprofile을 쓰세요.")
    return found


def _wait_until_attached(spy: subprocess.Popen[bytes], words: IO[str]) -> None:
    end = monotonic() + ATTACH_TIMEOUT_SECONDS
    while ATTACHED not in _read(words):
        if spy.poll() is not None or monotonic() > end:
            raise ProfileError(f"py-spy가 이 프로세스({os.getpid()})를 볼 수 없습니다: {_read(words)}")
        sleep(0.02)


def _finish(spy: subprocess.Popen[bytes]) -> None:
    if spy.poll() is None:
        spy.send_signal(signal.SIGINT)
    try:
        spy.wait(ATTACH_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        spy.kill()
        spy.wait()


def _read(words: IO[str]) -> str:
    # The sampler shares this file's offset: reading through pread leaves it where the next word goes.
    size = os.fstat(words.fileno()).st_size
    return os.pread(words.fileno(), size, 0).decode("utf-8", "replace").strip()
