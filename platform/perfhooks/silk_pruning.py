"""Deleting what silk recorded and nobody will look at any more, in small steps that hold no lock for long."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings

from perfhooks.recording import is_silk_installed
from perfhooks.routers import SILK_APP

REQUESTS_PER_STEP = 200


@dataclass(frozen=True, slots=True)
class PruneCounts:
    """How many recorded requests were deleted, with all that hung on them, and how many are left."""

    deleted: int
    kept: int


def prune_silk(*, keep: int | None = None) -> PruneCounts:
    """Delete all but the newest `keep` recorded requests (None: settings.SILKY_MAX_RECORDED_REQUESTS).

    Two at once do no harm. Without silk in this process there is nothing to do, and nothing is done.
    """
    if not is_silk_installed():
        return PruneCounts(0, 0)
    requests = apps.get_model(SILK_APP, "Request").objects
    limit: int = getattr(settings, "SILKY_MAX_RECORDED_REQUESTS", 0) if keep is None else keep
    before = requests.count()
    while oldest := list(requests.order_by("-start_time").values_list("pk", flat=True)[limit:][:REQUESTS_PER_STEP]):
        # Without `only` every stored stack of these requests would be read before it is deleted.
        requests.filter(pk__in=oldest).only("pk").delete()
    kept = requests.count()
    return PruneCounts(max(before - kept, 0), kept)
