"""Whether the ledger stays equal to a store that never stands still: a whole sync, then rounds of changes, field by field.

    python scripts/check_sync_rounds.py --catalogue products.jsonl.gz [--rounds 3] [--seed 1] [--page-size 500] [--json]
    DATABASE_URL=postgres://... SHARED_DATA=... python scripts/check_sync_rounds.py

In each round some products change in every way that a store may change them, some go, some come, and while the list is
read products come, go and turn round between its pages. What moves during a run may be settled by the next one, so that each
round has two. Works on a database of its own. Without --catalogue it takes chorus_icecat/products.jsonl.gz below SHARED_DATA.

Exit status: 0 equal after every round, 1 not, 2 no catalogue.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from django.db import connection

from perfhooks.bench.database import own_database
from perfhooks.bench.options import count
from products.catalog.models import Store
from products.storesync.selectors import RunFacts
from products.storesync.services import start_run, sync_store
from products.storesync.simulator.process import SimulatorProcess
from tests.support.equality import find_differences

STORE = "rounds"
WORKERS = 8
RUNS_PER_ROUND = 2
CHANGED_SHARE, MOVED_SHARE = 0.03, 0.002
FIELDS = ("salePrice", "stockQuantity", "name", "description", "statusType")


@dataclass(frozen=True, slots=True)
class Round:
    """What a round found: how many products the store then had, what the runs did, and what still differed after them."""

    number: int
    products: int
    runs: int
    details: int
    created: int
    updated: int
    deleted: int
    rescans: int
    seconds: float
    differences: tuple[str, ...]


def play_rounds(
    simulator: SimulatorProcess, *, rounds: int, seed: int, page_size: int, workers: int = WORKERS
) -> Iterator[Round]:
    """A whole sync as round 0, then the rounds; each yielded once its runs are done."""
    draw = random.Random(seed)  # noqa: S311
    yield _settle(simulator, 0, page_size, workers)
    for number in range(1, rounds + 1):
        change_store(simulator, draw)
        plan_movement(simulator, draw)
        yield _settle(simulator, number, page_size, workers)


def change_store(simulator: SimulatorProcess, draw: random.Random) -> None:
    """Give some products other values, each kind of value to a share of its own; remove some and add some."""
    size = len(simulator.catalogue())
    for field in FIELDS:
        simulator.change_random(max(1, int(size * CHANGED_SHARE)), seed=draw.randrange(2**31), fields=[field])
    moved = max(1, int(size * MOVED_SHARE))
    simulator.mutate(add={"count": moved, "at": draw.choice(["start", "end"])})
    simulator.mutate(delete={"count": moved, "at": draw.choice(["start", "end"])})
    simulator.mutate(delete=draw.sample(sorted(simulator.catalogue()), moved))


def plan_movement(simulator: SimulatorProcess, draw: random.Random) -> None:
    """What happens between the pages of the next list: something comes, goes or changes; the order turns round."""
    first, last = {"count": 1, "at": "start"}, {"count": 1, "at": "end"}
    movements: list[dict[str, Any]] = [
        {"mutate": {"add": first}},
        {"mutate": {"delete": first}},
        {"mutate": {"add": last, "delete": first}},
        {"mutate": {"random": {"count": 3, "seed": draw.randrange(2**31), "fields": list(FIELDS[:2])}}},
        {"settings": {"direction": draw.choice(["ASC", "DESC"])}},
    ]
    for movement in draw.sample(movements, 3):
        simulator.event("list", after=draw.randint(1, 4), times=1, **movement)


def _settle(simulator: SimulatorProcess, number: int, page_size: int, workers: int) -> Round:
    started, done, differences = time.perf_counter(), list[RunFacts](), list[str]()
    while len(done) < RUNS_PER_ROUND:
        run_id = start_run(store_code=STORE, api_url=simulator.url)
        done.append(sync_store(run_id=run_id, workers=workers, page_size=page_size))
        store_id = Store.objects.get(code=STORE).pk
        served = simulator.catalogue()
        differences = find_differences(served, store_id=store_id)
        if not differences:
            break
    return Round(
        number=number,
        products=len(served),
        runs=len(done),
        details=sum(facts.fetched for facts in done),
        created=sum(facts.created for facts in done),
        updated=sum(facts.updated for facts in done),
        deleted=sum(facts.deleted for facts in done),
        rescans=sum(facts.rescans for facts in done),
        seconds=round(time.perf_counter() - started, 1),
        differences=tuple(differences),
    )


def find_catalogue(given: Path | None) -> Path | None:
    """The catalogue that was named, else the shared one; None when there is none."""
    shared = os.environ.get("SHARED_DATA")
    path = given or (Path(shared) / "chorus_icecat" / "products.jsonl.gz" if shared else None)
    return path if path and path.is_file() else None


def describe(found: Round) -> str:
    """One Korean line, with the first differences below it."""
    verdict = "모두 같음" if not found.differences else f"{len(found.differences):,}곳이 다름"
    line = (
        f"{found.number}회차: 상품 {found.products:,}개, 실행 {found.runs}번(목록 다시 읽기 {found.rescans}), "
        f"상세 {found.details:,}, 추가 {found.created:,}, 변경 {found.updated:,}, 삭제 {found.deleted:,}, "
        f"{found.seconds:,.1f}초: {verdict}"
    )
    return "\n  ".join([line, *found.differences[:5]])


def main(argv: Sequence[str] | None = None) -> int:
    """Play the rounds and say of each whether the ledger is equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, help="카탈로그 파일(jsonl 또는 jsonl.gz)")
    parser.add_argument("--rounds", type=count, default=3, help="변화가 있는 회차 수 (기본 3)")
    parser.add_argument("--seed", type=int, default=1, help="무엇이 바뀌는지 정하는 씨앗 (기본 1)")
    parser.add_argument("--page-size", type=count, default=500, help="목록 한 페이지의 상품 수 (기본 500)")
    parser.add_argument("--json", action="store_true", help="회차마다 JSON 한 줄을 출력합니다")
    options = parser.parse_args(argv)
    catalogue = find_catalogue(options.catalogue)
    if catalogue is None:
        print("카탈로그가 없습니다: --catalogue나 환경 변수 SHARED_DATA로 알려 주세요.", file=sys.stderr)
        return 2
    is_equal = True
    with own_database(), SimulatorProcess(catalogue) as simulator:
        for found in play_rounds(simulator, rounds=options.rounds, seed=options.seed, page_size=options.page_size):
            is_equal &= not found.differences
            shown = {"database": connection.vendor, **asdict(found)}
            print(json.dumps(shown, ensure_ascii=False) if options.json else describe(found), flush=True)
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
