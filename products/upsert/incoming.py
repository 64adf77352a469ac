"""Product rows that a caller of the API brings: what they must be like, and the catalogue's row of each."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from products.catalog.models import PRICE_LIMIT_WON, STOCK_LIMIT, ProductStatus
from products.catalog.parsing import show_name
from products.upsert.rows import CategoryRef, ProductRow, make_row

LARGEST_NUMBER = 2**63 - 1
LARGEST_EXACT = 2**53
"""Beyond it JSON's readers in other languages no longer tell whole numbers apart."""
CHANNELS_MOST = 20
ENTRIES_MOST = 50
ENTRY_LENGTH = 500
DESCRIPTION_LENGTH = 2_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD_MOST = timedelta(days=1)
STATUSES = [choice for choice in ProductStatus.choices if choice[0] != ProductStatus.DELETE]


class RefusingSerializer(serializers.Serializer[dict[str, Any]]):
    """Refuses every field that it does not know by name, rather than drop it silently."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values."""
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            message = "모르는 필드입니다. 이름을 고치거나 빼고 보내세요."
            raise ValidationError(dict.fromkeys(sorted(map(show_name, unknown)), message))
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": -LARGEST_EXACT, "maximum": LARGEST_EXACT},
            {"type": "string", "maxLength": ENTRY_LENGTH},
            {"type": "boolean"},
        ]
    }
)
class BenefitField(serializers.Field[Any, Any, Any, Any]):
    """A benefit's value: a number, a short text or true or false."""

    def to_internal_value(self, data: Any) -> Any:
        """The value as it came."""
        if isinstance(data, str) and len(data) <= ENTRY_LENGTH:
            return data
        if isinstance(data, int | float) and abs(data) <= LARGEST_EXACT:
            return data
        raise ValidationError(f"수(±{LARGEST_EXACT:,}까지), {ENTRY_LENGTH}자까지의 글, true나 false를 넣으세요.")

    def to_representation(self, value: Any) -> Any:
        """The value as it is."""
        return value


def _check_entries(entries: Mapping[str, Any]) -> None:
    long = [name for name in entries if len(name) > ENTRY_LENGTH]
    if len(entries) > ENTRIES_MOST or long:
        raise ValidationError(f"이름은 {ENTRY_LENGTH}자, 항목은 {ENTRIES_MOST}개까지 넣을 수 있습니다.")


def _text(most: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, allow_blank=True, default="", **options)


def _number(most: int, least: int = 1, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=most, **options)


def _moment(**options: Any) -> serializers.DateTimeField:
    return serializers.DateTimeField(validators=[MinValueValidator(EARLIEST)], **options)


class IncomingSerializer(RefusingSerializer):
    """One product. The fields have the names under which the API shows them."""

    origin_product_no = _number(LARGEST_NUMBER, help_text="스토어의 원상품 번호")
    channel_product_nos = serializers.ListField(child=_number(LARGEST_NUMBER), max_length=CHANNELS_MOST, default=list)
    seller_code = _text(40, help_text="판매자 상품 코드. 스토어 안에서 하나뿐이면 SKU가 됩니다")
    barcode = _text(40)
    name = serializers.CharField(min_length=1, max_length=300)
    brand = _text(120)
    manufacturer = _text(120)
    model_name = _text(120)
    category_number = serializers.CharField(min_length=1, max_length=20, help_text="스토어의 카테고리 번호")
    category_name = _text(120, help_text="비우면 원장에 있는 이름을 그대로 둡니다")
    category_path = _text(400, help_text="맨 위부터 >로 이은 이름")
    status = serializers.ChoiceField(choices=STATUSES)
    price = _number(PRICE_LIMIT_WON, help_text="판매가, 원")
    discounted_price = _number(PRICE_LIMIT_WON, required=False, help_text="할인가, 원. 없으면 판매가")
    discount_starts_at = _moment(allow_null=True, default=None)
    discount_ends_at = _moment(allow_null=True, default=None)
    benefits = serializers.DictField(child=BenefitField(), default=dict, validators=[_check_entries])
    stock = _number(STOCK_LIMIT, 0)
    image_url = serializers.URLField(max_length=500, allow_blank=True, default="")
    description = _text(DESCRIPTION_LENGTH)
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=ENTRY_LENGTH, allow_blank=True),
        default=dict,
        validators=[_check_entries],
    )
    source_modified_at = _moment(help_text="스토어에서 고친 시각. 원장의 것보다 이르면 그 행은 쓰지 않습니다")

    def validate_source_modified_at(self, moment: datetime) -> datetime:
        """Refuse a moment to come: no later change of the store could pass it."""
        if moment > timezone.now() + AHEAD_MOST:
            raise ValidationError("아직 오지 않은 시각입니다. 스토어에서 고친 시각을 넣으세요.")
        return moment

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a discount that raises the price, or that ends before it starts."""
        price, reduced = attrs["price"], attrs.setdefault("discounted_price", attrs["price"])
        if reduced > price:
            raise ValidationError({"discounted_price": f"판매가({price:,}원)보다 큽니다. 판매가 이하로 고치세요."})
        starts, ends = attrs["discount_starts_at"], attrs["discount_ends_at"]
        if starts and ends and starts > ends:
            raise ValidationError({"discount_ends_at": "할인 시작보다 이릅니다. 두 시각을 고치세요."})
        return attrs


class BulkSerializer(RefusingSerializer):
    """The products of one store."""

    store = serializers.CharField(min_length=1, max_length=40, help_text="원장에 있는 스토어의 코드(store_code)")
    rows = serializers.ListField(child=IncomingSerializer(), min_length=1, max_length=settings.API_BULK_ROWS_LIMIT)

    def validate_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a product that comes twice."""
        first: dict[int, int] = {}
        errors: list[dict[str, str]] = []
        for at, row in enumerate(rows):
            earlier = first.setdefault(row["origin_product_no"], at)
            message = f"rows.{earlier}와 같은 번호입니다. 상품마다 한 행만 보내세요."
            errors.append({} if earlier == at else {"origin_product_no": message})
        if any(errors):
            raise ValidationError(errors)
        return rows


def read_row(values: Mapping[str, Any]) -> ProductRow:
    """The catalogue's row of the serializer's values, as yet without its SKU.

    It has no fingerprint of a list entry, so that the next sync of the store reads the product's detail.
    """
    own = {name: value for name, value in values.items() if not name.startswith("category_")}
    number = values["category_number"]
    category = CategoryRef(number, values["category_name"] or number, values["category_path"] or number)
    return make_row(**own, category=category, sku="", summary_hash="")
