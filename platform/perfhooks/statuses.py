"""Commands whose exit status is their answer, so that no failure of theirs may leave with one of the answers."""

from __future__ import annotations

import sys
import traceback
from typing import ClassVar

from django.core.management.base import BaseCommand, CommandError


class StatusCommand(BaseCommand):
    """A command that ends with `failed_status` on wrong usage and on any error that it did not foresee.

    System checks are not run: they would end it with a status of their own before it can say what is wrong.
    """

    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]
    failed_status: ClassVar[int]
    _has_begun = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Run, and turn what is no answer into `failed_status`; `--help` stays 0."""
        try:
            super().run_from_argv(argv)
        except SystemExit as leaving:
            if leaving.code and not self._has_begun:
                sys.exit(self.failed_status)
            raise
        except Exception as error:
            traceback.print_exc()
            sys.exit(error.returncode if isinstance(error, CommandError) else self.failed_status)

    def execute(self, *args: object, **options: object) -> str | None:
        """Run; from here on, the command itself chooses its status."""
        self._has_begun = True
        return super().execute(*args, **options)
