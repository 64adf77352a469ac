"""Where a planted secret is looked for: rows, the desk's pages, and whatever else a test hands in."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.core.serializers import serialize
from django.test import Client
from django.urls import reverse

from products.storesync.models import SyncFailure, SyncRun

PLANTED_SECRET = "$2a$04$PlantedMarkerSecret00u"


def read_rows() -> str:
    """Every row of the rooms that the sync writes into."""
    rows = (
        serialize("json", model._default_manager.all())
        for label in ("storesync", "catalog", "upsert")
        for model in apps.get_app_config(label).get_models()
    )
    return "".join(rows)


def read_pages(client: Client) -> Iterator[str]:
    """The desk's pages of the sync, the newest run's and every failure's among them."""
    addresses = [reverse(f"admin:storesync_{model}_changelist") for model in ("syncrun", "syncfailure")]
    addresses.append(reverse("admin:storesync_syncrun_change", args=[SyncRun.objects.latest("pk").pk]))
    failures = SyncFailure.objects.values_list("pk", flat=True)
    addresses += [reverse("admin:storesync_syncfailure_change", args=[key]) for key in failures]
    for address in addresses:
        reply = client.get(address)
        assert reply.status_code == 200
        yield reply.content.decode()


def assert_nothing_shows(texts: Iterable[str], *secrets: str) -> None:
    """None of the texts, of which each must say something, holds the planted secret or one of the others."""
    for text in texts:
        assert text
        for secret in (PLANTED_SECRET, *secrets):
            assert secret not in text
            assert secret[7:] not in text
