"""What two versions of a table differ in, field by field."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from content.comparison.drafting import TableRow
    from content.comparison.selectors import TableFacts

MARK_COLUMN = "으뜸"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell of a row that both versions have. before, after: texts, "" where the version has no such column."""

    sku: str
    name: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TableDiff:
    """Rows that came and went, cells that say something else, columns that came and went, and whether the order moved."""

    added: tuple["TableRow", ...]
    removed: tuple["TableRow", ...]
    changed: tuple[CellChange, ...]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    is_reordered: bool

    @property
    def count(self) -> int:
        """How many differences there are."""
        columns = len(self.columns_added) + len(self.columns_removed)
        return len(self.added) + len(self.removed) + len(self.changed) + columns + self.is_reordered


def diff_tables(old: "TableFacts", new: "TableFacts") -> TableDiff:
    """From one version to another. Rows are the same by their product, columns by what they show."""
    before = {row.key: (at, row) for at, row in enumerate(old.rows)}
    after = {row.key: (at, row) for at, row in enumerate(new.rows)}
    both = [key for key in after if key in before]
    changed = [change for key in both for change in _diff_rows(old, before[key], new, after[key])]
    return TableDiff(
        added=tuple(row for key, (_at, row) in after.items() if key not in before),
        removed=tuple(row for key, (_at, row) in before.items() if key not in after),
        changed=tuple(changed),
        columns_added=_list_missing(new, old),
        columns_removed=_list_missing(old, new),
        is_reordered=both != [key for key in before if key in after],
    )


def _diff_rows(
    old: "TableFacts", before: tuple[int, "TableRow"], new: "TableFacts", after: tuple[int, "TableRow"]
) -> list[CellChange]:
    said_before = _read_cells(old, *before)
    said_after = _read_cells(new, *after)
    sku, name = after[1].sku, after[1].cells[0]
    labels = {**dict(zip(old.keys, old.columns, strict=True)), **dict(zip(new.keys, new.columns, strict=True))}
    return [
        CellChange(sku, name, labels.get(key, MARK_COLUMN), said_before.get(key, ""), said_after.get(key, ""))
        for key in dict.fromkeys([*said_after, *said_before])
        if said_before.get(key, "") != said_after.get(key, "")
    ]


def _read_cells(table: "TableFacts", at: int, row: "TableRow") -> dict[str, str]:
    """{column's key: text}, and what the row wins."""
    wins = [f"{table.columns[mark.column]}: {mark.reason}" for mark in table.marks if mark.row == at]
    return {**dict(zip(table.keys, row.cells, strict=True)), MARK_COLUMN: ", ".join(wins)}


def _list_missing(here: "TableFacts", there: "TableFacts") -> tuple[str, ...]:
    return tuple(label for key, label in zip(here.keys, here.columns, strict=True) if key not in there.keys)
