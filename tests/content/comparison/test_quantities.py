"""Amounts in Korean product names: read where they are said, and never guessed."""

from fractions import Fraction

import pytest

from content.comparison.quantities import NOT_SOLD_BY_AMOUNT, read_quantity
from content.comparison.unitprice import choose_basis, format_unit_price, price_unit

pytestmark = pytest.mark.once
FOOD = "식품>음료>차"
G, ML = "g", "ml"


def amounts(name: str, category: str = FOOD, **attributes: str) -> dict[str, float]:
    return {kind: float(n) for kind, n in read_quantity(name, attributes, category).amounts.items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("500g", {G: 500}),
        ("쌀 10㎏", {G: 10_000}),
        ("현미 1,000g", {G: 1000}),
        ("설탕 １．５ＫＧ", {G: 1500}),
        ("고춧가루 500그램", {G: 500}),
        ("밀가루 2킬로", {G: 2000}),
        ("밀가루 2킬로그램", {G: 2000}),
        ("생수 500㎖", {ML: 500}),
        ("생수 1.5L", {ML: 1500}),
        ("생수1.5ℓ", {ML: 1500}),
        ("식용유 1.8리터", {ML: 1800}),
        ("간장 500밀리리터", {ML: 500}),
        ("와인 75cl", {ML: 750}),
        ("음료 250cc", {ML: 250}),
        ("500g x 2", {G: 1000}),
        ("500g*2", {G: 1000}),
        ("500g × 2개", {G: 1000, "개": 2}),
        ("2개 x 500g", {G: 1000, "개": 2}),
        ("생수 2L x 6병", {ML: 12_000, "병": 6}),
        ("생수 2L 6병", {ML: 12_000, "병": 6}),
        ("생수 500ml, 20개", {ML: 10_000, "개": 20}),
        ("콜라 355ml×24캔", {ML: 8520, "캔": 24}),
        ("참치 150g 10캔", {G: 1500, "캔": 10}),
        ("즉석밥 210g, 24개", {G: 5040, "개": 24}),
        ("김 40g x 5개 x 4팩", {G: 800, "개": 20}),
        ("하루견과 20g x 50봉", {G: 1000, "봉": 50}),
        ("커피믹스 12g x 100포", {G: 1200, "포": 100}),
        ("1kg(500g x 2)", {G: 1000}),
        ("총 1kg (200g x 5개)", {G: 1000, "개": 5}),
        ("쌀과자 (총 1.2kg)", {G: 1200}),
        ("500g+100g", {G: 600}),
        ("물티슈 100매", {"매": 100}),
        ("물티슈 100매 10팩", {"매": 1000}),
        ("마스크 50매 x 2팩", {"매": 100}),
        ("마스크팩 30매입 x 10개", {"매": 300}),
        ("종이컵 20개입 3박스", {"개": 60}),
        ("달걀 30구", {"구": 30}),
        ("녹차 50티백", {"티백": 50}),
        ("비타민 1000mg x 60정", {"정": 60}),
        ("오메가3 90캡슐", {"정": 90}),
        ("맥주 24캔", {"캔": 24}),
        ("볼펜 26자루", {"자루": 26}),
        ("양말 10켤레", {"켤레": 10}),
        ("단백질 20g 바 12개", {"개": 12}),
        ("커피 1kg (1회 20g)", {G: 1000}),
        ("10x20cm 봉투 300매", {"매": 300}),
    ],
)
def test_what_is_said_is_read(name: str, expected: dict[str, float]) -> None:
    assert amounts(name) == expected


