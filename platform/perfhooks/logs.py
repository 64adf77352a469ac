"""Structured logs: one JSON object a line on standard error, with time, level, event, trace_id, content_id and sku.

The lines of the standard library's loggers (Django, Celery, httpx) take the same shape. Values under the names of
secrets are replaced before anything is rendered.
"""

from __future__ import annotations

import logging
import re
import traceback
from datetime import UTC, datetime
from io import FileIO
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import structlog

from perfhooks.trace import bound_tags, current_trace_id

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import FilteringBoundLogger, Processor, WrappedLogger

STANDARD_ERROR = 2
HIDDEN = "***"
SECRET_KEYS = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "client_secret",
        "client_secret_sign",
        "cookie",
        "password",
        "refresh_token",
        "secret",
        "secret_key",
        "set-cookie",
        "token",
    }
)
# Free text in which requests and answers of other systems are quoted.
TEXT_KEYS = frozenset({"body", "detail", "error", "exception", "message", "url"})

_SECRET_IN_TEXT = re.compile(
    r"(?i)\b(access_token|authorization|client_secret(?:_sign)?|password|refresh_token|secret_key)"
    r"(['\"]?\s*[=:]\s*['\"]?)((?:bearer|basic)\s+)?[^\s'\"&,;}]+"
)
# A token of the API, wherever it stands.
API_TOKEN = re.compile(r"jb_[0-9a-f]{8}_[A-Za-z0-9_-]{20,}")
_encode = msgspec.json.Encoder(enc_hook=str).encode

is_span_written = False
span_logger: FilteringBoundLogger = structlog.get_logger("perfhooks")


def configure_logging(*, level: str = "INFO", json: bool = True, stream: BinaryIO | None = None) -> None:
    """Write structured lines of `level` and above to `stream` (standard error when None), as JSON or in colours.

    Raises KeyError for a level name that the standard library does not know.
    """
    global is_span_written, span_logger
    threshold = logging.getLevelNamesMapping()[level.upper()]
    render = _render_json if json else _console_renderer()
    structlog.configure(
        processors=[stamp_line, redact_secrets, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(file=stream or _standard_error()),
        cache_logger_on_first_use=True,
    )
    is_span_written = threshold <= logging.INFO
    span_logger = structlog.get_logger("perfhooks").bind()
    _route_standard_library(max(threshold, logging.WARNING))


def stamp_line(_logger: WrappedLogger, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put time (ISO 8601, UTC), level, event, the common tags and the bound tags before the line's own fields."""
    return {
        "time": datetime.now(UTC).isoformat(),
        "level": level,
        "event": event.pop("event", ""),
        "trace_id": current_trace_id(),
        "content_id": None,
        "sku": None,
        **bound_tags(),
        **event,
    }


def redact_secrets(_logger: WrappedLogger, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every value that stands under a secret's name, at any depth, and secrets inside of texts of errors."""
    for key, value in event.items():
        if key.lower() in SECRET_KEYS or isinstance(value, dict | list | tuple):
            event[key] = _redact_value(key, value)
        elif isinstance(value, str) and (key in TEXT_KEYS or "jb_" in value):
            event[key] = redact_text(value)
    return event


def redact_text(text: str) -> str:
    """Replace the values of secrets in free text (query strings, headers, reprs)."""
    return API_TOKEN.sub(HIDDEN, _SECRET_IN_TEXT.sub(rf"\1\2{HIDDEN}", text))


class StructuredHandler(logging.Handler):
    """Hands the records of the standard library's loggers to structlog, with secrets in their text replaced."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as a structured line."""
        fields: dict[str, Any] = {"logger": record.name}
        # Django logs an answered error after the middleware has let go of the request's trace.
        if trace_id := getattr(getattr(record, "request", None), "trace_id", ""):
            fields["trace_id"] = trace_id
        if record.exc_info:
            fields["exception"] = redact_text("".join(traceback.format_exception(*record.exc_info)))
        structlog.get_logger(record.name).log(record.levelno, redact_text(record.getMessage()), **fields)


def _redact_value(key: object, value: object) -> object:
    if isinstance(key, str) and key.lower() in SECRET_KEYS:
        return HIDDEN
    if isinstance(value, dict):
        return {inner: _redact_value(inner, held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(None, held) for held in value]
    return API_TOKEN.sub(HIDDEN, value) if isinstance(value, str) else value


def _render_json(_logger: WrappedLogger, _level: str, event: MutableMapping[str, Any]) -> bytes:
    return _encode(event)


def _console_renderer() -> Processor:
    console = structlog.dev.ConsoleRenderer(timestamp_key="time")

    def render(logger: WrappedLogger, level: str, event: MutableMapping[str, Any]) -> bytes:
        known = {key: value for key, value in event.items() if value is not None}
        return console(logger, level, known).encode()

    return render


def _standard_error() -> BinaryIO:
    """Return an unbuffered writer on the process's standard error: one system call a line."""
    return FileIO(STANDARD_ERROR, "wb", closefd=False)


def _route_standard_library(level: int) -> None:
    root = logging.getLogger()
    for handler in [kept for kept in root.handlers if isinstance(kept, StructuredHandler)]:
        root.removeHandler(handler)
    root.addHandler(StructuredHandler(level))
    root.setLevel(level)
