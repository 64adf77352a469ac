"""Prints which `platform` module this process sees; run by test_layout under several programs."""

import platform
from collections.abc import Callable, Iterable
from typing import Any

from project.celery import app

print(platform.__file__, hasattr(platform, "project"))

__all__ = ["app", "application", "test_platform_has_a_system"]


def test_platform_has_a_system() -> None:
    assert platform.system()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Tells over HTTP what a web server's worker sees."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{platform.__file__} {hasattr(platform, 'project')}".encode()]
