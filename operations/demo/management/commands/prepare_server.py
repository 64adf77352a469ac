"""`manage.py prepare_server`: what must be there before the production server starts."""

import shutil
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from operations.demo.services import ADMIN_NAME, ensure_admin, read_or_make_secret

SECRET_KEY_LENGTH = 48


class Command(BaseCommand):
    """Migrate; make the secret key, the metrics folder and the first administrator."""

    help = "서버를 열기 전에 필요한 것을 준비합니다."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every step is harmless when repeated."""
        call_command("migrate", verbosity=0, interactive=False)
        read_or_make_secret(settings.DATA_DIR / "secret_key", length=SECRET_KEY_LENGTH)
        # Left-over counters of dead processes would be served for ever.
        metrics = settings.DATA_DIR / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        password_file = ensure_admin()
        self.stdout.write(f"관리자 {ADMIN_NAME}, 비밀번호는 {password_file} 파일에 있습니다.")
