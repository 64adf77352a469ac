"""What a product's page shows below its facts: prices over time, the posts that show it, and who changed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from perfhooks.desk import ago, won
from products.catalog.benefits import describe_benefits
from products.catalog.models import Placement, PriceObservation, Product
from products.catalog.pricechart import PriceChart, PricePoint, draw_price_chart
from products.catalog.productchanges import ChangeRow, list_changes
from products.catalog.readiness import Requirement, list_missing

OBSERVATIONS_SHOWN = 50
PLACEMENTS_SHOWN = 50
DESCRIPTION_SHOWN = 600


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with its name. is_code: a number or fingerprint, for eyes that compare letters; is_wide: a long text."""

    label: str
    text: str
    is_code: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line of the price history, ready to be read."""

    observed: SafeString
    price: SafeString
    sale: SafeString
    benefits: str
    revision: int


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post that shows the product, and the price that it shows.

    shown_since: since when it stood so, None if it never was seen; passed: since when the catalogue has another, None while
    it is current or unknown.
    """

    content_id: int
    revision_shown: int
    is_live: bool
    is_behind: bool
    price: SafeString
    shown_since: SafeString | None
    passed: SafeString | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The parts of the page, each cut to its newest rows. chart is None before the first price was seen.

    missing: what the product lacks before a post may show it.
    """

    missing: list[Requirement]
    price: SafeString
    sale: SafeString
    price_checked: SafeString
    facts: list[Fact]
    records: list[Fact]
    prices: list[PriceRow]
    chart: PriceChart | None
    posts: list[PostRow]
    changes: list[ChangeRow]


def read_product_page(product: Product) -> ProductPage:
    """Read it in five queries, whatever there is. product: with its price check (`selectors.with_price_check`)."""
    seen = list(product.observations.order_by("-observed_at", "-id")[:OBSERVATIONS_SHOWN])
    points = [PricePoint(row.observed_at, row.price, row.discounted_price) for row in reversed(seen)]
    placements = with_shown_price(product.placements.order_by("-is_live", "content_id"))[:PLACEMENTS_SHOWN]
    return ProductPage(
        missing=list_missing(product),
        price=won(product.price),
        sale=won(product.discounted_price),
        facts=_list_facts(product),
        records=_list_records(product),
        price_checked=ago(product.price_checked_at),  # type: ignore[attr-defined]  # annotated
        prices=[_show_price(row) for row in seen],
        chart=draw_price_chart(points, timezone.now()),
        posts=[_show_post(row, product.revision) for row in placements],
        changes=list_changes(product),
    )


def _list_facts(product: Product) -> list[Fact]:
    """What the store says of it."""
    return [
        Fact("SKU", product.sku, is_code=True),
        Fact("판매자 상품 코드", product.seller_code, is_code=True),
        Fact("원상품 번호", str(product.origin_product_no), is_code=True),
        Fact("채널 상품 번호", ", ".join(map(str, product.channel_product_nos)), is_code=True),
        Fact("바코드", product.barcode, is_code=True),
        Fact("스토어", product.store.name),
        Fact("카테고리", product.category.path.replace(">", " › ")),
        Fact("브랜드", product.brand),
        Fact("제조사", product.manufacturer),
        Fact("모델명", product.model_name),
        Fact("재고", f"{product.stock:,}"),
        Fact("할인 기간", _show_discount_term(product)),
        Fact("혜택", describe_benefits(product.benefits)),
        Fact("대표 이미지", product.image_url, is_code=True, is_wide=True),
        Fact("속성", ", ".join(f"{name} {value}" for name, value in product.attributes.items()), is_wide=True),
        Fact("설명", Truncator(product.description).chars(DESCRIPTION_SHOWN), is_wide=True),
    ]


def _list_records(product: Product) -> list[Fact]:
    """What the ledger keeps of it."""
    return [
        Fact("리비전", f"{product.revision:,}"),
        Fact("편집 버전", f"{product.version:,}"),
        Fact("스토어에서 고친 시각", _show_time(product.source_modified_at)),
        Fact("원장에 기록한 시각", _show_time(product.updated_at)),
        Fact("내용 지문", product.content_hash, is_code=True),
        Fact("목록 지문", product.summary_hash, is_code=True),
    ]


def _show_time(when: datetime | None) -> str:
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S}" if when else ""


def _show_discount_term(product: Product) -> str:
    ends = [_show_time(product.discount_starts_at), _show_time(product.discount_ends_at)]
    return " ~ ".join(ends) if any(ends) else ""


def _show_price(row: PriceObservation) -> PriceRow:
    return PriceRow(
        observed=ago(row.observed_at),
        price=won(row.price),
        sale=won(row.discounted_price),
        benefits=describe_benefits(row.benefits),
        revision=row.revision,
    )


def with_shown_price(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """Annotate the price that each post shows, when it was first seen, and when another took its place.

    `shown_price`, in won: of the newest observation up to the revision shown. `shown_since`: from when on it stood
    unbroken up to there. `passed_at`: when the catalogue left it for good, None while it is the newest price. Benefits
    may change meanwhile. All three are None for a post from before the first observation.
    """
    seen = PriceObservation.objects.filter(product=OuterRef("product"))
    until_shown = seen.filter(revision__lte=OuterRef("revision_shown"))
    newest = until_shown.order_by("-revision")
    placements = placements.annotate(shown_price=Subquery(newest.values("discounted_price")[:1]))
    before = newest.exclude(discounted_price=OuterRef("shown_price"))
    last = seen.filter(discounted_price=OuterRef("shown_price")).order_by("-revision")
    placements = placements.annotate(
        before_revision=Coalesce(Subquery(before.values("revision")[:1]), Value(-1)),
        last_revision=Subquery(last.values("revision")[:1]),
    )
    run = until_shown.filter(revision__gt=OuterRef("before_revision")).order_by("revision")
    later = seen.filter(revision__gt=OuterRef("last_revision")).order_by("revision")
    return placements.annotate(
        shown_since=Subquery(run.values("observed_at")[:1]), passed_at=Subquery(later.values("observed_at")[:1])
    )


def _show_post(row: Any, revision: int) -> PostRow:
    return PostRow(
        content_id=row.content_id,
        revision_shown=row.revision_shown,
        is_live=row.is_live,
        is_behind=row.revision_shown < revision,
        price=won(row.shown_price),
        shown_since=ago(row.shown_since) if row.shown_since else None,
        passed=ago(row.passed_at) if row.passed_at else None,
    )
