"""The one thing that an editor changes of a product, together with the version that the editor saw."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString, mark_safe

from products.catalog.models import Product
from products.catalog.priorities import PRIORITY_LIMIT

if TYPE_CHECKING:
    _ProductModelForm = forms.ModelForm[Product]
else:
    _ProductModelForm = forms.ModelForm


class VersionedField(BoundField):
    """An input that carries the row's version, as a hidden field, wherever it is shown."""

    def __str__(self) -> SafeString:
        return mark_safe(super().__str__() + str(self.form["version"]))  # noqa: S308 - both parts are Django's own widgets


class PriorityField(forms.IntegerField):
    """The input of a priority."""

    bound_field_class = VersionedField


class VersionField(forms.IntegerField):
    """The version that was shown. That it differs from the row's is a conflict, not an edit."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never by itself."""
        return False


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

    def validate_constraints(self) -> None:
        """The input's own limits say the same without a query for every row of the list."""


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
