"""Shared data sets, which lie beside the repository and are never copied into it."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_shared_data(name: str) -> Path:
    """A file below SHARED_DATA (default ../shared/data); the test is skipped with the reason where it is absent."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"{name} is not there: set SHARED_DATA to the folder of the shared data sets")
    return path
