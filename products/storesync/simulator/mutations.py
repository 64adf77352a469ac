"""Edits to the products on sale: named values, random ones, additions and deletions, all or none of them."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from products.storesync.simulator import clock, derivation, discounts, picks, rows, shapes
from products.storesync.simulator.picks import MutationError
from products.storesync.simulator.shelf import Product, Store

Row = Mapping[str, Any]
Edit = tuple[Row, Sequence[str], Sequence[str] | None]  # new values, keys to leave out, shapes (None: as they are)
PLAN_KEYS = frozenset({"products", "random", "add", "delete", "touch"})
DEFAULT_FIELDS = ["salePrice", "stockQuantity"]


@dataclass
class Changes:
    """The origin product numbers that an edit touched, each list ascending."""

    changed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)


def mutate_store(store: Store, plan: Mapping[str, Any]) -> Changes:
    """Apply a plan of `products`, `random`, `add` and `delete`; raises MutationError and then changes nothing.

    An edit names its product by `originProductNo`, or by `pick`: the n-th in an order that the seed decides. `add` and
    `delete` take rows and numbers, or `{"count", "at"}` for so many at the start or end of the list by number. A changed product's modifiedDate moves to now unless `touch` is false or the edit sets it itself.
    """
    unknown = sorted(set(plan) - PLAN_KEYS)
    if unknown:
        raise MutationError(f"{', '.join(unknown)}: 없는 항목입니다. {', '.join(sorted(PLAN_KEYS))}만 쓸 수 있습니다.")
    editor = _Editor(store, is_touching=plan.get("touch", True))
    store.replace(lambda products: editor.edit(products, plan))
    return editor.changes


class _Editor:
    """One plan's edits on a copy of the shelf."""

    def __init__(self, store: Store, *, is_touching: bool) -> None:
        self.store = store
        self.is_touching = is_touching
        self.changes = Changes()

    def edit(self, products: dict[int, Product], plan: Mapping[str, Any]) -> None:
        edits = _read_edits(plan.get("products", []), partial(picks.pick_product, products, seed=self.store.seed))
        if "random" in plan:
            edits |= plan_random_edits(products, _expect(plan["random"], dict, "random"))
        for product_no, edit in edits.items():
            products[product_no] = self._apply(_find(products, product_no), edit)
        self._delete(products, plan.get("delete", []))
        self._add(products, plan.get("add", []))
        self.changes.changed = sorted(edits)

    def _apply(self, product: Product, edit: Edit) -> Product:
        row, (values, dropped, shaped) = product.row, edit
        edited = {key: value for key, value in {**row, **values}.items() if key not in dropped}
        if self.is_touching and "modifiedDate" not in values:
            just_after = clock.read_timestamp(row["modifiedDate"]) + datetime.timedelta(milliseconds=1)
            edited["modifiedDate"] = clock.format_timestamp(max(self.store.clock.read_now(), just_after))
        kept = product.shapes if shaped is None else tuple(shaped)
        return self.store.complete(_read_row(edited, f"products {row['originProductNo']}"), kept)

    def _delete(self, products: dict[int, Product], plan: Any) -> None:
        numbers = picks.pick_end(products, plan) if isinstance(plan, dict) else plan
        for product_no in _expect(numbers, list, "delete"):
            _find(products, product_no)
            del products[product_no]
        self.changes.deleted = sorted(numbers)

    def _add(self, products: dict[int, Product], plan: Any) -> None:
        values = picks.make_rows(products, plan) if isinstance(plan, dict) else plan
        for value in _expect(values, list, "add"):
            row = _read_row(value, "add")
            product_no = row["originProductNo"]
            if product_no in products:
                raise MutationError(f"add: 상품 번호 {product_no}은(는) 이미 있습니다. 다른 번호를 쓰세요.")
            products[product_no] = self.store.complete(row)
            self.changes.added.append(product_no)
        self.changes.added.sort()


def _find(products: Mapping[int, Product], product_no: int) -> Product:
    try:
        return products[product_no]
    except (KeyError, TypeError) as error:
        raise MutationError(f"originProductNo: 상품 {product_no}이(가) 없습니다. 번호를 확인해 주세요.") from error


def _read_row(value: Any, place: str) -> dict[str, Any]:
    try:
        return rows.read_row(value)
    except rows.RowError as error:
        raise MutationError(f"{place}: {error}") from error


