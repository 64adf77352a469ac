"""What the catalogue answers. Facts are frozen copies: nothing that reads them can write the SSOT by accident."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.conf import settings
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone

from products.catalog.among import among_numbers, among_words
from products.catalog.models import (
    CatalogueRevision,
    CatalogueScan,
    Placement,
    PriceObservation,
    Product,
    ProductStatus,
    ScanException,
    Store,
)

_SALE = str(ProductStatus.SALE)  # a look-up in the enumeration takes as long as the rest of `is_sellable`
ProductKey = tuple[str, int]
"""A product as the world outside names it: its store's code and its origin product number."""


class ComparedFacts(msgspec.Struct, frozen=True, gc=False):
    """What a table that compares products needs of one, as the catalogue has it now: thousands are read at once.

    Prices in whole won; `price_checked_at` aware, None if never confirmed.
    """

    id: int
    store_code: str
    origin_product_no: int
    sku: str
    name: str
    brand: str
    category_path: str
    status: str
    price: int
    discounted_price: int
    benefits: dict[str, Any]
    stock: int
    attributes: dict[str, Any]
    revision: int
    price_checked_at: datetime | None

    @property
    def key(self) -> ProductKey:
        """Store code and origin product number, the same in every database."""
        return (self.store_code, self.origin_product_no)

    @property
    def is_sellable(self) -> bool:
        """On sale and in stock."""
        return self.stock > 0 and self.status == _SALE

    @property
    def sale_price(self) -> int:
        """What a buyer pays, in won."""
        return self.discounted_price

    @property
    def discount_percent(self) -> int:
        """The whole percent below the list price, rounded down so that it never promises too much."""
        return (self.price - self.discounted_price) * 100 // self.price


class ProductFacts(ComparedFacts, frozen=True, gc=False):
    """All that the catalogue has of a product now."""

    store_id: int
    seller_code: str
    manufacturer: str
    model_name: str
    category_id: int
    category_name: str
    image_url: str
    description: str
    priority: int
    hold: bool
    channel_product_nos: list[int]
    store_name: str = ""
    discount_ends_at: datetime | None = None

    @property
    def product_url(self) -> str:
        """The product's page in the shop."""
        number = self.channel_product_nos[0] if self.channel_product_nos else self.origin_product_no
        return f"https://smartstore.naver.com/{self.store_code}/products/{number}"


_Facts = TypeVar("_Facts", bound=ComparedFacts)
_DECODED = ("benefits", "attributes", "channel_product_nos")
_DECODER = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class MatchRow:
    """What matching reads of a product."""

    id: int
    origin_product_no: int
    sku: str
    name: str
    brand: str
    model_name: str
    category_id: int
    category_name: str
    attributes: str
    description: str
    priority: int
    is_sellable: bool
    revision: int


def with_price_check(products: QuerySet[Product]) -> QuerySet[Product]:
    """Annotate `price_checked_at`: the newest complete scan of the product's store that did confirm it.

    A product that a complete scan lists is confirmed by that scan without a write of its own row; only the products
    that a scan did not confirm have an exception.
    """
    refused = ScanException.objects.filter(scan=OuterRef("pk"), product=OuterRef(OuterRef("pk")))
    scans = CatalogueScan.objects.filter(store=OuterRef("store"), is_complete=True).exclude(Exists(refused))
    newest = scans.order_by("-scanned_at").values("scanned_at")[:1]
    gone = When(status=ProductStatus.DELETE, then=None)
    return products.annotate(price_checked_at=Case(gone, default=Subquery(newest), output_field=DateTimeField()))


def read_facts(products: QuerySet[Product]) -> list[ProductFacts]:
    """The facts of these products, in their order, in one query."""
    return _read_as(ProductFacts, products)


def read_compared(products: QuerySet[Product]) -> list[ComparedFacts]:
    """What tables need of these products, in their order, in one query."""
    return _read_as(ComparedFacts, products)


def _read_as(kind: type[_Facts], products: QuerySet[Product]) -> list[_Facts]:
    named = with_price_check(products).annotate(
        category_name=F("category__name"),
        category_path=F("category__path"),
        store_code=F("store__code"),
        store_name=F("store__name"),
        **{f"{name}_text": Cast(name, TextField()) for name in _DECODED},
    )
    # As text, and decoded here: Django's own decoder took a fifth of the time of a renewal of tables.
    fields = kind.__struct_fields__
    places = [place for place, name in enumerate(fields) if name in _DECODED]
    rows: QuerySet[Product, Any] = named.values_list(*(f"{name}_text" if name in _DECODED else name for name in fields))
    found = []
    for row in rows:
        values = list(row)
        for place in places:
            values[place] = _DECODER.decode(values[place])
        found.append(kind(*values))
    return found


def get_facts_by_sku(skus: Iterable[str]) -> dict[str, ProductFacts]:
    """{sku: facts} of those that exist and are not deleted. Where stores share a SKU, it means the oldest store's product."""
    return {facts.sku: facts for facts in read_facts(_select_skus(skus))}


