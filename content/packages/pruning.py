"""Removing old packages: superseded ones beyond the newest few of each post, never one that was posted.

A row is marked first, then its file goes, then the row: whatever is killed in between, the next run finds the mark and ends
what was begun. A file that no row knows (its post was deleted, its worker killed) goes when it has lain for an hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from content.packages.models import Package
from content.packages.outgrown import prune_derivatives
from content.packages.storage import get_storage, remove_package, sweep_strays

ORPHAN_AGE = timedelta(hours=1)
BATCH = 500


@dataclass(frozen=True, slots=True)
class PrunedPackages:
    """What a pruning did. removed: packages with their files; strays: temporary files of dead processes; orphans: files that
    no row knew; failed: files that could not be removed and are tried again next time; derivatives: converted pictures and
    clips of an older recipe.
    """

    removed: int
    strays: int
    orphans: int
    failed: int
    derivatives: int = 0


def prune_packages() -> PrunedPackages:
    """Bring every post down to settings.PACKAGES_KEPT superseded packages of each kind and blog, and drop what they alone needed."""
    strays = sweep_strays()
    mark_old()
    removed, failed = _remove_doomed()
    orphans = _sweep_orphans()
    derivatives, unremoved = prune_derivatives()
    return PrunedPackages(removed, strays, orphans, failed + unremoved, derivatives)


def mark_old() -> int:
    """Mark the packages that are to go; returns how many."""
    superseded = Package.objects.filter(is_current=False, posted_url="", doomed_at=None)
    place = Window(
        RowNumber(), partition_by=[F("post_id"), F("kind"), F("blog")], order_by=[F("built_at").desc(), F("pk").desc()]
    )
    ranked = superseded.annotate(place=place).filter(place__gt=settings.PACKAGES_KEPT).values_list("pk", flat=True)
    old, now = list(ranked), timezone.now()
    marked = 0
    for at in range(0, len(old), BATCH):
        # Asked again: a build may have made one current meanwhile, or somebody have posted it.
        marked += superseded.filter(pk__in=old[at : at + BATCH]).update(doomed_at=now)
    return marked


def _remove_doomed() -> tuple[int, int]:
    removed = failed = 0
    for package_id in list(Package.objects.exclude(doomed_at=None).order_by("pk").values_list("pk", flat=True)):
        try:
            removed += _remove(package_id)
        except OSError:
            failed += 1
    return removed, failed


@transaction.atomic
def _remove(package_id: int) -> bool:
    """File, then row, under the row's lock: a build that wants it back waits, and writes it anew."""
    doomed = Package.objects.exclude(doomed_at=None).filter(pk=package_id, is_current=False, posted_url="")
    package = doomed.select_for_update(no_key=True).first()
    if package is None:
        Package.objects.filter(pk=package_id).update(doomed_at=None)
        return False
    remove_package(package.storage_path)
    package.delete()
    return True


def _sweep_orphans() -> int:
    """Remove the files that no row knows; an hour is longer than any build waits between its file and its row."""
    storage = get_storage()
    before = timezone.now() - ORPHAN_AGE
    known = set(Package.objects.values_list("storage_path", flat=True))
    orphans = [name for name in _list_files(storage) if name not in known and _is_older(storage, name, before)]
    for name in orphans:
        storage.delete(name)
    return len(orphans)


def _list_files(storage: Storage) -> Iterator[str]:
    try:
        folders, _files = storage.listdir("")
    except FileNotFoundError:
        return
    for folder in folders:
        yield from (f"{folder}/{name}" for name in storage.listdir(folder)[1] if name.endswith(".zip"))


def _is_older(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False
