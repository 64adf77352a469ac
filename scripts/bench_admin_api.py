"""The production server under the load of editors: how long the product list and a priority take, how many searches fit.

    python scripts/bench_admin_api.py --endpoint /admin/products --concurrency 20 --duration 60

Prepares a scratch database of --products beside the one that DATABASE_URL names (and finds it prepared the next time),
starts the server on production settings, and lets Locust work on it in a process of its own: first --concurrency editors
at --rate-per-user requests a second each, for admin_product_list_p95_ms and admin_priority_update_p95_ms; then as many
searchers without a pause, for product_search_qps. All figures come from the raw timings, which stay in bench/ of the data
folder beside admin_api.csv. The generator is held to one core; the server takes what it needs of all, as in production.

Exit status: 0 kept, 1 a budget broken or requests failed, 3 cannot judge (generator too busy, too few samples). --quick
looks only for failed requests: the times of a shared machine within seconds prove nothing.
"""

import json
import os
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.prod")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))

import django

django.setup()

from django.db import DatabaseError, connection
from rich.console import Console
from rich.table import Table

from locustfiles.tables import print_verdict, right_aligned
from locustfiles.timings import LIST_P95, SEARCH_QPS, UPDATE_P95, Timing, read_timings, select_window
from locustfiles.verdicts import BROKEN, CANNOT_JUDGE, KEPT, Generator
from perfhooks.bench.conditions import Conditions, note_conditions
from perfhooks.bench.places import bench_folder
from scripts.load_plan import Plan, read_plan
from scripts.load_results import Measured, Phase, append_row, describe_results, judge_phase, make_row, store_phases
from scripts.load_server import ROOT, pick_generator_core, pinned, production_environment, run_quietly, serve

SCRATCH_NAME = "jangbu_bench_admin"
SEARCHES = "search_products.py"
log = Console(stderr=True)


def ensure_scratch_database(name: str) -> str:
    """The URL of the scratch database, made empty where it does not exist yet, on the server that DATABASE_URL names."""
    if connection.vendor != "postgresql":
        folder = bench_folder()
        folder.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{folder / name}.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def run_load(
    locustfile: str, address: str, plan: Plan, *, seconds: int, rate: float, environment: dict[str, str]
) -> tuple[list[Timing], Generator]:
    """Let Locust work in its own process; the timings of the measured time, and what the generator says of itself."""
    timings = bench_folder() / f"{Path(locustfile).stem}_timings.csv"
    generator = Path(environment["JANGBU_DATA_DIR"]) / "generator.json"
    generator.unlink(missing_ok=True)
    options = {
        "--host": address,
        "--users": plan.concurrency,
        "--spawn-rate": plan.concurrency,
        "--run-time": f"{seconds + plan.warm_up}s",
        "--warm-up": plan.warm_up,
        "--rate-per-user": rate,
        "--min-samples": plan.min_samples,
        "--endpoint": plan.endpoint,
        "--timings-csv": timings,
        "--generator-json": generator,
        "--loglevel": "WARNING",
    }
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(ROOT / "locustfiles" / locustfile),
        "--headless",
        "--only-summary",
    ]
    command += [str(word) for option in options.items() for word in option]
    run_quietly(pinned(command, pick_generator_core()), environment, accepted=(KEPT, BROKEN, CANNOT_JUDGE))
    told = Generator(**json.loads(generator.read_text(encoding="utf-8")))
    return select_window(read_timings(timings), told.began_at, told.ended_at), told


def run_editors(plan: Plan, address: str, environment: dict[str, str]) -> Phase:
    """The users of the endpoint, each at the pace that was asked for."""
    timings, generator = run_load(
        plan.locustfile, address, plan, seconds=plan.duration, rate=plan.rate_per_user, environment=environment
    )
    return judge_phase(plan, plan.scenario, (LIST_P95, UPDATE_P95), timings, generator)


def run_searches(plan: Plan, address: str, environment: dict[str, str]) -> Phase:
    """As many searchers, none of whom pauses."""
    timings, generator = run_load(
        SEARCHES, address, plan, seconds=plan.search_duration, rate=0, environment=environment
    )
    return judge_phase(plan, plan.search_scenario, (SEARCH_QPS,), timings, generator)


def measure(plan: Plan) -> Measured:
    """Prepare, serve, load, and judge; RuntimeError where a part of that does not come up."""
    name = SCRATCH_NAME + ("_quick" if plan.is_quick else "")
    with tempfile.TemporaryDirectory(prefix="jangbu-bench-") as folder:
        environment = production_environment(
            database_url=ensure_scratch_database(name),
            folder=Path(folder),
            LOAD_USER="bench_editor",
            LOAD_PASSWORD=secrets.token_urlsafe(12),
        )
        database = [sys.executable, str(ROOT / "scripts" / "bench_database.py")]
        with log.status(f"상품 {plan.products:,}개를 준비합니다"):
            run_quietly([*database, "prepare", "--products", str(plan.products)], environment)
        with serve(environment, workers=plan.workers) as address:
            count = [*database, "queries", "--endpoint", plan.endpoint]
            queries = json.loads(run_quietly(count, environment)) if plan.is_admin else {}
            with log.status(f"{plan.concurrency}명이 {plan.duration}초 동안 일합니다"):
                paced = run_editors(plan, address, environment)
            with log.status(f"{plan.search_duration}초 동안 쉬지 않고 검색합니다"):
                searches = run_searches(plan, address, environment)
    return Measured(paced, searches, queries)


def print_report(measured: Measured) -> None:
    """Print everything for people."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    for phase in measured.phases:
        print_verdict(console, phase.verdict)
    pages = Table("화면", *right_aligned("쿼리"))
    for page, queries in measured.queries.items():
        pages.add_row(page.replace("[", r"\["), str(queries))
    console.print(pages)
    for metric, value in measured.values.items():
        console.print(f"{metric}: {'자료 없음' if value is None else f'{value:,.1f}'}")


def keep(plan: Plan, measured: Measured, conditions: Conditions) -> list[int]:
    """Append to the history and store the runs; their numbers, none where the database has no tables for them yet."""
    append_row(bench_folder() / "admin_api.csv", make_row(plan, measured, conditions))
    try:
        return store_phases(plan, measured)
    except DatabaseError as error:
        log.print(
            f"실행을 데이터베이스에 남기지 못했습니다. manage.py migrate를 먼저 실행하세요: {error}", markup=False
        )
        return []


def main() -> int:
    """Measure, keep, report; the exit status is that of the verdict."""
    plan, is_json = read_plan(__doc__ or "")
    conditions = note_conditions()
    try:
        measured = measure(plan)
    except RuntimeError as error:
        log.print(str(error), markup=False)
        return CANNOT_JUDGE
    conditions = conditions.finished()
    runs = keep(plan, measured, conditions)
    if is_json:
        print(json.dumps(describe_results(plan, measured, conditions, runs), ensure_ascii=False, indent=1))
    else:
        print_report(measured)
    return measured.status


if __name__ == "__main__":
    sys.exit(main())
