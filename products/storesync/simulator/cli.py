"""The command line: read the catalogue, listen, print one ready line, stop on a signal or with the parent."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from products.storesync.simulator.actions import play_scenario
from products.storesync.simulator.catalogue import CatalogueError, read_catalogue
from products.storesync.simulator.control import ControlPlane
from products.storesync.simulator.gateway import Gateway
from products.storesync.simulator.messages import Reply, Request
from products.storesync.simulator.scenarios import SCENARIOS, list_scenarios
from products.storesync.simulator.server import SimulatorServer
from products.storesync.simulator.settings import Settings
from products.storesync.simulator.tokens import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from products.storesync.simulator.world import Start, World

EXIT_USAGE = 2
MOST_SPEED = 100
PARENT_CHECK_SECONDS = 0.5


class StartError(Exception):
    """The simulator cannot start; the Korean message says why and what to do."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m products.storesync.simulator", description=__doc__)
    parser.add_argument("--catalogue", type=Path, help="카탈로그 파일(jsonl 또는 jsonl.gz)")
    parser.add_argument("--products", type=_read_positive, help="앞에서부터 쓸 상품 수(기본: 전부)")
    parser.add_argument("--rate", type=_read_natural, default=2, help="API마다 초당 요청 수, 0이면 제한 없음(기본 2)")
    parser.add_argument("--burst", type=_read_positive, help="한꺼번에 받을 요청 수(기본: rate의 두 배)")
    parser.add_argument("--seed", type=int, default=1, help="빠진 값과 그림을 정하는 씨앗(기본 1)")
    parser.add_argument("--host", default="127.0.0.1", help="들을 주소(기본 127.0.0.1)")
    parser.add_argument("--port", type=_read_natural, default=0, help="들을 포트, 0이면 빈 포트(기본 0)")
    parser.add_argument("--latency-ms", type=_read_natural, default=0, help="응답마다 늦출 시간(밀리초)")
    parser.add_argument("--speed", type=_read_speed, default=1.0, help="가게 시계의 배속, 1에서 100(기본 1)")
    parser.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help="처음부터 쓸 시나리오")
    parser.add_argument("--list-scenarios", action="store_true", help="시나리오를 보여 주고 끝냄")
    parser.add_argument("--markdown", action="store_true", help="--list-scenarios를 문서의 표로 출력")
    parser.add_argument("--image-origin", help="상품 이미지 주소의 앞부분(기본: 이 서버의 주소)")
    parser.add_argument("--client-id", default=DEMO_CLIENT_ID)
    parser.add_argument("--client-secret", default=DEMO_CLIENT_SECRET)
    parser.add_argument("--parent-pid", type=_read_positive, help="이 프로세스가 사라지면 함께 끝남")
    return parser


def _read_natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: 0 이상의 정수여야 합니다.")
    return int(text)


def _read_positive(text: str) -> int:
    if _read_natural(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: 1 이상의 정수여야 합니다.")
    return int(text)


def _read_speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= MOST_SPEED:
        raise argparse.ArgumentTypeError(f"{text}: 1에서 {MOST_SPEED} 사이의 수여야 합니다.")
    return speed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return 0, or 2 with a message on stderr when the start fails."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.list_scenarios:
        print("\n".join(list_scenarios(is_markdown=options.markdown)))
        return 0
    if options.catalogue is None:
        parser.error("--catalogue: 카탈로그 파일을 지정해 주세요.")
    try:
        server, ready_line = start_server(options)
    except (CatalogueError, StartError) as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.parent_pid:
        threading.Thread(target=watch_parent, args=(options.parent_pid, stop), daemon=True).start()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(ready_line, flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    return 0


def start_server(options: argparse.Namespace) -> tuple[SimulatorServer, str]:
    """Return the bound server and its ready line; raises CatalogueError or StartError."""
    rows = read_catalogue(options.catalogue, options.products)
    server = _bind_server(options)
    origin = f"http://{server.server_name}:{server.server_port}"
    try:
        world = World(
            Start(
                rows,
                seed=options.seed,
                image_origin=options.image_origin or origin,
                client_id=options.client_id,
                client_secret=options.client_secret,
                settings=Settings(rate=options.rate, burst=options.burst, latency_ms=options.latency_ms),
                speed=options.speed,
            )
        )
        if options.scenario:
            play_scenario(world, options.scenario)
    except ValueError as error:
        server.server_close()
        raise StartError(f"시작 오류: {error} 조치: 카탈로그와 명령줄의 값을 확인해 주세요.") from error
    server.application = route_requests(world)
    server.read_idle_seconds = lambda: world.idle_seconds
    ready = {"url": f"{origin}/external", "control": f"{origin}/control", "products": len(rows)}
    return server, json.dumps(ready)


def _bind_server(options: argparse.Namespace) -> SimulatorServer:
    try:
        return SimulatorServer((options.host, options.port))
    except (OSError, OverflowError) as error:
        place = f"{options.host}:{options.port}"
        raise StartError(
            f"시작 오류: {place}에서 들을 수 없습니다({error}). 조치: 다른 --port를 지정해 주세요."
        ) from error


def route_requests(world: World) -> Callable[[Request], Reply]:
    """Return the application that sends each request to the control plane or to the gateway."""
    control, gateway = ControlPlane(world), Gateway(world)

    def answer(request: Request) -> Reply:
        is_control = request.path.startswith("/control/")
        return control.answer(request) if is_control else gateway.answer(request)

    return answer


def watch_parent(parent_pid: int, stop: threading.Event) -> None:
    """Set `stop` once a process is gone; a killed one that nobody has waited for counts as gone."""
    try:
        parent = psutil.Process(parent_pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            if stop.wait(PARENT_CHECK_SECONDS):
                return
    except psutil.NoSuchProcess:
        pass
    stop.set()
