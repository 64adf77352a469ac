"""Writes of variants: made, and opened or closed; what one says is never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from content.cro.models import TemplateVariant
from content.cro.variants import DEFAULT_KEY, VariantError


@dataclass(frozen=True, slots=True)
class SavedVariants:
    """What a save did."""

    changed: int = 0


@transaction.atomic
def create_variant(
    *,
    key: str,
    label: str,
    lede: str,
    cta_positions: Sequence[str],
    cta_text: str,
    table_form: str,
    trust: Sequence[str],
) -> TemplateVariant:
    """Keep a new variant. Raises ValidationError by field, in Korean, with nothing written."""
    row = TemplateVariant(
        key=key,
        label=label,
        lede=lede,
        cta_positions=list(cta_positions),
        cta_text=cta_text,
        table_form=table_form,
        trust=list(trust),
    )
    try:
        row.read()
    except VariantError as error:
        raise ValidationError({"table_form" if error.field == "table" else error.field: str(error)}) from error
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def update_variant(*, key: str, label: str, is_active: bool) -> SavedVariants:
    """Give a variant another name, or open or close it. Raises ValidationError."""
    if key == DEFAULT_KEY and not is_active:
        raise ValidationError({"is_active": "기본 변형은 끌 수 없습니다. 다른 변형이 없는 글이 이것을 씁니다."})
    if not label.strip():
        raise ValidationError({"label": "이름: 한 글자 이상 쓰세요."})
    rows = TemplateVariant.objects.filter(key=key).exclude(label=label, is_active=is_active)
    return SavedVariants(changed=rows.update(label=label, is_active=is_active))
