"""`manage.py ask_store`: what the store says of a few products now, beside what the ledger holds. Nothing is written."""

import argparse
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Field

from products.catalog.models import Product
from products.storesync.errors import StoreSyncError
from products.storesync.lookup import LookUp, StoreAnswer, look_up
from products.storesync.queries import ORDERS, PERIODS, ListQuery, QueryError

SHOWN_MAX = 500
TEXT_SHOWN = 60


class Command(BaseCommand):
    """Exit status 0, also where the store has no such product; 1 when it could not be asked."""

    help = "스토어가 지금 말하는 상품을 원장과 나란히 보여 줍니다. 아무것도 쓰지 않습니다."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One key, or any of the other conditions."""
        numbers: dict[str, Any] = {"type": int, "nargs": "+", "default": [], "metavar": "번호"}
        parser.add_argument("--store", default=settings.STORE_CODE, help="스토어 코드(기본: STORE_CODE)")
        parser.add_argument("--number", help="원상품 번호", **numbers)
        parser.add_argument("--channel", help="채널 상품 번호. 상세도 이 번호로 읽습니다", **numbers)
        parser.add_argument("--group", help="그룹 상품 번호", **numbers)
        parser.add_argument("--seller-code", default="", help="판매자 상품 코드. 스토어는 비슷한 코드도 찾습니다")
        parser.add_argument("--status", nargs="+", default=[], help="판매 상태(SALE, OUTOFSTOCK ...)")
        parser.add_argument("--period", choices=sorted(PERIODS), default="PROD_MOD_DAY", help="날짜의 뜻(기본: 수정일)")
        parser.add_argument("--since", type=date.fromisoformat, help="첫날, 2026-11-22처럼(한국 날짜)")
        parser.add_argument("--until", type=date.fromisoformat, help="마지막 날(한국 날짜)")
        parser.add_argument("--order", choices=sorted(ORDERS), default="NO", help="순서(기본: 번호)")
        parser.add_argument(
            "--limit", type=int, default=20, help="보여 줄 상품 수, 500까지(기본 20). 상세를 하나씩 읽습니다"
        )
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, and print a block for each product."""
        if not 1 <= options["limit"] <= SHOWN_MAX:
            raise CommandError(f"--limit: 1부터 {SHOWN_MAX}까지의 정수를 주세요.")
        try:
            query = ListQuery(
                origin_product_nos=options["number"],
                channel_product_nos=options["channel"],
                group_product_nos=options["group"],
                seller_code=options["seller_code"],
                statuses=options["status"],
                period=options["period"],
                since=options["since"],
                until=options["until"],
                order=options["order"],
            )
            found = look_up(store_code=options["store"], query=query, limit=options["limit"])
        except (QueryError, StoreSyncError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False, default=str))
        else:
            self.stdout.write(describe(found))


def describe(found: LookUp) -> str:
    """How many there are, then each product."""
    head = f"스토어가 찾은 상품 {found.found:,}개 가운데 {len(found.answers):,}개"
    return "\n\n".join([head, *map(_describe_answer, found.answers)])


def _describe_answer(answer: StoreAnswer) -> str:
    channels = ", ".join(map(str, answer.channel_product_nos))
    lines = [f"{answer.origin_product_no} (채널 상품 {channels or '없음'}) {answer.said.get('name', '')}"]
    if answer.problem:
        return "\n".join([*lines, f"  {answer.problem}"])
    if not answer.is_known:
        lines.append("  원장에 없는 상품입니다.")
        lines += [f"  {_label(name)}: {_show(value)}" for name, value in answer.said.items()]
    elif not answer.differences:
        lines.append("  원장과 같습니다.")
    for name, (said, held) in answer.differences.items():
        lines.append(f"  {_label(name)}: 스토어 {_show(said)} / 원장 {_show(held)}")
    return "\n".join([*lines, f"  Trace ID {answer.trace_id}"])


def _label(name: str) -> str:
    field = Product._meta.get_field(name)
    return str(field.verbose_name) if isinstance(field, Field) else name


def _show(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str("없음" if value in (None, "") else value)
    return text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}..."
