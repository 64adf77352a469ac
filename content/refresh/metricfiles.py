"""Reading files of figures line by line: search console exports and store reports, however large.

UTF-8 with or without its mark, UTF-16 with its mark, or CP949, which Korean Excel writes; comma, semicolon or tab; Korean
or English column names. Memory is bounded by the longest line. What is wrong with a line is told with its column, the value
and what to do.
"""

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import BinaryIO, NoReturn
from urllib.parse import unquote, urlsplit

from content.refresh.score import FIGURE_LIMIT

CHUNK_BYTES = 2**16
COLUMNS_LIMIT = 100
CELL_LENGTH_LIMIT = 4_000
VALUE_SHOWN = 80
YEARS_BACK = 3
POSTS_PATH = "posts"
REVENUE_LIMIT_WON = 1_000_000_000_000
DELIMITERS = ",;\t"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

ADDRESS, DAY = "address", "day"
FIGURES = ("impressions", "clicks", "position", "sessions", "conversions", "revenue")
COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "search_console": {
        ADDRESS: ("페이지", "인기 페이지", "페이지 url", "주소", "url", "page", "top pages", "landing page"),
        DAY: ("날짜", "일자", "date", "day"),
        "clicks": ("클릭수", "클릭", "클릭 수", "clicks"),
        "impressions": ("노출", "노출수", "노출 수", "impressions"),
        "position": ("게재순위", "게재 순위", "평균 게재순위", "평균 순위", "position", "average position"),
        "ctr": ("ctr", "클릭률", "클릭률(ctr)", "평균 ctr"),
    },
    "store": {
        ADDRESS: ("글", "슬러그", "페이지", "주소", "유입 주소", "캠페인", "post", "slug", "page", "url", "campaign"),
        DAY: ("날짜", "일자", "결제일", "date", "day"),
        "conversions": ("주문", "주문수", "주문 수", "결제수", "결제 수", "결제건수", "orders", "conversions"),
        "revenue": ("매출", "매출액", "결제금액", "결제 금액", "판매금액", "revenue", "sales"),
        "sessions": ("유입", "유입수", "유입 수", "방문", "방문수", "세션", "sessions", "visits"),
    },
}
"""What is read of each source, under its Korean or English names; the first is the one that messages use."""
NEEDED = {"search_console": ("clicks",), "store": ("conversions", "revenue")}
"""At least one of these makes a file worth reading."""
_DAY = re.compile(r"(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?")
_AMOUNT = re.compile(r"[₩￦]?\s*(\d+|\d{1,3}(?:,\d{3})+)(?:\.0+)?\s*원?")
_NOTHING = frozenset({"", "-", "–", "—"})


class FileFault(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a line. column: as the file names it; fix: what to do."""

    line: int
    column: str
    value: str
    fix: str


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One good line. variant: what tells it from other lines of the same post and day; figures: in the order of FIGURES."""

    line: int
    address: str
    slug: str
    day: date
    variant: str
    figures: tuple[int, int, float | None, int, int, int]


class _CellFault(ValueError):
    def __init__(self, key: str, value: str, fix: str) -> None:
        super().__init__(fix)
        self.key, self.value = key, value[:VALUE_SHOWN]


def read_rows(file: BinaryIO, *, source: str, today: date) -> Iterator[MetricRow | RowFault]:
    """Every line of the file with something in it. file: can be read from its start again. Raises FileFault.

    today: the Korean day; later days are faults.
    """
    text = io.TextIOWrapper(file, encoding=find_encoding(file), newline="", errors="strict")
    try:
        first = text.readline(CHUNK_BYTES)
        delimiter = max(DELIMITERS, key=first.count)
        text.seek(0)
        lines = csv.reader(text, delimiter=delimiter, strict=True)
        header = _read_header(lines, source)
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield _read_line(lines.line_num, cells, header, today)
    except csv.Error as error:
        raise FileFault(
            f"{lines.line_num:,}줄에서 CSV로 읽을 수 없습니다({error}). 따옴표가 짝이 맞는지 보고 다시 저장하세요."
        ) from error
    finally:
        text.detach()


def find_encoding(file: BinaryIO) -> str:
    """How the file is written, by reading all of it once; left at its start. Raises FileFault."""
    file.seek(0)
    start = file.read(4)
    if not start:
        raise FileFault("빈 파일입니다. 첫 줄에 열 이름을, 그 아래에 자료를 쓰세요.")
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileFault("엑셀이나 압축 파일입니다. 'CSV UTF-8'로 저장해 올리세요.")
    for encoding in ("utf-16",) if start.startswith(_UTF16) else ("utf-8-sig", "cp949"):
        if _decodes(file, encoding):
            file.seek(0)
            return encoding
    raise FileFault("글자를 읽을 수 없습니다. 'CSV UTF-8'로 다시 저장해 올리세요.")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK_BYTES):
            if "\x00" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Header:
    names: Sequence[str]
    places: Mapping[str, int]
    figures: frozenset[int]

    def name(self, key: str) -> str:
        return self.names[self.places[key]]


