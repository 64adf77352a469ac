"""Posts, products and pictures for the tests of content, written through the product's own services."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from content.comparison.services import build_table
from content.matching.services import match_post
from content.packages.services import PackageOutcome, build_package
from content.posts.models import Post
from content.posts.services import NewImage, save_post
from content.refresh.services import claim_entries, finish_entry
from products.catalog.models import Product, Store
from products.catalog.services import complete_scan, start_scan
from products.upsert.rows import CategoryRef
from tests.products.factories import make_product_row, make_store, upsert

CHECKED_AT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
"""When the shop of `make_shop` was read in full: 2026-11-22 09:00 in Korea."""
CLEANER = CategoryRef("50000001", "청소기", "디지털/가전>생활가전>청소기")
CUP = CategoryRef("50000002", "머그컵", "생활/건강>주방용품>머그컵")


def make_shop(*products: dict[str, Any]) -> Store:
    """A store with these products (changes to `make_product_row`, `number` among them), all confirmed by one scan."""
    store = make_store()
    change_products(store, *products)
    scan_id = start_scan(store_id=store.pk, scanned_at=CHECKED_AT)
    complete_scan(scan_id=scan_id, listed=len(products), is_complete=True, unconfirmed={})
    return store


def change_products(store: Store, *products: dict[str, Any]) -> None:
    """Upsert these products as a sync would."""
    upsert(store, *(make_product_row(**product) for product in products))


def get_product(number: int) -> Product:
    """The product of this origin number."""
    return Product.objects.get(origin_product_no=number)


def make_post(body: str = "본문입니다.", **changes: Any) -> Post:
    """A ready post; `slug` is its key."""
    values: dict[str, Any] = {"slug": "cleaner-guide", "title": "무선 청소기 추천", "status": "ready"}
    saved = save_post(**{**values, **changes}, body=body)
    return Post.objects.get(pk=saved.post_id)


def process(post: Post) -> PackageOutcome:
    """Match, tabulate and package, as the pipeline does for one entry."""
    match_post(post_id=post.pk)
    build_table(post_id=post.pk)
    return build_package(post_id=post.pk)


def drain(outcome: str = "built") -> None:
    """End everything that waits in this way, without any work."""
    for entry in claim_entries(limit=1_000):
        finish_entry(entry_id=entry.id, outcome=outcome)


def draw_picture(colour: str = "teal", *, kind: str = "JPEG", size: tuple[int, int] = (48, 32)) -> bytes:
    """The bytes of a small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def new_images(*pictures: bytes) -> Sequence[NewImage]:
    """These pictures as images 1, 2 ... of a post."""
    return [NewImage(place, data, f"사진 {place}") for place, data in enumerate(pictures, start=1)]
