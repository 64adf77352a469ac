"""Two commits side by side: the verdicts on synthetic runs, and the command on a real repository."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from perfhooks.bench.resampling import Interval
from perfhooks.budgets import find_budget
from perfhooks.comparison.pairing import PAIRS
from perfhooks.comparison.sides import CHILD
from perfhooks.comparison.study import Trial, simulate
from perfhooks.comparison.verdicts import EXIT_STATUS, Pair, Run, Verdict, judge_pairs, measure_spread, worst_of

ROOT = Path(__file__).resolve().parents[2]
LIMIT = find_budget("no-regression").limit


def draw_pairs(
    *, slowdown: float = 0.0, noise: float = 0.02, drift: float = 0.0, pairs: int = PAIRS, seed: int = 1
) -> list[Pair]:
    """Pairs of a machine that goes at its own speed: noise moves each run, drift both runs of a pair."""
    draw = random.Random(seed)

    def make_run(pace: float, factor: float) -> Run:
        wall, cpu = (pace * factor * draw.lognormvariate(0, share) for share in (noise, noise / 3))
        return Run(wall, 1.5 * wall, cpu, pace * draw.lognormvariate(0, drift), units=100, repetitions=20)

    paces = [0.01 * draw.lognormvariate(0, drift) for _ in range(pairs)]
    return [Pair(make_run(pace, 1.0), make_run(pace, 1 + slowdown)) for pace in paces]


def tell(**options: Any) -> Verdict:
    return judge_pairs(draw_pairs(**options), LIMIT).verdict


def test_thirty_percent_are_found_and_nothing_is_found_where_there_is_nothing() -> None:
    assert {tell(slowdown=0.30, seed=seed) for seed in range(100)} == {"regress"}
    assert {tell(seed=seed) for seed in range(100)} == {"ok"}
    assert {tell(slowdown=0.10, seed=seed) for seed in range(100)} == {"ok"}, "within what the plan allows"


def test_a_machine_that_changes_its_speed_does_not_hide_thirty_percent() -> None:
    assert {tell(slowdown=0.30, drift=0.4, seed=seed) for seed in range(100)} == {"regress"}
    assert {tell(drift=0.4, seed=seed) for seed in range(100)} == {"ok"}


def test_on_a_wildly_unsteady_machine_the_same_commit_is_never_called_slower() -> None:
    told = Counter(tell(noise=0.5, drift=0.5, seed=seed) for seed in range(200))
    assert told["regress"] == 0, told
    assert told["too noisy"] > 150, told


def test_a_figure_above_the_limit_whose_interval_reaches_one_is_suspect() -> None:
    pairs = [pair for pair in draw_pairs(noise=0.0) for _ in range(1)]
    slow = [
        Pair(pair.base, Run(pair.head.wall * factor, 1.0, pair.head.cpu, pair.head.calibration, 100, 20))
        for pair, factor in zip(pairs, [0.95] * 10 + [1.3] * 11, strict=True)
    ]
    judged = judge_pairs(slow, LIMIT)
    assert (judged.verdict, judged.wall.verdict, judged.cpu.verdict) == ("suspect", "suspect", "ok")
    assert judged.worst_ratio == pytest.approx(1.3)


def test_on_an_unsteady_machine_one_figure_alone_must_be_beyond_doubt() -> None:
    def tell_wall(factor: float) -> Verdict:
        pairs = draw_pairs(noise=0.05, drift=0.3)
        return judge_pairs(
            [Pair(p.base, Run(p.head.wall * factor, 1.0, p.head.cpu, p.head.calibration, 100, 20)) for p in pairs],
            LIMIT,
        ).verdict

    assert tell_wall(1.16) == "too noisy"
    assert tell_wall(2.0) == "regress"


def test_the_gravest_verdict_counts_and_has_its_exit_status() -> None:
    assert worst_of(["ok", "too noisy", "suspect"]) == "too noisy"
    assert worst_of(["ok", "regress", "too noisy"]) == "regress"
    assert worst_of([]) == "ok"
    assert EXIT_STATUS == {"ok": 0, "regress": 1, "suspect": 2, "too noisy": 3}
    assert measure_spread([10.0] * 9 + [20.0]) == pytest.approx(0.1)


def test_the_study_draws_what_was_recorded_and_repeats_itself() -> None:
    runs = [run for pair in draw_pairs(pairs=30, noise=0.1, drift=0.3) for run in (pair.base, pair.head)]
    quiet = simulate(runs, Trial("neighbours", 0.0, LIMIT), trials=100)
    assert quiet.share("regress") == 0
    assert quiet == simulate(runs, Trial("neighbours", 0.0, LIMIT), trials=100)
    assert simulate(runs, Trial("neighbours", 0.3, LIMIT), trials=100).share("regress") >= 0.98
    assert simulate(runs, Trial("any two", 0.0, LIMIT), trials=100).share("too noisy") > 0.5


WORK = """
import hashlib
import time
from contextlib import contextmanager

