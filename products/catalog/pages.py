"""Reading all products in the order of their changes, page by page, without losing one.

Ascending order of (updated_at, id): a row that changes while somebody reads moves to the end, where it is met again.
A batch writes thousands of rows with one and the same time, which Django REST framework's own cursor (a position plus
an offset of at most 1,000) cannot pass; this one holds both values.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 100
PAGE_SIZE_LIMIT = 500
LARGEST_ID = 2**63 - 1

_PAGE_SIZE = re.compile("[1-9][0-9]{0,2}")


def encode_cursor(updated_at: datetime, product_id: int) -> str:
    """The opaque text that stands for "after this row"."""
    stamp = updated_at.astimezone(UTC).isoformat()
    return urlsafe_b64encode(f"{stamp} {product_id}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> tuple[datetime, int]:
    """(updated_at, id) of the last row read; ValidationError naming `cursor` for anything that we did not give out."""
    try:
        stamp, number = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        updated_at, product_id = datetime.fromisoformat(stamp).astimezone(UTC), int(number)
        # Only the one spelling that we give out: what Python reads besides, a database may not.
        if encode_cursor(updated_at, product_id) != text or not 0 < product_id <= LARGEST_ID:
            raise ValueError(text)
        return updated_at, product_id
    except (ValueError, OverflowError) as error:
        raise ValidationError({"cursor": "알 수 없는 값입니다. 앞선 응답의 next 주소를 그대로 쓰세요."}) from error


def read_page_size(text: str | None) -> int:
    """The wanted number of rows; ValidationError naming `page_size` unless it is between 1 and 500."""
    if text is None:
        return PAGE_SIZE
    if not (_PAGE_SIZE.fullmatch(text) and int(text) <= PAGE_SIZE_LIMIT):
        raise ValidationError({"page_size": f"1부터 {PAGE_SIZE_LIMIT}까지의 정수를 넣으세요."})
    return int(text)


class ChangeCursor(BasePagination):
    """Keyset pages in ascending order of (updated_at, id), each with the address of the next."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """One page of rows (dicts with `updated_at` and `id`); remembers whether more follow."""
        size = read_page_size(request.query_params.get("page_size"))
        rows = list(
            self._select_after(queryset, request.query_params.get("cursor")).order_by("updated_at", "id")[: size + 1]
        )
        page = rows[:size]
        self.next_url = None
        if len(rows) > size:
            cursor = encode_cursor(page[-1]["updated_at"], page[-1]["id"])
            self.next_url = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        return page

    def _select_after(self, rows: QuerySet[Any, Any], cursor: str | None) -> QuerySet[Any, Any]:
        if cursor is None:
            return rows
        updated_at, last_id = decode_cursor(cursor)
        later = Q(updated_at__gt=updated_at) | Q(updated_at=updated_at, id__gt=last_id)
        # The first condition says nothing new, but lets the index on updated_at find the place.
        return rows.filter(Q(updated_at__gte=updated_at) & later)

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        """{"next": address or null, "results": [...]}."""
        return Response({"next": self.next_url, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same in OpenAPI's words."""
        following = {"type": "string", "format": "uri", "nullable": True, "description": "다음 쪽의 주소. 끝이면 null"}
        properties = {"next": following, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """`cursor` and `page_size` in OpenAPI's words."""
        size = {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_LIMIT, "default": PAGE_SIZE}
        place = {"type": "string", "description": "앞선 응답의 next에 든 값"}
        return [
            {"name": name, "required": False, "in": "query", "schema": schema}
            for name, schema in (("cursor", place), ("page_size", size))
        ]
