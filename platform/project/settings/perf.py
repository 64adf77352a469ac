"""Measuring: production's settings on this machine's own address, with every span's sample kept."""

from project.settings.base import *  # noqa: F403
from project.settings.base import env

SECRET_KEY = env.str("SECRET_KEY", default="measurement-only-key-that-protects-nothing-of-value")
