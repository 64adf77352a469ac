"""Variants on the desk: made here, looked at in the preview of any post, never changed once they are named."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString

from content.cro.models import TemplateVariant
from content.cro.variants import POSITION_WORDS, TRUST_WORDS
from content.cro.variation import create_variant, update_variant
from perfhooks.desk import NOTHING, FastModelAdmin, ago, pill

CONTENT = ("key", "lede", "cta_positions", "cta_text", "table_form", "trust")


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new variant, or another name for one. What cannot be rendered is refused at its field."""

    cta_positions = forms.MultipleChoiceField(
        label="구매 링크 자리",
        choices=list(POSITION_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=["end"],
        error_messages={"required": "구매 링크 자리: 하나 이상 고르세요."},
    )
    trust = forms.MultipleChoiceField(
        label="신뢰 요소", choices=list(TRUST_WORDS.items()), widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = TemplateVariant
        fields = ("label", *CONTENT, "is_active")

    def clean(self) -> dict[str, Any]:
        """The values, if a variant can be made of them."""
        given = super().clean() or {}
        if not self.errors and self.instance.pk is None:
            try:
                make_row(given).read()
            except ValueError as error:
                raise ValidationError({_field_of(error): str(error)}) from error
        return given


@admin.register(TemplateVariant)
class TemplateVariantAdmin(FastModelAdmin[TemplateVariant]):
    """Every variant. A different one is a new one, so that results of experiments keep their meaning."""

    form = VariantForm
    list_display = ("label", "key", "lede", "positions", "table_form", "trusted", "state", "made")
    list_filter = ("is_active",)
    search_fields = ("key", "label")
    search_help_text = "키와 이름으로 찾습니다"
    ordering = ("key",)
    fields = ("label", "key", "lede", "cta_positions", "cta_text", "table_form", "trust", "is_active")
    empty_hint = "기본 변형은 목록이 비어도 쓸 수 있습니다. '템플릿 변형 추가'로 새로 만드세요."
    desk_note = "만든 변형의 내용은 바꾸지 않습니다. 다르게 하려면 새 변형을 만드세요. 모습은 글의 미리보기에서 봅니다."

    def get_readonly_fields(self, request: HttpRequest, obj: TemplateVariant | None = None) -> tuple[str, ...]:
        """Only name and state of what is there can be changed."""
        return () if obj is None else (*CONTENT, "positions", "trusted")

    def get_fields(self, request: HttpRequest, obj: TemplateVariant | None = None) -> Any:
        """Inputs for a new one, facts of one that is there."""
        if obj is None:
            return self.fields[:-1]
        return ("label", "is_active", "key", "lede", "positions", "cta_text", "table_form", "trusted")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: packages and experiments name it."""
        return False

    def save_model(self, request: HttpRequest, obj: TemplateVariant, form: Any, change: bool) -> None:
        """Save through the service."""
        if change:
            update_variant(key=obj.key, label=obj.label, is_active=obj.is_active)
            return
        given = {name: form.cleaned_data[name] for name in ("label", *CONTENT)}
        obj.pk = create_variant(**given).pk

    @admin.display(description="구매 링크 자리")
    def positions(self, row: TemplateVariant) -> str:
        """Where the links stand."""
        return ", ".join(POSITION_WORDS.get(position, position) for position in row.cta_positions)

    @admin.display(description="신뢰 요소")
    def trusted(self, row: TemplateVariant) -> str:
        """What a buyer is told."""
        return ", ".join(TRUST_WORDS.get(element, element) for element in row.trust) or NOTHING

    @admin.display(description="상태", ordering="is_active")
    def state(self, row: TemplateVariant) -> SafeString:
        """Whether it may be chosen."""
        return pill("쓰는 중", "ok") if row.is_active else pill("쓰지 않음", "grey")

    @admin.display(description="생성", ordering="created_at")
    def made(self, row: TemplateVariant) -> SafeString:
        """When it was made."""
        return ago(row.created_at)


def make_row(given: dict[str, Any]) -> TemplateVariant:
    """A row of the form's values, not saved."""
    return TemplateVariant(**{name: given[name] for name in ("label", *CONTENT)})


def _field_of(error: ValueError) -> str:
    field = getattr(error, "field", "")
    return "table_form" if field == "table" else field
