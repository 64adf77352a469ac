"""Catalogue files: both row formats, derived values, equal bytes from equal seeds, and refusal of damaged files."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from products.storesync.simulator import derivation, pictures
from products.storesync.simulator.catalogue import CatalogueError, read_catalogue
from products.storesync.simulator.process import REPOSITORY_ROOT, SimulatorProcess, SimulatorStartError
from tests.products.storesync.shop import DEMO_CATALOGUE, Shop

pytestmark = pytest.mark.once

IMAGE_ORIGIN = "http://images.test"
NATIVE_ROW = {"originProductNo": 12345678901, "name": "온담 청소기", "salePrice": 129000}
ICECAT_ROW = {
    "id": "3920564",
    "name": "006R90321",
    "title": "Toner cartridge <Black> & more",
    "supplier": "Xerox",
    "price": 4995,
    "date_released": "2009-12-10T00:00:00Z",
    "short_description": "Toner for a copier",
    "ean": ["0095205603217", "1"],
    "attrs": {"type": "Original", "printing_colours": "Black"},
}


def write_rows(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def serve_truth(path: Path, **options: Any) -> dict[int, dict[str, Any]]:
    with SimulatorProcess(path, image_origin=IMAGE_ORIGIN, **options) as simulator:
        return simulator.catalogue()


def test_icecat_row_is_translated(tmp_path: Path) -> None:
    long_code = ICECAT_ROW | {"id": "7", "name": "x" * 31, "attrs": {"product_type": "Notebook"}, "ean": []}
    truth = serve_truth(write_rows(tmp_path / "icecat.jsonl", ICECAT_ROW, long_code))
    row, origin = truth[3920564]["list"]["channelProducts"][0], truth[3920564]["detail"]["originProduct"]
    assert row["name"] == ICECAT_ROW["title"]
    assert (row["channelProductNo"], row["salePrice"], row["brandName"]) == (1003920564, 4995, "Xerox")
    assert (row["sellerManagementCode"], row["wholeCategoryName"]) == ("006R90321", "기타")
    assert not row["modifiedDate"].startswith("2009")
    assert origin["detailAttribute"]["sellerCodeInfo"]["sellerBarcode"] == "0095205603217"
    assert [(value["attributeName"], value["attributeRealValue"]) for value in
            origin["detailAttribute"]["productAttributes"]] == [("type", "Original"), ("printing_colours", "Black")]  # fmt: skip
    assert "Toner for a copier" in origin["detailContent"]
    assert "&lt;Black&gt; &amp; more" in origin["detailContent"]
    other = truth[7]["list"]["channelProducts"][0]
    assert (other["sellerManagementCode"], other["wholeCategoryName"]) == ("", "Notebook")


def test_native_row_keeps_its_values_and_its_missing_price(tmp_path: Path) -> None:
    rows = (
        NATIVE_ROW | {"image": "https://shop.test/a.jpg", "stockQuantity": 3, "channelProductNo": 5},
        {"originProductNo": 2, "name": "값 없음"},
        {"originProductNo": 3, "name": "값이 null", "salePrice": None},
    )
    truth = serve_truth(write_rows(tmp_path / "native.jsonl", *rows))
    row = truth[12345678901]["list"]["channelProducts"][0]
    assert (row["salePrice"], row["stockQuantity"], row["channelProductNo"]) == (129000, 3, 5)
    assert row["representativeImage"] == {"url": "https://shop.test/a.jpg"}
    assert "salePrice" not in truth[2]["list"]["channelProducts"][0]
    assert truth[3]["list"]["channelProducts"][0]["salePrice"] is None
    assert truth[3]["detail"]["originProduct"]["salePrice"] is None


def test_gzip_and_plain_file_serve_the_same(tmp_path: Path) -> None:
    plain = write_rows(tmp_path / "a.jsonl", NATIVE_ROW, ICECAT_ROW)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_catalogue(packed) == read_catalogue(plain)
    assert len(read_catalogue(packed, limit=1)) == 1


def test_last_line_without_a_newline_is_whole(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.jsonl", NATIVE_ROW)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert len(read_catalogue(path)) == 1


def test_same_file_and_seed_serve_the_same_bytes_and_another_seed_does_not() -> None:
    served = []
    for seed in (7, 7, 8):
        with SimulatorProcess(DEMO_CATALOGUE, products=20, seed=seed, image_origin=IMAGE_ORIGIN) as simulator:
            shop = Shop(simulator)
            shop.ask_token()
            numbers = shop.list_numbers(size=20)
            pages = shop.search(size=20).content
            details = [shop.fetch(number).content for number in numbers]
            served.append((pages, details, shop.fetch_picture(numbers[0]).content))
    assert served[0] == served[1]
    assert served[0][0] != served[2][0]
    assert served[0][2] != served[2][2]


def test_derived_values_depend_on_the_number_and_not_on_the_neighbours() -> None:
    row = derivation.complete_row(NATIVE_ROW, 1, IMAGE_ORIGIN)
    assert row == derivation.complete_row(dict(NATIVE_ROW), 1, IMAGE_ORIGIN)
    assert row["statusType"] in {"SALE", "OUTOFSTOCK", "SUSPENSION"}
    assert row["regDate"] < row["modifiedDate"]
    assert pictures.draw_picture.__wrapped__(1, "식품>음료>차", 1) == pictures.draw_picture(1, "식품>음료>차", 1)


def damage_torn_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def damage_encoding(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b'{"originProductNo": 9, "name": "\xff"}\n')


def damage_missing_number(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + '{"name": "번호 없음"}\n', encoding="utf-8")


def damage_number_zero(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + '{"originProductNo": 0, "name": "0"}\n', encoding="utf-8")


def damage_unknown_key(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + '{"originProductNo": 8, "name": "a", "salePirce": 1}\n')


def damage_array(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "[1, 2]\n", encoding="utf-8")


def damage_duplicate(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[0]]))


@pytest.mark.parametrize(
    ("damage", "line_no", "words"),
    [
        (damage_torn_line, 3, "줄이 끊겼거나 JSON이 아닙니다"),
        (damage_encoding, 4, "JSON이 아닙니다"),
        (damage_missing_number, 4, "상품 번호"),
        (damage_number_zero, 4, "양의 정수"),
        (damage_unknown_key, 4, "salePirce"),
        (damage_array, 4, "객체"),
        (damage_duplicate, 4, "1번째 줄과 겹칩니다"),
    ],
)
def test_damaged_line_is_named_with_its_fix(tmp_path: Path, damage: Any, line_no: int, words: str) -> None:
    rows = (NATIVE_ROW, ICECAT_ROW, {"originProductNo": 4, "name": "마지막 상품", "salePrice": 1000})
    path = write_rows(tmp_path / "shop.jsonl", *rows)
    damage(path)
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path, limit=1)
    message = str(caught.value)
    assert f"shop.jsonl {line_no}번째 줄" in message
    assert words in message
    assert "조치:" in message


def test_truncated_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl.gz"
    path.write_bytes(gzip.compress(DEMO_CATALOGUE.read_bytes())[:-5000])
    with pytest.raises(CatalogueError, match=r"shop\.jsonl\.gz \d+번째 줄: gzip 압축이 중간에 끊겼습니다"):
        read_catalogue(path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"\n")
    with pytest.raises(CatalogueError, match="한 건도 없습니다"):
        read_catalogue(path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--catalogue", "nowhere.jsonl"], "nowhere.jsonl: 파일을 열 수 없습니다"),
        (["--catalogue", str(DEMO_CATALOGUE), "--client-secret", "plain"], "bcrypt salt"),
        (["--catalogue", str(DEMO_CATALOGUE), "--products", "0"], "1 이상"),
        (["--catalogue", str(DEMO_CATALOGUE), "--port", "70000"], "다른 --port"),
    ],
)
def test_start_that_must_fail_ends_with_status_two(tmp_path: Path, arguments: list[str], words: str) -> None:
    command = [sys.executable, "-m", "products.storesync.simulator", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_start_error_carries_what_the_program_said(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "shop.jsonl", NATIVE_ROW)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SimulatorStartError, match=r"종료 상태 2\)\.\n카탈로그 오류: .*shop\.jsonl 1번째 줄"):
        SimulatorProcess(path).start()


def test_taken_port_is_an_error() -> None:
    with SimulatorProcess(DEMO_CATALOGUE, products=1) as first:
        port = int(first.url.removesuffix("/external").rpartition(":")[2])
        with pytest.raises(SimulatorStartError, match=f"{port}에서 들을 수 없습니다"):
            SimulatorProcess(DEMO_CATALOGUE, products=1, port=port).start()


def test_no_django_in_the_simulator() -> None:
    code = "import sys, products.storesync.simulator.cli, products.storesync.simulator.process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True)
    assert not [name for name in done.stdout.split() if name.partition(".")[0] == "django"]


def test_demo_catalogue_is_what_its_script_writes() -> None:
    command = [sys.executable, "scripts/make_demo_catalogue.py", "--check"]
    subprocess.run(command, cwd=REPOSITORY_ROOT, check=True, capture_output=True)
    assert DEMO_CATALOGUE.stat().st_size < 900 * 1024


def test_demo_catalogue_looks_like_a_shop() -> None:
    rows = read_catalogue(DEMO_CATALOGUE)
    codes = [row["sellerManagementCode"] for row in rows if row["sellerManagementCode"]]
    doubled = {code for code in codes if codes.count(code) > 1}
    assert len(rows) == 1000
    assert len({row["name"] for row in rows}) == 1000
    assert (len(rows) - len(codes), len(doubled), len(codes) - len(set(codes))) == (5, 2, 2)
    assert len({row["wholeCategoryName"] for row in rows}) >= 25
    assert len({row["brandName"] for row in rows}) >= 60
    assert 300 <= sum("discountedPrice" in row for row in rows) <= 400
    assert all(row["discountedPrice"] < row["salePrice"] for row in rows if "discountedPrice" in row)
    assert all(row["salePrice"] % 10 == 0 and 10 <= len(str(row["originProductNo"])) <= 11 for row in rows)
