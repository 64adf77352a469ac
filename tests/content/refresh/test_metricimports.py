"""Files of figures: read in every way of writing, faults named, nothing counted twice, all or nothing."""

import io
import json
import tracemalloc
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from content.posts.models import Post
from content.refresh.metricfiles import FileFault, MetricRow, RowFault, read_rows, read_slug
from content.refresh.metricimports import (
    ImportOutcome,
    ImportRefused,
    apply_import,
    draft_import,
    drop_import,
    drop_old_drafts,
    import_metrics,
)
from content.refresh.models import MetricDay, MetricImport, PostMetric
from tests.content.factories import make_post

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
SEARCH = "페이지,날짜,클릭수,노출,CTR,게재순위\n"
ENCODED = "https://jangbu.example/posts/%EB%AC%B4%EC%84%A0-%EC%B2%AD%EC%86%8C%EA%B8%B0/"


def load(text: str | bytes, source: str = "search_console", *, is_dry_run: bool = False) -> ImportOutcome:
    data = text if isinstance(text, bytes) else text.encode()
    return import_metrics(file=io.BytesIO(data), source=source, is_dry_run=is_dry_run, today=TODAY)


def counts(outcome: ImportOutcome) -> tuple[int, ...]:
    return (outcome.rows, outcome.added, outcome.changed, outcome.unchanged, outcome.unknown, outcome.bad)


def read(text: str, source: str = "search_console") -> list[MetricRow | RowFault]:
    return list(read_rows(io.BytesIO(text.encode()), source=source, today=TODAY))


@pytest.fixture
def post() -> Post:
    return make_post(slug="무선-청소기")


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        (ENCODED, "무선-청소기"),
        ("https://m.jangbu.example/posts/무선-청소기?utm=x#가격", "무선-청소기"),
        ("/posts/%EB%AC%B4%EC%84%A0-%EC%B2%AD%EC%86%8C%EA%B8%B0", "무선-청소기"),
        ("무선-청소기", "무선-청소기"),
        ("Best-Cleaner", "best-cleaner"),
        ("https://jangbu.example/", ""),
        ("https://jangbu.example/tags/무선-청소기/", ""),
        ("https://jangbu.example/posts/%FF%FE/", ""),
        ("https://[broken/posts/a/", ""),
    ],
)
def test_an_address_names_a_post_by_its_slug(address: str, slug: str) -> None:
    assert read_slug(address) == slug


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("header", [SEARCH, "Page,Date,Clicks,Impressions,CTR,Position\n"])
def test_korean_and_english_exports_are_read_in_every_encoding(post: Post, encoding: str, header: str) -> None:
    text = (
        header
        + f'{ENCODED},2026-11-03,"1,234",20000,6.2%,4.25\nhttps://jangbu.example/posts/무선-청소기/,2026.11.04,5,90,5%,-\n'
    )
    assert counts(load(text.encode(encoding))) == (2, 2, 0, 0, 0, 0)
    rows = PostMetric.objects.order_by("day").values_list("post", "source", "day", "clicks", "impressions", "position")
    assert list(rows) == [
        (post.pk, "search_console", date(2026, 11, 3), 1_234, 20_000, 4.25),
        (post.pk, "search_console", date(2026, 11, 4), 5, 90, None),
    ]
    assert MetricDay.objects.count() == 2


def test_a_store_report_is_read_with_tabs_and_won(post: Post) -> None:
    text = "캠페인\t결제일\t유입수\t결제수\t결제금액\n무선-청소기\t2026년 11월 3일\t40\t2\t₩25,800\n무선-청소기\t20261104\t\t1\t12900원\n"
    assert counts(load(text, "store")) == (2, 2, 0, 0, 0, 0)
    rows = PostMetric.objects.order_by("day").values_list("sessions", "conversions", "revenue")
    assert list(rows) == [(40, 2, 25_800), (0, 1, 12_900)]
    assert PostMetric.objects.filter(post=post, source="store").count() == 2


