"""The desk's pages of settings that are kept version by version: the list, and the page where the next one is tried and saved."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from perfhooks.desk import AbstractAdmin, ReadOnlyAdmin, ago, link_to, pill
from perfhooks.versions import Version, VersionConflict, VersionRefused

if TYPE_CHECKING:
    from django import forms
    from django.utils.safestring import SafeString

V = TypeVar("V", bound=Version)


class NextForm(Protocol):
    """What is written for a next version. head: the form that holds `based_on`, `previewed` and `note`."""

    @property
    def head(self) -> forms.Form:
        """The form of what belongs to the version as a whole."""

    def is_valid(self) -> bool:
        """Whether it can be made a version."""

    def make_spec(self) -> Any:
        """The version that was written; of a valid form."""


class VersionAdmin(ReadOnlyAdmin[V], metaclass=AbstractAdmin):
    """The versions, the newest first, and behind each the page for the next one: nothing is saved that was not previewed."""

    ordering = ("-version",)
    next_template: str
    """Extends admin/version_next.html."""
    unseen_words: str
    """Said where what is to be saved is not what was previewed."""
    edit_words = "이 판을 바탕으로 새 판"
    based_on_field = "based_on"
    """Its name in what the page posts."""

    @abstractmethod
    def read_version(self, version: int) -> Any:
        """A version as its room takes it. Raises ObjectDoesNotExist."""

    @abstractmethod
    def open_form(self, held: Any, data: Any = None) -> NextForm:
        """The form as it starts from this version, or with what was posted."""

    @abstractmethod
    def fingerprint(self, draft: Any) -> str:
        """What tells whether a draft is the one that was previewed."""

    @abstractmethod
    def preview(self, draft: Any) -> Any:
        """What the draft would change; writes nothing. Raises VersionRefused."""

    @abstractmethod
    def save_next(self, draft: Any, *, based_on: int, actor: str, note: str) -> str:
        """Make the draft the version in force; returns what the editor is told. Raises VersionRefused, VersionConflict."""

    @abstractmethod
    def describe(self, form: Any, preview: Any) -> dict[str, Any]:
        """What the page shows besides; preview is None before there is one."""

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the one for the next version before them."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("<int:version>/next/", view, name=f"{self._place}_next"), *super().get_urls()]

    def may_write(self, request: HttpRequest) -> bool:
        """Whether this person may write the next version. Adding a bare row is nobody's."""
        return request.user.has_perm(f"{self.opts.app_label}.add_{self.opts.model_name}")

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns; the way to the next version only for who may write it."""
        return tuple(name for name in self.list_display if name != "edit" or self.may_write(request))

    def edit_view(self, request: HttpRequest, version: int) -> HttpResponse:
        """The next version, written on top of this one: first tried, then saved."""
        if not self.may_write(request):
            raise PermissionDenied
        try:
            held = self.read_version(version)
        except ObjectDoesNotExist as error:
            raise Http404(f"{version}판이 없습니다. 목록에서 다시 고르세요.") from error
        if request.method != "POST":
            return self._show(request, held, self.open_form(held))
        data = request.POST.copy()
        if str(data.get("rebase", "")).isdecimal():
            data[self.based_on_field] = str(data["rebase"])
        form = self.open_form(held, data)
        return self._try(request, held, form) if form.is_valid() else self._show(request, held, form)

    def _try(self, request: HttpRequest, held: Any, form: NextForm) -> HttpResponse:
        draft, head = form.make_spec(), form.head.cleaned_data
        seen, is_to_save = self.fingerprint(draft), "save" in request.POST
        try:
            if is_to_save and head["previewed"] == seen:
                actor = request.user.get_username()
                told = self.save_next(draft, based_on=head["based_on"], actor=actor, note=head["note"])
                messages.success(request, told)
                return HttpResponseRedirect(reverse(f"admin:{self._place}_changelist"))
            if is_to_save:
                messages.warning(request, self.unseen_words)
            return self._show(request, held, form, preview=self.preview(draft), seen=seen)
        except VersionRefused as refusal:
            return self._show(request, held, form, faults=refusal.faults)
        except VersionConflict as conflict:
            return self._show(request, held, form, conflict=str(conflict))

    def _show(self, request: HttpRequest, held: Any, form: NextForm, **more: Any) -> HttpResponse:
        active = self.model._default_manager.filter(is_active=True).values_list("version", flat=True).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_address": reverse(f"admin:{self._place}_changelist"),
            "title": f"{held.version}판을 바탕으로 새 판",
            "form": form,
            "held": held,
            "active": active,
            "has_errors": form.head.is_bound and not form.is_valid(),
            "faults": more.get("faults", ()),
            "conflict": more.get("conflict", ""),
            "seen": more.get("seen", ""),
            "preview": more.get("preview"),
            **self.describe(form, more.get("preview")),
        }
        return TemplateResponse(request, self.next_template, context, status=409 if more.get("conflict") else 200)

    @property
    def _place(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    @admin.display(description="판", ordering="version")
    def version_name(self, row: V) -> str:
        """Its number, and its name where it has one."""
        return str(row)

    @admin.display(description="상태", ordering="is_active")
    def state(self, row: V) -> SafeString:
        """Whether it is in force."""
        return pill("적용 중", "ok") if row.is_active else pill("지난 판", "grey")

    @admin.display(description="만든 때", ordering="created_at")
    def created(self, row: V) -> SafeString:
        """When it was made."""
        return ago(row.created_at)

    @admin.display(description="고치기")
    def edit(self, row: V) -> SafeString:
        """The way to the next version."""
        return link_to(reverse(f"admin:{self._place}_next", args=[row.version]), self.edit_words)
