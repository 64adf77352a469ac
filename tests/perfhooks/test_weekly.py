"""Week against week: the grouping, the command with its files, and the page."""

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from perfhooks.bench.history import append_rows, make_rows
from perfhooks.models import PerfRun
from perfhooks.queries import count_queries
from perfhooks.services import store_run
from perfhooks.weekly.chart import draw_week_chart
from perfhooks.weekly.weeks import Reading, find_monday, find_start, group_by_week
from tests.perfhooks.test_bench import make_outcome
from tests.perfhooks.test_services import recorded

PAGE = "admin:perfhooks_perfrun_weekly"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(moment: datetime, p95: float, **facts: float) -> Reading:
    return Reading("bench", "probe", "seconds", moment, p95 / 2, p95, **facts)


def test_a_week_begins_on_monday_in_korea() -> None:
    assert find_monday(SUNDAY) == date(2026, 11, 16)
    assert find_monday(datetime(2026, 11, 22, 15, tzinfo=UTC)) == date(2026, 11, 23), "midnight in Seoul"
    assert find_start(SUNDAY, 2) == datetime(2026, 11, 8, 15, tzinfo=UTC)


def test_the_figures_of_a_week_are_medians_and_stand_beside_the_week_before() -> None:
    earlier = [read(SUNDAY - timedelta(days=14), p95) for p95 in (0.1, 0.2, 0.9)]
    [series] = group_by_week([*earlier, read(SUNDAY, 0.3)])
    assert series.before is not None
    assert (series.before.p95, series.before.runs, series.now.p95, series.now.p50) == (0.2, 3, 0.3, 0.15)
    assert series.change == pytest.approx(1.5)
    assert group_by_week([read(SUNDAY, 0.3)])[0].change is None


def test_a_slower_machine_changes_no_ratio() -> None:
    before = read(SUNDAY - timedelta(days=7), 0.1, ratio=50.0, calibration=0.01)
    [series] = group_by_week([before, read(SUNDAY, 0.2, ratio=50.0, calibration=0.02)])
    assert series.change == pytest.approx(1.0)
    [series] = group_by_week([before, read(SUNDAY, 0.1, ratio=40.0)])
    assert series.change == pytest.approx(1.25)


def test_the_drawing_holds_all_weeks_at_their_distance() -> None:
    moments = [SUNDAY - timedelta(days=days) for days in (28, 7, 0)]
    [series] = group_by_week([read(moment, p95) for moment, p95 in zip(moments, (0.1, 0.4, 0.2), strict=True)])
    chart = draw_week_chart(series)
    places = [dot.x for dot in chart.dots]
    assert (places[1] - places[0]) == pytest.approx(3 * (places[2] - places[1]), abs=0.5)
    assert [mark.text for mark in chart.weeks] == ["10-19", "11-09", "11-16"]
    assert min(dot.y for dot in chart.dots) == chart.dots[1].y == chart.top
    [alone] = group_by_week([read(SUNDAY, 0.0)])
    assert draw_week_chart(alone).p95_line.count(",") == 1, "one week, and nothing but zero, can be drawn"


@pytest.fixture
def two_weeks(settings: Settings, tmp_path: Path) -> Path:
    """A history file with a bench in this week and the week before."""
    settings.DATA_DIR, settings.REPORT_DIR = tmp_path, tmp_path / "reports"
    path = tmp_path / "bench" / "history.csv"
    now = timezone.now()
    for age, pace in ((7, 1.0), (0, 2.0)):
        outcome = make_outcome()
        moment = replace(outcome.conditions, date=now - timedelta(days=age))
        slower = tuple(replace(result, p50=result.p50 * pace, p95=result.p95 * pace) for result in outcome.results)
        append_rows(path, make_rows(replace(outcome, conditions=moment, results=slower)))
    append_rows(path, make_rows(replace(make_outcome("quick"), is_quick=True)))
    return path


