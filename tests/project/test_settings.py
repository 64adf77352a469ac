"""Settings read from the environment as an operator would set them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
SECRET = "$2a$04$abcdefghijklmnopqrstuu"


def ask(settings: str, expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"import django; from django.conf import settings; django.setup(); print({expression})"
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": f"project.settings.{settings}", **environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )


def test_a_store_secret_with_its_dollar_signs_arrives_whole() -> None:
    assert ask("test", "settings.STORE_CLIENT_SECRET", STORE_CLIENT_SECRET=SECRET).stdout.strip() == SECRET


@pytest.mark.parametrize(("given", "level"), [({}, "INFO"), ({"LOG_LEVEL": "ERROR"}, "ERROR")])
def test_production_logs_spans_and_lists_unless_told_otherwise(given: dict[str, str], level: str) -> None:
    assert ask("prod", "settings.LOG_LEVEL", SECRET_KEY="k" * 40, **given).stdout.strip() == level


@pytest.mark.parametrize("key", ["", "short"])
def test_production_refuses_to_start_without_a_key(key: str, tmp_path: Path) -> None:
    done = ask("prod", "settings.SECRET_KEY", SECRET_KEY=key, SECRET_KEY_FILE=str(tmp_path / "none"))
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_production_takes_its_key_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    done = ask("prod", "settings.SECRET_KEY", SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert done.stdout.strip() == "k" * 40