def get_compared_by_sku(skus: Iterable[str]) -> dict[str, ComparedFacts]:
    """As `get_facts_by_sku`, with what tables need alone."""
    return {facts.sku: facts for facts in read_compared(_select_skus(skus))}


def _select_skus(skus: Iterable[str]) -> QuerySet[Product]:
    """Those not deleted, the oldest store's last."""
    living = Product.objects.filter(among_words(Product, "sku", skus)).exclude(status=ProductStatus.DELETE)
    return living.order_by("-store_id")


def get_facts_by_id(ids: Iterable[int]) -> dict[int, ProductFacts]:
    """{product id: facts} of those that exist."""
    return {facts.id: facts for facts in read_facts(Product.objects.filter(id__in=list(ids)))}


def get_facts_by_key(keys: Iterable[ProductKey]) -> dict[ProductKey, ProductFacts]:
    """{(store code, origin product number): facts} of those that exist and are not deleted."""
    wanted = set(keys)
    numbers, codes = {number for _code, number in wanted}, {code for code, _number in wanted}
    named = Product.objects.filter(origin_product_no__in=numbers, store__code__in=codes)
    found = {facts.key: facts for facts in read_facts(named.exclude(status=ProductStatus.DELETE))}
    return {key: facts for key, facts in found.items() if key in wanted}


def list_category_best(category_id: int, limit: int) -> list[ProductFacts]:
    """The category's sellable products that nobody holds back, the favourites first, then by origin number and store."""
    sellable = Product.objects.filter(category_id=category_id, status=ProductStatus.SALE, stock__gt=0, hold=False)
    return read_facts(sellable.order_by("-priority", "origin_product_no", "store_id")[:limit])


def select_moved(*, product_id: OuterRef, revision: OuterRef) -> QuerySet[Product]:
    """For an outer query: the product of this key, when it was written since this revision."""
    return Product.objects.filter(pk=product_id).exclude(revision=revision)


def read_homes(product_ids: Iterable[int]) -> set[tuple[str, str]]:
    """The (category path, brand) pairs of these products."""
    named = Product.objects.filter(among_numbers(Product, "id", product_ids))
    return set(named.order_by().values_list("category__path", "brand").distinct())


def iter_match_rows() -> Iterator[MatchRow]:
    """Every living product that nobody holds back, by store and origin number: of equal SKUs the oldest store's first."""
    joined = ("category_name", "attributes", "is_sellable")
    fields = [name for name in MatchRow.__dataclass_fields__ if name not in joined]
    living = Product.objects.filter(hold=False).exclude(status=ProductStatus.DELETE)
    living = living.order_by("store_id", "origin_product_no")
    rows = living.values_list(*fields, "category__name", "attributes", "status", "stock")
    for *values, category_name, attributes, status, stock in rows.iterator(chunk_size=5_000):
        yield MatchRow(
            **dict(zip(fields, values, strict=True)),
            category_name=category_name,
            attributes=" ".join(map(str, attributes.values())),
            is_sellable=status == ProductStatus.SALE and stock > 0,
        )


def latest_revision() -> int:
    """The newest catalogue revision; 0 before the first change."""
    return CatalogueRevision.objects.aggregate(number=Max("number"))["number"] or 0


def latest_version() -> int:
    """A number that grows with every committed write of products; 0 before the first.

    Finer than a revision, which all batches of a sync run share: as long as it stands, so does every product.
    """
    return Store.objects.aggregate(number=Sum("writes"))["number"] or 0


def latest_wording() -> int:
    """A number that grows with every committed write after which a search may find other products; 0 before the first."""
    return Store.objects.aggregate(number=Sum("rewordings"))["number"] or 0


def list_content_ids_showing(product_ids: Iterable[int]) -> list[int]:
    """The posts that show any of these products live."""
    shown = Placement.objects.filter(among_numbers(Placement, "product", product_ids), is_live=True)
    return list(shown.values_list("content_id", flat=True).distinct().order_by("content_id"))


class Standing(NamedTuple):
    """What decides whether a product of a list is worth a call, and how soon. Prices in won."""

    summary_hash: str
    price: int
    discounted_price: int
    priority: int
    is_shown: bool


def read_standings(*, store_id: int) -> dict[int, Standing]:
    """{origin product number: standing} of all products of a store, deleted ones included."""
    shown = Exists(Placement.objects.filter(product=OuterRef("pk"), is_live=True))
    own = ("summary_hash", "price", "discounted_price", "priority", "is_shown")
    rows = Product.objects.filter(store_id=store_id).annotate(is_shown=shown).values_list("origin_product_no", *own)
    return {number: Standing(*values) for number, *values in rows.iterator(chunk_size=5_000)}


def read_ids(*, store_id: int, origin_product_nos: Iterable[int]) -> dict[int, int]:
    """{origin product number: product id} of those that the store has or had."""
    rows = Product.objects.filter(store_id=store_id, origin_product_no__in=list(origin_product_nos))
    return dict(rows.values_list("origin_product_no", "id"))


