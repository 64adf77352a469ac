"""The plan's experiments with the sync, against the simulated store at its documented limit.

    python scripts/bench_sync.py                                   # 50/200/500 SKUs x 1/5/10 workers x cache x incremental
    python scripts/bench_sync.py --limit [--processes 2] [--speed 1]     # 1,000 SKUs, then 5 % of them changed

The store allows 2 requests a second and API, 4 at once; --speed makes its seconds so many times shorter (the grid: 20). The
limit of a run is what its calls need at that bucket and latency. Without a cache every call asks for a token and a
connection of its own; without increments every detail is read, with them the 5 % that changed. `overhead` is the p95 of
detail_fetch_seconds less the latency that the store was given. With --processes the products are shared by so many stores of
one application, each synced by a process of its own; their details are not timed, and no overhead is judged. Rows go to
bench/sync.csv of the data folder, or to the file of --history.

Exit status: 0 kept, 1 missed: overhead 20 ms, 429 1 %; with --limit 3 % above the bucket's time (10 % for the changed ones)
and 429 0.1 %. --quick runs the smallest part and judges nothing.
"""

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from operations.demo.articles import CATALOGUE
from perfhooks.bench.conditions import note_conditions
from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from perfhooks.bench.places import bench_folder
from perfhooks.percentiles import percentile
from perfhooks.recorder import Recorder
from products.storesync.models import SyncRun
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess

ROOT = Path(__file__).resolve().parents[1]
RATE, BURST = 2, 4
SIZES, WORKERS = (50, 200, 500), (1, 5, 10)
CHANGED_SHARE = 0.05
PICTURES = "http://images.test"
GRID_SPEED = 20
DETAIL = "/v2/products/origin-products/{originProductNo}"
MOST_OVERHEAD_SECONDS = 0.020


@dataclass(frozen=True, slots=True)
class Row:
    """One run. Seconds and rates are of the machine's clock, the store's times its speed.

    `p95_seconds` and `overhead_seconds` are None where nothing was measured: no detail was read, or by other processes.
    """

    name: str
    skus: int
    workers: int
    is_cached: bool
    is_incremental: bool
    speed: float
    details: int
    seconds: float
    limit_seconds: float
    rows_per_second: float
    p95_seconds: float | None
    overhead_seconds: float | None
    calls: int
    rate_limited: int
    most_limit_ratio: float = 0.0
    most_limited_share: float = 0.01

    @property
    def limit_ratio(self) -> float:
        """The time as a multiple of what the bucket allows; 1 where it allows all at once."""
        return self.seconds / self.limit_seconds if self.limit_seconds else 1.0

    @property
    def limited_share(self) -> float:
        """429 of all replies."""
        return self.rate_limited / self.calls if self.calls else 0.0

    @property
    def is_kept(self) -> bool:
        """Whether all of its goals are met; what was not measured is not judged."""
        is_quick = self.overhead_seconds is None or self.overhead_seconds <= MOST_OVERHEAD_SECONDS
        is_at_limit = not self.most_limit_ratio or self.limit_ratio <= self.most_limit_ratio
        return is_quick and is_at_limit and self.limited_share < self.most_limited_share


def find_limit_seconds(details: int, lists: int, speed: float, latency_seconds: float = 0.0) -> float:
    """What the bucket and the store's latency need for so many calls: token and list pages one after the other, then details.

    Each API has a bucket of its own, full at the start.
    """
    waiting = (max(0, lists - BURST) + max(0, details - BURST)) / RATE / speed
    return waiting + latency_seconds * (1 + lists + bool(details))


