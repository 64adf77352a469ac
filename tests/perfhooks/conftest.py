"""What the tests of perfhooks share: captured log lines and a registry that forgets."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from perfhooks import registry
from perfhooks.logs import configure_logging

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Write INFO lines into memory and return a reader of what was written."""
    stream = io.BytesIO()
    configure_logging(level="INFO", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    configure_logging(level=getattr(settings, "LOG_LEVEL", "WARNING"))


@pytest.fixture
def scratch_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test register metrics that no other test sees."""
    monkeypatch.setattr(registry, "_metrics", dict(registry.all_metrics()))
