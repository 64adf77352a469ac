"""`manage.py grafana_dashboard`: print the dashboard; its committed copy lies in deploy/."""

from typing import Any

from django.core.management.base import BaseCommand

from perfhooks.grafana import render_dashboard


class Command(BaseCommand):
    """Print the dashboard."""

    help = "모든 지표의 Grafana 대시보드를 JSON으로 출력합니다."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(render_dashboard(), ending="")
