"""Writing many products at once, under /api/v1/products/bulk/."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from products.catalog.access import ProductView
from products.catalog.api import describe_answers, refuse_wrong_parameters
from products.catalog.models import Product, Store
from products.catalog.scopes import describe_caller, name_caller
from products.idempotency.requests import PARAMETER, answer_once
from products.upsert.bulk import BulkOutcome, write_bulk
from products.upsert.incoming import BulkSerializer, read_row

STORES_NAMED = 10


class BulkAnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of the rows."""

    revision = serializers.IntegerField(allow_null=True, help_text="이 요청의 카탈로그 리비전. 바뀐 상품이 없으면 null")
    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    left_out = serializers.ListField(
        child=serializers.IntegerField(), help_text="원장에 더 새로운 내용이 있어 쓰지 않은 원상품 번호"
    )
    refreshes = serializers.IntegerField(help_text="갱신 대기열에 넣은 글의 수")


class BulkUpsert(ProductView, GenericAPIView[Any]):
    """Many products of one store."""

    queryset = Product.objects.none()
    serializer_class = BulkSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(
        operation_id="products_bulk_upsert",
        summary="상품 한꺼번에 쓰기",
        description=(
            "한 스토어의 상품을 새로 넣거나 고칩니다. 전부 쓰거나 하나도 쓰지 않습니다: 잘못된 행이 하나라도 있으면 "
            "400이 행과 필드를 모두 말하고(rows.3.price), 아무것도 바뀌지 않습니다. 상품 더하기와 고치기 권한이 있어야 합니다."
        ),
        parameters=[PARAMETER],
        request=BulkSerializer,
        responses=describe_answers(BulkAnswerSerializer, 400, 401, 403, 409, 413, 415, 422, 429),
    )
    def post(self, request: Request) -> Response | HttpResponse:
        """Write all rows or none."""
        refuse_wrong_parameters(request.query_params, set())
        given = BulkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return answer_once(request, lambda: _write(request, given.validated_data))


def _write(request: Request, given: dict[str, Any]) -> Response:
    rows = [read_row(values) for values in given["rows"]]
    store_id, caller = _find_store(given["store"]), name_caller(request)
    outcome = write_bulk(store_id=store_id, rows=rows, caller=caller, author=describe_caller(request))
    return Response(_describe(outcome))


def _find_store(code: str) -> int:
    store_id = Store.objects.filter(code=code).values_list("pk", flat=True).first()
    if store_id is None:
        known = ", ".join(Store.objects.order_by("code").values_list("code", flat=True)[:STORES_NAMED]) or "없음"
        raise ValidationError({"store": f"원장에 없는 스토어입니다. 있는 것: {known}"})
    return store_id


def _describe(outcome: BulkOutcome) -> dict[str, Any]:
    counts = outcome.counts
    return {
        "revision": outcome.revision,
        "received": counts.seen,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.skipped,
        "left_out": sorted(counts.left_out),
        "refreshes": counts.enqueued,
    }
