"""What an uploaded sheet asks for, row by row: the edits that can be made, and what is wrong with the other rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfhooks.exports import unguard
from perfhooks.sheets import Sheet, SheetError
from products.catalog.batches import PlannedEdit
from products.catalog.models import Product, ProductStatus, Store
from products.catalog.priorities import PRIORITY_LIMIT, REASON_LENGTH
from products.catalog.search import NUMBER_DIGITS

COLUMNS = {
    "sku": ("SKU", "sku"),
    "number": ("원상품 번호", "원상품번호", "origin_product_no"),
    "store": ("스토어", "store"),
    "priority": ("우선순위", "priority"),
    "hold": ("보류", "hold"),
    "reason": ("이유", "reason"),
}
"""What is read, each under its Korean name or its English one; other columns are left alone."""
YES = frozenset({"예", "네", "y", "yes", "true", "1", "o", "보류"})
NO = frozenset({"아니오", "아니요", "n", "no", "false", "0", "x", "해제"})
KEYS_A_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Known:
    """A product that a row may mean."""

    id: int
    sku: str
    origin_product_no: int
    store_code: str
    priority: int
    hold: bool
    version: int


@dataclass(slots=True)
class ImportPlan:
    """What the sheet asks for. errors: {"row", "column", "message"} each; bad_rows: how many rows have one."""

    edits: list[PlannedEdit] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    bad_rows: int = 0
    ignored: list[str] = field(default_factory=list)


class RowError(ValueError):
    """What is wrong with one cell. column: its Korean name."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = COLUMNS[column][0]


def plan_import(sheet: Sheet) -> ImportPlan:
    """Check every row against the catalogue as it is; a few queries for any number of rows.

    Raises SheetError when the columns do not say which product or what to change.
    """
    names = _find_columns(sheet.header)
    known = _Catalogue(sheet.rows, names)
    plan = ImportPlan(ignored=[name for name in sheet.header if name not in names.values()])
    used: dict[int, int] = {}
    for number, cells in sheet.rows:
        row = {key: unguard(cells.get(name, "")) for key, name in names.items()}
        found, problems = _read_row(row, known)
        if found is not None and not problems and found.product_id in used:
            problems = [RowError("sku", f"{used[found.product_id]}줄과 같은 상품입니다. 한 줄만 남기세요.")]
        if problems or found is None:
            plan.bad_rows += 1
            plan.errors += [{"row": number, "column": each.column, "message": str(each)} for each in problems]
        else:
            used[found.product_id] = number
            plan.edits.append(found)
    return plan


def _find_columns(header: Iterable[str]) -> dict[str, str]:
    """{what it is: the column's name in this sheet}; SheetError when one stands there twice, or too few do."""
    names: dict[str, str] = {}
    for key, aliases in COLUMNS.items():
        known = {alias.casefold() for alias in aliases}
        written = [name for name in header if name.casefold() in known]
        if len(written) > 1:
            raise SheetError(f"같은 열이 두 번 있습니다: {', '.join(written)}. 하나만 남기세요.")
        if written:
            names[key] = written[0]
    if not names.keys() & {"sku", "number"}:
        raise SheetError("'SKU'나 '원상품 번호' 열이 없습니다. 첫 줄에 열 이름을 쓰세요.")
    if not names.keys() & {"priority", "hold"}:
        raise SheetError("'우선순위'나 '보류' 열이 없습니다. 바꿀 값을 담은 열을 더하세요.")
    return names


