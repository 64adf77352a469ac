"""The test suite: quick password hashing, everything else as in production, on whichever DATABASE_URL names."""

import os
from pathlib import Path

from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from project.settings.base import *  # noqa: F403
from project.settings.base import DATA_DIR, env

SECRET_KEY = "test-key-that-protects-nothing"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOG_LEVEL = "INFO"
API_RATE_CALLER = API_RATE_ADDRESS = ""  # tests of the rates set their own
LIST_USAGE_FLUSH_SECONDS = 0  # tests write the counts when they want to see them

_scratch = Path(env.str("JANGBU_TEST_DIR", default=str(DATA_DIR))) / "jangbu-test"
_scratch.mkdir(parents=True, exist_ok=True)
PACKAGE_DIR = _scratch / "packages"
REPORT_DIR = _scratch / "reports"
MEDIA_ROOT = _scratch / "media"

# The simulated store's application, which opens nothing but a simulator.
STORE_CLIENT_ID = env.str("STORE_CLIENT_ID", default=DEMO_CLIENT_ID)
STORE_CLIENT_SECRET = os.environ.get("STORE_CLIENT_SECRET", DEMO_CLIENT_SECRET)

PRICE_HIDDEN_HOURS = 0  # most tests read their shop at a fixed moment; tests of a price's age set their own
REFRESH_BACKOFF_SECONDS = 0  # tests take a failed entry again at once; those of the backoff set their own
