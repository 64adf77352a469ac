"""Look for typed-in prices in all posts, or in those of some slugs.

    python manage.py scan_price_literals [SLUG ...] [--json] [--fail]

Exits with 1 with --fail when a ready or published post holds any, and for a slug that no post has.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.disclosure.scanning import scan_posts
from content.disclosure.selectors import select_live_with_literals
from content.posts.models import Post


class Command(BaseCommand):
    """The scan of the posts, for the shell."""

    help = "저장된 글에서 직접 쓴 가격 문구를 찾아 기록합니다"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which posts, and how the result is told."""
        parser.add_argument("slugs", nargs="*", help="글의 슬러그 (기본: 모든 글)")
        parser.add_argument("--json", action="store_true", help="JSON으로 출력")
        parser.add_argument("--fail", action="store_true", help="준비되거나 게시된 글에 문구가 있으면 1로 끝냄")

    def handle(self, *args: Any, **options: Any) -> None:
        """Scan and tell."""
        posts = Post.objects.filter(slug__in=options["slugs"]) if options["slugs"] else None
        if posts is not None:
            missing = sorted(set(options["slugs"]) - set(posts.values_list("slug", flat=True)))
            if missing:
                raise CommandError(f"슬러그 {', '.join(missing)}: 글이 없습니다. 글 목록에서 슬러그를 확인하세요.")
        scan = scan_posts(posts=posts)
        live = select_live_with_literals().count()
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(scan), "live_holding": live}))
        else:
            self.stdout.write(
                f"글 {scan.posts:,}개를 보았습니다. 문구가 있는 글 {scan.holding:,}개, 문구 {scan.literals:,}건, "
                f"새로 적은 글 {scan.changed:,}개. 준비되거나 게시된 글 가운데 {live:,}개에 문구가 있습니다."
            )
        if options["fail"] and live:
            raise CommandError(
                f"준비되거나 게시된 글 {live:,}개에 가격을 직접 썼습니다. 글 목록의 '고정 가격 문구'로 여세요."
            )
