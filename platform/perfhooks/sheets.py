"""Reading the spreadsheets that people upload: CSV in the encodings that Excel writes, and XLSX.

Nothing is trusted: sizes are limited before anything is unpacked, and every refusal says what to do.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE_BYTES_LIMIT = 10 * 2**20
UNPACKED_BYTES_LIMIT = 100 * 2**20
"""Of all parts of an XLSX together. A small file can claim far more."""
KEPT_BYTES_LIMIT = 20 * 2**20
"""Of one part of an XLSX that is no sheet, such as the shared texts: those are held in memory as a whole."""
PARTS_LIMIT = 1_000
ROWS_LIMIT = 50_000
LINES_LIMIT = 200_000
"""The highest row number, blank rows included: a single cell may claim to stand in row one million."""
COLUMNS_LIMIT = 100
CELL_LENGTH_LIMIT = 1_000
DELIMITERS = ",;\t"

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class SheetError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of texts. header: as written, trimmed. rows: (row number as the spreadsheet shows it, cells by header)."""

    header: list[str]
    rows: list[tuple[int, dict[str, str]]]


def read_sheet(data: bytes) -> Sheet:
    """The first sheet of the file; blank rows are left out. SheetError for what cannot be read or is too large."""
    if len(data) > FILE_BYTES_LIMIT:
        raise SheetError(f"파일이 {FILE_BYTES_LIMIT // 2**20}MB를 넘습니다. 나누어 올리세요.")
    if data.startswith(_OLD_EXCEL):
        raise SheetError("옛 엑셀 형식(xls)이거나 암호가 걸린 파일입니다. xlsx나 CSV로 다시 저장해 올리세요.")
    return _gather(_iter_xlsx(data) if data.startswith(_ZIP) else _iter_csv(data))


def _gather(lines: Iterator[list[str]]) -> Sheet:
    header: list[str] = []
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(lines, start=1):
        if number > LINES_LIMIT:
            raise SheetError(f"행이 {LINES_LIMIT:,}번을 넘습니다. 빈 행을 지우거나 나누어 올리세요.")
        if not any(cells):
            continue
        if not header:
            header = _read_header(cells)
            continue
        if len(rows) == ROWS_LIMIT:
            raise SheetError(f"자료가 {ROWS_LIMIT:,}줄을 넘습니다. 나누어 올리세요.")
        longest = max(map(len, cells))
        if longest > CELL_LENGTH_LIMIT:
            raise SheetError(f"{number}줄에 {longest:,}자짜리 칸이 있습니다. {CELL_LENGTH_LIMIT:,}자 이하로 줄이세요.")
        rows.append((number, {name: cell for name, cell in zip(header, cells, strict=False) if name}))
    if not header:
        raise SheetError("빈 파일입니다. 첫 줄에 열 이름을, 그 아래에 자료를 쓰세요.")
    return Sheet([name for name in header if name], rows)


def _read_header(cells: list[str]) -> list[str]:
    if len(cells) > COLUMNS_LIMIT:
        raise SheetError(f"열이 {COLUMNS_LIMIT}개를 넘습니다. 필요한 열만 남기세요.")
    repeated = sorted({name for name in cells if name and cells.count(name) > 1})
    if repeated:
        raise SheetError(f"열 이름이 겹칩니다: {', '.join(repeated)}. 하나만 남기세요.")
    return cells


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _iter_csv(data: bytes) -> Iterator[list[str]]:
    text = _decode(data)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [_clean(cell) for cell in cells]
    except csv.Error as error:
        raise SheetError(f"CSV로 읽을 수 없습니다({error}). 따옴표가 짝이 맞는지 보고 다시 저장하세요.") from error


def _decode(data: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, or CP949, which Korean Excel writes."""
    encodings = ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "cp949")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise SheetError("글자를 읽을 수 없습니다. 'CSV UTF-8'이나 xlsx로 다시 저장해 올리세요.")


def _iter_xlsx(data: bytes) -> Iterator[list[str]]:
    _check_archive(data)
    try:
        from openpyxl import load_workbook  # here: see `exports`

        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet: Any = book.worksheets[0]
        # The size that the sheet claims may be too small, and reading would end there.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_col=COLUMNS_LIMIT + 1, values_only=True):
            yield _trim(_clean(_show(value)) for value in row) if any(value is not None for value in row) else []
    except SheetError:
        raise
    except Exception as error:  # openpyxl raises whatever the damaged part made it stumble over
        raise SheetError("엑셀 파일이 깨졌습니다. 엑셀에서 열어 다시 저장해 올리세요.") from error


def _check_archive(data: bytes) -> None:
    """Refuse what claims to unpack into more than is good: zipfile never gives more than an entry claims."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise SheetError("엑셀 파일이 깨졌습니다. 엑셀에서 열어 다시 저장해 올리세요.") from error
    kept = max((part.file_size for part in parts if "/worksheets/" not in part.filename), default=0)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > PARTS_LIMIT or unpacked > UNPACKED_BYTES_LIMIT or kept > KEPT_BYTES_LIMIT:
        raise SheetError("압축을 풀면 너무 큰 파일입니다. 필요한 시트와 열만 남겨 다시 저장하세요.")


def _trim(cells: Iterable[str]) -> list[str]:
    """Without the empty cells at the end, which only stand there because something was formatted."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _show(value: Any) -> str:
    """A cell as a person reads it: 50, not 50.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
