"""The settings of packages, checked when the program starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

RANGES = (
    ("PACKAGE_IMAGES_LIMIT", 1, 99),
    ("PACKAGE_IMAGE_MB", 1, 100),
    ("PACKAGE_VIDEOS_LIMIT", 0, 50),
    ("PACKAGE_VIDEO_MB", 1, 2_000),
    ("PACKAGE_VIDEO_SECONDS", 1, 7_200),
    ("PACKAGE_TOTAL_MB", 1, 10_000),
    ("PACKAGE_LONG_SIDE", 640, 4_096),
    ("PACKAGE_LEAST_SIDE", 320, 4_096),
    ("PACKAGE_JPEG_QUALITY", 50, 95),
    ("PACKAGE_KEYFRAMES", 1, 30),
    ("PACKAGE_ZIP_LEVEL", 0, 9),
    ("MEDIA_CHILD_MB", 256, 8_192),
    ("MEDIA_FILE_SECONDS", 1, 600),
    ("PACKAGE_LINK_SECONDS", 10, 7 * 24 * 3_600),
    ("PACKAGES_KEPT", 0, 1_000),
    ("LEDGER_SAME_BITS", 0, 24),
    ("LEDGER_LOOK_BITS", 0, 32),
)
"""Setting, least and largest value that make sense; a hundredth picture would stand before the eleventh by its name."""
FORMATS = frozenset({"jpg", "png"})


@register()
def check_package_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Every limit is within reason, and they agree with each other."""
    found: list[CheckMessage] = []
    for name, least, largest in RANGES:
        value = getattr(settings, name)
        if not least <= value <= largest:
            found.append(Error(f"{name}={value}: {least:,}부터 {largest:,}까지의 값을 쓰세요.", id="packages.E001"))
    if settings.LEDGER_LOOK_BITS < settings.LEDGER_SAME_BITS:
        words = f"LEDGER_LOOK_BITS={settings.LEDGER_LOOK_BITS}이(가) LEDGER_SAME_BITS={settings.LEDGER_SAME_BITS}보다 작습니다."
        found.append(Error(words, id="packages.E002", hint="눈으로 볼 거리를 같다고 볼 거리보다 크게 두세요."))
    formats = settings.PACKAGE_IMAGE_FORMATS
    if "jpg" not in formats or not FORMATS.issuperset(formats):
        found.append(
            Error(f"PACKAGE_IMAGE_FORMATS={formats}: jpg를 넣고 jpg, png 가운데 고르세요.", id="packages.E003")
        )
    if settings.PACKAGE_LEAST_SIDE > settings.PACKAGE_LONG_SIDE:
        found.append(Error("PACKAGE_LEAST_SIDE가 PACKAGE_LONG_SIDE보다 큽니다.", id="packages.E006"))
    if settings.PACKAGE_TOTAL_MB < settings.PACKAGE_IMAGE_MB:
        found.append(Error("PACKAGE_TOTAL_MB가 PACKAGE_IMAGE_MB보다 작습니다.", id="packages.E004"))
    storage = settings.STORAGES["packages"]
    if storage["BACKEND"].endswith(".PackageBucket") and not storage.get("OPTIONS", {}).get("bucket_name"):
        words = (
            'PACKAGE_STORAGE_OPTIONS: 버킷 이름이 없습니다. 예: {"bucket_name": "jangbu", "region_name": "kr-standard"}'
        )
        found.append(Error(words, id="packages.E007"))
    if not settings.PACKAGE_BLOG.strip():
        found.append(Error("PACKAGE_BLOG: 블로그 이름을 쓰세요.", id="packages.E005"))
    return found
