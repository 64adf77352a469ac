"""The ways to bring product rows into the database that bench_upsert and the studies compare."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from perfhooks.queries import copy_rows
from products.catalog.models import PriceObservation, Product, ProductSearch, Store
from products.catalog.services import allocate_revision, ensure_categories, get_or_create_store
from products.catalog.storelock import enter_store
from products.upsert import postgres, sqlite
from products.upsert.columns import COLUMNS, COPIED, ENCODED, TIMES, Stamps, iter_values
from products.upsert.rows import ProductRow, hash_row
from products.upsert.services import upsert_products
from products.upsert.writing import compare_rows, keep_newest, write_products
from scripts.paired_scenarios import OBSERVED_AT, make_rows

FIELDS = (*COPIED, *TIMES, *ENCODED)
UPDATED_FIELDS = [*FIELDS, "category_id", "revision", "updated_at"]
REVISION = 1
ASKED_AT_REVISION = 2**62
"""The store was asked when the catalogue held all that it holds, as a sync that runs alone finds it."""
FILLED_AT_ONCE = 10_000
FIRST_ID = 2**40
Write = Callable[[Store, Sequence[ProductRow]], object]


def write_by_service(store: Store, rows: Sequence[ProductRow]) -> None:
    """The product's own way, whole: price history, refresh queue and revision as well."""
    upsert_products(
        store_id=store.pk,
        rows=rows,
        revision=lambda: allocate_revision(store_id=store.pk),
        observed_at=OBSERVED_AT,
        asked_at_revision=ASKED_AT_REVISION,
    )


def write_products_table(store: Store, rows: Sequence[ProductRow]) -> None:
    """The product's own way as far as the products table goes: compare, lock, read, and write in one transaction."""
    compared = compare_rows(keep_newest(rows), store_id=store.pk, asked_at_revision=ASKED_AT_REVISION)
    if compared.rows:
        with transaction.atomic():
            enter_store(store.pk)
            write_products(compared, store_id=store.pk, revision=lambda: REVISION, asked_at_revision=ASKED_AT_REVISION)


def write_row_by_row(store: Store, rows: Sequence[ProductRow]) -> None:
    """What most code does first."""
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    for row in rows:
        Product.objects.update_or_create(
            store=store, origin_product_no=row.origin_product_no, defaults=_values_of(row, category_id)
        )


def write_in_bulk(store: Store, rows: Sequence[ProductRow], *, batch_size: int = 1_000) -> None:
    """Django's batch way, without skipping what is unchanged."""
    Product.objects.bulk_create(
        _make_products(store, rows),
        batch_size=batch_size,
        update_conflicts=True,
        unique_fields=["store", "origin_product_no"],
        update_fields=UPDATED_FIELDS,
    )


def write_by_pgbulk(store: Store, rows: Sequence[ProductRow]) -> None:
    """django-pgbulk, a thousand rows a statement, leaving alone what is unchanged."""
    import pgbulk

    for batch in batch_rows(rows, 1_000):
        pgbulk.upsert(
            Product, _make_products(store, batch), ["store", "origin_product_no"], UPDATED_FIELDS, ignore_unchanged=True
        )


def batch_rows(rows: Sequence[ProductRow], size: int) -> Iterator[Sequence[ProductRow]]:
    """The rows in lists of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _make_products(store: Store, rows: Sequence[ProductRow]) -> list[Product]:
    category_id = ensure_categories([rows[0].category])[rows[0].category.source_id]
    numbered = ((row.origin_product_no, _values_of(row, category_id)) for row in rows)
    return [Product(store=store, origin_product_no=number, **values) for number, values in numbered]


def _values_of(row: ProductRow, category_id: int) -> dict[str, object]:
    stamps = {"category_id": category_id, "revision": REVISION, "updated_at": OBSERVED_AT}
    return {**{name: getattr(row, name) for name in FIELDS}, **stamps}


@dataclass
class Lane:
    """One way with a store of its own: what it writes next, and how."""

    store: Store
    write: Write
    rows: Sequence[ProductRow]

    def run(self) -> None:
        """Write the rows once."""
        self.write(self.store, self.rows)

    def change(self, every: int) -> None:
        """Give every so-many-th row another price, stock and fingerprint, as between two syncs."""
        self.rows = [_change(row) if at % every == 0 else row for at, row in enumerate(self.rows)]
        vacuum()

    def forget(self) -> None:
        """Take the store's products out again, so that all are new."""
        mine = Product.objects.filter(store=self.store)
        PriceObservation.objects.filter(product__in=mine)._raw_delete("default")
        ProductSearch.objects.filter(product__in=mine)._raw_delete("default")
        mine._raw_delete("default")
        vacuum()