@pytest.mark.parametrize(
    ("name", "expected", "words"),
    [
        ("하루견과 1kg 40봉", {"봉": 40}, "하나의 것인지 전체"),
        ("사과 5kg 20개", {"개": 20}, "하나의 것인지 전체"),
        ("라면 120g 5개", {"개": 5}, "하나의 것인지 전체"),
        ("두유 190ml (24개입)", {"개": 24}, "하나의 것인지 전체"),
        ("쌀 2kg, 4봉", {"봉": 4}, "하나의 것인지 전체"),
        ("A4 용지 80g 500매", {"매": 500}, ""),
        ("음료 500ml 1+1", {}, "덤"),
        ("샴푸 2+1 500ml", {}, "덤"),
        ("고구마 3kg/5kg", {}, "여럿"),
        ("고구마 3kg, 5kg 택1", {}, "고르는"),
        ("견과 500g 옵션 선택", {}, "고르는"),
        ("한우 400~600g", {}, "범위"),
        ("한우 400-600g", {}, "범위"),
        ("멜론 약 2kg", {}, "어림"),
        ("멜론 2kg 내외", {}, "어림"),
        ("차 5종 세트 100g", {}, "여러 종류"),
        ("500g 그리고 300g", {}, "둘"),
        ("3개월분", {}, "적혀 있지 않습니다"),
        ("100g당 1,200원", {}, "적혀 있지 않습니다"),
        ("갤럭시 5G 케이블", {}, "적혀 있지 않습니다"),
        ("모니터 1920x1080", {}, "적혀 있지 않습니다"),
        ("물티슈 10장점", {}, "적혀 있지 않습니다"),
        ("쓰레기봉투 20L용", {}, "적혀 있지 않습니다"),
        ("분무기 380ml/h", {}, "적혀 있지 않습니다"),
        ("모델 AF27-500g", {}, "범위"),
        ("", {}, "적혀 있지 않습니다"),
    ],
)
def test_what_is_unclear_is_left_out_with_the_reason(name: str, expected: dict[str, float], words: str) -> None:
    assert amounts(name) == expected
    problem = read_quantity(name, {}, FOOD).problem
    assert words in problem or (not words and problem)


@pytest.mark.parametrize(
    ("name", "category", "attributes"),
    [
        ("무선 청소기 1.5kg", "디지털/가전>생활가전>청소기", {}),
        ("에어프라이어 3.5L", "디지털/가전>주방가전>에어프라이어", {"용량": "3.5L"}),
        ("손잡이 텀블러 1140ml", "생활/건강>주방용품>텀블러", {}),
        ("침낭 초경량 700g", "스포츠/레저>캠핑>침낭", {"충전량": "700g"}),
        ("휴대용 유모차 5kg", "출산/육아>유모차>휴대용유모차", {}),
        ("쌀통 10kg", "생활/건강>주방용품>보관용기", {}),
        ("커피머신 2.1L", "디지털/가전>주방가전>커피머신", {}),
    ],
)
def test_a_things_own_weight_or_capacity_is_not_what_is_sold(
    name: str, category: str, attributes: dict[str, str]
) -> None:
    reading = read_quantity(name, attributes, category)
    assert reading.amounts == {}
    assert reading.problem == NOT_SOLD_BY_AMOUNT


def test_attributes_help_and_contradictions_do_not() -> None:
    assert amounts("현미녹차", 중량="320g", 구성="50티백") == {G: 320, "티백": 50}
    assert amounts("하루견과 1800g", 중량="1800g", 구성="20봉") == {"봉": 20}
    assert amounts("하루견과", 총중량="1kg", 구성="40봉") == {G: 1000, "봉": 40}
    assert amounts("생수 2L x 6병", 용량="2L", 수량="6병") == {"병": 6}, "2 and 12 litres are two amounts"
    assert amounts("즉석밥", **{"개당 중량": "210g", "수량": "24개"}) == {G: 5040, "개": 24}
    assert amounts("설탕 1kg", 중량="3kg") == {}
    assert amounts("설탕", 중량="3kg") == {G: 3000}
    assert amounts("설탕", 무게="3kg") == {}


def test_one_basis_for_a_table() -> None:
    read = [read_quantity(name, {}, FOOD) for name in ("생수 2L x 6병", "생수 500ml, 20개", "생수 1+1")]
    basis = choose_basis(read)
    assert basis == "100ml"
    prices = [price_unit(12_000, reading, basis) for reading in read]
    assert prices == [Fraction(100), Fraction(120), None]
    assert choose_basis(read[1:]) == "", "one alone compares with nothing"
    assert choose_basis([]) == ""
    tea = [read_quantity("녹차 50티백", {}, FOOD), read_quantity("녹차 100티백", {}, FOOD)]
    assert choose_basis(tea) == "1티백"
    assert price_unit(5_000, tea[1], "1티백") == 50


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (Fraction(12345, 10), "1,235원"),
        (Fraction(1234), "1,234원"),
        (Fraction(124, 10), "12.4원"),
        (Fraction(50), "50원"),
        (Fraction(9996, 100), "100원"),
        (Fraction(1, 3), "0.3원"),
    ],
)
def test_a_unit_price_in_words(price: Fraction, words: str) -> None:
    assert format_unit_price(price) == words
