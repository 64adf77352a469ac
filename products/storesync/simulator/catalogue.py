"""Reading a catalogue file: JSON lines, plain or gzipped, each line in one of the two row formats."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from products.storesync.simulator import rows

GZIP_MAGIC = b"\x1f\x8b"


class CatalogueError(Exception):
    """A catalogue that must not be served; the Korean message names the file, the line and the fix."""


def read_catalogue(path: Path, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the first `limit` native rows of a catalogue file, all of them when None.

    The whole file is checked even then, so that a torn file never passes. Raises CatalogueError for a missing or
    empty file, a broken line, a truncated gzip, a row without a number, or a number that occurs twice.
    """
    first_lines: dict[int, int] = {}
    found: list[dict[str, Any]] = []
    for line_no, line in _iterate_lines(path):
        row = _parse_line(path, line_no, line)
        product_no = row["originProductNo"]
        if product_no in first_lines:
            reason = f"상품 번호 {product_no}이(가) {first_lines[product_no]}번째 줄과 겹칩니다."
            raise _fault(path, line_no, reason, "두 줄 가운데 하나를 지우거나 번호를 고쳐 주세요.")
        first_lines[product_no] = line_no
        if limit is None or len(found) < limit:
            found.append(row)
    if not found:
        raise CatalogueError(f"카탈로그 오류: {path}: 상품이 한 건도 없습니다. 조치: 다른 파일을 지정해 주세요.")
    return found


def fingerprint_catalogue(path: Path, limit: int | None = None) -> str:
    """What tells the shop of this file, and of so many of its rows, from another; raises OSError."""
    with path.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}:{limit or ''}"


def _iterate_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    line_no = 0
    try:
        with path.open("rb") as probe:
            is_gzipped = probe.read(2) == GZIP_MAGIC
        with gzip.open(path) if is_gzipped else path.open("rb") as lines:
            for line_no, line in enumerate(lines, start=1):
                if line.strip():
                    yield line_no, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _fault(path, line_no + 1, "gzip 압축이 중간에 끊겼습니다.", "파일을 다시 받아 주세요.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"카탈로그 오류: {path}: 파일을 열 수 없습니다({reason}). 조치: --catalogue 경로를 확인해 주세요."
        raise CatalogueError(message) from error


def _parse_line(path: Path, line_no: int, line: bytes) -> dict[str, Any]:
    try:
        return rows.read_row(json.loads(line))
    except rows.RowError as error:
        raise _fault(path, line_no, str(error), "이 줄을 고치거나 지워 주세요.") from error
    except ValueError as error:
        reason = f"줄이 끊겼거나 JSON이 아닙니다({error})."
        raise _fault(path, line_no, reason, "이 줄을 지우거나 파일을 다시 받아 주세요.") from error


def _fault(path: Path, line_no: int, reason: str, fix: str) -> CatalogueError:
    return CatalogueError(f"카탈로그 오류: {path} {line_no}번째 줄: {reason} 조치: {fix}")
