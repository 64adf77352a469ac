"""Database routers of the ground floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from django.db.models import Model

SILK_APP: Final = "silk"
SILK_ALIAS: Final = "silk"


class SilkRouter:
    """Keeps django-silk's tables in a database of their own, so that its writes touch no measured transaction."""

    def db_for_read(self, model: type[Model], **_hints: object) -> str | None:
        """The alias for silk's own models; no opinion on others."""
        return SILK_ALIAS if model._meta.app_label == SILK_APP else None

    db_for_write = db_for_read

    def allow_relation(self, first: Model, second: Model, **_hints: object) -> bool | None:
        """Silk's rows refer to each other only."""
        labels = {first._meta.app_label, second._meta.app_label}
        return labels == {SILK_APP} if SILK_APP in labels else None

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool | None:
        """Silk's tables in its own database only, and nothing else there."""
        if SILK_APP in (db, app_label):
            return db == SILK_ALIAS and app_label == SILK_APP
        return None
