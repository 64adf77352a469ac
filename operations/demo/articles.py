"""The demo's posts, written from the demo catalogue: the same catalogue gives the same posts.

For each leaf category: a buying guide with a table, a review of one product by its SKU, and a how-to without any SKU.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from content.clusters.particles import read_final

CATALOGUE = Path(__file__).with_name("catalogue.jsonl")

_GUIDE = """{leaf_object} 새로 들이려는 분이 가장 먼저 묻는 것은 값과 쓰임새입니다. 저희 매장에서 많이 찾는 제품을 같은 기준으로 나란히 놓았습니다.

## 한눈에 보는 비교

{{{{ table }}}}

표의 값은 매장 원장에서 그대로 가져오므로 글을 쓴 뒤에 바뀌어도 함께 바뀝니다.

{{{{ ad:in_article }}}}

## 이렇게 고르세요

- **쓰는 자리**를 먼저 정하세요. 자주 옮긴다면 가벼운 쪽이 오래 손에 남습니다.
- **구성품**을 확인하세요. {brand} 제품처럼 소모품을 따로 살 수 있으면 유지비가 줄어듭니다.
- **혜택**은 구매 시점의 것을 보세요. 할인 기간이 끝나면 값이 달라집니다.

값이 가장 낮은 제품이 늘 알맞은 것은 아닙니다. 하루에 몇 번 쓰는지, 누가 함께 쓰는지, 어디에 두는지를 먼저 종이에 적어 보세요.
적은 것과 표를 나란히 놓으면 필요 없는 기능이 눈에 띄고, 남는 제품은 대개 두세 가지입니다.

받은 날에는 상자를 버리기 전에 구성품과 겉면을 살피고, 이상이 있으면 바로 사진을 찍어 매장에 알려 주세요. 교환은 이를수록 쉽습니다.

한 제품을 오래 써 본 기록은 {name} 솔직 사용 후기에 있습니다.

들인 뒤의 손질은 {leaf} 관리하는 방법에 따로 적었습니다.

## 이 글의 추천

{{{{ product:match }}}}

지금 가격은 {{{{ price:match }}}}입니다.

{{{{ cta:match }}}}
"""

_REVIEW = """{brand}의 {name}, 실제로 써 보며 적은 기록입니다. 꾸민 말보다 쓰면서 느낀 점을 적었습니다.

{{{{ product:{sku} }}}}

## 좋았던 점

처음 꺼냈을 때 마감이 단정했고, 설명서 없이도 바로 쓸 수 있었습니다. {leaf} 자리에 두기에 크기도 알맞았습니다.

## 아쉬웠던 점

색상이 한 가지뿐이라 고를 여지가 적습니다. 포장을 줄였으면 하는 마음도 남습니다.

다른 제품과 나란히 보고 싶다면 {leaf} 추천 비교를 먼저 읽어 보세요.

## 값은

현재 {{{{ price:{sku} }}}}이고, 할인 여부는 아래 단추에서 바로 확인할 수 있습니다.

{{{{ cta:{sku} }}}}

> 매장에서 직접 고른 상품입니다. 궁금한 점은 댓글로 남겨 주세요.
"""

_HOWTO = """{leaf_object} 오래 쓰는 방법은 어렵지 않습니다. 세 가지만 지키면 됩니다.

1. 쓰고 난 뒤 바로 닦아 주세요. 하루 미루면 두 배로 힘이 듭니다.
2. 습기가 없는 곳에 두세요. 대부분의 고장은 물기에서 시작합니다.
3. 소모품은 미리 하나 더 준비해 두세요.

아직 고르는 중이라면 {leaf} 추천 비교부터 보시길 권합니다.

{{{{ ad:in_article }}}}

새로 산다면 이런 제품이 손이 덜 갑니다.

{{{{ product:match }}}}

{{{{ cta:match }}}}
"""


@dataclass(frozen=True, slots=True)
class Article:
    """One demo post. `body` is Markdown with placeholders."""

    slug: str
    title: str
    body: str
    relationship: str


def _read_rows(catalogue: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in catalogue.read_text(encoding="utf-8").splitlines() if line]


def _pick_products(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{leaf category: its first product on sale whose code no other product carries}."""
    held: dict[str, int] = {}
    for row in rows:
        held[row["sellerManagementCode"]] = held.get(row["sellerManagementCode"], 0) + 1
    picked: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["originProductNo"])):
        is_usable = row["statusType"] == "SALE" and row["stockQuantity"] > 0 and held[row["sellerManagementCode"]] == 1
        if is_usable and row["sellerManagementCode"]:
            picked.setdefault(row["wholeCategoryName"].split(">")[-1], row)
    return picked


def _write_three(number: int, leaf: str, row: Mapping[str, Any]) -> Iterator[Article]:
    words = {
        "leaf": leaf,
        "leaf_object": f"{leaf}{'을' if read_final(leaf[-1]) > 0 else '를'}",
        "brand": row["brandName"],
        "name": row["name"],
        "sku": row["sellerManagementCode"],
    }
    relationship = "family_or_staff" if number % 9 == 4 else "own_product"
    yield Article(f"guide-{number:02}", f"{leaf} 추천 비교: 무엇을 사야 할까", _GUIDE.format(**words), "own_product")
    yield Article(f"review-{number:02}", f"{row['name']} 솔직 사용 후기", _REVIEW.format(**words), relationship)
    yield Article(f"howto-{number:02}", f"{leaf} 관리하는 방법 세 가지", _HOWTO.format(**words), "own_product")


def write_articles(catalogue: Path = CATALOGUE) -> list[Article]:
    """All demo posts, in a fixed order."""
    picked = _pick_products(_read_rows(catalogue))
    return [
        article
        for number, (leaf, row) in enumerate(sorted(picked.items()), start=1)
        for article in _write_three(number, leaf, row)
    ]
