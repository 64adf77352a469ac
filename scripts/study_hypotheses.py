"""The plan's eight hypotheses, each held against a measurement on this machine.

    DATABASE_URL=postgres://... python scripts/study_hypotheses.py [--only 2A-1 2B-3]

Every figure is a share or a ratio of two things measured in the same run, so that a busy machine moves both. The result
goes to docs/measurements/hypotheses.csv; `scripts/write_performance_doc.py` puts it into docs/performance.md. PostgreSQL
is needed for 2B (write-ahead log, four writers). A hypothesis whose part is not built is listed as open.
"""

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

import httpx
import msgspec
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from rich.console import Console
from rich.table import Table

from content.posts.services import save_post
from operations.demo.articles import CATALOGUE, write_articles
from operations.pipeline.services import run_pipeline
from perfhooks.bench.database import own_database
from perfhooks.percentiles import percentile
from perfhooks.recorder import Recorder
from products.catalog.models import Store
from products.catalog.services import get_or_create_store
from products.storesync.client import StoreClient
from products.storesync.services import read_account, start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from products.upsert.rows import ProductRow, hash_row
from scripts.paired_scenarios import make_rows, upsert
from scripts.upsert_ways import write_in_bulk, write_row_by_row

OUT = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "hypotheses.csv"
PRODUCTS = 120
REQUESTS_PER_SECOND = 20
LATENCY_MS = 20
ROWS = 2_000
WRITERS = 4
CONTENDED = {"SQLite": 1.2, "PostgreSQL": 0.8}
"""Four writers that bring less than so many times the rows of one (SQLite), or of four apart (PostgreSQL), wait for locks."""
WAYS: dict[str, Callable[[Store, Sequence[ProductRow]], object]] = {"row": write_row_by_row, "batch": upsert}
PRICES = itertools.count(20_000, 10)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one hypothesis: confirmed, refuted or open; `figure` is the measured reason."""

    id: str
    hypothesis: str
    verdict: str
    figure: str


def _judge(is_confirmed: bool) -> str:
    return "확인" if is_confirmed else "반박"


def _open_store(rate: int = REQUESTS_PER_SECOND) -> SimulatorProcess:
    return SimulatorProcess(CATALOGUE, products=PRODUCTS, rate=rate, latency_ms=LATENCY_MS)


def _sync(simulator: SimulatorProcess, store_code: str = "study") -> float:
    started = time.perf_counter()
    sync_store(run_id=start_run(store_code=store_code, api_url=simulator.url), workers=4)
    return time.perf_counter() - started


def study_details() -> Finding:
    """2A-1: the detail calls rule the whole time. The same sync without any detail to fetch is what remains.

    Measured without a limit of requests too, which would decide the question by itself.
    """
    shares = {}
    for name, rate in ((f"초당 {REQUESTS_PER_SECOND}회 한도", REQUESTS_PER_SECOND), ("한도 없음", 0)):
        with _open_store(rate) as simulator:
            first, unchanged = (_sync(simulator, store_code=f"details-{rate}") for _ in range(2))
        shares[name] = (1 - unchanged / first, first, unchanged)
    words = [
        f"{name}: {first:.1f}초 가운데 상세 조회가 {share:.1%} (상세 0건이면 {unchanged:.2f}초)"
        for name, (share, first, unchanged) in shares.items()
    ]
    is_confirmed = all(share > 0.5 for share, _first, _unchanged in shares.values())
    figure = f"상품 {PRODUCTS}개, 응답 지연 {LATENCY_MS}ms; " + "; ".join(words)
    return Finding("2A-1", "상세조회 N+1이 전체 시간을 지배한다.", _judge(is_confirmed), figure)


def _fetch_naively(simulator: SimulatorProcess, numbers: Iterable[int], token: str) -> tuple[list[float], float]:
    """Eight threads that only react to 429 by waiting longer each time; seconds per product, and the share of 429."""
    calls: list[int] = []

    def fetch(http: httpx.Client, number: int) -> float:
        started, pause = time.perf_counter(), 0.1
        while True:
            status = http.get(f"/v2/products/origin-products/{number}").status_code
            calls.append(status)
            if status != httpx.codes.TOO_MANY_REQUESTS:
                return time.perf_counter() - started
            time.sleep(pause)
            pause *= 2

    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=simulator.url, headers=headers, timeout=30) as http, ThreadPoolExecutor(8) as pool:
        seconds = list(pool.map(lambda number: fetch(http, number), numbers))
    return seconds, calls.count(httpx.codes.TOO_MANY_REQUESTS) / len(calls)


def _fetch_paced(simulator: SimulatorProcess, numbers: Iterable[int]) -> tuple[list[float], float]:
    """The product's own client, from the moment at which the pacer lets a call go."""
    with Recorder() as recorder, StoreClient(read_account(api_url=simulator.url)) as client:
        client.fetch_token()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(client.fetch_detail, numbers))
        counts = client.take_counts()
    return recorder.samples("detail_fetch_seconds"), counts.rate_limited / counts.calls


