"""The bench harness: interleaving, figures, goals, the history file, and a bench script as its user runs it."""

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.utils import timezone

from operations.gates.models import Measurement
from perfhooks.bench import Goal, Operation, Scenario
from perfhooks.bench.conditions import Conditions
from perfhooks.bench.history import COLUMNS, HistoryError, append_rows, make_rows, read_history
from perfhooks.bench.measure import Samples, interleave, measure
from perfhooks.bench.outcome import Outcome
from perfhooks.bench.plot import draw_plot
from perfhooks.bench.processor import read_processor_time
from perfhooks.bench.program import record_goals
from perfhooks.bench.resampling import Interval, median_interval
from perfhooks.bench.results import Result, describe_results
from perfhooks.bench.table import find_unequal_lengths, format_ratio
from perfhooks.clock import business_now
from products.catalog.models import Store

ROOT = Path(__file__).resolve().parents[2]
CONDITIONS = Conditions(
    date=datetime(2026, 11, 23, 9, tzinfo=UTC),
    commit="a" * 40,
    is_dirty=True,
    machine="2 CPU",
    load_before=0.5,
    calibration_before=0.01,
    load_after=0.7,
    calibration_after=0.011,
)


def do_nothing() -> None:
    """An operation that costs nothing."""


def make_scenario(**changes: object) -> Scenario:
    ours, naive = Operation("ours", do_nothing, units=100), Operation("naive", do_nothing, units=10)
    return replace(Scenario("scenario", operation=ours, yardstick=naive, unit="행"), **changes)  # type: ignore[arg-type]


def make_samples(seconds: float, runs: int = 20) -> Samples:
    return Samples(walls=[seconds] * runs, cpus=[seconds / 2] * runs, queries=3 * runs, rows_written=100 * runs)


def describe_ours(**changes: object) -> Result:
    samples = {"ours": make_samples(0.1), "naive": make_samples(0.5)}
    return describe_results(make_scenario(**changes), samples)[-1]


def test_operations_alternate_forwards_and_backwards_with_their_preparation_before_each() -> None:
    calls: list[str] = []

    def note(name: str) -> Callable[[], None]:
        return lambda: calls.append(name)

    operations = [Operation(name, note(name), prepare=note(f"p{name}")) for name in ("a", "b")]
    samples = interleave(operations, rounds=3, on_round=note("."))

    assert "".join(calls) == "paapbb.pbbpaa.paapbb."
    assert [len(figures.walls) for figures in samples.values()] == [3, 3]


def test_the_setup_and_the_warm_up_are_not_among_the_samples() -> None:
    calls: list[str] = []
    scenario = make_scenario(
        operation=Operation("ours", lambda: calls.append("run")),
        setup=lambda: calls.append("setup"),
        warmups=2,
        repetitions=3,
    )
    assert len(measure(scenario)["ours"].walls) == 3
    assert calls == ["setup"] + ["run"] * 5


@pytest.mark.django_db
def test_statements_and_written_rows_are_counted_for_each_run() -> None:
    scenario = make_scenario(operation=Operation("ours", lambda: Store.objects.create(code=str(time.time_ns()))))
    result = describe_results(scenario, measure(scenario))[-1]
    assert (result.queries, result.rows_written) == (1, 1)


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite works in this process")
def test_the_database_process_that_served_a_run_counts() -> None:
    with connection.cursor() as cursor:
        before = read_processor_time()
        cursor.execute("SELECT sum(sqrt(n)) FROM generate_series(1, 1000000) AS n")
        after = read_processor_time()
    served = after.backend_seconds - before.backend_seconds
    assert served > 0.01, "a million roots take the server's process some time, whatever else the machine does"
    assert after.since(before) == pytest.approx(served + after.own - before.own)


MEMORY = """
from perfhooks.bench import Operation, Scenario
from perfhooks.bench.measure import measure

taken = []
ours, naive = Operation("ours", lambda: taken.append(b"x" * 80_000_000)), Operation("naive", lambda: None)
samples = measure(Scenario("memory", operation=ours, yardstick=naive, unit="행", repetitions=3))
print(samples["ours"].peak_growth_bytes, samples["naive"].peak_growth_bytes)
"""


def test_memory_that_an_operation_took_first_is_put_down_to_it() -> None:
    # In a process of its own: only what was never taken before raises a process' peak. A started program inherits the
    # peak of the process that started it, which is therefore a small shell that stays.
    command = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, MEMORY]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ours, naive = map(int, done.stdout.split())
    assert ours > 200_000_000
    assert naive < 50_000_000


def test_the_ratio_is_speed_per_unit_against_the_yardstick() -> None:
    ours = describe_ours()
    assert ours.ratio is not None
    assert (ours.ratio.median, ours.ratio.low, ours.ratio.high) == pytest.approx((50, 50, 50))
    assert ours.cpu_ratio is not None
    assert ours.cpu_ratio.median == pytest.approx(50)
    assert (ours.p50, ours.cpu, ours.queries, ours.rows_written) == pytest.approx((0.1, 0.05, 3, 100))
    assert (ours.unit_seconds, ours.units_per_second) == pytest.approx((0.001, 1_000))


