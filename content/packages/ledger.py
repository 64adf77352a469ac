"""The ledger of used originals: written with every package, searched by the looks of a picture."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max

from content.packages.drafts import PackageDraft, read_hashes
from content.packages.likeness import Hit, LikenessIndex
from content.packages.models import AssetUse, Package
from perfhooks.clock import business_now

HASH_FIELDS = ("dhash", "whash", "dhash_mirrored", "whash_mirrored")
LOCK_KEY = 0x6C656467  # "ledg"


@dataclass(slots=True)
class _Kept:
    """This process's copy of the ledger and how much of it that is."""

    version: tuple[int, int] = (0, 0)
    index: LikenessIndex = field(default_factory=LikenessIndex.empty)


_kept = _Kept()
_guard = threading.Lock()


def get_index() -> LikenessIndex:
    """The index over the whole ledger as it is now; one query when nothing was added."""
    seen = AssetUse.objects.aggregate(newest=Max("pk"), count=Count("pk"))
    version = (seen["newest"] or 0, seen["count"])
    with _guard:
        if version != _kept.version:
            _kept.index, _kept.version = _load(_kept, version), version
        return _kept.index


def forget_index() -> None:
    """Let the next look-up read the whole ledger, which may be another one with the same numbers: tests have many."""
    with _guard:
        _kept.index, _kept.version = LikenessIndex.empty(), (0, 0)


def _load(kept: _Kept, version: tuple[int, int]) -> LikenessIndex:
    """The rows that are missing; all of them where numbers were committed in another order than they were given."""
    newest, count = kept.version
    fields = ("pk", "dhash", "whash", "sha256", "blog", "slug")
    added = list(AssetUse.objects.filter(pk__gt=newest).order_by("pk").values_list(*fields)) if count else []
    if count and count + len(added) == version[1]:
        return kept.index.extended(added)
    return LikenessIndex.empty().extended(AssetUse.objects.order_by("pk").values_list(*fields).iterator(10_000))


def record_uses(package: Package, draft: PackageDraft) -> int:
    """Note the originals that a package shows; those noted for its blog and post already stay. Within its transaction."""
    now = business_now()
    rows = [
        AssetUse(
            sha256=each.original_sha256,
            blog=package.blog or settings.PACKAGE_BLOG,
            slug=package.post.slug,
            package=package,
            storage_name=original.storage_name if each.clip is None else each.image.derivative.storage_name,
            first_used_at=now,
            **{name: getattr(each.image.derivative, name) for name in HASH_FIELDS},
        )
        for original, each in zip(draft.originals, draft.packed, strict=True)
    ]
    return len(AssetUse.objects.bulk_create(rows, ignore_conflicts=True))


def lock_ledger() -> None:
    """Let no other unique pack be settled until this transaction ends. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def find_likeness(draft: PackageDraft, *, blog: str, slug: str) -> list[Hit | None]:
    """The nearest used picture of each of a draft's, in order; what this blog showed in this very post counts as unused."""
    index = get_index()
    return [
        index.find_nearest(each.original_sha256, read_hashes(each.image.derivative), blog=blog, slug=slug)
        for each in draft.packed
    ]


def list_uses(keys: Iterable[int]) -> dict[int, AssetUse]:
    """Rows of the ledger by id."""
    return AssetUse.objects.select_related("package__post").in_bulk(list(keys))
