"""Lists of the admin under names: filters, search and order kept by whoever looks at the same things every day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from perfhooks.desk import FastModelAdmin
from perfhooks.models import SavedView

if TYPE_CHECKING:
    from collections.abc import Iterable

M = TypeVar("M", bound=Model)

NAME_LENGTH = 60
QUERY_LENGTH = 1_000
VIEWS_LIMIT = 30
"""Of one person on one list: more than that no row above a list can show."""
PASSING = frozenset({"p", "e", "_popup", "_to_field"})
"""Parameters that say where somebody is, not what is looked for."""


class ViewError(ValueError):
    """A view that cannot be kept; the message names the field and the fix."""


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view above its list."""

    id: int
    name: str
    querystring: str
    is_own: bool
    is_shared: bool
    is_shown: bool


def normalize_query(querystring: str) -> str:
    """The lasting parameters in one order, so that equal views compare equal."""
    pairs = parse_qsl(querystring, keep_blank_values=True)
    return urlencode(sorted((name, value) for name, value in pairs if name not in PASSING))


@transaction.atomic
def save_view(*, user_id: int, path: str, name: str, querystring: str, is_shared: bool) -> bool:
    """Keep the view under this name, in place of an older one of the same person; returns whether it is new.

    Raises ViewError.
    """
    wanted, query = name.strip(), normalize_query(querystring)
    if not wanted or len(wanted) > NAME_LENGTH or not wanted.isprintable():
        raise ViewError(f"이름: 1자에서 {NAME_LENGTH}자 사이로 쓰세요.")
    if not query:
        raise ViewError("조건: 저장할 것이 없습니다. 필터나 검색, 정렬을 먼저 고르세요.")
    if len(query) > QUERY_LENGTH or "\x00" in querystring or "%00" in query:
        raise ViewError("조건: 저장할 수 없는 값입니다. 검색어나 필터를 줄이세요.")
    own = SavedView.objects.filter(user=user_id, path=path)
    if own.exclude(name=wanted).count() >= VIEWS_LIMIT:
        raise ViewError(f"이름: 보기는 {VIEWS_LIMIT}개까지 저장합니다. 쓰지 않는 것을 먼저 지우세요.")
    _view, is_new = SavedView.objects.update_or_create(
        user_id=user_id, path=path, name=wanted, defaults={"querystring": query, "is_shared": is_shared}
    )
    return is_new


def list_views(*, user_id: int, path: str, querystring: str) -> list[ViewLink]:
    """The person's own views of this list and those that others share, by name; one query."""
    now = normalize_query(querystring)
    kept: Iterable[SavedView] = SavedView.objects.filter(Q(user=user_id) | Q(is_shared=True), path=path)
    return [
        ViewLink(
            id=view.pk,
            name=view.name,
            querystring=view.querystring,
            is_own=view.user_id == user_id,
            is_shared=view.is_shared,
            is_shown=view.querystring == now,
        )
        for view in sorted(kept, key=lambda view: (view.user_id != user_id, view.name, view.pk))
    ]


class SavedViewsAdmin(FastModelAdmin[M]):
    """Base of a list above which saved views stand."""

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the two buttons before them."""
        wrap, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("views/save/", wrap(self.save_view_view), name=f"{name}_save_view"),
            path("views/<int:view_id>/drop/", wrap(self.drop_view_view), name=f"{name}_drop_view"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with its views."""
        user_id = cast("int", request.user.pk)
        name, query = f"admin:{self.opts.app_label}_{self.opts.model_name}", request.GET.urlencode()
        context = {
            "saved_views": list_views(user_id=user_id, path=self._list_path(), querystring=query),
            "save_view_url": reverse(f"{name}_save_view"),
            "drop_view_name": f"{name}_drop_view",
            "view_query": normalize_query(query),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @method_decorator(require_POST)
    def save_view_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the list as it is shown."""
        query = request.POST.get("querystring", "")
        name = request.POST.get("name", "")
        self._check(request)
        try:
            is_new = save_view(
                user_id=cast("int", request.user.pk),
                path=self._list_path(),
                name=name,
                querystring=query,
                is_shared="is_shared" in request.POST,
            )
        except ViewError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, f"보기 '{name.strip()}'을(를) {'저장' if is_new else '새 조건으로 고쳐 저장'}했습니다."
            )
        return HttpResponseRedirect(f"{self._list_path()}?{normalize_query(query)}")

    @method_decorator(require_POST)
    def drop_view_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        """Forget one's own view."""
        self._check(request)
        own = SavedView.objects.filter(pk=view_id, user=cast("int", request.user.pk), path=self._list_path())
        if own.delete()[0]:
            messages.success(request, "보기를 지웠습니다.")
        else:
            messages.error(request, "보기: 이미 지웠거나 다른 사람의 것입니다. 자기 것만 지울 수 있습니다.")
        return HttpResponseRedirect(self._list_path())

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _list_path(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