def read_living_ids(*, store_id: int) -> dict[int, int]:
    """{origin product number: product id} of the store's products that are not deleted."""
    living = Product.objects.filter(store_id=store_id).exclude(status=ProductStatus.DELETE)
    return dict(living.values_list("origin_product_no", "id"))


def price_check_times(product_ids: Iterable[int]) -> dict[int, datetime | None]:
    """{product id: when its price was last confirmed}."""
    found = with_price_check(Product.objects.filter(id__in=list(product_ids)))
    rows: QuerySet[Product, Any] = found.values_list("id", "price_checked_at")  # type: ignore[misc]
    return dict(rows)


class PriceRow(NamedTuple):
    """What a product cost from a moment on, in won."""

    product_id: int
    observed_at: datetime
    price: int
    discounted_price: int


def select_shown_by(content_id: Any) -> QuerySet[Any, Any]:
    """The products that a post shows live, the price that was confirmed longest ago (or never) first.

    content_id: a number, or a reference of an outer query.
    """
    shown = Product.objects.filter(placements__content_id=content_id, placements__is_live=True)
    return with_price_check(shown).order_by(F("price_checked_at").asc(nulls_first=True), "pk")


def list_shown_unchecked_since(limit: datetime) -> set[tuple[int, str]]:
    """(post, SKU) of each product that a post shows live and whose price was last confirmed before this moment."""
    shown = Placement.objects.filter(is_live=True).order_by().values("product")
    old = with_price_check(Product.objects.filter(pk__in=shown)).filter(price_checked_at__lt=limit)  # type: ignore[misc]
    rows = Placement.objects.filter(is_live=True, product__in=old.order_by().values("pk"))
    return set(rows.order_by().values_list("content_id", "product__sku"))


def list_price_points(product_ids: Iterable[int]) -> list[PriceRow]:
    """The price history of these products, each one's oldest first."""
    rows = PriceObservation.objects.filter(product__in=list(product_ids)).order_by("product_id", "revision")
    return [PriceRow(*values) for values in rows.values_list("product_id", "observed_at", "price", "discounted_price")]


def is_unconfirmed(*, hours: int | None = None, now: datetime | None = None) -> Q:
    """The condition on products that no complete scan of so many hours before now confirmed; None: PRICE_STALE_HOURS.

    Each has an exception in every such scan of its store. Asked by the few exceptions rather than by
    `with_price_check` of every product: 12 instead of 209 ms among 20,000.
    """
    since = (now or timezone.now()) - timedelta(hours=settings.PRICE_STALE_HOURS if hours is None else hours)
    recent = CatalogueScan.objects.filter(is_complete=True, scanned_at__gte=since)
    of_store = recent.filter(store=OuterRef("product__store")).order_by().values("store")
    held = ScanException.objects.filter(scan__in=recent).order_by().values("product").annotate(times=Count("id"))
    unconfirmed = held.filter(times=Subquery(of_store.annotate(scans=Count("id")).values("scans")))
    unread = Store.objects.exclude(pk__in=recent.values("store"))
    of_unread = Product.objects.filter(store__in=unread.values("pk"))
    # Two look-ups joined by their keys: with an OR, the query would have to look at every product.
    return Q(pk__in=of_unread.order_by().values("pk").union(unconfirmed.values("product")))


def select_shelves(*, now: datetime) -> QuerySet[Placement, Any]:
    """(content_id, placements, stale_placements): how many products each post shows live, and how many of them are not right.

    A product is right while it can be bought and its price was confirmed within PRICE_STALE_HOURS before now.
    """
    sellable = Q(status=ProductStatus.SALE, stock__gt=0)
    wrong = Product.objects.filter(is_unconfirmed(now=now) | ~sellable).order_by().values("pk")
    shown = Placement.objects.filter(is_live=True).order_by().values("content_id")
    return shown.annotate(placements=Count("id"), stale_placements=Count("id", filter=Q(product__in=wrong)))


def select_stale(*, hours: int | None = None) -> QuerySet[Product]:
    """Products on sale whose price nobody has confirmed for so many hours; None: PRICE_STALE_HOURS."""
    return Product.objects.filter(is_unconfirmed(hours=hours), status=ProductStatus.SALE)


def count_stale_prices() -> int:
    """How many products on sale have a price that nobody has confirmed for PRICE_STALE_HOURS."""
    return select_stale().count()


def count_products() -> int:
    """How many products the catalogue holds, deleted ones left out."""
    return Product.objects.exclude(status=ProductStatus.DELETE).count()


def count_posts_showing() -> int:
    """How many posts show a product live."""
    return Placement.objects.filter(is_live=True).values("content_id").distinct().count()


def select_posts_with_stale_prices(*, hours: int | None = None) -> QuerySet[Placement, Any]:
    """The posts that live show a product of `select_stale`, once each, as rows of `content_id`."""
    shown = Placement.objects.filter(is_live=True, product__in=select_stale(hours=hours).values("pk"))
    return shown.order_by().values("content_id").distinct()
