"""A store that changes between and during the runs: equal to the ledger after every round."""

from pathlib import Path

import pytest

from products.storesync.simulator.process import SimulatorProcess
from scripts.check_sync_rounds import find_catalogue, main, play_rounds


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_round_ends_equal(transactional_db: None, small_catalogue: Path, seed: int) -> None:
    with SimulatorProcess(small_catalogue, seed=seed) as simulator:
        found = list(play_rounds(simulator, rounds=4, seed=seed, page_size=10))
    assert [entry.differences for entry in found] == [()] * 5
    assert (found[0].runs, found[0].created) == (1, 63)
    assert all(entry.updated for entry in found[1:])
    assert sum(entry.created for entry in found[1:]) > 0 < sum(entry.deleted for entry in found[1:])
    assert sum(entry.rescans for entry in found) > 0, "the list did move while it was read"


def test_a_missing_catalogue_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHARED_DATA", str(tmp_path))
    assert main([]) == 2
    assert "SHARED_DATA" in capsys.readouterr().err
    path = tmp_path / "chorus_icecat" / "products.jsonl.gz"
    path.parent.mkdir()
    path.touch()
    assert find_catalogue(None) == path