@pytest.mark.django_db
def test_the_command_prints_the_weeks_and_writes_table_and_chart(
    two_weeks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_run(recorded(detail_seconds=0.2), kind="pipeline", scenario="demo")
    table, chart = tmp_path / "out" / "weeks.csv", tmp_path / "out" / "weeks.svg"
    call_command("perf_report", csv=table, svg=chart)
    printed = capsys.readouterr().out
    for word in ("bench_probe", "scenario · ours", "detail_fetch_seconds", "×1.00"):
        assert word in printed
    assert "quick" not in printed
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    bench = [row for row in rows if row["source"] == "bench_probe · sqlite"]
    assert [float(row["p95"]) for row in bench] == pytest.approx([0.1, 0.2])
    assert [float(row["ratio"]) for row in bench] == pytest.approx([50, 50])
    drawing = ElementTree.parse(chart).getroot()  # noqa: S314
    assert len(drawing.findall("{http://www.w3.org/2000/svg}g")) == len({row["name"] for row in rows})


@pytest.mark.django_db
def test_the_command_speaks_json_and_says_when_there_is_nothing(
    two_weeks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("perf_report", json=True)
    [series] = json.loads(capsys.readouterr().out)
    assert [week["p95"] for week in series["weeks"]] == pytest.approx([0.1, 0.2])
    two_weeks.unlink()
    call_command("perf_report")
    assert "잰 것이 없습니다" in capsys.readouterr().out
    two_weeks.write_text("other,columns\n")
    with pytest.raises(CommandError, match="열이 지금 형식과 다릅니다"):
        call_command("perf_report")


@pytest.mark.django_db
def test_the_page_shows_both_weeks_draws_the_chosen_series_and_is_linked(two_weeks: Path, admin_client: Client) -> None:
    store_run(recorded(detail_seconds=0.2), kind="pipeline", scenario="demo")
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "<strong>scenario · ours (100 행)</strong>" in page
    assert page.count('class="dot"') == 2
    assert "×1.00 비슷함" in page
    assert "첫 주" in page
    chosen = admin_client.get(reverse(PAGE), {"series": "pipeline · demo/detail_fetch_seconds"}).content.decode()
    assert "<strong>detail_fetch_seconds</strong>" in chosen
    assert chosen.count('class="dot"') == 1
    content = chosen[chosen.index('<div id="content-main">') :]
    assert " style=" not in content
    assert reverse(PAGE) in admin_client.get(reverse("admin:perfhooks_perfrun_changelist")).content.decode()


@pytest.mark.django_db
def test_the_page_without_measurements_or_with_a_strange_file_says_so(
    two_weeks: Path, admin_client: Client, client: Client
) -> None:
    two_weeks.write_text("other,columns\n")
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "열이 지금 형식과 다릅니다" in page
    assert "잰 것이 없습니다" in page
    assert client.get(reverse(PAGE)).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "value"),
    [("date", "gestern"), ("date", "2026-11-25T00:00:00"), ("p95_seconds", "abc"), ("ratio", "nan"), ("units", "x")],
)
def test_a_row_that_cannot_be_read_is_named_and_the_page_shows_the_rest(
    two_weeks: Path, admin_client: Client, column: str, value: str
) -> None:
    with two_weeks.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    bad = next(at for at, row in enumerate(rows) if row["ratio"])
    rows[bad][column] = value
    with two_weeks.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(CommandError, match=f"{bad + 2}행"):
        call_command("perf_report")
    assert f"{bad + 2}행" in admin_client.get(reverse(PAGE)).content.decode()


@pytest.mark.django_db
def test_the_command_refuses_what_it_cannot_do(two_weeks: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="--csv"):
        call_command("perf_report", csv=tmp_path / "file" / "weeks.csv")
    with pytest.raises(CommandError, match="--weeks"):
        call_command("perf_report", "--weeks=99999999")


@pytest.mark.django_db
def test_the_page_takes_the_same_few_queries_with_any_number_of_runs(two_weeks: Path, admin_client: Client) -> None:
    counts = []
    for _ in range(3):
        for _ in range(5):
            store_run(recorded(), kind="pipeline", scenario=f"demo {PerfRun.objects.count()}")
        with count_queries() as counted:
            assert admin_client.get(reverse(PAGE)).status_code == 200
        counts.append(counted.queries)
    assert counts[1] == counts[2] <= 8
