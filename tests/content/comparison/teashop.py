"""A shop of teas, the plan of a table of them, and a post that shows it."""

from typing import Any

from content.comparison.models import ComparisonTable
from content.comparison.selectors import get_tables
from content.comparison.services import save_table
from content.comparison.spec import TableSpec
from content.posts.models import Post
from products.upsert.rows import CategoryRef
from tests.content.factories import CUP, drain, make_post, make_shop, process

TEA = CategoryRef("50000009", "차", "식품>음료>차")
HAND = TableSpec(skus=("JB-2", "JB-1"), columns=("name", "price", "unit_price", "discount"))


def tea(number: int, **changes: Any) -> dict[str, Any]:
    return {"number": number, "name": f"녹차 {number} {100 * number}g", "category": TEA, "attributes": {}, **changes}


def make_tea_shop(*more: dict[str, Any]) -> Any:
    return make_shop(
        tea(1, price=10_000, discounted_price=5_000),
        tea(2, price=10_000, discounted_price=8_000),
        tea(3, price=10_000, discounted_price=10_000, brand="다른"),
        {"number": 4, "category": CUP, "name": "머그컵"},
        *more,
    )


def save(spec: TableSpec = HAND, name: str = "tea") -> ComparisonTable:
    return ComparisonTable.objects.get(pk=save_table(table_id=None, name=name, title="녹차", spec=spec))


def rows(name: str = "tea") -> list[tuple[str, ...]]:
    return [row.cells for row in get_tables(0, [name])[name].rows]


def show(name: str = "tea", slug: str = "tea-post") -> Post:
    """A post that shows the table, processed, and out of the queue."""
    post = make_post(f"{{{{ table:{name} }}}}", title="차 이야기", slug=slug)
    assert process(post).status == "built"
    drain()
    return post