class _Catalogue:
    """The stores, and the products that any row of the sheet may mean."""

    def __init__(self, rows: list[tuple[int, dict[str, str]]], names: Mapping[str, str]) -> None:
        self.stores = dict(Store.objects.order_by("code").values_list("code", "name"))
        texts = {key: {unguard(cells.get(names.get(key, ""), "")) for _, cells in rows} for key in ("sku", "number")}
        numbers = {int(text) for text in texts["number"] if _is_number(text)}
        found = [*_read_products("sku", texts["sku"] - {""}), *_read_products("origin_product_no", numbers)]
        self.by_sku: dict[str, dict[str, Known]] = {}
        self.by_number: dict[int, dict[str, Known]] = {}
        for product in found:
            self.by_sku.setdefault(product.sku, {})[product.store_code] = product
            self.by_number.setdefault(product.origin_product_no, {})[product.store_code] = product

    def find(self, row: Mapping[str, str]) -> Known:
        """The row's product; RowError naming the column when there is none, or more than one."""
        column = "number" if row.get("number") else "sku"
        text = row.get(column, "")
        if not text:
            raise RowError("sku", "비었습니다. 상품의 SKU나 원상품 번호를 쓰세요.")
        if column == "number" and not _is_number(text):
            raise RowError("number", f"'{text}'은(는) 번호가 아닙니다. 숫자만 쓰세요.")
        same = self.by_number.get(int(text), {}) if column == "number" else self.by_sku.get(text, {})
        product = self._pick(same, row.get("store", ""), column=column, text=text)
        if column == "number" and row.get("sku") not in (None, "", product.sku):
            raise RowError("sku", f"이 번호의 상품은 SKU가 '{product.sku}'입니다. 하나만 쓰거나 맞추세요.")
        return product

    def _pick(self, same: Mapping[str, Known], store: str, *, column: str, text: str) -> Known:
        if store and store not in self.stores:
            named = [code for code, name in self.stores.items() if name == store]
            if len(named) != 1:
                known = ", ".join(self.stores)
                raise RowError("store", f"'{store}' 스토어가 없습니다. 있는 스토어의 코드를 쓰세요: {known}")
            store = named[0]
        kept = {code: product for code, product in same.items() if store in ("", code)}
        if not kept:
            raise RowError(column, f"'{text}' 상품이 없습니다. 목록에서 찾아 그대로 옮기세요.")
        if len(kept) > 1:
            raise RowError("store", f"'{text}'이(가) 여러 스토어에 있습니다. 코드를 쓰세요: {', '.join(sorted(kept))}")
        return next(iter(kept.values()))


def _read_products(column: str, keys: Iterable[Any]) -> Iterator[Known]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), KEYS_A_QUERY):
        wanted = Product.objects.filter(**{f"{column}__in": ordered[start : start + KEYS_A_QUERY]})
        rows = wanted.exclude(status=ProductStatus.DELETE).values_list(
            "id", "sku", "origin_product_no", "store__code", "priority", "hold", "version"
        )
        yield from (Known(*row) for row in rows)


def _read_row(row: Mapping[str, str], known: _Catalogue) -> tuple[PlannedEdit | None, list[RowError]]:
    """The row's edit, or everything that is wrong with it."""
    problems: list[RowError] = []
    product = None
    try:
        product = known.find(row)
    except RowError as error:
        problems.append(error)
    after: dict[str, int] = {}
    for name, read in (("priority", _read_priority), ("hold", _read_hold)):
        if row.get(name):
            try:
                after[name] = read(row[name])
            except RowError as error:
                problems.append(error)
    if not after and not problems:
        problems.append(RowError("priority", "우선순위와 보류가 모두 비었습니다. 하나는 채우세요."))
    if product is None or problems:
        return None, problems
    before = {"priority": product.priority, "hold": int(product.hold)}
    return PlannedEdit(product.id, product.version, before, after, row.get("reason", "")[:REASON_LENGTH]), []


def _read_priority(text: str) -> int:
    digits = text.replace(",", "")
    if not _is_number(digits) or int(digits) > PRIORITY_LIMIT:
        raise RowError("priority", f"'{text}'은(는) 쓸 수 없습니다. 0부터 {PRIORITY_LIMIT:,}까지의 정수를 쓰세요.")
    return int(digits)


def _read_hold(text: str) -> int:
    word = text.casefold()
    if word not in YES | NO:
        raise RowError("hold", f"'{text}'은(는) 쓸 수 없습니다. '예'나 '아니오'를 쓰세요.")
    return int(word in YES)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS
