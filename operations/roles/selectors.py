"""Reads of users, roles and permissions."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from operations.roles.models import TableGrant
from operations.roles.table import ROLES, RoleRow, is_house, name_action

USERS_NAMED = 10


@dataclass(frozen=True, slots=True)
class HousePermission:
    """A permission on a table of the house. place: its app's dotted name; key: `app_label.codename`."""

    pk: int
    place: str
    model: str
    action: str
    key: str


def list_house_permissions() -> list[HousePermission]:
    """Every permission on the tables of the installed house apps, in one query."""
    places = {config.label: config.name for config in apps.get_app_configs() if is_house(config.name)}
    rows = Permission.objects.filter(content_type__app_label__in=places).values_list(
        "pk", "content_type__app_label", "content_type__model", "codename"
    )
    return [
        HousePermission(pk, places[label], model, name_action(codename, model), f"{label}.{codename}")
        for pk, label, model, codename in rows.order_by("pk")
    ]


def permissions_of(row: RoleRow, permissions: list[HousePermission]) -> list[HousePermission]:
    """Those of the permissions that the table gives the role."""
    return [each for each in permissions if row.may(place=each.place, model=each.model, action=each.action)]


def list_added_by_hand() -> dict[str, list[Permission]]:
    """{code: what people added to that role}, for the roles to which they added something, in the table's order."""
    given = TableGrant.objects.filter(group=OuterRef("group"), permission=OuterRef("permission"))
    links = Group.permissions.through.objects.filter(~Exists(given), group__name__in=ROLES)
    added: dict[str, list[Permission]] = {code: [] for code in ROLES}
    for link in links.select_related("group", "permission__content_type").order_by("permission"):
        added[link.group.name].append(link.permission)
    return {code: permissions for code, permissions in added.items() if permissions}


def count_rows(table: Any, column: str) -> Coalesce:
    """How many rows of the table have the row's key in this column, as one subquery a row of the page."""
    rows = table.objects.filter(**{column: OuterRef("pk")}).order_by().values(column).annotate(number=Count("pk"))
    return Coalesce(Subquery(rows.values("number"), output_field=IntegerField()), Value(0))


def select_held(user: User) -> QuerySet[Permission]:
    """The permissions that the user has, through groups or by himself."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(
        Q(pk__in=user.user_permissions.values("pk")) | Q(group__in=user.groups.values("pk"))
    ).distinct()


def select_grantable_permissions(actor: User) -> QuerySet[Permission]:
    """The house's permissions that this person may give away: only what he has himself."""
    labels = [config.label for config in apps.get_app_configs() if is_house(config.name)]
    return Permission.objects.filter(content_type__app_label__in=labels, pk__in=select_held(actor).values("pk"))


def select_grantable_groups(actor: User) -> QuerySet[Group]:
    """The groups that this person may put people into: those that hold nothing that he has not himself."""
    if actor.is_superuser:
        return Group.objects.all()
    lacking = Permission.objects.exclude(pk__in=select_held(actor).values("pk"))
    return Group.objects.exclude(permissions__in=lacking)


def may_manage(actor: User, target: User) -> bool:
    """Whether the actor's rights reach as far as the target's: a new password would hand them over."""
    if actor.is_superuser or actor.pk == target.pk:
        return True
    return not target.is_superuser and not select_held(target).exclude(pk__in=select_held(actor).values("pk")).exists()


def list_roles_of(user: User) -> list[RoleRow]:
    """The roles of a user, in the table's order."""
    names = set(user.groups.values_list("name", flat=True))
    return [row for row in ROLES.values() if row.code in names]


def name_some_users() -> str:
    """The first user names, and how many there are besides; `없음` where there is none."""
    names = list(User.objects.order_by("username").values_list("username", flat=True)[: USERS_NAMED + 1])
    if len(names) > USERS_NAMED:
        return f"{', '.join(names[:USERS_NAMED])} 외 {User.objects.count() - USERS_NAMED:,}명"
    return ", ".join(names) or "없음"
