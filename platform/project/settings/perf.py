"""Measuring: production's settings on this machine's own address, with every span's sample kept."""

import os
from importlib.util import find_spec

from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from project.settings.base import *  # noqa: F403
from project.settings.base import env

SECRET_KEY = env.str("SECRET_KEY", default="measurement-only-key-that-protects-nothing-of-value")

# The simulated store's application, which opens nothing but a simulator.
STORE_CLIENT_ID = env.str("STORE_CLIENT_ID", default=DEMO_CLIENT_ID)
STORE_CLIENT_SECRET = os.environ.get("STORE_CLIENT_SECRET", DEMO_CLIENT_SECRET)

# Query recording, off unless asked for; SLO_RUN says that the figures of this process are to be held against SLOs.
SILK = env.bool("SILK", default=False)
SLO_RUN = env.bool("SLO_RUN", default=False)
if SILK and find_spec("silk"):
    from project.settings.profiling import *  # noqa: F403
