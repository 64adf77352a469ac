"""Thousands of keys as one parameter: to quote them one by one takes longer than the statement itself."""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models import BooleanField, Model
from django.db.models.expressions import RawSQL

_AMONG = {
    ("postgresql", int): "{column} IN (SELECT key::bigint FROM json_array_elements_text(%s::json) AS key)",
    ("postgresql", str): "{column} IN (SELECT key FROM json_array_elements_text(%s::json) AS key)",
    ("sqlite", int): "{column} IN (SELECT value FROM json_each(%s))",
    ("sqlite", str): "{column} IN (SELECT value FROM json_each(%s))",
}


def among_numbers(model: type[Model], field: str, keys: Iterable[int]) -> RawSQL:
    """The condition that a whole-number field of the query's own table is one of these keys, for `filter`."""
    return _make(_AMONG[connection.vendor, int].format(column=_spell(model, field)), [list(keys)])


def among_words(model: type[Model], field: str, keys: Iterable[str]) -> RawSQL:
    """The condition that a text field of the query's own table is one of these keys, for `filter`."""
    return _make(_AMONG[connection.vendor, str].format(column=_spell(model, field)), [list(keys)])


def among_either(
    model: type[Model], numbers: tuple[str, Iterable[int]], words: tuple[str, Iterable[str]], *, only_if: str
) -> RawSQL:
    """The condition that one field is among these numbers or, where `only_if` holds, another among these words."""
    first = _AMONG[connection.vendor, int].format(column=_spell(model, numbers[0]))
    second = _AMONG[connection.vendor, str].format(column=_spell(model, words[0]))
    return _make(f"{first} OR {only_if} AND {second}", [list(numbers[1]), list(words[1])])


def _spell(model: type[Model], field: str) -> str:
    named = model._meta.get_field(field)
    return f"{model._meta.db_table}.{named.column}"  # type: ignore[union-attr]


def _make(condition: str, keys: list[list[int] | list[str]]) -> RawSQL:
    return RawSQL(condition, [json.dumps(each) for each in keys], output_field=BooleanField())  # noqa: S611
