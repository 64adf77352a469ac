"""`manage.py pipeline`: the whole flow once, from the store to the packages."""

import json
import re
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from operations.pipeline.report import as_json, print_report, write_report
from operations.pipeline.services import PipelineReport, run_pipeline
from perfhooks.bench.profiling import PROFILERS, ProfileError, ProfilerKind, default_profile_path, profile_block
from perfhooks.bench.system import watch_system
from perfhooks.recorder import Recorder
from perfhooks.services import LockHeld
from products.storesync.simulator.catalogue import fingerprint_catalogue
from products.storesync.simulator.process import SimulatorProcess, SimulatorStartError
from products.storesync.simulator.scenarios import SCENARIOS

EXIT_STATUS = {"done": 0, "refused": 2, "failed": 1}
STAGE_WORDS = {"sync": "상품 동기화", "posts": "글과 패키지"}
# Picture addresses hold the port, so a simulated shop keeps one: else every product would look changed on the next run.
SIMULATOR_PORT = 18650


def add_play_arguments(parser: ArgumentParser) -> None:
    """How the simulated store behaves; docs/simulator.md lists the scenarios."""
    parser.add_argument(
        "--scenario", choices=SCENARIOS, metavar="NAME", help="모의 스토어가 처음부터 펼칠 시나리오의 이름"
    )
    parser.add_argument("--speed", type=float, default=1, help="모의 스토어의 시간을 몇 배로 빠르게 (기본: 1)")


class Bars:
    """One progress bar per stage, on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Draw the stage's bar."""
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(STAGE_WORDS[stage])
        self._progress.update(self._bars[stage], completed=done, total=total)


class Terminated(SystemExit):
    """SIGTERM: the run ends as an interrupted one does, with a word in its row."""

    def __str__(self) -> str:
        return "SIGTERM을 받아 멈췄습니다. 다시 실행하면 이어집니다."


def _raise_terminated(number: int, _frame: object) -> None:
    raise Terminated(128 + number)


@contextmanager
def end_on_sigterm() -> Iterator[None]:
    """Let SIGTERM raise Terminated within the block, instead of ending the process where it stands."""
    if threading.current_thread() is not threading.main_thread():  # only there Python lets signals be received
        yield
        return
    earlier = signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


class Command(BaseCommand):
    """Run the pipeline; exit status 0 done, 2 done with refusals, 1 failed."""

    help = "스토어 동기화에서 패키지까지 한 번 실행합니다. 중간에 끊겨도 다시 실행하면 이어집니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options; without --catalogue the store is the one that STORE_API_URL names."""
        parser.add_argument("--catalogue", help="이 파일을 파는 모의 스토어를 띄워서 동기화합니다 (jsonl, jsonl.gz)")
        parser.add_argument("--products", type=int, help="모의 스토어가 파일에서 쓸 상품 수 (기본: 전부)")
        parser.add_argument("--rate", type=int, default=0, help="모의 스토어의 초당 요청 한도 (0: 제한 없음)")
        parser.add_argument("--port", type=int, default=SIMULATOR_PORT, help="모의 스토어의 포트")
        add_play_arguments(parser)
        parser.add_argument("--store", help="스토어 코드 (기본: STORE_CODE, 모의 스토어는 파일 이름)")
        parser.add_argument("--workers", type=int, default=4, help="동시에 조회할 상세의 수")
        parser.add_argument("--insert-links", action="store_true", help="내부 링크를 제안만 하지 않고 바로 넣습니다")
        parser.add_argument("--profile", choices=PROFILERS, help="실행을 프로파일링해 보고서 폴더에 남깁니다")
        parser.add_argument("--system", action="store_true", help="CPU, 디스크, I/O 대기를 재고 병목을 말합니다")
        parser.add_argument("--json", action="store_true", help="보고서를 JSON으로 출력합니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, report, and end with the true status."""
        if options["workers"] < 1:
            raise CommandError("--workers: 1 이상의 정수를 주세요.")
        if options["scenario"] and not options["catalogue"]:
            raise CommandError("--scenario: 모의 스토어에서만 펼칠 수 있습니다. --catalogue도 주세요.")
        try:
            with end_on_sigterm(), self._open_store(options) as api_url, self._look_inside(options):
                report, recorder, path = self._run(options, api_url)
        except (LockHeld, ProfileError, SimulatorStartError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report, recorder, report_path=path), ensure_ascii=False))
        else:
            console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
            print_report(report, recorder, report_path=path, console=console)
        if EXIT_STATUS[report.status]:
            sys.exit(EXIT_STATUS[report.status])

    @contextmanager
    def _look_inside(self, options: dict[str, Any]) -> Iterator[None]:
        """Profile and watch the run, where that was asked for; what came of it is said on stderr."""
        kind: ProfilerKind | None = options["profile"]
        out = default_profile_path(settings.REPORT_DIR, "pipeline", kind) if kind else None
        with ExitStack() as stack:
            watch = stack.enter_context(watch_system()) if options["system"] else None
            if kind and out:
                stack.enter_context(profile_block(kind, out))
            yield
        if watch and watch.use:
            self.stderr.write(watch.use.bottleneck)
        if out:
            self.stderr.write(f"프로파일: {out}")

    def _run(self, options: dict[str, Any], api_url: str) -> tuple[PipelineReport, Recorder, str]:
        written: list[tuple[Recorder, str]] = []

        def finish(report: PipelineReport, recorder: Recorder) -> str:
            written.append((recorder, write_report(report, recorder)))
            return written[0][1]

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=options["json"]) as progress:
            report = run_pipeline(
                store_code=self._name_store(options),
                workers=options["workers"],
                api_url=api_url,
                catalogue=self._identify_catalogue(options),
                inserts_links=options["insert_links"],
                progress=Bars(progress),
                profiler=options["profile"] or "",
                finish=finish,
            )
        return report, *written[0]

    def _name_store(self, options: dict[str, Any]) -> str:
        if options["store"]:
            return str(options["store"])
        if not options["catalogue"]:
            return str(settings.STORE_CODE)
        return re.sub(r"[^\w-]+", "-", Path(options["catalogue"]).name.split(".")[0])[:40]

    def _identify_catalogue(self, options: dict[str, Any]) -> str:
        return fingerprint_catalogue(Path(options["catalogue"]), options["products"]) if options["catalogue"] else ""

    @contextmanager
    def _open_store(self, options: dict[str, Any]) -> Iterator[str]:
        """The address of the store: a simulated one for --catalogue, else the configured one."""
        if not options["catalogue"]:
            yield settings.STORE_API_URL
            return
        with SimulatorProcess(
            catalogue=Path(options["catalogue"]),
            products=options["products"],
            rate=options["rate"],
            port=options["port"],
            speed=options["speed"],
            scenario=options["scenario"],
            client_id=settings.STORE_CLIENT_ID,
            client_secret=settings.STORE_CLIENT_SECRET,
        ) as simulator:
            yield simulator.url