def study_rate_limit() -> Finding:
    """2A-2: retries after 429 stretch the tail. The same products with and without pacing, from first try to answer."""
    with _open_store() as simulator:
        numbers = list(simulator.catalogue())
        with StoreClient(read_account(api_url=simulator.url)) as client:
            client.fetch_token()
            token = client._tokens.held
        naive, naive_share = _fetch_naively(simulator, numbers, token)
        time.sleep(2)
        paced, paced_share = _fetch_paced(simulator, numbers)
    tails = percentile(naive, 95), percentile(paced, 95)
    figure = (
        f"p95 {tails[0]:.2f}초 (429 비율 {naive_share:.0%}, 지수 대기) 대 {tails[1]:.3f}초 (429 비율 {paced_share:.1%}, "
        f"한도 헤더로 간격 조절): {tails[0] / tails[1]:.0f}배"
    )
    return Finding(
        "2A-2", "API rate limit(429) 재시도로 tail latency가 커진다.", _judge(tails[0] > 2 * tails[1]), figure
    )


def study_full_scan() -> Finding:
    """2A-3: scanning what has not changed costs needless calls."""
    with _open_store() as simulator:
        _sync(simulator)
        full = sum(simulator.counters()["requests"].values())
        simulator.reset_counters()
        simulator.change_random(6, seed=1)
        _sync(simulator)
        incremental = sum(simulator.counters()["requests"].values())
    figure = f"전체 스캔 {full}회 대 증분 {incremental}회 (상품 {PRODUCTS}개 중 6개 변경): {full / incremental:.1f}배"
    return Finding(
        "2A-3", "변경 없는 SKU까지 풀스캔하면 불필요 호출이 급증한다.", _judge(full > 2 * incremental), figure
    )


def _open_connection(_number: int) -> None:
    connection.ensure_connection()
    time.sleep(0.2)  # so that each process of the pool takes one


def _write_part(way: str, store: Store, rows: Sequence[ProductRow], price: int) -> None:
    changed = [msgspec.structs.replace(row, price=price, discounted_price=price) for row in rows]
    WAYS[way](store, [msgspec.structs.replace(row, content_hash=hash_row(row)) for row in changed])


def _write_at_once(way: str, store: Store, parts: Sequence[Sequence[ProductRow]]) -> float:
    """Rows per second of as many processes as parts, each of which brings a price of its own to the rows of its part."""
    connections.close_all()  # the processes are forked, and must not share a connection
    with ProcessPoolExecutor(len(parts), mp_context=get_context("fork")) as pool:
        list(pool.map(_open_connection, range(len(parts))))
        started = time.perf_counter()
        written = [pool.submit(_write_part, way, store, part, next(PRICES)) for part in parts]
        for each in written:
            each.result()
        return sum(map(len, parts)) / (time.perf_counter() - started)


