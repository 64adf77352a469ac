"""The catalogue for machines, under /api/v1/products/: the list in the order of change, one product, its priority."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response

from perfhooks.usage import record_cursor_list
from products.catalog.filters import ProductFilterSet
from products.catalog.models import Product, ProductStatus
from products.catalog.pages import ChangeCursor
from products.catalog.priorities import PRIORITY_LIMIT, record_priority_change
from products.catalog.problems import PROBLEM_TYPE, Conflict, ConflictSerializer, ProblemSerializer
from products.catalog.selectors import with_price_check
from products.catalog.services import PriorityConflict, set_priority


class ProductRowSerializer(serializers.Serializer[dict[str, Any]]):
    """A product in the list. Its fields are also the columns that the list reads."""

    id = serializers.IntegerField()
    store_code = serializers.CharField()
    origin_product_no = serializers.IntegerField(help_text="스토어의 원상품 번호")
    sku = serializers.CharField()
    seller_code = serializers.CharField()
    name = serializers.CharField()
    brand = serializers.CharField()
    category_number = serializers.CharField(help_text="스토어의 카테고리 번호")
    category_name = serializers.CharField()
    category_path = serializers.CharField()
    status = serializers.ChoiceField(choices=ProductStatus.choices)
    price = serializers.IntegerField(help_text="판매가, 원")
    discounted_price = serializers.IntegerField(help_text="할인가, 원")
    stock = serializers.IntegerField()
    image_url = serializers.CharField()
    revision = serializers.IntegerField(help_text="이 상품이 마지막으로 바뀐 카탈로그 리비전")
    priority = serializers.IntegerField()
    version = serializers.IntegerField(help_text="우선순위를 고칠 때 함께 보내는 편집 버전")
    price_checked_at = serializers.DateTimeField(allow_null=True, help_text="가격을 마지막으로 확인한 시각")
    source_modified_at = serializers.DateTimeField(help_text="스토어에서 고친 시각")
    updated_at = serializers.DateTimeField(help_text="원장에 기록한 시각")


class ProductSerializer(ProductRowSerializer):
    """A product with everything that the store says of it."""

    channel_product_nos = serializers.ListField(child=serializers.IntegerField())
    manufacturer = serializers.CharField()
    model_name = serializers.CharField()
    benefits = serializers.DictField()
    attributes = serializers.DictField()
    description = serializers.CharField()


class PrioritySerializer(serializers.Serializer[dict[str, int]]):
    """A new priority, and the version of the product that its author saw."""

    priority = serializers.IntegerField(min_value=0, max_value=PRIORITY_LIMIT)
    version = serializers.IntegerField(min_value=0)

    def validate(self, attrs: dict[str, int]) -> dict[str, int]:
        """Refuse every other field by name, rather than drop it silently."""
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            message = "고칠 수 없는 필드입니다. priority와 version만 보내세요."
            raise ValidationError(dict.fromkeys(sorted(unknown), message))
        return attrs


class CataloguePermission(DjangoModelPermissions):
    """Reading needs catalog.view_product, changing catalog.change_product."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
    }


_ALIASES = {
    "store_code": F("store__code"),
    "category_number": F("category__source_id"),
    "category_name": F("category__name"),
    "category_path": F("category__path"),
}


def select_rows(serializer: type[ProductRowSerializer]) -> QuerySet[Product, Any]:
    """Products as plain dicts with exactly the serializer's fields, in its order."""
    products = with_price_check(Product.objects.all()).annotate(**_ALIASES)
    rows: QuerySet[Product, Any] = products.values(*serializer().fields)
    return rows


def refuse_unknown_parameters(parameters: Mapping[str, Any], known: set[str]) -> None:
    """Raise a ValidationError that names each query parameter that the address does not know."""
    unknown = sorted(set(parameters) - known)
    if unknown:
        message = f"모르는 매개변수입니다. 쓸 수 있는 것: {', '.join(sorted(known)) or '없음'}"
        raise ValidationError(dict.fromkeys(unknown, message))


def describe_answers(success: Any, *problems: int) -> dict[tuple[int, str], Any]:
    """OpenAPI's entries for what an operation answers: the success, and the statuses of its errors."""
    shapes = {(status, PROBLEM_TYPE): ConflictSerializer if status == 409 else ProblemSerializer for status in problems}
    return {(200, "application/json"): success, **shapes}


class ProductList(ListAPIView[Any]):
    """The list of products."""

    queryset = Product.objects.none()
    serializer_class = ProductRowSerializer
    permission_classes = [CataloguePermission]
    filterset_class = ProductFilterSet
    pagination_class = ChangeCursor

    def get_queryset(self) -> QuerySet[Any, Any]:
        """All products, as the list's rows."""
        return select_rows(ProductRowSerializer)

    @extend_schema(
        summary="상품 목록",
        description="바뀐 순서(updated_at, id)로 모든 상품을 읽습니다. next가 null일 때까지 따라가면 빠지는 상품이 없습니다.",
        responses=describe_answers(ProductRowSerializer(many=True), 400, 401, 403),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of the list."""
        refuse_unknown_parameters(request.query_params, {*ProductFilterSet.base_filters, "cursor", "page_size"})
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        offered = sorted(set(ProductFilterSet.base_filters) - {"q"})
        record_cursor_list("api:products", request.query_params, offered=offered, sort_key="updated_at,id")
        return self.get_paginated_response(page)


class ProductDetail(GenericAPIView[Any]):
    """One product."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    permission_classes = [CataloguePermission]
    filter_backends = []
    pagination_class = None

    @extend_schema(summary="상품 하나", responses=describe_answers(ProductSerializer, 400, 401, 403, 404))
    def get(self, request: Request, product_id: int) -> Response:
        """Everything that the catalogue has of the product."""
        refuse_unknown_parameters(request.query_params, set())
        return Response(self._read_row(product_id))

    @extend_schema(
        summary="우선순위 고치기",
        description="본 그대로의 version을 함께 보냅니다. 그사이 다른 사람이 고쳤으면 409와 두 값을 받고, 아무것도 바뀌지 않습니다.",
        request=PrioritySerializer,
        responses=describe_answers(ProductSerializer, 400, 401, 403, 404, 409),
    )
    def patch(self, request: Request, product_id: int) -> Response:
        """Set the priority; answers the product with its new version."""
        refuse_unknown_parameters(request.query_params, set())
        given = PrioritySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        before = self._read_row(product_id)["priority"]
        wanted = given.validated_data
        try:
            product = set_priority(
                product_id=product_id,
                priority=wanted["priority"],
                expected_version=wanted["version"],
                actor=request.user.get_username(),
            )
        except PriorityConflict as conflict:
            current = {"priority": conflict.current_priority, "version": conflict.current_version}
            raise Conflict(str(conflict), {"current": current, "given": dict(wanted)}) from conflict
        record_priority_change(actor=request.user, product=product, before=before)
        return Response(self._read_row(product_id))

    def _read_row(self, product_id: int) -> dict[str, Any]:
        row: dict[str, Any] | None = select_rows(ProductSerializer).filter(pk=product_id).first()
        if row is None:
            raise NotFound(f"상품 {product_id}은(는) 없습니다.")
        return row
