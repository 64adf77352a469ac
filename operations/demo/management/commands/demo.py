"""`manage.py demo`: prepare the database, seed it, and run the whole flow against the demo store."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from operations.demo.articles import CATALOGUE
from operations.demo.services import ensure_admin, seed_figures, seed_posts
from operations.pipeline.management.commands.pipeline import add_play_arguments

# The live store allows 2 requests a second, with which 1,000 details alone take 498 s.
DEMO_REQUESTS_PER_SECOND = 200


class Command(BaseCommand):
    """Run the demo; a second run finds nothing to do and says so."""

    help = "데모 스토어에서 완성된 패키지까지 전체 흐름을 한 번 실행합니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How the demo store behaves."""
        add_play_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, seed, run the pipeline."""
        call_command("migrate", verbosity=0, interactive=False)
        counts = seed_posts()
        figures = seed_figures()
        password_file = ensure_admin()
        self.stderr.write(f"데모 글 {counts.written}편을 새로 쓰고 {counts.kept}편은 그대로 두었습니다.")
        self.stderr.write(f"데모 성과 {figures:,}줄을 가져왔습니다.")
        call_command(
            "pipeline",
            catalogue=str(CATALOGUE),
            store=settings.STORE_CODE,
            rate=DEMO_REQUESTS_PER_SECOND,
            insert_links=True,
            scenario=options["scenario"],
            speed=options["speed"],
        )
        self.stdout.write(f"관리자: make serve 후 http://127.0.0.1:8000/admin/ (admin / 비밀번호는 {password_file})")