def test_the_same_file_again_changes_nothing_and_a_newer_one_wins(post: Post) -> None:
    first = SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n{ENCODED},2026-11-04,6,90,5%,4.2\n"
    load(first)
    assert counts(load(first)) == (2, 0, 0, 2, 0, 0)
    late = SEARCH + f"{ENCODED},2026-11-02,1,9,5%,4\n{ENCODED},2026-11-04,9,90,5%,4.2\n"
    assert counts(load(late)) == (2, 1, 1, 0, 0, 0)
    assert list(post.metrics.order_by("day").values_list("clicks", flat=True)) == [1, 5, 9]


def test_a_preview_writes_nothing_and_counts_what_would_be(post: Post) -> None:
    load(SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n")
    text = SEARCH + f"{ENCODED},2026-11-03,6,90,5%,4.2\n{ENCODED},2026-11-04,6,90,5%,4.2\n/,2026-11-05,1,1,,\n"
    outcome = load(text, is_dry_run=True)
    assert counts(outcome) == (3, 1, 1, 0, 1, 0)
    assert (outcome.first_day, outcome.last_day) == (date(2026, 11, 3), date(2026, 11, 5))
    assert list(post.metrics.values_list("clicks", flat=True)) == [5]
    assert MetricDay.objects.count() == 1


def test_lines_of_one_page_and_day_are_added_up_unless_they_are_the_same_line(post: Post) -> None:
    header = "페이지,검색어,날짜,클릭수,노출,게재순위\n"
    lines = [
        f"{ENCODED},청소기,2026-11-03,5,100,2\n",
        f"{ENCODED},무선,2026-11-03,3,300,6\n",
        f"{ENCODED},청소기,2026-11-03,7,100,2\n",  # a double, with another figure
    ]
    outcome = load(header + "".join(lines))
    assert counts(outcome) == (3, 1, 0, 0, 0, 1)
    assert outcome.errors[0]["line"] == 4
    assert outcome.errors[0]["fix"].startswith("2줄과 같은 주소와 날짜입니다")
    row = post.metrics.get()
    assert (row.clicks, row.impressions, row.position) == (8, 400, 5.0)


@pytest.mark.parametrize(
    ("cells", "column", "fix"),
    [
        (",2026-11-03,1,1,,", "페이지", "비었습니다"),
        ("/a,어제,1,1,,", "날짜", "날짜가 아닙니다"),
        ("/a,2026-02-30,1,1,,", "날짜", "달력에 없는 날"),
        ("/a,2026-12-01,1,1,,", "날짜", "아직 오지 않은 날"),
        ("/a,2006-12-01,1,1,,", "날짜", "오래된 날"),
        ("/a,2026-11-03,-1,1,,", "클릭수", "0 이상의 정수"),
        ("/a,2026-11-03,1.5,1,,", "클릭수", "0 이상의 정수"),
        ("/a,2026-11-03,9999999999,1,,", "클릭수", "너무 큽니다"),
        ("/a,2026-11-03,1,많음,,", "노출", "0 이상의 정수"),
        ("/a,2026-11-03,1,1,,일등", "게재순위", "순위가 아닙니다"),
        ("/a,2026-11-03,1,1,,1,2", "페이지", "열보다 많습니다"),
    ],
)
def test_a_fault_names_line_column_value_and_what_to_do(cells: str, column: str, fix: str) -> None:
    good, bad = read(SEARCH + "/a,2026-11-03,1,1,,\n\n" + cells + "\n")
    assert isinstance(good, MetricRow)
    assert isinstance(bad, RowFault)
    assert (bad.line, bad.column) == (4, column)
    assert fix in bad.fix


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "빈 파일"),
        (b"PK\x03\x04rest", "엑셀"),
        (b"\xff\x00\xfe\x80\x81", "글자를 읽을 수 없습니다"),
        ("날짜,클릭수\n".encode(), "'페이지' 열이 없습니다"),
        ("페이지,날짜\n".encode(), "'클릭수' 열이 없습니다"),
        ("페이지,주소,날짜,클릭수\n".encode(), "두 번 있습니다"),
        ("페이지,날짜,클릭수\n".encode() + b'"/a,2026-11-03,1\n"/b,2026-11-03,1\n', "따옴표"),
        ("페이지,날짜,클릭수\n".encode() + b'"/a' + b",2026-11-03,1\n" * 20_000, "따옴표"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(post: Post, data: bytes, message: str) -> None:
    with pytest.raises(FileFault, match=message):
        load(data)
    assert not PostMetric.objects.exists()
    assert counts(load(SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n")) == (1, 1, 0, 0, 0, 0)


def test_a_large_file_takes_no_more_memory_than_a_small_one(post: Post, tmp_path: Path) -> None:
    peaks = []
    for days in (4, 16):
        path = tmp_path / f"{days}.csv"
        with path.open("w") as out:
            out.write("페이지,검색어,날짜,클릭수\n")
            for number in range(days * 400):
                out.write(f"{ENCODED},q{number},2026-11-{number // 400 + 1:02d},1\n")
        tracemalloc.start()
        with path.open("rb") as file:
            assert import_metrics(file=file, source="search_console", today=TODAY).rows == days * 400
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5, "four times the lines"
    assert post.metrics.filter(clicks=400).count() == 16


def test_an_uploaded_file_waits_for_a_yes_and_is_used_once(post: Post, django_capture_on_commit_callbacks: Any) -> None:
    text = SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n{ENCODED},2026-13-03,5,90,5%,4.2\n"
    draft = draft_import(file=ContentFile(text.encode()), name="검색.csv", source="search_console", actor="editor")
    assert (draft.state, draft.added, draft.bad, draft.created_by) == ("draft", 1, 1, "editor")
    assert draft.errors[0]["column"] == "날짜"
    assert not PostMetric.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert apply_import(import_id=draft.pk).added == 1
    draft.refresh_from_db()
    assert (draft.state, post.metrics.count(), default_storage.exists(draft.stored)) == ("applied", 1, False)
    for decide in (apply_import, drop_import):
        with pytest.raises(ImportRefused, match="적용됨"):
            decide(import_id=draft.pk)


def test_a_dropped_file_is_gone(post: Post, django_capture_on_commit_callbacks: Any) -> None:
    text = SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n"
    draft = draft_import(file=ContentFile(text.encode()), name="a.csv", source="search_console")
    with django_capture_on_commit_callbacks(execute=True):
        drop_import(import_id=draft.pk)
    draft.refresh_from_db()
    assert (draft.state, default_storage.exists(draft.stored), post.metrics.count()) == ("dropped", False, 0)
    forgotten = draft_import(file=ContentFile(text.encode()), name="b.csv", source="search_console")
    with django_capture_on_commit_callbacks(execute=True):
        assert drop_old_drafts(now=forgotten.created_at + timedelta(days=6)) == 0
        assert drop_old_drafts(now=forgotten.created_at + timedelta(days=8)) == 1
    assert not default_storage.exists(forgotten.stored)


def test_the_command_imports_says_what_it_did_and_fails_on_faults(post: Post, tmp_path: Path) -> None:
    path, out = tmp_path / "search.csv", io.StringIO()
    path.write_text(SEARCH + f"{ENCODED},2026-11-03,5,90,5%,4.2\n/about/,2026-11-03,5,90,5%,4.2\n")
    call_command("import_post_metrics", path, source="search_console", dry_run=True, json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert (told["added"], told["unknown"], told["is_dry_run"], MetricImport.objects.count()) == (1, 1, True, 0)
    call_command("import_post_metrics", path, source="search_console", stdout=out)
    assert MetricImport.objects.get().state == "applied"
    path.write_text(SEARCH + f"{ENCODED},2026-11-04,x,90,5%,4.2\n")
    with pytest.raises(SystemExit):
        call_command("import_post_metrics", path, source="search_console", stdout=out)
    assert "2줄 클릭수 'x': 0 이상의 정수가 아닙니다" in out.getvalue()
    with pytest.raises(CommandError, match="nowhere"):
        call_command("import_post_metrics", tmp_path / "nowhere.csv", source="store")
    assert post.metrics.count() == 1
