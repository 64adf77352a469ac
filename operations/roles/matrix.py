"""The table of the desk's pages and what each role may do there, asked of the pages themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest

from operations.dashboard.site import GROUPS, OTHER_GROUP, Place, find_place
from operations.roles.selectors import HousePermission, list_house_permissions, permissions_of
from operations.roles.table import ACTION_WORDS, DEEDS, ROLES, RoleRow

DENIED = ""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who is nothing but these permissions."""

    permissions: frozenset[str]
    pk: int | None = None
    is_active: bool = True
    is_staff: bool = True
    is_superuser: bool = False

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Whether the permission is among them."""
        return permission in self.permissions

    def has_module_perms(self, label: str) -> bool:
        """Whether any of them is of this app."""
        return any(permission.startswith(f"{label}.") for permission in self.permissions)


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page: its name, and in words what each role may do there, in the table's order; empty: not even see it."""

    page: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class PageGroup:
    """The pages of one group of the sidebar."""

    name: str
    rows: list[PageRow] = field(default_factory=list)


def read_matrix(site: AdminSite) -> list[PageGroup]:
    """Every page of the desk in the sidebar's order, with a cell for each role; one query."""
    permissions = list_house_permissions()
    bearers = [(row, make_request(permissions_of(row, permissions))) for row in ROLES.values()]
    groups = {name: PageGroup(name) for name in (*GROUPS, OTHER_GROUP)}
    for name, page in _in_desk_order(site):
        cells = [describe_rights(page, row, request) for row, request in bearers]
        groups[name].rows.append(PageRow(str(page.opts.verbose_name_plural), cells))
    return [group for group in groups.values() if group.rows]


def make_request(permissions: Iterable[HousePermission]) -> HttpRequest:
    """A request of somebody with just these permissions."""
    request = HttpRequest()
    request.user = Bearer(frozenset(each.key for each in permissions))  # type: ignore[assignment]
    return request


def describe_rights(page: ModelAdmin[Any], row: RoleRow, request: HttpRequest) -> str:
    """보기 · 고치기 · 게시: what the page itself allows, and the deeds that it offers besides its form."""
    allowed = page.get_model_perms(request)
    words = [ACTION_WORDS[action] for action in ("view", "add", "change", "delete") if allowed[action]]
    place, model = page.opts.app_config.name, page.opts.model_name
    for deed, word in DEEDS.items():
        *_, action = deed.split(".")
        if deed == f"{place}.{model}.{action}" and row.may(place=place, model=str(model), action=action):
            words.append(word)
    return " · ".join(words) or DENIED


def _in_desk_order(site: AdminSite) -> Iterator[tuple[str, ModelAdmin[Any]]]:
    """Each page with its group, as the sidebar has them."""

    def place(page: ModelAdmin[Any]) -> Place:
        return find_place(page.opts.app_label, str(page.opts.model_name))

    for page in sorted(site._registry.values(), key=lambda page: place(page).rank):
        yield place(page).group, page
