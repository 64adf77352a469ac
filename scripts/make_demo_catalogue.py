"""Write the demo catalogue: 1,000 invented products, the same bytes every time.

    python scripts/make_demo_catalogue.py            writes operations/demo/catalogue.jsonl
    python scripts/make_demo_catalogue.py --check    exit status 1 unless the file is what it would write

Words come from operations/demo/catalogue_vocabulary.toml. As in real shops, two pairs of products share a seller
code and five have none.
"""

import argparse
import datetime
import json
import random
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from products.storesync.simulator.clock import KST, format_timestamp
from products.storesync.simulator.discounts import discount_price

VOCABULARY = ROOT / "operations/demo/catalogue_vocabulary.toml"
TARGET = ROOT / "operations/demo/catalogue.jsonl"
SEED = 20261123
PRODUCTS = 1000
FIRST_PRODUCT_NO = 8_612_043_117
FIRST_CHANNEL_NO = 8_656_118_402
NEWEST_EDIT = datetime.datetime(2026, 11, 20, 18, tzinfo=KST)
EDIT_SPAN_DAYS = 180
SHARED_CODES = ((211, 204), (640, 611))  # (row, row whose seller code it repeats)
ROWS_WITHOUT_CODE = (97, 318, 455, 702, 880)
FREE_DELIVERY_FROM_WON = 30_000

Row = dict[str, Any]


