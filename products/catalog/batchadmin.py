"""Batches on the desk: the draft that waits for a yes, what became of it, and the button that takes it back."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from perfhooks.changelist import FastChangeList
from perfhooks.desk import ReadOnlyAdmin, Tone, ago, pill
from perfhooks.handover import hand_over
from products.catalog.batches import BatchError, drop_draft
from products.catalog.batchpage import describe_batch, read_batch_page
from products.catalog.batchwork import JOBS, pick_up, start_apply, start_undo
from products.catalog.models import BatchState, ChangeBatch
from products.catalog.priorities import REASON_LENGTH
from products.catalog.productparts import format_count
from products.catalog.tasks import carry_out_batch

TONES: dict[str, Tone] = {
    BatchState.DRAFT: "warn",
    BatchState.APPLYING: "warn",
    BatchState.APPLIED: "ok",
    BatchState.UNDOING: "warn",
    BatchState.UNDONE: "grey",
}


class ReasonForm(forms.Form):
    """Why many products are changed."""

    reason = forms.CharField(label="이유", required=False, max_length=REASON_LENGTH)


def show_state(batch: ChangeBatch) -> SafeString:
    """Where the batch stands, as a pill."""
    return pill(batch.get_state_display(), TONES[batch.state])


class BatchList(FastChangeList):
    """The list, without what is wrong with the rows of files, which may be long."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[ChangeBatch]:
        """Return the batches of the list."""
        return super().get_queryset(request, exclude_parameters).defer("errors")


class ChangeBatchAdmin(ReadOnlyAdmin[ChangeBatch]):
    """All batches, the newest first."""

    list_display = ("what", "state_pill", "changed", "left", "actor", "reason", "made")
    list_display_links = ("what",)
    list_filter = ("state", "kind")
    list_select_related = ("actor",)
    search_fields = ("trace_id__exact", "reason")
    search_help_text = "추적 ID 전체, 또는 이유의 일부를 찾습니다."
    ordering = ("-id",)
    empty_hint = "상품 목록에서 상품을 고르고 동작을 실행하거나 파일을 가져오면 여기에 남습니다."
    change_form_template = "admin/catalog/changebatch/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """The pages, and their buttons before them."""
        wrap = self.admin_site.admin_view
        buttons = {
            "apply": self.apply_view,
            "cancel": self.cancel_view,
            "undo": self.undo_view,
            "pick_up": self.pick_up_view,
        }
        own = [
            path(f"<int:batch_id>/{name}/", wrap(view), name=f"catalog_changebatch_{name}")
            for name, view in buttons.items()
        ]
        return [*own, *super().get_urls()]

    def may_edit(self, request: HttpRequest) -> bool:
        """Whoever may change products may change many."""
        return request.user.has_perm("catalog.change_product")

    @method_decorator(require_POST)
    def apply_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Do what the draft says."""
        self._check(request)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"이유: {' '.join(map(str, form.errors['reason']))} 아무것도 바뀌지 않았습니다.")
            return self._show(batch_id)
        reason = form.cleaned_data["reason"]
        try:
            batch = start_apply(batch_id=batch_id, actor_id=_get_actor_id(request), reason=reason)
        except (BatchError, ChangeBatch.DoesNotExist) as error:
            return self._refuse(request, batch_id, error)
        if batch.state in JOBS:
            return self._hand_over(batch)
        messages.success(
            request, f"상품 {batch.counts['changed']:,}개를 바꿨습니다. 일괄 변경 번호는 {batch.pk}입니다."
        )
        if batch.counts["refused"]:
            messages.warning(request, f"{batch.counts['refused']:,}개는 그사이 다른 사람이 고쳐서 그대로 두었습니다.")
        return self._show(batch_id)

    @method_decorator(require_POST)
    def undo_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Take it back."""
        self._check(request)
        try:
            batch = start_undo(batch_id=batch_id, actor_id=_get_actor_id(request))
        except (BatchError, ChangeBatch.DoesNotExist) as error:
            return self._refuse(request, batch_id, error)
        if batch.state in JOBS:
            return self._hand_over(batch)
        messages.success(request, f"상품 {batch.counts['restored']:,}개를 되돌렸습니다.")
        if batch.counts["kept"]:
            kept = batch.counts["kept"]
            messages.warning(request, f"{kept:,}개는 이후 수정되어 그대로 두었습니다. 아래 표에 있습니다.")
        return self._show(batch_id)

    @method_decorator(require_POST)
    def pick_up_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Go on with a job that has died."""
        self._check(request)
        try:
            batch = pick_up(batch_id=batch_id)
        except (BatchError, ChangeBatch.DoesNotExist) as error:
            return self._refuse(request, batch_id, error)
        return self._hand_over(batch)

    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Forget the draft."""
        self._check(request)
        try:
            drop_draft(batch_id=batch_id, actor_id=None if request.user.is_superuser else _get_actor_id(request))
        except (BatchError, ChangeBatch.DoesNotExist) as error:
            return self._refuse(request, batch_id, error)
        messages.info(request, "취소했습니다. 아무것도 바뀌지 않았습니다.")
        return HttpResponseRedirect(reverse("admin:catalog_product_changelist"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the counts and the first items."""
        batch: ChangeBatch = kwargs["obj"]
        context |= {
            "title": describe_batch(batch),
            "page": read_batch_page(batch),
            "state": show_state(batch),
            "may_edit": self.may_edit(request),
            "is_own": batch.actor_id == request.user.pk,
            "may_cancel": request.user.is_superuser,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeBatch]:
        """With the people whose names the pages show."""
        return super().get_queryset(request).select_related("actor", "undone_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BatchList]:
        """The list that reads no more than it shows."""
        return BatchList

    def _check(self, request: HttpRequest) -> None:
        if not self.may_edit(request):
            raise PermissionDenied

    def _hand_over(self, batch: ChangeBatch) -> HttpResponse:
        """Have the job done once its beginning is sure, and show its progress."""
        transaction.on_commit(partial(hand_over, carry_out_batch, batch.pk))
        return self._show(batch.pk)

    def _show(self, batch_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:catalog_changebatch_change", args=[batch_id]))

    def _refuse(self, request: HttpRequest, batch_id: int, error: Exception) -> HttpResponse:
        """Say what cannot be done; Django's own page says that a batch is gone."""
        if isinstance(error, BatchError):
            messages.error(request, str(error))
        return self._show(batch_id)

    @admin.display(description="하는 일", ordering="kind")
    def what(self, batch: ChangeBatch) -> str:
        """What it does, after its id."""
        return f"#{batch.pk} {describe_batch(batch)}"

    @admin.display(description="상태", ordering="state")
    def state_pill(self, batch: ChangeBatch) -> SafeString:
        """Where it stands."""
        return show_state(batch)

    @admin.display(description="바뀐 상품")
    def changed(self, batch: ChangeBatch) -> SafeString:
        """How many products it changed."""
        return format_count(batch.counts.get("changed"))

    @admin.display(description="제외된 상품")
    def left(self, batch: ChangeBatch) -> SafeString:
        """How many products or rows of a file were left out."""
        return format_count(batch.counts.get("refused", 0) + batch.counts.get("bad_rows", 0))

    @admin.display(description="생성 시각", ordering="id")
    def made(self, batch: ChangeBatch) -> SafeString:
        """When it was drafted."""
        return ago(batch.created_at)


def _get_actor_id(request: HttpRequest) -> int:
    return cast("int", request.user.pk)