def measure(run: Callable[[], object], simulator: SimulatorProcess, *, latency_seconds: float, **fields: object) -> Row:
    """Time one run by what its row says (a process takes seconds to start), and count its calls by the store's."""
    simulator.reset_counters()
    begun = timezone.now()
    with Recorder() as recorder:
        run()
    times = SyncRun.objects.filter(started_at__gte=begun).aggregate(start=Min("started_at"), end=Max("finished_at"))
    seconds = (times["end"] - times["start"]).total_seconds()
    seen = simulator.counters()
    details, speed = seen["requests"].get(DETAIL, 0), float(str(fields["speed"]))
    samples = recorder.samples("detail_fetch_seconds")
    p95 = percentile(samples, 95) if samples else None
    lists = seen["requests"].get("/v1/products/search", 0)
    return Row(
        details=details,
        seconds=seconds,
        limit_seconds=find_limit_seconds(details, lists, speed, latency_seconds),
        rows_per_second=int(str(fields["skus"])) / seconds,
        p95_seconds=p95,
        overhead_seconds=None if p95 is None else max(0.0, p95 - latency_seconds),
        calls=sum(seen["requests"].values()),
        rate_limited=seen["rate_limited"],
        **fields,  # type: ignore[arg-type]
    )


def sync_once(code: str, url: str, *, workers: int, is_cached: bool = True, is_incremental: bool = True) -> None:
    """One run of one store."""
    run_id = start_run(store_code=code, api_url=url, is_cached=is_cached, is_incremental=is_incremental)
    sync_store(run_id=run_id, workers=workers)


def run_grid(options: argparse.Namespace) -> Iterator[Row]:
    """Every combination on a store of its own, with a full bucket."""
    speed = options.speed or GRID_SPEED
    latency = options.latency_ms / 1_000 / speed
    ways = itertools.product(SIZES[:1] if options.quick else SIZES, WORKERS, (True, False), (True, False))
    for number, (skus, workers, is_cached, is_incremental) in enumerate(ways):
        code = f"grid-{number}"
        if is_incremental:
            # Another store with the same goods and no limit: a caller that never met the limit has to find it first.
            with SimulatorProcess(CATALOGUE, products=skus, image_origin=PICTURES) as simulator:
                sync_once(code, simulator.url, workers=8)
        with SimulatorProcess(
            CATALOGUE,
            products=skus,
            rate=RATE,
            burst=BURST,
            speed=speed,
            latency_ms=options.latency_ms,
            image_origin=PICTURES,
        ) as simulator:
            if is_incremental:
                simulator.change_random(max(1, int(skus * CHANGED_SHARE)), seed=options.seed)
            yield measure(
                partial(
                    sync_once,
                    code,
                    simulator.url,
                    workers=workers,
                    is_cached=is_cached,
                    is_incremental=is_incremental,
                ),
                simulator,
                latency_seconds=latency,
                name="grid",
                skus=skus,
                workers=workers,
                is_cached=is_cached,
                is_incremental=is_incremental,
                speed=speed,
            )


def run_limit(options: argparse.Namespace) -> Iterator[Row]:
    """All products of a first reading, then the changed ones, as near to the bucket's limit as may be."""
    speed, share = options.speed or 1, options.processes
    skus = (60 if options.quick else options.skus) // share
    common = {"skus": skus * share, "workers": options.workers, "is_cached": True, "speed": speed}
    with SimulatorProcess(
        CATALOGUE, products=skus, rate=RATE, burst=BURST, speed=speed, latency_ms=options.latency_ms
    ) as simulator:
        for is_incremental, most_ratio in ((False, 1.03), (True, 1.10)):
            if is_incremental:
                simulator.change_random(max(1, int(skus * CHANGED_SHARE)), seed=options.seed)
                time.sleep(BURST / RATE / speed)  # the bucket is full again
            yield measure(
                lambda: run_processes(simulator.url, share, options.workers),
                simulator,
                latency_seconds=options.latency_ms / 1_000 / speed,
                name=f"limit, {share} process(es)",
                is_incremental=is_incremental,
                most_limit_ratio=most_ratio,
                most_limited_share=0.001,
                **common,
            )


def run_processes(url: str, processes: int, workers: int) -> None:
    """Sync one store for each process: within this one when it is alone, else by commands of their own."""
    if processes == 1:
        sync_once("limit", url, workers=workers)
        return
    environment = {**os.environ, "DATABASE_URL": describe_database(), "STORE_API_URL": url}
    command = [sys.executable, str(ROOT / "manage.py"), "sync_store", "--json", "--workers", str(workers), "--store"]
    running = [
        subprocess.Popen([*command, f"limit-{number}"], env=environment, stdout=subprocess.PIPE)
        for number in range(processes)
    ]
    reports = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError(f"동기화가 실패했습니다: {[json.loads(report or b'{}') for report in reports]}")


