"""`manage.py learn_words`: let the optional Korean analyser read the words that products and posts glue together."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.matching.analyser import AnalyserMissing
from content.matching.learning import learn_words
from perfhooks.locks import LockHeld


class Command(BaseCommand):
    """Learn."""

    help = "한국어 분석기로 상품과 글의 붙여 쓴 낱말을 나누어 둡니다. 한 프로세스만 분석기를 불러옵니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How the counts are written."""
        parser.add_argument("--json", action="store_true", help="JSON으로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn and say what changed."""
        try:
            done = learn_words()
        except (AnalyserMissing, LockHeld) as error:
            raise CommandError(str(error)) from error
        text = f"낱말 {done.words:,}개를 보고 읽기 {done.added:,}개를 더하고 {done.changed:,}개를 고치고 {done.gone:,}개를 지웠습니다."
        self.stdout.write(json.dumps(asdict(done)) if options["json"] else text)
