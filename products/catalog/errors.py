"""What the API raises besides REST framework's own errors."""

from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import APIException


class Problem(APIException):
    """An error with a status of its own. field: what is at fault; extra: what the body says besides."""

    def __init__(self, status: HTTPStatus, message: str, *, field: str = "", **extra: Any) -> None:
        """Keep what the answer's body will say."""
        super().__init__(message)
        self.status_code = status
        self.errors = [{"field": field, "message": message}] if field else []
        self.extra = extra
