"""Shared data sets, which lie beside the repository and are never copied into it."""

import os
from pathlib import Path

from tests.support.services import require

ROOT = Path(__file__).resolve().parents[2]


def find_shared_data(name: str) -> Path:
    """A file or folder below SHARED_DATA (default ../shared/data); without it the test is skipped or fails (`require`)."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder / name
    require(f"the data set {name}", path.exists(), "set SHARED_DATA to the folder of the shared data sets")
    return path