@contextmanager
def digest(scratch):
    def run():
        for _ in range({turns}):
            hashlib.blake2b(b"x" * 4_000).digest()
        return {units}
    yield run

@contextmanager
def dawdle(scratch):
    yield lambda: time.sleep({pause}) or 1

SCENARIOS = {{"digest": digest, "dawdle": dawdle}}
"""


def git(repository: Path, *words: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    done = subprocess.run(["git", *identity, *words], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(repository: Path, *, turns: int = 100, units: int = 1, pause: float = 0.001) -> str:
    (repository / "work.py").write_text(WORK.format(turns=turns, units=units, pause=pause))
    git(repository, "add", "-A")
    git(repository, "commit", "--allow-empty", "-q", "-m", f"{turns} turns")
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository without any commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def start_compare(
    repository: Path, *options: str, interrupt: signal.Handlers = signal.SIG_DFL
) -> subprocess.Popen[str]:
    """The command on another repository, with its temporary files beside that. interrupt: how it finds Ctrl-C."""
    temporary = repository.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    place = ("--repository", str(repository), "--file", "work.py", "--seconds", "0.05")
    return subprocess.Popen(
        [sys.executable, "manage.py", "perf_compare", *place, *options],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test", "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, interrupt),
    )


def compare(repository: Path, *options: str) -> tuple[int, str, str]:
    process = start_compare(repository, *options)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def assert_tidy(repository: Path) -> None:
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert list((repository.parent / "temporary").glob("perf-compare-*")) == []


@pytest.mark.once
def test_a_slower_commit_is_found_and_no_worktree_stays_behind(repository: Path) -> None:
    base, head = commit(repository, turns=100), commit(repository, turns=200)
    options = ("--base", base, "--head", head, "--scenario", "digest", "--pairs", "5", "--pairs-max", "5", "--json")
    status, out, err = compare(repository, *options)
    document = json.loads(out)
    assert (status, document["verdict"]) == (1, "regress"), err
    assert (document["base"], document["head"], document["is_dirty"]) == (base, head, False)
    [digest] = document["scenarios"]
    assert 1.6 < digest["cpu"]["ratio"]["median"] < 2.5
    assert len(digest["runs"]) == digest["pairs"] == 5
    assert_tidy(repository)


@pytest.mark.once
def test_the_working_folder_is_the_head_where_none_is_named(repository: Path) -> None:
    base = commit(repository, turns=200)
    (repository / "work.py").write_text(WORK.format(turns=100, units=1, pause=0))
    status, out, err = compare(repository, "--base", base, "--scenario", "digest", "--pairs", "5")
    assert status == 0, err
    assert "(수정됨)" in out
    assert "이상 없음" in out
    assert_tidy(repository)


@pytest.mark.once
def test_a_base_without_the_scenarios_takes_those_of_the_head(repository: Path) -> None:
    (repository / "readme").write_text("nothing to measure yet")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "before")
    commit(repository)
    status, out, err = compare(repository, "--base", "HEAD~1", "--head", "HEAD", "--pairs", "3", "--json")
    assert status in EXIT_STATUS.values(), err  # three pairs on any machine: that there is a verdict, not which
    assert [each["scenario"] for each in json.loads(out)["scenarios"]] == ["dawdle", "digest"]


FICKLE = """
    # In the order base head, head base: a pair's head works three times as long, then a third.
    count = scratch.parent.parent / "count"
    number = int(count.read_text()) + 1 if count.exists() else 0
    count.write_text(str(number))
    seconds = 0.003 if number % 2 else 0.001

    def work():
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        return 1

    yield work
