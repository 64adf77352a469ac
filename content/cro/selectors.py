"""Reads of variants."""

from content.cro.variants import BUILT_IN, VARIANT_LABELS, Variant, VariantError


def list_variants() -> list[tuple[str, Variant]]:
    """(label, variant)."""
    return [(VARIANT_LABELS[variant.key], variant) for variant in BUILT_IN]


def get_variant(key: str) -> Variant:
    """The variant of this key. Raises VariantError."""
    for variant in BUILT_IN:
        if variant.key == key:
            return variant
    raise VariantError("variant", f"변형: '{key}'이(가) 없습니다. 변형 목록에서 고르세요.")