def test_a_goal_is_met_or_missed_by_the_measured_figure() -> None:
    met, missed = Goal.at_least("ratio", 50), Goal.at_most("p95", 0.09)
    result = describe_ours(goals=(met, missed))
    assert [judged.is_met for judged in result.goals] == [True, False]
    assert not result.is_met
    assert describe_ours(goals=(met,)).is_met


def test_a_goal_may_be_a_budget_with_its_limit_in_seconds() -> None:
    assert Goal.of_budget("upsert-batch-over-row") == Goal("ratio", 3, "min", "upsert-batch-over-row")
    assert Goal.of_budget("package-10-images-p95") == Goal("p95", 3, "max", "package-10-images-p95")
    assert Goal.of_budget("admin-list-p95", "p95") == Goal("p95", 0.8, "max", "admin-list-p95")
    with pytest.raises(ValueError, match="name the figure"):
        Goal.of_budget("admin-list-p95")
    with pytest.raises(ValueError, match="no-such-budget"):
        Goal.of_budget("no-such-budget")


def test_a_goal_for_what_was_not_counted_is_an_error() -> None:
    samples = {"ours": Samples([0.1], [0.1]), "naive": Samples([0.1], [0.1])}
    with pytest.raises(ValueError, match="'queries' was not measured"):
        describe_results(make_scenario(goals=(Goal.at_most("queries", 1),)), samples)


def test_two_operations_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="share a name"):
        make_scenario(peers=(Operation("ours", do_nothing),))
    with pytest.raises(ValueError, match="repetitions"):
        make_scenario(repetitions=0)


def test_the_interval_of_a_median_holds_it_and_narrows_with_more_values() -> None:
    draw = random.Random(7)
    few, many = ([draw.lognormvariate(0, 0.3) for _ in range(size)] for size in (11, 201))
    wide, narrow = median_interval(few), median_interval(many)
    assert wide.low < wide.median < wide.high
    assert narrow.low < 1 < narrow.high
    assert narrow.high - narrow.low < (wide.high - wide.low) / 2
    assert median_interval(few) == wide, "the same values give the same interval"
    assert median_interval([3.0]) == Interval(3.0, 3.0, 3.0)
    with pytest.raises(ValueError, match="no values"):
        median_interval([])


def test_nine_of_ten_intervals_of_21_values_and_more_hold_the_true_median() -> None:
    draw = random.Random(11)
    held = 0
    for _ in range(2_000):
        interval = median_interval([draw.gauss(10, 2) for _ in range(21)])
        held += interval.low <= 10 <= interval.high
    assert 0.90 <= held / 2_000 <= 0.97


@pytest.mark.parametrize(("ratio", "text"), [(52.13, "52.1"), (0.5, "0.5"), (0.018, "1/55.6")])
def test_small_multiples_are_read_as_fractions(ratio: float, text: str) -> None:
    assert format_ratio(ratio) == text


def test_runs_of_very_unequal_length_are_noted() -> None:
    def describe(ours: float, naive: float) -> list[Result]:
        return describe_results(make_scenario(), {"ours": make_samples(ours), "naive": make_samples(naive)})

    assert "30배까지 다릅니다" in find_unequal_lengths(describe(0.03, 0.001))
    assert find_unequal_lengths(describe(0.005, 0.001)) == ""
    assert find_unequal_lengths(describe(3.0, 0.1)) == "", "both are interrupted"


def make_outcome(bench: str = "bench_probe") -> Outcome:
    return Outcome(bench, (describe_ours(goals=(Goal.at_least("ratio", 50),)),), CONDITIONS, database="sqlite")


def test_a_row_says_what_was_measured_where_and_how_well(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.csv"
    append_rows(path, make_rows(make_outcome()))
    append_rows(path, make_rows(make_outcome("bench_other")))

    first, second = read_history(path)
    assert tuple(first) == COLUMNS
    assert (first["bench"], second["bench"]) == ("bench_probe", "bench_other")
    assert first["date"] == "2026-11-23T09:00:00+00:00"
    assert (first["commit"], first["is_dirty"], first["machine"]) == ("a" * 40, "True", "2 CPU")
    assert (first["operation"], first["yardstick"], first["unit"]) == ("ours", "naive", "행")
    assert float(first["ratio"]) == pytest.approx(50)
    assert (first["goals"], first["is_met"]) == ("ratio≥50", "True")


def test_a_file_with_other_columns_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("date,p50\n2026-11-01,3\n")
    with pytest.raises(HistoryError, match=r"history\.csv: 열이"):
        append_rows(path, make_rows(make_outcome()))
    assert path.read_text() == "date,p50\n2026-11-01,3\n"


def test_a_torn_last_line_is_left_out_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    append_rows(path, make_rows(make_outcome("first")))
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:60])
    assert [row["bench"] for row in read_history(path)] == ["first"]
    append_rows(path, make_rows(make_outcome("second")))
    assert [row["bench"] for row in read_history(path)] == ["first", "second"]
    assert list(read_history(tmp_path / "absent.csv")) == []


