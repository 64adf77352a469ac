"""Seller's codes: which of them may serve as SKU, and the findings about those that may not.

A code is a SKU where exactly one product of the store carries it and it is no other product's origin number.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.db import transaction
from django.db.models import Case, CharField, Count, F, Q, QuerySet, When
from django.db.models.functions import Cast
from django.utils import timezone

from products.catalog.models import CatalogueFinding, Product, ProductStatus
from products.catalog.services import count_write
from products.catalog.storelock import enter_store
from products.upsert.ports import ProductChange, refresh_port

SKU_LENGTH = 40
CODE_DIGITS = 18
CODES_PER_QUERY = 10_000


def _living(store_id: int) -> QuerySet[Product]:
    return Product.objects.filter(store_id=store_id).exclude(status=ProductStatus.DELETE)


def choose_skus(*, store_id: int, codes: Mapping[int, str]) -> dict[int, str]:
    """{origin product number: SKU} of some products of a store, all others of it taken into account.

    codes: {origin product number: seller's code, "" for none}. The code is the SKU where one living product alone
    carries it, it is at most 40 characters long and it is no other product's number; otherwise the number is.
    """
    wanted = set(codes.values()) - {""}
    held = Counter(codes.values()) + Counter(_iter_codes_of_others(store_id, codes, sorted(wanted)))
    digits = sorted(int(code) for code in wanted if code.isascii() and code.isdigit() and len(code) <= CODE_DIGITS)
    numbers = {str(number) for number in (*codes, *_iter_known_numbers(store_id, digits))}

    def is_usable(number: int, code: str) -> bool:
        is_own = code not in numbers or code == str(number)
        return bool(code) and len(code) <= SKU_LENGTH and held[code] == 1 and is_own

    return {number: code if is_usable(number, code) else str(number) for number, code in codes.items()}


def _iter_codes_of_others(store_id: int, own: Mapping[int, str], wanted: Sequence[str]) -> Iterator[str]:
    """The seller's code, among those wanted, of each living product that is none of `own`."""
    for start in range(0, len(wanted), CODES_PER_QUERY):
        carriers = _living(store_id).filter(seller_code__in=wanted[start : start + CODES_PER_QUERY])
        for number, code in carriers.values_list("origin_product_no", "seller_code"):
            if number not in own:
                yield code


def _iter_known_numbers(store_id: int, wanted: Sequence[int]) -> Iterator[int]:
    """Those of the numbers that are origin numbers of products that the store has or had."""
    known = Product.objects.filter(store_id=store_id)
    for start in range(0, len(wanted), CODES_PER_QUERY):
        among = known.filter(origin_product_no__in=wanted[start : start + CODES_PER_QUERY])
        yield from among.values_list("origin_product_no", flat=True)


def _list_shared_codes(store_id: int) -> dict[str, int]:
    """{seller's code: how many living products carry it}, for those that more than one carries."""
    rows = _living(store_id).exclude(seller_code="").values("seller_code").annotate(held=Count("id"))
    return dict(rows.filter(held__gt=1).values_list("seller_code", "held"))


def _list_number_clashes(store_id: int) -> list[str]:
    """Codes that look like an origin number and are one, of another product."""
    digits = _living(store_id).filter(seller_code__regex=r"^[0-9]{1,18}$")
    codes = dict(digits.values_list("seller_code", "origin_product_no"))
    taken = Product.objects.filter(store_id=store_id, origin_product_no__in=[int(code) for code in codes])
    numbers = {str(number) for number in taken.values_list("origin_product_no", flat=True)}
    return [code for code, own in codes.items() if code in numbers and code != str(own)]


def _select_wrong(store_id: int, unusable: Sequence[str]) -> QuerySet[Product]:
    by_number = Cast(F("origin_product_no"), CharField())
    right = Case(When(Q(seller_code="") | Q(seller_code__in=unusable), then=by_number), default=F("seller_code"))
    return _living(store_id).annotate(right_sku=right).exclude(sku=F("right_sku"))


def resolve_skus(*, store_id: int, revision: Callable[[], int]) -> int:
    """Give each living product the SKU that its code allows now; returns how many SKUs changed.

    The upsert writes right SKUs already; this mends the products that only *another* product's code has affected.
    """
    with transaction.atomic():
        enter_store(store_id)
        unusable = [*_list_shared_codes(store_id), *_list_number_clashes(store_id)]
        wrong = list(_select_wrong(store_id, unusable))
        if not wrong:
            return 0
        number, now = revision(), timezone.now()
        for product in wrong:
            product.sku, product.revision, product.updated_at = str(product.origin_product_no), number, now
        # First all back to their own numbers, so that codes may change hands without meeting each other.
        Product.objects.bulk_update(wrong, ["sku", "revision", "updated_at"])
        gaining = [product for product in wrong if product.seller_code and product.seller_code not in unusable]
        for product in gaining:
            product.sku = product.seller_code
        Product.objects.bulk_update(gaining, ["sku"])
        announce(wrong, revision=number)
        count_write(store_id=store_id)
    return len(wrong)


def announce(products: Sequence[Product], *, revision: int) -> int:
    """Queue the posts that show these products; returns how many entries were added."""
    changes = [
        ProductChange(product.pk, product.origin_product_no, product.sku, is_new=False, is_price_moved=False)
        for product in products
    ]
    return refresh_port.call(changes=changes, revision=revision)


@transaction.atomic
def record_findings(*, store_id: int) -> int:
    """Keep one finding for each seller's code that several products carry; mended ones go. Returns how many stand."""
    shared = _list_shared_codes(store_id)
    kept = CatalogueFinding.objects.filter(store_id=store_id, kind="duplicate_code")
    kept.exclude(key__in=shared).delete()
    numbers: dict[str, list[int]] = {}
    carriers = _living(store_id).filter(seller_code__in=shared).order_by("origin_product_no")
    for code, number in carriers.values_list("seller_code", "origin_product_no"):
        numbers.setdefault(code, []).append(number)
    rows = [
        CatalogueFinding(store_id=store_id, kind="duplicate_code", key=code, detail={"origin_product_nos": held})
        for code, held in numbers.items()
    ]
    CatalogueFinding.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["store", "kind", "key"], update_fields=["detail"]
    )
    return len(rows)
