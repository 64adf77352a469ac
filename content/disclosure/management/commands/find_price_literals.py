"""Find typed-in prices in JSON lines.

    python manage.py find_price_literals posts.jsonl
    python manage.py find_price_literals - --format html < pages.jsonl
    python manage.py find_price_literals labelled.jsonl --score

Reads `{"id": ..., "text": ...}`, one a line, and writes `{"id": ..., "findings": [{start, end, kind, value, rule_id}]}`.
With --score it writes one object instead: recall at any overlap, exact recall, and the negatives flagged, for rows that
bring `spans` ([[start, end, kind], ...]; [] for none). Exits with 1 when a line could not be read; the others are done.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from content.disclosure.literals import FORMATS, find_literals
from content.disclosure.literals_score import Score


class Command(BaseCommand):
    """The detector of price literals, for the shell."""

    help = "본문에 직접 쓴 가격 문구를 찾습니다 (JSON lines)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, how it is to be read, and whether to score."""
        parser.add_argument("file", help="JSON lines 파일, 표준 입력은 -")
        parser.add_argument("--format", choices=FORMATS, default="text", help="글의 형식 (기본 text, Markdown 포함)")
        parser.add_argument("--score", action="store_true", help="spans와 견준 점수만 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the lines once."""
        score, faults, unlabelled = Score(), 0, 0
        with _open(options["file"]) as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    row = read_row(line)
                except ValueError as error:
                    faults += 1
                    self.stderr.write(f"{number}번째 줄: {error}")
                    continue
                found = find_literals(row["text"], format=options["format"])
                if not options["score"]:
                    findings = [asdict(one) for one in found]
                    self.stdout.write(json.dumps({"id": row.get("id"), "findings": findings}))
                elif "spans" in row:
                    spans = [(start, end, kind) for start, end, kind in row["spans"]]
                    score.add(str(row.get("id")), found, spans, is_hard=bool(row.get("hard")))
                else:
                    unlabelled += 1
        if options["score"]:
            self.stdout.write(json.dumps({**score.summarise(), "rows_without_spans": unlabelled}, indent=1))
        if faults:
            raise CommandError(
                f"읽지 못한 줄이 {faults}개 있습니다. 위에 적힌 줄을 고치세요. 나머지 줄은 처리했습니다."
            )


def read_row(line: bytes) -> dict[str, Any]:
    """A line's object with its text. Raises ValueError, in Korean, for what is none."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"UTF-8이 아닙니다 ({error.start}번째 바이트). UTF-8로 저장하세요.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"JSON이 아닙니다: {error}. 한 줄에 객체 하나를 쓰세요.") from error
    if not isinstance(row, dict):
        raise ValueError('객체가 아닙니다. {"id": ..., "text": ...} 꼴로 쓰세요.')
    if not isinstance(row.get("text"), str):
        raise ValueError("text: 글이 없거나 문자열이 아닙니다. 문자열을 넣으세요.")
    if "spans" in row and not _are_spans(row["spans"]):
        raise ValueError("spans: [[시작, 끝, 종류], ...] 꼴이 아닙니다.")
    return row


def _are_spans(spans: Any) -> bool:
    return isinstance(spans, list) and all(
        isinstance(span, list) and [type(part) for part in span] == [int, int, str] for span in spans
    )


def _open(name: str) -> AbstractContextManager[Iterator[bytes] | BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name}: 열 수 없습니다 ({error.strerror}). 경로를 확인하세요.") from error
