"""Prints which `platform` module this process sees; run by test_layout under several programs."""

import platform

from project.celery import app

print(platform.__file__, hasattr(platform, "project"))

__all__ = ["app", "test_platform_has_a_system"]


def test_platform_has_a_system() -> None:
    assert platform.system()
