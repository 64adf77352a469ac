"""What a test needs beside the code: present, or a skip that says so, or (in a release check) a failure."""

import os

import pytest


def require(name: str, available: bool, how: str) -> None:
    """Go on only when the service `name` is available; `how` says how to provide it.

    Without it the test is skipped with a printed reason; where REQUIRE_SERVICES=1 it fails instead, naming it.
    """
    if available:
        return
    reason = f"{name} is not available: {how}"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"REQUIRE_SERVICES=1, but {reason}", pytrace=False)
    print(reason)
    pytest.skip(reason)
