"""The catalogue for machines, under /api/v1/products/: the list in the order of change, one product, its priority."""

from http import HTTPStatus
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse, QueryDict
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from perfhooks.usage import UNNAMED_VALUE, record_cursor_list
from products.catalog.access import ProductView
from products.catalog.edits import edit_product
from products.catalog.errors import Problem
from products.catalog.etags import is_known, is_matched, make_etag
from products.catalog.filters import TYPED_FILTERS, ProductFilterSet
from products.catalog.models import Product, ProductStatus
from products.catalog.pages import ChangeCursor
from products.catalog.parsing import show_name
from products.catalog.priorities import PRIORITY_LIMIT, REASON_LENGTH, describe_edit, record_edit
from products.catalog.problems import (
    PROBLEM_TYPE,
    ConflictSerializer,
    PreconditionSerializer,
    ProblemSerializer,
)
from products.catalog.selectors import with_price_check
from products.catalog.services import PriorityConflict
from products.idempotency.requests import PARAMETER, answer_once

SHOWN_LENGTH = 200


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
    hold = serializers.BooleanField(help_text="편집자가 보류해, 글에 새로 고르지 않는 상품")
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


class PrioritySerializer(serializers.Serializer[dict[str, Any]]):
    """A new priority, the version of the product that its author saw, and why."""

    priority = serializers.IntegerField(min_value=0, max_value=PRIORITY_LIMIT)
    version = serializers.IntegerField(
        min_value=0, max_value=PRIORITY_LIMIT, required=False, help_text="If-Match 대신 쓸 수 있는, 읽은 상품의 version"
    )
    reason = serializers.CharField(
        max_length=REASON_LENGTH, required=False, allow_blank=True, help_text="왜 바꾸는지. 상품의 변경 이력에 남습니다"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse every other field by name, rather than drop it silently."""
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            message = "고칠 수 없는 필드입니다. priority, version, reason만 보내세요."
            raise ValidationError(dict.fromkeys(sorted(map(show_name, unknown)), message))
        return attrs


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


def refuse_wrong_parameters(parameters: QueryDict, known: set[str]) -> None:
    """Raise a ValidationError naming the query parameters that the address does not know, or that are repeated or garbled."""
    unknown = sorted(map(show_name, set(parameters) - known))
    if unknown:
        message = f"모르는 매개변수입니다. 쓸 수 있는 것: {', '.join(sorted(known)) or '없음'}"
        raise ValidationError(dict.fromkeys(unknown, message))
    wrong = {}
    for name, values in parameters.lists():
        if len(values) > 1:
            wrong[name] = "두 번 나옵니다. 하나만 보내세요."
        elif "\ufffd" in values[0]:
            wrong[name] = "UTF-8이 아닌 글자가 있습니다. UTF-8로 바꾸어 보내세요."
    if wrong:
        raise ValidationError(wrong)


PROBLEM_SHAPES: dict[int, type[ProblemSerializer]] = {409: ConflictSerializer, 412: PreconditionSerializer}


def describe_answers(success: Any, *problems: int) -> dict[tuple[int, str], Any]:
    """OpenAPI's entries for what an operation answers: the success, and the statuses of its errors."""
    shapes = {(status, PROBLEM_TYPE): PROBLEM_SHAPES.get(status, ProblemSerializer) for status in problems}
    return {(200, "application/json"): success, **shapes}


def describe_header(name: str, description: str) -> OpenApiParameter:
    """OpenAPI's entry for a request header."""
    return OpenApiParameter(name, type=str, location=OpenApiParameter.HEADER, description=description)


IF_NONE_MATCH = describe_header("If-None-Match", "가진 응답의 ETag. 그대로면 본문 없이 304를 받습니다.")
IF_MATCH = describe_header("If-Match", "읽은 상품의 ETag. 그사이 바뀌었으면 412를 받고 아무것도 바뀌지 않습니다.")
NOT_MODIFIED = {304: OpenApiResponse(description="If-None-Match로 보낸 그대로입니다.")}
CACHING = "private, no-cache"
"""Nobody else may keep it, and who keeps it asks again each time."""


@method_decorator([conditional_page, cache_control(private=True, no_cache=True)], name="dispatch")
class ProductList(ProductView, ListAPIView[Any]):
    """The list of products."""

    queryset = Product.objects.none()
    serializer_class = ProductRowSerializer
    filterset_class = ProductFilterSet
    pagination_class = ChangeCursor

    def get_queryset(self) -> QuerySet[Any, Any]:
        """All products, as the list's rows."""
        return select_rows(ProductRowSerializer)

    @extend_schema(
        summary="상품 목록",
        description="바뀐 순서(updated_at, id)로 모든 상품을 읽습니다. next가 null일 때까지 따라가면 빠지는 상품이 없습니다.",
        parameters=[IF_NONE_MATCH],
        responses=describe_answers(ProductRowSerializer(many=True), 400, 401, 403, 429) | NOT_MODIFIED,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of the list."""
        refuse_wrong_parameters(request.query_params, {*ProductFilterSet.base_filters, "cursor", "page_size"})
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        offered = sorted(set(ProductFilterSet.base_filters) - {"q"})
        typed = {name: UNNAMED_VALUE for name in TYPED_FILTERS if request.query_params.get(name)}
        parameters = {**request.query_params.dict(), **typed}
        record_cursor_list("api:products", parameters, offered=offered, sort_key="updated_at,id")
        return self.get_paginated_response(page)


class ProductDetail(ProductView, GenericAPIView[Any]):
    """One product."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(
        summary="상품 하나",
        description="ETag는 상품의 어느 값이든 바뀌면 달라집니다. 우선순위를 고칠 때 If-Match로 보냅니다.",
        parameters=[IF_NONE_MATCH],
        responses=describe_answers(ProductSerializer, 400, 401, 403, 404, 429) | NOT_MODIFIED,
    )
    def get(self, request: Request, product_id: int) -> Response:
        """Everything that the catalogue has of the product; 304 without a body to who has it already."""
        refuse_wrong_parameters(request.query_params, set())
        row = self._read_row(product_id)
        etag = make_etag(row)
        headers = {"ETag": etag, "Cache-Control": CACHING}
        if is_known(request.headers.get("If-None-Match", ""), etag):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(row, headers=headers)

    @extend_schema(
        summary="우선순위 고치기",
        description=(
            "읽은 상품의 ETag를 If-Match로 보냅니다. 그사이 바뀌었으면 412와 두 값을 받고, 아무것도 바뀌지 않습니다. "
            "If-Match 대신 본문의 version으로도 됩니다(그사이 고쳐졌으면 409). 둘 다 없으면 428입니다."
        ),
        parameters=[IF_MATCH, PARAMETER],
        request=PrioritySerializer,
        responses=describe_answers(ProductSerializer, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429),
    )
    def patch(self, request: Request, product_id: int) -> Response | HttpResponse:
        """Set the priority; answers the product with its new version."""
        refuse_wrong_parameters(request.query_params, set())
        given = PrioritySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        if "If-Match" not in request.headers and "version" not in given.validated_data:
            message = "상품을 읽고 받은 ETag를 If-Match 머리글로 보내세요."
            raise Problem(HTTPStatus.PRECONDITION_REQUIRED, message, field="If-Match")
        return answer_once(request, lambda: self._change_priority(request, product_id, given.validated_data))

    def _change_priority(self, request: Request, product_id: int, given: dict[str, Any]) -> Response:
        Product.objects.select_for_update().filter(pk=product_id).values_list("pk").first()
        before = self._read_row(product_id)
        _check_precondition(request.headers.get("If-Match"), before, given["priority"])
        try:
            product = edit_product(
                product_id=product_id,
                priority=given["priority"],
                expected_version=given.get("version", before["version"]),
                actor=request.user.get_username(),
            )
        except PriorityConflict as conflict:
            current = {"priority": conflict.current_priority, "version": conflict.current_version}
            asked = {name: given[name] for name in ("priority", "version") if name in given}
            raise Problem(HTTPStatus.CONFLICT, str(conflict), current=current, given=asked) from conflict
        message = describe_edit(priority=(before["priority"], product.priority), reason=given.get("reason", ""))
        record_edit(actor=request.user, product=product, message=message)
        after = self._read_row(product_id)
        return Response(after, headers={"ETag": make_etag(after)})

    def _read_row(self, product_id: int) -> dict[str, Any]:
        row: dict[str, Any] | None = select_rows(ProductSerializer).filter(pk=product_id).first()
        if row is None:
            raise NotFound(f"상품 {product_id}은(는) 없습니다.")
        return row


def _check_precondition(header: str | None, row: dict[str, Any], priority: int) -> None:
    """Raise a 412 with both values unless the If-Match header, if there is one, names the product as it is."""
    etag = make_etag(row)
    if header is None or is_matched(header, etag):
        return
    message = f"'{row['name']}'은(는) 읽은 뒤에 바뀌었습니다. 다시 읽고, 그 ETag로 보내세요."
    current = {"priority": row["priority"], "version": row["version"], "etag": etag}
    given = {"priority": priority, "etag": header[:SHOWN_LENGTH]}
    raise Problem(HTTPStatus.PRECONDITION_FAILED, message, field="If-Match", current=current, given=given)
