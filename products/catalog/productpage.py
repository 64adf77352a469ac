"""What a product's page shows below its facts: prices over time, the posts that show it, and who changed it."""

from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.safestring import SafeString

from perfhooks.desk import ago, won
from products.catalog.models import Placement, PriceObservation, Product
from products.catalog.pricechart import PriceChart, PricePoint, draw_price_chart
from products.catalog.selectors import price_check_times

OBSERVATIONS_SHOWN = 50
PLACEMENTS_SHOWN = 50
CHANGES_SHOWN = 20


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
    """A post that shows the product. is_behind: as it was at an older revision than the product's."""

    content_id: int
    revision_shown: int
    is_live: bool
    is_behind: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One edit by a person."""

    when: SafeString
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    """The parts of the page, each cut to its newest rows. chart is None before the first price was seen."""

    price: SafeString
    sale: SafeString
    price_checked: SafeString
    prices: list[PriceRow]
    chart: PriceChart | None
    posts: list[PostRow]
    changes: list[ChangeRow]


def read_product_page(product: Product) -> ProductPage:
    """Read it in four queries, whatever there is."""
    seen = list(product.observations.order_by("-observed_at", "-id")[:OBSERVATIONS_SHOWN])
    points = [PricePoint(row.observed_at, row.price, row.discounted_price) for row in reversed(seen)]
    placements = product.placements.order_by("-is_live", "content_id")[:PLACEMENTS_SHOWN]
    return ProductPage(
        price=won(product.price),
        sale=won(product.discounted_price),
        price_checked=ago(price_check_times([product.pk]).get(product.pk)),
        prices=[_show_price(row) for row in seen],
        chart=draw_price_chart(points, timezone.now()),
        posts=[_show_post(row, product.revision) for row in placements],
        changes=_list_changes(product),
    )


def format_benefits(benefits: dict[str, object]) -> str:
    """The store's benefits, one after another."""
    return ", ".join(f"{name} {value}" for name, value in benefits.items())


def _show_price(row: PriceObservation) -> PriceRow:
    return PriceRow(
        observed=ago(row.observed_at),
        price=won(row.price),
        sale=won(row.discounted_price),
        benefits=format_benefits(row.benefits),
        revision=row.revision,
    )


def _show_post(row: Placement, revision: int) -> PostRow:
    return PostRow(row.content_id, row.revision_shown, row.is_live, is_behind=row.revision_shown < revision)


def _list_changes(product: Product) -> list[ChangeRow]:
    own = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Product), object_id=str(product.pk)
    ).select_related("user")
    newest = own.order_by("-action_time")[:CHANGES_SHOWN]
    return [ChangeRow(ago(row.action_time), row.user.get_username(), row.get_change_message()) for row in newest]
