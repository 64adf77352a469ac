"""Reads of variants: the rows of the table, and the built-in ones where the table lacks them."""

from dataclasses import dataclass

from content.cro.models import TemplateVariant
from content.cro.variants import BUILT_IN, DEFAULT, VARIANT_LABELS, Variant, VariantError


@dataclass(frozen=True, slots=True)
class NamedVariant:
    """A variant and its name on the desk."""

    label: str
    variant: Variant


def list_variants() -> list[NamedVariant]:
    """The variants that may be chosen, the built-in ones first, then by key; in one query."""
    rows = {row.key: row for row in TemplateVariant.objects.order_by("key")}
    built_in = [NamedVariant(VARIANT_LABELS[variant.key], variant) for variant in BUILT_IN if _is_open(rows, variant)]
    known = {variant.key for variant in BUILT_IN}
    own = [NamedVariant(row.label, row.read()) for row in rows.values() if row.key not in known and row.is_active]
    return [*built_in, *own]


def get_variant(key: str) -> Variant:
    """The variant of this key, also one that may not be chosen any more. Raises VariantError."""
    built_in = next((variant for variant in BUILT_IN if variant.key == key), None)
    if built_in is not None:
        return built_in
    row = TemplateVariant.objects.filter(key=key).first()
    if row is None:
        raise VariantError("variant", f"변형: '{key[:40]}'이(가) 없습니다. 변형 목록에서 고르세요.")
    return row.read()


def _is_open(rows: dict[str, TemplateVariant], variant: Variant) -> bool:
    """The default always is: what has no variant is made by it."""
    return variant == DEFAULT or variant.key not in rows or rows[variant.key].is_active
