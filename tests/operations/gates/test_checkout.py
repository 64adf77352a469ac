"""Which code is judged, on a real git repository."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from operations.gates import checkout as gates_checkout
from operations.gates.checkout import Checkout, read_checkout
from operations.gates.models import Measurement
from operations.gates.services import record_measurement
from perfhooks import checkout
from perfhooks.checkout import measured_commit
from perfhooks.machine import COMMIT_VARIABLE
from perfhooks.recorder import Recorder
from perfhooks.services import store_run

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository with one commit, in the place of the product's own."""

    def run(*words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.delenv(COMMIT_VARIABLE, raising=False)
    for module in (checkout, gates_checkout):
        monkeypatch.setattr(module, "current_commit", lambda: run("rev-parse", "HEAD"))
    run("init", "-q")
    write(tmp_path, "engine.py", "speed = 1")
    commit(run)
    return run


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def commit(git: Git) -> str:
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "x")
    return git("rev-parse", "HEAD")


def test_a_commit_with_the_same_tree_is_the_same_code(git: Git) -> None:
    measured = git("rev-parse", "HEAD")
    commit(git)
    here = read_checkout()
    assert here.commit != measured
    assert here.has_same_code(measured)
    assert here.has_same_code(here.commit)


def test_documents_and_baselines_are_no_code_and_everything_else_is(git: Git, tmp_path: Path) -> None:
    measured = git("rev-parse", "HEAD")
    for name in ("docs/performance.md", "docs/pictures/a.svg", "README.md", "config/baselines.toml"):
        write(tmp_path, name, "x")
    commit(git)
    assert read_checkout().has_same_code(measured)
    write(tmp_path, "config/budgets.toml", "x")
    commit(git)
    assert not read_checkout().has_same_code(measured)
    write(tmp_path, "engine.py", "speed = 2")
    commit(git)
    assert not read_checkout().has_same_code(measured)


def test_changes_that_nobody_committed_are_said(git: Git, tmp_path: Path) -> None:
    assert not read_checkout().is_dirty
    write(tmp_path, "docs/note.md", "x")
    assert not read_checkout().is_dirty
    write(tmp_path, "engine.py", "speed = 3")
    assert read_checkout().is_dirty


def test_a_measurement_beside_uncommitted_code_is_named_so(git: Git, tmp_path: Path) -> None:
    clean = git("rev-parse", "HEAD")
    write(tmp_path, "docs/note.md", "x")
    write(tmp_path, "picture.svg", "x")
    assert measured_commit() == clean
    write(tmp_path, "new.py", "speed = 4")
    assert measured_commit() == f"{clean}-dirty"
    assert read_checkout() == Checkout(clean, is_dirty=True)
    (tmp_path / "new.py").unlink()
    write(tmp_path, "engine.py", "speed = 5")
    assert measured_commit() == f"{clean}-dirty"
    assert not read_checkout().has_same_code(measured_commit())


@pytest.mark.django_db
def test_a_run_and_a_figure_are_stored_under_the_code_that_made_them(git: Git, tmp_path: Path) -> None:
    clean = git("rev-parse", "HEAD")
    write(tmp_path, "engine.py", "speed = 6")
    with Recorder() as recorder:
        pass
    assert store_run(recorder, kind="pipeline", scenario="demo").commit == f"{clean}-dirty"
    number = record_measurement(metric="fallback_ratio", value=0.1, samples=20, source="x")
    assert Measurement.objects.get(pk=number).commit == f"{clean}-dirty"


def test_a_checkout_that_does_not_answer_is_not_taken_for_clean(git: Git, tmp_path: Path) -> None:
    git("rev-parse", "HEAD")
    (tmp_path / ".git" / "index").write_text("broken")
    assert checkout.has_uncommitted_code(tmp_path)


@pytest.mark.parametrize("commit", ["", "HEAD", "--output=x", "0" * 40, "0123456"])
def test_what_is_no_known_commit_is_other_code(git: Git, commit: str) -> None:
    assert not read_checkout().has_same_code(commit)


def test_a_deployment_without_git_knows_its_commit_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setenv(COMMIT_VARIABLE, "a" * 40)
    for module in (checkout, gates_checkout):
        monkeypatch.setattr(module, "current_commit", lambda: "a" * 40)
    assert measured_commit() == "a" * 40
    here = read_checkout()
    assert here == Checkout("a" * 40, is_dirty=False)
    assert here.has_same_code("a" * 40)
    assert not here.has_same_code("b" * 40)


def test_where_nothing_is_known_nothing_is_the_same() -> None:
    assert not Checkout("", is_dirty=False).has_same_code("")