class Maker:
    """Draws one product after the other from the vocabulary."""

    def __init__(self, vocabulary: Mapping[str, Any]) -> None:
        self.fields = vocabulary["fields"]
        self.categories: Sequence[Mapping[str, Any]] = vocabulary["categories"]
        self.random = random.Random(SEED)  # noqa: S311 (a repeatable draw, no secret)
        self.product_no = FIRST_PRODUCT_NO
        self.channel_no = FIRST_CHANNEL_NO
        self.codes: Counter[str] = Counter()
        self.names: set[str] = set()

    def make_all(self) -> list[Row]:
        """Return all rows by ascending product number, with the shared and the missing seller codes."""
        order = [self.categories[index % len(self.categories)] for index in range(PRODUCTS)]
        self.random.shuffle(order)
        rows = [self.make_row(category) for category in order]
        for index, twin in SHARED_CODES:
            rows[index]["sellerManagementCode"] = rows[twin]["sellerManagementCode"]
        for index in ROWS_WITHOUT_CODE:
            rows[index]["sellerManagementCode"] = ""
        return rows

    def make_row(self, category: Mapping[str, Any]) -> Row:
        """Return one product of a category."""
        level = self.random.random()
        attributes = {
            name: self._draw_value(spec, level if place == 0 else self.random.random())
            for place, (name, spec) in enumerate(category["attributes"].items())
        }
        row = self._draw_identity(category, attributes)
        price = self._draw_price(category["price"], level)
        row |= self._draw_state() | {"salePrice": price} | self._draw_discount(price)
        row |= self._draw_benefits(price) | self._draw_delivery(price)
        row["attributes"] = attributes
        lines = self.random.sample(category["lines"], k=2)
        row["description"] = " ".join(line.format_map(attributes) for line in lines)
        age = datetime.timedelta(seconds=self.random.randrange(EDIT_SPAN_DAYS * 86_400))
        row["modifiedDate"] = format_timestamp(NEWEST_EDIT - age)
        return row

    def _draw_value(self, spec: Sequence[Any], level: float) -> str:
        if all(isinstance(word, str) for word in spec):
            return str(self.random.choice(spec))
        least, most, step, unit = spec
        aim = min(1.0, max(0.0, level + self.random.uniform(-0.12, 0.12)))
        value = least + round(aim * (most - least) / step) * step
        return f"{round(value, 1):g}{unit}" if isinstance(step, float) else f"{value}{unit}"

    def _draw_identity(self, category: Mapping[str, Any], attributes: Mapping[str, str]) -> Row:
        field = self.fields[category["field"]]
        name, brand, model = self._draw_name(category, field["brands"], attributes[category["shown"]])
        self.codes[category["code"]] += 1
        self.product_no += self.random.randrange(900_000, 9_100_000)
        self.channel_no += self.random.randrange(900_000, 9_100_000)
        row: Row = {
            "originProductNo": self.product_no,
            "channelProductNo": self.channel_no,
            "sellerManagementCode": f"JB-{category['code']}-{self.codes[category['code']]:04}",
            "name": name,
            "brandName": brand,
            "manufacturerName": brand + field["maker"],
            "categoryId": category["id"],
            "wholeCategoryName": category["path"],
        }
        return row | ({"modelName": model} if model else {})

    def _draw_name(self, category: Mapping[str, Any], brands: Sequence[str], shown: str) -> tuple[str, str, str]:
        while True:
            brand = self.random.choice(brands)
            model = f"{category['model']}{self.random.randrange(1, 30)}" if "model" in category else ""
            feature = self.random.choice(category["features"])
            parts = (brand, self.random.choice(category["products"]), model, feature, shown)
            name = " ".join(filter(None, parts))
            if name not in self.names:
                self.names.add(name)
                return name, brand, model

    def _draw_price(self, span: Sequence[int], level: float) -> int:
        least, most = span
        price = least * (most / least) ** level * self.random.uniform(0.94, 1.06)
        thousand = round(price / 1000) * 1000
        return int(max(least, thousand - self.random.choice((0, 100, 100, 100, 10, 50, 500))))

    def _draw_state(self) -> Row:
        status = self.random.choices(("SALE", "OUTOFSTOCK", "SUSPENSION"), weights=(92, 5, 3))[0]
        return {"statusType": status, "stockQuantity": 0 if status == "OUTOFSTOCK" else self.random.randrange(3, 800)}

    def _draw_discount(self, price: int) -> Row:
        if self.random.random() >= 0.35:
            return {}
        is_percent = self.random.random() < 0.7
        value = self.random.choice((5, 7, 10, 12, 15, 20, 25, 30)) if is_percent else max(500, price // 12_000 * 1000)
        start = datetime.datetime(2026, 10, 1, 10, tzinfo=KST) + datetime.timedelta(days=self.random.randrange(48))
        end = datetime.datetime(2026, 12, 1, 23, 59, 59, tzinfo=KST) + datetime.timedelta(
            days=self.random.randrange(300)
        )
        policy = {
            "discountMethod": {
                "value": value,
                "unitType": "PERCENT" if is_percent else "WON",
                "startDate": format_timestamp(start),
                "endDate": format_timestamp(end),
            }
        }
        return {"discountedPrice": discount_price(price, policy), "immediateDiscountPolicy": policy}

    def _draw_benefits(self, price: int) -> Row:
        row: Row = {}
        if self.random.random() < 0.3:
            row["sellerPurchasePoint"] = max(10, price // 1000 * 10)
        if self.random.random() < 0.5:
            row |= {"textReviewPoint": 100, "photoVideoReviewPoint": self.random.choice((300, 500, 1000))}
        if self.random.random() < 0.04:
            row["gift"] = "첫 구매 감사 사은품"
        return row

    def _draw_delivery(self, price: int) -> Row:
        row: Row = {"deliveryFee": 0 if price >= FREE_DELIVERY_FROM_WON else self.random.choice((2500, 3000))}
        if row["deliveryFee"] and self.random.random() < 0.6:
            row["freeConditionalAmount"] = FREE_DELIVERY_FROM_WON
        if self.random.random() < 0.03:
            row["windowChannelProductNo"] = self.channel_no + 317
        return row


def build_catalogue() -> bytes:
    """Return the file's bytes: one compact JSON object a line."""
    rows = Maker(tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))).make_all()
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def main() -> int:
    """Write the catalogue, or check it; return the exit status."""
    parser = argparse.ArgumentParser(description="데모 카탈로그를 만듭니다.")
    parser.add_argument("--check", action="store_true", help="쓰지 않고, 파일이 만들 내용과 같은지만 봅니다.")
    content = build_catalogue()
    if not parser.parse_args().check:
        TARGET.write_bytes(content)
        print(f"{TARGET.relative_to(ROOT)}: {PRODUCTS}건, {len(content) / 1024:.0f} KiB")
        return 0
    if TARGET.is_file() and TARGET.read_bytes() == content:
        print(f"{TARGET.relative_to(ROOT)}: 최신입니다.")
        return 0
    name = Path(__file__).name
    print(f"{TARGET.relative_to(ROOT)}: 내용이 다릅니다. scripts/{name}을(를) 실행해 다시 만드세요.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
