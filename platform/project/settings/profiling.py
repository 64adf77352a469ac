"""django-silk, for dev and perf with SILK=1: taken over by a star import, and by no other settings.

SILK_DATABASE_URL   where its tables lie (default: silk.sqlite3 in JANGBU_DATA_DIR)
SILK_PERCENT        the share of requests that it records (default 100); `X-Perf-Profile: 1` records one in any case
SILK_KEEP           how many requests `silk_prune` leaves (default 5,000)
"""

from datetime import timedelta
from typing import Any

from perfhooks.recording import SILK_MIDDLEWARE, is_recorded
from perfhooks.routers import SILK_ALIAS
from project.settings.base import (
    CELERY_BEAT_SCHEDULE,
    DATA_DIR,
    DATABASES,
    INSTALLED_APPS,
    MEDIA_URL,
    MIDDLEWARE,
    STATIC_URL,
    env,
)

INSTALLED_APPS = [*INSTALLED_APPS, "silk"]
ROOT_URLCONF = "project.urls_silk"
# Behind the trace and the static files, before the session, whose queries then count too.
_place = MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware")
MIDDLEWARE = [*MIDDLEWARE[:_place], SILK_MIDDLEWARE, *MIDDLEWARE[_place:]]

_silk_database: dict[str, Any] = env.db("SILK_DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'silk.sqlite3'}")
if _silk_database["ENGINE"].endswith("sqlite3"):
    _silk_database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",  # a lost recording harms nobody
    }
DATABASES = {**DATABASES, SILK_ALIAS: _silk_database}
DATABASE_ROUTERS = ["perfhooks.routers.SilkRouter"]

SILK_PERCENT = env.float("SILK_PERCENT", default=100.0)
SILK_EXCLUDED_PREFIXES = [f"/{STATIC_URL}", f"/{MEDIA_URL}", "/metrics", "/health", "/favicon", "/admin/jsi18n"]
SILKY_INTERCEPT_FUNC = is_recorded

SILKY_AUTHENTICATION = True
SILKY_AUTHORISATION = True  # silk's own rule: staff only
SILKY_META = False
SILKY_PYTHON_PROFILER = False
SILKY_ANALYZE_QUERIES = False  # EXPLAIN ANALYZE would execute every write a second time
SILKY_MAX_REQUEST_BODY_SIZE = 0  # no body is kept: they hold people's data, and half of the space
SILKY_MAX_RESPONSE_BODY_SIZE = 0
SILKY_MAX_RECORDED_REQUESTS = env.int("SILK_KEEP", default=5_000)
SILKY_MAX_RECORDED_REQUESTS_CHECK_PERCENT = 0  # pruned by a task, never inside a request
SILKY_SENSITIVE_KEYS = {
    "username",
    "api",
    "token",
    "key",
    "secret",
    "password",
    "signature",
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-csrftoken",
}

WHITENOISE_USE_FINDERS = True  # silk's own style sheets and scripts were never collected
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,
    "silk_prune": {"task": "perfhooks.tasks.prune_silk_records", "schedule": timedelta(hours=1)},
}
