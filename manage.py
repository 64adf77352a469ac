#!/usr/bin/env python3.11
"""The door for the shell: `python manage.py <command>`."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Put the two source roots on the path and hand over to Django."""
    root = Path(__file__).resolve().parent
    sys.path[:0] = [str(root), str(root / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
