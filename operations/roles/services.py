"""Writes: the seven groups after the table, and a user's role."""

import sys
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.contrib.auth.models import Group, User
from django.db import DEFAULT_DB_ALIAS, transaction

from operations.roles.models import TableGrant
from operations.roles.selectors import list_house_permissions, list_roles_of, name_some_users, permissions_of
from operations.roles.table import ROLES, RoleRow, find_role

NO_ROLE = ("none", "없음")

log = structlog.get_logger()
_Link = Group.permissions.through
_Pair = tuple[int, int]


class RoleError(ValueError):
    """A user or a role that does not exist; the message names what does."""


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """What a sync wrote, in permissions, and what it left alone.

    given: the table newly gives them; restored: people had taken them away; withdrawn: the table no longer gives them;
    by_hand: people added them, and they stay.
    """

    given: int
    restored: int
    withdrawn: int
    by_hand: int

    @property
    def is_change(self) -> bool:
        """Whether anything was written."""
        return bool(self.given or self.restored or self.withdrawn)


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What became of a user's role. before and after: codes."""

    user: str
    before: list[str]
    after: list[str]
    is_staff: bool
    is_active: bool
    is_superuser: bool

    @property
    def is_change(self) -> bool:
        """Whether the roles differ."""
        return self.before != self.after


@transaction.atomic
def sync_roles() -> SyncCounts:
    """Bring the seven groups to what the table says; idempotent.

    A permission that the table gave earlier and gives no longer goes. One that people added stays, and the desk shows it.
    """
    groups = _ensure_groups()
    permissions = list_house_permissions()
    wanted = {(groups[code], each.pk) for code, row in ROLES.items() for each in permissions_of(row, permissions)}
    held = set(_Link.objects.filter(group__in=groups.values()).values_list("group_id", "permission_id"))
    given = set(TableGrant.objects.values_list("group_id", "permission_id"))
    _write(_Link, added=wanted - held, removed=(given - wanted) & held)
    _write(TableGrant, added=wanted - given, removed=given - wanted)
    return SyncCounts(
        given=len(wanted - held - given),
        restored=len((wanted & given) - held),
        withdrawn=len((given - wanted) & held),
        by_hand=len(held - wanted - given),
    )


def sync_after_migrate(
    sender: AppConfig, *, verbosity: int = 1, using: str = DEFAULT_DB_ALIAS, apps: Any = installed_apps, **kwargs: Any
) -> None:
    """Sync, unless this migrate stopped before the room's own tables; say what was changed."""
    if using != DEFAULT_DB_ALIAS or not _is_migrated(apps):
        return
    counts = sync_roles()
    if counts.is_change:
        log.info("roles_synced", **asdict(counts))
        if verbosity >= 1:
            sys.stdout.write(f"  {describe_sync(counts)}\n")


def describe_sync(counts: SyncCounts) -> str:
    """The counts in one line."""
    return (
        f"역할 권한: 더함 {counts.given:,}, 되돌림 {counts.restored:,}, 거둠 {counts.withdrawn:,}, "
        f"사람이 더한 것 {counts.by_hand:,}(그대로 둠)"
    )


@transaction.atomic
def set_role(*, username: str, role: str) -> RoleChange:
    """Give a user exactly this one of the seven roles and the way to the desk; `none` takes both. Other groups stay.

    role: a code or its Korean name. RoleError for a user or role that does not exist.
    """
    row = _read_role(role)
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise RoleError(f"사용자 {username!r}이(가) 없습니다. 있는 사용자: {name_some_users()}")
    before = [each.code for each in list_roles_of(user)]
    after = [row.code] if row else []
    user.groups.remove(*Group.objects.filter(name__in=set(ROLES) - set(after)))
    user.groups.add(*Group.objects.filter(name__in=after))
    user.is_staff = bool(after) or user.is_superuser
    user.save(update_fields=["is_staff"])
    log.info("role_set", user_id=user.pk, before=before, after=after)
    return RoleChange(username, before, after, user.is_staff, user.is_active, user.is_superuser)


def _read_role(text: str) -> RoleRow | None:
    row = find_role(text)
    if row is None and text.strip() not in NO_ROLE:
        known = ", ".join(f"{each.code}({each.label})" for each in ROLES.values())
        raise RoleError(f"역할 {text!r}이(가) 없습니다. 있는 역할: {known}. 역할을 거두려면 {NO_ROLE[0]}")
    return row


def _ensure_groups() -> dict[str, int]:
    found = dict(Group.objects.filter(name__in=ROLES).values_list("name", "pk"))
    missing = [Group(name=code) for code in ROLES if code not in found]
    return found | {group.name: group.pk for group in Group.objects.bulk_create(missing)}


def _write(table: Any, *, added: set[_Pair], removed: set[_Pair]) -> None:
    table.objects.bulk_create(
        [table(group_id=group_id, permission_id=permission_id) for group_id, permission_id in sorted(added)]
    )
    for group_id in {group_id for group_id, _permission in removed}:
        gone = [permission for group, permission in removed if group == group_id]
        table.objects.filter(group_id=group_id, permission_id__in=gone).delete()


def _is_migrated(apps: Any) -> bool:
    try:
        apps.get_model("roles", "TableGrant")
    except LookupError:
        return False
    return True
