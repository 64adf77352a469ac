"""`manage.py prometheus_rules`: print the rules file; its committed copy lies in deploy/."""

from typing import Any

from django.core.management.base import BaseCommand

from perfhooks.prometheus_rules import render_rules


class Command(BaseCommand):
    """Print the rules file."""

    help = "Prometheus의 기록·경보 규칙을 config/budgets.toml에서 만들어 출력합니다."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(render_rules(), ending="")
