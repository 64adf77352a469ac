"""The first middleware: every request gets a trace id, a span and its trace id back in the response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfhooks.spans import span
from perfhooks.trace import TRACE_HEADER, bind_trace, is_valid_trace_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

UNKNOWN_VIEW = "unknown"
OTHER_METHOD = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TraceMiddleware:
    """Takes over a valid X-Trace-Id, or makes one; times the request as `http_request_seconds` under bounded labels."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve one request within its trace."""
        given = request.headers.get(TRACE_HEADER, "")
        method = request.method if request.method in METHODS else OTHER_METHOD
        with bind_trace(given if is_valid_trace_id(given) else None) as trace_id:
            request.trace_id = trace_id  # type: ignore[attr-defined]
            with span("http_request_seconds", method=method, path=request.path, view=UNKNOWN_VIEW) as timed:
                response = self.get_response(request)
                status = response.status_code
                timed.set(view=_view_name(request), status=status, status_class=f"{status // 100}xx")
            response.headers[TRACE_HEADER] = trace_id
        return response


def _view_name(request: HttpRequest) -> str:
    """Return the resolved route's name, never the path: its number is bounded by the routes of the product."""
    match = request.resolver_match
    return match.view_name if match is not None and match.view_name else UNKNOWN_VIEW
