"""Reads of comparison tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from content.batches import split_batches
from content.comparison.dating import find_oldest_check
from content.comparison.drafting import Mark, TableRow
from content.comparison.models import ComparisonTable, TableLink, TableRowContent, TableTouch, TableVersion
from products.catalog.selectors import price_check_times, select_moved


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A version of a table. name: "" of a post's own table; keys: what each column shows.

    as_of: the oldest price check among its products when the version was built; None where one was never checked.
    """

    number: int
    revision: int
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    content_hash: str
    keys: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    as_of: datetime | None = None
    name: str = ""
    title: str = ""


def get_tables(post_id: int, names: Iterable[str]) -> dict[str, TableFacts]:
    """{name: newest version} of the post's own table, under "", and of the named ones; two queries for all."""
    return {facts.name: facts for facts in _read_newest(Q(table__post_id=post_id) | Q(table__name__in=list(names)))}


def read_version(version: TableVersion) -> TableFacts:
    """A version with its rows."""
    return read_versions([version])[0]


def read_versions(versions: Iterable[TableVersion]) -> list[TableFacts]:
    """Versions with their rows, in one query for the rows of all. Their tables must be loaded already."""
    listed = list(versions)
    contents = read_rows(key for version in listed for key in version.row_hashes)
    return [
        TableFacts(
            number=version.number,
            revision=version.revision,
            columns=tuple(version.columns),
            rows=tuple(contents[key] for key in version.row_hashes),
            content_hash=version.content_hash,
            keys=tuple(version.keys),
            marks=tuple(Mark(*mark) for mark in version.marks),
            as_of=version.as_of,
            name=version.table.name,
            title=version.table.title,
        )
        for version in listed
    ]


def read_rows(hashes: Iterable[str]) -> dict[str, TableRow]:
    """{fingerprint: row}."""
    wanted = sorted(set(hashes))
    found: dict[str, TableRow] = {}
    for start in range(0, len(wanted), 5_000):
        rows = TableRowContent.objects.filter(hash__in=wanted[start : start + 5_000])
        for key, sku, store, number, cells in rows.values_list(
            "hash", "sku", "store_code", "origin_product_no", "cells"
        ):
            found[key] = TableRow(sku, store, number, tuple(cells))
    return found


def _read_newest(condition: Q) -> list[TableFacts]:
    asked_for = TableVersion.objects.filter(condition, number=F("table__number")).exclude(table__spec={})
    newest = asked_for.select_related("table")
    return read_versions(newest)


def list_touched() -> list[int]:
    """The tables that a change concerns and nobody has looked at since."""
    return list(TableTouch.objects.order_by("table_id").values_list("table_id", flat=True).distinct())


def list_overtaken() -> list[int]:
    """The tables that show a product as of an older revision than the catalogue's: one join, whatever was noted."""
    moved = Exists(select_moved(product_id=OuterRef("product_id"), revision=OuterRef("revision")))
    links = TableLink.objects.filter(moved, product_id__isnull=False)
    return list(links.order_by().values_list("table_id", flat=True).distinct())


def select_table_versions(table_id: int) -> QuerySet[TableVersion]:
    """A table's versions, the newest first."""
    return TableVersion.objects.filter(table=table_id).order_by("-number")


def read_price_times(table_ids: Iterable[int]) -> dict[int, datetime | None]:
    """{table: the oldest price check among the products that it shows now}; None when one was never checked."""
    products: dict[int, list[int]] = {}
    for batch in split_batches(table_ids):
        links = TableLink.objects.filter(table__in=batch, product_id__isnull=False)
        for table_id, product_id in links.values_list("table_id", "product_id"):
            products.setdefault(table_id, []).append(product_id or 0)
    times: dict[int, datetime | None] = {}
    for chunk in split_batches(product_id for own in products.values() for product_id in own):
        times |= price_check_times(chunk)
    return {table_id: find_oldest_check(times.get(key) for key in own) for table_id, own in products.items()}


def list_live_tables() -> list[int]:
    """The tables that readers can see: posts' own that these ask for, and named ones that a post shows."""
    shown = ComparisonTable.objects.filter(Q(post__isnull=False) | Q(uses__isnull=False), number__gt=0)
    shown = shown.exclude(spec={})
    return list(shown.order_by("id").values_list("id", flat=True).distinct())
