"""The system check of the desk's lists, and what a list may be sorted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.checks import CheckMessage, Error, register

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model

FOREIGN = frozenset({"django.contrib.auth", "silk"})
"""Pages of packages, which are not on the desk's base class."""


def has_index(model: type[Model], ordering: Sequence[object]) -> bool:
    """Whether an index gives the rows in this order, read forwards or backwards, down to the key."""
    key = model._meta.pk.name
    wanted = [_split(str(name), key) for name in ordering]
    if not wanted or wanted[-1][0] != key:
        return False
    reverse = [(name, not is_falling) for name, is_falling in wanted]
    held = [
        [(key, False)],
        *([_split(name, key) for name in index.fields] for index in model._meta.indexes if index.condition is None),
    ]
    return any(columns in (wanted, reverse) for columns in held)


def _split(name: str, key: str) -> tuple[str, bool]:
    plain = name.lstrip("-")
    return (key if plain == "pk" else plain, name.startswith("-"))


@register
def check_lists(**_kwargs: object) -> list[CheckMessage]:
    """Every list is on the desk's base class; of a big table it is in an order that an index holds."""
    return find_slow_lists(admin.site._registry.values())


def find_slow_lists(desks: Iterable[Any]) -> list[CheckMessage]:
    """Return an error for each list that would sort, count or facet a whole table."""
    found: list[CheckMessage] = []
    for desk in desks:
        name = f"{type(desk).__module__}.{type(desk).__name__}"
        if not hasattr(desk, "is_big"):
            hint = "perfhooks.desk.FastModelAdmin을 상속하세요."
            is_ours = not type(desk).__module__.startswith(tuple(FOREIGN))
            found += [Error(f"{name}: 빠른 목록이 아닙니다.", hint=hint, id="perfhooks.E008")] if is_ours else []
        elif desk.is_big and not has_index(desk.model, desk.ordering or ()):
            hint = f"Meta.indexes에 ordering {tuple(desk.ordering or ())}과 같은 색인을 두세요. 마지막은 키여야 합니다."
            found.append(Error(f"{name}: 기본 순서의 색인이 없습니다.", hint=hint, id="perfhooks.E009"))
    return found
