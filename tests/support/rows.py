"""Rows of any model, made from its own field definitions, for tests that walk over all pages."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

_numbers = count(1)


def make_row(model: type[models.Model]) -> models.Model:
    """A stored row; every row gets related rows of its own, so that a page that asks row by row is found out.

    What may stay empty stays empty, defaults are kept; all else is plausible and differs from row to row.
    """
    number = next(_numbers)
    values = {
        field.name: invent_value(field, number)
        for field in model._meta.concrete_fields
        if not (field.has_default() or field.null or field.blank or isinstance(field, models.AutoField))
    }
    return model._default_manager.create(**values)


def invent_value(field: models.Field[Any, Any], number: int) -> Any:
    """A value that the field takes, told apart by `number`."""
    if isinstance(field, models.ForeignKey | models.OneToOneField):
        return make_row(field.related_model)
    if field.choices:
        return next(iter(field.flatchoices))[0]
    for kind, invent in _KINDS:
        if isinstance(field, kind):
            value = invent(number)
            return value[: field.max_length] if isinstance(value, str) and field.max_length else value
    raise TypeError(f"tests.support.rows: say how to invent a {type(field).__name__} ({field})")


_KINDS: list[tuple[Any, Callable[[int], Any]]] = [
    (models.BooleanField, lambda number: False),
    (models.DateTimeField, lambda number: timezone.now()),
    (models.DateField, lambda number: timezone.localdate()),
    (models.FloatField, lambda number: float(number)),
    (models.JSONField, lambda number: {}),
    (models.IntegerField, lambda number: number + 1),
    (models.FileField, lambda number: f"walk/{number}.png"),
    (models.EmailField, lambda number: f"walk{number}@example.com"),
    (models.URLField, lambda number: f"https://example.com/{number}"),
    (models.SlugField, lambda number: f"walk-{number}"),
    (models.CharField, lambda number: f"{number:04d}-걷기" + "0" * 28),
    (models.TextField, lambda number: f"{number:04d} 본문"),
]
