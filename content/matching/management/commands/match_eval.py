"""`manage.py match_eval`: how good matching is on a catalogue with graded queries, beside SQLite's FTS5."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.matching.engine import rank_products
from content.matching.evaluation import Evaluation, evaluate
from content.matching.failures import BadReport, write_report
from content.matching.index import MatchIndex
from content.matching.judgements import BadFile, FileProduct, read_catalogue, read_ratings
from content.matching.reference import ReferenceEngine

PERCENTILES = (50, 95, 99)


class Command(BaseCommand):
    """Judge the engine."""

    help = "등급을 매긴 질의로 매칭 엔진을 평가합니다: nDCG, 결과 없음 비율, 평가 없는 결과 비율, 걸린 시간."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The two files and the depth."""
        parser.add_argument("--catalogue", type=Path, required=True, help="상품 파일(.jsonl 또는 .jsonl.gz)")
        parser.add_argument("--ratings", type=Path, required=True, help="평가 파일(query,docid,rating CSV)")
        parser.add_argument("--k", type=int, default=10, help="순위를 어디까지 볼지 (기본 10)")
        parser.add_argument("--report", type=Path, help="값과 잘 못 찾은 질의를 적어 넣을 문서")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, rank, print."""
        depth = options["k"]
        if depth < 1:
            raise CommandError("--k는 1 이상이어야 합니다.")
        try:
            products, ratings = read_catalogue(options["catalogue"]), read_ratings(options["ratings"])
        except BadFile as error:
            raise CommandError(str(error)) from error
        ours, reference = judge(products, ratings, depth)
        if options["report"]:
            names = {product.sku: product.name for product in products}
            try:
                write_report(options["report"], options["ratings"].stem, ours, reference, names)
            except BadReport as error:
                raise CommandError(str(error)) from error
        report = {
            "products": len(products),
            "queries": len(ratings),
            "k": depth,
            "unknown_docids": count_unknown(products, ratings),
            "engine": describe(ours),
            "fts5": describe(reference),
        }
        report["ndcg_ratio"] = round(ours.ndcg / reference.ndcg, 4) if reference.ndcg else None
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else write_text(report))


def count_unknown(products: list[FileProduct], ratings: dict[str, dict[str, int]]) -> int:
    """How many judged products the catalogue does not have: no engine can find them."""
    return len({key for grades in ratings.values() for key in grades} - {product.sku for product in products})


def judge(products: list[FileProduct], ratings: dict[str, dict[str, int]], depth: int) -> tuple[Evaluation, Evaluation]:
    """The engine's result and that of FTS5 on the same files."""
    index = MatchIndex(products)
    peer = ReferenceEngine((product.sku, product.name, product.description) for product in products)
    ours = evaluate(lambda query: [row.sku for row in rank_products(query, index, limit=depth)], ratings, depth=depth)
    return ours, evaluate(lambda query: peer.rank(query, limit=depth), ratings, depth=depth)


def describe(result: Evaluation) -> dict[str, Any]:
    """The figures of one engine."""
    return {
        "ndcg": round(result.ndcg, 4),
        "rated_queries": result.rated,
        "zero_ratio": round(result.zero_ratio, 4),
        "unjudged_ratio": round(result.unjudged_ratio, 4),
        "latency_ms": {f"p{share}": round(result.latency_ms(share), 3) for share in PERCENTILES},
    }


def write_text(report: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"상품 {report['products']:,}개 · 질의 {report['queries']:,}개 · 상위 {report['k']}개"]
    if report["unknown_docids"]:
        lines.append(
            f"평가에 있으나 상품 파일에 없는 docid {report['unknown_docids']:,}개: 어느 엔진도 찾을 수 없습니다"
        )
    for name, title in (("engine", "매칭 엔진"), ("fts5", "SQLite FTS5")):
        held = report[name]
        times = " / ".join(f"{value:.2f}" for value in held["latency_ms"].values())
        lines.append(
            f"{title:<12} nDCG {held['ndcg']:.4f} ({held['rated_queries']}개 질의) · 결과 없음 {held['zero_ratio']:.1%}"
            f" · 평가 없음 {held['unjudged_ratio']:.1%} · p50/p95/p99 {times} ms"
        )
    ratio = report["ndcg_ratio"]
    return "\n".join([*lines, f"FTS5의 {ratio:.3f}배" if ratio else "FTS5의 nDCG가 0이라 견줄 수 없습니다"])
