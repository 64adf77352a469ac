"""Packages whose file is gone from the disk: they are current no longer, so that their posts are packaged anew."""

from collections.abc import Iterable

from content.packages.models import Package
from content.packages.selectors import is_file_there, select_current


def list_lost_ids() -> list[int]:
    """The current packages whose file is gone or torn."""
    current = select_current().only("storage_path", "size_bytes")
    return [package.pk for package in current.iterator() if not is_file_there(package)]


def retire_lost(package_ids: Iterable[int]) -> list[int]:
    """Take the mark of the current one from those that are still lost; returns their posts. Within a transaction."""
    # Asked again under the lock: a worker writes the file first and the row afterwards.
    held = select_current().select_for_update(no_key=True).filter(pk__in=list(package_ids)).order_by("pk")
    lost = [package for package in held if not is_file_there(package)]
    Package.objects.filter(pk__in=[package.pk for package in lost]).update(is_current=False)
    return [package.post_id for package in lost]
