"""The child processes in which this process has pictures and clips decoded, under the settings' limits."""

from django.conf import settings

from content.media.pool import MediaPool, get_pool

MEGABYTE = 1024 * 1024


def get_decoders() -> MediaPool:
    """The pool with settings.MEDIA_CHILD_MB of memory for each child and settings.MEDIA_FILE_SECONDS for each file."""
    return get_pool(memory_bytes=settings.MEDIA_CHILD_MB * MEGABYTE, seconds=settings.MEDIA_FILE_SECONDS)
