"""Products by their place instead of their number, so that one plan fits every catalogue."""

from collections.abc import Mapping
from typing import Any

from products.storesync.simulator.derivation import draw_number
from products.storesync.simulator.shelf import Product

COPIED_KEYS = ("categoryId", "wholeCategoryName", "brandName", "manufacturerName", "salePrice", "description")


class MutationError(ValueError):
    """An edit that cannot be made; the Korean message names the key and the fix."""


def pick_product(products: Mapping[int, Product], place: Any, *, seed: int) -> int:
    """Return the number of the n-th product (from 1) in an order that depends on the seed; raises MutationError."""
    if not isinstance(place, int) or not 0 < place <= len(products):
        raise MutationError(f"pick: 1에서 {len(products)} 사이의 정수여야 합니다.")
    return sorted(products, key=lambda number: draw_number(seed, number, "pick", 2**62))[place - 1]


def pick_end(products: Mapping[int, Product], plan: Mapping[str, Any]) -> list[int]:
    """Return the first or last `count` numbers of the list in the order NO; raises MutationError."""
    count, is_start = _read_end(plan)
    if count >= len(products):
        raise MutationError(f"count: {len(products) - 1} 이하여야 합니다.")
    return sorted(products, reverse=is_start)[:count]


def make_rows(products: Mapping[int, Product], plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return `count` new rows whose numbers stand before or after all others in the order NO; raises MutationError."""
    count, is_start = _read_end(plan)
    nearest = max(products) if is_start else min(products)
    model = products[nearest].row
    kept = {key: model[key] for key in COPIED_KEYS if key in model}
    numbers = [nearest + step if is_start else nearest - step for step in range(1, count + 1)]
    if min(numbers) < 1:
        raise MutationError("add: 목록 끝에 쓸 번호가 없습니다. at을 start로 바꿔 주세요.")
    return [kept | {"originProductNo": number, "name": f"새 상품 {number}"} for number in numbers]


def _read_end(plan: Mapping[str, Any]) -> tuple[int, bool]:
    count, place = plan.get("count", 1), plan.get("at", "start")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1 or place not in {"start", "end"}:
        raise MutationError("count는 1 이상의 정수, at은 start 또는 end여야 합니다.")
    return count, place == "start"
