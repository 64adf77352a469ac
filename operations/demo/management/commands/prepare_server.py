"""`manage.py prepare_server`: what must be there before the production server starts."""

import errno
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from operations.demo.services import ADMIN_NAME, ensure_admin, read_or_make_secret
from perfhooks.shared_metrics import remove_left_files

SECRET_KEY_LENGTH = 48
HOST = "127.0.0.1"


class Command(BaseCommand):
    """Migrate; make the secret key, the metrics folder and the first administrator."""

    help = "서버를 열기 전에 필요한 것을 준비합니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The one option."""
        parser.add_argument("--port", type=int, help="서버가 열 포트. 이미 쓰이고 있으면 아무것도 하지 않고 멈춥니다")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every step is harmless when repeated, and beside a running server."""
        if options["port"] is not None:
            check_port(options["port"])
        call_command("migrate", verbosity=0, interactive=False)
        read_or_make_secret(settings.DATA_DIR / "secret_key", length=SECRET_KEY_LENGTH)
        metrics = settings.DATA_DIR / "metrics"
        metrics.mkdir(parents=True, exist_ok=True)
        remove_left_files(metrics)
        password_file = ensure_admin()
        self.stdout.write(f"관리자 {ADMIN_NAME}, 비밀번호는 {password_file} 파일에 있습니다.")


def check_port(port: int) -> None:
    """CommandError when somebody serves the port already.

    The web server would not notice: it shares its port among its workers, and so with the workers of another server too.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                reason = "이미 다른 서버가 쓰고 있습니다."
            else:
                reason = f"열 수 없습니다({error})."
            raise CommandError(
                f"포트 {port}: {reason} 그 서버를 멈추거나 `make serve PORT=...`로 다른 포트를 주세요."
            ) from error