def _read_header(lines: Iterator[list[str]], source: str) -> _Header:
    names = next(([_clean(cell) for cell in cells] for cells in lines if any(cells)), [])
    if len(names) > COLUMNS_LIMIT:
        raise FileFault(f"열이 {COLUMNS_LIMIT}개를 넘습니다. 필요한 열만 남기세요.")
    places: dict[str, int] = {}
    for key, aliases in COLUMNS[source].items():
        found = [at for at, name in enumerate(names) if name.casefold() in aliases]
        if len(found) > 1:
            raise FileFault(f"같은 열이 두 번 있습니다: {', '.join(names[at] for at in found)}. 하나만 남기세요.")
        if found:
            places[key] = found[0]
    own = COLUMNS[source]
    for key in (ADDRESS, DAY):
        if key not in places:
            raise FileFault(f"'{own[key][0]}' 열이 없습니다. 첫 줄에 이 가운데 하나를 쓰세요: {', '.join(own[key])}")
    if not places.keys() & set(NEEDED[source]):
        wanted = ", ".join(f"'{own[key][0]}'" for key in NEEDED[source])
        raise FileFault(f"{wanted} 열이 없습니다. 하나는 있어야 합니다.")
    counted = frozenset(at for key, at in places.items() if key not in (ADDRESS, DAY))
    return _Header(names, places, counted)


def _read_line(line: int, cells: list[str], header: _Header, today: date) -> MetricRow | RowFault:
    own = [_clean(cell) for cell in cells] + [""] * (len(header.names) - len(cells))
    try:
        if len(cells) > len(header.names):
            raise _CellFault(
                ADDRESS, cells[-1], f"칸이 {len(cells)}개로 열보다 많습니다. 쉼표가 든 값을 따옴표로 묶으세요."
            )
        if len(longest := max(own, key=len)) > CELL_LENGTH_LIMIT:
            raise _CellFault(ADDRESS, longest, f"{CELL_LENGTH_LIMIT:,}자보다 깁니다. 줄이세요.")
        values = {key: own[at] for key, at in header.places.items()}
        address = values[ADDRESS]
        if not address:
            raise _CellFault(ADDRESS, "", "비었습니다. 글의 주소나 슬러그를 쓰세요.")
        day = read_day(values[DAY], today)
        figures = tuple(_read_figure(key, values.get(key, "")) for key in FIGURES)
        others = "\x1f".join(cell for at, cell in enumerate(own) if at not in header.figures)
        variant = hashlib.blake2b(others.encode(), digest_size=12).hexdigest()
        return MetricRow(line, address, read_slug(address), day, variant, figures)  # type: ignore[arg-type]
    except _CellFault as fault:
        return RowFault(line, header.name(fault.key), fault.value, str(fault))


def read_slug(address: str) -> str:
    """The slug that an address, a path or a bare slug names; "" for the address of something else."""
    try:
        path = urlsplit(address).path if "/" in address else address
    except ValueError:
        return ""
    parts = [part for part in path.split("/") if part]
    if not parts or len(parts) > 2 or (len(parts) == 2 and parts[0] != POSTS_PATH):
        return ""
    try:
        slug = unquote(parts[-1], errors="strict")
    except UnicodeDecodeError:
        return ""
    return unicodedata.normalize("NFC", slug).strip().lower()


def read_day(text: str, today: date) -> date:
    """A day in any of the usual ways of writing; raises for what is none, is to come, or is too old to be meant."""
    written = _DAY.fullmatch(text)
    try:
        day = (
            date(*map(int, written.groups()))
            if written
            else _refuse(DAY, text, "날짜가 아닙니다. 2026-11-30처럼 쓰세요.")
        )
    except ValueError as error:
        if isinstance(error, _CellFault):
            raise
        raise _CellFault(DAY, text, "달력에 없는 날입니다. 2026-11-30처럼 쓰세요.") from error
    if day > today:
        _refuse(DAY, text, f"아직 오지 않은 날입니다. {today}까지의 날짜를 쓰세요.")
    if day < today - timedelta(days=366 * YEARS_BACK):
        _refuse(DAY, text, f"{YEARS_BACK}년보다 오래된 날입니다. 연도를 확인하세요.")
    return day


def _read_figure(key: str, text: str) -> int | float | None:
    if key == "position":
        return _read_position(text)
    if text in _NOTHING:
        return 0
    written = _AMOUNT.fullmatch(text)
    if written is None:
        _refuse(key, text, "0 이상의 정수가 아닙니다. 1,234처럼 쓰세요.")
    number = int(written[1].replace(",", ""))
    limit = REVENUE_LIMIT_WON if key == "revenue" else FIGURE_LIMIT
    if number > limit:
        _refuse(key, text, f"하루의 값으로 너무 큽니다. {limit:,} 이하로 쓰세요.")
    return number


def _read_position(text: str) -> float | None:
    if text in _NOTHING:
        return None
    try:
        place = float(text.replace(",", "."))
    except ValueError:
        place = -1.0
    if not 0 <= place <= 10_000:
        _refuse("position", text, "순위가 아닙니다. 4.2처럼 쓰세요.")
    return place


def _refuse(key: str, text: str, fix: str) -> NoReturn:
    raise _CellFault(key, text, fix)


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