APPEND = """
import sys
from pathlib import Path
import django
django.setup()
from tests.perfhooks.test_bench import append_rows, make_outcome, make_rows
for _ in range(100):
    append_rows(Path(sys.argv[1]), make_rows(make_outcome(sys.argv[2])) * 3)
"""


def test_two_processes_that_append_at_once_lose_no_row_and_write_one_heading(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    command = [sys.executable, "-c", APPEND, str(path)]
    both = [subprocess.Popen([*command, name], cwd=ROOT, env=environment) for name in ("one", "two")]
    assert [process.wait(timeout=120) for process in both] == [0, 0]

    names = [row["bench"] for row in read_history(path)]
    assert (names.count("one"), names.count("two")) == (300, 300)
    with path.open(newline="") as file:
        assert sum(row[0] == "date" for row in csv.reader(file)) == 1


def test_the_plot_draws_every_sample_and_names_every_operation() -> None:
    samples = {"ours": make_samples(0.1, 7), "naive": make_samples(0.5, 7)}
    drawing = ElementTree.fromstring(draw_plot("bench <1>", describe_results(make_scenario(), samples)))  # noqa: S314
    tags = [element.tag.rpartition("}")[2] for element in drawing.iter()]
    words = {element.text for element in drawing.iter() if element.text}
    assert tags.count("circle") == 14
    assert {"ours", "naive", "scenario", "bench <1>"} <= words


def run_bench(script: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A bench script as its user starts it, with the data folder in `folder`."""
    return subprocess.run(
        [sys.executable, f"scripts/{script}", *options],
        cwd=ROOT,
        env={**os.environ, "JANGBU_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "project.settings.test"},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_a_quick_bench_prints_json_keeps_a_row_and_ends_well(tmp_path: Path) -> None:
    done = run_bench("bench_span.py", "--quick", "--json", "--plot", str(tmp_path / "p.svg"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["bench"] == "bench_span"
    by_name = {(result["scenario"], result["operation"]): result for result in document["results"]}
    filtered = by_name["span, line filtered", "span"]
    assert len(filtered["walls"]) == 5
    assert 0 < filtered["ratio"]["low"] <= filtered["ratio"]["median"] <= filtered["ratio"]["high"]
    assert filtered["goals"][0]["goal"]["figure"] == "unit_seconds"
    assert document["conditions"]["calibration_before"] > 0
    rows = list(read_history(tmp_path / "bench" / "history.csv"))
    assert len(rows) == len(document["results"]) == 6
    assert {row["is_quick"] for row in rows} == {"True"}
    assert ElementTree.parse(tmp_path / "p.svg").getroot().tag.endswith("svg")  # noqa: S314


def test_the_upsert_bench_runs_on_a_database_of_its_own_with_a_profile(tmp_path: Path) -> None:
    options = ("--rows=200", "--row-sample=20", "--repetitions=3", "--scenario=unchanged", "--system")
    profile = ("--profile=cprofile", f"--profile-dir={tmp_path}", "--json")
    done = run_bench("bench_upsert.py", *options, *profile, folder=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    document = json.loads(done.stdout)
    ours = document["results"][-1]
    assert (ours["operation"], ours["queries"], ours["rows_written"]) == ("upsert_products", 1, 0)
    assert document["system"]["bottleneck"].startswith("병목은")
    table = (tmp_path / "bench_upsert-unchanged-cprofile.txt").read_text()
    assert "upsert_products" in table
    assert "Ordered by: cumulative time" in table


def test_a_wrong_option_names_what_there_is(tmp_path: Path) -> None:
    done = run_bench("bench_span.py", "--scenario", "nothing", folder=tmp_path)
    assert done.returncode == 2
    assert "span, line filtered" in done.stderr
    (tmp_path / "bench").mkdir(exist_ok=True)
    (tmp_path / "bench" / "history.csv").write_text("other,columns\n")
    done = run_bench("bench_span.py", "--quick", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "옮긴 뒤" in done.stderr
    done = run_bench("bench_span.py", "--quick", "--plot", str(tmp_path / "none" / "x.svg"), folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--plot" in done.stderr


def test_the_time_of_record_is_now_or_the_fixed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs((business_now() - timezone.now()).total_seconds()) < 5
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert business_now() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH"):
        business_now()


@pytest.mark.django_db
def test_a_figure_with_a_budget_reaches_the_release_gate() -> None:
    result = describe_ours(goals=(Goal.of_budget("upsert-batch-over-row"), Goal.at_most("p95", 9)))
    record_goals(replace(make_outcome("bench_upsert"), results=(result,)))
    [found] = Measurement.objects.all()
    assert (found.metric, found.source, found.scenario) == ("upsert_batch_over_row_ratio", "bench_upsert", "scenario")
    assert found.value == pytest.approx(50)
    assert found.samples == 20
