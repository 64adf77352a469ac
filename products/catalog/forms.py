"""The one thing that an editor changes of a product, together with the version that the editor saw."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products.catalog.models import Product
from products.catalog.priorities import PRIORITY_LIMIT

if TYPE_CHECKING:
    _ProductModelForm = forms.ModelForm[Product]
    _ProductFormSet = forms.BaseModelFormSet[Product, forms.ModelForm[Product]]
else:
    _ProductModelForm = forms.ModelForm
    _ProductFormSet = forms.BaseModelFormSet


HIDDEN = '<input type="hidden" name="{}" value="{}" id="{}">'
INPUTS = f'<input type="number" name="{{}}" value="{{}}" required min="0" max="{{}}" id="{{}}" aria-label="{{}}">{HIDDEN}{HIDDEN}'


class VersionedField(BoundField):
    """An input that carries what was shown and the row's version, as hidden fields, wherever it is shown.

    Written in one go: three widgets rendered through their templates were 45 % of the processor time of a list page.
    """

    def __str__(self) -> SafeString:
        shown = self.form.data.get(self.html_initial_name, "") if self.form.is_bound else self.initial
        version = self.form["version"]
        return format_html(
            INPUTS,
            *(self.html_name, self.value(), PRIORITY_LIMIT, self.auto_id, self.field.widget.attrs["aria-label"]),
            *(self.html_initial_name, shown, self.html_initial_id),
            *(version.html_name, version.value(), version.auto_id),
        )


class PriorityField(forms.IntegerField):
    """The input of a priority."""

    bound_field_class = VersionedField


class VersionField(forms.IntegerField):
    """The version that was shown. That it differs from the row's is a conflict, not an edit."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never by itself."""
        return False


class HiddenField(BoundField):
    """A hidden input written in one go: 50 of them through their templates took 4 of a list page's 38 ms."""

    def __str__(self) -> SafeString:
        return format_html(HIDDEN, self.html_name, self.value(), self.auto_id)


class RowField(forms.IntegerField):
    """The key of a list's row."""

    widget = forms.HiddenInput
    bound_field_class = HiddenField


class PriorityForm(_ProductModelForm):
    """A product's priority. Changed means: changed by this editor, since both inputs remember what was shown."""

    priority = PriorityField(
        label="우선순위",
        min_value=0,
        max_value=PRIORITY_LIMIT,
        show_hidden_initial=True,
        help_text="클수록 먼저 보입니다. 스토어가 아니라 편집자가 정하는 값입니다.",
    )
    version = VersionField(min_value=0)

    class Meta:
        model = Product
        fields = ["priority"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start from the version of the row."""
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        self.fields["priority"].widget.attrs["aria-label"] = f"{self.instance.name} 우선순위"

    def _get_validation_exclusions(self) -> set[str]:
        # The input's own limits say what the constraints say, without a query for every row of the list.
        return {field.name for field in Product._meta.concrete_fields}


class PriorityFormSet(_ProductFormSet):
    """The rows of the list. A row is found among those already read, not by a query for each one."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the row by a plain number."""
        super().add_fields(form, index)
        form.fields["id"] = RowField(required=False, initial=form.instance.pk)


class ProductForm(PriorityForm):
    """The product's page: a conflict is said beside the input, which keeps what the editor typed."""

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite another's edit unseen; saving once more, having seen it, is allowed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = cleaned.get("version")
        if seen is not None and "priority" in self.changed_data and seen != self.instance.version:
            typed = self.data.get(self.add_prefix("priority"))
            self.data = {**dict(self.data.items()), self.add_prefix("version"): str(self.instance.version)}
            message = (
                f"그사이 다른 사람이 {self.initial['priority']}(으)로 바꿨습니다. 입력한 값 {typed}은(는) 아직 저장되지 않았습니다. "
                "그래도 바꾸려면 다시 저장하세요."
            )
            self.add_error("priority", message)
        return cleaned
