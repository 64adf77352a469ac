"""Users and groups under the desk's names, and which permissions the table of roles has given."""

from django.contrib.auth.models import Group, Permission, User
from django.db import models

from operations.roles.table import ROLES, RoleRow


class Member(User):
    """A user on the desk."""

    class Meta:
        proxy = True
        verbose_name = "사용자"
        verbose_name_plural = "사용자"

    @property
    def person(self) -> str:
        """The name as Koreans say it: the family name first, without a space."""
        return f"{self.last_name}{self.first_name}"


class Role(Group):
    """A group on the desk: one of the seven roles, or one that people made themselves."""

    class Meta:
        proxy = True
        verbose_name = "역할"
        verbose_name_plural = "역할"

    def __str__(self) -> str:
        return label_of(self.name)

    @property
    def row(self) -> RoleRow | None:
        """Its row in the table; None for a group that people made."""
        return ROLES.get(self.name)


class TableGrant(models.Model):
    """A permission that the table of roles gave to a group.

    What the group holds besides was added by people, and stays; what the table no longer gives is taken back.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="table_grants", verbose_name="역할")
    permission = models.ForeignKey(Permission, models.CASCADE, related_name="+", verbose_name="권한")

    class Meta:
        verbose_name = "역할표가 준 권한"
        verbose_name_plural = "역할표가 준 권한"
        constraints = [models.UniqueConstraint(fields=["group", "permission"], name="table_grant_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.permission_id}"


def label_of(name: str) -> str:
    """A group's name on the desk."""
    row = ROLES.get(name)
    return row.label if row else name
