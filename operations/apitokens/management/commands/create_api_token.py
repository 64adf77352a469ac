"""`manage.py create_api_token USER --name NAME --scope SCOPE`: a token for a machine, printed once."""

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from operations.apitokens.services import DAYS_DEFAULT, DAYS_MOST, TokenError, create_token
from operations.roles.selectors import name_some_users
from products.catalog.scopes import SCOPE_WORDS


class Command(BaseCommand):
    """Exit status 0 with the token alone on standard output, 1 for an unknown user or a wrong option."""

    help = "API 토큰을 만들어 한 번 보여 줍니다. 토큰은 범위와 사용자의 권한이 모두 허락하는 일만 합니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The user, what the token is for, and JSON for machines."""
        scopes = ", ".join(f"{scope}({words})" for scope, words in SCOPE_WORDS.items())
        parser.add_argument("user", help="사용자 이름")
        parser.add_argument("--name", required=True, help="어디에 쓰는 토큰인지")
        parser.add_argument("--scope", action="append", required=True, help=f"여러 번 쓸 수 있습니다: {scopes}")
        parser.add_argument("--days", type=int, default=DAYS_DEFAULT, help=f"며칠 동안 쓸지, {DAYS_MOST}일까지")
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print it."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"사용자 {options['user']!r}이(가) 없습니다. 있는 사용자: {name_some_users()}")
        try:
            made = create_token(user=user, name=options["name"], scopes=options["scope"], days=options["days"])
        except TokenError as error:
            raise CommandError(str(error)) from error
        answer = {"token": made.text, "id": made.row.pk, "expires_at": made.row.expires_at.isoformat()}
        self.stdout.write(json.dumps(answer) if options["json"] else made.text)
