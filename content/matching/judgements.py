"""Catalogues and graded queries from files, for judging the engine without a database.

A catalogue is JSON lines (also gzipped), one product a line: `id`, `title`, and where known `name` (the model's),
`supplier`, `short_description`, `attrs` (an object or a list); or the store's own words (`originProductNo`, `name`, `brandName`, `modelName`,
`wholeCategoryName`, `attributes`, `description`, `statusType`, `stockQuantity`). Ratings are CSV: query,docid,rating.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

GRADE_MOST = 3
ALIASES = {
    "brand": ("supplier", "brandName"),
    "model_name": ("modelName",),
    "category_name": ("wholeCategoryName",),
    "attributes": ("attrs", "attributes"),
    "description": ("short_description", "description"),
}


class BadFile(Exception):
    """A file that cannot be read; the message names the line, the field and what to do."""


@dataclass(frozen=True, slots=True)
class FileProduct:
    """A product of a catalogue file. id and origin_product_no: its line, from 1; sku: the file's own id."""

    id: int
    sku: str
    name: str
    brand: str
    model_name: str
    category_id: int
    category_name: str
    attributes: str
    description: str
    is_sellable: bool
    priority: int = 0

    @property
    def origin_product_no(self) -> int:
        """Ties go by the order of the file."""
        return self.id


def read_catalogue(path: Path) -> list[FileProduct]:
    """The products of a catalogue file. Raises BadFile."""
    products: list[FileProduct] = []
    lines: dict[str, int] = {}
    categories: dict[str, int] = {}
    with _open(path) as file:
        for line, text in _number_lines(file, path):
            if not text.strip():
                continue
            product = _read_product(_read_object(text, path, line), path, line, categories)
            if product.sku in lines:
                raise BadFile(f"{path} {line}행: id '{product.sku}'이(가) {lines[product.sku]}행과 겹칩니다.")
            lines[product.sku] = line
            products.append(product)
    if not products:
        raise BadFile(f"{path}: 상품이 없습니다. 한 줄에 상품 하나씩 JSON으로 적으세요.")
    return products


def read_ratings(path: Path) -> dict[str, dict[str, int]]:
    """{query: {product id: grade 0-3}} in the file's order. Raises BadFile."""
    ratings: dict[str, dict[str, int]] = {}
    with _open(path) as file:
        reader = csv.DictReader(_checked(file, path))
        missing = {"query", "docid", "rating"} - set(reader.fieldnames or ())
        if missing:
            raise BadFile(
                f"{path} 1행: 머리글에 {', '.join(sorted(missing))}이(가) 없습니다. query,docid,rating으로 시작하세요."
            )
        for row in _read_rows(reader, path):
            query, key, grade = _read_rating(row, path, reader.line_num)
            held = ratings.setdefault(query, {})
            if held.setdefault(key, grade) != grade:
                raise BadFile(
                    f"{path} {reader.line_num}행: rating이 앞의 등급 {held[key]}과(와) 다릅니다({query}, {key})."
                )
    if not ratings:
        raise BadFile(f"{path}: 평가가 없습니다. query,docid,rating 행을 적으세요.")
    return ratings


def _open(path: Path) -> TextIO:
    try:
        return (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="")
        )
    except OSError as error:
        raise BadFile(f"{path}: 파일을 열 수 없습니다({error.strerror}).") from error


def _checked(file: TextIO, path: Path) -> Iterator[str]:
    return (text for _line, text in _number_lines(file, path))


def _read_rows(reader: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise BadFile(f"{path} {reader.line_num}행: CSV로 읽을 수 없습니다({error}). 따옴표를 확인하세요.") from error


def _number_lines(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    line = 0
    try:
        for line, text in enumerate(file, start=1):
            yield line, text
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadFile(f"{path} {line + 1}행: UTF-8로 읽을 수 없습니다({error}).") from error


def _read_object(text: str, path: Path, line: int) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadFile(
            f"{path} {line}행: 짝이 없는 \\u 문자가 있습니다({error.reason}). 온전한 문자로 적으세요."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path} {line}행: JSON이 아닙니다({error}).") from error
    if not isinstance(value, dict):
        raise BadFile(f"{path} {line}행: 상품은 JSON 객체여야 합니다.")
    return value


def _read_product(value: Mapping[str, Any], path: Path, line: int, categories: dict[str, int]) -> FileProduct:
    key = value.get("id", value.get("originProductNo"))
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        raise BadFile(f"{path} {line}행: id가 없거나 글자가 아닙니다: {key!r} 글자나 정수로 적으세요.")
    texts = {field: _read_text(value, names, path, line) for field, names in ALIASES.items()}
    if "title" in value:
        texts["model_name"] = _read_text(value, ("name",), path, line)
    name = _read_text(value, ("title", "name"), path, line)
    if not name.strip():
        raise BadFile(f"{path} {line}행: title이 비었습니다. 상품 이름을 적으세요.")
    stock = value.get("stockQuantity", 1)
    if isinstance(stock, bool) or not isinstance(stock, int):
        raise BadFile(f"{path} {line}행: stockQuantity가 정수가 아닙니다: {stock!r}")
    return FileProduct(
        id=line,
        sku=str(key),
        name=name,
        category_id=categories.setdefault(texts["category_name"], len(categories)),
        is_sellable=value.get("statusType", "SALE") == "SALE" and stock > 0,
        brand=texts["brand"],
        model_name=texts["model_name"],
        category_name=texts["category_name"],
        attributes=texts["attributes"],
        description=texts["description"],
    )


def _read_text(value: Mapping[str, Any], names: tuple[str, ...], path: Path, line: int) -> str:
    name = next((name for name in names if value.get(name) is not None), None)
    held = "" if name is None else value[name]
    if isinstance(held, dict | list):
        return " ".join(_list_values(held))
    if not isinstance(held, str):
        raise BadFile(f"{path} {line}행: {name}이(가) 글자가 아닙니다: {held!r} 따옴표로 싸세요.")
    return held


def _list_values(held: dict[str, Any] | list[Any]) -> Iterator[str]:
    """The words in nested lists and objects, in their order; without keys and nulls."""
    waiting = [held]
    while waiting:
        value: Any = waiting.pop()
        if isinstance(value, dict | list):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)
        elif value is not None:
            yield str(value)


def _read_rating(row: Mapping[str, str | None], path: Path, line: int) -> tuple[str, str, int]:
    if None in row:
        raise BadFile(f"{path} {line}행: 칸이 머리글보다 많습니다. query에 쉼표가 있으면 따옴표로 싸세요.")
    values = [(row.get(name) or "").strip() for name in ("query", "docid", "rating")]
    for name, text in zip(("query", "docid", "rating"), values, strict=True):
        if not text:
            raise BadFile(f"{path} {line}행: {name}이(가) 비었습니다.")
    query, key, grade = values
    grade = grade.removesuffix(".0")  # as tables write whole numbers that once had gaps
    if grade not in {str(number) for number in range(GRADE_MOST + 1)}:
        raise BadFile(f"{path} {line}행: rating은 0부터 {GRADE_MOST}까지의 정수여야 합니다: {grade!r}")
    return query, key, int(grade)