def measure_writers() -> dict[str, float]:
    """Rows per second by way and writers: one, four over the same rows, four over rows of their own; medians of three."""
    store, rows = get_or_create_store(code="rows", name="rows"), make_rows(ROWS)
    upsert(store, rows)
    figures = {}
    for way, share in (("row", ROWS // 4), ("batch", ROWS)):
        part = rows[:share]
        plans = {"one": [part], "same": [part] * WRITERS, "apart": [part[at::WRITERS] for at in range(WRITERS)]}
        for name, parts in plans.items():
            rounds = [_write_at_once(way, store, parts) for _ in range(3)]
            figures[f"{way} {name}"] = sorted(rounds)[1]
    return figures


def study_row_commits() -> Finding:
    """2B-1: committing row by row makes writers wait for each other. SQLite is measured in a process of its own.

    SQLite locks the file: four writers bring no more than one. PostgreSQL locks rows: four writers over the same rows
    bring less than four over rows of their own, on the same two cores.
    """
    here = Path(__file__)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/study.sqlite3"}
        done = subprocess.run(
            [sys.executable, str(here), "--writers"], env=environment, capture_output=True, text=True, check=True
        )
    words, contended = [], {}
    for name, speed in (("SQLite", json.loads(done.stdout)), ("PostgreSQL", measure_writers())):
        of_what = "one" if name == "SQLite" else "apart"
        contended[name] = speed["row same"] / speed[f"row {of_what}"] < CONTENDED[name]
        words.append(
            f"{name} 행 단위: 작성자 1명 {speed['row one']:,.0f}, 같은 행에 4명 {speed['row same']:,.0f}, "
            f"다른 행에 4명 {speed['row apart']:,.0f}행/초 (배치는 {speed['batch one']:,.0f}, {speed['batch same']:,.0f}, "
            f"{speed['batch apart']:,.0f})"
        )
    verdict = _judge(all(contended.values()))
    if any(contended.values()) and not all(contended.values()):
        verdict = f"{next(name for name, is_so in contended.items() if is_so)}만 확인"
    return Finding(
        "2B-1", "row-by-row autocommit은 SQLite/관계형 DB에서 lock 경쟁을 유발한다.", verdict, "; ".join(words)
    )


def study_key_index() -> Finding:
    """2B-2: without an index on the key an upsert crawls. The same keyed updates on 50,000 rows, with and without."""

    def update(cursor: CursorWrapper, keys: Sequence[int]) -> float:
        started = time.perf_counter()
        with transaction.atomic():  # one commit, so that the disk's share does not hide the index's
            for key in keys:
                cursor.execute("UPDATE study_rows SET price = price + 1 WHERE store = 1 AND number = %s", [key])
        return len(keys) / (time.perf_counter() - started)

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE study_rows (store integer, number bigint, price integer)")
        cursor.executemany("INSERT INTO study_rows VALUES (1, %s, 100)", [(n,) for n in range(50_000)])
        without = update(cursor, range(0, 50_000, 500))
        cursor.execute("CREATE UNIQUE INDEX study_key ON study_rows (store, number)")
        with_index = update(cursor, range(0, 50_000, 500))
        cursor.execute("DROP TABLE study_rows")
    figure = (
        f"색인 없이 {without:,.0f}행/초, 유일 색인으로 {with_index:,.0f}행/초: {with_index / without:.0f}배 (5만 행)"
    )
    return Finding(
        "2B-2", "upsert key 인덱스 부재 시 성능이 급격히 저하된다.", _judge(with_index > 3 * without), figure
    )


def _wal_bytes_per_row(write: Callable[[], object], rows: int) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        before = cursor.fetchone()[0]
        write()
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [before])
        return float(cursor.fetchone()[0]) / rows


def study_rewrites() -> Finding:
    """2B-3: writing what is already there multiplies the writes. Log bytes per unchanged row, with and without skip."""
    store, rows = get_or_create_store(code="wal", name="wal"), make_rows(ROWS)
    upsert(store, rows)
    rewriting = _wal_bytes_per_row(lambda: write_in_bulk(store, rows), ROWS)
    upsert(store, rows)
    skipping = _wal_bytes_per_row(lambda: upsert(store, rows), ROWS)
    figure = f"변경 없는 행 하나에 WAL {rewriting:,.0f}바이트 (그대로 다시 쓰기) 대 {skipping:,.1f}바이트 (지문으로 건너뛰기)"
    statement = "불필요 update(동일 데이터 재쓰기)가 write 증폭을 만든다."
    return Finding("2B-3", statement, _judge(rewriting > 100 and skipping < 20), figure)


def study_packages() -> Finding:
    """2C-1: hashing and copying pictures and zipping rule the build. Shares of the build's whole time."""
    for article in write_articles()[:60]:
        save_post(slug=article.slug, title=article.title, body=article.body, relationship="own_product", status="ready")
    with SimulatorProcess(CATALOGUE) as simulator, Recorder() as recorder:
        run_pipeline(store_code="packages", api_url=simulator.url, workers=4)
    names = ("image_hash_seconds", "image_copy_seconds", "zip_seconds", "image_fetch_seconds", "package_build_seconds")
    hashed, copied, zipped, fetched, whole = (sum(recorder.samples(name)) for name in names)
    share = (hashed + copied + zipped) / whole
    figure = f"해시·복사·zip이 빌드의 {share:.0%} (zip {zipped / whole:.0%}); 첫 빌드의 상품 사진 내려받기가 {fetched / whole:.0%}"
    return Finding("2C-1", "이미지 해시/복사와 zip I/O가 CPU/디스크를 지배한다.", _judge(share > 0.5), figure)


def leave_open() -> Finding:
    """2C-2: video is not built yet."""
    statement = "비디오 keyframe 추출이 긴 tail latency를 만든다."
    return Finding("2C-2", statement, "미측정", "비디오 처리가 아직 없어 재지 않았다")


STUDIES: dict[str, Callable[[], Finding]] = {
    "2A-1": study_details,
    "2A-2": study_rate_limit,
    "2A-3": study_full_scan,
    "2B-1": study_row_commits,
    "2B-2": study_key_index,
    "2B-3": study_rewrites,
    "2C-1": study_packages,
    "2C-2": leave_open,
}


def main() -> int:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=STUDIES, help="only these, without writing the file")
    parser.add_argument("--writers", action="store_true", help="only the figures of 2B-1, as JSON")
    options = parser.parse_args()
    if options.writers:
        with own_database():
            sys.stdout.write(json.dumps(measure_writers()))
        return 0
    only = options.only
    if connection.vendor != "postgresql":
        sys.exit("DATABASE_URL: 2B는 PostgreSQL에서 잽니다. DATABASE_URL=postgres://...를 주세요.")
    settings.PACKAGE_DIR = settings.DATA_DIR / "study" / "packages"
    settings.MEDIA_ROOT = settings.DATA_DIR / "study" / "media"
    findings = []
    for name in only or STUDIES:
        with own_database():
            findings.append(STUDIES[name]())
    table = Table("가설", "문장", "판정", "측정")
    for finding in findings:
        table.add_row(*asdict(finding).values())
    Console().print(table)
    if not only:
        with OUT.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Finding)])
            writer.writeheader()
            writer.writerows(asdict(finding) for finding in findings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
