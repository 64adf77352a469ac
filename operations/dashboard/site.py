"""The admin's site: the dashboard as first page and the sidebar in the desk's order, under Korean names."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from operations.dashboard.selectors import read_desk

GROUPS: dict[str, tuple[str, ...]] = {
    "상품": ("catalog", "storesync", "upsert"),
    "콘텐츠": ("posts", "matching", "comparison", "disclosure", "cro", "packages", "refresh", "clusters"),
    "운영": ("gates", "perfhooks", "pipeline", "roles", "apitokens"),
}
"""The sidebar's groups in their order, each with the app labels that it shows, in their order too."""
OTHER_GROUP = "기타"


class DeskSite(admin.AdminSite):
    """Django's admin as an editor's desk. Tables that nobody edits or reads stay unregistered."""

    site_title = "장부"
    site_header = "장부"
    index_title = "오늘"
    index_template = "dashboard/index.html"
    site_url = None

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The groups that this person may see, in the desk's order; with `app_label` only the group that holds it.

        An app that no group names stands under 기타 at the end, so that no registered table can get lost.
        """
        rooms = self._build_app_dict(request)
        named = {label for labels in GROUPS.values() for label in labels}
        groups = {**GROUPS, OTHER_GROUP: tuple(label for label in rooms if label not in named)}
        return [
            _make_group(name, [rooms[label] for label in labels if label in rooms])
            for name, labels in groups.items()
            if any(label in rooms for label in labels) and (app_label is None or app_label in labels)
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard: what needs a person now, and how the newest run did."""
        desk = read_desk(may=request.user.has_perm)
        return super().index(request, {"desk": desk, **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """A group's own page, under the group's name."""
        groups = self.get_app_list(request, app_label)
        title = groups[0]["name"] if groups else ""
        return super().app_index(request, app_label, {"title": title, **(extra_context or {})})


def _make_group(name: str, rooms: list[dict[str, Any]]) -> dict[str, Any]:
    label = rooms[0]["app_label"]
    return {
        "name": name,
        "app_label": label,
        "app_url": reverse("admin:app_list", args=[label]),
        "has_module_perms": True,
        "models": [model for room in rooms for model in room["models"]],
    }
