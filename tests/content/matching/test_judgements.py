"""Judging the engine from files: what it says of bad ones, and what the engine is worth on good ones."""

import gzip
import json
import runpy
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content.matching.evaluation import evaluate, rate_ranking
from content.matching.judgements import BadFile, read_catalogue, read_ratings
from tests.support.data import ROOT, find_shared_data

pytestmark = pytest.mark.once
DATA = Path(__file__).parent / "data"
DEMO = ROOT / "operations" / "demo" / "catalogue.jsonl"
KOREAN = DATA / "korean_ratings.csv"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def judge(catalogue: Path, ratings: Path, **options: Any) -> Any:
    out = StringIO()
    call_command("match_eval", catalogue=catalogue, ratings=ratings, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_ndcg_by_hand() -> None:
    assert rate_ranking(["a", "b"], {"a": 3, "b": 0, "c": 3}, depth=2) == pytest.approx(7 / (7 + 7 / 1.5849625))
    assert rate_ranking(["x", "y"], {"a": 1}, depth=10) == 0.0
    assert rate_ranking(["a"], {"a": 0}, depth=10) is None


def test_shares_of_nothing_and_of_strangers() -> None:
    answers = {"none": [], "strangers": ["x", "a"], "unrated": ["b"]}
    result = evaluate(
        lambda query: answers[query], {"none": {"a": 1}, "strangers": {"a": 1}, "unrated": {"b": 0}}, depth=10
    )
    assert (result.rated, result.zero_ratio, result.unjudged_ratio) == (2, 1 / 3, 1 / 3)
    assert [score.query for score in result.failures] == ["none"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "1", "title": "가"}\n{"id": "2"', r"2행: JSON이 아닙니다"),
        ('{"id": "1", "title": "가"}\n\n{"title": "나"}', r"3행: id가 없거나"),
        ('{"id": "1", "title": ""}', r"1행: title이 비었습니다"),
        ('{"id": "1", "title": "가", "supplier": 3}', r"1행: supplier이\(가\) 글자가 아닙니다"),
        ('{"id": "1", "title": "가"}\n{"id": "1", "title": "나"}', r"2행: id '1'이\(가\) 1행과 겹칩니다"),
        ('{"id": "1", "title": "가", "stockQuantity": "many"}', r"1행: stockQuantity"),
        ("[1]", r"1행: 상품은 JSON 객체"),
        ('{"id": "1", "title": "  "}', r"1행: title이 비었습니다"),
        ('{"id": "1", "title": "가 \\ud800"}', r"1행: 짝이 없는 .u 문자"),
        ("", r"상품이 없습니다"),
    ],
)
def test_a_bad_catalogue_names_line_and_field(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=message):
        read_catalogue(write(tmp_path, "c.jsonl", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query,docid\n가,1", r"1행: 머리글에 rating"),
        ("query,docid,rating\n가,1,3\n가,2,4", r"3행: rating은 0부터 3까지의 정수.*'4'"),
        ("query,docid,rating\n,1,3", r"2행: query이\(가\) 비었습니다"),
        ("query,docid,rating\n가,1", r"2행: rating이\(가\) 비었습니다"),
        ("query,docid,rating\n가,1,3,나", r"2행: 칸이 머리글보다 많습니다"),
        (f"query,docid,rating\n{'가' * 140_000},1,3", r"CSV로 읽을 수 없습니다"),
        ("query,docid,rating\n가,1,3\n가,1,2", r"3행: rating이 앞의 등급 3"),
        ("query,docid,rating\n", r"평가가 없습니다"),
        ("", r"1행: 머리글"),
    ],
)
def test_bad_ratings_name_line_and_field(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=message):
        read_ratings(write(tmp_path, "r.csv", text))


def test_broken_bytes_and_missing_files_are_said(tmp_path: Path) -> None:
    broken = tmp_path / "c.jsonl.gz"
    broken.write_bytes(gzip.compress('{"id": "1", "title": "가"}\n'.encode() * 50)[:-20])
    for path, message in ((broken, "행"), (tmp_path / "gone.jsonl", "열 수 없습니다")):
        with pytest.raises(BadFile, match=message):
            read_catalogue(path)
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "1", "title": "\xff"}')
    with pytest.raises(BadFile, match="UTF-8"):
        read_catalogue(tmp_path / "latin.jsonl")
    with pytest.raises(CommandError, match="열 수 없습니다"):
        call_command("match_eval", catalogue=tmp_path / "gone.jsonl", ratings=KOREAN)


