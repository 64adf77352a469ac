"""Spreadsheets and products: a file changes nothing before the yes, bad rows are named, and what goes out comes in again."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from perfhooks.queries import count_queries
from products.catalog.models import ChangeBatch, Product
from products.catalog.sheetpages import XLSX_TYPE
from tests.operations.roles.people import log_in, make_person
from tests.products.catalog.rows import make_product, make_store
from tests.products.catalog.test_admin import LIST, read_messages

pytestmark = pytest.mark.django_db
IMPORT, EXPORT = f"{LIST}import/", f"{LIST}export/"


def upload(desk: Client, text: str | bytes, *, name: str = "priorities.csv", reason: str = "") -> Any:
    """Upload the file and follow to the draft."""
    data = text if isinstance(text, bytes) else text.encode()
    return desk.post(IMPORT, {"file": SimpleUploadedFile(name, data), "reason": reason}, follow=True)


def confirm(desk: Client) -> Any:
    """Say yes to the newest batch."""
    return desk.post(
        reverse("admin:catalog_changebatch_apply", args=[ChangeBatch.objects.latest("pk").pk]), follow=True
    )


def read_values() -> list[tuple[int, bool]]:
    """(priority, hold) by id."""
    return list(Product.objects.order_by("id").values_list("priority", "hold"))


def test_good_rows_are_imported_beside_bad_ones_and_taken_back(admin_client: Client) -> None:
    for number in range(1, 5):
        make_product(number)
    text = (
        "SKU,우선순위,보류,이유,메모\n"
        "HB-00001,50,,기획전,안 읽음\n"
        "HB-00002,1,예,,\n"
        "없는-SKU,5,,,\n"
        "HB-00003,많이,글쎄,,\n"
        "HB-00001,7,,,\n"
        "HB-00004,0,아니오,,\n"
    )
    page = upload(admin_client, text, reason="11월")
    assert read_values() == [(0, False)] * 4
    assert "사용하지 않은 열: 메모" in read_messages(page)
    errors = [(each["row"], each["column"]) for each in page.context["page"].errors]
    assert errors == [(4, "SKU"), (5, "우선순위"), (5, "보류"), (6, "SKU")]
    said = " ".join(each["message"] for each in page.context["page"].errors)
    assert "'없는-SKU' 상품이 없습니다" in said
    assert "'많이'은(는) 쓸 수 없습니다" in said
    assert "2줄과 같은 상품입니다" in said
    counts = dict(page.context["page"].counts)
    assert (counts["고른 상품"], counts["바뀔 상품"], counts["변경 없음"], counts["제외된 행"]) == (3, 2, 1, 3)
    confirm(admin_client)
    assert read_values() == [(50, False), (1, True), (0, False), (0, False)]
    assert list(Product.objects.order_by("id").values_list("version", flat=True)) == [1, 1, 0, 0]
    batch = ChangeBatch.objects.get()
    assert (batch.reason, batch.source, batch.counts["changed"]) == ("11월", "priorities.csv", 2)
    admin_client.post(reverse("admin:catalog_changebatch_undo", args=[batch.pk]))
    assert read_values() == [(0, False)] * 4


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (",,,5", "SKU", "SKU나 원상품 번호를 쓰세요"),
        ("SAME-1,,,5", "스토어", "여러 스토어에 있습니다. 코드를 쓰세요: dasan, hanbit"),
        ("SAME-1,,nowhere,5", "스토어", "'nowhere' 스토어가 없습니다"),
        ("SAME-1,,dasan,", "우선순위", "모두 비었습니다"),
        (",abc,,5", "원상품 번호", "번호가 아닙니다"),
        (",77,,5", "원상품 번호", "'77' 상품이 없습니다"),
        ("OTHER,9000000001,hanbit,5", "SKU", "SKU가 'SAME-1'입니다"),
        ("SAME-1,,dasan,-1", "우선순위", "0부터 2,147,483,647까지"),
        ("SAME-1,,dasan,2147483648", "우선순위", "0부터"),
        ("SAME-1,,dasan,1.5", "우선순위", "0부터"),
    ],
)
def test_a_bad_row_names_its_column_and_the_fix(admin_client: Client, row: str, column: str, said: str) -> None:
    make_product(1, sku="SAME-1")
    make_product(1, sku="SAME-1", store=make_store("dasan"))
    page = upload(admin_client, f"sku,origin_product_no,store,priority\n{row}\n")
    error = page.context["page"].errors[0]
    assert (error["row"], error["column"]) == (2, column)
    assert said in error["message"]
    assert not page.context["page"].changing


def test_rows_name_products_by_number_and_store(admin_client: Client) -> None:
    make_product(1)
    make_product(1, store=make_store("dasan"))
    upload(admin_client, "원상품 번호;스토어;우선순위\n9000000001;dasan;1,200\n")
    confirm(admin_client)
    assert read_values() == [(0, False), (1_200, False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("이름,우선순위\n가,1\n", "'SKU'나 '원상품 번호' 열이 없습니다"),
        ("SKU,이름\nHB-1,가\n", "'우선순위'나 '보류' 열이 없습니다"),
        ("SKU,sku,우선순위\nHB-1,HB-2,1\n", "같은 열이 두 번 있습니다: SKU, sku"),
        ("SKU,우선순위,Priority\nHB-1,1,2\n", "같은 열이 두 번 있습니다: 우선순위, Priority"),
        (b"PK\x03\x04", "깨졌습니다"),
    ],
)
def test_a_useless_file_is_refused_beside_its_input(admin_client: Client, text: str | bytes, said: str) -> None:
    page = upload(admin_client, text, reason="기획전")
    assert said in " ".join(page.context["form"].errors["file"])
    assert 'value="기획전"' in page.content.decode()
    assert not ChangeBatch.objects.exists()


def test_an_edit_between_upload_and_yes_is_respected(admin_client: Client) -> None:
    make_product(1)
    make_product(2)
    upload(admin_client, "SKU,우선순위\nHB-00001,5\nHB-00002,5\n")
    Product.objects.filter(sku="HB-00002").update(priority=9, version=1)
    confirm(admin_client)
    assert read_values() == [(5, False), (9, False)]


def test_importing_costs_the_same_queries_for_any_number_of_rows(admin_client: Client) -> None:
    upload(admin_client, "SKU,우선순위\nHB-00001,1\n")  # what is read once in the life of a process
    spent = []
    for count in (3, 300):
        for number in range(Product.objects.count() + 1, count + 1):
            make_product(number)
        text = "SKU,우선순위\n" + "".join(f"HB-{number:05d},{count}\n" for number in range(1, count + 1))
        with count_queries() as counted:
            upload(admin_client, text)
        spent.append(counted.queries)
    assert spent[0] == spent[1]


def read_csv(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_export_holds_what_the_list_shows_in_its_order(admin_client: Client) -> None:
    make_product(1, stock=0, priority=1)
    make_product(2, stock=0, priority=9, name="=1+1 특가", hold=True)
    make_product(3)
    response: Any = admin_client.get(f"{EXPORT}?format=csv&stock=out")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="products-')
    header, *rows = read_csv(response)
    assert [row[header.index("SKU")] for row in rows] == ["HB-00002", "HB-00001"]
    first = dict(zip(header, rows[0], strict=True))
    assert first["상품명"] == "'=1+1 특가"
    assert (first["상태"], first["판매가"], first["우선순위"], first["보류"]) == ("판매 중", "59000", "9", "예")
    book = admin_client.get(f"{EXPORT}?format=xlsx&stock=out")
    assert book.headers["Content-Type"] == XLSX_TYPE
    table: Any = load_workbook(io.BytesIO(b"".join(book.streaming_content))).active  # type: ignore[attr-defined]
    names, top, _second = table.iter_rows(values_only=True)
    assert list(names) == header
    assert (top[header.index("판매가")], top[header.index("우선순위")]) == (59_000, 9)


def test_what_goes_out_comes_in_again(admin_client: Client) -> None:
    make_product(1, priority=4, sku="=ODD-1")
    make_product(2, hold=True)
    exported = admin_client.get(EXPORT).getvalue()
    page = upload(admin_client, exported)
    assert page.context["page"].errors == []
    assert dict(page.context["page"].counts)["변경 없음"] == 2
    page = upload(admin_client, exported.replace(",4,아니오,".encode(), ",8,예,".encode()))
    confirm(admin_client)
    assert read_values() == [(8, True), (0, True)]


def test_a_wrong_filter_exports_nothing_of_another_kind(admin_client: Client) -> None:
    make_product(1)
    assert len(read_csv(admin_client.get(f"{EXPORT}?status__exact=CLOSE"))) == 1
    assert admin_client.get(f"{EXPORT}?no_such_field=1").status_code == 302


def test_a_workbook_has_its_limit(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.catalog.sheetpages.XLSX_ROWS_LIMIT", 1)
    make_product(1)
    make_product(2)
    response = admin_client.get(f"{EXPORT}?format=xlsx&stock=in", follow=True)
    assert "CSV로 내려받으세요" in read_messages(response)
    assert response.request["QUERY_STRING"] == "stock=in"


@pytest.mark.parametrize(
    ("role", "may_import", "may_export"),
    [("viewer", False, False), ("editor", True, True), ("analyst", False, True), ("admin", True, True)],
)
def test_buttons_stand_where_they_may_be_pressed(role: str, may_import: bool, may_export: bool) -> None:
    client = log_in(make_person("somebody", role))
    html = client.get(LIST).content.decode()
    assert (IMPORT in html) == may_import
    assert (EXPORT in html) == may_export
    assert User.objects.count() == 1
