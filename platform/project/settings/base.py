"""What every environment shares. An operator sets environment variables; nobody edits this file to deploy.

DATABASE_URL        sqlite:///var/jangbu.sqlite3 (default) or postgres://user@host/name
CELERY_BROKER_URL   empty (default): tasks run in the calling process; amqp://... or redis://...: on real workers
STORE_API_URL, STORE_CLIENT_ID, STORE_CLIENT_SECRET   the shop's Commerce API and its application
STORE_DETAIL_MAX_AGE_HOURS, STORE_OLD_DETAILS_PER_RUN   when an unchanged product is read anew, see docs/operations.md
STORE_CODE          under which code the ledger keeps that shop (default: my-store)
JANGBU_DATA_DIR     where the database, packages, reports and media lie (default: var/ beside manage.py)
CACHE_URL, CACHE_PREFIX, API_RATE_CALLER, API_RATE_ADDRESS, API_PROXIES, API_BODY_LIMIT_BYTES, API_BULK_ROWS_LIMIT,
IDEMPOTENCY_KEY_HOURS   see docs/api.md
PACKAGE_*, PACKAGES_KEPT, MEDIA_CHILD_MB, MEDIA_FILE_SECONDS, LEDGER_*   limits of packages and of their pictures, see below
SITE_URL, SITE_NAME, SITE_PAGE_MAX_AGE_SECONDS, POST_REVISIONS_KEPT, POST_LOCK_MINUTES   see docs/operations.md
LINK_*, CLUSTER_*   limits of links between posts, see below
METRICS_ALLOW, METRICS_TOKEN, METRICS_EXEMPLARS, OTEL_EXPORTER_OTLP_ENDPOINT, SLOW_STATEMENTS   see docs/operations.md
"""

import os
from datetime import timedelta
from pathlib import Path

import environ

from perfhooks.logs import configure_logging

