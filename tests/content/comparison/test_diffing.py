"""What two versions differ in, field by field."""

from dataclasses import replace

import pytest

from content.comparison.diffing import CellChange, diff_tables
from content.comparison.drafting import Mark, TableRow
from content.comparison.selectors import TableFacts

pytestmark = pytest.mark.once
OLD = TableFacts(
    number=1,
    revision=1,
    columns=("상품", "가격"),
    rows=(TableRow("A", "s", 1, ("가", "1,000원")), TableRow("B", "s", 2, ("나", "2,000원"))),
    content_hash="",
    keys=("name", "price"),
    marks=(Mark(0, 1, "가장 낮은 가격"),),
)


def test_the_same_differs_in_nothing() -> None:
    assert diff_tables(OLD, OLD).count == 0


def test_rows_cells_columns_and_order() -> None:
    new = replace(
        OLD,
        columns=("상품", "가격", "무게"),
        keys=("name", "price", "attr:무게"),
        rows=(
            TableRow("B", "s", 2, ("나", "900원", "1kg")),
            TableRow("C", "s", 3, ("다", "3,000원", "2kg")),
            TableRow("A", "s", 1, ("가", "1,000원", "-")),
        ),
        marks=(Mark(0, 1, "가장 낮은 가격"),),
    )
    diff = diff_tables(OLD, new)
    assert [row.sku for row in diff.added] == ["C"]
    assert diff.removed == ()
    assert (diff.columns_added, diff.columns_removed, diff.is_reordered) == (("무게",), (), True)
    assert diff.changed == (
        CellChange("B", "나", "가격", "2,000원", "900원"),
        CellChange("B", "나", "무게", "", "1kg"),
        CellChange("B", "나", "으뜸", "", "가격: 가장 낮은 가격"),
        CellChange("A", "가", "무게", "", "-"),
        CellChange("A", "가", "으뜸", "가격: 가장 낮은 가격", ""),
    )
    back = diff_tables(new, OLD)
    assert [row.sku for row in back.removed] == ["C"]
    assert back.columns_removed == ("무게",)
    assert back.count == diff.count == 8


def test_the_same_sku_of_another_store_is_another_product() -> None:
    new = replace(OLD, rows=(TableRow("A", "other", 1, ("가", "1,000원")), OLD.rows[1]))
    diff = diff_tables(OLD, new)
    assert (len(diff.added), len(diff.removed)) == (1, 1)


def test_an_empty_table_is_all_gone() -> None:
    diff = diff_tables(OLD, replace(OLD, rows=(), marks=()))
    assert (len(diff.removed), diff.changed) == (2, ())
