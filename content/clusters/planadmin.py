"""Lists of what the house plans: a button above them plans anew, for who may."""

from abc import abstractmethod
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from perfhooks.desk import AbstractAdmin, ReadOnlyAdmin
from perfhooks.locks import LockHeld

M = TypeVar("M", bound=Model)


class PlanningAdmin(ReadOnlyAdmin[M], metaclass=AbstractAdmin):
    """A list with its button; whoever may add rows of the table may plan them."""

    @abstractmethod
    def plan(self, request: HttpRequest) -> str:
        """Plan, and say how it went; returns the address of what to look at next, "" for the list. Raises LockHeld."""

    def get_urls(self) -> list[URLPattern]:
        """The pages, and before them the door of the button."""
        view = self.admin_site.admin_view(self.plan_view)
        return [path("plan/", view, name=f"{self._place}_plan"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list with the button, for who may."""
        return super().changelist_view(request, {"may_plan": self._may_plan(request), **(extra_context or {})})

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """Plan anew; nothing but a press of the button does."""
        if not self._may_plan(request):
            raise PermissionDenied
        where = ""
        if request.method == "POST":
            try:
                where = self.plan(request)
            except LockHeld as held:
                messages.error(request, str(held))
        return HttpResponseRedirect(where or reverse(f"admin:{self._place}_changelist"))

    def _may_plan(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}")

    @property
    def _place(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"
