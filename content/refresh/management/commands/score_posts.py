"""`manage.py score_posts`: score all posts anew, and queue the best of them where that is asked for."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from content.refresh.picking import enqueue_by_score
from content.refresh.scoring import score_posts


class Command(BaseCommand):
    """Score, and pick."""

    help = "글의 갱신 점수를 다시 계산합니다. --enqueue를 주면 점수가 높은 글을 대기열에 넣고 일부는 비교를 위해 남겨 둡니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many to pick."""
        parser.add_argument("--enqueue", type=int, default=0, metavar="N", help="점수가 높은 N편까지 고릅니다")
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로")

    def handle(self, *args: Any, **options: Any) -> None:
        """Score, pick, and say how many."""
        scored = score_posts()
        picked = enqueue_by_score(limit=options["enqueue"]) if options["enqueue"] > 0 else None
        if options["json"]:
            told = {"scores": asdict(scored), "picked": asdict(picked) if picked else None}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(f"글 {scored.posts:,}편, 바뀐 점수 {scored.written:,}개 (가중치 {scored.version}판)")
        if picked:
            words = f"고른 글 {picked.picked:,}편: 대기열에 {picked.enqueued:,}, 남겨 둔 글 {picked.held_back:,}"
            self.stdout.write(words)
