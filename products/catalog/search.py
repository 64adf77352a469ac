"""Finding products: the one search that the admin and the API share."""

from collections.abc import Callable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from perfhooks.keypages import COUNTED_ROWS
from products.catalog.models import Product, ProductSearch, Store
from products.catalog.wordindex import holds_words, normalise, select_matching

NUMBER_DIGITS = 18
"""A number of more digits is no key of ours, and may be too large for the database."""
SEARCH_LENGTH = 200
"""Each word costs a condition; SQLite takes no more than a thousand of them."""
SEARCH_HELP = (
    "SKU·판매자 코드·원상품 번호는 전체가 같은 것을, 상품명·브랜드·모델명은 모든 낱말이 들어 있는 것을 찾습니다."
)
SAME_CODE_LIMIT = 1_000
FEW = COUNTED_ROWS
"""So many matches are sorted quicker than they are met in the order of the list (50 * products / matches rows are read
before a page of 50 is met); more are met soon enough, and are not counted either."""


def search_products(
    products: QuerySet[Product], text: str, *, within: Mapping[str, object] | None = None, is_all: bool = False
) -> QuerySet[Product]:
    """The products whose SKU, seller's code or origin number is `text`, or whose text holds every word of it.

    within: filters that `products` has already, of those that the word index knows ({"status": "SALE"}): they narrow the
    look-up itself. is_all: it has no others. The result's `known_count` is how many there are, one more than COUNTED_ROWS for
    more than those, or what counts them so; None where the result counts itself as well.
    """
    wanted = text.strip()
    words = list(dict.fromkeys(filter(None, map(normalise, wanted.split()))))
    if not words:
        return products if not wanted else products.none()
    if len(wanted) > SEARCH_LENGTH or "\0" in wanted:
        return products.none()
    within = within or {}
    matching = select_matching(words, within)
    by_code = _find_by_code(wanted)
    keys = list(matching.values_list("product_id", flat=True)[: FEW + 1]) if by_code else []
    is_counted = by_code and len(keys) <= FEW
    matched = len(keys) if is_counted else matching.values("product_id")[: FEW + 1].count()
    count: int | Callable[[], int] | None
    if matched > FEW:
        met = Exists(ProductSearch.objects.filter(holds_words(words), product_id=OuterRef("pk")))
        found = products.filter(Q(pk__in=by_code) | met if by_code else met)
        rest = products.order_by().filter(pk__in=matching.values("product_id")).values("pk")
        count = matched if is_all else rest[: COUNTED_ROWS + 1].count
    elif by_code:
        chosen = {*by_code, *keys}
        found = products.filter(pk__in=chosen)
        count = len(chosen) if is_all and not within else None
    else:
        # The limit keeps the look-up apart: the planner cannot turn it into a walk through all products.
        found = products.filter(pk__in=matching.values("product_id")[:FEW])
        count = matched if is_all else None
    found.known_count = count  # type: ignore[attr-defined]
    return found


def _find_by_code(wanted: str) -> list[int]:
    """The products that go by exactly this code, each look-up by an index of its own."""
    found = [Product.objects.filter(sku=wanted), Product.objects.filter(seller_code=wanted)]
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= NUMBER_DIGITS:
        found.append(Product.objects.filter(store__in=Store.objects.all(), origin_product_no=int(wanted)))
    first, *others = (rows.order_by().values_list("pk", flat=True) for rows in found)
    return list(first.union(*others)[:SAME_CODE_LIMIT])