def describe_database() -> str:
    """The URL of the bench's own database."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


def describe_milliseconds(seconds: float | None) -> str:
    """For a cell of the table."""
    return "재지 않음" if seconds is None else f"{seconds * 1_000:.1f}"


def print_rows(rows: Sequence[Row]) -> None:
    """Print the table for people."""
    table = Table(
        "측정",
        "SKU",
        "작업",
        "캐시",
        "증분",
        "상세",
        "초",
        "한도 초",
        "한도의 배수",
        "행/초",
        "p95 ms",
        "덧붙은 ms",
        "429",
    )
    for row in rows:
        table.add_row(
            row.name,
            f"{row.skus:,}",
            str(row.workers),
            "켬" if row.is_cached else "끔",
            "켬" if row.is_incremental else "끔",
            f"{row.details:,}",
            f"{row.seconds:,.2f}",
            f"{row.limit_seconds:,.2f}",
            f"{row.limit_ratio:.3f}" if row.limit_seconds else "–",
            f"{row.rows_per_second:,.1f}",
            describe_milliseconds(row.p95_seconds),
            describe_milliseconds(row.overhead_seconds),
            f"{row.limited_share:.2%}",
            style="" if row.is_kept else "red",
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def keep_rows(rows: Sequence[Row], path: Path) -> Path:
    """Append the rows to the history, with the conditions they were measured under and whether their goals were met."""
    conditions = note_conditions()
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp = {"date": conditions.date.isoformat(), "commit": conditions.commit, "machine": conditions.machine}
    stamp |= {"database": connection.vendor, "load": str(conditions.load_before)}
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        names = [*stamp, *(entry.name for entry in fields(Row)), "is_kept"]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows({**stamp, **asdict(row), "is_kept": row.is_kept} for row in rows)
    return path


def read_options(argv: Sequence[str] | None) -> argparse.Namespace:
    """What to run, and how quickly the store's clock goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", action="store_true", help="표 대신 1,000개를 가게의 한도까지 읽습니다")
    parser.add_argument("--skus", type=count, default=1_000, help="--limit의 상품 수 (기본 1,000)")
    parser.add_argument("--processes", type=count, default=1, help="--limit의 상품을 나누어 읽을 프로세스 수 (기본 1)")
    parser.add_argument(
        "--workers", type=count, default=4, help="--limit에서 프로세스마다 동시에 보낼 요청 수 (기본 4)"
    )
    parser.add_argument("--speed", type=count, help=f"가게 시계의 배속 (표는 기본 {GRID_SPEED}, --limit는 기본 1)")
    parser.add_argument(
        "--latency-ms", type=int, default=120, help="가게가 답하기까지의 시간 (가게의 밀리초, 기본 120)"
    )
    parser.add_argument("--seed", type=int, default=1, help="바뀌는 상품을 정하는 씨앗")
    parser.add_argument("--quick", action="store_true", help="가장 작은 부분만 돌리고 판정하지 않습니다")
    parser.add_argument("--json", action="store_true", help="표 대신 JSON을 출력합니다")
    parser.add_argument("--history", type=Path, default=bench_folder() / "sync.csv", help="결과를 덧붙일 CSV")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and keep; 0 when every goal is met."""
    options = read_options(argv)
    with own_database():
        rows = []
        for row in run_limit(options) if options.limit else run_grid(options):
            rows.append(row)
            print(f"{row.name}: {row.skus} SKU, {row.seconds:.2f}초", file=sys.stderr)
    if options.json:
        print(json.dumps([{**asdict(row), "is_kept": row.is_kept} for row in rows], ensure_ascii=False))
    else:
        print_rows(rows)
    if not options.quick:
        print(keep_rows(rows, options.history).name, file=sys.stderr)
    return 0 if options.quick or all(row.is_kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
