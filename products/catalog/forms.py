"""What an editor changes of a product, together with the version that the editor saw."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.models import construct_instance
from django.forms.utils import ErrorList
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from products.catalog.models import Product
from products.catalog.priorities import PRIORITY_LIMIT, REASON_LENGTH, describe_values

if TYPE_CHECKING:
    _ProductModelForm = forms.ModelForm[Product]
    _ProductFormSet = forms.BaseModelFormSet[Product, forms.ModelForm[Product]]
else:
    _ProductModelForm = forms.ModelForm
    _ProductFormSet = forms.BaseModelFormSet


CHECKED, NOTHING_WRONG = mark_safe(" checked"), mark_safe("")
HIDDEN = '<input type="hidden" name="{}" value="{}" id="{}">'
NUMBER = '<input type="number" name="{}" value="{}" required min="0" max="{}" id="{}" aria-label="{} 우선순위">'
CHECK = '<label class="hold"><input type="checkbox" name="{}" id="{}" aria-label="{} 보류"{}> 보류</label>'
INPUTS = f'<span class="edits">{NUMBER}{HIDDEN}{HIDDEN}{CHECK}{HIDDEN}</span>'


class EditedField(BoundField):
    """Priority and hold side by side; each carries what was shown, and both the row's version, as hidden fields.

    Written in one go: three widgets rendered through their templates were 45 % of the processor time of a list page.
    """

    form: "EditForm"

    def __str__(self) -> SafeString:
        version, hold = self.form["version"], self.form["hold"]
        name = self.form.instance.name
        return format_html(
            INPUTS,
            *(self.html_name, self.value(), PRIORITY_LIMIT, self.auto_id, name),
            *(self.html_initial_name, self._read_shown(self), self.html_initial_id),
            *(version.html_name, version.value(), version.auto_id),
            *(hold.html_name, hold.auto_id, name, CHECKED if hold.value() else ""),
            *(hold.html_initial_name, self._read_shown(hold), hold.html_initial_id),
        )

    def _read_shown(self, field: BoundField) -> Any:
        """What the editor was shown at first, also after a refusal."""
        return self.form.data.get(field.html_initial_name, "") if self.form.is_bound else field.initial


class PriorityField(forms.IntegerField):
    """The input of a priority."""

    bound_field_class = EditedField


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


class EditForm(_ProductModelForm):
    """A product's priority and hold. Changed means: changed by this editor, since the inputs remember what was shown."""

    priority = PriorityField(
        label="우선순위",
        min_value=0,
        max_value=PRIORITY_LIMIT,
        show_hidden_initial=True,
        help_text="클수록 먼저 보입니다. 보류한 상품은 글에 새로 고르지 않습니다. 둘 다 편집자가 정합니다.",
    )
    hold = forms.BooleanField(label="보류", required=False, show_hidden_initial=True)
    version = VersionField(min_value=0)

    class Meta:
        model = Product
        fields = ["priority"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start from the version of the row."""
        super().__init__(*args, **kwargs)
        self.initial.update(version=self.instance.version, hold=self.instance.hold)

    def _post_clean(self) -> None:
        # The inputs' own limits say what the constraints say: to ask those of 50 rows took a third of a save.
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


class RowErrors(ErrorList):
    """What is wrong with a row: where nothing is, nothing is rendered."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """As always, but for the empty list."""
        return super().render(*args, **kwargs) if self else NOTHING_WRONG

    __str__ = render
    __html__ = render


class EditFormSet(_ProductFormSet):
    """The rows of the list. A row is found among those already read, not by a query for each one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As always, with errors that cost nothing where there are none."""
        super().__init__(*args, **{"error_class": RowErrors, **kwargs})

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the row by a plain number, instead of a choice among all products that is made anew for each row."""
        super(forms.BaseModelFormSet, self).add_fields(form, index)
        form.fields["id"] = RowField(required=False, initial=form.instance.pk)
        form.empty_permitted = True  # a row that was sent as it had been shown has nothing to check


class ProductForm(EditForm):
    """The product's page: a conflict is said beside the input, which keeps what the editor typed."""

    reason = forms.CharField(
        label="이유",
        required=False,
        max_length=REASON_LENGTH,
        help_text="왜 바꾸는지. 변경 이력에 남습니다.",
        widget=forms.TextInput(attrs={"size": 50}),
    )

    @property
    def is_edited(self) -> bool:
        """Whether a value is another; a reason alone changes nothing."""
        return bool({"priority", "hold"}.intersection(self.changed_data))

    def clean(self) -> dict[str, Any]:
        """Refuse to overwrite another's edit unseen; saving once more, having seen it, is allowed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen = cleaned.get("version")
        if seen is not None and self.is_edited and seen != self.instance.version:
            typed = describe_values(self.data.get(self.add_prefix("priority"), ""), cleaned["hold"])
            now = describe_values(self.initial["priority"], self.initial["hold"])
            self.data = {**dict(self.data.items()), self.add_prefix("version"): str(self.instance.version)}
            message = (
                f"그사이 다른 사람이 {now}(으)로 바꿨습니다. 입력한 값 {typed}은(는) 아직 저장되지 않았습니다. "
                "그래도 바꾸려면 다시 저장하세요."
            )
            self.add_error("priority", message)
        return cleaned
