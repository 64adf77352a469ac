"""The product list's pages about files: uploading edits, and downloading what the list shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import structlog
from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from perfhooks.desk import FastModelAdmin
from perfhooks.exports import iter_csv, write_xlsx
from perfhooks.sheets import FILE_BYTES_LIMIT, ROWS_LIMIT, SheetError, read_sheet
from products.catalog.batches import draft_import
from products.catalog.models import ChangeBatch, Product
from products.catalog.priorities import REASON_LENGTH
from products.catalog.sheetexport import COLUMNS, XLSX_ROWS_LIMIT, iter_rows
from products.catalog.sheetimport import plan_import

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

ERRORS_KEPT = 1_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

log = structlog.get_logger()


class ImportForm(forms.Form):
    """A file, and why."""

    file = forms.FileField(label="파일", widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}))
    reason = forms.CharField(
        label="이유", required=False, max_length=REASON_LENGTH, widget=forms.TextInput(attrs={"size": 50})
    )

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_LIMIT:
            raise forms.ValidationError(f"파일이 {FILE_BYTES_LIMIT // 2**20}MB를 넘습니다. 나누어 올리세요.")
        return file


class SheetPages(FastModelAdmin[Product]):
    """The pages, for the product list's admin to inherit."""

    def get_urls(self) -> list[URLPattern]:
        """The two pages before the others."""
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="catalog_product_import"),
            path("export/", wrap(self.export_view), name="catalog_product_export"),
            *super().get_urls(),
        ]

    def may_export(self, request: HttpRequest) -> bool:
        """Whether this person may take the list away."""
        return request.user.has_perm("catalog.export_product")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a sheet; what it would do is drafted as a batch, whose page asks for the yes."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                batch = self._draft(request, form)
            except SheetError as error:
                form.add_error("file", str(error))
            else:
                return HttpResponseRedirect(reverse("admin:catalog_changebatch_change", args=[batch.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "파일 가져오기",
            "opts": self.opts,
            "form": form,
            "megabytes": FILE_BYTES_LIMIT // 2**20,
            "rows": f"{ROWS_LIMIT:,}",
        }
        return TemplateResponse(request, "admin/catalog/product/import.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is filtered and sorted, as CSV in a stream or as XLSX."""
        if not self.may_export(request):
            raise PermissionDenied
        asked = request.GET.copy()
        kind = asked.pop("format", ["csv"])[-1]
        request.GET = asked  # type: ignore[assignment]
        back = f"{reverse('admin:catalog_product_changelist')}?{asked.urlencode()}"
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:catalog_product_changelist") + "?e=1")
        products = shown.get_queryset(request)
        if kind == "xlsx" and products.order_by().count() > XLSX_ROWS_LIMIT:
            messages.error(request, f"엑셀 파일은 {XLSX_ROWS_LIMIT:,}줄까지입니다. 필터로 좁히거나 CSV로 내려받으세요.")
            return HttpResponseRedirect(back)
        log.info("products_exported", format=kind, user_id=request.user.pk, filters=asked.urlencode())
        name = f"products-{timezone.localtime():%Y%m%d-%H%M}"
        if kind == "xlsx":
            book = write_xlsx("상품", list(COLUMNS), iter_rows(products))
            return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
        response = StreamingHttpResponse(
            iter_csv(list(COLUMNS), iter_rows(products)), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def _draft(self, request: HttpRequest, form: ImportForm) -> ChangeBatch:
        file = form.cleaned_data["file"]
        plan = plan_import(read_sheet(file.read()))
        batch = draft_import(
            edits=plan.edits,
            errors=plan.errors[:ERRORS_KEPT],
            bad_rows=plan.bad_rows,
            actor_id=cast("int", request.user.pk),
            source=str(file.name),
            reason=form.cleaned_data["reason"],
        )
        if plan.ignored:
            messages.info(request, f"사용하지 않은 열: {', '.join(plan.ignored)}")
        return batch
