"""What the first page shows, read through the rooms' own selectors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from content.packages.selectors import list_newest
from content.refresh.selectors import list_next
from content.refresh.wording import tell_cause
from operations.dashboard.panels import Panel, list_panels
from operations.dashboard.week import Week, read_week
from perfhooks.desk import ago

QUEUE_SHOWN = 10
PACKAGES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a short list: what, where it leads, a remark, and when."""

    text: str
    address: str
    remark: str
    when: SafeString


@dataclass(frozen=True, slots=True)
class Queue:
    """The posts whose turn comes next, and how many wait in all."""

    lines: list[Line]
    depth: int


@dataclass(frozen=True, slots=True)
class Desk:
    """The first page. A part that the reader may not see is None; one that is empty is there, and empty."""

    panels: list[Panel]
    queue: Queue | None
    packages: list[Line] | None
    week: Week | None
    may_see_week: bool


def read_desk(*, may: Callable[[str], bool]) -> Desk:
    """Read the page for somebody with these permissions, in five queries at most. may: permission name -> held."""
    may_see_week = may("perfhooks.view_perfrun")
    return Desk(
        panels=list_panels(may),
        queue=read_queue() if may("refresh.view_refreshentry") else None,
        packages=list_packages() if may("packages.view_package") else None,
        week=read_week() if may_see_week else None,
        may_see_week=may_see_week,
    )


def read_queue() -> Queue:
    """The refresh queue: its head and its depth, in one query."""
    entries: list[Any] = list(list_next(QUEUE_SHOWN))
    lines = [
        Line(
            text=entry.post.title,
            address=reverse("admin:posts_post_change", args=[entry.post_id]),
            remark=tell_cause(entry),
            when=ago(entry.enqueued_at),
        )
        for entry in entries
    ]
    return Queue(lines, entries[0].depth if entries else 0)


def list_packages() -> list[Line]:
    """The packages that were built last."""
    return [
        Line(
            text=package.post.title,
            address=reverse("admin:packages_package_change", args=[package.pk]),
            remark="",
            when=ago(package.built_at),
        )
        for package in list_newest(PACKAGES_SHOWN)
    ]
