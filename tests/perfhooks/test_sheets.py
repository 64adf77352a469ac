"""Spreadsheets from people and for them: every encoding that Excel writes, no bomb, no formula."""

import csv
import io
import unicodedata
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from perfhooks import sheets
from perfhooks.exports import FORMULA_SIGNS, guard, iter_csv, unguard, write_xlsx
from perfhooks.sheets import SheetError, read_sheet

TEXT = "SKU,우선순위,이유\nHB-1,50,기획전\n\nHB-2,,\n"
ROWS = [
    (2, {"SKU": "HB-1", "우선순위": "50", "이유": "기획전"}),
    (4, {"SKU": "HB-2", "우선순위": "", "이유": ""}),
]


def make_xlsx(*rows: list[Any]) -> bytes:
    """A workbook with these rows."""
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("cp949"),
        TEXT.encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("cp949"),
        TEXT.replace("\n", "\r\n").encode(),
        make_xlsx(["SKU", "우선순위", "이유"], ["HB-1", 50.0, " 기획전 "], [], ["HB-2", None, None]),
    ],
    ids=["utf-8", "utf-8 with mark", "cp949", "utf-16", "semicolons", "tabs", "windows", "xlsx"],
)
def test_a_sheet_is_read_however_it_was_saved(data: bytes) -> None:
    sheet = read_sheet(data)
    assert sheet.header == ["SKU", "우선순위", "이유"]
    assert [(number, {"우선순위": "", "이유": "", **cells}) for number, cells in sheet.rows] == ROWS


def rewrite_sheet(data: bytes, old: str, new: str) -> bytes:
    """The workbook with this text of its first sheet's XML replaced."""
    source, file = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                assert old in text
                text = text.replace(old, new)
            target.writestr(name, text)
    return file.getvalue()


def test_rows_beyond_the_size_that_the_sheet_claims_are_read() -> None:
    data = make_xlsx(["SKU", "우선순위"], ["HB-1", 1], ["HB-2", 2])
    sheet = read_sheet(rewrite_sheet(data, '<dimension ref="A1:B3"', '<dimension ref="A1:A2"'))
    assert sheet.rows == [(2, {"SKU": "HB-1", "우선순위": "1"}), (3, {"SKU": "HB-2", "우선순위": "2"})]


def test_a_row_that_claims_to_stand_far_below_is_refused() -> None:
    data = make_xlsx(["SKU"], ["HB-1"])
    assert read_sheet(rewrite_sheet(data, '<row r="2"', '<row r="200000"')).rows == [(200_000, {"SKU": "HB-1"})]
    with pytest.raises(SheetError, match="200,000번을 넘습니다"):
        read_sheet(rewrite_sheet(data, '<row r="2"', '<row r="999999999999"'))


def test_quoted_cells_keep_their_commas_and_lines_and_do_not_move_the_row_numbers() -> None:
    sheet = read_sheet('SKU,이유\nHB-1,"하나, 둘\n셋"\nHB-2,넷\n'.encode())
    assert sheet.rows == [(2, {"SKU": "HB-1", "이유": "하나, 둘\n셋"}), (3, {"SKU": "HB-2", "이유": "넷"})]


def test_decomposed_korean_is_composed() -> None:
    assert read_sheet(unicodedata.normalize("NFD", "우선순위\n5\n").encode()).header == ["우선순위"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "빈 파일"),
        (b"\n\n,,\n", "빈 파일"),
        (b"\xd0\xcf\x11\xe0 old", "xlsx나 CSV로"),
        (b"PK\x03\x04 torn", "깨졌습니다"),
        (b"\x81\xff\x00", "글자를 읽을 수 없습니다"),
        (b"SKU\nA\x00B\n", "글자를 읽을 수 없습니다"),
        (b"SKU,SKU\n1,2\n", "겹칩니다: SKU"),
        (b"SKU\n" + b"A" * 1_001, "2줄에 1,001자"),
        (b'SKU\n"' + b"A" * 200_000, "CSV로 읽을 수 없습니다"),
        (b"a," * 100 + b"a\n", "열이 100개"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(SheetError, match=said):
        read_sheet(data)


def test_sizes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_LIMIT", 2)
    assert len(read_sheet(b"SKU\n1\n2\n").rows) == 2
    with pytest.raises(SheetError, match="2줄을 넘습니다"):
        read_sheet(b"SKU\n1\n2\n3\n")
    with pytest.raises(SheetError, match="10MB를 넘습니다"):
        read_sheet(b"a" * (10 * 2**20 + 1))


@pytest.mark.parametrize(
    ("folder", "parts", "size"), [("xl/worksheets", 1, 101 * 2**20), ("xl", 1, 21 * 2**20), ("xl", 1_001, 1)]
)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(folder: str, parts: int, size: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(parts):
            archive.writestr(f"{folder}/{number}.xml", bytes(size))
    assert len(file.getvalue()) < 2**20
    with pytest.raises(SheetError, match="너무 큰 파일"):
        read_sheet(file.getvalue())


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(SheetError, match="깨졌습니다"):
        read_sheet(file.getvalue())


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        sheet = read_sheet(data)
    except SheetError:
        return
    assert sheet.header


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_no_exported_text_is_a_formula(sign: str) -> None:
    text = f'{sign}HYPERLINK("http://x")'
    [_header, row] = csv.reader(io.StringIO(b"".join(iter_csv(["이름", "값"], [[text, -5]])).decode("utf-8-sig")))
    assert row == [f"'{text}", "-5"]
    assert unguard(row[0]) == text
    cells = load_workbook(write_xlsx("표", ["이름", "값"], [[text, -5]])).active["A2:B2"][0]  # type: ignore[index]
    assert (cells[0].data_type, cells[0].value[0]) == ("s", "'")
    assert (cells[1].data_type, cells[1].value) == ("n", -5)


def test_plain_texts_and_numbers_are_left_alone() -> None:
    assert [guard(value) for value in ("무선 -5%", "", 0, -1, None)] == ["무선 -5%", "", 0, -1, None]
    assert unguard("'90년대") == "'90년대"


def test_control_characters_do_not_break_a_workbook() -> None:
    book = load_workbook(write_xlsx("표", ["이름"], [["가\x0b나"]]))
    assert book.active["A2"].value == "가나"  # type: ignore[index]


def test_a_long_csv_comes_in_pieces() -> None:
    pieces = list(iter_csv(["수"], ([number] for number in range(1_200))))
    assert [piece.count(b"\r\n") for piece in pieces] == [501, 500, 200, 0]
