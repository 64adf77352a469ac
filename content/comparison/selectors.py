"""Reads of comparison tables."""

from dataclasses import dataclass

from content.comparison.drafting import TableRow
from content.comparison.models import TableVersion


@dataclass(frozen=True, slots=True)
class TableFacts:
    """The newest version of a post's table."""

    number: int
    revision: int
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    content_hash: str


def get_table(post_id: int) -> TableFacts | None:
    """The newest version of the post's table; None before the first one is built."""
    version = TableVersion.objects.filter(table__post_id=post_id).order_by("-number").first()
    if version is None:
        return None
    rows = tuple(
        TableRow(row["sku"], row.get("store_code", ""), row["origin_product_no"], tuple(row["cells"]))
        for row in version.rows
    )
    return TableFacts(version.number, version.revision, tuple(version.columns), rows, version.content_hash)
