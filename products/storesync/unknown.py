"""Fields that the store sends and nothing here reads: ignored, but counted by name, so that growth of the API is seen."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from products.storesync.decoding import ListPage, ProductDetail, ProductSummary, drop_unkeepable

FIELDS_KEPT = 100
"""So many names are told apart; the rest is counted as one."""
OTHERS = "…"
PATH_LENGTH = 120

Fields = dict[str, "Fields | None"]
"""{name as the store writes it: the fields below it, None where none are declared}."""


class _Page(msgspec.Struct, rename="camel", frozen=True):
    contents: list[ProductSummary]
    total_elements: int
    total_pages: int
    page: int


def list_fields(kind: Any) -> Fields | None:
    """The declared fields of a type, through lists and optional values; None when it declares none."""
    return _list_fields(msgspec.inspect.type_info(kind))


def _list_fields(info: msgspec.inspect.Type) -> Fields | None:
    if isinstance(info, msgspec.inspect.StructType):
        return {field.encode_name: _list_fields(field.type) for field in info.fields}
    if isinstance(info, msgspec.inspect.ListType):
        return _list_fields(info.item_type)
    if isinstance(info, msgspec.inspect.UnionType):
        return next(filter(None, map(_list_fields, info.types)), None)
    return None


DECLARED: Mapping[type, Fields | None] = {ListPage: list_fields(_Page), ProductDetail: list_fields(ProductDetail)}


def count_unknown(body: bytes, kind: type) -> Counter[str]:
    """{path of a field that `kind` does not declare: how often it comes}, of a body that has been read as that."""
    found = Counter[str]()
    if kind in DECLARED:
        _count(drop_unkeepable(body), DECLARED[kind], "", found)
    return found


def _count(raw: bytes, fields: Fields | None, path: str, found: Counter[str]) -> None:
    """Only names are read, and no further than they are declared: what an unknown field holds may be anything."""
    start = raw.lstrip()[:1]
    if not fields or start not in (b"{", b"["):
        return
    try:
        if start == b"[":
            for entry in msgspec.json.decode(raw, type=list[msgspec.Raw]):
                _count(bytes(entry), fields, path, found)
            return
        named = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # an entry that is broken is reported as such
    for name, inner in named.items():
        if name in fields:
            _count(bytes(inner), fields[name], f"{path}{name}.", found)
        else:
            found[f"{path}{name}"[:PATH_LENGTH]] += 1


def add_unknown(kept: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Both counts together, the names kept that came first; what is beyond 100 names is counted as one."""
    total = dict(kept)
    for name, times in more.items():
        is_kept = name in total or len(total) < FIELDS_KEPT
        key = name if is_kept else OTHERS
        total[key] = total.get(key, 0) + times
    return total
