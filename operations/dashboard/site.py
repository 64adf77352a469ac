"""The admin's site: the dashboard as first page and the sidebar in the desk's order, under Korean names."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language

from operations.dashboard.selectors import read_desk

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "상품": {"": ("catalog", "storesync", "upsert")},
    "콘텐츠": {
        "글과 고지": ("posts.post", "posts", "disclosure.priceliteral", "disclosure"),
        "상품 매칭": ("matching.matchdecision", "matching.pin", "matching.ruleset", "matching"),
        "템플릿과 비교표": ("comparison", "cro"),
        "패키지와 이미지": ("packages.package", "packages.uniquepack", "packages"),
        "클러스터와 링크": (
            "clusters.cluster",
            "clusters.linkbatch",
            "clusters.plannedlink",
            "clusters.linkhealth",
            "clusters",
        ),
        "글 갱신": (
            "refresh.refreshentry",
            "refresh.postscore",
            "refresh.refreshtrial",
            "refresh.scoresettings",
            "refresh",
        ),
    },
    "운영": {"": ("gates", "perfhooks", "pipeline", "roles", "apitokens")},
}
"""The sidebar's groups with their sections, in their order: pages by name, or an app for its pages that are not named yet.

A section without a name is a group that needs none.
"""
OTHER_GROUP = "기타"
RIGHTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands in the sidebar. section: "" in a group without sections."""

    rank: int
    group: str
    section: str


PLACES = {
    name: Place(rank, group, section)
    for rank, (group, section, name) in enumerate(
        (group, section, name)
        for group, sections in GROUPS.items()
        for section, names in sections.items()
        for name in names
    )
}
NOWHERE = Place(len(PLACES), OTHER_GROUP, "")


def find_place(app_label: str, model_name: str) -> Place:
    """The place of a model's page; one that nobody named stands under 기타 at the end, so that none can get lost."""
    return PLACES.get(f"{app_label}.{model_name}".lower()) or PLACES.get(app_label) or NOWHERE


class DeskSite(admin.AdminSite):
    """Django's admin as an editor's desk. Tables that nobody edits or reads stay unregistered."""

    site_title = "장부"
    site_header = "장부"
    index_title = "오늘"
    index_template = "dashboard/index.html"
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        """Begin with nothing kept."""
        super().__init__(name)
        self._pages: dict[Hashable, list[tuple[Place, dict[str, Any]]]] = {}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The groups that this person may see, in the desk's order; with `app_label` only the group that holds it."""
        groups: dict[str, list[tuple[Place, dict[str, Any]]]] = {}
        for place, model in self._list_pages(request):
            groups.setdefault(place.group, []).append((place, model))
        return [
            _make_group(name, found, request.path)
            for name, found in groups.items()
            if app_label is None or any(model["app_label"] == app_label for _place, model in found)
        ]

    def _list_pages(self, request: HttpRequest) -> list[tuple[Place, dict[str, Any]]]:
        """The pages that this person may see, in the desk's order.

        Every page shows them, and they depend on nothing but rights: kept by these, they cost a list no fifteenth of its
        time.
        """
        user: Any = request.user
        rights = frozenset() if user.is_superuser else frozenset(user.get_all_permissions())
        key = (user.is_active, user.is_superuser, rights, get_language(), len(self._registry))
        if key not in self._pages:
            pages = [
                (find_place(label, model["object_name"]), {**model, "app_label": label})
                for label, room in self._build_app_dict(request).items()
                for model in room["models"]
            ]
            if len(self._pages) >= RIGHTS_KEPT:
                self._pages.clear()
            self._pages[key] = sorted(pages, key=lambda page: page[0].rank)
        return self._pages[key]

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


def _make_group(name: str, pages: list[tuple[Place, dict[str, Any]]], path: str) -> dict[str, Any]:
    label = pages[0][1]["app_label"]
    sections: dict[str, list[dict[str, Any]]] = {}
    for place, model in pages:
        sections.setdefault(place.section, []).append(model)
    return {
        "name": name,
        "app_label": label,
        "app_url": reverse("admin:app_list", args=[label]),
        "has_module_perms": True,
        "models": [model for _place, model in pages],
        "sections": [
            {"name": section, "models": models, "is_current": any(_is_under(model, path) for model in models)}
            for section, models in sections.items()
        ],
    }


def _is_under(model: dict[str, Any], path: str) -> bool:
    return bool(model["admin_url"]) and path.startswith(model["admin_url"])