"""


@pytest.mark.once
def test_more_pairs_are_made_while_the_verdict_does_not_stand(repository: Path) -> None:
    text = WORK.format(turns=1, units=1, pause=0)
    dawdle = text[text.index("    yield lambda") : text.index("\nSCENARIOS")]
    (repository / "work.py").write_text(text.replace(dawdle, FICKLE))
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "fickle")
    options = ("--base", "HEAD", "--head", "HEAD", "--scenario", "dawdle", "--pairs", "2", "--pairs-max", "4", "--json")
    _status, out, err = compare(repository, *options)
    assert json.loads(out)["scenarios"][0]["pairs"] == 4, err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--base", "no-such-branch"), "no-such-branch"),
        (("--base", "HEAD", "--scenario", "nothing"), "dawdle, digest"),
        (("--base", "HEAD", "--file", "absent.py"), r"absent.py"),
        (("--base", "HEAD~1", "--scenario", "digest", "--pairs", "1"), "한 번에 하는 일이 다릅니다(base 1, head 7)"),
    ],
)
@pytest.mark.once
def test_what_cannot_be_compared_is_said_with_a_status_of_its_own(
    repository: Path, options: tuple[str, ...], message: str
) -> None:
    commit(repository, units=1)
    commit(repository, units=7)
    status, _out, err = compare(repository, *options)
    assert status == 4
    assert message in err
    assert "Traceback" not in err
    assert_tidy(repository)


@pytest.mark.once
def test_a_scenario_that_fails_shows_its_own_words(repository: Path) -> None:
    commit(repository)
    (repository / "work.py").write_text("raise RuntimeError('the catalogue is closed')")
    status, _out, err = compare(repository, "--base", "HEAD", "--scenario", "digest")
    assert status == 4
    assert "the catalogue is closed" in err


@pytest.mark.parametrize(
    ("name", "interrupt"),
    [(signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_IGN)],
    ids=["Ctrl-C", "SIGTERM", "SIGTERM under nohup"],
)
@pytest.mark.once
def test_worktrees_are_removed_when_the_command_is_interrupted(
    repository: Path, name: signal.Signals, interrupt: signal.Handlers
) -> None:
    commit(repository, pause=1.0)
    options = ("--base", "HEAD", "--head", "HEAD", "--scenario", "dawdle")
    process = start_compare(repository, *options, interrupt=interrupt)
    wait_until(lambda: len(git(repository, "worktree", "list").splitlines()) == 3)
    time.sleep(0.5)
    process.send_signal(name)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "지웠습니다" in err
    assert_tidy(repository)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_run_that_took_code_from_the_checkout_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "work.py"
    file.write_text("import perfhooks.figures\n" + WORK.format(turns=1, units=1, pause=0))
    command = [sys.executable, "-P", str(CHILD), "--file", str(file), "--scenario", "digest", "--seconds", "0"]
    place = ["--scratch", str(tmp_path), "--tree", str(tmp_path), "--checkout", str(ROOT)]
    done = subprocess.run([*command, *place], capture_output=True, text=True)
    assert done.returncode == 1
    assert "perfhooks" in done.stderr
    assert "not from the tree that is measured" in done.stderr


@pytest.mark.parametrize("name", ["hash-2000-rows", "upsert-500-unchanged"])
def test_the_cheap_scenarios_of_this_product_run(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-P", str(CHILD), "--file", str(ROOT / "scripts" / "paired_scenarios.py")]
    for _ in range(2):  # the second run finds the database of the first
        done = subprocess.run(
            [*command, "--scenario", name, "--scratch", str(tmp_path), "--seconds", "0"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        assert done.returncode == 0, done.stderr
        figures = json.loads(done.stdout)
        assert figures["units"] == int(name.split("-")[1])
        assert 0 < figures["cpu"] <= figures["wall"] * 1.5


def test_intervals_that_share_a_value_overlap() -> None:
    assert Interval(1.0, 0.9, 1.1).overlaps(Interval(1.2, 1.1, 1.3))
    assert not Interval(1.0, 0.9, 1.1).overlaps(Interval(1.3, 1.2, 1.4))
