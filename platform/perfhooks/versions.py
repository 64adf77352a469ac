"""Settings kept version by version: a saved one is never changed, an edit is the next version, and one is in force."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils import timezone


class Version(models.Model):
    """What every version says of itself. The concrete table sees to it that at most one is in force, by a constraint."""

    version = models.PositiveIntegerField("판", unique=True)
    note = models.CharField("바꾼 이유", max_length=300, blank=True)
    based_on = models.PositiveIntegerField("바탕이 된 판", null=True, blank=True)
    is_active = models.BooleanField("적용 중", default=False)
    created_by = models.CharField("만든 사람", max_length=150, blank=True)
    created_at = models.DateTimeField("만든 때")

    class Meta:
        abstract = True


V = TypeVar("V", bound=Version)


class VersionRefused(Exception):
    """A version that must not be saved. faults: (where, what to do)."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{place}: {text}" for place, text in faults))
        self.faults = tuple(faults)


class VersionConflict(Exception):
    """Somebody else has saved a version meanwhile; the message says who and what to do."""


@contextmanager
def refuse_conflicts(model: type[Version], *, based_on: int) -> Iterator[None]:
    """The transaction in which a version is added. Raises VersionConflict where two save in the same moment."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise VersionConflict(describe_conflict(model, based_on)) from error


def add_version(model: type[V], *, built_in: int, based_on: int, actor: str, note: str, values: dict[str, Any]) -> V:
    """Make these values the version in force and put the one before aside. Within `refuse_conflicts`.

    built_in: the number of what holds while nothing is saved. based_on: the version that the editor started from.
    Raises VersionConflict where that is not the one in force any more.
    """
    held = model._default_manager.select_for_update().filter(is_active=True).first()
    active = held.version if held else built_in
    newest = model._default_manager.aggregate(newest=Max("version"))["newest"] or 0
    # Before the first save there is no row to lock: who comes second then sees a newer version, or the unique key refuses it.
    if active != based_on or newest > active:
        raise VersionConflict(describe_conflict(model, based_on))
    model._default_manager.filter(is_active=True).update(is_active=False)
    return model._default_manager.create(
        version=active + 1,
        note=note,
        based_on=based_on,
        is_active=True,
        created_by=actor,
        created_at=timezone.now(),
        **values,
    )


def describe_conflict(model: type[Version], based_on: int) -> str:
    """Who has saved what meanwhile, and what to do."""
    active = model._default_manager.filter(is_active=True).first()
    if active is None:
        return f"{based_on}판은 이제 적용 중인 판이 아닙니다. 목록에서 적용 중인 판을 다시 여세요."
    who = active.created_by or "다른 사람"
    return (
        f"고치는 동안 {who}님이 {active.version}판을 저장했습니다(바탕은 {based_on}판이었습니다). "
        f"적은 것은 그대로 있습니다. {active.version}판과 견주어 보고, 그 위에 저장하려면 바탕을 바꾸세요."
    )
