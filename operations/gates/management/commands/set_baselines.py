"""Give the budgets that live by a baseline their limits.

    python manage.py set_baselines [--again ID ...]

Takes the newest stored figure of each budget that has none yet and writes config/baselines.toml. A limit that stands
already is kept unless `--again` names it.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.gates.baselines import set_baselines
from perfhooks.budgets import BASELINES_FILE, BudgetError


class Command(BaseCommand):
    """Write the baselines."""

    help = "첫 측정에서 예산의 한도를 정해 config/baselines.toml에 씁니다"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--again", nargs="+", default=[], metavar="ID", help="한도를 새 측정으로 바꿀 예산")

    def handle(self, *args: object, **options: Any) -> None:
        """Write and say what was written."""
        try:
            counts = set_baselines(again=options["again"])
        except BudgetError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{BASELINES_FILE.name}: 새로 정함 {len(counts.written)}, 그대로 둠 {len(counts.kept)}, "
            f"측정 없음 {len(counts.without_figure)}"
        )
        if unmeasured := [name for name in counts.without_figure if name not in counts.never_counted]:
            self.stdout.write(f"측정이 없거나 0이어서 한도를 정하지 않은 예산: {', '.join(unmeasured)}")
        if counts.never_counted:
            self.stdout.write(f"한 번도 세지 않아 한도를 정하지 않은 횟수: {', '.join(counts.never_counted)}")
