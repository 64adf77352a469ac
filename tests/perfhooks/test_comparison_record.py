"""What `perf_compare` hands to the release gate, what it refuses to record, and how it ends when called wrongly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfhooks.budgets import BudgetError
from perfhooks.comparison.pairing import PAIRS, PAIRS_MAX, Comparison
from perfhooks.comparison.sides import Side
from perfhooks.comparison.verdicts import judge_pairs
from perfhooks.management.commands.perf_compare import Command, record_comparisons
from perfhooks.measurements import measurement_port
from tests.perfhooks.test_comparison import LIMIT, ROOT, assert_tidy, commit, compare, draw_pairs
from tests.perfhooks.test_comparison import repository as repository

pytestmark = pytest.mark.once


@pytest.fixture
def gate() -> Iterator[list[dict[str, Any]]]:
    """What is handed to the release gate; the port is given back to its owner afterwards."""
    recorded: list[dict[str, Any]] = []

    def keep(**figure: Any) -> int:
        recorded.append(figure)
        return len(recorded)

    owner, measurement_port._function = measurement_port._function, keep
    yield recorded
    measurement_port._function = owner


def test_a_verdict_that_does_not_stand_gives_the_gate_no_value(gate: list[dict[str, Any]]) -> None:
    steady, noisy = draw_pairs(slowdown=0.3), draw_pairs(noise=0.5, drift=0.5, pairs=PAIRS_MAX)
    comparisons = [Comparison(name, tuple(p), judge_pairs(p, LIMIT)) for name, p in (("a", steady), ("b", noisy))]
    base = Side("base", "b" * 40, False, ROOT, ROOT)
    record_comparisons(comparisons, (base, Side("head", "c" * 40, False, ROOT, ROOT)))
    slower, unclear = gate
    assert slower["value"] == pytest.approx(1.3, abs=0.05)
    assert (slower["metric"], slower["scenario"], slower["samples"]) == ("regression_ratio", "a", PAIRS)
    assert (unclear["value"], unclear["samples"], unclear["commit"]) == (None, PAIRS_MAX, "c" * 40)
    assert {figure["base"] for figure in gate} == {"b" * 40}


def test_a_head_with_uncommitted_code_is_recorded_as_such(gate: list[dict[str, Any]]) -> None:
    pairs = draw_pairs()
    sides = (Side("base", "b" * 40, False, ROOT, ROOT), Side("head", "c" * 40, True, ROOT, ROOT))
    record_comparisons([Comparison("a", tuple(pairs), judge_pairs(pairs, LIMIT))], sides)
    assert (gate[0]["commit"], gate[0]["base"]) == ("c" * 40 + "-dirty", "b" * 40)


THOROUGH = ("--seconds", "0.5", "--scenario", "digest", "--record")


@pytest.mark.parametrize("is_documented", [False, True])
def test_a_comparison_of_code_with_itself_is_not_recorded(repository: Path, is_documented: bool) -> None:
    base = commit(repository)
    if is_documented:
        (repository / "README.md").write_text("a document is no code")
        assert commit(repository) != base
    for head in ((), ("--head", "HEAD")):
        status, out, err = compare(repository, "--base", base, *head, *THOROUGH)
        assert (status, out) == (4, "")
        assert "같은 코드입니다" in err
    assert_tidy(repository)


@pytest.mark.parametrize("short", [("--seconds", "0.01"), ("--pairs", "2")])
def test_a_comparison_that_is_too_short_is_not_recorded(repository: Path, short: tuple[str, str]) -> None:
    base = commit(repository)
    commit(repository, turns=101)
    status, out, err = compare(repository, "--base", base, *THOROUGH, *short)
    assert (status, out) == (4, "")
    assert "--record: --seconds 0.5, --pairs 21 이상" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--base", "HEAD", "--bogus"), "--bogus"),
        ((), "--base"),
        (("--base", "HEAD", "--seconds", "nan"), "--seconds"),
        (("--base", "HEAD", "--seconds", "inf"), "--seconds"),
        (("--base", "HEAD", "--seconds", "0"), "--seconds"),
        (("--base", "HEAD", "--seconds", "-1"), "--seconds"),
        (("--base", "HEAD", "--seconds", "soon"), "--seconds"),
        (("--base", "HEAD", "--pairs", "0"), "--pairs"),
        (("--base", "HEAD", "--pairs", "-1"), "--pairs"),
        (("--base", "HEAD", "--pairs", "nan"), "--pairs"),
        (("--base", "HEAD", "--pairs-max", "0"), "--pairs-max"),
    ],
)
def test_wrong_usage_has_the_status_of_no_verdict(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], named: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "perf_compare", *words])
    assert caught.value.code == 4
    assert named in capsys.readouterr().err


def test_a_broken_budgets_file_has_the_status_of_no_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_budget_id: str) -> None:
        raise BudgetError("budgets.toml: line 1")

    monkeypatch.setattr("perfhooks.management.commands.perf_compare.find_budget", refuse)
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "perf_compare", "--base", "HEAD"])
    assert caught.value.code == 4
    assert "budgets.toml: line 1" in capsys.readouterr().err