env = environ.Env()
ROOT = Path(__file__).resolve().parents[3]
DATA_DIR = Path(env.str("JANGBU_DATA_DIR", default=str(ROOT / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

INSTALLED_APPS = [
    "operations.dashboard.apps.DashboardConfig",  # before the admin, whose templates it overrides
    "project.apps.JangbuAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "perfhooks.apps.PerfhooksConfig",
    "products.catalog.apps.CatalogConfig",
    "products.upsert.apps.UpsertConfig",
    "products.idempotency.apps.IdempotencyConfig",
    "products.storesync.apps.StoresyncConfig",
    "content.posts.apps.PostsConfig",
    "content.matching.apps.MatchingConfig",
    "content.comparison.apps.ComparisonConfig",
    "content.disclosure.apps.DisclosureConfig",
    "content.cro.apps.CroConfig",
    "content.packages.apps.PackagesConfig",
    "content.refresh.apps.RefreshConfig",
    "content.clusters.apps.ClustersConfig",
    "operations.pipeline.apps.PipelineConfig",
    "operations.gates.apps.GatesConfig",
    "operations.roles.apps.RolesConfig",  # after django.contrib.auth, whose pages it replaces
    "operations.apitokens.apps.ApiTokensConfig",
    "operations.site.apps.SiteConfig",
    "operations.demo.apps.DemoConfig",
]

MIDDLEWARE = [
    "perfhooks.middleware.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'jangbu.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file for tests and benches too: threads then wait for each other's locks, which an in-memory database refuses.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
    # IMMEDIATE takes the write lock at the start: a read-then-write transaction can then wait instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # By default a batch of products writes its index pages several times over (a cache of 2 MB), and waits until its log
        # is in the file (after 4 MB; now 40).
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;"
        " PRAGMA wal_autocheckpoint=10000;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Compiling a statement costs lists more than it saves: 2.3 of the 2.4 seconds of a filter among a million products.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
CACHES = {
    "default": {
        **env.cache("CACHE_URL", default="locmemcache://"),
        "KEY_PREFIX": env.str("CACHE_PREFIX", default="jangbu"),
    }
}
if CACHES["default"]["BACKEND"].endswith(".RedisCache"):
    CACHES["default"]["BACKEND"] = "perfhooks.sharedcache.SteadyRedisCache"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"
STORAGES = {
    "default": {"BACKEND": "content.storage.WholeFileStorage"},
    # Finished packages. Another storage is named by its class and, as JSON, its options: for S3
    # content.packages.bucket.PackageBucket and {"bucket_name": ...}, the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    "packages": {
        "BACKEND": env.str("PACKAGE_STORAGE", default="content.packages.storage.PackageFolder"),
        "OPTIONS": env.json("PACKAGE_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

AUTHENTICATION_BACKENDS = ["project.backends.OneQueryBackend"]
CSRF_FAILURE_VIEW = "project.errors.answer_forgery"
LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The product list in one piece: 200 rows of seven inputs.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "operations.apitokens.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "operations.apitokens.throttles.CallerThrottle",
        "operations.apitokens.throttles.AddressThrottle",
    ],
    "NUM_PROXIES": env.int("API_PROXIES", default=0),
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["products.catalog.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "products.catalog.problems.handle_exception",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
}
# Requests to the API by token or user, and by address of who shows neither ("600/min"; "": no limit). API_PROXIES says how
# many proxies of ours stand before the server, and CACHE_URL where all processes count together (redis://host:6379/1).
API_RATE_CALLER = env.str("API_RATE_CALLER", default="6000/min")
API_RATE_ADDRESS = env.str("API_RATE_ADDRESS", default="60/min")
# The largest body that the API reads, the most products of one request, and how long an answer is kept under its key.
API_BODY_LIMIT_BYTES = env.int("API_BODY_LIMIT_BYTES", default=16 * 1024 * 1024)
API_BULK_ROWS_LIMIT = env.int("API_BULK_ROWS_LIMIT", default=1_000)
IDEMPOTENCY_KEY_HOURS = env.int("IDEMPOTENCY_KEY_HOURS", default=24)
SPECTACULAR_SETTINGS = {
    "TITLE": "Jangbu API",
    "DESCRIPTION": "상품 원장(SSOT)을 읽고, 우선순위를 고치고, 상품을 한꺼번에 쓰는 API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_NAME_OVERRIDES": {"ProductStatus": "products.catalog.models.ProductStatus"},
}

# Without a broker nothing is ever sent; Celery still wants an address, and would complain about an empty one.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or "memory://localhost/"
CELERY_TASK_ALWAYS_EAGER = CELERY_BROKER_URL.startswith("memory:")
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="jangbu")
# A quorum queue survives the loss of a broker node; Redis has no such kind and ignores it.
CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum" if CELERY_BROKER_URL.startswith("amqp") else "classic"
# The jobs of operations.pipeline.schedule and how often each is due.
SCHEDULE = {
    "sync": timedelta(hours=1),
    "sweep": timedelta(minutes=5),
    "publish_due": timedelta(minutes=1),
    "staleness": timedelta(hours=1),
    "tidy_up": timedelta(days=1),
    "weekly_report": timedelta(weeks=1),
}
CELERY_BEAT_SCHEDULE = {
    job: {"task": "operations.pipeline.tasks.run_job", "schedule": every, "args": (job,)}
    for job, every in SCHEDULE.items()
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

STORE_API_URL = env.str("STORE_API_URL", default="")
STORE_CODE = env.str("STORE_CODE", default="my-store")
STORE_CLIENT_ID = env.str("STORE_CLIENT_ID", default="")
# Not through env: it takes a leading "$", which every such secret has, for a reference to another variable.
STORE_CLIENT_SECRET = os.environ.get("STORE_CLIENT_SECRET", "")
# A detail that was read so long ago is read again although its list entry is unchanged; 0: never for its age alone.
STORE_DETAIL_MAX_AGE_HOURS = env.int("STORE_DETAIL_MAX_AGE_HOURS", default=7 * 24)
# How many such details one run reads, so that they spread over time: 200 take 100 s at the store's two calls a second.
STORE_OLD_DETAILS_PER_RUN = env.int("STORE_OLD_DETAILS_PER_RUN", default=200)

PACKAGE_DIR = DATA_DIR / "packages"
# What a blog takes, as no page of Naver's tells it: a package beyond is refused before anything is written.
PACKAGE_IMAGES_LIMIT = env.int("PACKAGE_IMAGES_LIMIT", default=50)
PACKAGE_IMAGE_MB = env.int("PACKAGE_IMAGE_MB", default=10)
PACKAGE_IMAGE_FORMATS: list[str] = env.list("PACKAGE_IMAGE_FORMATS", default=["jpg", "png"])
PACKAGE_VIDEOS_LIMIT = env.int("PACKAGE_VIDEOS_LIMIT", default=5)
PACKAGE_VIDEO_MB = env.int("PACKAGE_VIDEO_MB", default=200)
PACKAGE_VIDEO_SECONDS = env.int("PACKAGE_VIDEO_SECONDS", default=600)
PACKAGE_TOTAL_MB = env.int("PACKAGE_TOTAL_MB", default=500)
# How pictures are brought to one form: the longer side of each at most, and down to where a fraction of a JPEG is decoded in
# place of resizing the whole; JPEG quality; keyframes of a clip.
PACKAGE_LONG_SIDE = env.int("PACKAGE_LONG_SIDE", default=2048)
PACKAGE_LEAST_SIDE = env.int("PACKAGE_LEAST_SIDE", default=1280)
PACKAGE_JPEG_QUALITY = env.int("PACKAGE_JPEG_QUALITY", default=85)
PACKAGE_KEYFRAMES = env.int("PACKAGE_KEYFRAMES", default=5)
# Of the texts in the zip; pictures and clips are stored as they are, since deflating them saves 3 % in thirty times the time.
PACKAGE_ZIP_LEVEL = env.int("PACKAGE_ZIP_LEVEL", default=6)
# Each child process that decodes: its address space, and how long it may take for one file.
MEDIA_CHILD_MB = env.int("MEDIA_CHILD_MB", default=1_024)
MEDIA_FILE_SECONDS = env.int("MEDIA_FILE_SECONDS", default=30)
# How long a download link works, and how many superseded packages of a post are kept besides those marked as posted.
PACKAGE_LINK_SECONDS = env.int("PACKAGE_LINK_SECONDS", default=600)
PACKAGES_KEPT = env.int("PACKAGES_KEPT", default=3)
# The blog of ordinary packages in the ledger of used pictures, and from how many of 64 bits on two pictures differ: up to the
# first in both hashes they are the same, up to the second in one of them a person looks.
PACKAGE_BLOG = env.str("PACKAGE_BLOG", default="naver")
LEDGER_SAME_BITS = env.int("LEDGER_SAME_BITS", default=12)
LEDGER_LOOK_BITS = env.int("LEDGER_LOOK_BITS", default=22)
REPORT_DIR = DATA_DIR / "reports"
# How long a claimed queue entry stays with a worker that no longer answers, before another may take it.
CLAIM_LEASE_SECONDS = env.int("CLAIM_LEASE_SECONDS", default=120)
# How long an entry waits after its first failure; four times as long after each further one, an hour at most. 0: not at all.
REFRESH_BACKOFF_SECONDS = env.int("REFRESH_BACKOFF_SECONDS", default=60)

# How many revisions of a post are kept besides those that readers saw, and how long an editor who stays silent holds one.
POST_REVISIONS_KEPT = env.int("POST_REVISIONS_KEPT", default=50)
POST_LOCK_MINUTES = env.int("POST_LOCK_MINUTES", default=15)
# Links between posts: at most one for so many words and so many on a page, none in the first sentences, ...
LINK_WORDS_PER_LINK = env.int("LINK_WORDS_PER_LINK", default=150)
LINK_PAGE_MOST = env.int("LINK_PAGE_MOST", default=8)
LINK_FIRST_SENTENCES = env.int("LINK_FIRST_SENTENCES", default=1)
# ... so many to other clusters and to near posts of its own, no post deeper below its hub than so many steps, ...
LINK_CROSS_MOST = env.int("LINK_CROSS_MOST", default=1)
LINK_NEAR_MOST = env.int("LINK_NEAR_MOST", default=3)
LINK_DEPTH_MOST = env.int("LINK_DEPTH_MOST", default=3)
# ... and the same words for at most this share of the links to a post, which so many may always have.
LINK_ANCHOR_PERCENT = env.int("LINK_ANCHOR_PERCENT", default=40)
LINK_ANCHOR_FREE = env.int("LINK_ANCHOR_FREE", default=2)
# A post joins a hub, and links to another cluster, when the two are alike by this much (percent).
CLUSTER_ALIKE_PERCENT = env.int("CLUSTER_ALIKE_PERCENT", default=25)
CLUSTER_SPOKES_MOST = env.int("CLUSTER_SPOKES_MOST", default=12)
CLUSTER_SPOKES_LEAST = env.int("CLUSTER_SPOKES_LEAST", default=2)
# The public site: its address (https://blog.example.com) and name, and how old a kept page may get before it is made anew.
SITE_URL = env.str("SITE_URL", default="")
SITE_NAME = env.str("SITE_NAME", default="장부")
SITE_PAGE_MAX_AGE_SECONDS = env.int("SITE_PAGE_MAX_AGE_SECONDS", default=600)

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING")
LOGGING_CONFIG = None
configure_logging(level=LOG_LEVEL, json=True)

# Who may read /metrics besides staff: these addresses, unless through a proxy, and whoever shows the token.
METRICS_ALLOW: list[str] = env.list("METRICS_ALLOW", default=["127.0.0.0/8", "::1/128"])
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
METRICS_EXEMPLARS = env.bool("METRICS_EXEMPLARS", default=False)
# Spans go to this OpenTelemetry collector (http://host:4318); empty: nowhere.
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
# How many of its slowest statements each process keeps for `manage.py explain --slowest`; 0: none.
SLOW_STATEMENTS = env.int("SLOW_STATEMENTS", default=0)

# A price that was checked longer ago is stale and counted; longer ago than the second, its number is not shown. 0: never.
PRICE_STALE_HOURS = env.int("PRICE_STALE_HOURS", default=24)
PRICE_HIDDEN_HOURS = env.int("PRICE_HIDDEN_HOURS", default=48)
# A discount is measured by the lowest price of so many days before it began. To be confirmed by a lawyer before release.
EARLIER_PRICE_DAYS = env.int("EARLIER_PRICE_DAYS", default=20)