def _change(row: ProductRow) -> ProductRow:
    price = 10_000 + (row.discounted_price + 310) % 80_000
    changed = msgspec.structs.replace(row, discounted_price=price, stock=(row.stock + 1) % 1_000)
    return msgspec.structs.replace(changed, content_hash=hash_row(changed))


def vacuum() -> None:
    """Clear away dead rows as the server's own vacuum does in use, so that a round does not pay for those before it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM catalog_product, catalog_priceobservation, catalog_productsearch")


def fill_table(lanes: Iterable[Lane], table_rows: int, *, are_new: bool) -> None:
    """Make the products table hold so many rows: those of the lanes, unless these are to be new, and a store's to fill it."""
    PriceObservation.objects.all()._raw_delete("default")
    ProductSearch.objects.all()._raw_delete("default")
    Product.objects.all()._raw_delete("default")
    for lane in lanes:
        if not are_new:
            write_by_service(lane.store, lane.rows)
    filler = make_rows(max(table_rows - Product.objects.count(), 0))
    for batch in batch_rows(filler, FILLED_AT_ONCE):
        write_products_table(get_or_create_store(code="filler", name="filler"), batch)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


@dataclass
class Limit:
    """The quickest that the database takes the same values: binary COPY or executemany, and nothing is read or compared."""

    table: str
    about: str
    rows: Sequence[ProductRow]

    @cached_property
    def stamps(self) -> Stamps:
        """Whose rows they are, in which category."""
        store = get_or_create_store(code="limit", name="limit")
        return Stamps(store.pk, ensure_categories([self.rows[0].category]), REVISION, OBSERVED_AT)

    def write(self) -> None:
        """Write the rows in one transaction."""
        names, numbered = ", ".join(COLUMNS), list(enumerate(self.rows, FIRST_ID))
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                values = iter_values(numbered, self.stamps, postgres.FORM)
                types = postgres.list_types(Product, COLUMNS)
                copy_rows(cursor, f"COPY {self.table} ({names}) FROM STDIN (FORMAT BINARY)", values, types)
            else:
                marks = ", ".join(["%s"] * len(COLUMNS))
                adapted: Any = list(iter_values(numbered, self.stamps, sqlite.FORM))
                cursor.executemany(f"INSERT INTO {self.table} ({names}) VALUES ({marks})", adapted)  # noqa: S608

    def take_back(self) -> None:
        """Take the rows out again."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table} WHERE store_id = %s", [self.stamps.store_id])  # noqa: S608
            if connection.vendor == "postgresql":
                cursor.execute(f"VACUUM {self.table}")


LIMITS = {
    "limit_full": "equal table",
    "limit_keyed": "equal but empty",
    "limit_indexed": "empty, references unchecked",
    "limit_bare": "bare table",
}
"""Tables of the products' columns, by what they have; SQLite keeps the check of references with the table."""


def list_limits(rows: Sequence[ProductRow]) -> list[Limit]:
    """The limits that the database has, the nearest to the products table first; they need `make_limit_tables`."""
    tables = {**LIMITS}
    if connection.vendor == "sqlite":
        del tables["limit_indexed"]
    return [Limit(table, about, rows) for table, about in tables.items()]


def make_limit_tables() -> None:
    """Make the tables of `list_limits` anew; the equal one holds what the products table holds now."""
    with connection.cursor() as cursor:
        for table in LIMITS:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        if connection.vendor == "sqlite":
            _copy_sqlite_tables(cursor)
        else:
            _copy_postgres_tables(cursor)
        cursor.execute("INSERT INTO limit_full SELECT * FROM catalog_product")
        cursor.execute("VACUUM ANALYZE limit_full" if connection.vendor == "postgresql" else "ANALYZE")


def _copy_postgres_tables(cursor: CursorWrapper) -> None:
    cursor.execute("CREATE TABLE limit_bare (LIKE catalog_product INCLUDING DEFAULTS)")
    for table in ("limit_full", "limit_keyed", "limit_indexed"):
        cursor.execute(f"CREATE TABLE {table} (LIKE catalog_product INCLUDING ALL)")
    for table in ("limit_full", "limit_keyed"):
        cursor.execute(
            f"CREATE TRIGGER {table}_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh"
            " FOR EACH STATEMENT EXECUTE FUNCTION catalog_check_inserted_products()"
        )


def _copy_sqlite_tables(cursor: CursorWrapper) -> None:
    cursor.execute("CREATE TABLE limit_bare AS SELECT * FROM catalog_product WHERE 0")
    cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'catalog_product' AND sql <> '' ORDER BY type DESC")
    for (statement,) in cursor.fetchall():
        for table in ("limit_full", "limit_keyed"):
            renamed = statement.replace("catalog_product", table).replace('INDEX "', f'INDEX "{table}_')
            cursor.execute(renamed)
