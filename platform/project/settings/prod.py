"""Production: refuses to start without its own secret key and host names."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from perfhooks.logs import configure_logging
from project.settings.base import *  # noqa: F403
from project.settings.base import DATA_DIR, STORAGES, env


def read_secret_key() -> str:
    """The key from SECRET_KEY, else from SECRET_KEY_FILE; ImproperlyConfigured when neither gives 32 characters."""
    key_file = env.str("SECRET_KEY_FILE", default=str(DATA_DIR / "secret_key"))
    key = str(env.str("SECRET_KEY", default=""))
    if not key and Path(key_file).is_file():
        key = Path(key_file).read_text(encoding="ascii").strip()
    if len(key) < 32:
        raise ImproperlyConfigured("SECRET_KEY: 32자 이상의 값을 환경 변수나 SECRET_KEY_FILE 파일로 주세요.")
    return key


SECRET_KEY = read_secret_key()
# Spans and list requests are written: the log is where a slow request is found by its trace id.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
configure_logging(level=LOG_LEVEL, json=True)
SECURE_HTTPS = env.bool("SECURE_HTTPS", default=False)
SESSION_COOKIE_SECURE = SECURE_HTTPS
CSRF_COOKIE_SECURE = SECURE_HTTPS
SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_HTTPS else None
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no other; compressing both takes twice as long at each start
