"""Converted pictures and clips of an older recipe: removed once no package that is kept was made of them.

What the ledger or a unique pack shows beside another picture stays until there is a newer copy of it to show.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from content.packages import recipe
from content.packages.limits import get_limits
from content.packages.models import AssetUse, Derivative, Package, UniquePicture

IN_USE = timedelta(hours=1)
"""Longer than any build takes, should one run under other settings just now."""
BATCH = 500
SHOWN_PARTS = ("picture", "frame:0")


def select_outgrown() -> QuerySet[Derivative]:
    """The derivatives that may go.

    A package names its derivatives in its manifest alone; the ledger knows of which originals each post's packages were.
    """
    key = get_limits().media_key
    older = Package.objects.filter(post__slug=OuterRef("slug"), doomed_at=None).exclude(
        recipe_version=recipe.get_version()
    )
    uses = AssetUse.objects.filter(sha256=OuterRef("original_sha256"))
    looked_at = Exists(uses) | Exists(UniquePicture.objects.filter(sha256=OuterRef("original_sha256")))
    same_part = Derivative.objects.filter(original_sha256=OuterRef("original_sha256"), part=OuterRef("part"))
    has_better = Exists(same_part.filter(Q(media_key=key) | Q(pk__gt=OuterRef("pk"))))
    return (
        Derivative.objects.exclude(media_key=key)
        .filter(made_at__lt=timezone.now() - IN_USE)
        .exclude(Exists(uses.filter(Exists(older))))
        .exclude(Q(part__in=SHOWN_PARTS) & looked_at & ~has_better)
    )


def prune_derivatives() -> tuple[int, int]:
    """Remove them, each file before its row; returns (removed, failed). A failed one is tried again next time."""
    removed = failed = 0
    # The list is made once: while old ones go, what is the newest copy of a picture does not change.
    old = list(select_outgrown().order_by("pk").values_list("pk", flat=True))
    for at in range(0, len(old), BATCH):
        rows = list(Derivative.objects.filter(pk__in=old[at : at + BATCH]))
        gone = _remove_files(rows)
        Derivative.objects.filter(pk__in=gone).delete()
        removed, failed = removed + len(gone), failed + len(rows) - len(gone)
    return removed, failed


def _remove_files(rows: Sequence[Derivative]) -> list[int]:
    """Remove the files of these rows unless another row names the same bytes; returns the rows that may follow."""
    names = {row.storage_name for row in rows}
    others = Derivative.objects.exclude(pk__in=[row.pk for row in rows])
    kept = {
        name
        for table in (others, AssetUse.objects.all())
        for name in table.filter(storage_name__in=names).values_list("storage_name", flat=True)
    }
    gone: list[int] = []
    for row in rows:
        try:
            if row.storage_name not in kept:
                default_storage.delete(row.storage_name)
            gone.append(row.pk)
        except OSError:
            continue
    return gone
