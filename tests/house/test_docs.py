"""The documents say what is so."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_the_performance_document_is_written_from_the_measurements() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/write_performance_doc.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr or "run scripts/write_performance_doc.py"


def test_every_room_of_the_plan_map_is_there_or_said_to_come() -> None:
    lines = (ROOT / "docs" / "plan-map.md").read_text("utf-8").splitlines()
    rooms = [cell for line in lines if line.startswith("| ") for cell in line.split("|")[3:4]]
    named = [(cell.strip().split("`")[1], "later" in cell) for cell in rooms if "`" in cell]
    assert named
    missing = [room for room, is_to_come in named if not is_to_come and not (ROOT / room).is_dir()]
    assert missing == []
