"""Typed-in prices and disclosures of many posts, beside a plain regex of prices that nobody tuned.

    python scripts/bench_disclosure.py [--posts 5000] [--quick] [--json] [--history] ...

Scenarios, each over the same made-up Korean posts of some 2,000 letters with a price in every other paragraph:

    scan        find_literals over the Markdown, beside a plain regex that finds amounts and marks and judges nothing
    html        the same over the rendered pages
    insertion   a disclosure put into each page, beside putting one text before another; the second time leaves the bytes

Speeds are per post and in MB/s of UTF-8 (printed first). Exits with 1 when a goal is missed.
"""

import os
import re
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from time import process_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.perf")

import django

django.setup()

from content.disclosure.insertion import place_disclosure
from content.disclosure.literals import find_literals
from content.disclosure.texts import get_text
from perfhooks.bench import Goal, Operation, Scenario, main
from perfhooks.bench.options import count

PLAIN = re.compile(r"[0-9][0-9,.]*\s?(?:만|천)?\s?원|[₩$€£¥]\s?[0-9][0-9,.]*|[0-9]+\s?%|무료\s?배송|최저가|특가|쿠폰")
"""The yardstick: finds much, and cannot tell a coin from a price."""
AS_OF = datetime(2026, 11, 30, tzinfo=UTC)
POST_BYTES_GOAL = 2_000_000
PARAGRAPHS = (
    "지난주부터 이 제품을 매일 써 보았습니다. 무게가 {weight:,}g이라 한 손으로 들기 좋고 소음은 {noise}dB 정도입니다.",
    "지금 가격은 {price:,}원이고 {percent}% 할인 쿠폰을 쓰면 조금 더 내려갑니다. 자세한 것은 https://shop.example/p/{price} 에 있어요.",
    "원목 손잡이와 3단계 조절이 마음에 들었습니다. 배터리는 {percent}%에서도 힘이 떨어지지 않았고 용량은 2,500mAh입니다.",
    "비슷한 모델 XR-{weight}은 {low}만 {rest}천원대부터 있습니다. 고객센터는 1588-1234이고 2026년 11월 기준으로 적었습니다.",
    "청소가 쉽고 물통이 넉넉해서 하루에 두 번 쓰는 집에 어울립니다. 아이가 있는 집이라면 잠금 기능부터 확인해 보세요.",
)


def make_posts(number: int) -> list[str]:
    """So many posts, each different."""
    return ["\n\n".join(_write(seed * 31 + part) for part in range(20)) for seed in range(number)]


def _write(seed: int) -> str:
    text = PARAGRAPHS[seed % len(PARAGRAPHS)]
    return text.format(
        weight=300 + seed % 900, noise=40 + seed % 30, price=9_900 + seed % 500 * 100, percent=5 + seed % 60, low=1 + seed % 9, rest=1 + seed % 9
    )  # fmt: skip


def list_scenarios(options: Namespace) -> list[Scenario]:
    """The scan of text and of pages, and the insertion."""
    posts = make_posts(min(options.posts, 500) if options.quick else options.posts)
    pages = ["".join(f"<p>{part}</p>\n" for part in post.split("\n\n")) for post in posts]
    text = get_text("affiliate_commission")
    marked = [place_disclosure(page, text=text, as_of=AS_OF) for page in pages]
    if not all(place_disclosure(page, text=text, as_of=AS_OF) == page for page in marked):
        raise SystemExit("a second insertion changed a page")
    size = len(posts)
    average = sum(len(post.encode()) for post in posts) / size
    print(
        f"{size:,} posts of {average:,.0f} bytes; {_measure_speed(posts):.2f} MB/s in one pass of processor time",
        file=sys.stderr,
    )
    goal = Goal.at_most("unit_seconds", average / POST_BYTES_GOAL)

    def compare(name: str, ours: Operation, yardstick: Operation, *goals: Goal) -> Scenario:
        return Scenario(name, operation=ours, yardstick=yardstick, unit="글", repetitions=7, warmups=1, goals=goals)

    return [
        compare(
            "scan",
            Operation("find_literals", lambda: [find_literals(post) for post in posts], size),
            Operation("plain regex", lambda: [PLAIN.findall(post) for post in posts], size),
            goal,
        ),
        compare(
            "html",
            Operation("find_literals", lambda: [find_literals(page, format="html") for page in pages], size),
            Operation("plain regex", lambda: [PLAIN.findall(page) for page in pages], size),
            goal,
        ),
        compare(
            "insertion",
            Operation(
                "place_disclosure", lambda: [place_disclosure(page, text=text, as_of=AS_OF) for page in marked], size
            ),
            Operation("one text before another", lambda: [text.sentence + page for page in pages], size),
            Goal.at_most("unit_seconds", 0.001),
        ),
    ]


def _measure_speed(posts: list[str]) -> float:
    began = process_time()
    for post in posts:
        find_literals(post)
    return sum(len(post.encode()) for post in posts) / 1e6 / (process_time() - began)


def add_options(parser: ArgumentParser) -> None:
    """How many posts."""
    parser.add_argument("--posts", type=count, default=5_000, help="글의 수 (기본 5,000)")


if __name__ == "__main__":
    sys.exit(main(list_scenarios, about=__doc__, add_options=add_options))
