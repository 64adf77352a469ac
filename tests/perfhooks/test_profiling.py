"""Looking into a block: what the profilers write, how they fail, and which bottleneck is named."""

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from perfhooks.bench import profiling
from perfhooks.bench.profiling import ProfileError, profile_block
from perfhooks.bench.system import SystemUse, watch_system
from tests.support.services import require

IDLE = SystemUse(
    seconds=10,
    cores=2,
    cpu_share=0.1,
    crowded_share=0,
    own_cores=0.05,
    io_wait_share=0,
    disk_busy_share=0,
    disk_read=0,
    disk_written=0,
    neighbour="postgres",
    neighbour_cores=0.1,
)


def burn_processor(seconds: float) -> None:
    """Keep a core busy; its name must turn up in a profile."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.blake2b(b"jangbu" * 1_000).hexdigest()


def test_the_call_table_is_sorted_by_cumulative_and_own_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "calls.txt"
    with profile_block("cprofile", path):
        burn_processor(0.1)
    table = path.read_text()
    assert "burn_processor" in table
    assert table.index("Ordered by: cumulative time") < table.index("Ordered by: internal time")


def test_the_raw_statistics_are_kept_where_the_name_asks_for_them(tmp_path: Path) -> None:
    path = tmp_path / "calls.prof"
    with pytest.raises(ZeroDivisionError), profile_block("cprofile", path):
        _ = 1 / 0
    assert path.stat().st_size, "what was seen before the error is kept"


@pytest.mark.parametrize("suffix", [".svg", ".json"])
def test_the_sampler_draws_the_own_process(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"stacks{suffix}"
    try:
        with profile_block("pyspy", path):
            burn_processor(1.0)
    except ProfileError as error:
        if "ermission" not in str(error):
            raise
        require("the right to look into another process", False, str(error))
    assert "burn_processor" in path.read_text()
    if suffix == ".json":
        assert json.loads(path.read_text())["profiles"]
    else:
        assert ElementTree.parse(path).getroot().tag.endswith("svg")  # noqa: S314


def test_a_missing_sampler_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(ProfileError, match=r"py-spy가 없습니다.*dev\.lock"), profile_block("pyspy", tmp_path / "s.svg"):
        pytest.fail("the block ran without its profiler")


def test_a_sampler_that_may_not_look_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = tmp_path / "py-spy"
    refusing.write_text("#!/bin/sh\necho 'Permission Denied: try as root' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(profiling, "find_py_spy", lambda: str(refusing))
    with (
        pytest.raises(ProfileError, match=f"{os.getpid()}.*Permission Denied"),
        profile_block("pyspy", tmp_path / "s.svg"),
    ):
        pytest.fail("the block ran without its profiler")


def test_a_busy_block_is_told_from_a_waiting_one() -> None:
    with watch_system() as busy:
        burn_processor(0.6)
    with watch_system() as waiting:
        time.sleep(0.6)
    assert busy.use is not None
    assert waiting.use is not None
    assert waiting.use.own_cores < 0.3 < busy.use.own_cores + 0.2
    assert busy.use.own_cores > waiting.use.own_cores
    assert 0 <= busy.use.cpu_share <= 1
    assert 0.5 < waiting.use.seconds < 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"own_cores": 0.97}, "이 프로세스의 CPU"),
        ({"own_cores": 1.8, "disk_busy_share": 0.9}, "이 프로세스의 CPU"),
        ({"io_wait_share": 0.4}, "디스크"),
        ({"disk_busy_share": 0.8, "disk_written": 30e6}, "30.0MB 쓰기"),
        ({"neighbour_cores": 0.9, "own_cores": 0.3}, "postgres이(가) 코어 0.90개"),
        ({"crowded_share": 0.8, "own_cores": 0.4}, "붐비는 장비"),
        ({}, "기다림"),
    ],
)
def test_the_bottleneck_is_named_in_one_sentence(change: dict[str, float], words: str) -> None:
    sentence = replace(IDLE, **change).bottleneck  # type: ignore[arg-type]
    assert sentence.startswith("병목은")
    assert sentence.endswith(".")
    assert words in sentence
