"""Requests that are carried out once, however often they are sent (plan 6.1)."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """The answers kept under the callers' Idempotency-Key."""

    name = "products.idempotency"
    label = "idempotency"
    verbose_name = "한 번만 처리한 요청"