def _read_edits(entries: Any, pick: Callable[[Any], int]) -> dict[int, Edit]:
    edits: dict[int, Edit] = {}
    for entry in _expect(entries, list, "products"):
        product_no = _expect(entry, dict, "products").get("originProductNo")
        product_no = pick(entry["pick"]) if "pick" in entry else product_no
        values = _expect(entry.get("set", {}), dict, "set")
        dropped = _expect(entry.get("unset", []), list, "unset")
        shaped = _read_shapes(entry.get("shapes"))
        if not isinstance(product_no, int) or not (values or dropped or shaped is not None):
            raise MutationError("products: originProductNo(또는 pick)와 set, unset, shapes 가운데 하나를 보내 주세요.")
        unknown = sorted({*values, *dropped} - (rows.NATIVE_KEYS - {"originProductNo"}))
        if unknown:
            raise MutationError(f"products {product_no}: {', '.join(unknown)}은(는) 바꿀 수 없는 항목입니다.")
        edits[product_no] = (values, dropped, shaped)
    return edits


def _read_shapes(names: Any) -> Sequence[str] | None:
    if names is None or (isinstance(names, list) and set(names) <= set(shapes.SHAPES)):
        return names
    raise MutationError(f"shapes: {', '.join(shapes.SHAPES)}의 목록이어야 합니다.")


def _expect(value: Any, kind: type, key: str) -> Any:
    if isinstance(value, kind):
        return value
    raise MutationError(f"{key}: {kind.__name__} 형식이어야 합니다.")


def plan_random_edits(products: Mapping[int, Product], plan: Mapping[str, Any]) -> dict[int, Edit]:
    """Return edits that give `count` products a new value in every one of `fields`, chosen by `seed` alone."""
    seed, fields = plan.get("seed", 0), _expect(plan.get("fields", DEFAULT_FIELDS), list, "fields")
    unknown = sorted(set(fields) - set(CHANGERS))
    if unknown or not fields:
        raise MutationError(f"fields: {', '.join(CHANGERS)} 가운데에서 골라 주세요.")
    able = [number for number, product in products.items() if _is_changeable(product.row, fields)]
    count = len(able) if plan.get("count") == "all" else plan.get("count", 1)
    if not isinstance(count, int) or not 0 < count <= len(able):
        raise MutationError(f"count: 1에서 {len(able)} 사이여야 합니다.")
    chosen = sorted(able, key=lambda number: derivation.draw_number(seed, number, "mutate", 2**62))[:count]
    edits: dict[int, Edit] = {}
    for number in chosen:
        values: dict[str, Any] = {}
        for name in fields:
            values |= CHANGERS[name](products[number].row, seed)
        edits[number] = (values, (), None)
    return edits


def _is_changeable(row: Row, fields: Sequence[str]) -> bool:
    return "salePrice" not in fields or (isinstance(row.get("salePrice"), int) and row["salePrice"] >= 0)


def _change_price(row: Row, seed: int) -> Row:
    percent = 80 + derivation.draw_number(seed, row["originProductNo"], "price", 41)
    price = max(10, row["salePrice"] * percent // 1000 * 10)
    price += 10 if price == row["salePrice"] else 0
    if not isinstance(row.get("discountedPrice"), int):
        return {"salePrice": price}
    policy = row.get("immediateDiscountPolicy") or {"discountMethod": {"value": 10, "unitType": "PERCENT"}}
    return {"salePrice": price, "discountedPrice": discounts.discount_price(price, policy)}


def _change_stock(row: Row, seed: int) -> Row:
    stock = 1 + derivation.draw_number(seed, row["originProductNo"], "stock", 500)
    stock += 1 if stock == row.get("stockQuantity") else 0
    return {"stockQuantity": stock} | ({"statusType": "SALE"} if row["statusType"] == "OUTOFSTOCK" else {})


def _change_status(row: Row, _seed: int) -> Row:
    return {"statusType": "SALE" if row["statusType"] == "SUSPENSION" else "SUSPENSION"}


def _change_name(row: Row, seed: int) -> Row:
    edition = 1 + derivation.draw_number(seed, row["originProductNo"], "name", 999)
    return {"name": f"{row['name']} {edition}호"}


def _change_description(row: Row, seed: int) -> Row:
    edition = 1 + derivation.draw_number(seed, row["originProductNo"], "description", 999)
    return {"description": f"{row['description']}\n안내 {edition}: 설명을 새로 고쳤습니다."}


CHANGERS: Mapping[str, Callable[[Row, int], Row]] = {
    "salePrice": _change_price,
    "stockQuantity": _change_stock,
    "statusType": _change_status,
    "name": _change_name,
    "description": _change_description,
}
