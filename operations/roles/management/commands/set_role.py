"""`manage.py set_role USER ROLE`: give a user one of the seven roles."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.roles.models import label_of
from operations.roles.services import NO_ROLE, RoleChange, RoleError, set_role
from operations.roles.table import ROLES


class Command(BaseCommand):
    """Exit status 0 when the user has the role now, 1 for an unknown user or role."""

    help = "사용자에게 역할 하나를 주고 데스크에 들어올 수 있게 합니다. 사람이 만든 그룹은 그대로 둡니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The user, the role, and JSON for machines."""
        roles = ", ".join(f"{row.code}({row.label})" for row in ROLES.values())
        parser.add_argument("user", help="사용자 이름")
        parser.add_argument("role", help=f"{roles}, 또는 역할을 거두는 {NO_ROLE[0]}")
        parser.add_argument("--json", action="store_true", help="결과를 JSON 한 줄로 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it and say what it was before."""
        try:
            change = set_role(username=options["user"], role=options["role"])
        except RoleError as error:
            raise CommandError(str(error)) from error
        answer = {**asdict(change), "is_change": change.is_change}
        self.stdout.write(json.dumps(answer, ensure_ascii=False) if options["json"] else describe(change))


def describe(change: RoleChange) -> str:
    """The change in one line, and below it why it may not do what one expects."""
    before, after = _name(change.before), _name(change.after)
    lines = [f"{change.user}: {before} → {after}" if change.is_change else f"{change.user}: {after} (그대로)"]
    if change.is_superuser:
        lines.append("최고 관리자라서 역할과 상관없이 모든 일을 할 수 있습니다.")
    elif not change.is_staff:
        lines.append("이제 데스크에 들어올 수 없습니다.")
    if not change.is_active:
        lines.append("비활성 사용자라서 로그인할 수 없습니다.")
    return "\n".join(lines)


def _name(codes: list[str]) -> str:
    return ", ".join(map(label_of, codes)) or "역할 없음"
