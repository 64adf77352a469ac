"""How the links stand on the desk: the newest figures, their course over time, and each measurement as a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils import timezone

from content.clusters.models import LinkHealth
from content.desk import format_number
from perfhooks.desk import NOTHING, ReadOnlyAdmin, ago, pill

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

RUNS_DRAWN = 60
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 200, 44, 12, 26


@dataclass(frozen=True, slots=True)
class HealthChart:
    """Two lines over the measurements, each as the points of an SVG polyline, with a dot and its words at each."""

    orphans: str
    coverage: str
    dots: tuple[tuple[float, float, str, str], ...]
    """(x, y, kind, words)"""
    values: tuple[tuple[float, str], ...]
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM


def draw_health(rows: Sequence[LinkHealth]) -> HealthChart | None:
    """The course of orphans and coverage, the oldest first; None for less than two measurements."""
    if len(rows) < 2:
        return None
    step = (WIDTH - LEFT - 12) / (len(rows) - 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return round(LEFT + at * step, 1), round(TOP + (1 - value) * (HEIGHT - TOP - BOTTOM), 1)

    lines: dict[str, list[str]] = {"orphan_share": [], "hub_coverage": []}
    dots = []
    for at, row in enumerate(rows):
        for name, label in (("orphan_share", "고아 글"), ("hub_coverage", "허브 연결")):
            value = getattr(row, name)
            if value is not None:
                x, y = place(at, value)
                lines[name].append(f"{x},{y}")
                when = timezone.localtime(row.measured_at)
                dots.append((x, y, name, f"{when:%m-%d %H:%M} {label} {value:.1%}"))
    marks = tuple((place(0, value)[1], f"{value:.0%}") for value in (0.0, 0.5, 1.0))
    first, last = (f"{timezone.localtime(row.measured_at):%m-%d %H:%M}" for row in (rows[0], rows[-1]))
    return HealthChart(
        " ".join(lines["orphan_share"]), " ".join(lines["hub_coverage"]), tuple(dots), marks, first, last
    )


@admin.register(LinkHealth)
class LinkHealthAdmin(ReadOnlyAdmin[LinkHealth]):
    """The measurements, the newest first, below their course."""

    list_display = ("measured", "linked", "orphan", "coverage", "entropy", "cross", "broken_pill", "sessions")
    list_filter = ()
    ordering = ("-measured_at", "-id")
    empty_hint = "링크 묶음을 넣거나 되돌릴 때마다, 그리고 파이프라인을 돌릴 때마다 한 줄씩 쌓입니다."
    change_list_template = "admin/clusters/linkhealth/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list with the newest figures and their course above it."""
        newest = list(LinkHealth.objects.order_by("-measured_at", "-id")[:RUNS_DRAWN])
        extra = {
            "newest": newest[0] if newest else None,
            "figures": list_figures(newest[0]) if newest else (),
            "chart": draw_health(newest[::-1]),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    @admin.display(description="잰 때", ordering="measured_at")
    def measured(self, row: LinkHealth) -> SafeString:
        """When."""
        return ago(row.measured_at)

    @admin.display(description="링크", ordering="links")
    def linked(self, row: LinkHealth) -> SafeString:
        """Links between published posts."""
        return format_number(row.links)

    @admin.display(description="고아 글", ordering="orphans")
    def orphan(self, row: LinkHealth) -> SafeString:
        """Posts that nobody links to."""
        return format_number(row.orphans)

    @admin.display(description="허브 연결", ordering="hub_coverage")
    def coverage(self, row: LinkHealth) -> str:
        """Spokes linked with their hub both ways."""
        return write_share(row.hub_coverage)

    @admin.display(description="앵커 엔트로피", ordering="anchor_entropy")
    def entropy(self, row: LinkHealth) -> str:
        """How different the words are that lead to one post."""
        return NOTHING if row.anchor_entropy is None else f"{row.anchor_entropy:.2f}비트"

    @admin.display(description="클러스터 밖", ordering="cross_share")
    def cross(self, row: LinkHealth) -> str:
        """Links that leave their cluster."""
        return write_share(row.cross_share)

    @admin.display(description="끊김 · 어김")
    def broken_pill(self, row: LinkHealth) -> SafeString:
        """What must be nought."""
        is_good = not (row.broken or row.violations)
        return pill(f"{row.broken} · {row.violations}", "ok" if is_good else "bad")

    @admin.display(description="세션당 글")
    def sessions(self, row: LinkHealth) -> SafeString | str:
        """Pages that a visit sees, once events tell it."""
        return pill("자료 없음", "grey") if row.pages_per_session is None else f"{row.pages_per_session:.2f}"


def list_figures(row: LinkHealth) -> list[tuple[str, str]]:
    """The figures of a measurement in words."""
    entropy = NOTHING if row.anchor_entropy is None else f"{row.anchor_entropy:.2f}비트"
    sessions = "자료 없음" if row.pages_per_session is None else f"{row.pages_per_session:.2f}"
    return [
        ("게시된 글", f"{row.posts:,}"),
        ("링크", f"{row.links:,}"),
        ("고아 글", f"{row.orphans:,} ({write_share(row.orphan_share)})"),
        ("허브와 양방향 연결", write_share(row.hub_coverage)),
        ("들어오는 링크 p10 · p50", f"{_write(row.inbound_p10)} · {_write(row.inbound_p50)}"),
        ("앵커 엔트로피", entropy),
        ("같은 앵커의 비율", write_share(row.same_anchor_share)),
        ("클러스터 밖 링크", write_share(row.cross_share)),
        ("끊긴 링크", f"{row.broken:,}"),
        ("낱말만 나가는 링크", f"{row.dormant:,}"),
        ("어긴 규칙", f"{row.violations:,}"),
        ("넣음 · 거부 · 충돌", f"{row.inserted:,} · {row.failed:,} · {row.conflicts:,}"),
        ("세션당 글", sessions),
    ]


def write_share(share: float | None) -> str:
    """A share in words; "–" of nothing."""
    return NOTHING if share is None else f"{share:.1%}"


def _write(value: float | None) -> str:
    return NOTHING if value is None else f"{value:g}"
