"""The detector's command: JSON lines in, JSON lines out, faults named by their line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.once


def run(path: Path, *options: str) -> tuple[str, str, str]:
    out, err, failure = io.StringIO(), io.StringIO(), ""
    try:
        call_command("find_price_literals", str(path), *options, stdout=out, stderr=err)
    except CommandError as error:
        failure = str(error)
    return out.getvalue(), err.getvalue(), failure


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    return path


def test_each_line_gets_its_findings(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"id": "글1", "text": "지금 29,900원, 무료배송"}, {"id": 2, "text": "없음"})
    out, err, failure = run(path)
    assert (err, failure) == ("", "")
    assert [json.loads(line) for line in out.splitlines()] == [
        {
            "id": "글1",
            "findings": [
                {"start": 3, "end": 10, "kind": "price", "value": 29900, "rule_id": "price.won"},
                {"start": 12, "end": 16, "kind": "benefit", "value": None, "rule_id": "benefit.word"},
            ],
        },
        {"id": 2, "findings": []},
    ]


def test_html_is_read_as_pages_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"id": 1, "text": "<td>**29</td><td>900원</td>"})
    out, _err, _failure = run(path, "--format", "html")
    assert [one["value"] for one in json.loads(out)["findings"]] == [900]


def test_bad_lines_are_named_and_the_others_done(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"id": 1, "text": "1,000\xec\x9b\x90"}',
        b"{",
        b"[1]",
        b'{"id": 2}',
        b'{"text": "\xff"}',
        b"",
        b"[" * 99_999,
    ]
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines) + b'\n{"text": "a", "spans": [[1, "2", "price"]]}\n')
    out, err, failure = run(path)
    assert len(out.splitlines()) == 1
    named = [line.split(":")[0] for line in err.splitlines()]
    assert named == ["2번째 줄", "3번째 줄", "4번째 줄", "5번째 줄", "7번째 줄", "8번째 줄"]
    assert "6개" in failure


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    _out, _err, failure = run(tmp_path / "none.jsonl")
    assert "none.jsonl" in failure
    assert "열 수 없습니다" in failure


def test_the_score_tells_overlap_from_exact_and_easy_from_hard(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"id": "exact", "text": "29,900원", "spans": [[0, 7, "price"]]},
        {"id": "wide", "text": "약 3만원대예요", "spans": [[0, 6, "approx"]]},
        {"id": "missed", "text": "아주 싸요", "spans": [[0, 2, "claim"]]},
        {"id": "easy", "text": "29,900원", "spans": []},
        {"id": "hard", "text": "1,000원", "spans": [], "hard": True},
        {"id": "quiet", "text": "원칙", "spans": []},
        {"id": "none", "text": "29,900원"},
    )
    out, _err, failure = run(path, "--score")
    score = json.loads(out)
    assert failure == ""
    assert (score["spans"], score["overlap_recall"], score["exact_recall"]) == (3, 0.6667, 0.3333)
    assert (score["easy_negatives"], score["easy_flagged"]) == (2, 1)
    assert (score["hard_negatives"], score["hard_flagged"]) == (1, 1)
    assert (score["missed_ids"], score["flagged_ids"]) == (["missed", "wide"], ["easy", "hard"])
    assert (score["rows"], score["rows_without_spans"]) == (6, 1)