def test_both_spellings_of_a_catalogue_give_the_same(tmp_path: Path) -> None:
    own = {"id": "7", "title": "온담 청소기 V2", "name": "V2", "supplier": "온담", "attrs": {"a": "1.5L"}}
    store = {
        "originProductNo": 7,
        "name": "온담 청소기 V2",
        "modelName": "V2",
        "brandName": "온담",
        "attributes": {"a": "1.5L"},
    }
    (first,), (second,) = (
        read_catalogue(write(tmp_path, f"{n}.jsonl", json.dumps(it))) for n, it in enumerate((own, store))
    )
    assert first == second


def test_lists_nested_values_gaps_and_grades_with_a_point_are_read(tmp_path: Path) -> None:
    row = {"id": 1, "title": "가", "supplier": None, "attrs": [{"name": "색", "value": "흰색"}, ["L", 2.5, None]]}
    [product] = read_catalogue(write(tmp_path, "c.jsonl", json.dumps(row)))
    assert (product.brand, product.attributes) == ("", "색 흰색 L 2.5")
    assert read_ratings(write(tmp_path, "r.csv", "query,docid,rating\n가,1,3.0\n")) == {"가": {"1": 3}}


def test_the_goals_on_real_products_and_queries() -> None:
    folder = find_shared_data("chorus_icecat")
    report = judge(folder / "products.jsonl.gz", folder / "ratings_dev.csv", k=10)
    assert report["engine"]["ndcg"] >= 0.78
    assert report["ndcg_ratio"] >= 1.04
    assert report["engine"]["zero_ratio"] <= 0.02
    assert set(report["engine"]["latency_ms"]) == {"p50", "p95", "p99"}


def test_the_korean_set_is_spelt_out_as_written_and_answered_well() -> None:
    check = subprocess.run([sys.executable, ROOT / "scripts" / "make_korean_ratings.py", "--check"], check=False)
    assert check.returncode == 0, "run scripts/make_korean_ratings.py"
    report = judge(DEMO, KOREAN)
    assert report["queries"] >= 200
    assert report["engine"]["ndcg"] >= 0.92
    assert report["engine"]["zero_ratio"] <= 0.02


def test_the_document_holds_what_the_engine_does(tmp_path: Path) -> None:
    document = ROOT / "docs" / "matching.md"
    copy = write(tmp_path, "matching.md", document.read_text(encoding="utf-8"))
    judge(DEMO, KOREAN, report=copy)
    assert copy.read_text(encoding="utf-8") == document.read_text(encoding="utf-8"), "run match_eval --report"
    with pytest.raises(CommandError, match="두 줄을 넣을"):
        judge(DEMO, KOREAN, report=write(tmp_path, "empty.md", ""))


def test_judged_products_that_are_not_there_are_counted(tmp_path: Path) -> None:
    catalogue = write(tmp_path, "c.jsonl", '{"id": "1", "title": "무선 청소기"}')
    ratings = write(tmp_path, "r.csv", "query,docid,rating\n청소기,1,3\n청소기,2,1\n")
    report = judge(catalogue, ratings)
    assert (report["unknown_docids"], report["engine"]["zero_ratio"]) == (1, 0.0)
    out = StringIO()
    call_command("match_eval", catalogue=catalogue, ratings=ratings, stdout=out)
    assert "docid 1개" in out.getvalue()


def test_a_bad_depth_is_refused() -> None:
    with pytest.raises(CommandError, match="1 이상"):
        judge(DEMO, KOREAN, k=0)


def test_a_condition_that_nothing_meets_is_named() -> None:
    module = runpy.run_path(str(ROOT / "scripts" / "make_korean_ratings.py"))
    with pytest.raises(ValueError, match="line 5"):
        list(module["_grade"](["없는분류:", "", ""], [], 5))
