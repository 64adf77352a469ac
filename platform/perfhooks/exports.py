"""Writing tables for spreadsheets: row by row, and so that no text is ever run as a formula."""

from __future__ import annotations

import csv
import re
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a text, full-width forms included (OWASP, CSV injection)."""
ILLEGAL_CHARACTERS = re.compile(r"[\000-\010\013\014\016-\037]")
"""What XML, and so a spreadsheet, cannot hold."""
ROWS_A_CHUNK = 500
KEPT_IN_MEMORY_BYTES = 5 * 2**20


class _Lines:
    """What csv writes into: the lines since the last look."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)

    def take(self) -> bytes:
        text, self.lines = "".join(self.lines), []
        return text.encode()


def guard(value: Any) -> Any:
    """A text that a spreadsheet would run gets an apostrophe before it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


def unguard(text: str) -> str:
    """The text as it was before `guard`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_SIGNS) else text


def iter_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The table as UTF-8 with the mark that Excel needs, in pieces of 500 rows."""
    lines = _Lines()
    writer = csv.writer(lines)
    lines.write("\ufeff")
    writer.writerow(map(guard, header))
    source = iter(rows)
    while chunk := list(islice(source, ROWS_A_CHUNK)):
        writer.writerows(map(guard, row) for row in chunk)
        yield lines.take()
    yield lines.take()


def write_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """The table as a workbook of one sheet, at its beginning; on disk once it is large."""
    from openpyxl import Workbook  # here, since each command that starts would else pay a tenth of a second for it

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(list(header))
    for row in rows:
        sheet.append([_make_cell(value) for value in row])
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY_BYTES)  # noqa: SIM115  # the response closes it
    book.save(file)
    file.seek(0)
    return file


def _make_cell(value: Any) -> Any:
    """XML holds no control characters."""
    return ILLEGAL_CHARACTERS.sub("", guard(value)) if isinstance(value, str) else value
