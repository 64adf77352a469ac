"""Development and the demo: the embedded defaults, and a key that is worth nothing anywhere else."""

from project.settings.base import *  # noqa: F403
from project.settings.base import env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-key-that-protects-nothing-of-value")
