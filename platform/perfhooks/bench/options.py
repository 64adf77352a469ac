"""The options that every bench script takes, whatever it measures."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path

from perfhooks.bench.places import bench_folder, default_history
from perfhooks.bench.profiling import PROFILERS

SEED = 1


def make_parser(about: str) -> ArgumentParser:
    """Return the parser with the common options; `about` is the script's own docstring."""
    parser = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    common = parser.add_argument_group("공통 선택지")
    common.add_argument("--scenario", action="append", default=[], metavar="NAME", help="이 시나리오만 (여러 번 가능)")
    common.add_argument("--repetitions", type=count, metavar="N", help="시나리오마다 잴 횟수")
    common.add_argument("--quick", action="store_true", help="CI용: 적은 횟수로 돌리고 목표는 판정하지 않습니다")
    common.add_argument("--seed", type=int, default=SEED, help=f"난수 씨앗 (기본 {SEED})")
    common.add_argument("--json", action="store_true", help="표 대신 JSON 한 건을 출력합니다")
    common.add_argument("--plot", type=Path, metavar="FILE.svg", help="표본을 그린 SVG를 씁니다")
    common.add_argument("--history", type=Path, metavar="FILE", help=f"결과를 덧붙일 CSV (기본 {default_history()})")
    common.add_argument("--no-history", action="store_true", help="결과를 CSV에 덧붙이지 않습니다")
    common.add_argument(
        "--record", action="store_true", help="예산이 있는 목표의 값을 릴리즈 게이트가 읽도록 저장합니다"
    )
    common.add_argument("--system", action="store_true", help="CPU, 디스크, I/O 대기를 함께 보고 병목을 말합니다")
    common.add_argument("--profile", choices=PROFILERS, help="잰 뒤에 작업을 다시 돌리며 들여다봅니다")
    folder = bench_folder() / "profiles"
    common.add_argument(
        "--profile-dir", type=Path, default=folder, metavar="DIR", help=f"그 결과를 둘 폴더 (기본 {folder})"
    )
    return parser


def count(text: str) -> int:
    """Return a whole number of at least 1, as argparse takes it."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r}: 1 이상의 정수를 주세요")
    return int(text)
